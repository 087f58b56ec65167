import type { Engine } from '../../execution/types.ts'
import type { Block } from '../../stateless/types.ts'
import { toQuantity } from '../hex.ts'

/** What a block creates out of nothing: proof-of-work rewards, nothing since the merge. Withdrawals are no issuance. */
export function issuanceOf(engine: Pick<Engine, 'blockReward'>, { header, ommers }: Block) {
  const reward = engine.blockReward(header)
  const blockReward = reward + (reward / 32n) * BigInt(ommers.length)
  let uncleReward = 0n
  for (const ommer of ommers) {
    const depth = header.number - ommer.number
    if (depth < 8n) uncleReward += ((8n - depth) * reward) / 8n
  }
  return {
    blockReward: toQuantity(blockReward),
    uncleReward: toQuantity(uncleReward),
    issuance: toQuantity(blockReward + uncleReward),
  }
}
