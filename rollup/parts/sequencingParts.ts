import type { BlockEnv } from '../../execution/types.ts'
import { createPendingBlocks, type PendingBlocks } from '../../node/pendingBlock.ts'
import { createSealer } from '../../node/sealer.ts'
import type { Sealer } from '../../node/types.ts'
import type { Block } from '../../stateless/types.ts'
import { derivationOf } from '../derivation.ts'
import type { L2NodeDeps, L2NodeOptions } from '../l2NodeOptions.ts'
import { SETTLEMENT_LIMITS } from '../limits.ts'
import { pendingEnv } from '../pendingEnv.ts'
import { createReconciler, type Reconciler } from '../rebuild.ts'
import { createSequencer, type Sequencer } from '../sequencer.ts'
import { createSettledBlockReader } from '../settling/settledBlocks.ts'
import type { Derivation } from '../types.ts'
import type { BuildingParts } from './buildingParts.ts'
import type { L1Parts } from './l1Parts.ts'
import type { SettlingParts } from './settlingParts.ts'

/** When blocks are made and taken back. */
export type SequencingParts = {
  sequencer: Sequencer
  sealer: Sealer
  pending: PendingBlocks
  /** what a block begun on `parent` now would begin with */
  pendingEnv(parent: Block): BlockEnv
  /** whether blocks must keep to the windows of anchors and timestamps, since they are to be settled */
  windows: { current: boolean }
  derivation(): Derivation
}

export type SequencingPartsOptions = Pick<
  L2NodeOptions,
  'deployment' | 'role' | 'sealMode' | 'settle' | 'sharesClock' | 'limits'
>
export type SequencingPartsDeps = Pick<L2NodeDeps, 'chain' | 'pool' | 'clock' | 'timers' | 'logger'> &
  Pick<L1Parts, 'l1' | 'watcher'> &
  Pick<SettlingParts, 'inputs' | 'faults'> &
  Pick<BuildingParts, 'claims' | 'forced' | 'replay' | 'builder' | 'coinbase' | 'isOwn'>

export function createSequencingParts(options: SequencingPartsOptions, deps: SequencingPartsDeps): SequencingParts {
  const { chain, watcher, timers } = deps
  const reconciler = reconcilerFor(options, deps)
  const windows = { current: options.settle }
  const sequencer = createSequencer(
    { windows: () => windows.current, builds: options.role === 'sequencer' },
    { ...deps, view: watcher, reconciler, logger: deps.logger.child('sequencer') },
  )
  const envOf = (parent: Block) => envFor(options, deps, parent)
  const pending = pendingFor(options, deps, envOf)
  const sealer = createSealer(
    { mode: options.sealMode },
    { seal: (trigger) => pending.during(() => sequencer.seal(trigger)), timers, logger: deps.logger.child('sealer') },
  )
  const derivation = () => derivationOf(chain, watcher, reconciler)
  return { sequencer, sealer, pending, pendingEnv: envOf, windows, derivation }
}

function reconcilerFor(
  { deployment, role, sharesClock = false }: SequencingPartsOptions,
  { chain, watcher, l1, inputs, replay, isOwn, clock, logger }: SequencingPartsDeps,
): Reconciler {
  return createReconciler({
    chain,
    view: watcher,
    l1,
    inputs,
    replay,
    settledBlocks: createSettledBlockReader(l1, deployment),
    isOwn,
    clock,
    sharesClock,
    isFollower: role === 'follower',
    logger: logger.child('rebuild'),
  })
}

function envFor(
  { deployment }: SequencingPartsOptions,
  { watcher, clock, coinbase }: SequencingPartsDeps,
  parent: Block,
): BlockEnv {
  const gasLimit = BigInt(deployment.l2GasLimit)
  return pendingEnv(parent, { view: watcher, clock, gasLimit, coinbase: () => coinbase.current })
}

function pendingFor(
  { limits = SETTLEMENT_LIMITS }: SequencingPartsOptions,
  { chain, pool, logger }: SequencingPartsDeps,
  env: (parent: Block) => BlockEnv,
): PendingBlocks {
  return createPendingBlocks(
    { env, limits: { maxRegularGas: limits.maxRegularGas, maxTransactionBytes: limits.maxCalldataBytes } },
    { chain, pool, logger: logger.child('pending') },
  )
}
