import { encodeFunctionData, getContractAddress, type Hex, numberToHex } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { weth9 } from '../../genesis/generated/WETH9.ts'
import { ask, askMany } from '../../load/ask.ts'
import { accountsOf, type Call, createSender, type Sender, sendAll, signAll } from '../../load/sender.ts'
import { type LeanClient, postBytes } from './leanClient.ts'
import { CHAIN_ID, type Peer } from './rpcPeers.ts'

/** Each sends four of 1,000 transactions. */
const SENDERS = 250
const BATCH = 100
/** Nobody's block takes so long. */
const RECEIPT_TIMEOUT_MS = 10_000
const ETHER = 10n ** 18n

/** Signed transactions in rounds; every peer gets each of them once. */
export type SendWorkload = { name: string; rounds: readonly (readonly Hex[])[]; oneByOne: boolean }

/** Accounts with ETH and tokens on every peer. */
export type Funded = { senders: readonly Sender[]; token: Hex; holder: Hex }

/** Sends the same transactions to all peers, so that their chains stay equal. Blocks are made on request. */
export async function fundSenders(peers: readonly Peer[], account: PrivateKeyAccount): Promise<Funded> {
  const [first] = peers
  if (first === undefined) throw new Error('no peers')
  const chain = { url: first.url, chainId: CHAIN_ID }
  const nonce = BigInt(await ask<Hex>(first.url, 'eth_getTransactionCount', [account.address, 'latest']))
  const token = getContractAddress({ from: account.address, nonce })
  const rich = await createSender(chain, account)
  const senders = await Promise.all(accountsOf(CHAIN_ID, SENDERS).map((one) => createSender(chain, one)))
  const deployed = await rich.sign({ data: weth9.creationCode, gas: 2_000_000n })
  const funded = await signAll(
    rich,
    senders.map(({ address }) => ({ to: address, value: 10n * ETHER, gas: 21_000n })),
  )
  const data = encodeFunctionData({ abi: weth9.abi, functionName: 'deposit' })
  const deposited = await Promise.all(senders.map(({ sign }) => sign({ to: token, data, value: ETHER, gas: 60_000n })))
  for (const { url } of peers) {
    await ask(url, 'evm_setAutomine', [false])
    for (const transactions of [[deployed], funded, deposited]) {
      await sendAll(url, transactions)
      await ask(url, 'evm_mine', [])
    }
  }
  return { senders, token, holder: senders[0]?.address ?? token }
}

/** `width`: how many of the senders take turns. */
export async function signTransfers(
  { senders, token }: Funded,
  { width = SENDERS, count, rounds, kind }: { width?: number; count: number; rounds: number; kind: 'eth' | 'erc20' },
): Promise<Hex[][]> {
  const call = (index: number): Call => {
    const to = numberToHex(0xbe0000 + index, { size: 20 })
    if (kind === 'eth') return { to, value: 1n, gas: 21_000n }
    const data = encodeFunctionData({ abi: weth9.abi, functionName: 'transfer', args: [to, 1n] })
    return { to: token, data, gas: 80_000n }
  }
  const signed: Hex[][] = []
  for (let round = 0; round < rounds; round++) {
    const calls = Array.from({ length: count }, (_, index) => senders[index % width]?.sign(call(index)))
    signed.push((await Promise.all(calls)).flatMap((one) => one?.raw ?? []))
  }
  return signed
}

/** Seconds until every transaction of a round is in a block; one by one, each has its receipt before the next is sent. */
export async function sendRound(
  { name, url }: Peer,
  client: LeanClient,
  { oneByOne }: SendWorkload,
  round: readonly Hex[],
): Promise<number> {
  await ask(url, 'evm_setAutomine', [oneByOne])
  const requests = requestsOf(round, oneByOne)
  const before = Number(await ask<Hex>(url, 'eth_blockNumber', []))
  const startedAt = performance.now()
  const sent: Buffer[] = []
  for (const request of requests) {
    const answer = await client.read(request)
    sent.push(answer)
    if (oneByOne) await receiptOf(client, JSON.parse(answer.toString()))
  }
  if (!oneByOne) {
    await client.exchange(postBytes(message('evm_mine', [])))
    await receiptOf(client, (JSON.parse(String(sent.at(-1))) as Answer[]).at(-1))
  }
  const seconds = (performance.now() - startedAt) / 1000
  const mined = await transactionsSince(url, before)
  if (mined !== round.length) {
    throw new Error(`${name}: ${mined} of ${round.length} transactions are mined; the first answer is ${sent[0]}`)
  }
  return seconds
}

type Answer = { result?: unknown }

/** Asks until there is one: anvil answers before it has made the block. */
async function receiptOf(client: LeanClient, sent: Answer | undefined): Promise<void> {
  const request = postBytes(message('eth_getTransactionReceipt', [sent?.result]))
  const deadline = performance.now() + RECEIPT_TIMEOUT_MS
  while (performance.now() < deadline) {
    const { result } = JSON.parse((await client.read(request)).toString()) as Answer
    if (result !== null && result !== undefined) return
  }
  throw new Error(`no receipt of ${sent?.result}`)
}

async function transactionsSince(url: string, block: number): Promise<number> {
  const head = Number(await ask<Hex>(url, 'eth_blockNumber', []))
  const numbers = Array.from({ length: head - block }, (_, index) => [numberToHex(block + 1 + index)])
  const counts = await askMany<Hex>(url, 'eth_getBlockTransactionCountByNumber', numbers)
  return counts.reduce((sum, count) => sum + Number(count), 0)
}

const message = (method: string, params: readonly unknown[]) => ({ jsonrpc: '2.0', id: 1, method, params })

/** Made before the clock runs. */
function requestsOf(round: readonly Hex[], oneByOne: boolean): Buffer[] {
  const messages = round.map((raw) => message('eth_sendRawTransaction', [raw]))
  if (oneByOne) return messages.map((one) => postBytes(one))
  return Array.from({ length: Math.ceil(messages.length / BATCH) }, (_, index) =>
    postBytes(messages.slice(index * BATCH, (index + 1) * BATCH)),
  )
}
