import { manualClock, systemTimers } from '../../../node/clock.ts'
import { createL1Node, type L1Node, type L1NodeOptions } from '../../../node/l1Node.ts'
import { silentLogger } from '../../../node/logger.ts'
import { openStore } from '../../../node/store.ts'
import type { HeadChange, Logger } from '../../../node/types.ts'
import { devEngine, GENESIS_TIME } from './devChain.ts'

export type OpenL1Options = Partial<L1NodeOptions> & { dataDir?: string; logger?: Logger }

/** An L1 node over the real engine; its clock stands 100 seconds after genesis until it is told otherwise. */
export async function openL1({ dataDir, logger = silentLogger, ...options }: OpenL1Options = {}) {
  const { engine, genesis } = await devEngine()
  const store = await openStore(dataDir === undefined ? {} : { dataDir })
  const clock = manualClock((GENESIS_TIME + 100) * 1000)
  const node = await createL1Node(
    { genesis, sealMode: { kind: 'manual' }, ...options },
    { store, engine, clock, timers: systemTimers, logger },
  )
  node.start()
  return { node, clock, engine, store }
}

/** The next change of the head. */
export function nextHead({ chain }: L1Node): Promise<HeadChange> {
  return new Promise((resolve) => {
    const unsubscribe = chain.onHead((change) => {
      unsubscribe()
      resolve(change)
    })
  })
}
