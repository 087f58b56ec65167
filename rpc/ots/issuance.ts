import type { Engine } from '../../execution/types.ts'
import type { Block } from '../../stateless/types.ts'
import { toQuantity } from '../hex.ts'

const ETHER = 10n ** 18n
/** Forks with the first reward, and with the one after EIP-649; all later ones have that of EIP-1234. */
const FIVE_ETHER: ReadonlySet<string> = new Set([
  'chainstart',
  'homestead',
  'dao',
  'tangerineWhistle',
  'spuriousDragon',
])
const THREE_ETHER = 'byzantium'

/** What a block creates out of nothing: proof-of-work rewards, nothing since the merge. Withdrawals are no issuance. */
export function issuanceOf(engine: Pick<Engine, 'forkAt'>, { header, ommers }: Block) {
  const reward = header.difficulty === 0n ? 0n : minerReward(engine.forkAt(header))
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

function minerReward(fork: string): bigint {
  if (FIVE_ETHER.has(fork)) return 5n * ETHER
  return fork === THREE_ETHER ? 3n * ETHER : 2n * ETHER
}
