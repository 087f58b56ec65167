import { ask, askMany } from './ask.ts'
import { LoadError } from './errors.ts'
import type { Receipt } from './sender.ts'
import type { ChainTarget, Hex } from './types.ts'

export const POLL_MS = 20

/** Resolves after so long, or at once when the signal is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}

/** Asks until `check` is true; false when that takes longer than `timeoutMs`. */
export async function eventually(check: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (!(await check())) {
    if (performance.now() > deadline) return false
    await pause(POLL_MS)
  }
  return true
}

/**
 * Receipts of transactions that were sent, all of them with status 1. Waits while more of them get into blocks, and
 * `timeoutMs` for the next one. Throws LoadError REFUSED.
 */
export async function mined(chain: ChainTarget, hashes: readonly Hex[], timeoutMs = 60_000): Promise<Receipt[]> {
  let receipts: (Receipt | null)[] = []
  let waiting = hashes.length
  const lists = hashes.map((hash) => [hash])
  const isProgress = async () => {
    receipts = await askMany<Receipt | null>(chain.url, 'eth_getTransactionReceipt', lists)
    const before = waiting
    waiting = receipts.filter((receipt) => receipt === null).length
    return waiting < before
  }
  let goesOn = true
  while (goesOn && waiting > 0) goesOn = await eventually(isProgress, timeoutMs)
  const done = waiting === 0
  const bad = receipts.findIndex((receipt) => receipt?.status !== '0x1')
  if (done && bad < 0) return receipts as Receipt[]
  const what = done ? 'failed' : `is in no block after ${timeoutMs / 1_000} s; does ${chain.url} make blocks?`
  throw new LoadError('REFUSED', `transaction ${hashes[bad]} on ${chain.layer} ${what}`)
}

/** Number of a block by tag. */
export async function blockNumber(chain: ChainTarget, tag: 'latest' | 'safe'): Promise<number> {
  return Number((await ask<{ number: Hex }>(chain.url, 'eth_getBlockByNumber', [tag, false])).number)
}

/** Waits until L1 has settled this L2 block, which its node then calls safe. Throws LoadError NOT_SETTLED. */
export async function settled(l2: ChainTarget, block: number, timeoutMs = 120_000): Promise<void> {
  if (await eventually(async () => (await blockNumber(l2, 'safe')) >= block, timeoutMs)) return
  const status = await ask<{ settler: { active: boolean; lastError?: string } }>(l2.url, 'rollup_status', [])
  const { active, lastError } = status.settler
  const reason = lastError ?? (active ? 'its settler gives no reason' : 'its settler does not run')
  throw new LoadError('NOT_SETTLED', `L2 block ${block} is not settled after ${timeoutMs / 1_000} s: ${reason}`)
}
