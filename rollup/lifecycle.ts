import { onHeadBursts } from '../node/headBursts.ts'
import { checkDeployment } from './deployment.ts'
import type { L2NodeDeps, L2NodeOptions } from './l2NodeOptions.ts'
import type { Parts } from './parts/parts.ts'
import { onceEach, runLogged } from './runLogged.ts'

/** From the first look at L1 to the end. */
export type Lifecycle = {
  /** checks the contracts on L1, reads L1, brings the chain in line, then runs; throws RollupError */
  start(): Promise<void>
  isRunning(): boolean
  close(): Promise<void>
}

export type LifecycleOptions = Pick<L2NodeOptions, 'deployment' | 'role' | 'settle'>
export type LifecycleDeps = Pick<L2NodeDeps, 'chain' | 'pool' | 'clock' | 'timers' | 'logger'> & Parts

/** How often waiting work, heartbeat and windows are looked at when nothing else wakes the node. */
const TICK_MS = 1_000

export function createLifecycle(options: LifecycleOptions, deps: LifecycleDeps): Lifecycle {
  const { chain, pool, timers, logger, watcher, sequencer, settler, sealer } = deps
  const builds = options.role === 'sequencer'
  const stops: (() => void)[] = []
  let running = false
  let cancelTick: (() => void) | undefined
  const followL1 = createFollowing(builds, deps)

  const onL1 = (): void => {
    if (running) followL1()
  }
  const tick = (): void => {
    cancelTick = timers.after(TICK_MS, tick)
    onL1()
    if (builds && isHeartbeatDue(options, deps)) runLogged(logger, 'heartbeat', () => sealer.sealNow())
  }
  return {
    isRunning: () => running,
    async start() {
      await checkDeployment(deps.l1, options.deployment, chain.genesis)
      await watcher.step()
      running = true
      if (builds) await deps.builder.resume()
      await sequencer.reconcile()
      stops.push(watcher.onChange(onL1), onHeadBursts(chain, timers, settler.wake))
      watcher.start()
      if (builds) {
        stops.push(pool.onPending(sealer.wake.bind(sealer)))
        sealer.start()
        if (options.settle) settler.start()
      }
      tick()
    },
    async close() {
      running = false
      cancelTick?.()
      for (const stop of stops.splice(0)) stop()
      await closeParts(deps)
    },
  }
}

/** L1 has changed: the settler looks at it, and the chain is brought in line, in one round at a time. */
function createFollowing(builds: boolean, { settler, sequencer, sealer, logger }: LifecycleDeps): () => void {
  const followed = onceEach(logger)
  let isFollowing = false
  return () => {
    settler.wake()
    if (isFollowing) return
    isFollowing = true
    runLogged(followed, 'following L1', async () => {
      // from here on a further change of L1 asks for another round
      await sequencer.reconcile(() => {
        isFollowing = false
      })
      if (builds && sequencer.hasWork()) sealer.wake()
    })
  }
}

/** Everything is settled and nothing happened for half of SEQUENCER_TIMEOUT: an empty block keeps the rollup ours. */
function isHeartbeatDue(
  { settle, deployment }: LifecycleOptions,
  { settlement, sealer, chain, clock }: LifecycleDeps,
): boolean {
  if (!settle || sealer.mode.kind !== 'instant') return false
  const { number, timestamp } = chain.head().header
  if (settlement().settled < number) return false
  const silence = BigInt(Math.floor(clock.nowMs() / 1000)) - timestamp
  return silence >= BigInt(deployment.parameters.sequencerTimeout) / 2n
}

async function closeParts(parts: Parts): Promise<void> {
  await parts.sealer.close()
  await parts.sequencer.exclusively(async () => undefined)
  await parts.settler.close()
  await parts.watcher.close()
  await parts.l1.close()
  parts.outbox.close()
  parts.crossOutbox.close()
  parts.deliveries.close()
}
