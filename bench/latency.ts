/**
 * Does the node stay responsive? 30 s of mixed load on both chains, settlements included, while another process asks
 * eth_blockNumber of both every 10 ms. Prints median, 99th percentile and maximum of the answers, and beside them how long
 * the longest single transaction takes when it runs alone: no answer may take longer than that. The exit code says so.
 *
 * `--seconds N`, `--profile DIR` (a CPU profile of the node).
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine, milliseconds, spreadOf } from '../load/statistics.ts'
import { createBenchClient, deposit, withdraw } from './support/bridge.ts'
import {
  type Contracts,
  createSender,
  deployContracts,
  fillSlots,
  heavyTransactions,
  type Load,
  loadsOf,
  type Sender,
  type Target,
} from './support/load.ts'
import { type BenchNode, type LogLine, startBenchNode } from './support/nodeProcess.ts'
import type { ProbeAnswer, Sample } from './support/probe.ts'

const PROBE = fileURLToPath(new URL('./support/probe.js', import.meta.url))
/** Most regular gas that one transaction may use: EIP-7825 on L1; what one settlement carries on L2, with room. */
const L1_HEAVY_GAS = 16_777_216n
const L2_HEAVY_GAS = 11_900_000n
const WORST_SHOWN = 5
const PROBE_EVERY_MS = '10'
const ALONE_RUNS = 3

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '30' }, profile: { type: 'string' } },
})
const loadMs = Number(values.seconds) * 1_000

/** Execution times by transaction, and settlements, as the node logs them. */
const executions = new Map<string, number>()
let settlements = 0
function onLog({ event, hash, ms, blocks }: LogLine): void {
  if (event === 'ran a transaction')
    executions.set(String(hash), Math.max(Number(ms), executions.get(String(hash)) ?? 0))
  if (event === 'settled on L1') settlements += Number(blocks)
}

type Prepared = { target: Target; contracts: Contracts; senders: Sender[]; loads: Load[] }

async function prepare(target: Target, node: BenchNode): Promise<Prepared> {
  const senders = await Promise.all([0, 1, 2, 3, 4].map((index) => createSender(target, index)))
  const [first, , , messages] = senders
  if (first === undefined || messages === undefined) throw new Error('no senders')
  const contracts = await deployContracts(first)
  await fillSlots(first, contracts, target)
  const client = createBenchClient(target.url, target.chainId, 3)
  const user = messages.account.address
  const message = () => (target.name === 'L1' ? deposit : withdraw)(client, node.deployment, user, 1n)
  return { target, contracts, senders, loads: loadsOf(target, contracts, senders, message) }
}

async function underLoad(node: BenchNode, chains: readonly Prepared[]): Promise<ProbeAnswer> {
  const probe = fork(PROBE, [PROBE_EVERY_MS, node.l1Url, node.l2Url])
  const answered = once(probe, 'message')
  const stop = AbortSignal.timeout(loadMs)
  await Promise.all(chains.flatMap(({ loads }) => loads.map((load) => load.run(stop))))
  probe.send('stop')
  const [answer] = await answered
  return answer as ProbeAnswer
}

/** The heaviest legal transactions one by one on an idle node; warm code, so the time is the shortest that it can be. */
async function longestAlone(chains: readonly Prepared[]): Promise<number> {
  let longest = 0
  for (const { target, contracts, senders } of chains) {
    const [, , heavy] = senders
    if (heavy === undefined) throw new Error('no sender')
    for (const tx of heavyTransactions(contracts, target)) {
      const times: number[] = []
      for (let run = 0; run < ALONE_RUNS; run++) {
        const hash = await heavy.send(tx)
        await heavy.mined(hash)
        times.push(executions.get(hash) ?? 0)
      }
      longest = Math.max(longest, spreadOf(times).median)
    }
  }
  return longest
}

function report(name: string, samples: readonly Sample[], startedAt: number): number {
  const { count, median, p99, max } = spreadOf(samples.map(({ ms }) => ms))
  console.log(
    `${name} eth_blockNumber: median ${milliseconds(median)}, p99 ${milliseconds(p99)}, max ${milliseconds(max)} (${count} answers)`,
  )
  const worst = [...samples].sort((a, b) => b.ms - a.ms).slice(0, WORST_SHOWN)
  const at = (sample: Sample) => `${milliseconds(sample.ms)} at ${((sample.at - startedAt) / 1000).toFixed(2)} s`
  console.log(`  slowest: ${worst.map(at).join(', ')}`)
  return max
}

const profile = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
const node = await startBenchNode({ logLevel: 'debug', onLog, nodeFlags: profile })
const { l1ChainId, l2ChainId } = node.deployment
const chains = [
  await prepare({ name: 'L1', url: node.l1Url, chainId: l1ChainId, heavyGas: L1_HEAVY_GAS }, node),
  await prepare({ name: 'L2', url: node.l2Url, chainId: l2ChainId, heavyGas: L2_HEAVY_GAS }, node),
]
settlements = 0
const startedAt = performance.timeOrigin + performance.now()
const { samples, failures } = await underLoad(node, chains)
const settled = settlements
const longest = await longestAlone(chains)
await node.stop()

console.log(machine())
console.log(`${loadMs / 1000} s of load:`)
for (const load of chains.flatMap(({ loads }) => loads)) console.log(`  ${load.name}: ${load.done}`)
console.log(`  L2 blocks settled by EXECUTE: ${settled}`)
const maxima = ['L1', 'L2'].map((name, index) => report(name, samples[index] ?? [], startedAt))
const slowest = Math.max(...maxima)
const holds = slowest <= longest && failures === 0 && settled > 0
console.log(`longest single transaction, alone on the idle node: ${milliseconds(longest)}`)
console.log(
  `slowest answer ${milliseconds(slowest)}, ${(slowest / longest).toFixed(2)} of the longest transaction, ${failures} failures [${holds ? 'ok' : 'FAILED'}]`,
)
if (!holds) process.exitCode = 1
