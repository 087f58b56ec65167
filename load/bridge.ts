import { encodeEventTopics } from 'viem'
import { l1Messenger } from '../genesis/generated/L1Messenger.ts'
import { ask } from './ask.ts'
import type { Receipt } from './sender.ts'
import { quantity } from './settlements.ts'
import { spreadOf } from './statistics.ts'
import type { BridgeFigures, Hex, Sent, Target } from './types.ts'
import type { ChainWatch } from './watch.ts'

type Range = { from: number; to: number }
type Log = { topics: readonly Hex[]; blockNumber: Hex }
type Delivery = BridgeFigures['deposits']

// both messengers emit them with the same fields
const [SENT_TOPIC] = encodeEventTopics({ abi: l1Messenger.abi, eventName: 'MessageSent' })
const DELIVERED_TOPICS = encodeEventTopics({ abi: l1Messenger.abi, eventName: 'MessageDelivered' })

/** What became of the messages of the load, and how long each took: from sending it to the block of its delivery. */
export async function bridgeFigures(
  target: Target,
  sent: readonly { sent: Sent; receipt: Receipt }[],
  arrivals: { l1: Range & { watch: ChainWatch }; l2: Range & { watch: ChainWatch } },
): Promise<BridgeFigures> {
  const { l1, l2 } = target.contracts
  const onL2 = await deliveries(target.l2.url, l2.messenger, arrivals.l2)
  const onL1 = await deliveries(target.l1.url, l1.messenger, arrivals.l1)
  const deposits = follow(sent, 'deposit', (index) => timeOf(onL2.get(index), arrivals.l2.watch))
  const { delivered: claimed, ...withdrawals } = follow(sent, 'withdrawal', (index) =>
    timeOf(onL1.get(index), arrivals.l1.watch),
  )
  return { deposits, withdrawals: { ...withdrawals, claimed } }
}

const timeOf = (block: number | undefined, watch: ChainWatch) => (block === undefined ? undefined : watch.seenAt(block))

function follow(
  all: readonly { sent: Sent; receipt: Receipt }[],
  kind: 'deposit' | 'withdrawal',
  deliveredAt: (index: bigint) => number | undefined,
): Delivery {
  const messages = all.filter(({ sent, receipt }) => sent.kind === kind && receipt.status === '0x1')
  const times = messages.flatMap(({ sent, receipt }) => {
    const at = deliveredAt(messageIndex(receipt))
    return at === undefined ? [] : [at - sent.sentAt]
  })
  return { sent: messages.length, delivered: times.length, latencyMs: times.length === 0 ? null : spreadOf(times) }
}

function messageIndex({ logs, transactionHash }: Receipt): bigint {
  const index = logs.find(({ topics }) => topics[0] === SENT_TOPIC)?.topics[1]
  if (index === undefined) throw new Error(`${transactionHash} sent no message`)
  return BigInt(index)
}

/** Index of each message that was delivered, and the block that delivered it. */
async function deliveries(url: string, messenger: Hex, { from, to }: Range): Promise<Map<bigint, number>> {
  const range = { fromBlock: quantity(from), toBlock: quantity(to) }
  const filter = { address: messenger, topics: DELIVERED_TOPICS, ...range }
  const logs = await ask<Log[]>(url, 'eth_getLogs', [filter])
  return new Map(logs.map(({ topics, blockNumber }) => [BigInt(topics[1] ?? '0x0'), Number(blockNumber)]))
}
