import { witnessBytes } from '../load/figures.ts'
import type { Spread } from '../load/statistics.ts'
import type { Fill, LoadReport, Progress } from '../load/types.ts'

type Output = { isTTY?: boolean; columns?: number; write(text: string): unknown }

const BAR = 30
const LINE_EVERY_MS = 10_000

/** A bar that moves on a terminal; elsewhere a line for each phase, and for every 10 s of a long one. */
export function progressOn(out: Output): { show(progress: Progress): void; end(): void } {
  let last: { phase: string; text: string; at: number } | undefined
  let isOpen = false
  return {
    show({ phase, done, text }) {
      if (out.isTTY) {
        const filled = Math.round(done * BAR)
        const bar = `${phase.padEnd(9)} [${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ${text}`
        // a line that wraps cannot be written over
        out.write(`\r\x1b[K${bar.slice(0, (out.columns ?? 80) - 1)}`)
        isOpen = true
        return
      }
      const now = performance.now()
      const isNews = phase !== 'load' && phase !== 'settling' && text !== last?.text
      if (last?.phase === phase && !isNews && now - last.at < LINE_EVERY_MS) return
      last = { phase, text, at: now }
      out.write(`${phase}: ${text}\n`)
    },
    end() {
      if (isOpen) out.write('\n')
      isOpen = false
    },
  }
}

const LIMITS: Readonly<Record<keyof Fill, string>> = {
  regularGas: 'regular gas of one settlement',
  calldata: 'calldata of one settlement',
  executionGas: 'gas of one L1 transaction',
  blockGas: 'gas limit of an L2 block',
}

/** The report in words. */
export function summaryLines(report: LoadReport): string[] {
  const { settlement, bridge, l1, l2 } = report
  const { gas, executeShare, bytes } = settlement
  const early = report.stoppedEarly ? ', stopped early' : ''
  return [
    `${report.seconds.toFixed(1)} s until all was settled${early}; ${report.machine}`,
    `  L1  ${chainWords(l1)}`,
    `  L2  ${chainWords(l2)}`,
    'latency until in a block',
    ...report.traffic.map(
      ({ layer, kind, included, failed, latencyMs }) =>
        `  ${layer.toUpperCase()} ${kind.padEnd(10)} ${String(included).padStart(6)} in blocks, ${failed} failed, ${spreadWords(latencyMs)}`,
    ),
    `deposits: ${bridge.deposits.delivered} of ${bridge.deposits.sent} delivered, ${spreadWords(bridge.deposits.latencyMs)}`,
    `withdrawals: ${bridge.withdrawals.claimed} of ${bridge.withdrawals.sent} claimed, ${spreadWords(bridge.withdrawals.latencyMs)}`,
    `settlement: ${settlement.blocks} L2 blocks in ${settlement.transactions} L1 transactions, lag ${spreadWords(settlement.lagMs)}`,
    `  L1 gas ${count(gas.used)}: EXECUTE ${percent(gas.execute / gas.used)}, calldata ${percent(gas.calldata / gas.used)}, rest ${percent(gas.overhead / gas.used)}`,
    `  ${count(settlement.l1GasPerL2Transaction)} L1 gas per L2 transaction, ${settlement.l1GasPerL2Gas.toFixed(3)} per L2 gas, ${settlement.l1GasPerRegularGas.toFixed(3)} per regular gas of L2`,
    `  ${count(settlement.inputBytesPerL2Transaction)} input bytes per L2 transaction, ${(1e6 * settlement.witnessBytesPerL2Gas).toFixed(0)} witness bytes per million L2 gas (${percent(witnessBytes(bytes) / bytes.input)} of the input)`,
    `  EXECUTE took ${percent(executeShare.ofL1GasUsed)} of the gas used on L1, ${percent(executeShare.ofL1GasLimit)} of its gas limit`,
    ...largestLines(report),
  ]
}

function largestLines({ largest, searchProblem }: LoadReport): string[] {
  const lines = largest.map(({ kind, transactions, boundBy, fill, block }) => {
    const gas = `${count(block.l2Gas)} L2 gas, ${count(block.l1Gas)} L1 gas`
    const limit = boundBy === 'builder' ? "builder's estimate of the input" : LIMITS[boundBy]
    const full = boundBy === 'builder' ? '' : ` (${percent(fill[boundBy])} full)`
    return `  ${kind.padEnd(10)} ${String(transactions).padStart(4)} transactions, ${gas}; bound by the ${limit}${full}`
  })
  const problem = searchProblem === undefined ? [] : [`  the search ended early: ${searchProblem}`]
  return lines.length + problem.length === 0 ? [] : ['largest L2 block that settles', ...lines, ...problem]
}

const chainWords = ({ blocks, transactions, transactionsPerSecond, gasPerSecond }: LoadReport['l1']): string =>
  `${blocks} blocks, ${transactions} transactions, ${transactionsPerSecond.toFixed(1)} per second, ${(gasPerSecond / 1e6).toFixed(2)} Mgas per second`

const spreadWords = (spread: Spread | null | undefined): string =>
  spread ? `median ${Math.round(spread.median)} ms, p99 ${Math.round(spread.p99)} ms` : 'no latency'

const count = (value: number): string => Math.round(value).toLocaleString('en-US')
const percent = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '0 %')
