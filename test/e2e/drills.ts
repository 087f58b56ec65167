import { encodeFunctionData, parseEventLogs, toHex } from 'viem'
import { DEV_ADDRESSES } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { MESSENGER_SUPPLY } from '../../genesis/parameters.ts'
import type { RollupDeployment } from '../../genesis/types.ts'
import type { ReorgReport } from '../../rpc/rollup/reorgs.ts'
import { type Access, accessTo, type Hex } from './chainAccess.ts'
import { MESSAGE_GAS, until } from './clients.ts'
import type { TestDevnet } from './devnet.ts'

/** A devnet under random use, with a memory of everything that was sent to it. */
export type Drill = {
  l1: Access
  l2: Access
  deployment: RollupDeployment
  random: Random
  sent: Sent
}

export type Random = { below(limit: number): number; chance(probability: number): boolean; shuffle<T>(items: T[]): T[] }

/** By transaction hash; what a report says is gone is taken out, and nothing else. */
type Sent = { deposits: Map<Hex, bigint>; l2: Set<Hex>; withdrawals: Map<Hex, bigint>; recipient: Hex }

export type Point = { number: Hex; hash: Hex; timestamp: Hex }

/** A seeded generator (mulberry32), so that a drill that failed can be run again. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (probability) => next() < probability,
    shuffle(items) {
      const copy = [...items]
      for (let index = copy.length - 1; index > 0; index--) {
        const other = Math.floor(next() * (index + 1))
        const [a, b] = [copy[index], copy[other]]
        if (a !== undefined && b !== undefined) [copy[index], copy[other]] = [b, a]
      }
      return copy
    },
  }
}

export function startDrill(devnet: TestDevnet, seed: number): Drill {
  const recipient: Hex = '0x000000000000000000000000000000000d711000'
  return {
    l1: accessTo(devnet.l1Url),
    l2: accessTo(devnet.l2Url),
    deployment: devnet.deployment,
    random: seeded(seed),
    sent: { deposits: new Map(), l2: new Set(), withdrawals: new Map(), recipient },
  }
}

/** What users do, one step of it. Every amount is another, so that nothing cancels out. */
export async function act({ l1, l2, deployment, random, sent }: Drill): Promise<void> {
  const value = BigInt(1 + random.below(1_000_000))
  const from = DEV_ADDRESSES[1 + random.below(4)]
  switch (random.below(7)) {
    case 0:
    case 1: {
      const { l1TxHash } = await l1.call<{ l1TxHash: Hex }>('rollup_deposit', [
        { from, to: sent.recipient, value: toHex(value) },
      ])
      sent.deposits.set(l1TxHash, value)
      return
    }
    case 2: {
      const hash = await l2.call<Hex>('eth_sendTransaction', [{ from, to: sent.recipient, value: toHex(value) }])
      sent.l2.add(hash)
      return
    }
    case 3: {
      const args = [sent.recipient, 0n, MESSAGE_GAS, '0x'] as const
      const data = encodeFunctionData({ abi: l2Messenger.abi, functionName: 'sendMessage', args })
      const request = { from, to: deployment.l2.messenger, value: toHex(value), data }
      const hash = await l2.call<Hex>('eth_sendTransaction', [request])
      sent.l2.add(hash)
      sent.withdrawals.set(hash, value)
      return
    }
    case 4:
      return claimSome({ l1, l2 })
    case 5:
      return void (await l1.call('evm_mine'))
    default:
      return void (await l2.call('evm_mine'))
  }
}

type Withdrawal = { id: Hex; l2TxHash: Hex; status: string; value: Hex }

async function claimSome({ l1, l2 }: Pick<Drill, 'l1' | 'l2'>): Promise<void> {
  const ready = await l2.call<Withdrawal[]>('rollup_getWithdrawals', [{ status: 'ready-to-claim' }])
  for (const { id } of ready.slice(0, 3)) {
    // L1 may have gone on: claimed by now, or settled anew
    await l1.call('rollup_claim', [id]).catch((error: Error) => {
      if (!/-32000|-32001|AlreadyDelivered|UnknownBlock|InvalidProof/.test(error.message)) throw error
    })
  }
}

/** Everything that can happen by itself has happened. */
export async function quiet({ l1, l2 }: Pick<Drill, 'l1' | 'l2'>): Promise<void> {
  type Status = { lag: { blocks: Hex }; queue: { deposits: Hex }; l1Head: Point; sequencer: { active: boolean } }
  let last = ''
  await until(
    'both chains to come to rest',
    async () => {
      const status = await l2.call<Status>('rollup_status')
      const head = await l1.call<Point>('eth_getBlockByNumber', ['latest', false])
      last = JSON.stringify({ status, head: head.number })
      const pools = [l1, l2].map((chain) => chain.call<{ pending: Hex }>('txpool_status'))
      if ((await Promise.all(pools)).some(({ pending }) => pending !== '0x0')) return undefined
      const isDone = status.lag.blocks === '0x0' && status.queue.deposits === '0x0' && status.l1Head.hash === head.hash
      return isDone ? true : undefined
    },
    45_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}: ${last}`)
  })
}

/** What must be true of two chains at rest. Gives every promise that is broken; asks again when something moved meanwhile. */
export async function brokenPromises(drill: Drill): Promise<string[]> {
  for (;;) {
    await quiet(drill)
    const before = await headsNow(drill)
    const broken = [...(await moneyOf(drill)), ...(await headsOf(drill)), ...(await lostOf(drill))]
    if ((await headsNow(drill)) === before) return broken
  }
}

async function headsNow({ l1, l2 }: Drill): Promise<string> {
  const heads = [l1, l2].map((chain) => chain.call<Point>('eth_getBlockByNumber', ['latest', false]))
  return (await Promise.all(heads)).map(({ hash }) => hash).join()
}

async function moneyOf({ l1, l2, deployment, sent }: Drill): Promise<string[]> {
  const broken: string[] = []
  const check = (what: string, got: bigint, want: bigint): void => {
    if (got !== want) broken.push(`${what}: ${got}, not ${want}`)
  }
  const balance = async (chain: Access, of: Hex, block = 'latest') =>
    BigInt(await chain.call<Hex>('eth_getBalance', [of, block]))
  const onL1 = await eventsOf(l1, deployment.l1.messenger)
  const onL2 = await eventsOf(l2, deployment.l2.messenger)
  for (const [where, { delivered }] of [
    ['L2', onL2],
    ['L1', onL1],
  ] as const) {
    if (new Set(delivered).size !== delivered.length) broken.push(`a message was delivered twice on ${where}`)
  }
  const sumOf = (messages: ReadonlyMap<bigint, bigint>, indices: readonly bigint[]) =>
    indices.reduce((sum, index) => sum + (messages.get(index) ?? 0n), 0n)
  const [deposited, withdrawn] = [onL1, onL2].map(({ sent }) => sumOf(sent, [...sent.keys()]))
  const [paidOnL2, paidOnL1] = [sumOf(onL1.sent, onL2.delivered), sumOf(onL2.sent, onL1.delivered)]
  const backing = await balance(l1, deployment.l1.messenger, 'earliest')
  check('escrow', await balance(l1, deployment.l1.messenger), backing + (deposited ?? 0n) - paidOnL1)
  check('supply of L2', await balance(l2, deployment.l2.messenger), MESSENGER_SUPPLY - paidOnL2 + (withdrawn ?? 0n))
  check('undelivered deposits', BigInt(onL2.delivered.length), BigInt(onL1.sent.size))
  check('paid to the recipient on L1', await balance(l1, sent.recipient), paidOnL1)
  return broken
}

type MessengerEvents = { sent: Map<bigint, bigint>; delivered: bigint[] }

async function eventsOf(chain: Access, address: Hex): Promise<MessengerEvents> {
  const logs = await chain.call<never[]>('eth_getLogs', [{ address, fromBlock: 'earliest', toBlock: 'latest' }])
  const sent = parseEventLogs({ abi: l1Messenger.abi, eventName: 'MessageSent', logs })
  const delivered = parseEventLogs({ abi: l1Messenger.abi, eventName: 'MessageDelivered', logs })
  return {
    sent: new Map(sent.map(({ args }) => [args.index, args.value])),
    delivered: delivered.map(({ args }) => args.index),
  }
}

/** Tags against the contract, and the watcher against L1. */
async function headsOf({ l1, l2, deployment }: Drill): Promise<string[]> {
  const read = async (functionName: 'headNumber' | 'headHash') => {
    const data = encodeFunctionData({ abi: nativeRollup.abi, functionName })
    return l1.call<Hex>('eth_call', [{ to: deployment.l1.rollup, data }, 'latest'])
  }
  const number = toHex(BigInt(await read('headNumber')))
  const hash = await read('headHash')
  const block = (tag: string) => l2.call<Point | null>('eth_getBlockByNumber', [tag, false])
  const [settled, safe, finalized, latest] = await Promise.all([number, 'safe', 'finalized', 'latest'].map(block))
  const broken: string[] = []
  if (settled?.hash !== hash) broken.push(`L2 block ${number} is ${settled?.hash}, not ${hash} as the contract says`)
  if (safe?.hash !== hash) broken.push(`safe is ${safe?.number}, the contract is at ${number}`)
  if (latest?.hash !== hash) broken.push(`L2 is at ${latest?.number}, the contract at ${number}`)
  if (finalized?.hash !== hash) broken.push(`finalized is ${finalized?.number} without a delay, safe ${number}`)
  return broken
}

/** What was sent is there, unless a report said that it is gone. */
async function lostOf({ l1, l2, deployment, sent }: Drill): Promise<string[]> {
  type Receipt = { status: Hex; logs: { address: Hex }[] } | null
  const broken: string[] = []
  const missing = async (chain: Access, hashes: Iterable<Hex>, address?: Hex) => {
    const list = [...hashes]
    const receipts = await chain.batch<Receipt>(
      'eth_getTransactionReceipt',
      list.map((hash) => [hash]),
    )
    const lost = list.filter((_, index) => {
      const receipt = receipts[index]
      const isThere = receipt?.status === '0x1'
      return !isThere || (address !== undefined && !receipt.logs.some((log) => log.address === address.toLowerCase()))
    })
    const waiting = await chain.batch<object | null>(
      'eth_getTransactionByHash',
      lost.map((hash) => [hash]),
    )
    // one whose nonce has a gap before it waits in the pool, as was said
    return lost.filter((_, index) => waiting[index] === null || receipts[list.indexOf(lost[index] ?? '0x')] !== null)
  }
  for (const hash of await missing(l1, sent.deposits.keys(), deployment.l1.messenger))
    broken.push(`deposit ${hash} is lost`)
  for (const hash of await missing(l2, sent.l2)) broken.push(`L2 transaction ${hash} is lost`)
  for (const hash of await missing(l2, sent.withdrawals.keys(), deployment.l2.messenger))
    broken.push(`withdrawal ${hash} is lost`)
  return broken
}

/**
 * Takes out of the memory what a report says is gone or failed, and what it says is waiting: that may yet fail, since it
 * runs on another state than the one for which its gas was estimated.
 */
export function believe({ sent }: Drill, { l1, rollups }: ReorgReport): void {
  for (const { hash, now } of l1.transactions) {
    if (now.status !== 'included' || !now.succeeded) sent.deposits.delete(hash)
  }
  for (const { hash, now } of rollups.flatMap(({ transactions }) => transactions)) {
    if (now.status === 'included' && now.succeeded) continue
    sent.l2.delete(hash)
    sent.withdrawals.delete(hash)
  }
}
