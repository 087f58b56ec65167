import { calldataLength, settlementGas } from '../precompiles/index.ts'
import { ask } from './ask.ts'
import { LoadError } from './errors.ts'
import { sendAll, signAll } from './sender.ts'
import { headersIn, settlementsIn } from './settlements.ts'
import type { ChainTarget, Fill, Hex, LargestBlock, SettledRow, SettlementCaps, Target, WorkKind } from './types.ts'
import { blockNumber, pause, settled } from './wait.ts'
import { type Place, workCall } from './work.ts'

/** Sizes that are tried before anything is known; their figures also show how cost falls with size. */
const FIRST_SIZES = [1, 4, 16]
/** A guess from two sizes is not trusted beyond so many times the larger one. */
const MAX_GROWTH = 8
/** After so many guesses the gap is halved instead. */
const MAX_GUESSES = 5
/** L2 makes no block while it would be too far ahead of L1's clock. */
const MINE_TIMEOUT_MS = 60_000
const RETRY_MS = 250

export type SearchDeps = { target: Target; place: Place; caps: SettlementCaps; signal: AbortSignal }

/** A block of `n` transactions of one kind that was settled. */
type Probe = { n: number; row: SettledRow; fill: Fill }
/** `held`: how many of them the first block had, where one did not hold all. */
type Attempt = Probe | { held: number }
/** What the search knows: sizes that fit, smallest first, and the smallest that does not. */
export type Known = { fitting: readonly Pick<Probe, 'n' | 'fill'>[]; tooMany: number; held: number; guesses: number }

/**
 * The most transactions of a kind that one L2 block holds and L1 settles: `n` do and `n + 1` do not. L2 has to make its
 * blocks on request. Rejects with LoadError STOPPED when the signal is aborted.
 */
export async function largestBlock(kind: WorkKind, deps: SearchDeps): Promise<LargestBlock> {
  const fitting: Probe[] = []
  let tooMany = Number.POSITIVE_INFINITY
  let held = 0
  for (let guesses = 0; ; guesses++) {
    const best = fitting.at(-1)
    if (tooMany === 1) throw new LoadError('NOT_SETTLED', `not even one ${kind} fits into a block that settles`)
    if (best !== undefined && best.n + 1 === tooMany) return describe(kind, fitting, best)
    const n = nextSize({ fitting, tooMany, held, guesses })
    const attempt = await tryBlock(kind, n, deps)
    if ('row' in attempt) fitting.push(attempt)
    else {
      tooMany = n
      held = attempt.held
    }
  }
}

/**
 * A size between the largest that fits and the smallest that does not: as many as a block held when they were too many, else
 * what the last two blocks let expect of the limits, else the middle.
 */
export function nextSize({ fitting, tooMany, held, guesses }: Known): number {
  const [before, last] = fitting.slice(-2)
  const most = fitting.at(-1)?.n ?? 0
  const first = FIRST_SIZES[fitting.length] ?? Number.POSITIVE_INFINITY
  if (first < tooMany) return first
  if (held === most) return most + 1
  if (held > most) return held
  const middle = Math.floor((most + tooMany) / 2)
  if (before === undefined || last === undefined) return middle
  if (guesses > MAX_GUESSES + FIRST_SIZES.length && Number.isFinite(tooMany)) return middle
  const rooms = Object.keys(last.fill).map((name) => {
    const limit = name as keyof Fill
    const each = (last.fill[limit] - before.fill[limit]) / (last.n - before.n)
    return each <= 0 ? Number.POSITIVE_INFINITY : last.n + Math.floor((1 - last.fill[limit]) / each)
  })
  return Math.min(Math.max(most + 1, Math.min(...rooms, most * MAX_GROWTH)), tooMany - 1)
}

async function tryBlock(kind: WorkKind, n: number, { target, place, caps, signal }: SearchDeps): Promise<Attempt> {
  if (signal.aborted) throw new LoadError('STOPPED', 'the search was stopped')
  const since = await blockNumber(target.l1, 'latest')
  await sendOut(kind, n, place)
  const block = await mine(target.l2)
  const left = await poolOf(target.l2)
  // what did not fit goes into blocks that nobody measures
  while ((await poolOf(target.l2)) > 0) await mine(target.l2)
  if (left > 0) return { held: n - left }
  await settled(target.l2, block)
  const row = await settledRow(target, block, since)
  const [header] = await headersIn(target.l2.url, block, block)
  if (header === undefined) throw new Error('a settled block has a header')
  return { n, row, fill: fillOf(row, header.gasLimit, caps) }
}

/** From all accounts in turns, so that no block is a queue of one sender. */
async function sendOut(kind: WorkKind, n: number, place: Place): Promise<void> {
  const { senders, chain } = place
  const signed = await Promise.all(
    senders.map((sender, index) => {
      const own = Array.from({ length: n }, (_, order) => order).filter((order) => order % senders.length === index)
      return signAll(
        sender,
        own.map((order) => ({ ...workCall(kind, order, place), gas: place.gas[kind] })),
      )
    }),
  )
  await sendAll(chain.url, signed.flat())
}

/** Has L2 make a block now, as soon as its clock allows. */
async function mine(l2: ChainTarget): Promise<number> {
  const before = await blockNumber(l2, 'latest')
  const deadline = performance.now() + MINE_TIMEOUT_MS
  for (;;) {
    try {
      await ask(l2.url, 'evm_mine', [])
    } catch (error) {
      if (!(error instanceof LoadError) || error.code !== 'REFUSED' || performance.now() > deadline) throw error
    }
    if ((await blockNumber(l2, 'latest')) > before) return before + 1
    if (performance.now() > deadline) throw new LoadError('REFUSED', 'L2 makes no block on request')
    await pause(RETRY_MS)
  }
}

async function poolOf(l2: ChainTarget): Promise<number> {
  const { pending, queued } = await ask<{ pending: Hex; queued: Hex }>(l2.url, 'txpool_status', [])
  return Number(pending) + Number(queued)
}

/** What L1 says about the settlement of one block, after it. */
async function settledRow(target: Target, block: number, since: number): Promise<SettledRow> {
  const { blocks } = await settlementsIn(target, since, await blockNumber(target.l1, 'latest'), block)
  const row = blocks.find(({ l2Block }) => l2Block === block)
  if (row === undefined) throw new LoadError('NOT_SETTLED', `no settlement of L2 block ${block} was found on L1`)
  return row
}

function fillOf({ bytes, regularGas, transactions, l2Gas }: SettledRow, gasLimit: number, caps: SettlementCaps): Fill {
  const input = { inputLength: bytes.input, regularGas: BigInt(regularGas), transactions }
  return {
    regularGas: regularGas / Number(caps.maxRegularGas),
    calldata: calldataLength([input]) / caps.maxCalldataBytes,
    executionGas: Number(settlementGas([input]).executionGas) / Number(caps.maxTransactionGas),
    blockGas: l2Gas / gasLimit,
  }
}

function describe(kind: WorkKind, fitting: readonly Probe[], best: Probe): LargestBlock {
  const limits = Object.entries(best.fill) as [keyof Fill, number][]
  const [nearest, share] = limits.reduce((most, limit) => (limit[1] > most[1] ? limit : most))
  const boundBy = (share * (best.n + 1)) / best.n > 1 ? nearest : 'builder'
  const curve = fitting.map(({ row }) => row)
  return { kind, transactions: best.n, boundBy, fill: best.fill, block: best.row, curve }
}
