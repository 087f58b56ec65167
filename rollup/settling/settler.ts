import type { Clock, Logger } from '../../node/types.ts'
import { createLock } from '../lock.ts'
import { createLoop, type Loop } from '../loop.ts'
import type { SettlementLimits } from '../types.ts'
import { createInFlightStore } from './inFlight.ts'
import { createSettlerMoves, type SettlerFacts, type SettlerMovesDeps, type SettlerStep } from './settlerMoves.ts'

type Hex = `0x${string}`

export type SettlerStatus = { active: boolean; lastTx?: Hex; lastError?: string; nextAttempt?: bigint }

export type Settler = {
  /**
   * One move towards a chain that is settled, up to block `upTo` if there is one; throws RollupError. Safe to call at any
   * time, also beside the loop.
   */
  step(upTo?: bigint): Promise<SettlerStep>
  /**
   * Sends any call of the rollup contract from this account, and gives its hash; undefined: a transaction is on its way, try
   * again later. It is followed like a settlement, whose place it takes, but what becomes of it is nobody's failure.
   */
  post(call: { data: Hex; gas: bigint }): Promise<Hex | undefined>
  /** runs `work` while nothing is sent or followed, and no step begins before it is done */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>
  /** gives the function that brings back what is in flight now, for the holder of `exclusively` */
  remember(): () => Promise<void>
  wake(): void
  status(): SettlerStatus
  /** the newest block in the transaction that is on its way to L1, if there is one */
  onItsWay(): bigint | undefined
  /** whether it settles by itself; `step` does in any case, and what is on its way is followed */
  setPaused(isPaused: boolean): void
  start(): void
  close(): Promise<void>
}

export type SettlerOptions = {
  limits: SettlementLimits
  /** a transaction that is not included after this long and 3 L1 blocks is replaced at higher fees; default 30 s */
  bumpAfterMs?: number
  /** wei; default 1 gwei */
  priorityFee?: bigint
  idleMs?: number
}

export type SettlerDeps = Omit<SettlerMovesDeps, 'inFlight' | 'facts' | 'limits' | 'bumpAfterMs' | 'priorityFee'>

/** as the last block to settle: what is on its way is followed, and nothing is sent */
const NOTHING_NEW = 0n
const GWEI = 1_000_000_000n

/**
 * Carries sealed L2 blocks to L1, as many in one transaction as fit, one transaction at a time. The head is read from
 * the contract each time; an own counter is never trusted.
 */
export function createSettler(options: SettlerOptions, deps: SettlerDeps): Settler {
  const lock = createLock()
  const facts: SettlerFacts = {}
  const inFlight = createInFlightStore(deps.chain)
  const { limits, bumpAfterMs = 30_000, priorityFee = GWEI } = options
  const moves = createSettlerMoves({ ...deps, limits, bumpAfterMs, priorityFee, inFlight, facts })
  let started = false
  let paused = false
  const step = (upTo?: bigint) => lock(() => moves.step(upTo))
  const loop = settlerLoop(() => step(paused ? NOTHING_NEW : undefined), facts, {
    ...deps,
    idleMs: options.idleMs ?? 500,
  })
  return {
    step,
    post: (call) => lock(() => moves.post(call)),
    exclusively: lock,
    remember() {
      const bringBack = inFlight.remember()
      const { lastTx } = facts
      return async () => {
        await bringBack()
        for (const fact of Object.keys(facts) as (keyof SettlerFacts)[]) delete facts[fact]
        if (lastTx !== undefined) facts.lastTx = lastTx
        loop.restart()
      }
    },
    wake: loop.wake,
    status: () => statusOf(facts, started && !paused),
    onItsWay: inFlight.newestBlock,
    setPaused(isPaused) {
      paused = isPaused
      if (!paused) loop.wake()
    },
    start() {
      started = true
      loop.start()
    },
    async close() {
      started = false
      await loop.close()
    },
  }
}

function statusOf({ nextAttemptMs, ...facts }: SettlerFacts, active: boolean): SettlerStatus {
  const nextAttempt = nextAttemptMs === undefined ? undefined : BigInt(Math.ceil(nextAttemptMs / 1000))
  return { active, ...facts, ...(nextAttempt === undefined ? {} : { nextAttempt }) }
}

function settlerLoop(
  next: () => Promise<SettlerStep>,
  facts: SettlerFacts,
  { idleMs, clock, logger }: { idleMs: number; clock: Clock; logger: Logger },
): Loop {
  return createLoop(
    {
      name: 'settler',
      idleMs,
      minBackoffMs: 500,
      maxBackoffMs: 30_000,
      onBackoff: (backoffMs) => {
        facts.nextAttemptMs = clock.nowMs() + backoffMs
      },
    },
    async () => {
      const first = await next()
      let last = first
      while (last === 'settled') last = await next()
      // a settlement that L1 refuses costs gas each time: to have sent it again does not shorten the growing pauses
      return first === 'sent' || first === 'waiting' ? 'undecided' : last
    },
    logger,
  )
}
