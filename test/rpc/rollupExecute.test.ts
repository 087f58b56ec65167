import { bytesToHex, encodeFunctionData, hexToBytes, keccak256, numberToHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { l2MessengerAbi } from '../../rollup/contracts.ts'
import type { ExecuteResult } from '../../rpc/rollup/execute.ts'
import type { ExecuteInput } from '../../rpc/rollup/executeInput.ts'
import type { Submission } from '../../rpc/rollup/settling.ts'
import type { AnnotatedWitness, Witness, WitnessStats } from '../../rpc/rollup/witnesses.ts'
import { INPUT_LAYOUT } from '../../stateless/inputLayout.ts'
import { decodeStatelessInput, encodeStatelessInput } from '../../stateless/ssz.ts'
import { type Access, accessTo, type Hex } from '../e2e/chainAccess.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { account } from '../node/support/devChain.ts'

const EXECUTE = '0x0000000000000000000000000000000000000101'

let devnet: TestDevnet
let l1: Access
let l2: Access
/** a block with a transfer and a message to L1: nodes of accounts and of a contract's storage, and code */
let block: Hex
let input: Hex
let json: ExecuteInput
beforeAll(async () => {
  const sealModes = { l1: { kind: 'instant' }, l2: { kind: 'manual' } } as const
  devnet = await startTestDevnet({ options: { settle: false }, sealModes })
  l1 = accessTo(devnet.l1Url)
  l2 = accessTo(devnet.l2Url)
  const message = encodeFunctionData({
    abi: l2MessengerAbi,
    functionName: 'sendMessage',
    args: [account(0).address, 0n, 300_000n, '0x'],
  })
  await send(0, account(1).address, '0x')
  await send(1, devnet.deployment.l2.messenger, message)
  block = numberToHex((await devnet.rollup.node.sealer.sealNow())?.header.number ?? 0n)
  input = await l2.call<Hex>('rollup_getExecuteInput', [block])
  json = await l2.call<ExecuteInput>('rollup_decodeExecuteInput', [input])
})
afterAll(() => devnet.close())

/** one wei from a dev account that has not sent yet */
const send = (from: number, to: Hex, data: Hex) =>
  l2.call('eth_sendTransaction', [{ from: account(from).address, to, data, value: '0x1', gas: '0x100000' }])

describe('the input of a block', () => {
  test('is the same from both nodes, by number, tag and hash', async () => {
    const { hash } = await l2.call<{ hash: Hex }>('eth_getBlockByNumber', [block, false])
    for (const [node, parameter] of [
      [l1, block],
      [l2, hash],
      [l2, { blockHash: hash }],
      [l2, 'latest'],
    ] as const) {
      expect(await node.call('rollup_getExecuteInput', [parameter])).toBe(input)
    }
  })

  test('is what EXECUTE on L1 takes', async () => {
    const output = await l1.call<Hex>('eth_call', [{ to: EXECUTE, data: input }, 'latest'])
    const result = await l2.call<ExecuteResult>('rollup_execute', [input])
    expect(result).toMatchObject({ success: true, output })
    expect(await l2.call('rollup_decodeExecuteOutput', [output])).toEqual(result.decodedOutput)
  })

  test('is judged by L1 itself where that is asked for', async () => {
    const both = await l2.call<ExecuteResult>('rollup_execute', [input, { l1Block: 'latest' }])
    expect(both.l1).toEqual({ success: true, output: both.output })
    const genesis = await l2.call<ExecuteResult>('rollup_execute', [input, { l1Block: '0x0' }])
    expect(genesis.l1).toEqual(both.l1)
    const broken = await l2.call<ExecuteResult>('rollup_execute', ['0x1501', { l1Block: 'latest' }])
    expect(broken).toMatchObject({ success: false, l1: { success: false } })
    expect(broken.l1?.reason).toBeTruthy()
  })

  test('is not judged on an L1 block that does not exist', async () => {
    const judged = (l1Block: string) => l2.call('rollup_execute', [input, { l1Block }])
    await expect(judged('0xffffff')).rejects.toThrow('-32001 L1 has no block 16777215')
    await expect(judged('pending')).rejects.toThrow('l1Block: expected a quantity or latest, got "pending"')
  })

  test('is traced inside', async () => {
    const { phases = [], inner = [] } = await l2.call<ExecuteResult>('rollup_execute', [input, { trace: true }])
    expect(phases.map(({ name }) => name)).toEqual(expect.arrayContaining(['decode', 'execution', 'results']))
    const own = await l2.call<unknown[]>('debug_traceBlockByNumber', [block, { tracer: 'callTracer' }])
    expect(inner).toEqual(own)
    const undecodable = await l2.call<ExecuteResult>('rollup_execute', ['0x1501', { trace: true }])
    expect(undecodable).toMatchObject({ success: false, inner: [] })
  })

  test('goes to JSON and back', async () => {
    expect(json.executionPayload.transactions).toHaveLength(2)
    expect(await l2.call('rollup_getExecuteInput', [block, { encoding: 'json' }])).toEqual(json)
    expect(await l2.call('rollup_encodeExecuteInput', [json])).toBe(input)
    const keyed = { ...json, publicKeys: [`0x04${'11'.repeat(64)}`] }
    const bytes = await l2.call<Hex>('rollup_encodeExecuteInput', [keyed])
    expect(await l2.call('rollup_decodeExecuteInput', [bytes])).toEqual(keyed)
  })

  test.each<[string, string, unknown]>([
    ['is not JSON of an input', 'input)', {}],
    ['lacks a field', 'input).witness.codes', { witness: { state: [], headers: [] } }],
    ['has one too many', 'input)', { extra: '0x' }],
    ['has a short hash', 'input).parentBeaconBlockRoot', { parentBeaconBlockRoot: '0x12' }],
    [
      'has a node of 1,025 bytes',
      'input).witness.state[0]',
      { witness: { state: [`0x${'00'.repeat(1_025)}`], codes: [], headers: [] } },
    ],
  ])('is refused when it %s', async (_, place, change) => {
    const broken = Object.keys(change as object).length === 0 ? {} : { ...json, ...(change as object) }
    await expect(l2.call('rollup_encodeExecuteInput', [broken])).rejects.toThrow(`-32602 invalid argument 0 (${place}`)
  })

  test('bytes that do not decode are refused with the place', async () => {
    await expect(l2.call('rollup_decodeExecuteInput', [input.slice(0, 1_000)])).rejects.toThrow(
      /^rollup_decodeExecuteInput: -32602 invalid argument 0 \(input\): .* at byte \d+/,
    )
    await expect(l2.call('rollup_decodeExecuteOutput', ['0x00'])).rejects.toThrow('-32602 invalid argument 0 (output)')
  })

  test('is turned into JSON only when it is no larger than a block can be', async () => {
    const decoded = decodeStatelessInput(hexToBytes(input))
    const codes = Array.from({ length: 20_000 }, () => new Uint8Array(0))
    const many = bytesToHex(encodeStatelessInput({ ...decoded, witness: { ...decoded.witness, codes } }))
    await expect(l2.call('rollup_decodeExecuteInput', [many])).rejects.toThrow('-32005 an input of 200')
    await expect(l2.call('rollup_execute', [`0x${'00'.repeat(1_048_577)}`])).rejects.toThrow(
      '-32602 invalid argument 0 (input): at most 1048576 bytes',
    )
  })

  test('genesis and unknown blocks have none', async () => {
    await expect(l2.call('rollup_getExecuteInput', ['0x0'])).rejects.toThrow('-32000 the genesis block')
    await expect(l2.call('rollup_getExecuteInput', ['0x999'])).rejects.toThrow('-32001')
  })
})

describe('the gas of a replay', () => {
  test('is that of the metered schedule, to the unit', async () => {
    const { gasUsed, gasBreakdown } = await l2.call<ExecuteResult>('rollup_execute', [input])
    const bytes = (input.length - 2) / 2
    expect(gasBreakdown).toMatchObject({ base: numberToHex(100_000), input: numberToHex(16 * bytes), forfeited: '0x0' })
    const enough = await l2.call<ExecuteResult>('rollup_execute', [input, { gas: gasUsed }])
    expect(enough).toMatchObject({ success: true, gasUsed })
    const gas = numberToHex(BigInt(gasUsed) - 1n)
    const short = await l2.call<ExecuteResult>('rollup_execute', [input, { gas }])
    expect(short).toMatchObject({
      success: false,
      gasUsed: gas,
      failure: { stage: 'metering', code: 'OVER_BUDGET', field: 'gas' },
    })
    const parts = Object.values(short.gasBreakdown).map(BigInt)
    expect(numberToHex(parts.reduce((sum, part) => sum + part))).toBe(gas)
  })

  test('is bounded', async () => {
    await expect(l2.call('rollup_execute', [input, { gas: '0x10000000' }])).rejects.toThrow(
      '-32602 invalid argument 1 (options).gas',
    )
    const { failure } = await l2.call<ExecuteResult>('rollup_execute', [input, { gas: '0x1' }])
    expect(failure).toMatchObject({ stage: 'gas', code: 'OUT_OF_GAS', field: 'gas', actual: '0x1' })
  })
})

type Change = { path: string; value: unknown }
type Mutation = { what: string; changes: readonly Change[]; reseal?: boolean; failure: Partial<Failure> }
type Failure = NonNullable<ExecuteResult['failure']>

const ZERO_HASH = `0x${'00'.repeat(32)}`
const PAYLOAD = 'executionPayload'
const withdrawal = { index: '0x0', validatorIndex: '0x0', address: `0x${'00'.repeat(20)}`, amount: '0x1' }

/** One thing wrong in each. `reseal`: with the block hash that goes with it, so that nothing but the claim is wrong. */
const MUTATIONS: readonly Mutation[] = [
  mutation('another schema', 'schemaId', '0x1502', false, 'decode', 'UNKNOWN_SCHEMA'),
  wrongOffset('of the extra data', INPUT_LAYOUT.offsetExtraData, `${PAYLOAD}.extraData`),
  wrongOffset('of the transactions', INPUT_LAYOUT.offsetTransactions, `${PAYLOAD}.transactions`),
  wrongOffset('of the witness', INPUT_LAYOUT.offsetWitness, 'witness'),
  {
    what: 'an input cut short',
    changes: [{ path: 'bytes[1000]', value: null }],
    failure: { stage: 'decode', code: 'BAD_SSZ' },
  },
  mutation('blob gas', `${PAYLOAD}.blobGasUsed`, '0x20000', false, 'constraints', 'BLOB_GAS_USED'),
  mutation('excess blob gas', `${PAYLOAD}.excessBlobGas`, '0x1', false, 'constraints', 'EXCESS_BLOB_GAS'),
  mutation('a withdrawal', `${PAYLOAD}.withdrawals`, [withdrawal], false, 'constraints', 'WITHDRAWALS'),
  mutation(
    'a request',
    'executionRequests.builderExits',
    [`0x${'00'.repeat(68)}`],
    false,
    'constraints',
    'EXECUTION_REQUESTS',
  ),
  mutation('a blob', 'versionedHashes', [ZERO_HASH], false, 'constraints', 'VERSIONED_HASHES'),
  mutation('an empty transaction', `${PAYLOAD}.transactions[1]`, '0x', false, 'constraints', 'EMPTY_TRANSACTION'),
  mutation('a blob transaction', `${PAYLOAD}.transactions[1]`, '0x03c0', false, 'constraints', 'TRANSACTION_TYPE'),
  mutation(
    'a transaction that does not decode',
    `${PAYLOAD}.transactions[0]`,
    '0x02c0',
    false,
    'bounds',
    'BAD_TRANSACTION',
  ),
  mutation('no parent header', 'witness.headers', [], false, 'validation', 'NO_PARENT'),
  mutation('a parent header that is none', 'witness.headers[0]', '0xc0', false, 'validation', 'BAD_HEADER'),
  mutation('another block hash', `${PAYLOAD}.blockHash`, ZERO_HASH, false, 'validation', 'BLOCK_HASH_MISMATCH'),
  mutation('another parent', `${PAYLOAD}.parentHash`, ZERO_HASH, true, 'validation', 'PARENT_HASH_MISMATCH'),
  mutation('a number left out', `${PAYLOAD}.blockNumber`, '0x99', true, 'validation', 'BAD_NUMBER'),
  mutation('a time before the parent', `${PAYLOAD}.timestamp`, '0x1', true, 'validation', 'BAD_TIMESTAMP'),
  mutation('a gas limit far from the parent', `${PAYLOAD}.gasLimit`, '0x1000000', true, 'validation', 'BAD_GAS_LIMIT'),
  mutation('a base fee of one', `${PAYLOAD}.baseFeePerGas`, '0x1', true, 'validation', 'BAD_BASE_FEE'),
  mutation('gas above the limit', `${PAYLOAD}.gasUsed`, '0xffffffffff', true, 'validation', 'GAS_USED_EXCEEDS_LIMIT'),
  mutation('less gas', `${PAYLOAD}.gasUsed`, '0x5208', true, 'validation', 'GAS_USED_MISMATCH'),
  mutation('another receipts root', `${PAYLOAD}.receiptsRoot`, ZERO_HASH, true, 'validation', 'RECEIPTS_ROOT_MISMATCH'),
  mutation('no logs', `${PAYLOAD}.logsBloom`, `0x${'00'.repeat(256)}`, true, 'validation', 'LOGS_BLOOM_MISMATCH'),
  mutation('another state root', `${PAYLOAD}.stateRoot`, ZERO_HASH, true, 'validation', 'STATE_ROOT_MISMATCH'),
  mutation(
    'an empty access list',
    `${PAYLOAD}.blockAccessList`,
    '0xc0',
    true,
    'validation',
    'BLOCK_ACCESS_LIST_MISMATCH',
  ),
  mutation(
    'a transaction for another chain',
    'chainId',
    '0x1',
    false,
    'validation',
    'BAD_TRANSACTION',
    `${PAYLOAD}.transactions[0]`,
  ),
  mutation('a witness without nodes', 'witness.state', [], false, 'validation', 'MISSING_NODE'),
  mutation('a witness without code', 'witness.codes', [], false, 'validation', 'MISSING_CODE'),
]

function mutation(
  what: string,
  path: string,
  value: unknown,
  reseal: boolean,
  stage: Failure['stage'],
  code: string,
  field = path,
): Mutation {
  return { what, changes: [{ path, value }], reseal, failure: { stage, code, field } }
}

function wrongOffset(what: string, position: number, field: string): Mutation {
  const changes = [{ path: `bytes[${position}]`, value: '0xffffffff' }]
  return { what: `a wrong offset ${what}`, changes, failure: { stage: 'decode', code: 'BAD_SSZ', field } }
}

const mutate = (changes: readonly Change[], reseal = false) =>
  l2.call<Hex>('rollup_mutateInput', [input, changes, { reseal }])

/** refusals of L1 for which EXECUTE gave the reason */
let explained = 0

describe('a mutated input', () => {
  test.each(MUTATIONS)('$what: the stage and the field are named, and L1 refuses it too', async (mutation) => {
    const broken = await mutate(mutation.changes, mutation.reseal)
    expect(broken).not.toBe(input)
    const { success, failure } = await l2.call<ExecuteResult>('rollup_execute', [broken])
    expect(success).toBe(false)
    expect(failure).toMatchObject(mutation.failure)
    const posted = await l2.call<Submission>('rollup_submitBlock', [broken])
    expect(posted).toMatchObject({ accepted: false })
    // Many are refused by the contract before EXECUTE sees them.
    if (posted.failure !== undefined) {
      expect(posted.failure).toEqual(failure)
      explained++
    }
    const { status } = await l1.call<{ status: Hex }>('eth_getTransactionReceipt', [posted.l1TxHash])
    expect(status).toBe('0x0')
  })

  test('tells what is claimed and what is true', async () => {
    const gasUsed = await l2.call<ExecuteResult>('rollup_execute', [
      await mutate([{ path: `${PAYLOAD}.gasUsed`, value: '0x5208' }], true),
    ])
    expect(gasUsed.failure).toMatchObject({ actual: '0x5208', expected: json.executionPayload.gasUsed })
    const timestamp = await l2.call<ExecuteResult>('rollup_execute', [
      await mutate([{ path: `${PAYLOAD}.timestamp`, value: '0x1' }], true),
    ])
    const genesis = await l2.call<{ timestamp: Hex }>('eth_getBlockByNumber', ['0x0', false])
    expect(timestamp.failure).toMatchObject({ actual: '0x1', minimum: numberToHex(BigInt(genesis.timestamp) + 1n) })
    const [first = '0x'] = json.executionPayload.transactions
    const twice = await l2.call<ExecuteResult>('rollup_execute', [
      await mutate([{ path: `${PAYLOAD}.transactions[2]`, value: first }], true),
    ])
    expect(twice.failure).toMatchObject({
      field: `${PAYLOAD}.transactions[2]`,
      rejection: 'NONCE_TOO_LOW',
      expected: '0x1',
      actual: '0x0',
    })
  })

  test('can be put together again', async () => {
    const [first = '0x'] = json.witness.state
    const fewer = await mutate([{ path: 'witness.state[0]', value: null }])
    const last = json.witness.state.length - 1
    const again = [{ path: `witness.state[${last}]`, value: first }]
    const shuffled = await l2.call<Hex>('rollup_mutateInput', [fewer, again])
    expect(shuffled).not.toBe(input)
    expect(await l2.call('rollup_execute', [shuffled])).toMatchObject({ success: true })
  })

  test.each<[string, unknown, string]>([
    ['executionPayload.nothing', '0x', 'no such property: "nothing"'],
    ['witness.state[999]', '0x', '[0].path: expected an index up to'],
    ['witness.state.first', '0x', '[0].path: expected an index up to'],
    ['executionPayload[0]', '0x', '[0].path: an index into what is no list'],
    ['nowhere.at.all', '0x', '[0].path: the input has no such place'],
    ['executionPayload.gasUsed.x', '0x', '[0].path: the input has no such place'],
    ['__proto__.x', '0x', '[0].path: expected a path such as'],
    ['constructor.prototype', '0x', '[0].path: the input has no such place'],
    ['executionPayload.gasUsed', null, '.executionPayload.gasUsed: '],
    ['executionPayload.gasUsed', 7, '.executionPayload.gasUsed: '],
    ['bytes[9999999]', '0x', '[0].path: expected bytes[n]'],
    ['bytes', '0x', '[0].path: expected bytes[n]'],
    ['bytes[0]', 7, '[0].value: '],
    ['bytes[1000]', `0x${'00'.repeat(1_048_576)}`, '[0].value: at most 1048576 bytes'],
    ['witness.codes', Array.from({ length: 20_000 }, () => '0x'), '(changes): at most 8192 items'],
    ['witness.state[0]', undefined, '[0].value: expected a value, or null'],
    ['witness.state[0]', { deep: [[]] }, '(changes).witness.state[0]: '],
  ])('%s to %o is refused', async (path, value, message) => {
    await expect(mutate([{ path, value }])).rejects.toThrow(message)
  })

  test('bytes are changed in the order of the changes, which may cut and append', async () => {
    const { length } = hexToBytes(input)
    const changes = [
      { path: `bytes[${length}]`, value: '0xaabbcc' },
      { path: `bytes[${length + 1}]`, value: null },
      { path: 'bytes[2]', value: null },
      { path: 'bytes[1]', value: '0x02030405' },
    ]
    expect(await mutate(changes.slice(0, 2))).toBe(`${input}aa`)
    expect(await mutate(changes)).toBe(`${input.slice(0, 4)}02030405`)
  })

  test('one that grows beyond what EXECUTE can be given is refused', async () => {
    const large = { path: `witness.codes[${json.witness.codes.length}]`, value: `0x${'00'.repeat(30_000)}` }
    const many = Array.from({ length: 40 }, (_, index) => {
      return { ...large, path: `witness.codes[${json.witness.codes.length + index}]` }
    })
    await expect(mutate(many)).rejects.toThrow('(changes): at most 1048576 bytes')
  })

  test('an item of thousands is not looked at one by one', async () => {
    const decoded = decodeStatelessInput(hexToBytes(input))
    const state = Array.from({ length: 10_000 }, (_, index) => Uint8Array.of(index >> 8, index))
    const large = bytesToHex(encodeStatelessInput({ ...decoded, witness: { ...decoded.witness, state } }))
    for (const format of ['spec', 'reth', 'annotated']) {
      const answer = l2.call('rollup_getWitness', [large, { format }])
      await expect(answer).rejects.toThrow(/an input of \d+ items, at most 8192 are read one by one/)
    }
    await expect(l2.call('rollup_witnessStats', [large])).rejects.toThrow('read one by one')
    const { failure } = await l2.call<ExecuteResult>('rollup_execute', [large])
    expect(failure).toMatchObject({ code: 'MISSING_NODE', field: 'witness.state' })
    expect(failure?.missingNode).toBeUndefined()
  })

  test('the true one is settled after all of them', async () => {
    expect(explained).toBeGreaterThan(5)
    expect(await l2.call<Submission>('rollup_submitBlock', [block])).toMatchObject({ accepted: true, l2Block: block })
    // Settled blocks are made again when somebody asks for their input.
    expect(await l2.call('rollup_getExecuteInput', [block])).toBe(input)
  })
})

describe('the witness of a block', () => {
  const annotated = (of: unknown) => l2.call<AnnotatedWitness>('rollup_getWitness', [of, { format: 'annotated' }])
  const stats = (of: unknown) => l2.call<WitnessStats>('rollup_witnessStats', [of])
  const sum = (values: readonly Hex[]) => numberToHex(values.reduce((total, value) => total + BigInt(value), 0n))

  test("is that of debug_executionWitness, with keys for those who want reth's", async () => {
    const plain = await l2.call<Witness>('rollup_getWitness', [block])
    expect(plain).toEqual(json.witness)
    expect(plain).toEqual(await l2.call('debug_executionWitness', [block]))
    const { keys = [], ...rest } = await l1.call<Witness>('rollup_getWitness', [block, { format: 'reth' }])
    expect(rest).toEqual(plain)
    expect(keys).toEqual(expect.arrayContaining([account(0).address.toLowerCase(), devnet.deployment.l2.messenger]))
    expect(keys).toEqual([...new Set(keys)].sort())
    expect(new Set(keys.map(({ length }) => length))).toEqual(new Set([42, 66]))
  })

  test('has a place and a use for every item', async () => {
    const { nodes, codes, headers, stateRoot, refusal } = await annotated(block)
    expect(refusal).toBeUndefined()
    expect(nodes.map(({ hash }) => hash)).toEqual(json.witness.state.map((rlp) => keccak256(rlp)))
    expect([...nodes, ...codes, ...headers].filter(({ used }) => !used)).toEqual([])
    const genesis = await l2.call<{ stateRoot: Hex; hash: Hex }>('eth_getBlockByNumber', ['0x0', false])
    expect(stateRoot).toBe(genesis.stateRoot)
    expect(headers.map(({ hash }) => hash)).toEqual([genesis.hash])
    expect(nodes.filter(({ trie, path }) => trie === 'account' && path === '').map(({ hash }) => hash)).toEqual([
      stateRoot,
    ])

    const { messenger } = devnet.deployment.l2
    const leaf = nodes.find(({ trie, address }) => trie === 'account' && address === messenger)
    const hashedAddress = keccak256(messenger)
    expect(leaf).toMatchObject({ kind: 'leaf', hashedAddress })
    expect(hashedAddress.slice(2).startsWith(leaf?.path ?? '?')).toBe(true)
    const storage = nodes.filter((node) => node.trie === 'storage' && node.address === messenger)
    expect(storage.length).toBeGreaterThan(0)
    for (const { path, slots = [] } of storage) {
      expect(
        slots.every((slot) =>
          keccak256(slot)
            .slice(2)
            .startsWith(path ?? '?'),
        ),
      ).toBe(true)
    }
    expect(codes.flatMap(({ accounts }) => accounts)).toContain(messenger)
  })

  test('is counted to the byte', async () => {
    const { bytes, compressed, nodes, shared, byAccount, minimal, ...rest } = await stats(block)
    const { state, codes, headers } = json.witness
    const sizeOf = (items: readonly string[]) => sum(items.map((item) => numberToHex((item.length - 2) / 2)))
    expect(bytes).toMatchObject({ state: sizeOf(state), codes: sizeOf(codes), headers: sizeOf(headers) })
    expect(BigInt(compressed)).toBeLessThan(BigInt(bytes.total))
    expect(nodes).toMatchObject({ total: numberToHex(state.length), unreachable: '0x0' })
    expect(sum([nodes.account, nodes.storage])).toBe(nodes.total)
    expect(sum([shared.nodes, ...byAccount.map((share) => share.nodes)])).toBe(nodes.total)
    expect(sum([shared.bytes, ...byAccount.map((share) => share.bytes)])).toBe(bytes.state)
    expect(sum(byAccount.map((share) => share.codeBytes))).toBe(bytes.codes)
    expect(byAccount[0]?.address).toBe(devnet.deployment.l2.messenger)
    expect({ minimal, ...rest }).toEqual({ minimal: true, unusedNodes: '0x0', unusedBytes: '0x0' })
  })

  test('of an input may hold what nobody needs', async () => {
    const surplus = `0x${'ee'.repeat(40)}`
    const more = await mutate([{ path: `witness.state[${json.witness.state.length}]`, value: surplus }])
    expect(await stats(more)).toMatchObject({ minimal: false, unusedNodes: '0x1', unusedBytes: '0x28' })
    const { nodes } = await annotated(await l2.call('rollup_decodeExecuteInput', [more]))
    expect(nodes.at(-1)).toEqual({ hash: keccak256(surplus as Hex), bytes: '0x28', used: false })
  })

  test('of a refused input tells what was asked for until there', async () => {
    const { nodes, refusal } = await annotated(await mutate([{ path: `${PAYLOAD}.gasUsed`, value: '0x5208' }], true))
    expect(refusal).toContain('GAS_USED_MISMATCH')
    expect(nodes.some(({ used }) => used)).toBe(true)
    const headless = await mutate([{ path: 'witness.headers', value: [] }])
    await expect(annotated(headless)).rejects.toThrow('-32000 witness has no parent header')
  })

  test('lacks a node: it is named with its place and whose it is', async () => {
    const { nodes } = await annotated(block)
    for (const [index, node] of nodes.entries()) {
      const without = await mutate([{ path: `witness.state[${index}]`, value: null }])
      const { failure } = await l2.call<ExecuteResult>('rollup_execute', [without])
      const { hash, trie, path, slots = [], address } = node
      expect(failure).toMatchObject({ code: 'MISSING_NODE', field: 'witness.state', missingNode: { hash, trie, path } })
      if (address !== undefined) expect(failure?.missingNode?.accounts).toContain(address)
      expect(failure?.missingNode?.slots).toEqual(expect.arrayContaining(slots))
    }
  })

  test('lacks code: it is named with the accounts that have it', async () => {
    const { codes } = await annotated(block)
    for (const [index, { hash, accounts }] of codes.entries()) {
      const without = await mutate([{ path: `witness.codes[${index}]`, value: null }])
      const { failure } = await l2.call<ExecuteResult>('rollup_execute', [without])
      expect(failure).toMatchObject({ code: 'MISSING_CODE', field: 'witness.codes', missingCode: { hash, accounts } })
    }
  })
})
