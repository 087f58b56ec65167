/**
 * How often per second does the node answer, and how often does anvil (npm `@foundry-rs/anvil`)? Both get the same
 * 10,000 blocks, then the same client asks them in turns over one kept connection each. Prints a table; the exit code
 * says whether the bounds hold. Without a binary of anvil for this machine it only says so.
 *
 * `--seconds N` for each question and server (default 2), `--profile DIR` (a CPU profile of the node).
 */

import { parseArgs } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { getContractAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { machine, spreadOf } from '../load/statistics.ts'
import { createLeanClient, type LeanClient, postBytes } from './support/leanClient.ts'
import { BLOCKS, FREQUENT_TOPIC, FULL_BLOCK, load, RARE_TOPIC, signContent } from './support/rpcContent.ts'
import { type Peer, startAnvil, startReenact } from './support/rpcPeers.ts'

/** The first of the keys that anvil funds, known to everybody. */
const KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const ROUNDS = 8
const WARM_UP_MS = 300

type Question = {
  name: string
  request: Buffer
  /** at least so many times as often as anvil */
  bound?: number
  /** does the answer hold what it should? */
  holds(answer: unknown): boolean
}

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '2' }, profile: { type: 'string' } },
})
const roundMs = (Number(values.seconds) * 1_000) / ROUNDS

const account = privateKeyToAccount(KEY)
const contract = getContractAddress({ from: account.address, nonce: 0n })
const single = (method: string, params: readonly unknown[]) => ({ jsonrpc: '2.0', id: 1, method, params })
const resultOf = (answer: unknown): unknown => (answer as { result?: unknown }).result
const lengthIs = (count: number, of: (result: never) => { length: number }) => (answer: unknown) =>
  of(resultOf(answer) as never).length === count

function questions(): Question[] {
  const block = single('eth_getBlockByNumber', ['0x2', true])
  const range = { fromBlock: '0x1', toBlock: `0x${BLOCKS.toString(16)}`, address: contract }
  const balance = single('eth_getBalance', [account.address, 'latest'])
  const call = { from: account.address, to: contract }
  const transactions = lengthIs(FULL_BLOCK, (result: { transactions: unknown[] }) => result.transactions)
  const logs = (count: number) => lengthIs(count, (result: unknown[]) => result)
  const isQuantity = (answer: unknown) => /^0x[0-9a-f]+$/.test(String(resultOf(answer)))
  return [
    {
      name: `eth_getLogs, ${BLOCKS} blocks, 1 match`,
      request: postBytes(single('eth_getLogs', [{ ...range, topics: [RARE_TOPIC] }])),
      bound: 1,
      holds: logs(1),
    },
    {
      name: `eth_getLogs, ${BLOCKS} blocks, ${FULL_BLOCK} matches`,
      request: postBytes(single('eth_getLogs', [{ ...range, topics: [FREQUENT_TOPIC] }])),
      holds: logs(FULL_BLOCK),
    },
    {
      name: `eth_getBlockByNumber, ${FULL_BLOCK} objects`,
      request: postBytes(block),
      bound: 10,
      holds: transactions,
    },
    {
      name: 'the same, gzip accepted',
      request: postBytes(block, ['accept-encoding: gzip']),
      bound: 10,
      holds: transactions,
    },
    {
      name: `eth_getBlockByNumber, ${FULL_BLOCK} hashes`,
      request: postBytes(single('eth_getBlockByNumber', ['0x2', false])),
      holds: transactions,
    },
    {
      name: `eth_getBlockReceipts, ${FULL_BLOCK}`,
      request: postBytes(single('eth_getBlockReceipts', ['0x2'])),
      holds: logs(FULL_BLOCK),
    },
    {
      name: 'eth_call',
      request: postBytes(single('eth_call', [call, 'latest'])),
      holds: (answer) => BigInt(String(resultOf(answer))) === 42n,
    },
    {
      name: 'eth_estimateGas',
      request: postBytes(single('eth_estimateGas', [{ ...call, data: RARE_TOPIC }])),
      holds: isQuantity,
    },
    { name: 'eth_getBalance', request: postBytes(balance), holds: isQuantity },
    { name: 'eth_blockNumber', request: postBytes(single('eth_blockNumber', [])), holds: isQuantity },
    {
      name: 'a batch of 100 eth_getBalance',
      request: postBytes(Array.from({ length: 100 }, () => balance)),
      holds: (answer) => (answer as unknown[]).every(isQuantity),
    },
  ]
}

/** Answers per second, the median of rounds that alternate between the servers. */
async function measure(clients: readonly LeanClient[], { request }: Question): Promise<number[]> {
  const rates = clients.map((): number[] => [])
  for (const client of clients) await rateOf(client, request, WARM_UP_MS)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, client] of clients.entries()) rates[index]?.push(await rateOf(client, request, roundMs))
  }
  return rates.map((ofOne) => spreadOf(ofOne).median)
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

async function requireAnswer(peer: Peer, client: LeanClient, { name, request, holds }: Question): Promise<void> {
  const body = await client.read(request)
  const text = (body[0] === 0x1f ? gunzipSync(body) : body).toString()
  if (!holds(JSON.parse(text))) throw new Error(`${peer.name}, ${name}: ${text.slice(0, 300)}`)
}

const show = (rate: number): string => (rate < 100 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en'))

async function run(anvil: Peer, reenact: Peer): Promise<boolean> {
  const content = await signContent(account, contract)
  for (const peer of [anvil, reenact]) {
    const startedAt = performance.now()
    await load(peer, content)
    console.log(`${peer.name}: ${BLOCKS} blocks loaded in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
  }
  const peers = [anvil, reenact]
  const clients = await Promise.all(peers.map(({ url }) => createLeanClient(url)))
  let holds = true
  console.log(
    `${'answers per second'.padEnd(44)}${'anvil'.padStart(10)}${'reenact'.padStart(10)}${'ratio'.padStart(9)}`,
  )
  for (const question of questions()) {
    for (const [index, client] of clients.entries()) {
      const peer = peers[index]
      if (peer) await requireAnswer(peer, client, question)
    }
    const [theirs = 0, ours = 0] = await measure(clients, question)
    const ratio = ours / theirs
    const { bound } = question
    const isMissed = bound !== undefined && ratio < bound
    if (isMissed) holds = false
    const verdict = bound === undefined ? '' : `  [${isMissed ? 'FAILED' : 'ok'}: at least ${bound}]`
    console.log(
      `${question.name.padEnd(44)}${show(theirs).padStart(10)}${show(ours).padStart(10)}${ratio.toFixed(2).padStart(9)}${verdict}`,
    )
  }
  for (const client of clients) client.close()
  return holds
}

console.log(machine())
const anvil = await startAnvil()
if (anvil === undefined) {
  console.log(`no anvil for ${process.platform} ${process.arch}: nothing to compare with`)
} else {
  const profile = values.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${values.profile}`]
  const reenact = await startReenact(account.address, profile)
  if (!(await run(anvil, reenact))) process.exitCode = 1
  await Promise.all([anvil.stop(), reenact.stop()])
}
