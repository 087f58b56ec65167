import type { LocalAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { L1_CHAIN_ID } from '../genesis/parameters.ts'
import { UsageError } from './options.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The account of a private key in the environment; keys are never flags, which every process of a machine can read. On the
 * devnet's own L1 there is a default that everybody knows.
 *
 * @throws UsageError MISSING_VALUE, BAD_VALUE
 */
export function accountFrom(
  name: string,
  env: Environment,
  l1ChainId: number,
  devnetDefault: () => LocalAccount,
): LocalAccount {
  const key = env[name]
  if (key === undefined || key === '') {
    if (l1ChainId === L1_CHAIN_ID) return devnetDefault()
    throw new UsageError('MISSING_VALUE', `${name} is required: L1 has chain id ${l1ChainId}, not a devnet's`)
  }
  if (!/^0x[0-9a-fA-F]{64}$/.test(key))
    throw new UsageError('BAD_VALUE', `${name} is not a private key (0x and 64 hex digits)`)
  try {
    return privateKeyToAccount(key as `0x${string}`)
  } catch {
    throw new UsageError('BAD_VALUE', `${name} is not a private key of secp256k1`)
  }
}
