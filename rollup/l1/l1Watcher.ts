import type { RollupDeployment } from '../../genesis/types.ts'
import type { Clock, Logger } from '../../node/types.ts'
import { RollupError } from '../errors.ts'
import type { MetaStore } from '../json.ts'
import { createLock } from '../lock.ts'
import { createLoop } from '../loop.ts'
import type { L1View } from '../types.ts'
import type { L1Client } from './l1Client.ts'
import { decodeL1Log } from './l1Events.ts'
import { createL1Records, HASH_RING, type L1Records, type ReadBlock, type RecordsAbove } from './l1Records.ts'
import type { L1Block, L1Log } from './l1Types.ts'

type Hex = `0x${string}`

export type L1Watcher = L1View & {
  /** counts the reorgs noticed, so that readers know when to check their anchors again */
  reorgs(): number
  /**
   * The last look at L1 was complete: the records are those of one L1 chain up to its head then. False while a gap or a
   * reorg is being read, and while L1 is away.
   */
  inSync(): boolean
  /** why L1 could not be read the last time; undefined: it could */
  failure(): RollupError | undefined
  /** reads L1 up to its head; true when anything changed. Throws RollupError; nothing is half recorded. */
  step(): Promise<boolean>
  /** runs `work` while nothing of L1 is read, and no step begins before it is done; a step inside would wait for ever */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>
  /** `step` for the holder of `exclusively` */
  stepNow(): Promise<boolean>
  /** what was recorded of the L1 blocks above this one */
  recordsAbove(l1Block: bigint): RecordsAbove
  /** a new L1 head may exist: read now instead of at the next poll */
  poke(): void
  /** the records contradict a proof: read L1 again from the deployment, at most once a minute */
  distrust(): void
  /** called after every step that changed something */
  onChange(listener: () => void): () => void
  start(): void
  close(): Promise<void>
}

export type L1WatcherOptions = {
  pollMs?: number
  /** blocks per eth_getLogs while catching up */
  maxRange?: number
}
export type L1WatcherDeps = {
  l1: L1Client
  deployment: RollupDeployment
  meta: MetaStore
  clock: Clock
  logger: Logger
}

/** A gap up to this many blocks is read block by block, which is exact; a longer one in ranges. */
const WALK_LIMIT = 16n
const DEFAULT_MAX_RANGE = 2_000
/** After this many contradictions in a row the records are dropped and L1 is read again from the deployment. */
const CONTRADICTIONS_BEFORE_RESCAN = 3
const DISTRUST_INTERVAL_MS = 60_000

/**
 * Keeps what the rollup's contracts said on L1, in step with L1's canonical chain. Every block is read once; a reorg
 * drops the records of the removed blocks. Whatever L1 answers is checked before it is recorded.
 */
export function createL1Watcher(options: L1WatcherOptions, deps: L1WatcherDeps): L1Watcher {
  const records = createL1Records(deps.deployment, deps.meta, deps.logger)
  const reader = createReader(deps, records, BigInt(options.maxRange ?? DEFAULT_MAX_RANGE))
  const listeners = new Set<() => void>()
  let reorgs = 0
  let contradictions = 0
  let inSync = false
  let failure: RollupError | undefined
  let isDistrusted = false
  let isClosed = false
  let lastDistrustMs = Number.NEGATIVE_INFINITY
  let unsubscribe: (() => void) | undefined
  let stepping: Promise<boolean> | undefined
  const lock = createLock()

  async function rescan(): Promise<void> {
    contradictions = 0
    isDistrusted = false
    inSync = false
    await records.rewind(undefined)
    reorgs += 1
  }

  async function catchUp(): Promise<boolean> {
    if (isDistrusted) await rescan()
    const latest = await deps.l1.getBlock('latest')
    if (latest === undefined) throw new RollupError('BAD_L1_DATA', 'L1 has no latest block')
    const cursor = records.cursor()
    if (latest.number === cursor.number && latest.hash === cursor.hash) return false
    inSync = false
    if (cursor.hash !== '0x' && !(await reader.isStillThere(cursor))) {
      await records.rewind(await reader.findAncestor())
      reorgs += 1
    }
    while (records.cursor().number < latest.number) await reader.readNext(latest.number)
    return true
  }

  async function checkedStep(): Promise<boolean> {
    try {
      const changed = await catchUp()
      inSync = true
      contradictions = 0
      failure = undefined
      if (changed) for (const listener of listeners) listener()
      return changed
    } catch (error) {
      inSync = false
      if (error instanceof RollupError) failure = error
      if (failure?.code === 'BAD_L1_DATA') contradictions += 1
      if (contradictions >= CONTRADICTIONS_BEFORE_RESCAN) await rescan()
      throw error
    }
  }

  const step = (): Promise<boolean> => {
    stepping ??= lock(checkedStep).finally(() => {
      stepping = undefined
    })
    return stepping
  }
  const idleMs = options.pollMs ?? 1_000
  async function subscribe(): Promise<void> {
    const stop = await deps.l1.subscribeHeads(() => loop.wake())
    if (isClosed) stop?.()
    else unsubscribe = stop
  }

  const loop = createLoop({ name: 'L1 watcher', idleMs }, async () => void (await step()), deps.logger)
  return {
    deployment: deps.deployment,
    head: () => records.cursor(),
    settledHead: records.settledHead,
    settledAt: records.settledAt,
    messages: records.messages,
    claimed: records.claimed,
    pendingForced: records.pendingForced,
    forcedBytes: records.forcedBytes,
    reorgs: () => reorgs,
    inSync: () => inSync,
    failure: () => failure,
    step,
    exclusively: lock,
    stepNow: checkedStep,
    recordsAbove: records.above,
    poke: loop.wake,
    distrust() {
      if (deps.clock.nowMs() - lastDistrustMs < DISTRUST_INTERVAL_MS) return
      lastDistrustMs = deps.clock.nowMs()
      isDistrusted = true
      loop.wake()
    },
    onChange(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    start() {
      loop.start()
      subscribe().catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error)
        deps.logger.warn('L1 does not push its heads, polling it', { reason })
      })
    },
    async close() {
      isClosed = true
      unsubscribe?.()
      await loop.close()
    },
  }
}

type Reader = {
  isStillThere(block: ReadBlock): Promise<boolean>
  /** the newest remembered block that L1 still has, or a little older; undefined: none */
  findAncestor(): Promise<ReadBlock | undefined>
  /** reads and records one block, or one range when the head is far */
  readNext(head: bigint): Promise<void>
}

function createReader({ l1, deployment }: L1WatcherDeps, records: L1Records, maxRange: bigint): Reader {
  const addresses = [deployment.l1.rollup, deployment.l1.messenger]
  let rangeLimit = maxRange

  async function requireBlock(at: bigint | Hex): Promise<L1Block> {
    const block = await l1.getBlock(at)
    if (block === undefined) throw changed({ at })
    return block
  }

  async function readOne(number: bigint): Promise<void> {
    const block = await requireBlock(number)
    const { hash } = records.cursor()
    if (hash !== '0x' && block.parentHash !== hash) throw changed({ number })
    const logs = await l1.getLogs({ addresses, blockHash: block.hash })
    await records.append(block, logs, new Map([[block.hash, block.timestamp]]))
  }

  async function readRange(fromBlock: bigint, toBlock: bigint): Promise<void> {
    const block = await requireBlock(toBlock)
    const logs = await l1.getLogs({ addresses, fromBlock, toBlock })
    const timestamps = await readTimestamps(logs)
    // the hash of the last block commits to all the others: unchanged means that all the logs are of one chain
    if ((await requireBlock(toBlock)).hash !== block.hash) throw changed({ toBlock })
    const cursor = records.cursor()
    if (cursor.hash !== '0x' && (await requireBlock(cursor.number)).hash !== cursor.hash) throw changed({ fromBlock })
    await records.append(block, logs, timestamps)
  }

  async function readTimestamps(logs: readonly L1Log[]): Promise<ReadonlyMap<Hex, bigint>> {
    const timestamps = new Map<Hex, bigint>()
    for (const log of logs) {
      const kind = decodeL1Log(log, deployment)?.kind
      if (timestamps.has(log.blockHash) || (kind !== 'advanced' && kind !== 'forced')) continue
      timestamps.set(log.blockHash, (await requireBlock(log.blockHash)).timestamp)
    }
    return timestamps
  }

  return {
    isStillThere: async (block) => (await l1.getBlock(block.number))?.hash === block.hash,
    async findAncestor() {
      const { number: newest } = records.cursor()
      for (let distance = 1n; distance < HASH_RING && distance <= newest; distance *= 2n) {
        const hash = records.rememberedHash(newest - distance)
        const block = hash === undefined ? undefined : await l1.getBlock(newest - distance)
        if (block !== undefined && block.hash === hash) return block
      }
      return undefined
    },
    async readNext(head) {
      const from = records.cursor().number + 1n
      if (head - from < WALK_LIMIT) return readOne(from)
      const to = from + rangeLimit - 1n < head ? from + rangeLimit - 1n : head
      try {
        await readRange(from, to)
      } catch (error) {
        // providers refuse ranges with too many results: ask for less
        if (!(error instanceof RollupError) || error.code !== 'L1_REFUSED' || rangeLimit === 1n) throw error
        rangeLimit /= 2n
      }
    },
  }
}

function changed(data: Record<string, unknown>): RollupError {
  return new RollupError('L1_CHANGED', 'L1 reorganised while it was being read', data)
}
