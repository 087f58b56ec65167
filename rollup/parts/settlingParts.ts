import { createFaults, type Faults } from '../control/faults.ts'
import type { L2NodeDeps, L2NodeOptions } from '../l2NodeOptions.ts'
import { SETTLEMENT_LIMITS } from '../limits.ts'
import { NO_KEYS } from '../noKeys.ts'
import { finalNumber, settledNumber } from '../reader.ts'
import { type AttemptJournal, createAttemptJournal } from '../settling/attempts.ts'
import { createInputStore, type InputStore } from '../settling/inputs.ts'
import { createSettlements, type Settlements } from '../settling/settlements.ts'
import { createSettler, type Settler } from '../settling/settler.ts'
import { createSteadySettlement, type SettledAndFinal } from '../settling/steadySettlement.ts'
import { createSyncStatus, type SyncStatusReader } from '../syncStatus.ts'
import type { L1Parts } from './l1Parts.ts'

/** How blocks get to L1, and how far they are. */
export type SettlingParts = {
  inputs: InputStore
  attempts: AttemptJournal
  faults: Faults
  settler: Settler
  settlements: Settlements
  settlement(): SettledAndFinal
  heads: SyncStatusReader
}

export type SettlingPartsDeps = Pick<L2NodeDeps, 'chain' | 'accounts' | 'verify' | 'clock' | 'logger'> &
  Pick<L1Parts, 'l1' | 'watcher' | 'finality'>

export function createSettlingParts(
  { limits = SETTLEMENT_LIMITS }: Pick<L2NodeOptions, 'limits'>,
  { chain, watcher, l1, finality, accounts, verify, clock, logger }: SettlingPartsDeps,
): SettlingParts {
  const onL1 = { chain, view: watcher, l1 }
  const inputs = createInputStore(chain)
  const attempts = createAttemptJournal(chain)
  const faults = createFaults({ ...onL1, logger: logger.child('faults') })
  const settler = createSettler(
    { limits },
    {
      ...onL1,
      inputs,
      attempts,
      faults,
      account: accounts?.settler ?? NO_KEYS,
      verify,
      onRefused: () => watcher.poke(),
      clock,
      logger: logger.child('settler'),
    },
  )
  const settlement = createSteadySettlement(watcher, () => ({
    settled: settledNumber(chain, watcher),
    final: finalNumber(chain, finality),
  }))
  return {
    inputs,
    attempts,
    faults,
    settler,
    settlements: createSettlements({ ...onL1, inputs, attempts, finality }),
    settlement,
    heads: createSyncStatus({ ...onL1, inputs, settlement }),
  }
}
