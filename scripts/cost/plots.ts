import { sum, witnessBytes } from '../../load/figures.ts'
import type { LoadReport, SettledRow } from '../../load/types.ts'
import { upfrontGas } from '../../precompiles/index.ts'
import { barChart, lineChart, type Row, shareChart, short } from './charts.ts'

/** File name to SVG. */
export function plotsOf(report: LoadReport): Record<string, string> {
  return {
    'gas-per-transaction.svg': gasPerTransaction(report),
    'gas-per-gas.svg': gasPerGas(report),
    'gas-parts.svg': gasParts(report),
    'input-parts.svg': inputParts(report),
    'limits.svg': limits(report),
  }
}

const perTransaction = (row: SettledRow): number => row.l1Gas / row.transactions

function gasPerTransaction({ largest }: LoadReport): string {
  return lineChart({
    title: 'L1 gas for each L2 transaction, by the size of the L2 block',
    x: 'transactions in the block',
    y: 'L1 gas',
    series: largest.map(({ kind, curve }) => ({
      name: kind,
      points: curve.map((row) => ({ x: row.transactions, y: perTransaction(row) })),
    })),
  })
}

function gasPerGas({ largest }: LoadReport): string {
  return lineChart({
    title: 'L1 gas for each L2 gas, by the size of the L2 block',
    x: 'gas used by the block on L2',
    y: 'L1 gas for each L2 gas',
    series: largest.map(({ kind, curve }) => ({
      name: kind,
      points: curve.map((row) => ({ x: row.l2Gas, y: row.l1Gas / row.l2Gas })),
    })),
  })
}

/** The mixed traffic, and the largest block of each kind. */
function rowsOf(report: LoadReport, partsOf: (rows: readonly SettledRow[]) => number[]): Row[] {
  const groups = [
    { name: 'mixed', rows: report.blocks },
    ...report.largest.map(({ kind, block }) => ({ name: kind, rows: [block] })),
  ]
  return groups.map(({ name, rows }) => {
    const transactions = sum(rows, (row) => row.transactions)
    const parts = partsOf(rows).map((part) => part / transactions)
    return { name, parts, note: short(parts.reduce((all, part) => all + part, 0)) }
  })
}

function gasParts(report: LoadReport): string {
  return barChart({
    title: 'L1 gas for each L2 transaction, and what it is for',
    parts: ['executing it (R)', 'EXECUTE: base and bytes', 'calldata, contract, state'],
    rows: rowsOf(report, (rows) => {
      const upfront = sum(rows, ({ bytes }) => Number(upfrontGas(bytes.input)))
      return [sum(rows, (row) => row.regularGas), upfront, sum(rows, (row) => row.l1Gas - row.executeGas)]
    }),
  })
}

function inputParts(report: LoadReport): string {
  return barChart({
    title: 'Bytes on L1 for each L2 transaction, and what they are',
    parts: ['witness: state', 'witness: codes, headers', 'transactions', 'access list', 'other'],
    rows: rowsOf(report, (rows) => {
      const state = sum(rows, ({ bytes }) => bytes.witnessState)
      const rest = sum(rows, ({ bytes }) => witnessBytes(bytes)) - state
      const transactions = sum(rows, ({ bytes }) => bytes.transactions)
      const accessList = sum(rows, ({ bytes }) => bytes.accessList)
      const input = sum(rows, ({ bytes }) => bytes.input)
      return [state, rest, transactions, accessList, input - state - rest - transactions - accessList]
    }),
  })
}

function limits({ largest }: LoadReport): string {
  return shareChart({
    title: 'How much of each limit the largest block that settles takes',
    parts: ['regular gas', 'calldata', 'gas of the L1 transaction', 'L2 block gas limit'],
    rows: largest.map(({ kind, fill }) => ({
      name: kind,
      parts: [fill.regularGas, fill.calldata, fill.executionGas, fill.blockGas],
      note: '',
    })),
  })
}
