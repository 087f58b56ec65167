import type { BlockEnv, BlockOutcome, Engine, InjectedChanges, Transaction } from '../execution/types.ts'
import { bytesEqual } from '../stateless/bytes.ts'
import type { Block, Hash32 } from '../stateless/types.ts'
import { type BuildBlockDeps, buildBlock } from './blockBuilder.ts'
import {
  type BlockSettings,
  boundsWith,
  envWith,
  initialSettings,
  type NextBlockSettings,
  timestampAfter,
} from './blockSettings.ts'
import { ChainError } from './errors.ts'
import { canSeal } from './l1Env.ts'
import type { SealTrigger } from './sealer.ts'
import type { Chain, Clock, Logger, TxPool } from './types.ts'

/** How an L1 block is made. When, the sealer decides: nothing here runs while another block is being made. */
export type L1Producer = {
  settings(): BlockSettings
  set(changes: Partial<Omit<BlockSettings, 'next'>>): void
  /** for the next block only; throws ChainError BAD_TIMESTAMP unless the time is after the head */
  setNext(changes: NextBlockSettings): void
  /** takes back all settings, as a snapshot has them */
  restore(settings: BlockSettings): void
  /** what a block begun now would begin with; undefined under proof of work rules */
  pendingEnv(parent: Block): BlockEnv | undefined
  /** of the same block: what a transaction in it has to keep to */
  pendingBounds(parent: Block): Pick<BlockEnv, 'timestamp' | 'gasLimit' | 'baseFeePerGas'>
  /** makes and appends the next block; undefined: nothing to include */
  seal(trigger: SealTrigger): Promise<Block | undefined>
  /**
   * Makes and appends a block that holds these changes and no transaction. It is one second after its parent and uses up
   * nothing that was set for the next block, so that tests see as little of it as possible; only a time that was set to
   * just that second moves on by one.
   */
  sealChanges(changes: InjectedChanges): Promise<Block>
  /**
   * Makes and appends a block of these transactions in this order, as far as they can be in it, and of nothing that
   * waits in the pool. Uses up nothing that was set for the next block.
   */
  sealGiven(given: GivenBlock): Promise<Block>
}

/** `timestamp`: after the head's. `prevRandao` makes it another block than one with the same contents. */
export type GivenBlock = {
  transactions: readonly Transaction[]
  timestamp: bigint
  prevRandao?: Hash32
  changes?: InjectedChanges
}

export type L1ProducerOptions = { coinbase?: Uint8Array; gasLimit?: bigint; maxBuildMs?: number }
export type L1ProducerDeps = { chain: Chain; pool: TxPool; engine: Engine; clock: Clock; logger: Logger }

const MAX_BUILD_MS = 4_000

export function createL1Producer(options: L1ProducerOptions, deps: L1ProducerDeps): L1Producer {
  const { chain, pool, engine, clock, logger } = deps
  let settings = initialSettings(options)
  const buildDeps: BuildBlockDeps = { chain, logger, drop }

  function drop({ hash }: Transaction, reason: string): void {
    logger.warn('dropped a transaction that no block can hold', { hash, reason })
    pool.drop(hash, reason)
  }

  const envAt = (parent: Block, timestamp: bigint, by = settings): BlockEnv =>
    envWith(by, { parent, timestamp, engine, gasLimit: options.gasLimit })

  const build = (parent: Block, trigger: SealTrigger) => {
    const env = envAt(parent, timestampAfter(parent, settings, clock.nowMs()))
    const candidates = pool.candidates(env.baseFeePerGas ?? engine.nextBaseFee(parent.header, env.timestamp))
    const signal = AbortSignal.timeout(options.maxBuildMs ?? MAX_BUILD_MS)
    return buildBlock({ parent, env, candidates, allowEmpty: trigger !== 'wake', signal }, buildDeps)
  }

  async function append(outcome: BlockOutcome): Promise<Block> {
    await chain.append(outcome)
    const { header, hash, transactions } = outcome.block
    logger.info('sealed block', {
      number: header.number,
      hash,
      transactions: transactions.length,
      gasUsed: header.gasUsed,
    })
    return outcome.block
  }

  async function sealGiven({ transactions, timestamp, prevRandao, changes }: GivenBlock): Promise<Block> {
    const parent = chain.head()
    requireAfter(parent, timestamp)
    const env = envAt(parent, timestamp, { ...settings, next: prevRandao === undefined ? {} : { prevRandao } })
    const given = changes === undefined ? {} : { changes }
    const outcome = await buildBlock(
      { parent, env, candidates: transactions, allowEmpty: true, ...given },
      // the caller sees what is left out, and may have another block for it
      { chain, logger, drop: () => undefined },
    )
    if (outcome === undefined) throw new Error('an empty block was allowed')
    return append(outcome)
  }

  return {
    settings: () => settings,
    set(changes) {
      settings = { ...settings, ...changes }
    },
    setNext(changes) {
      if (changes.timestamp !== undefined) requireAfter(chain.head(), changes.timestamp)
      settings = { ...settings, next: { ...settings.next, ...changes } }
    },
    restore(kept) {
      settings = kept
    },
    pendingBounds: (parent) => boundsWith(settings, { parent, nowMs: clock.nowMs(), gasLimit: options.gasLimit }),
    pendingEnv(parent) {
      const timestamp = timestampAfter(parent, settings, clock.nowMs())
      return canSeal(parent, timestamp, engine) ? envAt(parent, timestamp) : undefined
    },
    async seal(trigger) {
      for (;;) {
        const parent = chain.head()
        const used = settings.next
        const outcome = await build(parent, trigger)
        // An import or a rewind may have moved the head meanwhile; then this block belongs nowhere.
        if (!bytesEqual(chain.head().hash, parent.hash)) continue
        if (outcome === undefined) return undefined
        const block = await append(outcome)
        settings = { ...settings, next: withoutUsed(settings.next, used) }
        return block
      }
    },
    sealGiven,
    async sealChanges(changes) {
      const timestamp = chain.head().header.timestamp + 1n
      const block = await sealGiven({ transactions: [], timestamp, changes })
      if (settings.next.timestamp === timestamp) {
        settings = { ...settings, next: { ...settings.next, timestamp: timestamp + 1n } }
      }
      return block
    },
  }
}

/** What was set while a block was made with `used` is for the block after it. */
function withoutUsed(next: NextBlockSettings, used: NextBlockSettings): NextBlockSettings {
  const isNew = ([name, value]: [string, unknown]) => used[name as keyof NextBlockSettings] !== value
  return Object.fromEntries(Object.entries(next).filter(isNew))
}

function requireAfter(head: Block, timestamp: bigint): void {
  const last = head.header.timestamp
  if (timestamp > last) return
  const message = `timestamp ${timestamp} is not after the head's ${last}`
  throw new ChainError('BAD_TIMESTAMP', message, { timestamp, head: last })
}
