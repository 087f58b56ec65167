import type { Receipt } from './sender.ts'
import { type Spread, spreadOf } from './statistics.ts'
import type {
  ChainFigures,
  InputParts,
  Layer,
  Sent,
  SettledRow,
  SettlementFigures,
  SettlementRow,
  TrafficFigures,
  TrafficKind,
} from './types.ts'

export type Header = { number: number; gasUsed: number; gasLimit: number; transactions: number }

/** All blocks of a chain over so many seconds, lowest first. */
export function chainFigures(headers: readonly Header[], seconds: number): ChainFigures {
  const transactions = sum(headers, ({ transactions }) => transactions)
  const gasUsed = sum(headers, ({ gasUsed }) => gasUsed)
  return {
    from: headers[0]?.number ?? 0,
    to: headers.at(-1)?.number ?? 0,
    blocks: headers.length,
    transactions,
    gasUsed,
    transactionsPerSecond: transactions / seconds,
    gasPerSecond: gasUsed / seconds,
  }
}

/** One row for each kind on each chain, in the order in which they first were sent. */
export function trafficFigures(all: readonly Sent[], receipts: ReadonlyMap<string, Receipt>): TrafficFigures[] {
  const groups = new Map<string, { layer: Layer; kind: TrafficKind; sent: Sent[] }>()
  for (const sent of all) {
    const { layer, kind } = sent
    const key = `${layer} ${kind}`
    const group = groups.get(key) ?? { layer, kind, sent: [] }
    groups.set(key, group)
    group.sent.push(sent)
  }
  return [...groups.values()].map(({ layer, kind, sent }) => {
    const own = sent.flatMap(({ hash }) => receipts.get(hash) ?? [])
    const times = sent.flatMap(({ sentAt, seenAt }) => (seenAt === undefined ? [] : [seenAt - sentAt]))
    return {
      layer,
      kind,
      sent: sent.length,
      included: own.length,
      failed: own.filter(({ status }) => status !== '0x1').length,
      gasUsed: sum(own, ({ gasUsed }) => Number(gasUsed)),
      ...(times.length === 0 ? {} : { latencyMs: spreadOf(times) }),
    }
  })
}

/** Totals, and what they come to for each transaction and each gas of L2. Without a settlement every ratio is 0. */
export function settlementFigures(
  { transactions, blocks }: { transactions: readonly SettlementRow[]; blocks: readonly SettledRow[] },
  l1: readonly Header[],
  lagsMs: readonly number[],
): SettlementFigures {
  const used = sum(transactions, ({ gasUsed }) => gasUsed)
  const execute = sum(transactions, ({ executeGas }) => executeGas)
  const calldata = sum(transactions, ({ calldataGas }) => calldataGas)
  const bytes = totalParts(blocks)
  const l2Transactions = sum(blocks, (block) => block.transactions)
  const l2Gas = sum(blocks, (block) => block.l2Gas)
  const regularGas = sum(blocks, (block) => block.regularGas)
  return {
    transactions: transactions.length,
    blocks: blocks.length,
    l2Transactions,
    l2Gas,
    regularGas,
    gas: { used, execute, calldata, overhead: used - execute - calldata },
    calldataBytes: sum(transactions, ({ calldataBytes }) => calldataBytes),
    bytes,
    l1GasPerL2Transaction: ratio(used, l2Transactions),
    l1GasPerL2Gas: ratio(used, l2Gas),
    l1GasPerRegularGas: ratio(used, regularGas),
    witnessBytesPerL2Gas: ratio(witnessBytes(bytes), l2Gas),
    inputBytesPerL2Transaction: ratio(bytes.input, l2Transactions),
    executeShare: executeShare(transactions, l1),
    lagMs: orNull(lagsMs),
  }
}

/** `ofSettlementBlocks`: of the gas used in each L1 block that has a settlement. */
function executeShare(settlements: readonly SettlementRow[], l1: readonly Header[]): SettlementFigures['executeShare'] {
  const byBlock = new Map<number, number>()
  for (const { l1Block, executeGas } of settlements) byBlock.set(l1Block, (byBlock.get(l1Block) ?? 0) + executeGas)
  const execute = sum(settlements, ({ executeGas }) => executeGas)
  const shares = l1.flatMap(({ number, gasUsed }) => {
    const part = byBlock.get(number)
    return part === undefined ? [] : [part / gasUsed]
  })
  return {
    ofL1GasUsed: ratio(
      execute,
      sum(l1, ({ gasUsed }) => gasUsed),
    ),
    ofL1GasLimit: ratio(
      execute,
      sum(l1, ({ gasLimit }) => gasLimit),
    ),
    ofSettlementBlocks: orNull(shares),
  }
}

/** State, codes and headers. */
export const witnessBytes = ({ witnessState, witnessCodes, witnessHeaders }: InputParts): number =>
  witnessState + witnessCodes + witnessHeaders

function totalParts(blocks: readonly SettledRow[]): InputParts {
  const total = { input: 0, witnessState: 0, witnessCodes: 0, witnessHeaders: 0, transactions: 0, accessList: 0 }
  for (const { bytes } of blocks) {
    for (const part of Object.keys(total) as (keyof InputParts)[]) total[part] += bytes[part]
  }
  return total
}

const orNull = (values: readonly number[]): Spread | null => (values.length === 0 ? null : spreadOf(values))
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

export function sum<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((total, item) => total + amount(item), 0)
}
