import type { L2NodeDeps, L2NodeOptions } from '../l2NodeOptions.ts'
import { createDeliveries, type Deliveries } from '../messages/deliveries.ts'
import { createDeliverySimulation, type DeliverySimulation } from '../messages/deliverySimulation.ts'
import { createL1Messages, type L1Messages } from '../messages/l1Messages.ts'
import { createCrossOutbox, createOutbox, type Outbox } from '../messages/outbox.ts'
import type { BuildingParts } from './buildingParts.ts'
import type { L1Parts } from './l1Parts.ts'
import type { SequencingParts } from './sequencingParts.ts'
import type { SettlingParts } from './settlingParts.ts'

/** What is known of messages, both ways. */
export type MessageParts = {
  outbox: Outbox
  crossOutbox: Outbox
  deliveries: Deliveries
  deliverySimulation: DeliverySimulation
  l1Messages: L1Messages
}

export type MessagePartsDeps = Pick<L2NodeDeps, 'chain'> &
  L1Parts &
  Pick<SettlingParts, 'inputs'> &
  Pick<BuildingParts, 'claims'> &
  Pick<SequencingParts, 'pendingEnv'>

export function createMessageParts(
  { deployment }: Pick<L2NodeOptions, 'deployment'>,
  { chain, watcher, l1, inbox, finality, inputs, claims, pendingEnv }: MessagePartsDeps,
): MessageParts {
  const outbox = createOutbox(chain, deployment)
  const crossOutbox = createCrossOutbox(chain, deployment)
  const deliveries = createDeliveries(chain, deployment)
  const inboxSize = () => watcher.messages().length
  const deliverySimulation = createDeliverySimulation({ chain, deployment, envOf: pendingEnv, inboxSize })
  const l1Messages = createL1Messages({
    chain,
    view: watcher,
    l1,
    inbox,
    inputs,
    deliveries,
    claims,
    finality,
    simulation: deliverySimulation,
  })
  return { outbox, crossOutbox, deliveries, deliverySimulation, l1Messages }
}
