import type { RollupDeployment } from '../../genesis/types.ts'
import type { Chain } from '../../node/types.ts'
import { DELIVERED_TOPIC, decodeDelivered } from '../l1/l1Events.ts'
import { followLogs } from './followLogs.ts'

type Hex = `0x${string}`

/** Where a message from L1 was delivered. */
export type Delivery = { l2Block: bigint; l2TxHash: Hex }

/** The messages from L1 that the canonical L2 chain has delivered, following its head. */
export type Deliveries = {
  /** undefined: the message with this index is not delivered (any more) */
  of(index: bigint): Delivery | undefined
  close(): void
}

export function createDeliveries(chain: Chain, { l2: { messenger } }: RollupDeployment): Deliveries {
  const known = new Map<bigint, Delivery>()
  /** indices, as they were delivered */
  const order: bigint[] = []
  const close = followLogs(
    chain,
    { address: messenger, topic: DELIVERED_TOPIC },
    {
      add({ topics, data, l2Block, l2TxHash }) {
        const event = decodeDelivered({ address: messenger, topics, data })
        if (event === undefined) return
        known.set(event.index, { l2Block, l2TxHash })
        order.push(event.index)
      },
      cut(fromBlock) {
        for (let last = order.at(-1); last !== undefined; last = order.at(-1)) {
          if ((known.get(last)?.l2Block ?? fromBlock) < fromBlock) return
          known.delete(last)
          order.pop()
        }
      },
    },
  )
  return { of: (index) => known.get(index), close }
}
