import type { Clock } from '../../node/types.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import type { L1Block } from '../l1/l1Types.ts'
import type { L1View } from '../types.ts'
import { readSettledHead } from './settledHead.ts'

type Hex = `0x${string}`

/** The newest L1 block, with the newest settled L2 block in its state. */
export type L1Head = { block: L1Block; number: bigint; hash: Hex }

/** Throws RollupError. */
export async function readHead({ l1, view }: { l1: L1Client; view: L1View }): Promise<L1Head> {
  const block = await l1.getBlock('latest')
  if (block === undefined) throw new RollupError('BAD_L1_DATA', 'L1 has no latest block')
  return { block, ...(await readSettledHead(l1, view.deployment.l1.rollup, block.number)) }
}

/** The time of an L1 block that begins now. */
export function nextL1Time({ block }: L1Head, clock: Clock): bigint {
  const now = BigInt(Math.floor(clock.nowMs() / 1000))
  return now > block.timestamp ? now : block.timestamp + 1n
}
