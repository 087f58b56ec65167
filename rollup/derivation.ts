import type { Chain } from '../node/types.ts'
import { bytesEqual, hexToBytes } from '../stateless/bytes.ts'
import type { RollupError } from './errors.ts'
import type { L1Watcher } from './l1/l1Watcher.ts'
import type { Derivation } from './types.ts'

type Hex = `0x${string}`

/** How far the chain is with what L1 says. */
export function derivationOf(
  chain: Pick<Chain, 'getHashByNumber'>,
  watcher: L1Watcher,
  reconciling: { failure(): RollupError | undefined },
): Derivation {
  const settled = watcher.settledHead()
  const hash = settled && chain.getHashByNumber(settled.number)
  const hasAll = settled === undefined || (hash !== undefined && bytesEqual(hash, hexToBytes(settled.hash)))
  const failure = watcher.failure() ?? reconciling.failure()
  const inSync = watcher.inSync() && hasAll
  if (failure === undefined) return { inSync }
  const { l2Block, l1TxHash } = failure.data
  return {
    inSync,
    lastError: failure.message,
    ...(typeof l2Block === 'bigint' ? { l2Block } : {}),
    ...(typeof l1TxHash === 'string' ? { l1TxHash: l1TxHash as Hex } : {}),
  }
}
