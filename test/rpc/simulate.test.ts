import { createPublicClient, type Hex, keccak256, parseEther, toHex, http as viemHttp } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bytesToHex } from '../../stateless/bytes.ts'
import { account, CHAIN_ID, devGenesis, LOGGER_ADDRESS, logCall, signed } from '../node/support/devChain.ts'
import { type DevNode, startDevNode } from './devNode.ts'
import { call, result } from './support.ts'

type Json = Record<string, unknown>
type Call = { status: Hex; returnData: Hex; logs: Json[]; error?: Json; gasUsed: Hex; maxUsedGas: Hex }
type Block = Json & { calls: Call[]; hash: Hex; number: Hex; timestamp: Hex; transactions: (Hex | Json)[] }

const rich = account(0).address.toLowerCase() as Hex
const contract = `0x${'a1'.repeat(20)}`
const other = `0x${'a2'.repeat(20)}`
const IDENTITY = `0x${'4'.padStart(40, '0')}`

let node: DevNode
beforeAll(async () => {
  node = await startDevNode({ sealMode: { kind: 'manual' } })
})
afterAll(() => node.close())

const rpc = <Result = Json>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)
const failure = async (method: string, ...params: unknown[]) => (await call(node.server, method, params)).error
const simulate = (payload: Json, ...block: unknown[]) => rpc<Block[]>('eth_simulateV1', payload, ...block)
const refusal = (payload: unknown, ...block: unknown[]) => failure('eth_simulateV1', payload, ...block)
const calls = (...items: Json[]): Json => ({ blockStateCalls: [{ calls: items }] })
const withCode = (code: string, ...items: Json[]): Json => ({
  blockStateCalls: [{ stateOverrides: { [contract]: { code } }, calls: items }],
})

function only<Item>(items: readonly Item[]): Item {
  const [item] = items
  if (item === undefined || items.length !== 1) throw new Error(`${items.length} items`)
  return item
}

describe('the answer', () => {
  test('is a block with its calls', async () => {
    const [head] = [await rpc<Block>('eth_getBlockByNumber', 'latest', false)]
    const block = only(await simulate(calls({ from: rich, to: LOGGER_ADDRESS, input: logCall(7n, 8n) })))
    expect(
      Object.keys(block)
        .filter((key) => key !== 'calls')
        .sort(),
    ).toEqual(Object.keys(head).sort())
    expect(block).toMatchObject({
      parentHash: head.hash,
      number: toHex(BigInt(head.number) + 1n),
      timestamp: toHex(BigInt(head.timestamp) + 12n),
      baseFeePerGas: '0x0',
    })
    const hash = only(block.transactions)
    expect(only(block.calls)).toEqual({
      status: '0x1',
      returnData: '0x',
      gasUsed: block.gasUsed,
      maxUsedGas: block.gasUsed,
      logs: [
        {
          address: LOGGER_ADDRESS,
          topics: [toHex(7n, { size: 32 })],
          data: toHex(8n, { size: 32 }),
          blockHash: block.hash,
          blockNumber: block.number,
          blockTimestamp: block.timestamp,
          transactionHash: hash,
          transactionIndex: '0x0',
          logIndex: '0x0',
          removed: false,
        },
      ],
    })
  })

  test('has whole transactions when asked for', async () => {
    const payload = { ...calls({ from: rich, to: other, value: '0x1', gas: '0x40000' }), returnFullTransactions: true }
    const block = only(await simulate(payload))
    const hash = only(only(await simulate({ ...payload, returnFullTransactions: false })).transactions)
    expect(only(block.transactions)).toEqual({
      blockHash: block.hash,
      blockNumber: block.number,
      blockTimestamp: block.timestamp,
      transactionIndex: '0x0',
      hash,
      type: '0x2',
      chainId: toHex(CHAIN_ID),
      from: rich,
      to: other,
      nonce: '0x0',
      gas: '0x40000',
      gasPrice: '0x0',
      maxFeePerGas: '0x0',
      maxPriorityFeePerGas: '0x0',
      value: '0x1',
      input: '0x',
      accessList: [],
      v: '0x0',
      r: '0x0',
      s: '0x0',
      yParity: '0x0',
    })
  })

  test('failed calls: 3 with the revert data, -32015 for the rest', async () => {
    const reason = `0x08c379a0${toHex(32, { size: 32 }).slice(2)}${toHex(2, { size: 32 }).slice(2)}${'6e6f'.padEnd(64, '0')}`
    const revert = `0x365f5f37365ffd`
    const failed = only(await simulate(withCode(revert, { to: contract, input: reason }, { to: contract })))
    expect(failed.calls.map(({ status, returnData, error }) => ({ status, returnData, error }))).toEqual([
      { status: '0x0', returnData: '0x', error: { code: 3, message: 'execution reverted: no', data: reason } },
      { status: '0x0', returnData: '0x', error: { code: 3, message: 'execution reverted', data: '0x' } },
    ])
    const halted = only(await simulate(withCode('0xfe', { to: contract })))
    expect(only(halted.calls).error).toEqual({ code: -32015, message: 'invalid opcode: INVALID' })
  })

  test('a gap is filled', async () => {
    const top = BigInt(await rpc<Hex>('eth_blockNumber'))
    const blocks = await simulate({ blockStateCalls: [{ blockOverrides: { number: toHex(top + 3n) } }] })
    expect(blocks.map((block) => BigInt(block.number))).toEqual([top + 1n, top + 2n, top + 3n])
    expect(blocks.map((block) => block.parentHash).slice(1)).toEqual(blocks.map((block) => block.hash).slice(0, 2))
  })

  test('nothing of it is kept', async () => {
    const before = await rpc('eth_getBlockByNumber', 'latest', false)
    const { hash, transactions } = only(await simulate(calls({ from: rich, to: other, value: '0x1' })))
    expect(await rpc('eth_getBlockByNumber', 'latest', false)).toEqual(before)
    expect(await rpc('eth_getBlockByHash', hash, false)).toBeNull()
    expect(await rpc('eth_getTransactionByHash', transactions[0])).toBeNull()
    expect(await rpc('eth_getBalance', other)).toBe('0x0')
  })
})

describe('the base', () => {
  test('is any known block, by number, tag, hash or EIP-1898 object', async () => {
    const genesis = await rpc<Block>('eth_getBlockByNumber', '0x0', false)
    const forms = ['0x0', 'earliest', genesis.hash, { blockHash: genesis.hash }, { blockNumber: '0x0' }]
    for (const base of forms) expect(only(await simulate(calls(), base)).parentHash).toEqual(genesis.hash)
  })

  test('may be the pending block', async () => {
    const own = await startDevNode({ sealMode: { kind: 'manual' } })
    try {
      const raw: Hex = `0x${bytesToHex(await signed(account(1), { nonce: 0, to: account(9).address, value: 5n }))}`
      await result(own.server, 'eth_sendRawTransaction', [raw])
      const payload = { ...calls({ from: account(1).address, to: other }), returnFullTransactions: true }
      const [block] = await result<Block[]>(own.server, 'eth_simulateV1', [payload, 'pending'])
      expect(block).toMatchObject({ number: '0x2', transactions: [{ nonce: '0x1' }] })
    } finally {
      await own.close()
    }
  })

  test('that is not known is -32000', async () => {
    expect(await refusal(calls(), '0x999')).toEqual({ code: -32000, message: 'header not found' })
    expect(await refusal(calls(), keccak256('0x'))).toEqual({ code: -32000, message: 'header not found' })
  })
})

const VALID = { from: rich, to: other, maxFeePerGas: '0x2540be400' }
describe('error codes', () => {
  test.each<[number, string, Json, Json]>([
    [-38010, 'nonce too low', { ...VALID, nonce: '0x0' }, { stateOverrides: { [rich]: { nonce: '0x5' } } }],
    [-38011, 'nonce too high', { ...VALID, nonce: '0x1' }, {}],
    [-38012, 'max fee per gas less than block base fee', { ...VALID, maxFeePerGas: '0x1' }, {}],
    [-38013, 'intrinsic gas too low', { ...VALID, gas: '0x1' }, {}],
    [-38013, 'floor data gas', { ...VALID, gas: '0x10000', input: `0x${'00'.repeat(2000)}` }, {}],
    [-38014, 'insufficient funds', { ...VALID, from: contract }, {}],
    [-38015, 'block gas limit reached', { ...VALID, gas: '0x7a121' }, { blockOverrides: { gasLimit: '0x7a120' } }],
    [
      -38025,
      'max initcode size exceeded',
      { from: rich, maxFeePerGas: '0x2540be400', input: `0x${'00'.repeat(131_073)}` },
      {},
    ],
    [-32602, 'max priority fee per gas higher', { ...VALID, maxFeePerGas: undefined, maxPriorityFeePerGas: '0x1' }, {}],
    [-32603, 'blob transaction missing blob hashes', { ...VALID, blobVersionedHashes: [] }, {}],
  ])('%i: %s', async (code, message, transaction, more) => {
    const payload = (one: Json, rest: Json) => ({ blockStateCalls: [{ calls: [one], ...rest }], validation: true })
    expect((await simulate(payload(VALID, {}))).length).toBe(1)
    const error = await refusal(payload(transaction, more))
    expect(error).toEqual({ code, message: expect.stringContaining(message) })
  })

  const overridden = (...blockOverrides: Json[]) => ({
    blockStateCalls: blockOverrides.map((override) => ({ blockOverrides: override })),
  })
  test.each<[number, string, unknown]>([
    [-38020, 'block numbers must be in order: 0 <= ', overridden({ number: '0x0' })],
    [-38021, 'block timestamps must be in order: 1 <= ', overridden({ time: '0x1' })],
    [-38026, 'too many blocks', overridden({ number: '0xffff' })],
    [-38026, 'too many blocks', { blockStateCalls: Array.from({ length: 257 }, () => ({})) }],
    [-38026, 'too many calls', calls(...Array.from({ length: 5_001 }, () => ({})))],
    [
      -32000,
      'is not a precompile',
      { blockStateCalls: [{ stateOverrides: { [other]: { movePrecompileToAddress: rich } } }] },
    ],
    [
      -32000,
      'is already overridden',
      { blockStateCalls: [{ stateOverrides: { [IDENTITY]: { movePrecompileToAddress: IDENTITY } } }] },
    ],
    [
      -32000,
      'both "state" and "stateDiff"',
      { blockStateCalls: [{ stateOverrides: { [other]: { state: {}, stateDiff: {} } } }] },
    ],
    [-32602, 'empty input', {}],
    [-32602, 'empty input', { blockStateCalls: [] }],
    [-32602, 'expected an array', { blockStateCalls: {} }],
    [-32602, 'blockStateCalls[0].calls[1].chainId', calls({}, { chainId: '0x1' })],
    [-32602, 'blockStateCalls[0].calls[0].to', calls({ to: '0x1' })],
    [-32602, 'blockStateCalls[0].blockOverrides.time', overridden({ time: '12' })],
    [-32602, 'validation', { ...calls(), validation: 1 }],
    [-32602, 'expected an object', 'latest'],
  ])('%i: %s', async (code, message, payload) => {
    expect(await refusal(payload)).toEqual({ code, message: expect.stringContaining(message) })
  })
})

test('a simulation without end runs into its gas cap, and others are served meanwhile', async () => {
  const own = await startDevNode({ sealMode: { kind: 'manual' }, rpc: { limits: { simulationGasCap: 20_000_000n } } })
  try {
    const endless = withCode('0x5b5f56', { to: contract }, { to: contract })
    let ended = false
    const running = call(own.server, 'eth_simulateV1', [endless]).finally(() => {
      ended = true
    })
    for (let i = 0; i < 3; i++) await result(own.server, 'eth_chainId')
    expect(ended).toBe(false)
    expect((await running).error).toMatchObject({ code: -38013, message: expect.stringContaining('(supplied gas 0)') })
  } finally {
    await own.close()
  }
})

test('before EIP-7708 transfers are told as logs of 0xeeee, after it the protocol tells them', async () => {
  const { config, ...rest } = devGenesis()
  const own = await startDevNode({
    sealMode: { kind: 'manual' },
    genesis: { ...rest, config: { ...config, amsterdamTime: 4_000_000_000 } },
  })
  try {
    const payload = { ...calls({ from: rich, to: other, value: '0x5' }), traceTransfers: true }
    const emitters = async (server: DevNode['server']) => {
      const [block] = await result<Block[]>(server, 'eth_simulateV1', [payload])
      return block?.calls[0]?.logs.map(({ address, data }) => [address, data])
    }
    expect(await emitters(own.server)).toEqual([[`0x${'ee'.repeat(20)}`, toHex(5, { size: 32 })]])
    expect(await emitters(node.server)).toEqual([[`0x${'f'.repeat(39)}e`, toHex(5, { size: 32 })]])
  } finally {
    await own.close()
  }
})

test("viem's simulateCalls and simulateBlocks", async () => {
  const client = createPublicClient({ transport: viemHttp(`http://127.0.0.1:${node.server.port}`) })
  const transfer = { to: other as Hex, value: parseEther('1.5') }
  const { assetChanges, results } = await client.simulateCalls({
    account: rich,
    calls: [transfer, { to: LOGGER_ADDRESS, data: logCall(1n) }],
    traceAssetChanges: true,
  })
  expect(results.map(({ status, logs }) => [status, logs?.length])).toEqual([
    ['success', 1],
    ['success', 1],
  ])
  expect(assetChanges).toMatchObject([{ token: { symbol: 'ETH' }, value: { diff: -parseEther('1.5') } }])
  const [block] = await client.simulateBlocks({
    blocks: [
      {
        blockOverrides: { baseFeePerGas: 100n },
        stateOverrides: [{ address: contract as Hex, balance: parseEther('2') }],
        calls: [{ account: contract as Hex, ...transfer }],
      },
    ],
  })
  expect(block).toMatchObject({ baseFeePerGas: 100n, calls: [{ status: 'success', gasUsed: 204_600n }] })
})

describe('eth_createAccessList', () => {
  const reader = { [contract]: { code: '0x60015450' } }
  const slot = toHex(1, { size: 32 })

  test('gives list and gas, with state overrides and at any block', async () => {
    const request = { from: rich, to: contract }
    for (const block of ['latest', '0x0', 'pending', { blockNumber: '0x0' }]) {
      expect(await rpc('eth_createAccessList', request, block, reader)).toEqual({
        accessList: [{ address: contract, storageKeys: [slot] }],
        gasUsed: expect.stringMatching(/^0x[1-9a-f]/),
      })
    }
    expect(await rpc('eth_createAccessList', request)).toMatchObject({ accessList: [] })
  })

  test('its list and gas fit a call', async () => {
    const { accessList, gasUsed } = await rpc('eth_createAccessList', { from: rich, to: contract }, 'latest', reader)
    const estimate = await rpc('eth_estimateGas', { from: rich, to: contract, accessList }, 'latest', reader)
    expect(estimate).toBe(gasUsed)
  })

  test('a failed call has an error and a list', async () => {
    const failing = { [contract]: { code: '0x6001545f5ffd' } }
    expect(await rpc('eth_createAccessList', { to: contract }, 'latest', failing)).toMatchObject({
      accessList: [{ address: contract, storageKeys: [slot] }],
      error: 'execution reverted',
    })
  })

  test('an impossible call is an error', async () => {
    expect(await failure('eth_createAccessList', { to: contract, gas: '0x1' })).toMatchObject({ code: -32000 })
    expect(await failure('eth_createAccessList', { to: contract, chainId: '0x1' })).toMatchObject({ code: -32602 })
  })
})

describe('precompiles in state overrides', () => {
  const moved = { [IDENTITY]: { movePrecompileToAddress: other } }

  test('eth_call and eth_estimateGas see the move', async () => {
    expect(await rpc('eth_call', { to: other, input: '0x1234' }, 'latest', moved)).toBe('0x1234')
    expect(await rpc('eth_call', { to: IDENTITY, input: '0x1234' }, 'latest', moved)).toBe('0x')
    const ripemd = { [`0x${'3'.padStart(40, '0')}`]: { movePrecompileToAddress: other } }
    const gas = (...overrides: Json[]) => rpc<Hex>('eth_estimateGas', { to: other }, 'latest', ...overrides)
    expect(BigInt(await gas(ripemd)) - BigInt(await gas())).toBe(600n)
  })

  test('what is no precompile cannot be moved', async () => {
    const wrong = { [other]: { movePrecompileToAddress: contract } }
    const expected = { code: -32000, message: `account ${other} is not a precompile` }
    expect(await failure('eth_call', { to: other }, 'latest', wrong)).toEqual(expected)
    expect(await failure('eth_estimateGas', { to: other }, 'latest', wrong)).toEqual(expected)
    expect(await failure('eth_createAccessList', { to: other }, 'latest', wrong)).toEqual(expected)
  })

  test('fields of a whole block are refused for one call', async () => {
    for (const override of [{ beaconRoot: keccak256('0x') }, { withdrawals: [] }]) {
      const error = await failure('eth_call', { to: other }, 'latest', {}, override)
      expect(error).toMatchObject({ code: -32602, message: expect.stringContaining('only eth_simulateV1') })
    }
  })
})

test('a set-code transaction sends with exactly its estimate', async () => {
  const signer = account(3)
  const {
    r,
    s,
    yParity = 0,
    chainId,
    nonce,
    address,
  } = await signer.signAuthorization({
    chainId: CHAIN_ID,
    nonce: 0,
    address: LOGGER_ADDRESS,
  })
  const authorizationList = [{ chainId: toHex(chainId), nonce: toHex(nonce), address, yParity: toHex(yParity), r, s }]
  const request = { from: account(2).address, to: signer.address, input: logCall(1n, 2n), authorizationList }
  const gas = BigInt(await rpc<Hex>('eth_estimateGas', request))
  const send = async (limit: bigint, own: DevNode) => {
    const raw = await account(2).signTransaction({
      type: 'eip7702',
      chainId: CHAIN_ID,
      nonce: 0,
      to: signer.address,
      data: logCall(1n, 2n),
      gas: limit,
      maxFeePerGas: 10n ** 11n,
      authorizationList: [{ chainId, nonce, address, r, s, yParity }],
    })
    const hash = await result<Hex>(own.server, 'eth_sendRawTransaction', [raw])
    await own.sealer.sealNow()
    return (await result<Json>(own.server, 'eth_getTransactionReceipt', [hash])).status
  }
  expect(await send(gas, node)).toBe('0x1')
  const own = await startDevNode({ sealMode: { kind: 'manual' } })
  try {
    expect(await send(gas - 1n, own)).toBe('0x0')
  } finally {
    await own.close()
  }
})
