import type { Chain } from 'viem'
import { type NativeRollupChain, type Rollup, rollupOf } from '../chains.ts'
import { WrongChainError } from '../errors.ts'
import type { Reader } from './rollupRpc.ts'

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

function requireChain(chain: Chain | undefined, expected: number, rollup: Rollup): Rollup {
  if (chain !== undefined && chain.id !== expected) throw new WrongChainError({ expected, actual: chain.id })
  return rollup
}

/** What may be wrong when nothing more is settled, for WaitTimeoutError. */
export function settlementAdvice({ l1ChainId }: Rollup): string {
  return `Is settlement going on (rollup_status of the L2 node), and is the client a node of chain ${l1ChainId}?`
}
