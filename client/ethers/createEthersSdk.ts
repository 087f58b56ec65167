import type { JsonRpcApiProvider } from 'ethers'
import { getChainId } from 'viem/actions'
import { getRollupChain } from '../actions/getRollupChain.ts'
import { type NativeRollupChain, type Rollup, rollupOf } from '../chains.ts'
import { WrongChainError } from '../errors.ts'
import { type DevnetActions, devnetActions, type RollupQuestions, rollupQuestions } from '../generated/decorators.ts'
import { type Connection, connect, type EthersPeer, providerOf } from './connection.ts'
import { createDeposits, type EthersDeposits } from './deposits.ts'
import { createForced, type EthersForced } from './forced.ts'
import { createTokens, type EthersTokens } from './tokens.ts'
import { createWithdrawals, type EthersWithdrawals } from './withdrawals.ts'

/** Both chains; a provider alone can only be read with. `chain` is asked of L2 (`rollup_config`) when it is left out. */
export type EthersSdkOptions = { l1: EthersPeer; l2: EthersPeer; chain?: NativeRollupChain }

/** A native rollup for ethers. Failures are RollupClientError, or what ethers throws for it. */
export type EthersSdk = {
  /** the rollup as viem knows it */
  chain: NativeRollupChain
  /** chain ids, and all contracts on both sides: `new Contract(sdk.addresses.l1Messenger, l1MessengerAbi, signer)` */
  addresses: Rollup
  deposits: EthersDeposits
  withdrawals: EthersWithdrawals
  tokens: EthersTokens
  forced: EthersForced
  /** what the L2 node tells about the rollup: the rollup_ methods that change nothing */
  rollup: RollupQuestions
  /** what changes an L2 node or a devnet: the other rollup_ methods */
  devnet: DevnetActions
}

/**
 * A native rollup between two signers, or providers, of ethers.
 *
 * @throws WrongChainError, ProviderRequiredError, NotARollupError
 * @example
 * const sdk = await createEthersSdk({ l1: new Wallet(key, l1Provider), l2: new Wallet(key, l2Provider) })
 * const deposit = await sdk.deposits.create({ value: parseEther('1') })
 */
export async function createEthersSdk({ l1, l2, chain }: EthersSdkOptions): Promise<EthersSdk> {
  const rollup = chain ?? (await chainOf(l2))
  const onL1 = connect(l1)
  const onL2 = connect(l2, rollup)
  const addresses = rollupOf(rollup)
  await requireChain(onL1, addresses.l1ChainId)
  await requireChain(onL2, addresses.l2ChainId)
  return {
    chain: rollup,
    addresses,
    deposits: createDeposits(onL1, onL2, rollup),
    withdrawals: createWithdrawals(onL1, onL2, rollup),
    tokens: createTokens(onL1, onL2, rollup),
    forced: createForced(onL1, rollup),
    rollup: onL2.actions(rollupQuestions()),
    devnet: onL2.actions(devnetActions()),
  }
}

function chainOf(l2: EthersPeer): Promise<NativeRollupChain> {
  return connect(l2).read((client) => getRollupChain(client, { rpcUrl: urlOf(providerOf(l2)) }))
}

/** Providers of browsers have none. */
function urlOf(provider: JsonRpcApiProvider): string {
  if (!('_getConnection' in provider) || typeof provider._getConnection !== 'function') return ''
  return provider._getConnection().url
}

async function requireChain({ read }: Connection, expected: number): Promise<void> {
  const actual = await read((client) => getChainId(client))
  if (actual !== expected) throw new WrongChainError({ expected, actual })
}
