/**
 * How often per second does the node answer and take transactions, beside anvil (npm `@foundry-rs/anvil`) and Hardhat 3
 * (bench/peers)? All get the same 10,000 blocks, then the same client asks them in turns over one kept connection each, and
 * sends them the same transactions. Prints tables; the exit code says whether the bounds hold. A peer that this machine does
 * not have is left out.
 *
 * `--seconds N` for each question and server (default 1), `--rounds N` of transactions (9, and two that do not count),
 * `--only PATTERN` of their names, `--profile DIR` (a CPU profile of the node).
 */

import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { getContractAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { machine, spreadOf } from '../load/statistics.ts'
import { createLeanClient, type LeanClient } from './support/leanClient.ts'
import { noteFigure } from './support/limits.ts'
import { BLOCKS, load, signContent } from './support/rpcContent.ts'
import { type Peer, startAnvil, startHardhat, startReenact } from './support/rpcPeers.ts'
import { type Question, questions } from './support/rpcQuestions.ts'
import { type Funded, fundSenders, type SendWorkload, sendRound, signTransfers } from './support/sendAndMine.ts'

/** The first of the keys that anvil and Hardhat fund, known to everybody. */
const KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const ROUNDS = 8
const WARM_UP_MS = 300
/** Rounds of transactions that do not count. */
const WARM_UPS = 2
/** That of JSON-RPC, and that of EIP-1474. */
const UNKNOWN_METHOD = [-32601, -32004]

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '9' },
    only: { type: 'string', default: '' },
    profile: { type: 'string' },
  },
})
const roundMs = (Number(values.seconds) * 1_000) / ROUNDS
const rounds = Number(values.rounds) + WARM_UPS
const only = new RegExp(values.only)

/** A server under test, with the connection to it. */
type Asked = { peer: Peer; client: LeanClient }
type Bounds = { anvil?: number; hardhat?: number }

const account = privateKeyToAccount(KEY)
const contract = getContractAddress({ from: account.address, nonce: 0n })

/** Answers per second of each in rounds that alternate between the servers. */
async function measure(asked: readonly Asked[], { request }: Question): Promise<number[][]> {
  const rates = asked.map((): number[] => [])
  for (const { client } of asked) await rateOf(client, request, WARM_UP_MS)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { client }] of asked.entries()) rates[index]?.push(await rateOf(client, request, roundMs))
  }
  return rates
}

async function rateOf(client: LeanClient, request: Buffer, ms: number): Promise<number> {
  const startedAt = performance.now()
  let count = 0
  do {
    await client.exchange(request)
    count++
  } while (performance.now() - startedAt < ms)
  return (count * 1_000) / (performance.now() - startedAt)
}

/** Throws when the answer does not hold what it should; false when the peer does not know the method. */
async function isAnswered({ peer, client }: Asked, { name, request, holds }: Question): Promise<boolean> {
  const body = await client.read(request)
  const text = (body[0] === 0x1f ? gunzipSync(body) : body).toString()
  const answer = JSON.parse(text)
  if (UNKNOWN_METHOD.includes(answer.error?.code)) return false
  if (!holds(answer)) throw new Error(`${peer.name}, ${name}: ${text.slice(0, 300)}`)
  return true
}

/** Transactions per second of each in rounds that alternate between the servers. */
async function measureSends(asked: readonly Asked[], workload: SendWorkload): Promise<number[][]> {
  const rates = asked.map((): number[] => [])
  for (const [index, round] of workload.rounds.entries()) {
    for (const [at, { peer, client }] of asked.entries()) {
      const seconds = await sendRound(peer, client, workload, round).catch((cause) => {
        throw new Error(`${peer.name}, ${workload.name}`, { cause })
      })
      if (index >= WARM_UPS) rates[at]?.push(round.length / seconds)
    }
  }
  return rates
}

async function sends(funded: Funded): Promise<{ workload: SendWorkload; bounds: Bounds }[]> {
  const kinds = [
    { name: 'send + mine 1,000 transfers', count: 1_000, kind: 'eth', bounds: { hardhat: 1 } },
    { name: 'send + mine 1,000 transfers of one sender', count: 1_000, kind: 'eth', width: 1, bounds: { hardhat: 1 } },
    { name: 'send + mine 500 ERC-20', count: 500, kind: 'erc20', bounds: {} },
    { name: 'automine one by one', count: 40, kind: 'eth', oneByOne: true, bounds: {} },
  ] as const
  const signed: { workload: SendWorkload; bounds: Bounds }[] = []
  for (const { name, bounds, ...kind } of kinds) {
    if (!only.test(name)) continue
    const oneByOne = 'oneByOne' in kind
    signed.push({ workload: { name, oneByOne, rounds: await signTransfers(funded, { ...kind, rounds }) }, bounds })
  }
  return signed
}

const show = (rate: number): string => (rate < 100 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en'))

/** The rates of all by round, and ours in relation to each other one within the same round; ours is the last. Medians. */
function report(name: string, asked: readonly Asked[], rates: readonly number[][], bounds: Bounds): void {
  const ours = rates.at(-1) ?? []
  const shown = asked.map(({ peer }, index) => `${peer.name} ${show(spreadOf(rates[index] ?? []).median)}`)
  console.log(`\n${name}: ${shown.join(', ')} per second`)
  for (const [index, { peer }] of asked.slice(0, -1).entries()) {
    const value = spreadOf(ours.map((rate, round) => rate / (rates[index]?.[round] ?? 0))).median
    const atLeast = peer.name === 'anvil' ? bounds.anvil : bounds.hardhat
    noteFigure({
      name: `${name}, ours / ${peer.name}`,
      value,
      unit: 'x',
      ...(atLeast === undefined ? {} : { atLeast }),
    })
  }
}

/** The blocks that questions are about. */
async function loadAll(peers: readonly Peer[]): Promise<void> {
  const content = await signContent(account, contract)
  for (const peer of peers) {
    const startedAt = performance.now()
    await load(peer, content)
    console.log(`${peer.name}: ${BLOCKS} blocks loaded in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  }
}

async function run(peers: readonly Peer[]): Promise<void> {
  const isAsked = questions(account.address, contract, { token: contract, holder: contract }).some(({ name }) =>
    only.test(name),
  )
  if (isAsked) await loadAll(peers)
  const funded = await fundSenders(peers, account)
  const workloads = await sends(funded)
  // Servers close connections on which nothing came for a while.
  const asked = await Promise.all(peers.map(async (peer) => ({ peer, client: await createLeanClient(peer.url) })))
  for (const { workload, bounds } of workloads) {
    report(workload.name, asked, await measureSends(asked, workload), bounds)
  }
  for (const question of questions(account.address, contract, funded)) {
    if (!only.test(question.name)) continue
    const answering: Asked[] = []
    for (const one of asked) if (await isAnswered(one, question)) answering.push(one)
    report(question.name, answering, await measure(answering, question), question.bounds ?? {})
  }
  for (const { client } of asked) client.close()
}

console.log(machine())
const [anvil, hardhat] = [await startAnvil(), await startHardhat()]
if (anvil === undefined) console.log(`no anvil for ${process.platform} ${process.arch}: left out`)
if (hardhat === undefined) console.log('no Hardhat 3, or no Node for it, in bench/peers: left out')
const others = [anvil, hardhat].flatMap((peer) => peer ?? [])
const profile = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
const reenact = await startReenact(account.address, profile)
await run([...others, reenact])
await Promise.all([...others, reenact].map((peer) => peer.stop()))
