import type { Chain } from 'viem'
import { type NativeRollupChain, type Rollup, rollupOf } from '../chains.ts'
import { WrongChainError } from '../errors.ts'
import type { Reader } from './reader.ts'

/** The rollup that a client of L1 is asked about. Throws WrongChainError when the client is of another chain. */
export function rollupFromL1({ chain }: Reader, targetChain: NativeRollupChain): Rollup {
  const rollup = rollupOf(targetChain)
  return requireChain(chain, rollup.l1ChainId, rollup)
}

/** The rollup that a client of L2 is of, or the one given for a client without a chain. Throws WrongChainError. */
export function rollupFromL2({ chain }: Reader, given: NativeRollupChain | undefined): Rollup {
  const rollup = rollupOf(given ?? chain)
  return requireChain(chain, rollup.l2ChainId, rollup)
}

/** The same as a chain. Throws NotARollupError, WrongChainError. */
export function chainFromL2(client: Reader, given: NativeRollupChain | undefined): NativeRollupChain {
  rollupFromL2(client, given)
  return (given ?? client.chain) as NativeRollupChain
}

function requireChain(chain: Chain | undefined, expected: number, rollup: Rollup): Rollup {
  if (chain !== undefined && chain.id !== expected) throw new WrongChainError({ expected, actual: chain.id })
  return rollup
}
