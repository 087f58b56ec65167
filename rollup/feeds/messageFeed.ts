import type { StoredBlock } from '../../node/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { DELIVERED_TOPIC, decodeDelivered } from '../l1/l1Events.ts'
import type { L2Node } from '../l2Node.ts'
import { logsIn } from '../messages/followLogs.ts'
import { inboxLeaf } from '../messages/inbox.ts'
import type { L1MessageRecord } from '../types.ts'
import type { Source } from './feeds.ts'
import { followList } from './listFollower.ts'

type Hex = `0x${string}`

/**
 * A message from L1 was accepted (`queued`) or delivered on L2 (`claimed`). When a reorganisation takes that back:
 * `queued` with `isRemoved` is gone from L1, and `claimed` with `isRemoved` waits again.
 */
export type MessageNews = {
  index: bigint
  /** absent for a delivery that L2 shows before this node has read the message on L1 */
  hash?: Hex
  status: 'queued' | 'claimed'
  /** on the chain where it happened */
  block: bigint
  txHash: Hex
  isRemoved: boolean
}

type Delivery = { index: bigint; block: bigint; txHash: Hex }

export function createMessagesSource({ chain, watcher }: L2Node): Source<MessageNews> {
  const { deployment } = watcher
  const { messenger } = deployment.l2
  const hashOf = ({ message }: L1MessageRecord): Hex => inboxLeaf(deployment, message)

  const queued = (record: L1MessageRecord, isRemoved: boolean): MessageNews => {
    const { message, l1Block, l1TxHash } = record
    const { index } = message
    return { index, hash: hashOf(record), status: 'queued', block: l1Block, txHash: l1TxHash, isRemoved }
  }
  const claimed = (delivery: Delivery, isRemoved: boolean): MessageNews => {
    const record = watcher.messages()[Number(delivery.index)]
    return { ...delivery, ...(record && { hash: hashOf(record) }), status: 'claimed', isRemoved }
  }

  return (tell) => {
    const changes = followList<L1MessageRecord>({
      length: () => watcher.messages().length,
      at: (index) => watcher.messages()[index],
      idOf: ({ l1BlockHash, message }) => `${l1BlockHash} ${message.index}`,
    })
    const stops = [
      watcher.onChange(() => {
        const { removed, added } = changes()
        for (const record of removed) tell(queued(record, true))
        for (const record of added) tell(queued(record, false))
      }),
      chain.onHead(({ removed, added }) => {
        for (const block of removed) for (const found of deliveriesIn(block, messenger)) tell(claimed(found, true))
        for (const block of added) for (const found of deliveriesIn(block, messenger)) tell(claimed(found, false))
      }),
    ]
    return () => {
      for (const stop of stops) stop()
    }
  }
}

function deliveriesIn(block: StoredBlock, messenger: Hex): Delivery[] {
  const source = { emitter: hexToBytes(messenger), topic: hexToBytes(DELIVERED_TOPIC) }
  return [...logsIn(block, source)].flatMap(({ topics, data, l2Block, l2TxHash }) => {
    const event = decodeDelivered({ address: messenger, topics, data })
    return event === undefined ? [] : [{ index: event.index, block: l2Block, txHash: l2TxHash }]
  })
}
