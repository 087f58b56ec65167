import { afterAll, beforeAll, expect, test } from 'vitest'
import { devSigner } from '../../bin/signer.ts'
import { CrossMessageError } from '../../rollup/errors.ts'
import { blobsRefused } from '../../rollup/limits.ts'
import type {
  CrossAnchor,
  MessageSelector,
  RollupReader,
  Withdrawal,
  WithdrawalFilter,
  WithdrawalProof,
  WithdrawalProofOptions,
} from '../../rollup/types.ts'
import { checkSettleable } from '../../rpc/rollup/checkSettleable.ts'
import { readerMethods } from '../../rpc/rollup/methods.ts'
import { NodeError } from '../../stateless/errors.ts'
import { account } from '../node/support/devChain.ts'
import { startDevNode } from './devNode.ts'
import { call, result, startServer, type TestServer } from './support.ts'

const address = (byte: string): `0x${string}` => `0x${byte.repeat(20)}`
const hash = (byte: string): `0x${string}` => `0x${byte.repeat(32)}`

const message = {
  sender: address('aa'),
  to: address('bb'),
  value: 5n,
  fee: 0n,
  gasLimit: 21_000n,
  data: '0x',
  index: 3n,
} as const
const withdrawal: Withdrawal = {
  message,
  hash: hash('01'),
  l2Block: 7n,
  l2TxHash: hash('02'),
  status: 'waiting-for-finality',
  readyAt: 1_700_000_000n,
}
const proof: WithdrawalProof = {
  message,
  path: [hash('03')],
  outboxRoot: hash('04'),
  l2Block: 9n,
  stateRoot: hash('05'),
  accountProof: ['0xc0'],
  storageProof: ['0xc1'],
  calldata: '0x1234',
  to: address('cc'),
}
const point = (number: bigint) => ({ number, hash: hash('05'), timestamp: 1_600_000_000n + number })

const asked: {
  filters: WithdrawalFilter[]
  proofs: [MessageSelector, WithdrawalProofOptions][]
  cross: [MessageSelector, CrossAnchor][]
} = { filters: [], proofs: [], cross: [] }

/** The edge between the RPC room and the rollup's node, as plain data. */
const rollup: RollupReader = {
  config: () => ({
    l1ChainId: 18079,
    l2ChainId: 28079,
    l1: {
      rollup: address('11'),
      messenger: address('12'),
      tokenBridge: address('1c'),
      tokenImplementation: address('1d'),
      withdrawalVerifier: address('13'),
      factory: address('14'),
      router: address('19'),
    },
    l2: {
      messenger: address('15'),
      tokenBridge: address('1e'),
      l1State: address('1a'),
      crossMessenger: address('1b'),
    },
    deployBlock: 0,
    l2GenesisHash: hash('16'),
    l2GenesisStateRoot: hash('17'),
    l2GasLimit: 60_000_000,
    parameters: {
      maxAnchorAge: 7200,
      maxTimestampLag: 604_800,
      finalityDelay: 0,
      sequencerTimeout: 7200,
      forcedDeadline: 3600,
      forcedExpiry: 86_400,
      forcedBond: '10000000000000000',
      maxMessageGas: 8_000_000,
      feeRecipient: address('00'),
      sequencer: address('18'),
    },
    fork: 'amsterdam',
    executeAddress: '0x0000000000000000000000000000000000000101',
    blockTimes: { l1: 0, l2: 0.5 },
    gasSchedule: 'metered',
  }),
  status: async () => ({
    l1Head: point(20n),
    l2: { unsafe: point(10n), safe: point(8n), finalized: point(6n) },
    lag: { blocks: 2n, seconds: 2n },
    queue: { deposits: 1n, blocksToSettle: 2n, forced: 3n, forcedDeadline: 1_600_000_000n },
    derivation: { inSync: false, lastError: 'refused', l2Block: 9n, l1TxHash: hash('07') },
    sequencer: { active: true },
    settler: { active: false, lastError: 'paused', nextAttempt: 16n },
    escrow: 10n ** 18n,
  }),
  getWithdrawals: async (filter) => {
    asked.filters.push(filter)
    return [withdrawal, { ...withdrawal, status: 'claimed', claimTx: hash('06') }]
  },
  getWithdrawalProof: async (selector, options) => {
    asked.proofs.push([selector, options])
    if ('index' in selector && selector.index === 99n)
      throw new NodeError('NO_SUCH_WITHDRAWAL', 'no withdrawal with index 99')
    if ('index' in selector && selector.index === 98n)
      throw new NodeError('NOT_SETTLED', 'L2 block 7 is not settled yet')
    return 'txHash' in selector && selector.ordinal === undefined ? [proof, proof] : [proof]
  },
  getCrossMessageProof: async (selector, anchor) => {
    asked.cross.push([selector, anchor])
    if ('index' in selector && selector.index === 99n) throw new CrossMessageError('NO_SUCH_MESSAGE', 'none with id 99')
    if ('index' in selector && selector.index === 98n) throw new CrossMessageError('UNKNOWN_ANCHOR', 'no such block')
    const { message, path, outboxRoot, l2Block, calldata, to } = proof
    return [{ message, path, outboxRoot, l2Block, calldata, to, destinationChainId: 28_080n, l1Block: 33n }]
  },
}

let server: TestServer
beforeAll(async () => {
  server = await startServer({ methods: readerMethods({ reader: () => rollup }) })
})
afterAll(() => server.close())

test('rollup_config', async () => {
  expect(await result(server, 'rollup_config')).toMatchObject({
    l1ChainId: '0x469f',
    l2ChainId: '0x6daf',
    fork: 'amsterdam',
    executeAddress: '0x0000000000000000000000000000000000000101',
    contracts: {
      l1: {
        rollup: address('11'),
        messenger: address('12'),
        tokenBridge: address('1c'),
        tokenImplementation: address('1d'),
        router: address('19'),
      },
      l2: {
        messenger: address('15'),
        tokenBridge: address('1e'),
        l1State: address('1a'),
        crossMessenger: address('1b'),
      },
    },
    deployBlock: '0x0',
    l2GasLimit: '0x3938700',
    finalityDelay: '0x0',
    blockTimes: { l1: 0, l2: 0.5 },
    gasSchedule: 'metered',
    parameters: { maxAnchorAge: '0x1c20', forcedBond: '0x2386f26fc10000', sequencer: address('18') },
  })
})

test('rollup_status', async () => {
  expect(await result(server, 'rollup_status')).toEqual({
    l1Head: { number: '0x14', hash: hash('05'), timestamp: '0x5f5e1014' },
    l2: {
      unsafe: { number: '0xa', hash: hash('05'), timestamp: '0x5f5e100a' },
      safe: { number: '0x8', hash: hash('05'), timestamp: '0x5f5e1008' },
      finalized: { number: '0x6', hash: hash('05'), timestamp: '0x5f5e1006' },
    },
    lag: { blocks: '0x2', seconds: '0x2' },
    queue: { deposits: '0x1', blocksToSettle: '0x2', forced: '0x3', forcedDeadline: '0x5f5e1000' },
    derivation: { inSync: false, lastError: 'refused', l2Block: '0x9', l1TxHash: hash('07') },
    sequencer: { active: true },
    settler: { active: false, lastError: 'paused', nextAttempt: '0x10' },
    escrow: '0xde0b6b3a7640000',
  })
})

test('rollup_getWithdrawals', async () => {
  const filter = { txHash: hash('02'), address: address('aa'), status: 'claimed' }
  const withdrawals = await result<unknown[]>(server, 'rollup_getWithdrawals', [filter])
  expect(asked.filters.at(-1)).toEqual({ ...filter, from: 0n, limit: 1_000 })
  expect(withdrawals[0]).toEqual({
    id: '0x3',
    hash: hash('01'),
    from: address('aa'),
    to: address('bb'),
    value: '0x5',
    fee: '0x0',
    gasLimit: '0x5208',
    data: '0x',
    l2Block: '0x7',
    l2TxHash: hash('02'),
    status: 'waiting-for-finality',
    readyAt: '0x6553f100',
  })
  expect(withdrawals[1]).toMatchObject({ status: 'claimed', claimTx: hash('06') })
  await result(server, 'rollup_getWithdrawals')
  expect(asked.filters.at(-1)).toEqual({ from: 0n, limit: 1_000 })
  const bad = await call(server, 'rollup_getWithdrawals', [{ status: 'lost' }])
  expect(bad.error?.code).toBe(-32602)
  expect(bad.error?.message).toContain('argument 0 (filter).status')
})

test('rollup_getWithdrawalProof by id, by transaction, by transaction and index', async () => {
  const shown = {
    message: {
      sender: address('aa'),
      to: address('bb'),
      value: '0x5',
      fee: '0x0',
      gasLimit: '0x5208',
      data: '0x',
      index: '0x3',
    },
    index: '0x3',
    path: [hash('03')],
    outboxRoot: hash('04'),
    l2Block: '0x9',
    stateRoot: hash('05'),
    accountProof: ['0xc0'],
    storageProof: ['0xc1'],
    calldata: '0x1234',
    to: address('cc'),
  }
  const ask = (...params: unknown[]) => result(server, 'rollup_getWithdrawalProof', params)
  expect(await ask('0x3')).toEqual(shown)
  expect(await ask('0x3', { l2Block: '0x9' })).toEqual(shown)
  expect(await ask(hash('02'))).toEqual([shown, shown])
  expect(await ask(hash('02'), '0x1', { l2Block: '0x9' })).toEqual(shown)
  expect(asked.proofs).toEqual([
    [{ index: 3n }, {}],
    [{ index: 3n }, { l2Block: 9n }],
    [{ txHash: hash('02') }, {}],
    [{ txHash: hash('02'), ordinal: 1 }, { l2Block: 9n }],
  ])
  expect((await call(server, 'rollup_getWithdrawalProof', ['0x3', '0x0'])).error).toMatchObject({ code: -32602 })
  expect((await call(server, 'rollup_getWithdrawalProof', ['0x63'])).error).toMatchObject({ code: -32001 })
  expect((await call(server, 'rollup_getWithdrawalProof', ['0x62'])).error).toEqual({
    code: -32000,
    message: 'L2 block 7 is not settled yet',
  })
})

test('rollup_getCrossMessageProof takes a message and a block of the destination', async () => {
  const shown = {
    message: {
      sender: address('aa'),
      to: address('bb'),
      value: '0x5',
      fee: '0x0',
      gasLimit: '0x5208',
      data: '0x',
      index: '0x3',
    },
    index: '0x3',
    destinationChainId: '0x6db0',
    path: [hash('03')],
    outboxRoot: hash('04'),
    l2Block: '0x9',
    l1Block: '0x21',
    calldata: '0x1234',
    to: address('cc'),
  }
  const block = { number: '0x5', timestamp: '0x64', parentBeaconBlockRoot: hash('09'), transactions: [] }
  expect(await result(server, 'rollup_getCrossMessageProof', ['0x3', block])).toEqual(shown)
  expect(await result(server, 'rollup_getCrossMessageProof', [hash('02'), block])).toEqual([shown])
  const anchor = { timestamp: 100n, l1BlockHash: hash('09') }
  expect(asked.cross).toEqual([
    [{ index: 3n }, anchor],
    [{ txHash: hash('02') }, anchor],
  ])
  const refusal = async (...params: unknown[]) => (await call(server, 'rollup_getCrossMessageProof', params)).error
  expect(await refusal('0x63', block)).toMatchObject({ code: -32001 })
  expect(await refusal('0x62', block)).toMatchObject({ code: -32001 })
  expect(await refusal('0x3')).toMatchObject({ code: -32602 })
  expect(await refusal('0x3', { timestamp: '0x64' })).toMatchObject({
    code: -32602,
    message: expect.stringContaining('argument 1 (block of the destination).parentBeaconBlockRoot'),
  })
  expect(await refusal('0x3', { ...block, timestamp: 100 })).toMatchObject({ code: -32602 })
})

test('blobs are refused in the same words wherever a call or transaction is asked for', async () => {
  const node = await startDevNode({
    sealMode: { kind: 'manual' },
    rpc: { checkRequest: checkSettleable, signer: devSigner() },
  })
  try {
    const from = account(0).address
    const plain = { from, to: account(1).address, value: '0x1' }
    const blobs = { ...plain, blobVersionedHashes: [`0x01${'00'.repeat(31)}`] }
    const requests = (object: object): [method: string, params: unknown[]][] => [
      ['eth_call', [object]],
      ['eth_createAccessList', [object]],
      ['eth_estimateGas', [object]],
      ['eth_simulateV1', [{ blockStateCalls: [{ calls: [plain, object] }] }]],
      ['eth_fillTransaction', [object]],
      ['eth_signTransaction', [{ ...object, gas: '0x100000' }]],
      ['debug_traceCall', [object]],
    ]
    const message = blobsRefused().message
    for (const [method, params] of requests(blobs)) {
      expect((await call(node.server, method, params)).error, method).toMatchObject({ code: -32000, message })
    }
    for (const [method, params] of requests(plain)) {
      expect((await call(node.server, method, params)).error, method).toBeUndefined()
    }
  } finally {
    await node.close()
  }
})

test('an estimate that no settlement can carry is refused with the figure', () => {
  const code = expect.objectContaining({ code: 'UNSETTLEABLE' })
  expect(() => checkSettleable({}, { regularGas: 12_000_000n })).not.toThrow()
  expect(() => checkSettleable({}, { regularGas: 12_000_001n })).toThrow(code)
  expect(() => checkSettleable({}, { regularGas: 12_000_001n })).toThrow('12000001 regular gas')
  expect(() => checkSettleable({ data: new Uint8Array(100_000) }, { regularGas: 1n })).not.toThrow()
  expect(() => checkSettleable({ data: new Uint8Array(130_000) }, { regularGas: 1n })).toThrow(code)
})
