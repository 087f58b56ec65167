import { type Hex, parseGwei } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXECUTE_ADDRESS, executeGas } from '../../precompiles/index.ts'
import { type Access, accessTo, type Receipt } from '../e2e/chainAccess.ts'
import { clientFor } from '../e2e/clients.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

type Frame = { type: string; to?: Hex; gas: Hex; gasUsed: Hex; l2Block?: Hex; calls?: Frame[]; structLogs?: object[] }
type Inner = { l2Block: Hex; txHash: Hex; result: object }
type Phase = { l2Block?: Hex; name: string; ms: number; gas: Hex }
type Trace = { l1TxHash?: Hex; outer?: Frame; inner: Inner[]; phases: Phase[]; failures: object[] }

/** counts in slot 0 and logs the count */
const COUNTER = '5f54600101805f555f5260205fa000'
const REVERTER = '5f5ffd'
/** looks at an account without running its code, then calls one that fails */
const looker = (seen: Hex, called: Hex) =>
  `73${seen.slice(2)}315073${seen.slice(2)}3f505f5f5f5f5f73${called.slice(2)}5af15000`
const creation = (code: string): Hex => {
  const length = (code.length / 2).toString(16).padStart(2, '0')
  return `0x60${length}600a5f3960${length}5ff3${code}`
}

const FULL = process.env.REENACT_FULL === '1'
const SENDERS = 5
const TRANSACTIONS = 50

let devnet: TestDevnet
let l1: Access
let l2: Access
/** the L2 block with all of it, and the L1 transaction that settled it */
let block: Hex
let hashes: Hex[]
let settlement: Hex

type Sent = { to?: Hex; data?: Hex; value?: bigint }

/** Into one block, in the order of the senders' turns. */
async function sealed(transactions: readonly Sent[]): Promise<Hex[]> {
  const senders = Array.from({ length: SENDERS }, (_, i) => clientFor(devnet.l2Url, 28079, i))
  const nonces = await Promise.all(
    senders.map(({ account, reader }) => reader.getTransactionCount({ address: account.address })),
  )
  const sent: Hex[] = []
  for (const [index, { to, data, value }] of transactions.entries()) {
    const { wallet } = senders[index % SENDERS] ?? (senders[0] as never)
    const nonce = (nonces[index % SENDERS] ?? 0) + Math.floor(index / SENDERS)
    const fees = { maxFeePerGas: parseGwei('20'), maxPriorityFeePerGas: parseGwei('1') }
    const rest = { ...(to === undefined ? {} : { to }), ...(data === undefined ? {} : { data }), value: value ?? 0n }
    sent.push(await wallet.sendTransaction({ ...rest, ...fees, nonce, gas: 500_000n }))
  }
  await devnet.rollup.node.sealer.sealNow()
  return sent
}

const receiptOf = (chain: Access, hash: Hex | undefined) =>
  chain.call<Receipt & { contractAddress: Hex; gasUsed: Hex }>('eth_getTransactionReceipt', [hash])

beforeAll(async () => {
  devnet = await startTestDevnet({ sealModes: { l1: { kind: 'instant' }, l2: { kind: 'manual' } } })
  l1 = accessTo(devnet.l1Url)
  l2 = accessTo(devnet.l2Url)
  const [counterTx, reverterTx] = await sealed([{ data: creation(COUNTER) }, { data: creation(REVERTER) }])
  const counter = (await receiptOf(l2, counterTx)).contractAddress
  const reverter = (await receiptOf(l2, reverterTx)).contractAddress
  const [lookerTx] = await sealed([{ data: creation(looker(counter, reverter)) }])
  const lookerAt = (await receiptOf(l2, lookerTx)).contractAddress
  const kinds: Sent[] = [
    { to: '0x00000000000000000000000000000000000a11ce', value: 5n },
    { to: counter },
    { to: reverter },
    { to: lookerAt },
    { data: creation(COUNTER) },
  ]
  const kindOf = (i: number) => kinds[i < 10 ? i % 5 : i % 2]
  hashes = await sealed(Array.from({ length: TRANSACTIONS }, (_, i) => kindOf(i) ?? {}))
  block = (await receiptOf(l2, hashes[0])).blockNumber
  await devnet.rollup.node.settleNow()
  settlement = devnet.rollup.node.watcher.settledAt(BigInt(block))?.l1TxHash ?? '0x'
}, 60_000)
afterAll(() => devnet?.close())

const traced = (subject: unknown, ...config: unknown[]) => l2.call<Trace>('rollup_traceExecute', [subject, ...config])

describe('a settled block of fifty transactions', () => {
  test('holds transfers, calls, deployments and failures', async () => {
    const receipts = await Promise.all(hashes.map((hash) => receiptOf(l2, hash)))
    expect(new Set(receipts.map(({ blockNumber }) => blockNumber))).toEqual(new Set([block]))
    expect(receipts.filter(({ status }) => status === '0x0').length).toBe(2)
    expect(receipts.filter(({ contractAddress }) => contractAddress !== null).length).toBe(2)
  })

  test.each([
    ['callTracer', { tracer: 'callTracer', tracerConfig: { withLog: true } }],
    ['structLogger', { enableMemory: true, enableReturnData: true }],
    ['prestateTracer', { tracer: 'prestateTracer' }],
    ['prestateTracer in diff mode', { tracer: 'prestateTracer', tracerConfig: { diffMode: true } }],
  ])('%s gives what L2 itself gives for each of them', async (name, config) => {
    const { inner, failures } = await traced({ l1TxHash: settlement }, config)
    const ofBlock = inner.filter(({ l2Block }) => l2Block === block)
    expect(ofBlock.map(({ txHash }) => txHash)).toEqual(hashes)
    const results = ofBlock.map(({ result }) => result)
    const whole = await l2.call<{ result: object }[]>('debug_traceBlockByNumber', [block, config])
    expect(results).toEqual(whole.map(({ result }) => result))
    // each one alone runs all that come before it as well
    const alone = FULL || name === 'callTracer' ? hashes : hashes.filter((_, index) => index % 9 === 0)
    for (const hash of alone) {
      expect(results[hashes.indexOf(hash)]).toEqual(await l2.call('debug_traceTransaction', [hash, config]))
    }
    expect(failures).toEqual([])
  })

  test('by its number only its own part is there, and L1 answers the same', async () => {
    const byNumber = await traced(block)
    expect(byNumber.l1TxHash).toBe(settlement)
    expect(byNumber.inner.map(({ txHash }) => txHash)).toEqual(hashes)
    const { hash } = await l2.call<{ hash: Hex }>('eth_getBlockByNumber', [block, false])
    const onL1 = await l1.call<Trace>('rollup_traceExecute', [{ blockHash: hash }])
    expect(onL1.inner).toEqual(byNumber.inner)
  })

  test("the outer trace is L1's own, with the L2 block at each call of EXECUTE", async () => {
    const { outer } = await traced(settlement)
    const own = await l1.call<Frame>('debug_traceTransaction', [settlement, { tracer: 'callTracer' }])
    const executes = (outer?.calls ?? []).filter(({ to }) => to === EXECUTE_ADDRESS)
    expect(executes.map(({ l2Block }) => l2Block)).toContain(block)
    for (const frame of executes) delete frame.l2Block
    expect(outer).toEqual(own)
    const { outer: opcodes } = await traced(settlement, { disableStack: true })
    expect(opcodes?.structLogs?.length).toBeGreaterThan(100)
  })

  test('the parts of EXECUTE come in order, and their gas is what L1 charged', async () => {
    const { phases, outer } = await traced(block)
    expect(phases.map(({ name }) => name)).toEqual([
      'input',
      'decode',
      'constraints',
      'bounds',
      'requestRoot',
      'headers',
      'blockHash',
      'rules',
      'witness',
      'transactions',
      'execution',
      'stateRoot',
      'results',
    ])
    expect(phases.every(({ ms, l2Block }) => ms >= 0 && l2Block === block)).toBe(true)
    const charged = (outer?.calls ?? []).find(({ l2Block }) => l2Block === block)?.gasUsed ?? '0x0'
    expect(phases.reduce((sum, { gas }) => sum + BigInt(gas), 0n)).toBe(BigInt(charged))
  })
})

test('short names of tracers are those of geth', async () => {
  expect((await traced(block, { tracer: 'prestate' })).inner).toEqual(
    (await traced(block, { tracer: 'prestateTracer' })).inner,
  )
  const steps = (await traced(block, { disableStack: true })).inner
  for (const tracer of ['opcode', 'structLogger']) {
    expect((await traced(block, { tracer, disableStack: true })).inner).toEqual(steps)
  }
  const { methods } = await l2.call<{ methods: { name: string; params: object[] }[] }>('rpc.discover')
  expect(methods.find(({ name }) => name === 'rollup_traceExecute')?.params[1]).toMatchObject({
    schema: { properties: { tracer: { enum: expect.arrayContaining(['opcode', 'prestate', 'callTracer']) } } },
  })
})

test('a block that is not settled has no outer trace', async () => {
  await devnet.rollup.node.settler.exclusively(async () => {
    const [hash] = await sealed([{ to: '0x00000000000000000000000000000000000a11ce', value: 1n }])
    const found = await traced('latest')
    expect(found).toMatchObject({ inner: [{ txHash: hash }], failures: [] })
    expect(found).not.toHaveProperty('outer')
    expect(found).not.toHaveProperty('l1TxHash')
  })
})

test('an input that EXECUTE refuses: why, and how far it came', async () => {
  const input: Hex = '0x1501deadbeef'
  const { wallet } = clientFor(devnet.l1Url, 18079, 7)
  const hash = await wallet.sendTransaction({ to: EXECUTE_ADDRESS, data: input, gas: executeGas(6, 100_000n) })
  await clientFor(devnet.l1Url, 18079).reader.waitForTransactionReceipt({ hash })
  const found = await traced(hash)
  expect(found.inner).toEqual([])
  expect(found.failures).toEqual([{ stage: 'decode', code: 'BAD_SSZ', message: expect.any(String) }])
  expect(found.phases.map(({ name }) => name)).toEqual(['input', 'decode'])
})

test('a block that ran and is wrong at the end: its traces are there beside the reason', async () => {
  await l2.call('rollup_pauseSettlement')
  const [hash] = await sealed([{ to: '0x00000000000000000000000000000000000a11ce', value: 1n }])
  const right = await l2.call<Hex>('rollup_getExecuteInput', ['latest'])
  const change = [{ path: 'executionPayload.stateRoot', value: `0x${'01'.repeat(32)}` }]
  const wrong = await l2.call<Hex>('rollup_mutateInput', [right, change, { reseal: true }])
  const { l1TxHash } = await l2.call<{ l1TxHash: Hex }>('rollup_submitBlock', [wrong])
  const found = await traced(l1TxHash)
  expect(found.failures).toMatchObject([{ stage: 'validation', code: 'STATE_ROOT_MISMATCH' }])
  expect(found.inner.map(({ txHash }) => txHash)).toEqual([hash])
  expect(found.phases.at(-1)?.name).toBe('results')
  await l2.call('rollup_resumeSettlement')
})

test('more calls of EXECUTE than one settlement could make are refused', async () => {
  const { wallet, reader } = clientFor(devnet.l1Url, 18079, 7)
  // two hundred calls that get one gas each
  const loop = '60c85b5f5f5f5f5f6101016001f15060019003806002570000'
  const data: Hex = creation(loop)
  const { contractAddress } = await reader.waitForTransactionReceipt({
    hash: await wallet.sendTransaction({ data, gas: 500_000n }),
  })
  const hash = await wallet.sendTransaction({ to: contractAddress ?? null, gas: 1_000_000n })
  await reader.waitForTransactionReceipt({ hash })
  await expect(traced(hash)).rejects.toThrow('-32005 more than 160 calls of EXECUTE')
})

test('what cannot be traced is refused in words', async () => {
  const refused = (...params: unknown[]) =>
    l2.call('rollup_traceExecute', params).catch(({ message }: Error) => message)
  expect(await refused('0x0')).toContain('-32000 the genesis block has no witness')
  expect(await refused('0xffff')).toContain('-32001 header not found')
  const nobody = `0x${'ab'.repeat(32)}`
  expect(await refused(nobody)).toContain(`-32001 no L1 transaction ${nobody} is in a block`)
  expect(await refused(nobody)).toContain('{ blockHash }')
  expect(await refused('0xzz')).toContain('-32602 invalid argument 0')
  expect(await refused({ l1TxHash: '0x12' })).toContain('argument 0 (L1 transaction or L2 block).l1TxHash')
  expect(await refused('latest', { tracer: 'nonsense' })).toContain('unknown tracer')
})
