import { bls12_381 } from '@noble/curves/bls12-381.js'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Engine } from '../../execution/types.ts'
import { type GenesisState, openChain } from '../../node/chain.ts'
import { manualClock } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import { createTxPool, type TxPoolDeps } from '../../node/txPool.ts'
import type { Logger } from '../../node/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { blobTransaction, constantBlob, signedBlobTransaction, withSidecar } from './support/blobs.ts'
import { account, CHAIN_ID, devEngine, GENESIS_TIME, GWEI, signed } from './support/devChain.ts'
import { openL1 } from './support/openL1.ts'
import { outcomeOn } from './support/outcomes.ts'

const ETHER = GWEI * GWEI
const [alice, bob] = [account(0), account(1)]

let engine: Engine
let genesis: GenesisState
beforeAll(async () => {
  ;({ engine, genesis } = await devEngine())
})

async function openPool(deps: Partial<TxPoolDeps> = {}) {
  const chain = await openChain({ genesis }, { store: await openStore(), engine, logger: silentLogger })
  const clock = manualClock(GENESIS_TIME * 1000)
  return { chain, pool: createTxPool({}, { chain, clock, logger: silentLogger, ...deps }) }
}

/** A logger that keeps its warnings. */
function listening(): { logger: Logger; warnings: { event: string; fields: Record<string, unknown> | undefined }[] } {
  const warnings: { event: string; fields: Record<string, unknown> | undefined }[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (event, fields) => void warnings.push({ event, fields }),
    child: () => logger,
  }
  return { logger, warnings }
}

describe('blob transactions', () => {
  it('with wrong blobs do not stand in the way of the same one with the right blobs', async () => {
    const { pool } = await openPool()
    const blobs = [constantBlob(7n)]
    const raw = await signedBlobTransaction(alice, { nonce: 0, blobs })
    const wrong = hexToBytes(bls12_381.G1.Point.BASE.toHex())
    const results = await Promise.allSettled([
      pool.add(withSidecar(raw, blobs, 1, wrong)),
      pool.add(withSidecar(raw, blobs)),
      pool.add(withSidecar(raw, blobs)),
    ])
    expect(results.map((result) => (result.status === 'rejected' ? result.reason.code : 'added'))).toEqual([
      'BAD_BLOB_PROOF',
      'added',
      'ALREADY_KNOWN',
    ])
    expect(pool.status()).toEqual({ pending: 1, queued: 0 })
  })

  it('stay when a block passes the nonces before them, one of them with another transaction', async () => {
    const { chain, pool } = await openPool()
    const raws = await Promise.all([0, 1, 2].map((nonce) => blobTransaction(alice, { nonce })))
    for (const raw of raws) await pool.add(raw)
    const [, second, third] = pool.content().pending
    const other = await signed(alice, { nonce: 0 })
    const accounts = [{ address: alice.address, nonce: 2n, balance: 100n * ETHER }]
    const transactions = [other, second?.raw ?? other]
    await chain.append(outcomeOn(chain, chain.head(), { salt: 1, transactions, accounts }))
    expect(pool.content()).toEqual({ pending: [third], queued: [] })
    await pool.idle()
    expect(pool.content()).toEqual({ pending: [third], queued: [] })
  })
})

it('what cannot be decoded of a removed block does not keep the rest from coming back', async () => {
  const { chain, pool } = await openPool()
  const tx = await pool.add(await signed(bob, { nonce: 0 }))
  // A chain may hold what its own rules refuse today.
  const transactions = [await signed(alice, { nonce: 0, chainId: CHAIN_ID + 1 }), tx.raw]
  await chain.append(outcomeOn(chain, chain.head(), { salt: 1, transactions }))
  await pool.idle()
  expect(pool.get(tx.hash)).toBeUndefined()
  await chain.rewindTo(genesis.block.hash)
  await pool.idle()
  expect(pool.get(tx.hash)).toMatchObject({ hash: tx.hash })
})

describe('the block that comes next', () => {
  it('sets the gas limit and the base fee that are asked for', async () => {
    const next = { timestamp: BigInt(GENESIS_TIME + 1), gasLimit: 200_000_000n, baseFeePerGas: 7n * GWEI }
    const { pool } = await openPool({ next: () => next })
    await expect(pool.add(await signed(alice, { nonce: 0, gas: 200_000_001n }))).rejects.toMatchObject({
      code: 'GAS_LIMIT_TOO_HIGH',
      data: { limit: 200_000_000n },
    })
    await pool.add(await signed(alice, { nonce: 0, gas: 100_000_000n }))
    expect(pool.status()).toEqual({ pending: 1, queued: 0 })
  })

  it('is the one that an L1 makes: the gas limit set for it holds at once, both ways', async () => {
    const { node } = await openL1()
    try {
      node.producer.set({ gasLimit: 200_000_000n })
      node.producer.setNext({ baseFeePerGas: 3n * GWEI, timestamp: BigInt(GENESIS_TIME + 200) })
      expect(node.producer.pendingEnv(node.chain.head())).toMatchObject(node.producer.pendingBounds(node.chain.head()))
      const tx = await node.pool.add(await signed(alice, { nonce: 0, gas: 100_000_000n }))
      await node.sealer.sealNow()
      expect(node.chain.getTransactionLocation(tx.hash)).toMatchObject({ index: 0 })
      node.producer.set({ gasLimit: 1_000_000n })
      const refused = node.pool.add(await signed(alice, { nonce: 1, gas: 1_000_001n }))
      await expect(refused).rejects.toMatchObject({ code: 'GAS_LIMIT_TOO_HIGH', data: { limit: 1_000_000n } })
    } finally {
      await node.close()
    }
  })
})

it('tells of what it held before and does not take again', async () => {
  const { logger, warnings } = listening()
  let isOpen = true
  const { pool } = await openPool({
    logger,
    next: () => ({ timestamp: BigInt(GENESIS_TIME + 1), gasLimit: isOpen ? 60_000_000n : 50_000n }),
  })
  const [large, small] = [
    await pool.add(await signed(alice, { nonce: 0, gas: 60_000n })),
    await pool.add(await signed(bob, { nonce: 0 })),
  ]
  for (const { hash } of [large, small]) pool.drop(hash, 'test')
  isOpen = false
  await pool.refill([large, small])
  expect(pool.content().pending).toEqual([small])
  expect(warnings).toEqual([
    {
      event: 'a transaction does not come back to the pool',
      fields: {
        hash: large.hash,
        reason: 'exceeds block gas limit: transaction gas 60000, block gas limit 50000',
      },
    },
  ])
})
it('tells of what it drops because no block can hold it', async () => {
  const { logger, warnings } = listening()
  const coinbase = new Uint8Array(20).fill(0xcb)
  const { node } = await openL1({ coinbase, logger })
  try {
    const balance = (1n << 256n) - 1n
    await node.producer.sealChanges(new Map([[bytesToHex(coinbase), { balance }]]))
    const { hash } = await node.pool.add(await signed(alice, { nonce: 0 }))
    await node.sealer.sealNow()
    expect(node.pool.get(hash)).toBeUndefined()
    expect(warnings).toEqual([
      {
        event: 'dropped a transaction that no block can hold',
        fields: { hash, reason: `balance of 0x${'cb'.repeat(20)} above 2^256` },
      },
    ])
  } finally {
    await node.close()
  }
})
