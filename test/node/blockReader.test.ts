import { beforeAll, describe, expect, test } from 'vitest'
import type { Engine } from '../../execution/types.ts'
import { blockOperations } from '../../node/blockCodec.ts'
import { createBlockReader } from '../../node/blockReader.ts'
import { storedBlockBytes, transactionsBytes } from '../../node/cacheSizes.ts'
import { openStore } from '../../node/store.ts'
import type { Store, StoredBlock } from '../../node/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { hashHeader } from '../../stateless/header.ts'
import { sampleHeader } from '../stateless/samples.ts'
import { account, CHAIN_ID, devEngine } from './support/devChain.ts'

/** Bytes of calldata in each block: three of them fill the caches, far fewer than their bounds in entries. */
const CALLDATA = 10_000
const MAX_BYTES = { blocks: 50_000, transactions: 50_000 }

let engine: Engine
let raw: Uint8Array
beforeAll(async () => {
  ;({ engine } = await devEngine())
  const fields = {
    chainId: CHAIN_ID,
    nonce: 0,
    gas: 1n,
    to: account(1).address,
    data: `0x${'01'.repeat(CALLDATA)}`,
  } as const
  raw = hexToBytes(await account(0).signTransaction({ ...fields, type: 'eip1559', maxFeePerGas: 1n }))
})

function blockAt(number: number): StoredBlock {
  const header = { ...sampleHeader(), number: BigInt(number) }
  return { block: { hash: hashHeader(header), header, transactions: [raw], ommers: [], withdrawals: [] }, receipts: [] }
}

/** Five blocks in a store, and how often it was asked. */
async function fiveBlocks() {
  const below = await openStore()
  const blocks = [blockAt(0), blockAt(1), blockAt(2), blockAt(3), blockAt(4)] as const
  await below.batch(blocks.flatMap(blockOperations))
  let reads = 0
  const store: Store = {
    ...below,
    get: (key) => {
      reads++
      return below.get(key)
    },
  }
  const reader = createBlockReader(store, engine, MAX_BYTES)
  return { blocks, reader, oldest: blocks[0], newest: blocks[4], reads: () => reads }
}

describe('caches of blocks are bounded in bytes', () => {
  test('the oldest block is read again, the newest is not', async () => {
    const { blocks, reader, oldest, newest, reads } = await fiveBlocks()
    for (const stored of blocks) reader.remember(stored)
    expect(reader.block(newest.block.hash)).toBe(newest)
    expect(reads()).toBe(0)
    expect(reader.block(oldest.block.hash)).toEqual(oldest)
    expect(reads()).toBeGreaterThan(0)
  })

  test('the oldest list of transactions is decoded again, the newest is not', async () => {
    const { blocks, reader, oldest, newest } = await fiveBlocks()
    const lists = blocks.map(({ block }) => reader.transactions(block))
    expect(reader.transactions(newest.block)).toBe(lists[4])
    expect(reader.transactions(oldest.block)).not.toBe(lists[0])
  })

  test('a header does not outlive its block, which its fields may keep alive', async () => {
    const { blocks, reader, oldest, newest } = await fiveBlocks()
    for (const stored of blocks) reader.remember(stored)
    expect(reader.header(newest.block.hash)).toBe(newest.block.header)
    expect(reader.header(oldest.block.hash)).not.toBe(oldest.block.header)
    expect(reader.header(oldest.block.hash)).toEqual(oldest.block.header)
  })
})

describe('what counts in the size of a block', () => {
  const log = { address: new Uint8Array(20), topics: [], data: new Uint8Array(0) }
  const receipt = {
    type: 2,
    status: 1,
    cumulativeGasUsed: 1n,
    gasUsed: 1n,
    effectiveGasPrice: 1n,
    logsBloom: new Uint8Array(256),
    logs: [log],
  } as const
  const plain = () => ({ ...blockAt(0), receipts: [receipt] })
  const more = (changed: Partial<StoredBlock>) =>
    storedBlockBytes({ ...plain(), ...changed }) - storedBlockBytes(plain())

  test.each<[string, () => Partial<StoredBlock>]>([
    ['calldata', () => ({ block: { ...plain().block, transactions: [raw, raw] } })],
    ['data of a log', () => ({ receipts: [{ ...receipt, logs: [{ ...log, data: new Uint8Array(CALLDATA) }] }] })],
    ['logs', () => ({ receipts: [{ ...receipt, logs: Array.from({ length: 30 }, () => log) }] })],
    ['receipts', () => ({ receipts: Array.from({ length: 9 }, () => receipt) })],
    ['an access list', () => ({ blockAccessList: new Uint8Array(CALLDATA) })],
    ['code that was set by hand', () => ({ changes: new Map([['', { code: new Uint8Array(CALLDATA) }]]) })],
    ['ommers', () => ({ block: { ...plain().block, ommers: Array.from({ length: 4 }, sampleHeader) } })],
  ])('%s', (_, changed) => {
    expect(more(changed())).toBeGreaterThanOrEqual(CALLDATA)
  })

  test('keys of an access list and authorizations of decoded transactions', () => {
    const tx = engine.decodeStored(raw, sampleHeader())
    const storageKeys = Array.from({ length: 100 }, () => new Uint8Array(32))
    const authorization = { chainId: 0n, address: new Uint8Array(20), nonce: 0n, yParity: 0, r: 1n, s: 1n }
    const accessList = [{ address: new Uint8Array(20), storageKeys }]
    const authorizationList = Array.from({ length: 20 }, () => authorization)
    expect(transactionsBytes([{ ...tx, accessList }])).toBeGreaterThanOrEqual(transactionsBytes([tx]) + 10_000)
    expect(transactionsBytes([{ ...tx, authorizationList }])).toBeGreaterThanOrEqual(transactionsBytes([tx]) + 10_000)
  })
})
