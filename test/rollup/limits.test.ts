import { beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../execution/types.ts'
import type { GenesisState } from '../../node/chain.ts'
import { openChain } from '../../node/chain.ts'
import { manualClock } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import { createTxPool } from '../../node/txPool.ts'
import { createL2PoolRules } from '../../rollup/limits.ts'
import { constantBlob, signedBlobTransaction, withSidecar } from '../node/support/blobs.ts'
import { account, devEngine, GENESIS_TIME, signed } from '../node/support/devChain.ts'

let engine: Engine
let genesis: GenesisState
beforeAll(async () => {
  ;({ engine, genesis } = await devEngine())
})

async function openL2Pool() {
  const chain = await openChain({ genesis }, { store: await openStore(), engine, logger: silentLogger })
  const rules = createL2PoolRules(account(9).address)
  return createTxPool({}, { chain, clock: manualClock(GENESIS_TIME * 1000), logger: silentLogger, ...rules })
}

describe('the pool of an L2', () => {
  it('says why blobs have no place there, with or without them', async () => {
    const pool = await openL2Pool()
    const blobs = [constantBlob(7n)]
    const raw = await signedBlobTransaction(account(0), { nonce: 0, blobs })
    for (const form of [raw, withSidecar(raw, blobs), withSidecar(raw, blobs, 0)]) {
      await expect(pool.add(form)).rejects.toMatchObject({
        code: 'TYPE_NOT_SUPPORTED',
        message:
          'transaction type not supported: type 3, an L2 block with blobs could never be settled, since EXECUTE refuses it; ' +
          'put the data into calldata',
      })
    }
    await expect(pool.add(await signed(account(0), { nonce: 0 }))).resolves.toBeDefined()
  })
})
