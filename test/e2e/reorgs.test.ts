import { toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReorgReport } from '../../rpc/rollup/reorgs.ts'
import type { Hex } from './chainAccess.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'
import { act, believe, brokenPromises, type Drill, quiet, startDrill } from './drills.ts'

const ROUNDS = process.env.REENACT_FULL === '1' ? 100 : 6
const SEED = Number(process.env.REENACT_SEED ?? 5)
const MAX_DEPTH = 20
/** Seen in a long row of drills only. */
const RARE = [
  'messages sent',
  'messages gone',
  'settlements settled',
  'claims open',
  'claims claimed',
  'withdrawals sent',
]

describe('reorganisations of L1', () => {
  let devnet: TestDevnet
  let drill: Drill
  beforeAll(async () => {
    devnet = await startTestDevnet()
    drill = startDrill(devnet, SEED)
    for (let block = 0; block < MAX_DEPTH; block++) await drill.l1.call('evm_mine')
  })
  afterAll(() => devnet?.close())

  /** The same transactions, none, or some of them in another order. */
  async function options(round: number, depth: number): Promise<[{ replaceTxs: Hex[] }] | []> {
    const { random, l1 } = drill
    if (round % 3 === 0) return []
    if (round % 6 === 1) return [{ replaceTxs: [] }]
    const head = Number(await l1.call<Hex>('eth_blockNumber'))
    const numbers = Array.from({ length: depth }, (_, index) => [toHex(head - depth + 1 + index), false])
    const blocks = await l1.batch<{ transactions: Hex[] }>('eth_getBlockByNumber', numbers)
    const kept = blocks.flatMap(({ transactions }) => transactions).filter(() => random.chance(0.7))
    return [{ replaceTxs: random.chance(0.5) ? random.shuffle(kept) : kept }]
  }

  /** L1 goes on while it is asked what to keep: then a transaction may have left the blocks that go. */
  async function reorg(round: number, depth: number): Promise<ReorgReport> {
    for (;;) {
      try {
        return await drill.l1.call<ReorgReport>('rollup_reorgL1', [toHex(depth), ...(await options(round, depth))])
      } catch (error) {
        if (!(error instanceof Error) || !/-32001 transaction/.test(error.message)) throw error
      }
    }
  }

  it(`${ROUNDS} drills of depth 1 to ${MAX_DEPTH}: L2 follows, nothing is paid twice or lost without being reported`, async () => {
    const seen: Record<string, number> = {}
    for (let round = 0; round < ROUNDS; round++) {
      for (let step = 2 + drill.random.below(6); step > 0; step--) await act(drill)
      if (drill.random.chance(0.4)) await quiet(drill)
      const report = await reorg(round, 1 + drill.random.below(MAX_DEPTH))
      believe(drill, report)
      count(report, seen)
      await quiet(drill)
      const context = `round ${round} of seed ${SEED}`
      expect(await brokenPromises(drill), context).toEqual([])
    }
    console.log(`${ROUNDS} reorganisations (seed ${SEED}): ${JSON.stringify(seen)}`)
    const wanted = ['l1 included', 'l1 gone', 'settlements rebuilt', ...(ROUNDS < 100 ? [] : RARE)]
    for (const kind of wanted) expect(seen[kind]).toBeGreaterThan(0)
  }, 1_800_000)
})

function count({ l1, rollups }: ReorgReport, seen: Record<string, number>): void {
  const add = (kind: string, items: readonly { now: { status: string } }[]): void => {
    for (const { now } of items) seen[`${kind} ${now.status}`] = (seen[`${kind} ${now.status}`] ?? 0) + 1
  }
  add('l1', l1.transactions)
  for (const { messages, settlements, claims, transactions, withdrawals } of rollups) {
    for (const [kind, items] of Object.entries({ messages, settlements, claims, transactions, withdrawals }))
      add(kind, items)
  }
}
