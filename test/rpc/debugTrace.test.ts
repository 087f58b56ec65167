import { encodeErrorResult, type Hex, keccak256, parseAbi, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { giveWay } from '../../node/eventLoop.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { blockRlp } from '../../stateless/header.ts'
import type { Block } from '../../stateless/types.ts'
import { account, devGenesis, signed } from '../node/support/devChain.ts'
import { type DevNode, startDevNode } from './devNode.ts'
import { call, openSocket, result } from './support.ts'

type Json = Record<string, unknown>
type StructTrace = { gas: number; failed: boolean; returnValue: Hex; structLogs: Json[] }
type BlockTrace<Trace = Json> = { txHash: Hex; result: Trace }[]

/** slot 0 += 1 */
const COUNTER = '0x00000000000000000000000000000000000000c1'
/** reverts with Error("no") */
const REVERTER = '0x00000000000000000000000000000000000000c2'
/** never ends */
const LOOP = '0x00000000000000000000000000000000000000c3'
const word = (value: bigint | number): Hex => toHex(BigInt(value), { size: 32 })
const reason = encodeErrorResult({ abi: parseAbi(['error Error(string)']), args: ['no'] })
const CODES: Record<string, string> = {
  [COUNTER]: '0x5f5460010180805f555500',
  [REVERTER]: `0x${[...(reason.slice(2).padEnd(256, '0').match(/.{64}/g) ?? [])].map((part, i) => `7f${part}60${(i * 32).toString(16).padStart(2, '0')}52`).join('')}60645ffd`,
  [LOOP]: '0x5b5f56',
}

let node: DevNode
let block: Block
/** counter, counter, reverter, plain transfer */
const hashes: Hex[] = []

beforeAll(async () => {
  const genesis = devGenesis()
  for (const [address, code] of Object.entries(CODES)) genesis.alloc[address] = { balance: '0x0', nonce: '0x1', code }
  genesis.alloc[COUNTER] = {
    ...genesis.alloc[COUNTER],
    balance: '0x0',
    storage: { [word(0)]: word(5), [word(200)]: word(9) },
  }
  node = await startDevNode({ genesis, sealMode: { kind: 'manual' } })
  const targets = [COUNTER, COUNTER, REVERTER, account(1).address] as const
  for (const [nonce, to] of targets.entries()) {
    const raw = await signed(account(0), { nonce, to: to as Hex, value: nonce === 3 ? 7n : 0n, gas: 400_000n })
    hashes.push(await rpc<Hex>('eth_sendRawTransaction', hex(raw)))
  }
  const sealed = await node.sealer.sealNow()
  if (sealed === undefined) throw new Error('nothing was sealed')
  block = sealed
})
afterAll(() => node.close())

const hex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`
const rpc = <Result = Json>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)
const failure = async (method: string, ...params: unknown[]) => (await call(node.server, method, params)).error
const receipt = (hash: Hex | undefined) => rpc<{ gasUsed: Hex }>('eth_getTransactionReceipt', hash)

describe('struct logs', () => {
  test("geth's form: numbers, quantities, words", async () => {
    const { gas, failed, returnValue, structLogs } = await rpc<StructTrace>('debug_traceTransaction', hashes[0])
    expect({ gas: BigInt(gas), failed, returnValue }).toEqual({
      gas: BigInt((await receipt(hashes[0])).gasUsed),
      failed: false,
      returnValue: '0x',
    })
    expect(structLogs.map(({ op }) => op)).toEqual(
      'PUSH0 SLOAD PUSH1 ADD DUP1 DUP1 PUSH0 SSTORE SSTORE STOP'.split(' '),
    )
    expect(structLogs[0]).toEqual({ pc: 0, op: 'PUSH0', gas: expect.any(Number), gasCost: 2, depth: 1, stack: [] })
    expect(structLogs[1]).toMatchObject({ stack: ['0x0'], storage: { [word(0)]: word(5) } })
    expect(structLogs[7]).toMatchObject({ stack: ['0x6', '0x6', '0x6', '0x0'], storage: { [word(0)]: word(6) } })
    expect(structLogs[8]?.storage).toEqual({ [word(0)]: word(6), [word(6)]: word(6) })
    expect(structLogs[9]).not.toHaveProperty('storage')
  })

  test('memory and return data only when asked for; a revert keeps its data', async () => {
    const plain = await rpc<StructTrace>('debug_traceTransaction', hashes[2], { disableStack: true })
    expect(plain).toMatchObject({ failed: true, returnValue: reason })
    for (const step of plain.structLogs) {
      expect(Object.keys(step)).toEqual(['pc', 'op', 'gas', 'gasCost', 'depth'])
    }
    const full = await rpc<StructTrace>('debug_traceTransaction', hashes[2], { enableMemory: true, limit: 4 })
    expect(full.structLogs).toHaveLength(4)
    expect(full.structLogs[3]).toMatchObject({ memory: [`${reason.slice(0, 66)}`] })
  })

  test('a transfer has none', async () => {
    const trace = await rpc('debug_traceTransaction', hashes[3], null)
    expect(trace).toEqual({ gas: 21_000, failed: false, returnValue: '0x', structLogs: [] })
  })
})

describe('tracers by name', () => {
  test('callTracer', async () => {
    const trace = await rpc('debug_traceTransaction', hashes[2], { tracer: 'callTracer' })
    expect(trace).toEqual({
      type: 'CALL',
      from: account(0).address.toLowerCase(),
      to: REVERTER,
      value: '0x0',
      gas: toHex(400_000),
      gasUsed: (await receipt(hashes[2])).gasUsed,
      input: '0x',
      output: reason,
      error: 'execution reverted',
      revertReason: 'no',
    })
  })

  test('callTracer with logs: EIP-7708 has one for a transfer', async () => {
    const options = { tracer: 'callTracer', tracerConfig: { withLog: true } }
    const trace = await rpc<{ logs: Json[] }>('debug_traceTransaction', hashes[3], options)
    expect(trace.logs).toEqual([
      {
        address: '0xfffffffffffffffffffffffffffffffffffffffe',
        topics: expect.any(Array),
        data: word(7),
        index: '0x0',
        position: '0x0',
      },
    ])
  })

  test('prestateTracer sees the transactions before', async () => {
    const trace = await rpc('debug_traceTransaction', hashes[1], { tracer: 'prestateTracer' })
    expect(trace[COUNTER]).toEqual({
      balance: '0x0',
      nonce: 1,
      code: CODES[COUNTER],
      storage: { [word(0)]: word(6), [word(7)]: word(0) },
    })
    expect(trace[account(0).address.toLowerCase()]).toMatchObject({ nonce: 1 })
  })

  test('prestateTracer in diff mode', async () => {
    const options = { tracer: 'prestateTracer', tracerConfig: { diffMode: true } }
    const { pre, post } = await rpc<{ pre: Json; post: Json }>('debug_traceTransaction', hashes[1], options)
    expect(pre[COUNTER]).toMatchObject({ storage: { [word(0)]: word(6) } })
    expect(post[COUNTER]).toEqual({ storage: { [word(0)]: word(7), [word(7)]: word(7) } })
    const sender = account(0).address.toLowerCase()
    expect(post[sender]).toEqual({ nonce: 2, balance: expect.stringMatching(/^0x/) })
    expect(pre).not.toHaveProperty(account(9).address.toLowerCase())
  })

  test('4byteTracer, noopTracer, muxTracer', async () => {
    const input = '0xa9059cbb0000'
    const options = {
      tracer: 'muxTracer',
      tracerConfig: { '4byteTracer': null, noopTracer: {}, callTracer: { onlyTopCall: true } },
    }
    const trace = await rpc('debug_traceCall', { to: COUNTER, input }, 'latest', options)
    expect(trace).toMatchObject({ '4byteTracer': { '0xa9059cbb-2': 1 }, noopTracer: {}, callTracer: { input } })
  })
})

describe('blocks', () => {
  test('by number, hash and RLP: the same traces in order, as one by one', async () => {
    const options = { tracer: 'callTracer' }
    const byNumber = await rpc<BlockTrace>('debug_traceBlockByNumber', '0x1', options)
    expect(byNumber.map(({ txHash }) => txHash)).toEqual(hashes)
    expect(await rpc('debug_traceBlockByHash', hex(block.hash), options)).toEqual(byNumber)
    expect(await rpc('debug_traceBlock', hex(blockRlp(block)), options)).toEqual(byNumber)
    for (const { txHash, result: trace } of byNumber) {
      expect(await rpc('debug_traceTransaction', txHash, options)).toEqual(trace)
    }
    const steps = await rpc<BlockTrace<StructTrace>>('debug_traceBlockByNumber', 'latest')
    expect(steps.map(({ result: { structLogs } }) => structLogs.length)).toEqual([10, 10, 15, 0])
  })

  test('what does not exist or has no past', async () => {
    const nowhere = `0x${'00'.repeat(31)}01`
    expect(await failure('debug_traceBlockByHash', nowhere)).toEqual({
      code: -32000,
      message: `block ${nowhere} not found`,
    })
    expect(await failure('debug_traceBlockByNumber', '0x64')).toEqual({ code: -32000, message: 'block #100 not found' })
    expect(await failure('debug_traceBlockByNumber', '0x0')).toEqual({
      code: -32000,
      message: 'genesis is not traceable',
    })
    expect(await failure('debug_traceTransaction', nowhere)).toEqual({ code: -32000, message: 'transaction not found' })
    const orphan = { ...block, header: { ...block.header, parentHash: new Uint8Array(32) } }
    expect(await failure('debug_traceBlock', hex(blockRlp(orphan)))).toEqual({
      code: -32000,
      message: `parent 0x${'00'.repeat(32)} not found`,
    })
    const liar = { ...block, header: { ...block.header, gasLimit: block.header.gasLimit * 2n } }
    expect(await failure('debug_traceBlock', hex(blockRlp(liar)))).toMatchObject({ code: -32000 })
    expect(await failure('debug_traceBlock', '0xc0')).toMatchObject({ code: -32000 })
  })
})

describe('calls', () => {
  const tracer = { tracer: 'prestateTracer' }

  test('on top of a block, before one of its transactions, with overrides', async () => {
    const slot = async (config: Json, at = 'latest') => {
      const trace = await rpc<Record<string, { storage: Json }>>('debug_traceCall', { to: COUNTER }, at, {
        ...tracer,
        ...config,
      })
      return trace[COUNTER]?.storage[word(0)]
    }
    expect(await slot({})).toBe(word(7))
    expect(await slot({}, '0x0')).toBe(word(5))
    expect(await slot({ txIndex: '0x0' })).toBe(word(5))
    expect(await slot({ txIndex: '0x1' })).toBe(word(6))
    expect(await slot({ stateOverrides: { [COUNTER]: { stateDiff: { [word(0)]: word(99) } } } })).toBe(word(99))
    expect(await failure('debug_traceCall', { to: COUNTER }, 'latest', { txIndex: '0x4' })).toEqual({
      code: -32000,
      message: `transaction index 4 out of range for block ${hex(block.hash)}`,
    })
  })

  test('block overrides', async () => {
    // NUMBER, then the end
    const stateOverrides = { [LOOP]: { code: '0x4300' } }
    const config = { stateOverrides, blockOverrides: { number: '0x1234' } }
    const { structLogs } = await rpc<StructTrace>('debug_traceCall', { to: LOOP }, 'latest', config)
    expect(structLogs[1]).toMatchObject({ op: 'STOP', stack: ['0x1234'] })
  })

  test('a call that cannot run is refused as eth_call refuses it', async () => {
    const poor = { from: `0x${'77'.repeat(20)}`, to: COUNTER, value: '0x1' }
    expect(await failure('debug_traceCall', poor, 'latest')).toEqual(await failure('eth_call', poor, 'latest'))
  })
})

describe('bounds', () => {
  test('a timeout ends a trace', async () => {
    const error = await failure('debug_traceCall', { to: LOOP }, 'latest', { tracer: 'noopTracer', timeout: '50ms' })
    expect(error).toEqual({ code: -32002, message: 'execution timeout: 50 ms are over' })
  })

  test('a trace that grows without end is given up', async () => {
    expect(await failure('debug_traceCall', { to: LOOP, gas: toHex(90_000_000) }, 'latest', {})).toEqual({
      code: -32003,
      message: 'trace takes more than 67108864 bytes of memory',
    })
  })

  test('others are served meanwhile', async () => {
    const { send, close } = await openSocket(node.server)
    const running = () => node.server.stats().callsInFlight
    send({
      jsonrpc: '2.0',
      id: 1,
      method: 'debug_traceCall',
      params: [{ to: LOOP }, 'latest', { tracer: 'noopTracer' }],
    })
    while (running() === 0) await giveWay()
    for (let asked = 0; asked < 10; asked++) await rpc('eth_chainId')
    expect(running()).toBe(1)
    close()
    while (running() > 0) await giveWay()
  })

  const tracers = 'callTracer, prestateTracer, 4byteTracer, noopTracer, muxTracer'
  test.each([
    [{ tracer: 'bigramTracer' }, `tracer: unknown tracer "bigramTracer"; the tracers are ${tracers}`],
    [{ tracer: '{step: function() {}}' }, `tracer: JavaScript tracers are not supported; the tracers are ${tracers}`],
    [{ tracer: 'toString' }, `tracer: unknown tracer "toString"; the tracers are ${tracers}`],
    [{ tracer: 7 }, 'tracer: expected a string, got 7'],
    [{ timeout: '5 minutes' }, 'timeout: expected a duration such as "5s" or "300ms", got "5 minutes"'],
    [{ timeout: '-1s' }, 'timeout: expected a duration such as "5s" or "300ms", got "-1s"'],
    [{ limit: -1 }, 'limit: expected a whole number that is not negative, got -1'],
    [{ enableMemory: 'yes' }, 'enableMemory: expected true or false, got "yes"'],
    [{ tracer: 'callTracer', tracerConfig: { withLog: 1 } }, 'tracerConfig.withLog: expected true or false, got 1'],
    [{ tracer: 'callTracer', tracerConfig: [] }, 'tracerConfig: expected an object, got an array'],
    [{ tracer: 'muxTracer', tracerConfig: { muxTracer: {} } }, 'tracerConfig: muxTracer cannot hold another muxTracer'],
  ])('%j is refused', async (config, message) => {
    const error = await failure('debug_traceTransaction', hashes[0], config)
    expect(error).toEqual({ code: -32602, message: `invalid argument 1 (trace config).${message}` })
  })
})

describe('debug_storageRangeAt', () => {
  const range = (index: unknown, start: string, limit: unknown) =>
    rpc('debug_storageRangeAt', hex(block.hash), index, COUNTER, start, limit)
  const entry = (slot: number, value: number, known = true): [string, Json] => [
    keccak256(word(slot)),
    { key: known ? word(slot) : null, value: word(value) },
  ]
  const sorted = (entries: [string, Json][]) => Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))

  test('before each transaction, in the order of hashed keys; slots that nobody named have no key', async () => {
    expect(await range(0, '0x', 10)).toEqual({ storage: sorted([entry(0, 5), entry(200, 9, false)]), nextKey: null })
    const later = sorted([entry(0, 6), entry(6, 6), entry(200, 9, false)])
    expect(await range('0x1', '0x00', '0xa')).toEqual({ storage: later, nextKey: null })
    expect(Object.keys((await range(1, '0x', 10)).storage as Json)).toEqual(Object.keys(later))
  })

  test('the block by number, tag, hash or EIP-1898 object', async () => {
    const wanted = await range(1, '0x', 10)
    const number = toHex(block.header.number)
    for (const named of [
      number,
      'latest',
      { blockNumber: number },
      { blockHash: hex(block.hash), requireCanonical: true },
    ]) {
      expect(await rpc('debug_storageRangeAt', named, 1, COUNTER, '0x', 10)).toEqual(wanted)
    }
    expect(await failure('debug_storageRangeAt', '0xffff', 0, COUNTER, '0x', 1)).toMatchObject({ code: -32001 })
    expect(await failure('debug_storageRangeAt', 'pending', 0, COUNTER, '0x', 1)).toMatchObject({ code: -32001 })
    expect(await failure('debug_storageRangeAt', `0x${'11'.repeat(32)}`, 0, COUNTER, '0x', 1)).toMatchObject({
      code: -32000,
    })
  })

  test('page by page', async () => {
    const all = await range(1, '0x', 10)
    const first = await range(1, '0x', 1)
    expect(Object.keys(first.storage as Json)).toHaveLength(1)
    const rest = await range(1, first.nextKey as string, 10)
    expect({ ...(first.storage as Json), ...(rest.storage as Json) }).toEqual(all.storage)
    expect(Object.keys(rest.storage as Json)[0]).toBe(first.nextKey)
    expect(await range(1, '0x', 0)).toEqual({ storage: {}, nextKey: Object.keys(all.storage as Json)[0] })
    expect(await range(1, `0x${'ff'.repeat(32)}`, 10)).toEqual({ storage: {}, nextKey: null })
  })

  test('what cannot be', async () => {
    const nobody = await rpc('debug_storageRangeAt', hex(block.hash), 0, `0x${'99'.repeat(20)}`, '0x', 5)
    expect(nobody).toEqual({ storage: {}, nextKey: null })
    expect(await failure('debug_storageRangeAt', hex(block.hash), 4, COUNTER, '0x', 5)).toEqual({
      code: -32000,
      message: `transaction index 4 out of range for block ${hex(block.hash)}`,
    })
    expect(await failure('debug_storageRangeAt', hex(block.hash), 0, COUNTER, `0x${'00'.repeat(33)}`, 5)).toEqual({
      code: -32602,
      message: 'invalid argument 3 (start): expected at most 32 bytes, got 33 bytes',
    })
  })
})

test('the index of a traced log is the one in its receipt, counted over the block', async () => {
  const sender = account(4)
  const sent: Hex[] = []
  for (const nonce of [0, 1, 2]) {
    const raw = await signed(sender, { nonce, to: account(1).address, value: BigInt(nonce + 1), gas: 400_000n })
    sent.push(await rpc<Hex>('eth_sendRawTransaction', hex(raw)))
  }
  await node.sealer.sealNow()
  type Logs = { logs: { index?: Hex; logIndex?: Hex }[] }
  const options = { tracer: 'callTracer', tracerConfig: { withLog: true } }
  const receipts = await Promise.all(sent.map((hash) => rpc<Logs>('eth_getTransactionReceipt', hash)))
  const wanted = receipts.map(({ logs }) => logs.map(({ logIndex }) => logIndex))
  expect(wanted).toEqual([['0x0'], ['0x1'], ['0x2']])
  const traces = await rpc<BlockTrace<Logs>>('debug_traceBlockByNumber', 'latest', options)
  expect(traces.map(({ result: { logs } }) => logs.map(({ index }) => index))).toEqual(wanted)
  for (const [place, hash] of sent.entries()) {
    const { logs } = await rpc<Logs>('debug_traceTransaction', hash, options)
    expect(logs.map(({ index }) => index)).toEqual(wanted[place])
  }
  const request = { from: sender.address, to: account(1).address, value: '0x1' }
  expect((await rpc<Logs>('debug_traceCall', request, 'latest', options)).logs).toMatchObject([{ index: '0x0' }])
})
