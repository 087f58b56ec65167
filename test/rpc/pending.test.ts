import type { Hex } from 'viem'
import { decodeAbiParameters, keccak256, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeBlockAccessList } from '../../stateless/blockAccessList.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { decodeBlock, decodeHeader } from '../../stateless/header.ts'
import { verifyAccountProof } from '../../stateless/proof.ts'
import { account, LOGGER_ADDRESS, logCall, signed } from '../node/support/devChain.ts'
import { type DevNode, startDevNode } from './devNode.ts'
import { hasSchemas, schemaFaults } from './schemas.ts'
import { call, result } from './support.ts'

type Json = Record<string, unknown>

/** Stores 7 in slot 1 and leaves code that answers the number of its block and slot 1. */
const RUNTIME = '0x4360005260015460205260406000f3'
const CREATION: Hex = `0x600760015560${((RUNTIME.length - 2) / 2).toString(16).padStart(2, '0')}6011600039600f6000f3${RUNTIME.slice(2)}`
const CREATED = '0x8464135c8f25da09e49bc8782676a84730c318bc'
const RECEIVER = account(9).address.toLowerCase()

let node: DevNode
let hashes: Hex[]
beforeAll(async () => {
  node = await startDevNode({ sealMode: { kind: 'manual' } })
  const raws = [
    await signed(account(0), {
      nonce: 0,
      to: LOGGER_ADDRESS,
      value: 0n,
      data: logCall(5n),
      gas: 200_000n,
      maxPriorityFeePerGas: 3n * 10n ** 9n,
    }),
    await signed(account(2), { nonce: 0, value: 9n, maxPriorityFeePerGas: 2n * 10n ** 9n }),
    hexToBytes(
      await account(1).signTransaction({
        type: 'eip1559',
        chainId: 18079,
        nonce: 0,
        gas: 2_000_000n,
        maxFeePerGas: 10n ** 11n,
        maxPriorityFeePerGas: 1n,
        data: CREATION,
      }),
    ),
  ]
  hashes = raws.map((raw) => keccak256(raw))
  for (const raw of raws) await node.pool.add(raw)
})
afterAll(() => node.close())

const rpc = <Result = Json>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)
const failure = async (method: string, ...params: unknown[]) => (await call(node.server, method, params)).error
const funded = 10_000n * 10n ** 18n

describe('pending', () => {
  test('is a whole block', async () => {
    const block = await rpc('eth_getBlockByNumber', 'pending', false)
    expect(block).toMatchObject({ hash: null, nonce: null, miner: null, number: '0x1', transactions: hashes })
    const { block: built } = await node.pending.get()
    expect(block.stateRoot).toBe(`0x${bytesToHex(built.header.stateRoot)}`)
    expect(BigInt(block.gasUsed as Hex)).toBe(built.header.gasUsed)
    expect(BigInt(block.gasUsed as Hex)).toBeGreaterThan(100_000n)
    expect(await rpc('eth_getHeaderByNumber', 'pending')).toMatchObject({ hash: null, stateRoot: block.stateRoot })
    expect(await rpc('eth_getBlockTransactionCountByNumber', 'pending')).toBe('0x3')
    expect(await rpc('eth_getUncleCountByBlockNumber', 'pending')).toBe('0x0')
    expect(await rpc('eth_getTransactionByBlockNumberAndIndex', 'pending', '0x1')).toMatchObject({
      hash: hashes[1],
      blockHash: null,
    })
    expect(await rpc('eth_getRawTransactionByBlockNumberAndIndex', 'pending', '0x1')).toMatch(/^0x02/)
    expect(await rpc('eth_getTransactionByBlockNumberAndIndex', 'pending', '0x3')).toBeNull()
  })

  test('has encodings', async () => {
    const { header, transactions } = decodeBlock(hexToBytes(await rpc<Hex>('debug_getRawBlock', 'pending')))
    const parentHash = node.chain.head().hash
    expect(header).toMatchObject({ number: 1n, parentHash })
    expect(transactions.map((raw) => keccak256(raw))).toEqual(hashes)
    const { gasUsed, ...alone } = decodeHeader(hexToBytes(await rpc<Hex>('debug_getRawHeader', 'pending')))
    expect(alone).toMatchObject({ number: 1n, parentHash, transactionsRoot: header.transactionsRoot })
    expect(gasUsed).toBe(header.gasUsed)
    expect(gasUsed).toBeGreaterThan(100_000n)
    const receipts = await rpc<Hex[]>('debug_getRawReceipts', 'pending')
    expect(receipts.map((receipt) => receipt.slice(0, 4))).toEqual(['0x02', '0x02', '0x02'])
    expect(decodeBlockAccessList(hexToBytes(await rpc<Hex>('debug_getRawBlockAccessList', 'pending')))).not.toEqual([])
  })

  test('has receipts, as geth gives them', async () => {
    const receipts = await rpc<Json[]>('eth_getBlockReceipts', 'pending')
    expect(receipts.map(({ transactionHash, status }) => [transactionHash, status])).toEqual(
      hashes.map((hash) => [hash, '0x1']),
    )
    expect(receipts[0]?.logs).toHaveLength(1)
    expect(receipts[2]).toMatchObject({ contractAddress: CREATED, blockNumber: '0x1' })
    if (hasSchemas) expect(schemaFaults('eth_getBlockReceipts', receipts)).toEqual([])
  })

  test('is the state after its transactions; latest stays as it was', async () => {
    expect(BigInt(await rpc<Hex>('eth_getBalance', RECEIVER, 'pending'))).toBe(funded + 9n)
    expect(BigInt(await rpc<Hex>('eth_getBalance', RECEIVER, 'latest'))).toBe(funded)
    expect(await rpc('eth_getCode', CREATED, 'pending')).toBe(RUNTIME)
    expect(await rpc('eth_getCode', CREATED)).toBe('0x')
    expect(await rpc('eth_getStorageAt', CREATED, '0x1', 'pending')).toBe(toHex(7, { size: 32 }))
    expect(await rpc('eth_getStorageValues', { [CREATED]: [toHex(1, { size: 32 })] }, 'pending')).toEqual({
      [CREATED]: [toHex(7, { size: 32 })],
    })
    expect(await rpc('eth_getTransactionCount', account(1).address, 'pending')).toBe('0x1')
  })

  test('can be proven under its own root', async () => {
    const { stateRoot } = await rpc<{ stateRoot: Hex }>('eth_getBlockByNumber', 'pending', false)
    const proof = await rpc<{ accountProof: Hex[]; storageHash: Hex; storageProof: Json[] }>(
      'eth_getProof',
      CREATED,
      ['0x1'],
      'pending',
    )
    const proven = verifyAccountProof(hexToBytes(stateRoot), hexToBytes(CREATED), proof.accountProof.map(hexToBytes))
    expect(proven && `0x${bytesToHex(proven.storageRoot)}`).toBe(proof.storageHash)
    expect(proof.storageProof).toMatchObject([{ key: '0x1', value: '0x7' }])
  })

  test('calls and estimates run on top of it, in its block', async () => {
    const output = await rpc<Hex>('eth_call', { to: CREATED }, 'pending')
    expect(decodeAbiParameters([{ type: 'uint256' }, { type: 'uint256' }], output)).toEqual([1n, 7n])
    expect(await rpc('eth_call', { to: CREATED }, 'latest')).toBe('0x')
    const spend = { from: RECEIVER, to: CREATED, value: toHex(funded + 5n), gasPrice: '0x0' }
    expect(await failure('eth_call', spend, 'latest')).toMatchObject({
      message: expect.stringContaining('insufficient funds'),
    })
    const { from, to } = spend
    const pending = BigInt(await rpc<Hex>('eth_estimateGas', { from, to }, 'pending'))
    expect(pending).toBeGreaterThan(
      BigInt(await rpc<Hex>('eth_estimateGas', { from, to: account(8).address }, 'latest')),
    )
  })

  test('is the newest block of a fee history', async () => {
    const history = await rpc<{ oldestBlock: Hex; gasUsedRatio: number[]; reward: Hex[][]; baseFeePerGas: Hex[] }>(
      'eth_feeHistory',
      '0x5',
      'pending',
      [0, 100],
    )
    expect(history.oldestBlock).toBe('0x0')
    expect(history.gasUsedRatio).toHaveLength(2)
    expect(history.gasUsedRatio[1]).toBeGreaterThan(0)
    expect(history.reward[1]).toEqual(['0x1', toHex(3n * 10n ** 9n)])
    expect(history.baseFeePerGas).toHaveLength(3)
    if (hasSchemas) expect(schemaFaults('eth_feeHistory', history)).toEqual([])
  })

  test('is the head where logs are searched: its own logs are not', async () => {
    const upToHead = await rpc<unknown[]>('eth_getLogs', { fromBlock: '0x0', toBlock: 'latest' })
    expect(await rpc('eth_getLogs', { fromBlock: '0x0', toBlock: 'pending' })).toEqual(upToHead)
    expect(await rpc('eth_getLogs', { fromBlock: 'pending' })).toEqual(
      await rpc('eth_getLogs', { fromBlock: 'latest' }),
    )
    const filter = await rpc<string>('eth_newFilter', { fromBlock: 'pending' })
    expect(await rpc('eth_getFilterChanges', filter)).toEqual([])
    expect(await failure('eth_newFilter', { fromBlock: '0x2', toBlock: '0x1' })).toMatchObject({ code: -32602 })
  })

  test('with an empty pool is the state of the head, and nothing is built for a call', async () => {
    // A pending block is built anew when a second ends: time stands still.
    const now = Date.now()
    const idle = await startDevNode({ sealMode: { kind: 'manual' }, clock: { nowMs: () => now } })
    let builds = 0
    const engine = idle.chain.engine
    const { beginBlock } = engine
    Object.assign(engine, {
      beginBlock: (...args: Parameters<typeof beginBlock>) => {
        builds += 1
        return beginBlock(...args)
      },
    })
    try {
      const ask = <Result>(method: string, params: unknown[]) => result<Result>(idle.server, method, params)
      expect(await ask('eth_getBalance', [RECEIVER, 'pending'])).toBe(toHex(funded))
      expect(await ask('eth_call', [{ data: '0x4360005260206000f3' }, 'pending'])).toBe(toHex(1, { size: 32 }))
      expect(await ask('eth_estimateGas', [{ from: RECEIVER, to: RECEIVER }, 'pending'])).toMatch(/^0x/)
      expect(builds).toBe(0)
      const { stateRoot } = await ask<Json>('eth_getBlockByNumber', ['pending', false])
      expect(builds).toBe(1)
      expect(stateRoot).not.toBe(`0x${bytesToHex(idle.chain.head().header.stateRoot)}`)
    } finally {
      await idle.close()
    }
  })

  test('a filter of pending transactions tells what the pool learned', async () => {
    const id = await rpc<string>('eth_newPendingTransactionFilter')
    const blocks = await rpc<string>('eth_newBlockFilter')
    const raw = await signed(account(3), { nonce: 0 })
    await node.pool.add(raw)
    expect(await rpc('eth_getFilterChanges', id)).toEqual([keccak256(raw)])
    expect(await rpc('eth_getFilterChanges', id)).toEqual([])
    const block = await node.sealer.sealNow()
    const changes = await rpc('eth_getFilterChanges', blocks)
    expect(changes).toEqual([block && `0x${bytesToHex(block.hash)}`])
    if (hasSchemas) expect(schemaFaults('eth_getFilterChanges', changes)).toEqual([])
    expect(await failure('eth_getFilterLogs', id)).toMatchObject({
      code: -32000,
      message: expect.stringContaining('filter not found'),
    })
    expect(await rpc('eth_uninstallFilter', id)).toBe(true)
    expect(await failure('eth_getFilterChanges', id)).toMatchObject({
      code: -32000,
      message: expect.stringContaining('filter not found'),
    })
    expect(await rpc('eth_uninstallFilter', id)).toBe(false)
  })
})
