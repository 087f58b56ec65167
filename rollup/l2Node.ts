import { LRUCache } from 'lru-cache'
import { http, type LocalAccount, type Transport, webSocket } from 'viem'
import type { BlockEnv, Transaction } from '../execution/types.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import type { Timers } from '../node/clock.ts'
import { onHeadBursts } from '../node/headBursts.ts'
import { createPendingBlocks, type PendingBlocks } from '../node/pendingBlock.ts'
import { createSealer, isSameMode } from '../node/sealer.ts'
import type { LiveTxPool } from '../node/txPool.ts'
import type { Chain, Clock, Logger, Sealer, SealMode } from '../node/types.ts'
import type { ExecuteVerdict, GasSchedule } from '../precompiles/types.ts'
import { bytesEqual, bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import type { Block } from '../stateless/types.ts'
import type { Anchor } from './anchor.ts'
import { type Claims, createClaims } from './claims.ts'
import { coinbaseOf, requireFreeCoinbase } from './coinbase.ts'
import { createControl, type RollupControl } from './control/control.ts'
import { createFaults } from './control/faults.ts'
import { noteForReorg, type RollupReorg } from './control/reorgReport.ts'
import { checkDeployment } from './deployment.ts'
import { derivationOf } from './derivation.ts'
import { RollupError } from './errors.ts'
import { createForcedTransactions } from './forcedTransactions.ts'
import { createL1Client, type L1Client } from './l1/l1Client.ts'
import { createL1Watcher, type L1Watcher } from './l1/l1Watcher.ts'
import { createL2Builder, l2Env } from './l2Builder.ts'
import { SETTLEMENT_LIMITS } from './limits.ts'
import { createDeliveries } from './messages/deliveries.ts'
import { createDeliverySimulation, type DeliverySimulation } from './messages/deliverySimulation.ts'
import { createInbox, type Inbox } from './messages/inbox.ts'
import { createL1Messages, type L1Messages } from './messages/l1Messages.ts'
import { createCrossOutbox, createOutbox, type Outbox } from './messages/outbox.ts'
import { NO_KEYS } from './noKeys.ts'
import { createRollupReader, finalNumber, settledNumber } from './reader.ts'
import { createReconciler } from './rebuild.ts'
import { createReplayQueue } from './replay.ts'
import { createSequencer, type Sequencer, timestampAfter } from './sequencer.ts'
import { type AttemptJournal, createAttemptJournal } from './settling/attempts.ts'
import { createFinality, type Finality } from './settling/finality.ts'
import { createInputStore, type InputStore } from './settling/inputs.ts'
import { createSettledBlockReader } from './settling/settledBlocks.ts'
import { createSettlements, type Settlements } from './settling/settlements.ts'
import { createSettler, type Settler, type SettlerStep } from './settling/settler.ts'
import { createSyncStatus, type SyncStatusReader } from './syncStatus.ts'
import type { Derivation, RollupReader, SettlementLimits } from './types.ts'

export type L2NodeOptions = {
  deployment: RollupDeployment
  /** a follower never builds: it rebuilds L2 from what is settled on L1 */
  role: 'sequencer' | 'follower'
  sealMode: SealMode
  /** settle sealed blocks by itself; without, `settleNow` does */
  settle: boolean
  gasSchedule: GasSchedule
  /** seconds, 0 is instant; only told by rollup_config */
  l1BlockTime?: number
  /** L1 runs in this process, on the same clock, which may be set back; default: false */
  sharesClock?: boolean
  /** the relayer also sends transactions of its own: none is taken for a claim; default: false */
  relayerIsUser?: boolean
  /** how often L1 is asked for a new head when nobody pokes; default 1,000 */
  l1PollMs?: number
  limits?: SettlementLimits
  /** 20-byte addresses whose forced transactions are left out, to rehearse a censoring sequencer */
  censored?: readonly Uint8Array[]
}

export type L2NodeDeps = {
  chain: Chain
  pool: LiveTxPool
  /** URL of L1, or a viem transport */
  l1: string | Transport
  /** settler pays on L1; relayer pays claims on L2 and is the coinbase; a follower needs neither */
  accounts?: { settler: LocalAccount; relayer: LocalAccount }
  /** createExecute(...).execute of this node's engine */
  verify(input: Uint8Array, gasLimit: bigint): Promise<ExecuteVerdict>
  /** a transaction given to `sequencer.include` that the builder left out, and why */
  onLeftOut?(tx: Transaction, reason: string): void
  clock: Clock
  timers: Timers
  logger: Logger
}

/** What may be done with a node that is held, and only then. */
export type HeldL2Node = {
  /** reads L1 up to its head; throws RollupError */
  readL1(): Promise<void>
  /** brings the chain in line with what was read of L1; transactions of blocks that go are run again at once */
  reconcile(): Promise<void>
  /**
   * Gives the function that brings everything back to now, for somebody who holds the node again: head, pool, seal mode,
   * whether it sequences and settles, coinbase, what waits to be run again, what is in flight to L1, what is postponed. It ends with a look at L1, which the
   * caller has taken back before. Throws RollupError when that fails; the rest is done by then.
   */
  remember(): () => Promise<void>
  /** for a reorganisation of L1 above this block: the function tells, when it has happened, what became of everything */
  noteForReorg(ancestor: bigint): () => Promise<RollupReorg>
}

export type L2Node = {
  readonly chain: Chain
  readonly pool: LiveTxPool
  readonly sealer: Sealer
  readonly pending: PendingBlocks
  /** what a block begun on `parent` now would begin with */
  pendingEnv(parent: Block): BlockEnv
  readonly reader: RollupReader
  readonly l1: L1Client
  /** messages to L1, and to other rollups */
  readonly outbox: Outbox
  readonly crossOutbox: Outbox
  /** messages from L1: their tree, where they stand, what their delivery would do */
  readonly inbox: Inbox
  readonly l1Messages: L1Messages
  readonly deliverySimulation: DeliverySimulation
  readonly finality: Finality
  readonly claims: Claims
  readonly watcher: L1Watcher
  readonly settler: Settler
  readonly sequencer: Sequencer
  readonly inputs: InputStore
  /** what the settler sent, and what became of it */
  readonly attempts: AttemptJournal
  /** how far the chain is with what L1 says */
  derivation(): Derivation
  /** heads and outputs as tools of OP Stack chains ask for them */
  readonly heads: SyncStatusReader
  /** where each block stands on its way to L1 */
  readonly settlements: Settlements
  /** for node/tags.ts::settlementTags: newest settled block, newest settled and final block */
  settlement(): { settled: bigint; final: bigint }
  /** checks the contracts on L1, reads L1, brings the chain in line, then runs; throws RollupError */
  start(): Promise<void>
  /** L1 has a new head: deposits show at once */
  poke(): void
  /** of blocks from the next one on; throws RollupError FIXED_COINBASE where the rollup contract names one */
  setCoinbase(address: Uint8Array): void
  /**
   * Runs `work` while this node does nothing by itself: no block is built or taken back, nothing is settled, L1 is not
   * read. Inside, its parts may only be called where that waits for none of these.
   */
  hold<Result>(work: (held: HeldL2Node) => Promise<Result>): Promise<Result>
  /** settles everything that L1 time allows; gives the L1 transactions. Throws RollupError. */
  settleNow(request?: SettleRequest): Promise<readonly `0x${string}`[]>
  /** whether this node settles by itself, from now on until it is stopped; `settleNow` works in any case */
  setSettling(isOn: boolean): void
  /** what its operator may do by hand; throws RollupError FOLLOWS_L1 in a follower */
  control(): RollupControl
  close(): Promise<void>
}

/** `upTo`: the last block to settle. `signal`: waits no longer for what is on its way. */
export type SettleRequest = { upTo?: bigint; signal?: AbortSignal }

/** Transactions of removed blocks that no block takes any more, of which the reason is remembered. */
const MAX_LEFT_OUT = 1_000
/** How often waiting work, heartbeat and windows are looked at when nothing else wakes the node. */
const TICK_MS = 1_000

/** Joins watcher, sequencer and settler of one rollup around its chain. Nothing runs before `start`. */
export function createL2Node(options: L2NodeOptions, deps: L2NodeDeps): L2Node {
  const { chain, pool, timers } = deps
  const parts = assemble(options, deps)
  const { watcher, sequencer, settler, sealer, outbox, crossOutbox } = parts
  const stops: (() => void)[] = []
  let running = false
  let settles = options.settle
  let isFollowing = false
  let cancelTick: (() => void) | undefined
  const followed = onceEach(deps.logger)

  const onL1 = (): void => {
    if (!running) return
    settler.wake()
    if (isFollowing) return
    isFollowing = true
    runLogged(followed, 'following L1', async () => {
      // from here on a further change of L1 asks for another round
      await sequencer.reconcile(() => {
        isFollowing = false
      })
      if (isSequencer(options) && sequencer.hasWork()) sealer.wake()
    })
  }
  const tick = (): void => {
    cancelTick = timers.after(TICK_MS, tick)
    onL1()
    if (isHeartbeatDue(options, parts, deps)) runLogged(deps.logger, 'heartbeat', () => sealer.sealNow())
  }

  const settling: Switch = {
    isOn: () => settles,
    set(isOn) {
      settles = isOn
      parts.setSettling(isOn)
      settler.setPaused(!isOn)
      if (isOn && running) settler.start()
    },
  }
  const node: L2Node = {
    chain,
    pool,
    sealer,
    pending: parts.pending,
    pendingEnv: parts.envOf,
    watcher,
    settler,
    sequencer,
    reader: parts.reader,
    l1: parts.l1,
    outbox,
    crossOutbox,
    inbox: parts.inbox,
    l1Messages: parts.l1Messages,
    deliverySimulation: parts.deliverySimulation,
    finality: parts.finality,
    claims: parts.claims,
    inputs: parts.inputs,
    attempts: parts.attempts,
    settlements: parts.settlements,
    heads: parts.heads,
    derivation: parts.derivation,
    settlement: parts.settlement,
    setCoinbase: parts.setCoinbase,
    poke: watcher.poke,
    async start() {
      await checkDeployment(parts.l1, options.deployment, chain.genesis)
      await watcher.step()
      running = true
      if (isSequencer(options)) await parts.builder.resume()
      await sequencer.reconcile()
      stops.push(watcher.onChange(onL1), onHeadBursts(chain, timers, settler.wake))
      watcher.start()
      if (isSequencer(options)) {
        stops.push(pool.onPending(sealer.wake.bind(sealer)))
        sealer.start()
        if (options.settle) settler.start()
      }
      tick()
    },
    hold(work) {
      const held = heldNode(settling, parts, deps)
      const withL1Unread = () => watcher.exclusively(() => work(held))
      return sealer.between(() => sequencer.exclusively(() => settler.exclusively(withL1Unread)))
    },
    async settleNow(request = {}) {
      parts.setSettling(true)
      try {
        return await settleNow(parts, timers, request)
      } finally {
        parts.setSettling(settles)
      }
    },
    setSettling: settling.set,
    control() {
      if (isSequencer(options)) return control
      throw new RollupError(
        'FOLLOWS_L1',
        'this node follows the rollup: it makes no blocks and has no keys; ask its sequencer',
      )
    },
    async close() {
      running = false
      cancelTick?.()
      for (const stop of stops.splice(0)) stop()
      await sealer.close()
      await sequencer.exclusively(async () => undefined)
      await settler.close()
      await watcher.close()
      await parts.l1.close()
      outbox.close()
      crossOutbox.close()
      parts.deliveries.close()
    },
  }
  const control = createControl(node, { ...deps, isOwn: parts.isOwn, faults: parts.faults })
  return node
}

type Parts = ReturnType<typeof assemble>

type Switch = { isOn(): boolean; set(isOn: boolean): void }

function heldNode(settling: Switch, parts: Parts, { chain, pool }: L2NodeDeps): HeldL2Node {
  const { watcher, sequencer, settler, sealer, attempts, replay, claims, forced, coinbase } = parts
  const readL1 = async () => void (await watcher.stepNow())
  return {
    readL1,
    reconcile: sequencer.reconcileNow,
    remember() {
      const { hash } = chain.head()
      const transactions = Object.values(pool.content()).flat()
      const { mode } = sealer
      const tips = coinbase.current
      const isStopped = sequencer.isStopped()
      const isSettling = settling.isOn()
      const others = [replay, settler, attempts, claims, forced].map((part) => part.remember())
      return async () => {
        await chain.rewindTo(hash)
        for (const bringBack of others) await bringBack()
        await pool.refill(transactions)
        coinbase.current = tips
        sequencer.setStopped(isStopped)
        if (settling.isOn() !== isSettling) settling.set(isSettling)
        if (!isSameMode(sealer.mode, mode)) sealer.setMode(mode)
        await readL1()
      }
    },
    noteForReorg: (ancestor) => noteForReorg({ ...parts, chain, pool }, ancestor),
  }
}

function assemble(options: L2NodeOptions, deps: L2NodeDeps) {
  const { chain, pool, clock, timers } = deps
  const { deployment } = options
  const log = (room: string) => deps.logger.child(room)
  const l1 = createL1Client(typeof deps.l1 === 'string' ? transportTo(deps.l1) : deps.l1)
  const watcher = createL1Watcher(options.l1PollMs === undefined ? {} : { pollMs: options.l1PollMs }, {
    l1,
    deployment,
    meta: chain,
    clock,
    logger: log('l1'),
  })
  const inputs = createInputStore(chain)
  const attempts = createAttemptJournal(chain)
  const replay = createReplayQueue(chain, log('rebuild'))
  const { relayer, settler: settlerAccount } = deps.accounts ?? { relayer: NO_KEYS, settler: NO_KEYS }
  const relayerBytes = hexToBytes(relayer.address)
  const isOwn = (tx: Transaction) => options.relayerIsUser !== true && bytesEqual(tx.sender, relayerBytes)
  const limits = options.limits ?? SETTLEMENT_LIMITS
  const { censored = [] } = options
  const forced = createForcedTransactions({
    chain,
    view: watcher,
    isCensored: (sender) => censored.some((address) => bytesEqual(address, sender)),
    clock,
    logger: log('forced'),
  })
  const inbox = createInbox(watcher)
  const claims = createClaims({
    view: watcher,
    inbox,
    l1,
    engine: chain.engine,
    relayer,
    onMismatch: watcher.distrust,
    clock,
    logger: log('claims'),
  })
  const leftOut = new LRUCache<string, string>({ max: MAX_LEFT_OUT })
  const coinbase = { current: coinbaseOf(deployment, relayer) }
  const environment = { gasLimit: BigInt(deployment.l2GasLimit), coinbase: () => coinbase.current }
  const builder = createL2Builder(
    { ...environment, limits },
    {
      chain,
      pool,
      claims,
      replay,
      forced,
      isOwn,
      onLeftOut(tx, reason) {
        leftOut.set(bytesToHex(tx.hash), reason)
        deps.onLeftOut?.(tx, reason)
      },
      logger: log('builder'),
    },
  )
  const reconciler = createReconciler({
    chain,
    view: watcher,
    l1,
    inputs,
    replay,
    settledBlocks: createSettledBlockReader(l1, deployment),
    isOwn,
    clock,
    sharesClock: options.sharesClock ?? false,
    isFollower: !isSequencer(options),
    logger: log('rebuild'),
  })
  const faults = createFaults({ chain, l1, view: watcher, logger: log('faults') })
  let settling = options.settle
  const sequencer = createSequencer(
    { windows: () => settling, builds: isSequencer(options) },
    {
      chain,
      pool,
      view: watcher,
      builder,
      claims,
      inputs,
      replay,
      forced,
      reconciler,
      faults,
      clock,
      logger: log('sequencer'),
    },
  )
  const settler = createSettler(
    { limits },
    {
      chain,
      view: watcher,
      l1,
      inputs,
      attempts,
      faults,
      account: settlerAccount,
      verify: deps.verify,
      onRefused: () => watcher.poke(),
      clock,
      logger: log('settler'),
    },
  )
  const envOf = (parent: Block): BlockEnv => pendingEnv(parent, watcher, clock, environment)
  const pending = createPendingBlocks(
    {
      env: envOf,
      limits: { maxRegularGas: limits.maxRegularGas, maxTransactionBytes: limits.maxCalldataBytes },
    },
    { chain, pool, logger: log('pending') },
  )
  const sealer = createSealer(
    { mode: options.sealMode },
    { seal: (trigger) => pending.during(() => sequencer.seal(trigger)), timers, logger: log('sealer') },
  )
  const outbox = createOutbox(chain, deployment)
  const crossOutbox = createCrossOutbox(chain, deployment)
  const finality = createFinality(watcher, clock)
  const settlements = createSettlements({ chain, view: watcher, l1, inputs, attempts, finality })
  const derivation = (): Derivation => derivationOf(chain, watcher, reconciler)
  const reader = createRollupReader(
    { gasSchedule: options.gasSchedule, l1BlockTime: options.l1BlockTime ?? 0, sealMode: () => sealer.mode },
    {
      chain,
      view: watcher,
      l1,
      outbox,
      crossOutbox,
      finality,
      derivation,
      sequencer: sequencer.status,
      settler: settler.status,
    },
  )
  const deliveries = createDeliveries(chain, deployment)
  const inboxSize = () => watcher.messages().length
  const deliverySimulation = createDeliverySimulation({ chain, deployment, envOf, inboxSize })
  const l1Messages = createL1Messages({
    chain,
    view: watcher,
    l1,
    inbox,
    inputs,
    deliveries,
    claims,
    finality,
    simulation: deliverySimulation,
  })
  const settlement = createSettlement(watcher, () => ({
    settled: settledNumber(chain, watcher),
    final: finalNumber(chain, finality),
  }))
  const heads = createSyncStatus({ chain, view: watcher, l1, inputs, settlement })
  const setSettling = (next: boolean) => {
    settling = next
  }
  const setCoinbase = (next: Uint8Array) => {
    requireFreeCoinbase(deployment)
    coinbase.current = next
  }
  return {
    l1,
    watcher,
    inputs,
    attempts,
    replay,
    forced,
    isOwn,
    leftOut: (hash: Uint8Array) => leftOut.get(bytesToHex(hash)),
    coinbase,
    faults,
    builder,
    sequencer,
    settler,
    sealer,
    pending,
    envOf,
    outbox,
    crossOutbox,
    inbox,
    deliveries,
    deliverySimulation,
    l1Messages,
    finality,
    settlements,
    claims,
    reader,
    settlement,
    heads,
    derivation,
    setSettling,
    setCoinbase,
  }
}

/**
 * What the next block would begin with. Before L1 was read it keeps the anchor of its parent. Claims of messages are no
 * part of a pending block: each needs a proof that has to be asked of L1.
 */
function pendingEnv(
  parent: Block,
  watcher: L1Watcher,
  clock: Clock,
  environment: { gasLimit: bigint; coinbase(): Uint8Array },
): BlockEnv {
  const newest = watcher.head()
  const anchor = newest.hash === '0x' ? anchorOf(parent) : newest
  return l2Env({ parent, anchor, timestamp: timestampAfter(parent, anchor, clock) }, environment)
}

function anchorOf({ header }: Block): Pick<Anchor, 'hash' | 'timestamp'> {
  return { hash: `0x${bytesToHex(header.parentBeaconBlockRoot ?? new Uint8Array(32))}`, timestamp: 0n }
}

/** While L1 is being read again, and the records are short of what was settled, the tags stay where they were. */
function createSettlement(watcher: L1Watcher, read: L2Node['settlement']): L2Node['settlement'] {
  let known = read()
  const settlement = () => {
    if (watcher.inSync()) known = read()
    return known
  }
  watcher.onChange(settlement)
  return settlement
}

/** http(s) is polled, ws(s) also pushes. */
function transportTo(url: string): Transport {
  const options = { retryCount: 1, timeout: 10_000 }
  return /^wss?:/i.test(url) ? webSocket(url, options) : http(url, options)
}

function isSequencer(options: L2NodeOptions): boolean {
  return options.role === 'sequencer'
}

/** Everything is settled and nothing happened for half of SEQUENCER_TIMEOUT: an empty block keeps the rollup ours. */
function isHeartbeatDue(options: L2NodeOptions, { settlement, sealer }: Parts, { chain, clock }: L2NodeDeps): boolean {
  if (!options.settle || !isSequencer(options) || sealer.mode.kind !== 'instant') return false
  const { number, timestamp } = chain.head().header
  if (settlement().settled < number) return false
  const silence = BigInt(Math.floor(clock.nowMs() / 1000)) - timestamp
  return silence >= BigInt(options.deployment.parameters.sequencerTimeout) / 2n
}

async function settleNow(
  { watcher, sequencer, settler }: Parts,
  timers: Timers,
  { upTo, signal }: SettleRequest,
): Promise<readonly `0x${string}`[]> {
  // the first may have been under way before and miss the newest blocks; the second begins now
  await watcher.step()
  await watcher.step()
  await sequencer.reconcile()
  const sent = new Set<`0x${string}`>()
  while (signal?.aborted !== true) {
    const step: SettlerStep = await settler.step(upTo)
    const { lastTx } = settler.status()
    // beside the loop, which may have sent it
    if ((step === 'sent' || step === 'waiting') && lastTx !== undefined) sent.add(lastTx)
    if (step === 'idle' || step === 'blocked') break
    if (step === 'waiting') await new Promise<void>((resolve) => void timers.after(50, resolve))
  }
  await watcher.step()
  return [...sent]
}

/** Warns of the same thing once: it is tried again every second. */
function onceEach(logger: Logger): Pick<Logger, 'warn'> {
  let last: string | undefined
  return {
    warn(event, fields) {
      const text = `${event} ${fields?.reason}`
      if (text === last) logger.debug(event, fields)
      else logger.warn(event, fields)
      last = text
    },
  }
}

function runLogged(logger: Pick<Logger, 'warn'>, what: string, work: () => Promise<unknown>): void {
  work().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    logger.warn(`${what} failed, trying again later`, { reason })
  })
}
