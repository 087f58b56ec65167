import type { Transaction } from '../execution/types.ts'
import type { SealTrigger } from '../node/sealer.ts'
import type { Chain, Clock, Logger, TxPool } from '../node/types.ts'
import { bytesEqual, bytesToHex } from '../stateless/bytes.ts'
import type { Block } from '../stateless/types.ts'
import type { Anchor } from './anchor.ts'
import type { HandMade } from './building/builderTypes.ts'
import type { ClaimPlan, Claims } from './claims.ts'
import type { Faults } from './control/faults.ts'
import { RollupError } from './errors.ts'
import type { ForcedTransactions } from './forcedTransactions.ts'
import type { L2Builder } from './l2Builder.ts'
import { createLock } from './lock.ts'
import type { Reconciler } from './rebuild.ts'
import type { ReplayQueue } from './replay.ts'
import type { InputStore } from './settling/inputs.ts'
import { latestTimestamp, timestampAfter } from './timestamps.ts'
import type { L1View, Message } from './types.ts'

export type Sequencer = {
  /** for node/sealer.ts: brings the chain in line with L1, then makes the next block; undefined: nothing may be sealed */
  seal(trigger: SealTrigger): Promise<Block | undefined>
  /**
   * Brings the chain in line with L1; when blocks were taken back, their transactions are sealed again at once.
   * `onBegin` is called when it is this call's turn.
   */
  reconcile(onBegin?: () => void): Promise<void>
  /** the same for the holder of `exclusively` */
  reconcileNow(): Promise<void>
  /**
   * For somebody who makes blocks once: signed transactions in their order, in as many blocks as it takes, and behind them
   * the claims of L1 messages. What no block takes is left out and reported by the builder. Throws RollupError.
   */
  include(transactions: readonly Transaction[]): Promise<readonly Block[]>
  /** makes no block from now on but by `build`; false: it was so already */
  setStopped(isStopped: boolean): boolean
  /** does not make blocks by itself; always so in a follower */
  isStopped(): boolean
  /** makes one block by hand, also while it is stopped. Throws RollupError CANNOT_BUILD with the reason when it cannot. */
  build(request: BlockByHand): Promise<BlockWithMessages>
  /** runs `work` while no block is built and none is taken back, and nothing of that begins before it is done */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>
  /** a transaction, a claimable message or something to run again is waiting */
  hasWork(): boolean
  status(): { active: boolean; reason?: string }
}

/** `timestamp` in seconds. At most `messages` of L1 are claimed; default: as many as ever. */
export type BlockByHand = HandMade & { timestamp?: bigint; messages?: number }

export type BlockWithMessages = { block: Block; anchorBlock: bigint; messages: readonly Message[] }

export type SequencerOptions = {
  /** false while nothing is to be settled: then the age of anchors and timestamps does not matter */
  windows(): boolean
  /** false: a follower, which only brings its chain in line with L1 */
  builds: boolean
}

export type SequencerDeps = {
  chain: Chain
  pool: TxPool
  view: L1View
  builder: L2Builder
  claims: Claims
  inputs: InputStore
  replay: ReplayQueue
  forced: ForcedTransactions
  reconciler: Reconciler
  /** what is bent on purpose */
  faults: Faults
  clock: Clock
  logger: Logger
}

/** A bound for what others want delivered at the cost of whoever makes these blocks. */
const MAX_INCLUDING_BLOCKS = 16
const STOPPED = 'the sequencer was stopped by rollup_stopSequencer'
const FOLLOWING = 'this node follows the rollup and does not build'

/** The maker of L2 blocks. One thing at a time: no block is built while the chain is being brought in line with L1. */
export function createSequencer(options: SequencerOptions, deps: SequencerDeps): Sequencer {
  const { chain, pool, view, claims, inputs, replay, faults, clock, logger } = deps
  const lock = createLock()
  let obstacle = options.builds ? undefined : FOLLOWING
  let stopped = false

  const stateOfHead = () => chain.stateAt(chain.head().header.stateRoot)
  const waits = (reason: string): undefined => {
    obstacle = reason
  }

  function hasWork(anchor = anchorFor(deps)): boolean {
    if (pool.status().pending > 0 || !replay.isEmpty() || deps.forced.hasDue()) return true
    return anchor !== undefined && claims.hasClaimable(stateOfHead(), anchor)
  }

  async function planClaims(anchor: Anchor): Promise<ClaimPlan | undefined> {
    try {
      return await claims.plan(stateOfHead(), anchor)
    } catch (error) {
      // L1 may be away or lying: users' transactions go on without new deposits
      if (!(error instanceof RollupError)) throw error
      logger.warn('messages of L1 cannot be claimed now', { code: error.code, reason: error.message })
      return undefined
    }
  }

  async function buildNext(
    allowEmpty: boolean,
    { claimsLast = false, byHand }: { claimsLast?: boolean; byHand?: BlockByHand } = {},
  ): Promise<BlockWithMessages | undefined> {
    if (!options.builds || (stopped && byHand === undefined)) return undefined
    const parent = chain.head()
    const anchor = anchorFor(deps)
    if (anchor === undefined) return waits('L1 has not been read up to the anchor of the last block')
    const timestamp = byHand?.timestamp ?? timestampAfter(parent, anchor, clock)
    const latest = latestTimestamp(view, clock)
    if (byHand?.timestamp !== undefined) requireBetween(byHand.timestamp, parent.header.timestamp + 1n, latest)
    if (timestamp > latest) return waits('waiting for the time of L1 to catch up')
    if (!allowEmpty && !hasWork(anchor)) return undefined
    const plan = upTo(await planClaims(anchor), byHand?.messages)
    const bent = faults.ofBuild(parent.header.number + 1n, plan)
    const claimed = bent === undefined ? { claims: plan, allowEmpty } : { claims: bent.claims, allowEmpty: true }
    const request = { parent, anchor, timestamp, claimsLast, ...claimed }
    const built = await deps.builder.build({ ...request, ...(byHand === undefined ? {} : { byHand }) })
    obstacle = undefined
    if (built === undefined) return undefined
    if (!bytesEqual(chain.head().hash, parent.hash)) return waits('the head moved while a block was built')
    const { block } = built.outcome
    await inputs.put(block.hash, built.settleable)
    await chain.append(built.outcome)
    await deps.builder.finish(built)
    if (bent !== undefined) faults.done(bent.fault, block.header.number)
    logger.info('sealed L2 block', {
      number: block.header.number,
      hash: `0x${bytesToHex(block.hash)}`,
      transactions: block.transactions.length,
      regularGas: built.settleable.regularGas,
      inputBytes: built.settleable.input.length,
      anchor: anchor.number,
    })
    return { block, anchorBlock: anchor.number, messages: built.delivered }
  }

  async function inLineWithL1(): Promise<void> {
    await deps.reconciler.reconcile({ windows: options.windows() })
  }

  async function reconcileNow(): Promise<void> {
    await inLineWithL1()
    while (!replay.isEmpty()) {
      if ((await buildNext(false)) === undefined) return
    }
  }

  return {
    hasWork: () => hasWork(),
    status: () => {
      const reason = stopped ? STOPPED : obstacle
      return reason === undefined ? { active: true } : { active: false, reason }
    },
    seal: (trigger) =>
      lock(async () => {
        await inLineWithL1()
        return (await buildNext(trigger !== 'wake'))?.block
      }),
    include: (transactions) =>
      lock(async () => {
        await inLineWithL1()
        await replay.prepend(transactions)
        const blocks: Block[] = []
        while (hasWork() && blocks.length < MAX_INCLUDING_BLOCKS) {
          const built = await buildNext(false, { claimsLast: true })
          if (built === undefined) break
          blocks.push(built.block)
        }
        return blocks
      }),
    setStopped(isStopped) {
      if (stopped === isStopped) return false
      stopped = isStopped
      return true
    },
    isStopped: () => stopped || !options.builds,
    build: (request) =>
      lock(async () => {
        await inLineWithL1()
        const built = await buildNext(true, { byHand: request })
        if (built !== undefined) return built
        throw new RollupError('CANNOT_BUILD', `no block can be built now: ${obstacle ?? 'there is nothing to include'}`)
      }),
    exclusively: lock,
    reconcileNow,
    reconcile: (onBegin) =>
      lock(() => {
        onBegin?.()
        return reconcileNow()
      }),
  }
}

function requireBetween(timestamp: bigint, earliest: bigint, latest: bigint): void {
  if (timestamp >= earliest && timestamp <= latest) return
  const range = `from ${earliest}, after its parent, to ${latest}, when L1 could settle it soon`
  throw new RollupError('CANNOT_BUILD', `the timestamp ${timestamp} is impossible: it may be ${range}`, {
    earliest,
    latest,
  })
}

/** The first of the claims; undefined: none. */
function upTo(plan: ClaimPlan | undefined, count: number | undefined): ClaimPlan | undefined {
  if (plan === undefined || count === undefined) return plan
  return count === 0 ? undefined : { ...plan, messages: plan.messages.slice(0, count) }
}

/** The newest L1 block that was read; undefined before the first one and while L1 is behind the parent's anchor. */
function anchorFor({ chain, view, inputs }: SequencerDeps): Anchor | undefined {
  const head = view.head()
  if (head.hash === '0x') return undefined
  const parentAnchor = inputs.anchorBlock(chain.head().hash) ?? 0n
  return head.number < parentAnchor ? undefined : head
}
