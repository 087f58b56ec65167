import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Engines } from '../../bin/engines.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import { systemClock, systemTimers } from '../../node/clock.ts'
import { createL1Node } from '../../node/l1Node.ts'
import { openStore } from '../../node/store.ts'
import type { Logger } from '../../node/types.ts'
import type { Block } from '../../stateless/types.ts'
import { GAS_LIMIT } from './benchGenesis.ts'

/** Milliseconds of one block: transactions into the pool (decoded, senders recovered), then built, sealed and stored. */
export type SealTimes = { pool: number; seal: number; total: number }

/** Our L1 node on a store on disk, with blocks on demand. */
export type SealedChain = {
  readonly genesis: Block
  seal(transactions: readonly Uint8Array[]): Promise<{ block: Block; times: SealTimes }>
  close(): Promise<void>
}

export async function openSealedChain(genesis: GenesisJson, engines: Engines, logger: Logger): Promise<SealedChain> {
  const folder = await mkdtemp(join(tmpdir(), 'reenact-bench-'))
  const engine = engines.l1(genesis)
  const store = await openStore({ dataDir: folder })
  const node = await createL1Node(
    {
      genesis: genesisBlock(genesis, engine),
      sealMode: { kind: 'manual' },
      gasLimit: GAS_LIMIT,
      maxBuildMs: 600_000,
      pool: { maxTransactions: 100_000 },
    },
    { store, engine, clock: systemClock, timers: systemTimers, logger },
  )
  node.start()
  return {
    genesis: node.chain.genesis,
    async seal(transactions) {
      const start = performance.now()
      for (const raw of transactions) await node.pool.add(raw)
      const pooled = performance.now()
      const block = await node.sealer.sealNow()
      const sealed = performance.now()
      if (block?.transactions.length !== transactions.length)
        throw new Error('the block does not hold all transactions')
      await node.pool.idle()
      return { block, times: { pool: pooled - start, seal: sealed - pooled, total: sealed - start } }
    },
    async close() {
      await node.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
