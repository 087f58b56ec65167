import type { Hash } from 'viem'
import type { L1Node } from '../node/l1Node.ts'
import type { Devnet } from './devnet.ts'
import type { DevnetL1Client, DevnetL2Client } from './devnetClients.ts'
import { DevnetError } from './devnetInputs.ts'
import type { RollupNode } from './rollupNode.ts'

/** For what is on its way to L1. */
const PATIENCE_MS = 30_000

/** Makes blocks on L1, then on every rollup. Throws DevnetError BAD_OPTION, viem's errors with what the node says. */
export async function mineOnAll(
  devnet: Devnet,
  l1: DevnetL1Client,
  rollups: readonly DevnetL2Client[],
  blocks: { l1?: number | undefined; l2?: number | undefined },
): Promise<void> {
  const wrong =
    typeof blocks === 'object' ? Object.keys(blocks).find((key) => key !== 'l1' && key !== 'l2') : `${blocks}`
  if (wrong !== undefined) throw new DevnetError('BAD_OPTION', `mine: expected { l1?, l2? }, got ${wrong}`)
  const onL1 = requireCount('mine: l1', blocks.l1 ?? 0)
  const onL2 = requireCount('mine: l2', blocks.l2 ?? 0)
  if (onL1 > 0) await l1.mine({ blocks: onL1 })
  if (onL2 === 0) return
  for (const [index, rollup] of rollups.entries()) {
    // the second begins now; the first may have been under way when L1 made its block
    for (let read = 0; read < 2; read++) await devnet.rollups[index]?.node.watcher.step()
    await rollup.mine({ blocks: onL2 })
  }
}

/** Settles what every rollup has now; gives the L1 transactions. Throws DevnetError UNFINISHED, RollupError CANNOT_SETTLE. */
export async function settleAll({ l1, rollups }: Devnet): Promise<readonly Hash[]> {
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const work = Promise.all(rollups.map((rollup) => settleOne(rollup, signal)))
  const sent = await (l1.sealer.mode.kind === 'instant' ? work : whileSealing(l1, work))
  return sent.flat()
}

async function settleOne({ node }: RollupNode, signal: AbortSignal): Promise<readonly Hash[]> {
  const { number, timestamp } = node.chain.head().header
  const sent: Hash[] = []
  while (node.settlement().settled < number) {
    if (signal.aborted) {
      const { settled } = node.settlement()
      const message = `settle: L1 is at block ${settled} of chain ${node.chain.chainId}, block ${number} did not get there`
      throw new DevnetError('UNFINISHED', message, { settled, number, timestamp })
    }
    sent.push(...(await node.control().settle(number, signal)))
  }
  return sent
}

/** Where L1 makes no blocks for transactions, there is one for each that comes while `work` is under way. */
async function whileSealing<Result>({ pool, sealer }: L1Node, work: Promise<Result>): Promise<Result> {
  let stop = () => {}
  const failed = new Promise<never>((_, reject) => {
    const seal = () => void sealer.sealNow().catch(reject)
    stop = pool.onPending(seal)
    // the settler may have sent something before
    if (pool.status().pending > 0) seal()
  })
  try {
    return await Promise.race([work, failed])
  } finally {
    stop()
  }
}

/** What `mine` and `increaseTime` count. @throws DevnetError BAD_OPTION */
export function requireCount(what: string, count: number): number {
  if (Number.isSafeInteger(count) && count >= 0) return count
  throw new DevnetError('BAD_OPTION', `${what}: expected a whole number that is not negative, got ${count}`)
}
