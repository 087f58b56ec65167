import { type Abi, encodeDeployData, encodeFunctionData, type Hex, keccak256, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TransactionRejected } from '../../execution/errors.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { decodeBlock, hashHeader } from '../../stateless/header.ts'
import { orderedTrieRoot } from '../../stateless/orderedTrie.ts'
import { account, CHAIN_ID, GWEI, LOGGER_ADDRESS, logCall, signed } from '../node/support/devChain.ts'
import { type DevNode, probeArtifact, startDevNode } from './devNode.ts'
import { call, openSocket, result } from './support.ts'

type Json = Record<string, unknown>
const LIMIT = 2_000_000n

let node: DevNode
beforeAll(async () => {
  node = await startDevNode({
    sealMode: { kind: 'manual' },
    rpc: {
      limits: { maxLogs: 50, maxFilters: 4, maxProofKeys: 3, callGasCap: 5_000_000n },
      checkRequest: (_, { regularGas } = { gas: 0n, regularGas: 0n }) => {
        if (regularGas > LIMIT)
          throw new TransactionRejected('UNSETTLEABLE', `regular gas ${regularGas}, at most ${LIMIT}`)
      },
    },
  })
})
afterAll(() => node.close())

const rpc = <Result = Json>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)
const failure = async (method: string, ...params: unknown[]) => (await call(node.server, method, params)).error
const hex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`
const seal = async () => {
  const block = await node.sealer.sealNow()
  if (!block) throw new Error('nothing was sealed')
  return block
}
const send = async (...args: Parameters<typeof signed>) =>
  rpc<Hex>('eth_sendRawTransaction', hex(await signed(...args)))
const emit = (from: number, nonce: number, topic: bigint, data = 0n) =>
  send(account(from), { nonce, to: LOGGER_ADDRESS, value: 0n, data: logCall(topic, data), gas: 200_000n })

describe('the pool through the RPC', () => {
  test('a pending transaction is visible before it is mined', async () => {
    const sender = account(0)
    const raw = hex(await signed(sender, { nonce: 0, value: 5n }))
    const hash = await rpc<Hex>('eth_sendRawTransaction', raw)
    expect(hash).toBe(keccak256(raw))
    const pooled = await rpc('eth_getTransactionByHash', hash)
    expect(pooled).toMatchObject({
      hash,
      blockHash: null,
      blockNumber: null,
      blockTimestamp: null,
      transactionIndex: null,
      from: sender.address.toLowerCase(),
      value: '0x5',
      type: '0x2',
      chainId: toHex(CHAIN_ID),
      gasPrice: toHex(100n * GWEI),
      accessList: [],
    })
    expect(pooled.yParity).toBe(pooled.v)
    expect(await rpc('eth_getTransactionReceipt', hash)).toBeNull()
    expect(await rpc('eth_getRawTransactionByHash', hash)).toBe(raw)
    expect(await rpc('eth_getTransactionCount', sender.address, 'pending')).toBe('0x1')
    expect(await rpc('eth_getTransactionCount', sender.address, 'latest')).toBe('0x0')
    expect(await rpc('eth_getTransactionCount', sender.address)).toBe('0x0')
    expect(await rpc('txpool_status')).toEqual({ pending: '0x1', queued: '0x0' })
    const pendingBlock = await rpc('eth_getBlockByNumber', 'pending', true)
    expect(pendingBlock).toMatchObject({ hash: null, nonce: null, miner: null, number: '0x1', transactions: [pooled] })
    expect(await rpc('eth_getBlockTransactionCountByNumber', 'pending')).toBe('0x1')
    expect(await rpc('eth_getTransactionByBlockNumberAndIndex', 'pending', '0x0')).toEqual(pooled)
  })

  test('a queued one too, and txpool_ shows both', async () => {
    const sender = account(0)
    const hash = await send(sender, { nonce: 5 })
    expect(await rpc('eth_getTransactionByHash', hash)).toMatchObject({ hash, blockHash: null })
    expect(await rpc('eth_getTransactionCount', sender.address, 'pending')).toBe('0x1')
    expect(await rpc('txpool_status')).toEqual({ pending: '0x1', queued: '0x1' })
    // The keys have the capitals of EIP-55, as geth writes them.
    const { address } = sender
    const content = await rpc('txpool_content')
    expect(content).toMatchObject({
      pending: { [address]: { 0: { nonce: '0x0' } } },
      queued: { [address]: { 5: { hash } } },
    })
    expect(await rpc('txpool_contentFrom', address)).toMatchObject({ pending: { 0: {} }, queued: { 5: { hash } } })
    expect(await rpc('txpool_inspect')).toMatchObject({
      queued: { [address]: { 5: expect.stringContaining('30000 gas') } },
    })
  })

  test("refusals come with geth's words and -32000", async () => {
    const raw = hex(await signed(account(0), { nonce: 0, value: 5n }))
    expect(await failure('eth_sendRawTransaction', raw)).toMatchObject({
      code: -32000,
      message: expect.stringContaining('already known'),
    })
    const bump = hex(await signed(account(0), { nonce: 0, value: 6n, maxFeePerGas: 101n * GWEI }))
    expect(await failure('eth_sendRawTransaction', bump)).toMatchObject({
      code: -32000,
      message: expect.stringContaining('replacement transaction underpriced'),
    })
    expect(await failure('eth_sendRawTransaction', '0x02c0')).toMatchObject({ code: -32000 })
    expect(await failure('eth_sendRawTransaction', '0x')).toMatchObject({ code: -32000 })
    expect(await failure('eth_sendRawTransaction', '02')).toMatchObject({ code: -32602 })
    const other = hex(await signed(account(1), { nonce: 0, chainId: 1 }))
    expect(await failure('eth_sendRawTransaction', other)).toMatchObject({
      code: -32000,
      message: expect.stringContaining('chain'),
    })
  })

  test('mining turns it into a mined transaction with a receipt', async () => {
    const block = await seal()
    const [raw] = block.transactions
    if (!raw) throw new Error('empty block')
    const hash = keccak256(hex(raw))
    const mined = await rpc('eth_getTransactionByHash', hash)
    expect(mined).toMatchObject({
      blockHash: hex(block.hash),
      blockNumber: '0x1',
      blockTimestamp: toHex(block.header.timestamp),
      transactionIndex: '0x0',
      gasPrice: toHex((block.header.baseFeePerGas ?? 0n) + GWEI),
      maxFeePerGas: toHex(100n * GWEI),
    })
    expect(await rpc('eth_getTransactionByBlockHashAndIndex', hex(block.hash), '0x0')).toEqual(mined)
    expect(await rpc('eth_getTransactionByBlockNumberAndIndex', '0x1', '0x0')).toEqual(mined)
    expect(await rpc('eth_getTransactionByBlockNumberAndIndex', '0x1', '0x1')).toBeNull()
    const receipt = await rpc('eth_getTransactionReceipt', hash)
    // EIP-7708: a transfer of ether is a log of its own.
    const [transfer] = receipt.logs as Json[]
    expect(transfer).toMatchObject({
      address: '0xfffffffffffffffffffffffffffffffffffffffe',
      data: toHex(5, { size: 32 }),
    })
    expect(receipt).toEqual({
      blockHash: hex(block.hash),
      blockNumber: '0x1',
      transactionHash: hash,
      transactionIndex: '0x0',
      type: '0x2',
      from: account(0).address.toLowerCase(),
      to: account(9).address.toLowerCase(),
      contractAddress: null,
      cumulativeGasUsed: receipt.gasUsed,
      gasUsed: expect.stringMatching(/^0x/),
      effectiveGasPrice: mined.gasPrice,
      logs: [transfer],
      logsBloom: hex(block.header.logsBloom),
      status: '0x1',
    })
    expect(await rpc('eth_getBlockReceipts', '0x1')).toEqual([receipt])
    expect(await rpc('eth_getBlockReceipts', hex(block.hash))).toEqual([receipt])
    expect(await rpc('eth_getBlockReceipts', { blockHash: hex(block.hash), requireCanonical: true })).toEqual([receipt])
    expect(await rpc('txpool_status')).toEqual({ pending: '0x0', queued: '0x1' })
  })

  test('eth_sendRawTransactionSync answers with the receipt, or with the hash when nothing seals', async () => {
    const first = hex(await signed(account(1), { nonce: 0 }))
    const answer = rpc('eth_sendRawTransactionSync', first, '0x1388')
    while (node.pool.status().pending === 0) await rpc('eth_chainId')
    await seal()
    expect(await answer).toMatchObject({ transactionHash: keccak256(first), status: '0x1' })
    const second = hex(await signed(account(1), { nonce: 1 }))
    expect(await failure('eth_sendRawTransactionSync', second, '0x32')).toMatchObject({
      code: 4,
      data: keccak256(second),
    })
    await seal()
  })
})

describe('blocks', () => {
  test('every Amsterdam field, and nothing from before the merge', async () => {
    const block = await rpc('eth_getBlockByNumber', 'latest', false)
    expect(Object.keys(block).sort()).toEqual(
      [
        ...[
          'baseFeePerGas',
          'blobGasUsed',
          'blockAccessListHash',
          'difficulty',
          'excessBlobGas',
          'extraData',
          'gasLimit',
        ],
        ...[
          'gasUsed',
          'hash',
          'logsBloom',
          'miner',
          'mixHash',
          'nonce',
          'number',
          'parentBeaconBlockRoot',
          'parentHash',
        ],
        ...[
          'receiptsRoot',
          'requestsHash',
          'sha3Uncles',
          'size',
          'slotNumber',
          'stateRoot',
          'timestamp',
          'transactions',
        ],
        ...['transactionsRoot', 'uncles', 'withdrawals', 'withdrawalsRoot'],
      ].sort(),
    )
    expect(block).toMatchObject({ difficulty: '0x0', nonce: '0x0000000000000000', uncles: [], withdrawals: [] })
    expect(await rpc('eth_getUncleCountByBlockNumber', 'latest')).toBe('0x0')
    expect(await rpc('eth_getUncleCountByBlockHash', block.hash)).toBe('0x0')
    expect(await rpc('eth_getBlockTransactionCountByHash', block.hash)).toBe('0x1')
  })

  test('what does not exist is null', async () => {
    const nothing = toHex(5, { size: 32 })
    expect(await rpc('eth_getBlockByNumber', '0xffff', true)).toBeNull()
    expect(await rpc('eth_getBlockByHash', nothing, true)).toBeNull()
    expect(await rpc('eth_getBlockReceipts', nothing)).toBeNull()
    expect(await rpc('eth_getBlockReceipts', '0xffff')).toBeNull()
    expect(await rpc('eth_getBlockTransactionCountByNumber', '0xffff')).toBeNull()
    expect(await rpc('eth_getUncleCountByBlockHash', nothing)).toBeNull()
    expect(await rpc('eth_getTransactionByHash', nothing)).toBeNull()
    expect(await rpc('eth_getTransactionReceipt', nothing)).toBeNull()
    expect(await rpc('eth_getRawTransactionByHash', nothing)).toBeNull()
    expect(await rpc('debug_getRawTransaction', nothing)).toBe('0x')
  })

  test('methods that need a block say -32001 when it is unknown', async () => {
    const nothing = toHex(5, { size: 32 })
    const who = account(0).address
    for (const block of ['0xffff', nothing, { blockHash: nothing }]) {
      expect(await failure('eth_getBalance', who, block)).toMatchObject({ code: -32001 })
      expect(await failure('eth_call', { to: who }, block)).toMatchObject({ code: -32001 })
      expect(await failure('eth_getProof', who, [], block)).toMatchObject({ code: -32001 })
    }
    expect(await failure('debug_getRawBlock', '0xffff')).toMatchObject({ code: -32001 })
    expect(await failure('eth_getLogs', { blockHash: nothing })).toMatchObject({ code: -32001 })
  })

  test('raw encodings hash to what the header says', async () => {
    const block = await rpc('eth_getBlockByNumber', '0x1', true)
    expect(keccak256(await rpc<Hex>('debug_getRawHeader', '0x1'))).toBe(block.hash)
    const decoded = decodeBlock(hexToBytes(await rpc<Hex>('debug_getRawBlock', '0x1')))
    expect(hex(hashHeader(decoded.header))).toBe(block.hash)
    const receipts = await rpc<Hex[]>('debug_getRawReceipts', '0x1')
    expect(hex(orderedTrieRoot(receipts.map(hexToBytes)))).toBe(block.receiptsRoot)
    const list = await rpc<Hex>('debug_getRawBlockAccessList', '0x1')
    expect(keccak256(list)).toBe(block.blockAccessListHash)
    const [tx] = block.transactions as Json[]
    expect(keccak256(await rpc<Hex>('debug_getRawTransaction', tx?.hash))).toBe(tx?.hash)
    expect(block.size).toBe(toHex((await rpc<Hex>('debug_getRawBlock', '0x1')).length / 2 - 1))
  })
})

describe('state', () => {
  test('balances, nonces, code and storage of the past and of nobody', async () => {
    const who = account(0).address
    const now = BigInt(await rpc<Hex>('eth_getBalance', who, 'latest'))
    const genesis = BigInt(await rpc<Hex>('eth_getBalance', who, 'earliest'))
    expect(genesis).toBe(10_000n * GWEI * GWEI)
    expect(now).toBeLessThan(genesis)
    expect(await rpc('eth_getBalance', who)).toBe(toHex(now))
    expect(await rpc('eth_getBalance', who, 'pending')).toBe(toHex(now))
    const nobody = `0x${'99'.repeat(20)}`
    expect(await rpc('eth_getBalance', nobody)).toBe('0x0')
    expect(await rpc('eth_getTransactionCount', nobody)).toBe('0x0')
    expect(await rpc('eth_getCode', nobody)).toBe('0x')
    expect(await rpc('eth_getStorageAt', nobody, '0x0')).toBe(toHex(0, { size: 32 }))
    expect(await rpc('eth_getCode', LOGGER_ADDRESS)).toMatch(/^0x6020/)
    expect(await failure('eth_getStorageAt', nobody, `0x${'0'.repeat(65)}`, 'latest')).toMatchObject({ code: -32602 })
  })

  test('proof keys come back in the form they were asked in; too many are refused', async () => {
    const proof = await rpc('eth_getProof', LOGGER_ADDRESS, ['0x0', toHex(1, { size: 32 }), '0x0ff'], 'latest')
    expect((proof.storageProof as Json[]).map(({ key }) => key)).toEqual(['0x0', toHex(1, { size: 32 }), '0xff'])
    expect(await failure('eth_getProof', LOGGER_ADDRESS, ['0x0', '0x1', '0x2', '0x3'])).toMatchObject({ code: -32602 })
  })
})

describe('calls', () => {
  const { abi, creationCode } = probeArtifact()
  let probe: Hex
  const encode = (functionName: string, args: unknown[] = []) =>
    encodeFunctionData({ abi: abi as Abi, functionName, args })

  beforeAll(async () => {
    const data = encodeDeployData({ abi: abi as Abi, bytecode: creationCode, args: [7n] })
    const raw = await account(2).signTransaction({
      type: 'eip1559',
      chainId: CHAIN_ID,
      nonce: 0,
      data,
      gas: 10_000_000n,
      maxFeePerGas: 100n * GWEI,
      maxPriorityFeePerGas: GWEI,
    })
    const hash = await rpc<Hex>('eth_sendRawTransaction', raw)
    await seal()
    probe = (await rpc('eth_getTransactionReceipt', hash)).contractAddress as Hex
  })

  test('a revert is code 3 with its bytes, for calls and estimates', async () => {
    for (const method of ['eth_call', 'eth_estimateGas']) {
      expect(await failure(method, { to: probe, data: encode('failText') })).toEqual({
        code: 3,
        message: 'execution reverted: no way',
        data: expect.stringMatching(/^0x08c379a0/),
      })
      expect(await failure(method, { to: probe, data: encode('failPanic', [0n]) })).toMatchObject({
        code: 3,
        message: 'execution reverted: division or modulo by zero',
      })
      expect(await failure(method, { to: probe, data: encode('failSilently') })).toEqual({
        code: 3,
        message: 'execution reverted',
        data: '0x',
      })
    }
  })

  test('other ends of a call are -32000', async () => {
    expect(await failure('eth_call', { to: probe, data: encode('spin') })).toMatchObject({
      code: -32000,
      message: expect.stringContaining('out of gas'),
    })
    const rich = { from: `0x${'98'.repeat(20)}`, to: probe, value: '0x1' }
    expect(await failure('eth_call', rich)).toMatchObject({
      code: -32000,
      message: expect.stringContaining('insufficient funds'),
    })
    expect(await failure('eth_estimateGas', rich)).toMatchObject({
      code: -32000,
      message: expect.stringContaining('insufficient funds'),
    })
  })

  test('the gas cap holds', async () => {
    const data = encode('fill', [10_000n])
    expect(await failure('eth_call', { to: probe, data, gas: '0xffffffffffffffff' })).toMatchObject({ code: -32000 })
  })

  test('the chain id must be ours', async () => {
    expect(await failure('eth_call', { to: probe, chainId: '0x1' })).toMatchObject({ code: -32602 })
    expect(await rpc('eth_call', { to: probe, data: encode('count'), chainId: toHex(CHAIN_ID) })).toBe(
      toHex(7, { size: 32 }),
    )
  })

  test('input and data are the same field', async () => {
    const count = encode('count')
    expect(await rpc('eth_call', { to: probe, input: count })).toBe(toHex(7, { size: 32 }))
    expect(await rpc('eth_call', { to: probe, input: count, data: count })).toBe(toHex(7, { size: 32 }))
    expect(await failure('eth_call', { to: probe, input: count, data: '0x' })).toMatchObject({ code: -32602 })
  })

  test('block overrides', async () => {
    const answer = await rpc<Hex>(
      'eth_call',
      { to: probe, data: encode('context') },
      'latest',
      {},
      { number: '0x3e8', time: '0x7fffffff' },
    )
    expect(BigInt(answer.slice(0, 66))).toBe(1_000n)
    expect(BigInt(`0x${answer.slice(66, 130)}`)).toBe(0x7fffffffn)
  })

  test('a plain transfer is estimated exactly, a creation and an access list with more', async () => {
    const transfer = { from: account(0).address, to: account(1).address, value: '0x1' }
    const plain = Number(await rpc('eth_estimateGas', transfer))
    expect(plain).toBeGreaterThanOrEqual(21_000)
    const accessList = [{ address: probe, storageKeys: [toHex(0, { size: 32 })] }]
    expect(Number(await rpc('eth_estimateGas', { ...transfer, accessList }))).toBeGreaterThan(plain)
    const creation = {
      from: account(0).address,
      data: encodeDeployData({ abi: abi as Abi, bytecode: creationCode, args: [1n] }),
    }
    expect(Number(await rpc('eth_estimateGas', creation))).toBeGreaterThan(plain)
  })

  test('a further condition of the chain speaks through the estimate', async () => {
    const data = encode('note', [4_000n])
    expect(await failure('eth_estimateGas', { from: account(0).address, to: probe, data })).toMatchObject({
      code: -32000,
      message: expect.stringContaining('regular gas'),
    })
  })

  test('an estimate is for the time of the next block where blocks are made on demand', async () => {
    const instant = await startDevNode({ sealMode: { kind: 'instant' } })
    const { timestamp } = instant.chain.head().header
    // reverts until a day after the head
    const after = (timestamp + 86_400n).toString(16).padStart(8, '0')
    const data = `0x63${after}4211600d575f5ffd5b00`
    try {
      expect(await result(instant.server, 'eth_estimateGas', [{ data }])).toMatch(/^0x[1-9a-f]/)
      const atHead = await call(instant.server, 'eth_estimateGas', [{ data }, 'latest'])
      expect(atHead.error).toMatchObject({ code: 3 })
      instant.sealer.setMode({ kind: 'manual' })
      expect((await call(instant.server, 'eth_estimateGas', [{ data }])).error).toMatchObject({ code: 3 })
    } finally {
      await instant.close()
    }
  })

  test('others are answered while a long call runs', async () => {
    const spin = failure('eth_call', { to: probe, data: encode('spin') })
    let finished = false
    void spin.then(() => {
      finished = true
    })
    expect(await rpc('eth_chainId')).toBe(toHex(CHAIN_ID))
    expect(finished).toBe(false)
    expect(await spin).toMatchObject({ code: -32000 })
  })
})

describe('logs', () => {
  let from: number
  beforeAll(async () => {
    from = Number(await rpc('eth_blockNumber')) + 1
    await emit(3, 0, 1n, 11n)
    await emit(3, 1, 2n, 22n)
    await seal()
    await emit(4, 0, 1n, 33n)
    await seal()
  })
  const find = (filter: Json) => rpc<Json[]>('eth_getLogs', { fromBlock: toHex(from), ...filter })
  const datas = (logs: Json[]) => logs.map(({ data }) => Number(data))

  test('a log has every field', async () => {
    const [first, second] = await find({})
    const block = await rpc('eth_getBlockByNumber', toHex(from), false)
    expect(second).toEqual({
      address: LOGGER_ADDRESS,
      topics: [toHex(2, { size: 32 })],
      data: toHex(22, { size: 32 }),
      blockNumber: toHex(from),
      blockHash: block.hash,
      blockTimestamp: block.timestamp,
      transactionHash: (block.transactions as Hex[])[1],
      transactionIndex: '0x1',
      logIndex: '0x1',
      removed: false,
    })
    expect(first).toMatchObject({ logIndex: '0x0' })
    const receipts = await rpc<Json[]>('eth_getBlockReceipts', toHex(from))
    expect(receipts.map(({ logs }) => logs)).toEqual([[first], [second]])
    expect(await rpc('eth_getTransactionReceipt', (block.transactions as Hex[])[1])).toEqual(receipts[1])
  })

  test('by topic, address, block and range', async () => {
    const topic = (value: number) => toHex(value, { size: 32 })
    expect(datas(await find({ topics: [topic(1)] }))).toEqual([11, 33])
    expect(datas(await find({ topics: [[topic(1), topic(2)]] }))).toEqual([11, 22, 33])
    expect(datas(await find({ topics: [null] }))).toEqual([11, 22, 33])
    expect(datas(await find({ topics: [] }))).toEqual([11, 22, 33])
    expect(datas(await find({ topics: [null, null] }))).toEqual([])
    expect(datas(await find({ topics: [topic(1), topic(9)] }))).toEqual([])
    expect(datas(await find({ address: LOGGER_ADDRESS }))).toEqual([11, 22, 33])
    expect(datas(await find({ address: [account(0).address, LOGGER_ADDRESS] }))).toEqual([11, 22, 33])
    expect(datas(await find({ address: account(0).address }))).toEqual([])
    expect(datas(await find({ toBlock: toHex(from) }))).toEqual([11, 22])
    expect(datas(await rpc<Json[]>('eth_getLogs', {}))).toEqual([33])
    expect(
      datas(await rpc<Json[]>('eth_getLogs', { fromBlock: 'earliest', toBlock: 'latest', topics: [topic(2)] })),
    ).toEqual([22])
    const { hash } = await rpc('eth_getBlockByNumber', toHex(from), false)
    expect(datas(await rpc<Json[]>('eth_getLogs', { blockHash: hash }))).toEqual([11, 22])
  })

  test('bad ranges are -32602, too many logs -32005', async () => {
    expect(await failure('eth_getLogs', { fromBlock: '0x2', toBlock: '0x1' })).toMatchObject({ code: -32602 })
    expect(await failure('eth_getLogs', { fromBlock: '0x1', toBlock: '0xffff' })).toMatchObject({ code: -32602 })
    expect(await failure('eth_getLogs', { fromBlock: '0xffff' })).toMatchObject({ code: -32602 })
    for (let nonce = 2; nonce < 55; nonce++) await emit(3, nonce, 5n)
    await seal()
    const error = await failure('eth_getLogs', { fromBlock: toHex(from) })
    expect(error).toMatchObject({ code: -32005, message: expect.stringContaining('50') })
  })
})

describe('filters and subscriptions', () => {
  test('log filter, block filter, transaction filter', async () => {
    const logs = await rpc<string>('eth_newFilter', { address: LOGGER_ADDRESS })
    const blocks = await rpc<string>('eth_newBlockFilter')
    const transactions = await rpc<string>('eth_newPendingTransactionFilter')
    for (const id of [logs, blocks, transactions]) expect(id).toMatch(/^0x[1-9a-f][0-9a-f]*$/)
    const hash = await emit(5, 0, 1n, 44n)
    const block = await seal()
    expect(await rpc('eth_getFilterChanges', transactions)).toEqual([hash])
    expect(await rpc('eth_getFilterChanges', blocks)).toEqual([hex(block.hash)])
    expect(await rpc('eth_getFilterChanges', logs)).toMatchObject([{ transactionHash: hash, removed: false }])
    expect(await rpc('eth_getFilterChanges', logs)).toEqual([])
    expect(await rpc('eth_getFilterLogs', logs)).toMatchObject([{ transactionHash: hash }])
    expect(await failure('eth_getFilterLogs', blocks)).toMatchObject({ code: -32000, message: 'filter not found' })
    await rpc('eth_newBlockFilter')
    expect(await failure('eth_newBlockFilter')).toMatchObject({ code: -32005 })
    for (const id of [logs, blocks, transactions]) expect(await rpc('eth_uninstallFilter', id)).toBe(true)
    expect(await rpc('eth_uninstallFilter', logs)).toBe(false)
    expect(await failure('eth_getFilterChanges', logs)).toEqual({ code: -32000, message: 'filter not found' })
  })

  test('a log filter keeps to its range, and one that can have no logs is refused', async () => {
    const head = Number(await rpc('eth_blockNumber'))
    const next = { address: LOGGER_ADDRESS, fromBlock: toHex(head + 2), toBlock: toHex(head + 2) }
    const filter = await rpc<string>('eth_newFilter', next)
    const hashes: string[] = []
    for (const nonce of [1, 2, 3]) {
      hashes.push(await emit(5, nonce, 1n, 44n))
      await seal()
    }
    expect(await rpc('eth_getFilterChanges', filter)).toMatchObject([{ transactionHash: hashes[1] }])
    expect(await rpc('eth_getFilterLogs', filter)).toMatchObject([{ transactionHash: hashes[1] }])
    await rpc('eth_uninstallFilter', filter)
    expect(await failure('eth_newFilter', { fromBlock: '0x5', toBlock: '0x4' })).toMatchObject({
      code: -32602,
      message: 'invalid block range params: from 5 to 4',
    })
  })

  test('a reorg gives removed logs, to filters and to subscribers', async () => {
    const socket = await openSocket(node.server)
    socket.send({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['logs', { address: LOGGER_ADDRESS }] })
    const { result: subscription } = await socket.next()
    const filter = await rpc<string>('eth_newFilter', { address: LOGGER_ADDRESS })
    const parent = node.chain.head()
    const hash = await emit(6, 0, 1n, 55n)
    await seal()
    await node.chain.rewindTo(parent.hash)
    const [added, removed] = await rpc<[Json, Json]>('eth_getFilterChanges', filter)
    expect(added).toMatchObject({ transactionHash: hash, removed: false })
    expect(removed).toEqual({ ...added, removed: true })
    expect(await socket.next()).toMatchObject({ method: 'eth_subscription', params: { subscription, result: added } })
    expect(await socket.next()).toMatchObject({ params: { subscription, result: removed } })
    await rpc('eth_uninstallFilter', filter)
    socket.send({ jsonrpc: '2.0', id: 2, method: 'eth_unsubscribe', params: [subscription] })
    expect(await socket.next()).toMatchObject({ id: 2, result: true })
    socket.send({ jsonrpc: '2.0', id: 3, method: 'eth_unsubscribe', params: [subscription] })
    expect(await socket.next()).toMatchObject({ id: 3, error: { code: -32000 } })
    socket.close()
  })

  test('many subscribers each get every change in order, and nothing after they have left', async () => {
    const sockets = await Promise.all([1, 2, 3].map(() => openSocket(node.server)))
    const batch = (method: string, params: (index: number) => unknown[]) =>
      Array.from({ length: 100 }, (_, id) => ({ jsonrpc: '2.0', id, method, params: params(id) }))
    const idsOf = async (socket: (typeof sockets)[number]) => {
      socket.send(batch('eth_subscribe', () => ['logs', { topics: [`0x${'4d'.padStart(64, '0')}`] }]))
      return (await socket.next<Json[]>()).map(({ result }) => String(result))
    }
    const ids = await Promise.all(sockets.map(idsOf))
    const [leaver, ...stayers] = sockets
    const parent = node.chain.head()
    await emit(9, 0, 0x4dn)
    await seal()
    leaver?.send(batch('eth_unsubscribe', (index) => [ids[0]?.[index]]))
    await node.chain.rewindTo(parent.hash)
    for (const [index, socket] of stayers.entries()) {
      const seen = new Map<string, unknown[]>()
      for (let count = 0; count < 200; count++) {
        const { params } = await socket.next<{ params: { subscription: string; result: Json } }>()
        seen.set(params.subscription, [...(seen.get(params.subscription) ?? []), params.result.removed])
      }
      expect([...seen.keys()].sort()).toEqual([...(ids[index + 1] ?? [])].sort())
      for (const removed of seen.values()) expect(removed).toEqual([false, true])
    }
    while (!Array.isArray(await leaver?.next()));
    leaver?.send({ jsonrpc: '2.0', id: 'last', method: 'eth_chainId' })
    expect(await leaver?.next()).toMatchObject({ id: 'last' })
    for (const socket of sockets) socket.close()
  })

  test('newHeads and newPendingTransactions, hashes or whole', async () => {
    const socket = await openSocket(node.server)
    const subscribe = async (...params: unknown[]) => {
      socket.send({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params })
      return (await socket.next()).result
    }
    const heads = await subscribe('newHeads')
    const hashes = await subscribe('newPendingTransactions')
    const whole = await subscribe('newPendingTransactions', true)
    const hash = await emit(7, 0, 1n)
    expect(await socket.next()).toMatchObject({ params: { subscription: hashes, result: hash } })
    expect(await socket.next()).toMatchObject({ params: { subscription: whole, result: { hash, blockHash: null } } })
    const block = await seal()
    const push = await socket.next<{ params: { subscription: unknown; result: Json } }>()
    expect(push.params).toMatchObject({
      subscription: heads,
      result: { hash: hex(block.hash), number: toHex(block.header.number), parentHash: hex(block.header.parentHash) },
    })
    expect(push.params.result.transactions).toBeUndefined()
    socket.send({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['unheard'] })
    expect(await socket.next()).toMatchObject({ error: { code: -32602 } })
    socket.close()
  })

  test('over HTTP there are no subscriptions', async () => {
    expect(await failure('eth_subscribe', 'newHeads')).toMatchObject({ code: -32601 })
    expect(await failure('eth_unsubscribe', '0x1')).toMatchObject({ code: -32601 })
  })
})

describe('fees and the network', () => {
  test('fee history has its limits and its shape', async () => {
    const history = await rpc('eth_feeHistory', '0x400', 'latest', [0, 50, 100])
    const blocks = Number(await rpc('eth_blockNumber')) + 1
    expect(history.oldestBlock).toBe('0x0')
    expect(history.baseFeePerGas).toHaveLength(blocks + 1)
    expect(history.gasUsedRatio).toHaveLength(blocks)
    expect(history.reward).toHaveLength(blocks)
    expect(history.baseFeePerBlobGas).toHaveLength(blocks + 1)
    expect(history.blobGasUsedRatio).toHaveLength(blocks)
    expect((history.baseFeePerGas as string[]).at(-1)).toBe(await rpc('eth_baseFee'))
    expect(await rpc('eth_feeHistory', 1, 'latest')).not.toHaveProperty('reward')
    expect(await rpc('eth_feeHistory', 1, 'latest', [])).not.toHaveProperty('reward')
    for (const params of [['0x1', 'latest', [50, 10]], ['0x1', 'latest', [101]], ['0x1', 'latest', ['1']], ['0x1']]) {
      expect(await failure('eth_feeHistory', ...params)).toMatchObject({ code: -32602 })
    }
    expect(await failure('eth_feeHistory', '0x1', '0xffff')).toMatchObject({ code: -32001 })
  })

  test('fee history is that of the headers over many blocks', async () => {
    for (let count = 0; count < 20; count++) await seal()
    const history = await rpc('eth_feeHistory', '0x400', 'latest')
    const blocks = Number(await rpc('eth_blockNumber')) + 1
    const headers = await Promise.all(
      Array.from({ length: blocks }, (_, number) => rpc('eth_getBlockByNumber', toHex(number), false)),
    )
    expect((history.baseFeePerGas as string[]).slice(0, -1)).toEqual(headers.map(({ baseFeePerGas }) => baseFeePerGas))
    expect((await rpc('eth_feeHistory', '0x12', '0x14')).oldestBlock).toBe('0x3')
    expect(await rpc('eth_feeHistory', '0x0', 'latest')).toMatchObject({ gasUsedRatio: [], baseFeePerGas: [] })
  })

  test('the small methods', async () => {
    expect(await rpc('eth_chainId')).toBe(toHex(CHAIN_ID))
    expect(await rpc('net_version')).toBe(`${CHAIN_ID}`)
    expect(await rpc('net_listening')).toBe(true)
    expect(await rpc('net_peerCount')).toBe('0x0')
    expect(await rpc('eth_syncing')).toBe(false)
    expect(await rpc('eth_accounts')).toEqual([])
    expect(await rpc('web3_clientVersion')).toBe('reenact/test')
    expect(await rpc('web3_sha3', '0x')).toBe(keccak256('0x'))
    expect(BigInt(await rpc<Hex>('eth_gasPrice'))).toBe(
      BigInt(await rpc<Hex>('eth_baseFee')) + BigInt(await rpc<Hex>('eth_maxPriorityFeePerGas')),
    )
    expect(await rpc('eth_blobBaseFee')).toBe('0x1')
  })
})
