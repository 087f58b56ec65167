import type { BlockEnv, Engine } from '../execution/types.ts'
import { bytesEqual } from '../stateless/bytes.ts'
import type { Block } from '../stateless/types.ts'
import { buildBlock } from './blockBuilder.ts'
import { type GenesisState, openChain } from './chain.ts'
import type { Timers } from './clock.ts'
import { ChainError } from './errors.ts'
import { canSeal, L1_GAS_LIMIT, l1Env, nextTimestamp } from './l1Env.ts'
import { createPendingBlocks, type PendingBlocks } from './pendingBlock.ts'
import { createSealer, type SealTrigger } from './sealer.ts'
import { l1Tags, type TagResolver } from './tags.ts'
import { createTxPool, type LiveTxPool, type TxPoolOptions } from './txPool.ts'
import type { Chain, Clock, Logger, Sealer, SealMode, Store } from './types.ts'

export type L1NodeOptions = {
  genesis: GenesisState
  sealMode: SealMode
  /** 20 bytes; default: the zero address */
  coinbase?: Uint8Array
  /** default 60,000,000 */
  gasLimit?: bigint
  pool?: TxPoolOptions
  tags?: TagResolver
  /** no further transaction is begun in a block after this long; default 4,000 */
  maxBuildMs?: number
}

export type L1NodeDeps = { store: Store; engine: Engine; clock: Clock; timers: Timers; logger: Logger }

/** One L1 chain with its pool and sealer, in this process. */
export type L1Node = {
  readonly chain: Chain
  readonly pool: LiveTxPool
  readonly sealer: Sealer
  readonly pending: PendingBlocks
  /** the next sealed block gets this time, in seconds; throws ChainError BAD_TIMESTAMP unless it is after the head */
  setNextTimestamp(timestamp: bigint): void
  start(): void
  /** ends the seal under way, then closes pool, chain and store */
  close(): Promise<void>
}

/** Opens the chain on its store and joins pool, builder and sealer. Nothing is sealed before `start`. */
export async function createL1Node(options: L1NodeOptions, deps: L1NodeDeps): Promise<L1Node> {
  const { store, engine, clock, timers, logger } = deps
  const { genesis, tags = l1Tags } = options
  const chain = await openChain({ genesis, tags }, { store, engine, logger: logger.child('chain') })
  const pool = createTxPool(options.pool ?? {}, { chain, clock, logger: logger.child('pool') })
  const producer = createProducer(chain, pool, options, deps)
  const pending = createPendingBlocks({ env: producer.pendingEnv }, { chain, pool, logger: logger.child('pending') })
  const sealer = createSealer(
    { mode: options.sealMode },
    { seal: (trigger) => pending.during(() => producer.seal(trigger)), logger: logger.child('sealer'), timers },
  )
  const stopWaking = pool.onPending(() => sealer.wake())
  return {
    chain,
    pool,
    sealer,
    pending,
    setNextTimestamp: producer.setNextTimestamp,
    start: () => sealer.start(),
    async close() {
      stopWaking()
      await sealer.close()
      pool.close()
      await chain.close()
    },
  }
}

const MAX_BUILD_MS = 4_000

function createProducer(
  chain: Chain,
  pool: LiveTxPool,
  options: L1NodeOptions,
  { engine, clock, ...deps }: L1NodeDeps,
) {
  const logger = deps.logger.child('builder')
  const envOptions = { coinbase: options.coinbase ?? new Uint8Array(20), gasLimit: options.gasLimit ?? L1_GAS_LIMIT }
  let fixedTimestamp: bigint | undefined

  const timestampAfter = (parent: Block): bigint => {
    if (fixedTimestamp !== undefined && fixedTimestamp > parent.header.timestamp) return fixedTimestamp
    return nextTimestamp(parent.header, clock.nowMs())
  }
  const build = (parent: Block, trigger: SealTrigger) => {
    const timestamp = timestampAfter(parent)
    const env = l1Env(parent, timestamp, engine, envOptions)
    const candidates = pool.candidates(engine.nextBaseFee(parent.header, timestamp))
    const signal = AbortSignal.timeout(options.maxBuildMs ?? MAX_BUILD_MS)
    const drop = (tx: { hash: Uint8Array }, reason: string) => pool.drop(tx.hash, reason)
    return buildBlock({ parent, env, candidates, allowEmpty: trigger !== 'wake', signal }, { chain, logger, drop })
  }
  return {
    pendingEnv(parent: Block): BlockEnv | undefined {
      const timestamp = timestampAfter(parent)
      return canSeal(parent, timestamp, engine) ? l1Env(parent, timestamp, engine, envOptions) : undefined
    },
    async seal(trigger: SealTrigger): Promise<Block | undefined> {
      for (;;) {
        const parent = chain.head()
        const outcome = await build(parent, trigger)
        // An import or a rewind may have moved the head meanwhile; then this block belongs nowhere.
        if (!bytesEqual(chain.head().hash, parent.hash)) continue
        if (outcome === undefined) return undefined
        await chain.append(outcome)
        fixedTimestamp = undefined
        const { header, transactions } = outcome.block
        const { number, gasUsed } = header
        logger.info('sealed block', { number, hash: outcome.block.hash, transactions: transactions.length, gasUsed })
        return outcome.block
      }
    },
    setNextTimestamp(timestamp: bigint): void {
      const head = chain.head().header.timestamp
      if (timestamp <= head) {
        const message = `timestamp ${timestamp} is not after the head's ${head}`
        throw new ChainError('BAD_TIMESTAMP', message, { timestamp, head })
      }
      fixedTimestamp = timestamp
    },
  }
}
