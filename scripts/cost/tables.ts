import { witnessBytes } from '../../load/figures.ts'
import type { Spread } from '../../load/statistics.ts'
import type { LargestBlock, LoadReport } from '../../load/types.ts'

/** The tables of docs/cost.md by the name of their place there. */
export function tablesOf(report: LoadReport): Record<string, string> {
  return { run: run(report), totals: totals(report), traffic: traffic(report), largest: largest(report) }
}

/** The page with what stands between `<!-- name -->` and `<!-- /name -->` replaced. Throws Error for a missing place. */
export function withTables(page: string, tables: Readonly<Record<string, string>>): string {
  let text = page
  for (const [name, table] of Object.entries(tables)) {
    const place = new RegExp(`<!-- ${name} -->\\n[\\s\\S]*?<!-- /${name} -->`)
    if (!place.test(text)) throw new Error(`the page has no place for ${name}`)
    text = text.replace(place, () => `<!-- ${name} -->\n${table}\n<!-- /${name} -->`)
  }
  return text
}

function run({ at, machine, client, options, seconds, l1, l2 }: LoadReport): string {
  const rate =
    options.rate === 0 ? 'as many transactions as got into blocks' : `${options.rate} transactions per second`
  return [
    `${at.slice(0, 10)}, ${client}, ${machine}. ${options.seconds} s of traffic, ${rate} on both chains together, seed ${options.seed};`,
    `${seconds.toFixed(1)} s until all of it was settled, delivered and claimed.`,
    '',
    table(
      ['', 'blocks', 'transactions', 'per second', 'gas per second'],
      [
        ['L1', ...chainCells(l1)],
        ['L2', ...chainCells(l2)],
      ],
    ),
  ].join('\n')
}

const chainCells = ({ blocks, transactions, transactionsPerSecond, gasPerSecond }: LoadReport['l1']): string[] => [
  count(blocks),
  count(transactions),
  transactionsPerSecond.toFixed(1),
  `${(gasPerSecond / 1e6).toFixed(2)}M`,
]

function totals({ settlement }: LoadReport): string {
  const { gas, bytes, executeShare } = settlement
  const share = executeShare.ofSettlementBlocks
  return table(
    ['', ''],
    [
      ['L2 blocks settled, in L1 transactions', `${count(settlement.blocks)} in ${count(settlement.transactions)}`],
      ['L1 gas for each L2 transaction', count(settlement.l1GasPerL2Transaction)],
      ['L1 gas for each L2 gas', settlement.l1GasPerL2Gas.toFixed(3)],
      ['L1 gas for each regular gas of L2', settlement.l1GasPerRegularGas.toFixed(3)],
      ['of the L1 gas: EXECUTE', percent(gas.execute / gas.used)],
      ['of the L1 gas: calldata', percent(gas.calldata / gas.used)],
      ['of the L1 gas: contract, new state, floor', percent(gas.overhead / gas.used)],
      ['input bytes for each L2 transaction', count(settlement.inputBytesPerL2Transaction)],
      ['witness bytes for each million L2 gas', count(settlement.witnessBytesPerL2Gas * 1e6)],
      ['witness, of all input bytes', percent(witnessBytes(bytes) / bytes.input)],
      ['EXECUTE, of all gas used on L1', percent(executeShare.ofL1GasUsed)],
      ['EXECUTE, of the gas used in an L1 block with a settlement, median', share ? percent(share.median) : 'none'],
      ['EXECUTE, of all gas that L1 blocks had room for', percent(executeShare.ofL1GasLimit)],
    ],
  )
}

function traffic({ traffic: rows, bridge, settlement }: LoadReport): string {
  const latencies = rows.map(({ layer, kind, included, failed, gasUsed, latencyMs }) => [
    `${layer.toUpperCase()} ${kind}`,
    count(included),
    count(failed),
    count(included === 0 ? 0 : gasUsed / included),
    ...spreadCells(latencyMs),
  ])
  const trips: [string, number, Spread | null][] = [
    ['L2 block to settlement', settlement.blocks, settlement.lagMs],
    ['deposit to delivery on L2', bridge.deposits.delivered, bridge.deposits.latencyMs],
    ['withdrawal to payment on L1', bridge.withdrawals.claimed, bridge.withdrawals.latencyMs],
  ]
  return [
    table(['sent to a block', 'in blocks', 'failed', 'gas each', 'median', 'p99', 'max'], latencies),
    '',
    table(
      ['further', 'number', 'median', 'p99', 'max'],
      trips.map(([name, number, spread]) => [name, count(number), ...spreadCells(spread)]),
    ),
  ].join('\n')
}

const LIMITS: Readonly<Record<LargestBlock['boundBy'], string>> = {
  regularGas: 'regular gas, 12M',
  calldata: 'calldata, 120 KiB',
  executionGas: 'gas of the L1 transaction, 2^24',
  blockGas: 'L2 block gas limit, 60M',
  builder: "the builder's estimate of the input",
}

function largest(report: LoadReport): string {
  return table(
    ['', 'transactions', 'L2 gas', 'L1 gas', 'L1 gas each', 'L1 gas per L2 gas', 'input', 'witness', 'bound by'],
    report.largest.map(({ kind, transactions, boundBy, block }) => [
      kind,
      count(transactions),
      count(block.l2Gas),
      count(block.l1Gas),
      count(block.l1Gas / block.transactions),
      (block.l1Gas / block.l2Gas).toFixed(2),
      count(block.bytes.input),
      count(witnessBytes(block.bytes)),
      LIMITS[boundBy],
    ]),
  )
}

const spreadCells = (spread: Spread | null | undefined): string[] =>
  spread ? [spread.median, spread.p99, spread.max].map((value) => `${count(value)} ms`) : ['', '', '']

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US')
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
