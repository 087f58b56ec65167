import type { Transaction } from '../execution/types.ts'
import type { Chain, Clock, Logger } from '../node/types.ts'
import { bytesEqual, bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { NodeError } from '../stateless/errors.ts'
import type { Block } from '../stateless/types.ts'
import { RollupError } from './errors.ts'
import type { L1Client } from './l1/l1Client.ts'
import type { L1Watcher } from './l1/l1Watcher.ts'
import { createRefusals } from './refusals.ts'
import type { ReplayQueue } from './replay.ts'
import type { InputStore } from './settling/inputs.ts'
import type { SettledBlockReader } from './settling/settledBlocks.ts'
import { MAX_LEAD } from './timestamps.ts'
import type { SettledBlock } from './types.ts'

/** Why L1 can no longer accept an unsettled block. */
export type ExpiryReason =
  | 'anchor unknown'
  | 'anchor reorganised out of L1'
  | 'anchor older than the settled one'
  | 'anchor too old'
  | 'timestamp too old'
  | 'timestamp too far ahead'

export type ReconcileResult = 'unchanged' | 'followed L1' | 'rewound'

export type Reconciler = {
  /**
   * Brings the L2 chain in line with L1: another settled block than ours is imported from L1; unsettled blocks that L1
   * can no longer accept are taken back. Their transactions go to the replay queue first. Not to be run while a block
   * is being built. `windows`: also check what only matters to a node that settles (age of anchors and timestamps).
   * A settled block that was refused is refused again without a look, until L1 reorganises or a growing pause is over.
   */
  reconcile(options: { windows: boolean }): Promise<ReconcileResult>
  /** why the chain could not be brought in line the last time; undefined: it could */
  failure(): RollupError | undefined
}

export type ReconcilerDeps = {
  chain: Chain
  view: L1Watcher
  l1: L1Client
  inputs: InputStore
  replay: ReplayQueue
  settledBlocks: SettledBlockReader
  /** the builder's own transactions, which are made anew */
  isOwn(tx: Transaction): boolean
  clock: Clock
  /** L1 runs on this very clock: whatever is further ahead of it than the builder goes was left there by a clock set back */
  sharesClock: boolean
  /** has nothing of its own: what is not settled (any more) goes, and is not run again */
  isFollower: boolean
  logger: Logger
}

/** Blocks of margin before an anchor's age is taken for too old: a settlement needs a few blocks to get in. */
const ANCHOR_MARGIN = 4n
/** Seconds; the L1 clock may lag this much before a waiting block is thought to be wrong. */
const FUTURE_TOLERANCE = 600n

export function createReconciler(deps: ReconcilerDeps): Reconciler {
  const { chain, view } = deps
  const refusals = createRefusals(view, deps.clock)
  let checkedReorgs = -1
  let failure: RollupError | undefined

  async function reconcile(windows: boolean): Promise<ReconcileResult> {
    const settled = view.settledHead()
    if (settled !== undefined && !isCanonical(chain, settled)) {
      refusals.throwStanding()
      await followL1(deps, settled)
      return 'followed L1'
    }
    const base = settled?.number ?? chain.genesis.header.number
    if (deps.isFollower) {
      if (chain.head().header.number === base) return 'unchanged'
      deps.logger.warn('L2 blocks are no longer settled', { from: base + 1n, to: chain.head().header.number })
      await rewind(deps, base)
      return 'rewound'
    }
    const reorgs = view.reorgs()
    const reason =
      expiryByClock(deps, base) ??
      (windows ? expiryByWindow(deps, base, settled) : undefined) ??
      (reorgs === checkedReorgs ? undefined : await expiryByReorg(deps, base, settled))
    if (reason === undefined) {
      checkedReorgs = reorgs
      return 'unchanged'
    }
    deps.logger.warn('unsettled L2 blocks are built again', {
      reason,
      from: base + 1n,
      to: chain.head().header.number,
    })
    await rewind(deps, base)
    return 'rewound'
  }

  return {
    async reconcile({ windows }) {
      // half-read records would make settled blocks look unsettled, and old
      if (!view.inSync()) return 'unchanged'
      try {
        const result = await reconcile(windows)
        failure = undefined
        refusals.clear()
        return result
      } catch (error) {
        if (error instanceof RollupError) {
          failure = error
          refusals.note(error)
        }
        throw error
      }
    },
    failure: () => failure,
  }
}

function isCanonical(chain: Chain, settled: SettledBlock): boolean {
  const hash = chain.getHashByNumber(settled.number)
  return hash !== undefined && bytesEqual(hash, hexToBytes(settled.hash))
}

/** Takes over the settled chain, from the newest block that both have in common. */
async function followL1(deps: ReconcilerDeps, target: SettledBlock): Promise<void> {
  const { chain, view, inputs, settledBlocks, logger } = deps
  let base = target.number - 1n
  for (; base > chain.genesis.header.number; base--) {
    const settled = view.settledAt(base)
    if (settled !== undefined && isCanonical(chain, settled)) break
  }
  if (chain.head().header.number > base) {
    logger.warn('L1 settled other L2 blocks than ours', { from: base + 1n, to: target.number })
    // nothing is taken back before what replaces it can be read
    const first = view.settledAt(base + 1n)
    if (first !== undefined) await orRefuse(first, () => settledBlocks.read(first))
    await rewind(deps, base)
  }
  for (let number = base + 1n; number <= target.number; number++) {
    const settled = view.settledAt(number)
    if (settled === undefined) return
    await orRefuse(settled, async () => {
      const { block, blockAccessList, anchorBlock } = await settledBlocks.read(settled)
      await inputs.putAnchor(block.hash, anchorBlock)
      await chain.importBlock(block, blockAccessList)
    })
    logger.info('imported an L2 block from L1', { number, hash: settled.hash })
  }
}

/** Names the block in question when L1 lies about it or when it is invalid; an L1 that is away stays what it is. */
async function orRefuse<T>({ number, l1TxHash, l1Block }: SettledBlock, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof NodeError) || (error instanceof RollupError && error.code !== 'BAD_L1_DATA')) throw error
    const where = `settled by L1 transaction ${l1TxHash} in L1 block ${l1Block}`
    const data = { l2Block: number, l1TxHash, l1Block }
    throw new RollupError('REFUSED_BLOCK', `L2 block ${number}, ${where}, is refused: ${error.message}`, data, error)
  }
}

/** The newest block is the furthest ahead. Built again, it gets the time of now. */
function expiryByClock({ chain, view, clock, sharesClock }: ReconcilerDeps, base: bigint): ExpiryReason | undefined {
  const { number, timestamp } = chain.head().header
  if (!sharesClock || number <= base) return undefined
  return timestamp > nextL1Time(view, clock) + MAX_LEAD ? 'timestamp too far ahead' : undefined
}

function nextL1Time(view: L1Watcher, clock: Clock): bigint {
  const now = BigInt(Math.floor(clock.nowMs() / 1000))
  const l1Head = view.head().timestamp
  return now > l1Head ? now : l1Head + 1n
}

/** Anchors and timestamps only age from the oldest block on, so the oldest unsettled block decides. */
function expiryByWindow(
  deps: ReconcilerDeps,
  base: bigint,
  settled: SettledBlock | undefined,
): ExpiryReason | undefined {
  const { chain, view, inputs, clock } = deps
  const oldest = chain.getBlockByNumber(base + 1n)?.block
  if (oldest === undefined) return undefined
  const { maxAnchorAge, maxTimestampLag } = view.deployment.parameters
  const l1Head = view.head()
  const nextTime = nextL1Time(view, clock)
  const anchor = inputs.anchorBlock(oldest.hash)
  if (anchor === undefined) return 'anchor unknown'
  if (anchor < (settled?.anchorBlock ?? 0n)) return 'anchor older than the settled one'
  const age = BigInt(maxAnchorAge)
  const margin = age > 16n * ANCHOR_MARGIN ? ANCHOR_MARGIN : 0n
  if (l1Head.number + 1n + margin - anchor > age) return 'anchor too old'
  if (oldest.header.timestamp + BigInt(maxTimestampLag) < nextTime) return 'timestamp too old'
  const parentTime = chain.getHeaderByNumber(base)?.timestamp ?? 0n
  const isAhead = oldest.header.timestamp > nextTime + FUTURE_TOLERANCE
  return isAhead && parentTime + 1n < oldest.header.timestamp ? 'timestamp too far ahead' : undefined
}

/** After a reorg of L1 every anchor is looked up again. */
async function expiryByReorg(
  { chain, l1, inputs }: ReconcilerDeps,
  base: bigint,
  settled: SettledBlock | undefined,
): Promise<ExpiryReason | undefined> {
  const checked = new Map<bigint, string | undefined>()
  const head = chain.head().header.number
  for (let number = base + 1n; number <= head; number++) {
    const block = chain.getBlockByNumber(number)?.block
    const anchor = block === undefined ? undefined : inputs.anchorBlock(block.hash)
    if (block === undefined || anchor === undefined) continue
    if (anchor < (settled?.anchorBlock ?? 0n)) return 'anchor older than the settled one'
    if (!checked.has(anchor)) checked.set(anchor, (await l1.getBlock(anchor))?.hash)
    if (checked.get(anchor) !== anchorHash(block)) return 'anchor reorganised out of L1'
  }
  return undefined
}

function anchorHash(block: Block): string {
  return `0x${bytesToHex(block.header.parentBeaconBlockRoot ?? new Uint8Array(0))}`
}

/** Makes block `base` the head; the users' transactions above it wait in the replay queue, oldest first, except in a follower. */
async function rewind({ chain, replay, isOwn, isFollower }: ReconcilerDeps, base: bigint): Promise<void> {
  const head = chain.head().header.number
  const transactions: Transaction[] = []
  for (let number = base + 1n; number <= head; number++) {
    const block = chain.getBlockByNumber(number)?.block
    if (block !== undefined) transactions.push(...chain.getTransactions(block).filter((tx) => !isOwn(tx)))
  }
  const target = chain.getHashByNumber(base)
  if (target === undefined) throw new Error(`L2 block ${base} is not in the chain`)
  if (!isFollower) await replay.prepend(transactions)
  await chain.rewindTo(target)
}
