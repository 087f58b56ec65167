import { afterEach, describe, expect, it } from 'vitest'
import { l1Env } from '../../node/l1Env.ts'
import { silentLogger } from '../../node/logger.ts'
import { createPendingBlocks } from '../../node/pendingBlock.ts'
import { hashHeader } from '../../stateless/header.ts'
import { account, addressBytes, GWEI, LOGGER_ADDRESS, logCall, signed } from './support/devChain.ts'
import { type OpenL1Options, openL1 } from './support/openL1.ts'

const [alice, bob, carol] = [account(0), account(1), account(2)]
const RECEIVER = addressBytes(account(9).address)
const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const node of opened.splice(0)) await node.close()
})

async function start(options: OpenL1Options = {}) {
  const l1 = await openL1(options)
  opened.push(l1.node)
  return l1
}

const emit = (nonce: number, topic: bigint) =>
  ({ nonce, to: LOGGER_ADDRESS, value: 0n, gas: 100_000n, data: logCall(topic, 7n) }) as const

describe('the pending block', () => {
  it('is the block that is then sealed, to the hash', async () => {
    const { node } = await start()
    await node.pool.add(await signed(alice, emit(0, 5n)))
    await node.pool.add(await signed(bob, { nonce: 0, value: 3n }))
    const pending = await node.pending.get()
    expect(pending.transactions).toHaveLength(2)
    expect(pending.receipts.map(({ status }) => status)).toEqual([1, 1])
    expect(hashHeader(pending.block.header)).toEqual(pending.block.hash)
    const sealed = await node.sealer.sealNow()
    expect(sealed?.hash).toEqual(pending.block.hash)
    const stored = sealed && node.chain.getBlockByHash(sealed.hash)
    expect(stored?.blockAccessList).toEqual(pending.blockAccessList)
  })

  it('persists nothing and leaves the pool as it is', async () => {
    const { node } = await start()
    const head = node.chain.head()
    await node.pool.add(await signed(alice, { nonce: 0, value: 4n }))
    const { block, state } = await node.pending.get()
    expect(state().getAccount(RECEIVER)?.balance).toBe(10_000n * GWEI * GWEI + 4n)
    expect(node.chain.head()).toBe(head)
    expect(node.chain.getBlockByHash(block.hash)).toBeUndefined()
    expect(() => node.chain.stateAt(block.header.stateRoot)).toThrow(/no state is stored/)
    expect(node.pool.status()).toEqual({ pending: 1, queued: 0 })
  })

  it('is built once for all who ask at the same time, and again only when something changed', async () => {
    const { node, clock } = await start()
    await node.pool.add(await signed(alice, { nonce: 0 }))
    const [first, second] = await Promise.all([node.pending.get(), node.pending.get()])
    expect(second).toBe(first)
    expect(await node.pending.get()).toBe(first)
    await node.pool.add(await signed(carol, { nonce: 0 }))
    const more = await node.pending.get()
    expect(more.transactions).toHaveLength(2)
    const [gone] = more.transactions
    node.pool.drop(gone?.hash ?? new Uint8Array(32), 'test')
    const fewer = await node.pending.get()
    expect(fewer.transactions).toHaveLength(1)
    clock.advance(5_000)
    expect((await node.pending.get()).block.header.timestamp).toBe(fewer.block.header.timestamp + 5n)
    await node.sealer.sealNow()
    expect((await node.pending.get()).block.header.number).toBe(2n)
  })

  it('has one header object until something about it changes', async () => {
    const { node, clock } = await start()
    const first = node.pending.header()
    expect(node.pending.header()).toBe(first)
    clock.advance(5_000)
    const later = node.pending.header()
    expect(later.timestamp).toBe(first.timestamp + 5n)
    node.producer.set({ coinbase: RECEIVER })
    expect(node.pending.header().coinbase).toEqual(RECEIVER)
    node.producer.setNext({ baseFeePerGas: 7n * GWEI })
    const priced = node.pending.header()
    expect(priced.baseFeePerGas).toBe(7n * GWEI)
    expect(node.pending.header()).toBe(priced)
    await node.sealer.sealNow()
    expect(node.pending.header().number).toBe(priced.number + 1n)
  })

  it('follows what was set for the next block', async () => {
    const { node } = await start()
    await node.pool.add(await signed(alice, { nonce: 0 }))
    const before = await node.pending.get()
    node.producer.set({ coinbase: RECEIVER })
    const after = await node.pending.get()
    expect(after.block.header.timestamp).toBe(before.block.header.timestamp)
    expect(after.block.header.coinbase).toEqual(RECEIVER)
    node.producer.setNext({ baseFeePerGas: 7n * GWEI })
    expect((await node.pending.get()).block.header.baseFeePerGas).toBe(7n * GWEI)
  })

  it('starts with the header that the next block starts with', async () => {
    const { node } = await start()
    const { stateRoot, ...header } = node.pending.header()
    const { block } = await node.pending.get()
    expect(header).toEqual({ ...block.header, stateRoot: undefined, blockAccessListHash: header.blockAccessListHash })
    expect(stateRoot).toEqual(node.chain.head().header.stateRoot)
  })

  it('stops beginning transactions when its time is over', async () => {
    const { node, engine } = await start()
    for (let nonce = 0; nonce < 60; nonce++) await node.pool.add(await signed(alice, emit(nonce, BigInt(nonce))))
    const env = (parent: Parameters<typeof l1Env>[0]) =>
      l1Env(parent, parent.header.timestamp + 1n, engine, { coinbase: new Uint8Array(20), gasLimit: 60_000_000n })
    const { chain, pool } = node
    const hasty = createPendingBlocks({ env, maxBuildMs: 1 }, { chain, pool, logger: silentLogger })
    const { transactions, block } = await hasty.get()
    expect(transactions.length).toBeLessThan(60)
    expect(hashHeader(block.header)).toEqual(block.hash)
  })

  it('makes way for a seal and is built on its block afterwards', async () => {
    const { node } = await start()
    for (let nonce = 0; nonce < 20; nonce++) await node.pool.add(await signed(alice, emit(nonce, BigInt(nonce))))
    const asked = node.pending.get()
    const sealed = await node.sealer.sealNow()
    expect(sealed?.transactions).toHaveLength(20)
    const { parent, transactions } = await asked
    expect(parent.hash).toEqual(sealed?.hash)
    expect(transactions).toEqual([])
  })
})
