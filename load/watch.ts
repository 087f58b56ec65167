import { ask, askMany } from './ask.ts'
import { LoadError } from './errors.ts'
import type { ChainTarget, Hex, Sent } from './types.ts'
import { POLL_MS, pause } from './wait.ts'

/** What a chain was seen to do, by asking it for new blocks every 20 ms. Times of performance.now(). */
export type ChainWatch = {
  /** before it is sent: `seenAt` is set when a block has it */
  expect(sent: Sent): void
  /** sent and in no block that was seen */
  waiting(): number
  /** in blocks that were seen */
  included(): number
  /** when a block of this number was seen; after a reorg, the last one */
  seenAt(block: number): number | undefined
  /** never resolves; rejects with what ended the watching */
  readonly broken: Promise<never>
  close(): Promise<void>
}

/** Throws LoadError when the chain does not know filters. */
export async function watchBlocks(chain: ChainTarget): Promise<ChainWatch> {
  const stop = new AbortController()
  const expected = new Map<Hex, Sent>()
  const times = new Map<number, number>()
  let filter = await ask<Hex>(chain.url, 'eth_newBlockFilter', [])
  let count = 0

  async function look(): Promise<void> {
    const hashes = await ask<Hex[]>(chain.url, 'eth_getFilterChanges', [filter])
    const blocks = await askMany<{ number: Hex; transactions: Hex[] } | null>(
      chain.url,
      'eth_getBlockByHash',
      hashes.map((hash) => [hash, false]),
    )
    const now = performance.now()
    for (const block of blocks) {
      if (block === null) continue
      times.set(Number(block.number), now)
      for (const hash of block.transactions) {
        const sent = expected.get(hash)
        if (sent === undefined) continue
        sent.seenAt = now
        expected.delete(hash)
        count += 1
      }
    }
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await look()
      } catch (error) {
        // a filter may be forgotten when the node goes back to a snapshot
        if (!(error instanceof LoadError) || error.code !== 'REFUSED') throw error
        filter = await ask<Hex>(chain.url, 'eth_newBlockFilter', [])
      }
      await pause(POLL_MS, stop.signal)
    }
  }
  const over = run()
  const broken = over.then(() => new Promise<never>(() => undefined))
  broken.catch(() => undefined)

  return {
    broken,
    expect: (sent) => void expected.set(sent.hash, sent),
    waiting: () => expected.size,
    included: () => count,
    seenAt: (block) => times.get(block),
    async close() {
      stop.abort()
      await over.catch(() => undefined)
    },
  }
}
