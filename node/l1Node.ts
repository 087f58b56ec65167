import type { Engine } from '../execution/types.ts'
import type { Hash32 } from '../stateless/types.ts'
import { type GenesisState, openChain } from './chain.ts'
import type { Timers } from './clock.ts'
import { createL1Producer, type L1Producer } from './l1Producer.ts'
import { createPendingBlocks, type PendingBlocks } from './pendingBlock.ts'
import { requireMinGasPrice } from './poolRules.ts'
import { createSealer } from './sealer.ts'
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
  readonly genesis: GenesisState
  readonly chain: Chain
  readonly pool: LiveTxPool
  readonly sealer: Sealer
  readonly pending: PendingBlocks
  readonly producer: L1Producer
  /** runs `work` while no block is being made */
  between<Result>(work: () => Promise<Result>): Promise<Result>
  /** makes a stored block the head for good: transactions of the removed blocks do not come back to the pool */
  rewindTo(hash: Hash32): Promise<void>
  start(): void
  /** ends the seal under way, then closes pool, chain and store */
  close(): Promise<void>
}

/** Opens the chain on its store and joins pool, builder and sealer. Nothing is sealed before `start`. */
export async function createL1Node(options: L1NodeOptions, deps: L1NodeDeps): Promise<L1Node> {
  const { store, engine, clock, timers, logger } = deps
  const { genesis, tags = l1Tags } = options
  const chain = await openChain({ genesis, tags }, { store, engine, logger: logger.child('chain') })
  let rewinds = 0
  const pool = createTxPool(options.pool ?? {}, {
    chain,
    clock,
    logger: logger.child('pool'),
    accepts: (tx) => requireMinGasPrice(tx, producer.settings().minGasPrice),
    returns: () => rewinds === 0,
    next: (head) => producer.pendingBounds(head),
  })
  const producer = createL1Producer(options, { chain, pool, engine, clock, logger: logger.child('builder') })
  const pending = createPendingBlocks({ env: producer.pendingEnv }, { chain, pool, logger: logger.child('pending') })
  const sealer = createSealer(
    { mode: options.sealMode },
    { seal: (trigger) => pending.during(() => producer.seal(trigger)), logger: logger.child('sealer'), timers },
  )
  const stopWaking = pool.onPending(() => sealer.wake())
  return {
    genesis,
    chain,
    pool,
    sealer,
    pending,
    producer,
    between: (work) => sealer.between(() => pending.during(work)),
    async rewindTo(hash) {
      rewinds += 1
      try {
        await chain.rewindTo(hash)
        await pool.idle()
      } finally {
        rewinds -= 1
      }
    },
    start: () => sealer.start(),
    async close() {
      stopWaking()
      await sealer.close()
      pool.close()
      await chain.close()
    },
  }
}
