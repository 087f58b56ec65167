import { createL1Client, type L1Client } from '../l1/l1Client.ts'
import { createL1Watcher, type L1Watcher } from '../l1/l1Watcher.ts'
import { transportTo } from '../l1/transportTo.ts'
import type { L2NodeDeps, L2NodeOptions } from '../l2NodeOptions.ts'
import { createInbox, type Inbox } from '../messages/inbox.ts'
import { createFinality, type Finality } from '../settling/finality.ts'

/** What an L2 node knows of its L1. */
export type L1Parts = {
  l1: L1Client
  watcher: L1Watcher
  /** messages from L1 */
  inbox: Inbox
  finality: Finality
}

export function createL1Parts(
  { deployment, l1PollMs }: Pick<L2NodeOptions, 'deployment' | 'l1PollMs'>,
  { chain, clock, logger, ...deps }: Pick<L2NodeDeps, 'chain' | 'clock' | 'logger' | 'l1'>,
): L1Parts {
  const l1 = createL1Client(typeof deps.l1 === 'string' ? transportTo(deps.l1) : deps.l1)
  const watcher = createL1Watcher(l1PollMs === undefined ? {} : { pollMs: l1PollMs }, {
    l1,
    deployment,
    meta: chain,
    clock,
    logger: logger.child('l1'),
  })
  return { l1, watcher, inbox: createInbox(watcher), finality: createFinality(watcher, clock) }
}
