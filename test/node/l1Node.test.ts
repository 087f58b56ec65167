import { afterEach, describe, expect, it } from 'vitest'
import { openChain } from '../../node/chain.ts'
import { feeHistory, suggestTip } from '../../node/fees.ts'
import { importChain } from '../../node/importChain.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import { bytesToHex, concatBytes } from '../../stateless/bytes.ts'
import { blockRlp, hashHeader } from '../../stateless/header.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import {
  account,
  addressBytes,
  devEngine,
  GENESIS_TIME,
  GWEI,
  LOGGER_ADDRESS,
  logCall,
  signed,
} from './support/devChain.ts'
import { nextHead, type OpenL1Options, openL1 } from './support/openL1.ts'

const [alice, bob, carol] = [account(0), account(1), account(2)]
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

describe('L1 node', () => {
  it('seals pending transactions in instant mode and shows the receipt with the head', async () => {
    const { node } = await start({ sealMode: { kind: 'instant' } })
    const head = nextHead(node)
    const tx = await node.pool.add(await signed(alice, emit(0, 5n)))
    expect(node.chain.getTransactionLocation(tx.hash)).toBeUndefined()
    const { added } = await head
    const location = node.chain.getTransactionLocation(tx.hash)
    expect(location).toMatchObject({ blockNumber: 1n, index: 0 })
    expect(added[0]?.receipts[0]).toMatchObject({ status: 1, type: 2 })
    const [found] = node.chain.getLogs({ fromBlock: 0n, toBlock: 1n, addresses: [addressBytes(LOGGER_ADDRESS)] })
    expect(found?.log.topics.map(bytesToHex)).toEqual([`${'0'.repeat(63)}5`])
    expect(found?.transactionHash).toEqual(tx.hash)
    expect(node.pool.status()).toEqual({ pending: 0, queued: 0 })
    const again = node.chain.getTransactions(node.chain.head())
    expect(again[0]?.sender).toEqual(addressBytes(alice.address))
    expect(node.chain.getTransactions(node.chain.head())).toBe(again)
  })

  it('makes blocks that a second node accepts one by one, with the same state', async () => {
    const { node, engine } = await start()
    const rows: Uint8Array[] = []
    for (let nonce = 0; nonce < 3; nonce++) {
      await node.pool.add(await signed(alice, emit(nonce, BigInt(nonce))))
      await node.pool.add(await signed(bob, { nonce, to: carol.address, value: GWEI }))
      const block = await node.sealer.sealNow()
      if (block === undefined) throw new Error('nothing sealed')
      expect(block.transactions).toHaveLength(2)
      rows.push(blockRlp(block))
    }
    const { genesis } = await devEngine()
    const other = await openChain({ genesis }, { store: await openStore(), engine, logger: silentLogger })
    opened.push(other)
    const file = concatBytes([blockRlp(genesis.block), ...rows])
    expect(await importChain(other, file)).toBe(4)
    expect(other.head()).toEqual(node.chain.head())
    expect(other.getBlockByNumber(2n)).toEqual(node.chain.getBlockByNumber(2n))
    expect(await importChain(other, file)).toBe(4)
    expect(other.head()).toEqual(node.chain.head())
    const state = other.stateAt(other.head().header.stateRoot)
    expect(state.getAccount(addressBytes(carol.address))?.balance).toBe(10_000n * GWEI * GWEI + 3n * GWEI)
    await expect(importChain(other, file.subarray(0, file.length - 1))).rejects.toMatchObject({
      code: 'BAD_CHAIN_FILE',
    })
  })

  it('refuses foreign blocks that lie', async () => {
    const { node, engine } = await start()
    await node.pool.add(await signed(alice, { nonce: 0 }))
    const block = await node.sealer.sealNow()
    if (block === undefined) throw new Error('nothing sealed')
    const { genesis } = await devEngine()
    const other = await openChain({ genesis }, { store: await openStore(), engine, logger: silentLogger })
    opened.push(other)
    const lying = { ...block, header: { ...block.header, stateRoot: keccak256(new Uint8Array()) } }
    await expect(other.importBlock(lying)).rejects.toMatchObject({ code: 'BLOCK_HASH_MISMATCH' })
    const consistent = { ...lying, hash: hashHeader(lying.header) }
    await expect(other.importBlock(consistent)).rejects.toMatchObject({ code: 'STATE_ROOT_MISMATCH' })
    expect(other.head()).toEqual(genesis.block)
    await other.importBlock(block)
    expect(other.head()).toEqual(block)
  })

  it('gives blocks max(now, parent + 1) as time, or the one that was asked for', async () => {
    const { node, clock } = await start()
    const seal = async () => (await node.sealer.sealNow())?.header.timestamp
    const base = BigInt(GENESIS_TIME)
    expect(await seal()).toBe(base + 100n)
    expect(await seal()).toBe(base + 101n)
    clock.advance(60_000)
    expect(await seal()).toBe(base + 160n)
    node.producer.setNext({ timestamp: base + 500n })
    expect(await seal()).toBe(base + 500n)
    expect(await seal()).toBe(base + 501n)
    expect(() => node.producer.setNext({ timestamp: base + 501n })).toThrowError(
      expect.objectContaining({ code: 'BAD_TIMESTAMP' }),
    )
    const { header, hash } = node.chain.head()
    const parent = node.chain.getBlockByHash(header.parentHash)?.block
    expect(header.prevRandao).toEqual(keccak256(parent?.hash ?? hash))
    expect(header.slotNumber).toBe(5n)
    expect(header.gasLimit).toBe(60_000_000n)
  })

  it('leaves in the pool what cannot pay the base fee, and goes on', async () => {
    const { node } = await start()
    await node.pool.add(await signed(alice, { nonce: 0, to: carol.address, value: 9_999n * GWEI * GWEI }))
    const fees = { maxFeePerGas: GWEI / 2n, maxPriorityFeePerGas: 0n }
    const capped = await node.pool.add(await signed(bob, { nonce: 0, ...fees }))
    const fine = await node.pool.add(await signed(carol, { nonce: 0, maxPriorityFeePerGas: 0n }))
    const block = await node.sealer.sealNow()
    expect(block?.transactions).toHaveLength(2)
    expect(node.chain.getTransactionLocation(fine.hash)?.index).toBe(1)
    expect(node.pool.get(capped.hash)).toBeDefined()
    expect(node.pool.status()).toEqual({ pending: 1, queued: 0 })
  })

  it('needs several blocks when one is full, and seals them without another wake-up', async () => {
    const { node } = await start()
    // EIP-8037: the whole limit counts against the state dimension, so two of these fit into 60M
    for (const from of [alice, bob, carol]) await node.pool.add(await signed(from, { nonce: 0, gas: 29_000_000n }))
    const sizes: number[] = []
    const done = new Promise<void>((resolve) => {
      node.chain.onHead(({ head }) => {
        sizes.push(head.transactions.length)
        if (sizes.reduce((sum, size) => sum + size) === 3) resolve()
      })
    })
    node.sealer.setMode({ kind: 'instant' })
    await done
    expect(node.pool.status()).toEqual({ pending: 0, queued: 0 })
    expect(node.chain.head().header.number).toBe(BigInt(sizes.length))
  })

  it('brings transactions back after a rewind and seals them again', async () => {
    const { node } = await start()
    const tx = await node.pool.add(await signed(alice, { nonce: 0 }))
    const first = await node.sealer.sealNow()
    await node.chain.rewindTo(node.chain.genesis.hash)
    await node.pool.idle()
    expect(node.pool.get(tx.hash)).toBeDefined()
    node.producer.setNext({ timestamp: BigInt(GENESIS_TIME) + 300n })
    const second = await node.sealer.sealNow()
    expect(second?.header.number).toBe(1n)
    expect(second?.hash).not.toEqual(first?.hash)
    expect(node.chain.getTransactionLocation(tx.hash)?.blockHash).toEqual(second?.hash)
  })
})

describe('fees', () => {
  it('suggest what recent blocks accepted', async () => {
    const { node } = await start()
    expect(suggestTip(node.chain)).toBe(GWEI)
    for (let nonce = 0; nonce < 3; nonce++) {
      await node.pool.add(await signed(alice, { nonce, maxPriorityFeePerGas: BigInt(nonce + 2) * GWEI }))
      await node.sealer.sealNow()
    }
    expect(suggestTip(node.chain)).toBe(3n * GWEI)
  })

  it('tell the history of base fees, gas and tips', async () => {
    const { node, engine } = await start()
    for (const tip of [1n, 5n]) {
      const from = tip === 1n ? alice : bob
      await node.pool.add(await signed(from, { nonce: 0, maxPriorityFeePerGas: tip * GWEI }))
    }
    await node.sealer.sealNow()
    await node.sealer.sealNow()
    const history = feeHistory(node.chain, { blockCount: 10, newest: 2n, percentiles: [0, 50, 51, 100] })
    expect(history.oldestBlock).toBe(0n)
    expect(history.baseFeePerGas).toHaveLength(4)
    expect(history.baseFeePerGas[0]).toBe(GWEI)
    const head = node.chain.head().header
    expect(history.baseFeePerGas[3]).toBe(engine.nextBaseFee(head, head.timestamp + 1n))
    expect(history.gasUsedRatio[1]).toBeCloseTo(42_000 / 60_000_000, 3)
    expect(history.reward).toEqual([
      [0n, 0n, 0n, 0n],
      [GWEI, GWEI, 5n * GWEI, 5n * GWEI],
      [0n, 0n, 0n, 0n],
    ])
    expect(history.baseFeePerBlobGas).toEqual([1n, 1n, 1n, 1n])
    const short = feeHistory(node.chain, { blockCount: 1, newest: 2n })
    expect(short.oldestBlock).toBe(2n)
    expect(short.reward).toBeUndefined()
  })
})
