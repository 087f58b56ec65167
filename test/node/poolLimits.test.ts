import type { PrivateKeyAccount } from 'viem/accounts'
import { beforeAll, expect, it } from 'vitest'
import type { Engine } from '../../execution/types.ts'
import { type GenesisState, openChain } from '../../node/chain.ts'
import { manualClock } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import { createTxPool, type LiveTxPool, type TxPoolOptions } from '../../node/txPool.ts'
import { account, devEngine, GENESIS_TIME, GWEI, signed, type TransferFields } from './support/devChain.ts'

const [alice, bob, carol, dave] = [account(0), account(1), account(2), account(3)]

let engine: Engine
let genesis: GenesisState
beforeAll(async () => {
  ;({ engine, genesis } = await devEngine())
})

async function openPool(options: TxPoolOptions): Promise<LiveTxPool> {
  const chain = await openChain({ genesis }, { store: await openStore(), engine, logger: silentLogger })
  return createTxPool(options, { chain, clock: manualClock(GENESIS_TIME * 1000), logger: silentLogger })
}

const tip = (gwei: bigint) => ({ maxPriorityFeePerGas: gwei * GWEI })
/** 100 KB of calldata, and the gas for it. */
const large = { data: `0x${'00'.repeat(100_000)}`, gas: 7_000_000n } as const

async function add(pool: LiveTxPool, from: PrivateKeyAccount, fields: TransferFields) {
  return pool.add(await signed(from, fields))
}

it('who gives up its own last transaction for a lower nonce still stays within the size of the pool', async () => {
  const pool = await openPool({ maxBytes: 200_000, maxQueuedPerSender: 8 })
  for (let nonce = 101; nonce <= 108; nonce++) await add(pool, alice, { nonce })
  await add(pool, alice, { nonce: 1, ...large })
  expect(pool.status()).toEqual({ pending: 0, queued: 8 })
  await expect(add(pool, alice, { nonce: 2, ...large })).rejects.toMatchObject({ code: 'POOL_FULL' })
  // Refused means that nothing left for it.
  expect(pool.content().queued.map(({ nonce }) => Number(nonce))).toEqual([1, 101, 102, 103, 104, 105, 106, 107])
})

it('nor does its own last one save it from the number of all transactions', async () => {
  const pool = await openPool({ maxTransactions: 4, maxQueuedPerSender: 2 })
  await add(pool, alice, { nonce: 10 })
  await add(pool, alice, { nonce: 11 })
  await add(pool, bob, { nonce: 0 })
  await add(pool, carol, { nonce: 0 })
  await add(pool, alice, { nonce: 5 })
  expect(pool.status()).toEqual({ pending: 2, queued: 2 })
})

it('nobody is evicted for what then finds no room', async () => {
  const pool = await openPool({ maxBytes: 200_000 })
  const cheap = [await add(pool, alice, { nonce: 0, ...tip(1n) }), await add(pool, bob, { nonce: 0, ...tip(2n) })]
  const dear = await add(pool, carol, { nonce: 0, ...large, ...tip(9n) })
  await expect(add(pool, dave, { nonce: 0, ...large, ...tip(5n) })).rejects.toMatchObject({ code: 'POOL_FULL' })
  for (const { hash } of [...cheap, dear]) expect(pool.get(hash)).toBeDefined()
  await add(pool, dave, { nonce: 0, ...large, ...tip(10n) })
  expect(pool.get(dear.hash)).toBeUndefined()
  expect(pool.status()).toEqual({ pending: 1, queued: 0 })
})

it('takes only as many out as it needs room', async () => {
  const pool = await openPool({ maxTransactions: 3 })
  const cheap = await add(pool, alice, { nonce: 0, ...tip(1n) })
  const next = await add(pool, bob, { nonce: 0, ...tip(2n) })
  await add(pool, carol, { nonce: 0, ...tip(9n) })
  await add(pool, dave, { nonce: 0, ...tip(5n) })
  expect(pool.get(cheap.hash)).toBeUndefined()
  expect(pool.get(next.hash)).toBeDefined()
})
