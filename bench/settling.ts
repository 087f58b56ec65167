/**
 * What does a settlement of 12 million gas make others wait, with EXECUTE on the event loop and with `--execute-worker`? Two
 * nodes seal blocks of the same settlements in turns, while another process asks each of them for eth_blockNumber.
 *
 * `--rounds N` (12; the first two do not count).
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Hex, toHex } from 'viem'
import { devAccount } from '../genesis/accounts.ts'
import { ask } from '../load/ask.ts'
import { machine, milliseconds, spreadOf } from '../load/statistics.ts'
import { EXECUTE_ADDRESS } from '../precompiles/address.ts'
import { inputsOfRounds } from './blocks/inputsOfRounds.ts'
import { mixedBlock } from './blocks/mixedBlock.ts'
import type { LongTurn } from './support/loopWatch.ts'
import type { ProbeAnswer, Sample } from './support/probe.ts'
import { MIB, residentMemory } from './support/processMemory.ts'
import { startWatchedNode, type WatchedNode } from './support/watchedNode.ts'

const PROBE = fileURLToPath(new URL('./support/probe.js', import.meta.url))
const PROBE_EVERY_MS = '5'
const WARM_UPS = 2
/** What a transaction may have at most (EIP-7825). */
const TRANSACTION_GAS = toHex(16_777_216)
/** after each block, so that answers to the last questions are in */
const MARGIN_MS = 100

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '12' } } })
const rounds = Number(values.rounds)

/** What was seen of one node. */
type Side = { name: string; node: WatchedNode; spans: { from: number; to: number }[]; turns: LongTurn[] }

const clock = (): number => performance.timeOrigin + performance.now()
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function openSide(name: string, argv: readonly string[]): Promise<Side> {
  const node = await startWatchedNode([], argv)
  await ask(node.url, 'evm_setAutomine', [false])
  return { name, node, spans: [], turns: [] }
}

/** Seals a block that settles this input by calling EXECUTE. */
async function settle({ node, spans, turns }: Side, input: Uint8Array, isCounted: boolean): Promise<void> {
  const call = { from: devAccount(0).address, to: EXECUTE_ADDRESS, data: toHex(input), gas: TRANSACTION_GAS }
  const hash = await ask<Hex>(node.url, 'eth_sendTransaction', [call])
  await wait(MARGIN_MS)
  await node.longTurns()
  const from = clock()
  await ask(node.url, 'evm_mine', [])
  const span = { from, to: clock() }
  await wait(MARGIN_MS)
  const noted = await node.longTurns()
  const { status } = await ask<{ status: Hex }>(node.url, 'eth_getTransactionReceipt', [hash])
  if (status !== '0x1') throw new Error(`${hash} failed`)
  if (!isCounted) return
  spans.push(span)
  turns.push(...noted)
}

const megabytes = (pid: number): string => `${Math.round((residentMemory(pid)?.all ?? 0) / MIB)} MiB`

function row({ name, node, spans, turns }: Side, samples: readonly Sample[]): string {
  const during = samples.filter(({ at, ms }) => spans.some(({ from, to }) => at <= to && at + ms >= from))
  const waits = during.map(({ ms }) => ms).sort((a, b) => a - b)
  const at = (share: number): number => waits[Math.min(waits.length - 1, Math.floor(share * waits.length))] ?? 0
  const busiest = Math.max(0, ...turns.map(({ ms, cpuMs }) => Math.min(ms, cpuMs)))
  const own = spreadOf(spans.map(({ from, to }) => to - from)).median
  const figures = [own, at(0.5), at(0.95), at(1), busiest].map(milliseconds)
  return `| ${name} | ${figures.join(' | ')} | ${megabytes(node.pid)} |`
}

const { inputs, regularGas } = await inputsOfRounds(mixedBlock, rounds)
const sides = [await openSide('on the event loop', []), await openSide('in a thread', ['--execute-worker'])]
const atStart = sides.map(({ node }) => megabytes(node.pid))
const probe = fork(PROBE, [PROBE_EVERY_MS, ...sides.map(({ node }) => node.url)])
const answered = once(probe, 'message')
for (const [index, input] of inputs.entries()) {
  for (const side of sides) await settle(side, input, index >= WARM_UPS)
}
probe.send('stop')
const { samples, failures } = ((await answered) as [ProbeAnswer])[0]

const millions = (Number(regularGas) / 1e6).toFixed(2)
console.log(`${machine()}; ${rounds - WARM_UPS} settlements of ${millions} Mgas each, ${failures} failures`)
console.log(`memory at the start: ${atStart.join(', ')}`)
console.log('| EXECUTE | block, median | others wait, median | 95 % | longest | longest busy turn | memory |')
console.log('|---|---|---|---|---|---|---|')
for (const [index, side] of sides.entries()) {
  console.log(row(side, samples[index] ?? []))
  await side.node.stop()
}
if (failures > 0) process.exitCode = 1
