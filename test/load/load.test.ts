import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { devAccount, RELAYER_ADDRESS } from '../../genesis/accounts.ts'
import { LoadError } from '../../load/errors.ts'
import { runLoad } from '../../load/run.ts'
import { accountsOf } from '../../load/sender.ts'
import { connect } from '../../load/target.ts'
import type { Layer, LoadOptions, LoadReport, Progress } from '../../load/types.ts'
import { SETTLEMENT_LIMITS } from '../../rollup/limits.ts'
import type { Settlement } from '../../rpc/rollup/settlements.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { type Access, accessTo, type Hex } from '../e2e/chainAccess.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

const SEED = 7
const OPTIONS: LoadOptions = { seconds: 2, rate: 30, seed: SEED, search: ['deployment'], caps: SETTLEMENT_LIMITS }
const SENDERS = new Set(accountsOf(SEED, 16).map(({ address }) => address.toLowerCase()))

type Transaction = { hash: Hex; from: Hex; to: Hex | null }
type Block = { number: Hex; hash: Hex; gasUsed: Hex; gasLimit: Hex; transactions: Transaction[] }

describe('a load on a devnet', () => {
  let devnet: TestDevnet
  let report: LoadReport
  const progress: Progress[] = []
  const chains = {} as Record<Layer, Access>

  const depsOf = async (signal = new AbortController().signal, payer = devAccount(8)) => ({
    target: await connect(devnet.l1Url, devnet.l2Url),
    payer,
    signal,
    onProgress: (now: Progress) => void progress.push(now),
    now: () => new Date(0),
    machine: 'a test',
  })

  beforeAll(async () => {
    devnet = await startTestDevnet()
    chains.l1 = accessTo(devnet.l1Url)
    chains.l2 = accessTo(devnet.l2Url)
    report = await runLoad(OPTIONS, await depsOf())
  }, 300_000)
  afterAll(() => devnet?.close())

  const blocksOf = (layer: Layer, { from, to }: { from: number; to: number } = report[layer]) =>
    chains[layer].batch<Block>(
      'eth_getBlockByNumber',
      Array.from({ length: to - from + 1 }, (_, index) => [`0x${(from + index).toString(16)}`, true]),
    )
  it('what it says about each settled block is what both chains say', async () => {
    expect(report.blocks.length).toBeGreaterThan(0)
    const blocks = await blocksOf('l2')
    expect(report.blocks.map(({ l2Block }) => l2Block)).toEqual(blocks.map(({ number }) => Number(number)))
    for (const [index, row] of report.blocks.entries()) {
      const block = blocks[index]
      expect(row).toMatchObject({ transactions: block?.transactions.length, l2Gas: Number(block?.gasUsed) })
      const { input, regularGas } = await devnet.rollup.node.inputs.require(hexToBytes(block?.hash ?? '0x'))
      expect([row.bytes.input, row.regularGas]).toEqual([input.length, Number(regularGas)])
      expect(row.executeGas).toBe(100_000 + 16 * input.length + Number(regularGas))
      const known = await chains.l2.call<Settlement>('rollup_getSettlement', [block?.number])
      const { gas, l1Block, l1TxHash } = known
      expect([gas?.used, gas?.execute, known.inputBytes, l1Block].map(Number)).toEqual([
        row.l1Gas,
        row.executeGas,
        row.bytes.input,
        row.l1Block,
      ])
      expect(l1TxHash).toBe(row.l1TxHash)
    }
  })

  it('the gas of the settlements is that of their receipts, and the ratios follow from it', async () => {
    const receipts = await chains.l1.batch<{ gasUsed: Hex; status: Hex }>(
      'eth_getTransactionReceipt',
      report.settlements.map(({ l1TxHash }) => [l1TxHash]),
    )
    const used = receipts.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0)
    const { gas, ...settlement } = report.settlement
    expect(gas.used).toBe(used)
    expect(gas.execute + gas.calldata + gas.overhead).toBe(used)
    expect(Math.min(gas.execute, gas.calldata, gas.overhead)).toBeGreaterThan(0)
    const l2 = await blocksOf('l2')
    const transactions = l2.reduce((sum, block) => sum + block.transactions.length, 0)
    const l2Gas = l2.reduce((sum, block) => sum + Number(block.gasUsed), 0)
    expect(settlement.l1GasPerL2Transaction).toBeCloseTo(used / transactions, 6)
    expect(settlement.l1GasPerL2Gas).toBeCloseTo(used / l2Gas, 9)
    expect(report.blocks.reduce((sum, row) => sum + row.l1Gas, 0)).toBe(used)
    const { witnessState, witnessCodes, witnessHeaders } = settlement.bytes
    expect(settlement.witnessBytesPerL2Gas).toBeCloseTo((witnessState + witnessCodes + witnessHeaders) / l2Gas, 9)
    expect(settlement.executeShare.ofL1GasUsed).toBeCloseTo(gas.execute / report.l1.gasUsed, 9)
    expect(settlement.lagMs?.max).toBeGreaterThan(0)
    expect(settlement.lagMs?.min).toBeGreaterThanOrEqual(0)
  })

  it('every transaction of the load is counted once, and none failed', async () => {
    const found = { l1: (await blocksOf('l1')).flatMap(own), l2: (await blocksOf('l2')).flatMap(own) }
    for (const layer of ['l1', 'l2'] as const) {
      const rows = report.traffic.filter((row) => row.layer === layer)
      expect(rows.every(({ sent, included, failed }) => sent === included && failed === 0)).toBe(true)
      expect(rows.reduce((sum, { included }) => sum + included, 0)).toBe(found[layer].length)
      const receipts = await chains[layer].batch<{ gasUsed: Hex }>(
        'eth_getTransactionReceipt',
        found[layer].map(({ hash }) => [hash]),
      )
      expect(rows.reduce((sum, { gasUsed }) => sum + gasUsed, 0)).toBe(
        receipts.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0),
      )
    }
    const kinds = (layer: Layer) => report.traffic.flatMap((row) => (row.layer === layer ? [row.kind] : [])).sort()
    const work = ['compute', 'deployment', 'erc20', 'storage', 'transfer']
    expect(kinds('l1')).toEqual(['claim', ...work, 'deposit'].sort())
    expect(kinds('l2')).toEqual([...work, 'withdrawal'].sort())
  })
  const own = (block: Block) => block.transactions.filter(({ from }) => SENDERS.has(from.toLowerCase()))

  it('deposits arrive and withdrawals are paid', () => {
    const included = (kind: string) => report.traffic.find((row) => row.kind === kind)?.included
    const { deposits, withdrawals } = report.bridge
    expect(deposits.delivered).toBe(included('deposit'))
    expect([withdrawals.sent, withdrawals.claimed]).toEqual([included('withdrawal'), included('claim')])
    expect(deposits.latencyMs?.median).toBeGreaterThan(0)
    // there and back: a claim comes after the settlement of the withdrawal
    expect(withdrawals.latencyMs?.min).toBeGreaterThan(report.settlement.lagMs?.min ?? 0)
  })

  it('finds the largest block of deployments: the gas limit of the block does not hold one more', async () => {
    expect(report.searchProblem).toBeUndefined()
    const [largest] = report.largest
    expect(largest).toMatchObject({ kind: 'deployment', boundBy: 'blockGas' })
    const { block, transactions = 0, curve = [] } = largest ?? {}
    const [onChain] = await blocksOf('l2', { from: block?.l2Block ?? 0, to: block?.l2Block ?? 0 })
    expect(onChain?.transactions.filter(({ to }) => to === null)).toHaveLength(transactions)
    expect(onChain?.transactions.some(({ from }) => from.toLowerCase() === RELAYER_ADDRESS.toLowerCase())).toBe(false)
    const gas = Number(onChain?.gasUsed)
    expect(gas + gas / transactions).toBeGreaterThan(Number(onChain?.gasLimit))
    expect(block?.l1Gas).toBe(
      Number((await chains.l1.call<{ gasUsed: Hex }>('eth_getTransactionReceipt', [block?.l1TxHash ?? '0x'])).gasUsed),
    )
    expect(curve.map((row) => row.transactions)).toEqual([...new Set(curve.map((row) => row.transactions))])
    expect(curve.at(-1)).toEqual(block)
  })

  it('both chains make blocks as they did before the search', async () => {
    for (const chain of [chains.l1, chains.l2]) expect(await chain.call('hardhat_getAutomine')).toBe(true)
  })

  it('tells how far it is, in order', () => {
    const phases = progress.map(({ phase }) => phase)
    expect([...new Set(phases)].filter((phase) => phase !== 'settling')).toEqual([
      'preparing',
      'load',
      'measuring',
      'searching',
    ])
    expect(progress.every(({ done }) => done >= 0 && done <= 1)).toBe(true)
  })

  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      (error) => (error instanceof LoadError ? error.code : error),
    )

  it('refuses what is not a rollup and its L1', async () => {
    expect(await codeOf(connect(devnet.l2Url, devnet.l2Url))).toBe('NO_ROLLUP')
    expect(await codeOf(connect(devnet.l2Url, devnet.l1Url))).toBe('NO_ROLLUP')
    expect(await codeOf(connect(devnet.l1Url, 'http://127.0.0.1:1'))).toBe('UNREACHABLE')
  })

  it('refuses an account that cannot pay, and stops when it is told to', async () => {
    const [poor] = accountsOf(99, 1)
    expect(await codeOf(runLoad({ ...OPTIONS, seed: 8 }, await depsOf(undefined, poor as never)))).toBe('NO_FUNDS')
    const stopped = AbortSignal.abort()
    expect(await codeOf(runLoad(OPTIONS, await depsOf(stopped)))).toBe('STOPPED')
  })
})
