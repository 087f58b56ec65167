import { setMaxListeners } from 'node:events'
import type { LocalAccount } from 'viem'
import { ask, askMany } from './ask.ts'
import { bridgeFigures } from './bridge.ts'
import { LoadError } from './errors.ts'
import { chainFigures, settlementFigures, trafficFigures } from './figures.ts'
import { largestBlock } from './largest.ts'
import { prepare } from './prepare.ts'
import { withManualL2 } from './sealing.ts'
import type { Receipt } from './sender.ts'
import { headersIn, settlementsIn } from './settlements.ts'
import { createTraffic, type Sides, type Traffic } from './traffic.ts'
import type { Hex, LargestBlock, LoadOptions, LoadReport, Progress, Target } from './types.ts'
import { blockNumber, eventually, settled } from './wait.ts'
import { watchBlocks } from './watch.ts'

export type LoadDeps = {
  target: Target
  /** pays for everything on both chains */
  payer: LocalAccount
  /** ends the traffic early; what was measured by then is reported */
  signal: AbortSignal
  onProgress(progress: Progress): void
  /** wall clock, for the date of the report */
  now(): Date
  machine: string
}

/** For the last blocks, deliveries and claims after the traffic ended. */
const DRAIN_MS = 60_000
const PROGRESS_MS = 250

/**
 * Drives mixed traffic on both chains, waits until all of it is settled, and says what it cost L1; then searches for the
 * largest block of each kind. Throws LoadError when the chains do not take the traffic or do not settle it.
 */
export async function runLoad(options: LoadOptions, deps: LoadDeps): Promise<LoadReport> {
  const { target, signal, onProgress } = deps
  requireGoing(signal)
  onProgress({ phase: 'preparing', done: 0, text: 'accounts, contracts, slots on both chains' })
  const [l1, l2] = await Promise.all([
    prepare(target.l1, deps.payer, options.seed),
    prepare(target.l2, deps.payer, options.seed),
  ])
  await settled(target.l2, await blockNumber(target.l2, 'latest'))
  requireGoing(signal)
  const measured = await measure(options, deps, {
    l1: { place: l1, watch: await watchBlocks(target.l1) },
    l2: { place: l2, watch: await watchBlocks(target.l2) },
  })
  const searched = await search(options, deps, l2)
  return {
    version: 1,
    at: deps.now().toISOString(),
    client: await ask<string>(target.l1.url, 'web3_clientVersion', []),
    machine: deps.machine,
    chains: { l1ChainId: target.l1.chainId, l2ChainId: target.l2.chainId },
    options: { seconds: options.seconds, rate: options.rate, seed: options.seed },
    ...measured,
    ...searched,
  }
}

function requireGoing(signal: AbortSignal): void {
  if (signal.aborted) throw new LoadError('STOPPED', 'stopped before there was any load')
}

type Measured = Omit<
  LoadReport,
  'version' | 'at' | 'client' | 'machine' | 'chains' | 'options' | 'largest' | 'searchProblem'
>
async function measure(options: LoadOptions, deps: LoadDeps, sides: Sides): Promise<Measured> {
  const { target } = deps
  const since = (await blockNumber(target.l1, 'latest')) + 1
  const traffic = createTraffic(target, sides, options.rate)
  const startedAt = performance.now()
  try {
    const stoppedEarly = await drive(options, deps, { sides, traffic })
    const seconds = (performance.now() - startedAt) / 1_000
    deps.onProgress({ phase: 'measuring', done: 0, text: 'receipts, settlements and traces' })
    return { seconds, stoppedEarly, ...(await collect(target, { sides, traffic, since, seconds })) }
  } finally {
    await Promise.all([sides.l1.watch.close(), sides.l2.watch.close()])
  }
}

/** Traffic for its time, then until everything is in blocks, settled, delivered and claimed. True: it was stopped early. */
async function drive(
  { seconds }: LoadOptions,
  { target, signal, onProgress }: LoadDeps,
  { sides, traffic }: { sides: Sides; traffic: Traffic },
): Promise<boolean> {
  const stopTraffic = new AbortController()
  // each worker waits for it
  setMaxListeners(0, stopTraffic.signal)
  const endTraffic = () => stopTraffic.abort()
  const timer = setTimeout(endTraffic, seconds * 1_000)
  signal.addEventListener('abort', endTraffic)
  const stopClaims = new AbortController()
  const startedAt = performance.now()
  const tell = setInterval(() => {
    const past = (performance.now() - startedAt) / 1_000
    const phase = stopTraffic.signal.aborted ? 'settling' : 'load'
    onProgress({ phase, done: phase === 'load' ? Math.min(1, past / seconds) : 1, text: progressText(sides, past) })
  }, PROGRESS_MS)
  const broken = Promise.race([sides.l1.watch.broken, sides.l2.watch.broken])
  const claims = traffic.claim(stopClaims.signal)
  claims.catch(() => undefined)
  try {
    await Promise.race([broken, claims, traffic.run(stopTraffic.signal)])
    await Promise.race([broken, claims, drain(target, sides, traffic)])
    stopClaims.abort()
    await claims
    await Promise.race([broken, drain(target, sides, traffic)])
    return signal.aborted
  } finally {
    endTraffic()
    stopClaims.abort()
    clearTimeout(timer)
    clearInterval(tell)
    signal.removeEventListener('abort', endTraffic)
  }
}

function progressText({ l1, l2 }: Sides, past: number): string {
  const side = (name: string, { watch }: Sides['l1']) =>
    `${name} ${(watch.included() / past).toFixed(1)} tx/s, ${watch.waiting()} waiting`
  return `${side('L1', l1)}; ${side('L2', l2)}`
}

type Status = { queue: { deposits: Hex } }

/** What other users of the chains hold up does not hold up the report: what is missing after a while is missing in it. */
async function drain(target: Target, { l1, l2 }: Sides, { owner }: Traffic): Promise<void> {
  const { url } = target.l2
  await eventually(() => l1.watch.waiting() + l2.watch.waiting() === 0, DRAIN_MS)
  await eventually(async () => Number((await ask<Status>(url, 'rollup_status', [])).queue.deposits) === 0, DRAIN_MS)
  await settled(target.l2, await blockNumber(target.l2, 'latest'))
  const ready = { status: 'ready-to-claim', address: owner }
  await eventually(async () => (await ask<unknown[]>(url, 'rollup_getWithdrawals', [ready])).length === 0, DRAIN_MS)
  await eventually(() => l1.watch.waiting() === 0, DRAIN_MS)
}

async function collect(
  target: Target,
  { sides, traffic, since, seconds }: { sides: Sides; traffic: Traffic; since: number; seconds: number },
): Promise<Omit<Measured, 'seconds' | 'stoppedEarly'>> {
  const l1 = { from: since, to: await blockNumber(target.l1, 'latest') }
  const found = await settlementsIn(target, l1.from, l1.to)
  const numbers = found.blocks.map(({ l2Block }) => l2Block)
  // chains that make empty blocks never are at rest: what these L1 blocks settled is what is counted on L2
  const l2 = { from: numbers[0] ?? 1, to: numbers.at(-1) ?? 0 }
  const l1Headers = await headersIn(target.l1.url, l1.from, l1.to)
  const l2Headers = await headersIn(target.l2.url, l2.from, l2.to)
  const receipts = await receiptsOf(target, traffic)
  const lags = found.blocks.flatMap(({ l2Block, l1Block }) => {
    const [made, done] = [sides.l2.watch.seenAt(l2Block), sides.l1.watch.seenAt(l1Block)]
    // two watchers: on a busy machine the settlement may be seen before the block that it settles
    return made === undefined || done === undefined ? [] : [Math.max(0, done - made)]
  })
  const withReceipts = traffic.sent.flatMap((sent) => {
    const receipt = receipts.get(sent.hash)
    return receipt === undefined ? [] : [{ sent, receipt }]
  })
  return {
    l1: chainFigures(l1Headers, seconds),
    l2: chainFigures(l2Headers, seconds),
    traffic: trafficFigures(traffic.sent, receipts),
    settlement: settlementFigures(found, l1Headers, lags),
    bridge: await bridgeFigures(target, withReceipts, {
      l1: { ...l1, watch: sides.l1.watch },
      l2: { ...l2, watch: sides.l2.watch },
    }),
    settlements: found.transactions,
    blocks: found.blocks,
  }
}

/** By transaction hash; what is in no block has none. */
async function receiptsOf(target: Target, { sent }: Traffic): Promise<Map<string, Receipt>> {
  const receipts = new Map<string, Receipt>()
  for (const { layer, url } of [target.l1, target.l2]) {
    const hashes = sent.flatMap((one) => (one.layer === layer ? [one.hash] : []))
    const lists = hashes.map((hash) => [hash])
    for (const receipt of await askMany<Receipt | null>(url, 'eth_getTransactionReceipt', lists)) {
      if (receipt !== null) receipts.set(receipt.transactionHash, receipt)
    }
  }
  return receipts
}

/** What can be found out; a search that fails does not take the rest of the report with it. */
async function search(
  { search: kinds, caps }: LoadOptions,
  { target, signal, onProgress }: LoadDeps,
  place: Sides['l2']['place'],
): Promise<Pick<LoadReport, 'largest' | 'searchProblem'>> {
  const largest: LargestBlock[] = []
  if (kinds.length === 0 || signal.aborted) return { largest }
  try {
    await withManualL2(target, async () => {
      for (const [index, kind] of kinds.entries()) {
        onProgress({ phase: 'searching', done: index / kinds.length, text: `the largest L2 block of kind ${kind}` })
        largest.push(await largestBlock(kind, { target, place, caps, signal }))
      }
    })
    return { largest }
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    return { largest, searchProblem: error.message }
  }
}
