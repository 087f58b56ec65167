import { type Hex, parseGwei } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { executeGas } from '../../precompiles/index.ts'
import { type Access, accessTo } from '../e2e/chainAccess.ts'
import { clientFor } from '../e2e/clients.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

type Caps = Record<'executionGas' | 'calldataBytes' | 'regularGas', Hex>
type Estimate = Record<'l1Gas' | 'executeGas' | 'calldataGas', Hex> &
  Caps & { fits: boolean; limit: Caps; headroom: Caps; tightest: keyof Caps }
type Price = { schedule: string; gas: Hex; formula: string }

let devnet: TestDevnet
let l1: Access
let l2: Access
let settlement: Hex

beforeAll(async () => {
  devnet = await startTestDevnet({ sealModes: { l1: { kind: 'instant' }, l2: { kind: 'manual' } } })
  l1 = accessTo(devnet.l1Url)
  l2 = accessTo(devnet.l2Url)
  const { wallet } = clientFor(devnet.l2Url, 28079)
  const fees = { maxFeePerGas: parseGwei('20'), maxPriorityFeePerGas: parseGwei('1') }
  await wallet.sendTransaction({ to: wallet.account.address, value: 1n, gas: 50_000n, ...fees })
  await devnet.rollup.node.sealer.sealNow()
}, 60_000)
afterAll(() => devnet?.close())

const estimate = (subject: unknown) => l2.call<Estimate>('rollup_estimateSettlement', [subject])
const compare = (...params: unknown[]) => l2.call<Price[]>('rollup_compareGasSchedules', params)
const refused = (method: string, ...params: unknown[]) => l2.call(method, params).catch(({ message }: Error) => message)

test('a block that waits and the same block settled take the same, and L1 charges no more', async () => {
  const [waiting, wanted] = await devnet.rollup.node.settler.exclusively(async () => [
    await estimate('0x1'),
    await devnet.rollup.node.inputs.require(devnet.rollup.node.chain.getHashByNumber(1n) ?? new Uint8Array()),
  ])
  await devnet.rollup.node.settleNow()
  settlement = devnet.rollup.node.watcher.settledAt(1n)?.l1TxHash ?? '0x'
  expect(await estimate('0x1')).toEqual(waiting)
  expect(BigInt(waiting.executeGas)).toBe(executeGas(wanted.input.length, wanted.regularGas))
  const { gas, gasUsed } = await l1.call<{ gas: Hex; gasUsed: Hex }>('debug_traceTransaction', [
    settlement,
    { tracer: 'callTracer' },
  ])
  expect(waiting.l1Gas).toBe(gas)
  expect(BigInt(gasUsed)).toBeLessThan(BigInt(gas))
  const { input } = await l1.call<{ input: Hex }>('eth_getTransactionByHash', [settlement])
  expect(Number(waiting.calldataBytes)).toBe((input.length - 2) / 2)
  expect(waiting.fits).toBe(true)
})

test('figures of a block that nobody has made', async () => {
  const small = await estimate({ txs: '0x1', gas: '0x5208', bytes: '0x1000' })
  expect(small).toMatchObject({ fits: true, regularGas: '0x5208', calldataBytes: '0x1064' })
  expect(BigInt(small.calldataGas)).toBe(16n * 0x1064n)
  const left = BigInt(small.limit.regularGas) - 0x5208n
  expect(BigInt(small.headroom.regularGas)).toBe(left)
  const large = await estimate({ txs: '0x1', gas: '0x5208', bytes: '0x20000' })
  expect(large).toMatchObject({ fits: false, tightest: 'calldataBytes' })
  expect(large.headroom.calldataBytes).toBe('0x0')
  const heavy = await estimate({ txs: '0x1', gas: '0xf42400', bytes: '0x1000' })
  expect(heavy).toMatchObject({ fits: false, tightest: 'regularGas' })
})

test('schedules by name and of ones own, with the sum written out', async () => {
  const prices = await compare('0x1')
  expect(prices.map(({ schedule }) => schedule)).toEqual(['metered', 'gas-limit', 'gas-used', 'per-byte', 'flat'])
  const [metered] = prices
  const { calls } = await l1.call<{ calls: { gasUsed: Hex }[] }>('debug_traceTransaction', [
    settlement,
    { tracer: 'callTracer' },
  ])
  expect(metered?.gas).toBe(calls[0]?.gasUsed)
  expect(prices.at(-1)).toEqual({ schedule: 'flat', gas: '0x186a0', formula: '100000' })
  for (const { gas, formula } of prices) {
    const sum = formula.split(' + ').reduce((total, term) => total + product(term), 0n)
    expect(sum).toBe(BigInt(gas))
  }
  const own = { name: 'mine', base: '0xa', transactions: '0x64', gasLimit: '0x2' }
  const { gasLimit } = await l2.call<{ gasLimit: Hex }>('eth_getBlockByNumber', ['0x1', false])
  expect(await compare('0x1', [own])).toEqual([
    {
      schedule: 'mine',
      gas: `0x${(10n + 100n + 2n * BigInt(gasLimit)).toString(16)}`,
      formula: `10 + 100 * 1 transactions + 2 * ${BigInt(gasLimit)} gas limit`,
    },
  ])
  expect(await compare('0x1', [{ name: 'free' }])).toEqual([{ schedule: 'free', gas: '0x0', formula: '0' }])
})

const product = (term: string): bigint =>
  (term.match(/\d+/g) ?? []).map(BigInt).reduce((total, factor) => total * factor, 1n)

test('wrong questions', async () => {
  expect(await refused('rollup_estimateSettlement', '0x0')).toContain('-32000 the genesis block has no witness')
  expect(await refused('rollup_estimateSettlement', '0xff')).toContain('-32001')
  expect(await refused('rollup_estimateSettlement', { txs: 1 })).toContain('(block or figures).txs')
  expect(await refused('rollup_estimateSettlement', { txs: '0x1', gas: '0x1', bytes: '0x1', more: 1 })).toContain(
    'more',
  )
  expect(await refused('rollup_compareGasSchedules', '0x1', ['cheap'])).toContain('expected metered, gas-limit')
  expect(await refused('rollup_compareGasSchedules', '0x1', 'metered')).toContain('expected an array')
})
