import type { MethodTable } from '../types.ts'
import { rollupArchiveMethods } from './archive.ts'
import { rollupConfigMethods } from './config.ts'
import { rollupCostMethods } from './costs.ts'
import { rollupCrossMessageMethods } from './crossMessages.ts'
import type { ReaderDeps, RollupDeps } from './deps.ts'
import { rollupDevnetMethods } from './devnetTools.ts'
import { rollupExecuteMethods } from './execute.ts'
import { rollupExplainMethods } from './explainAdvance.ts'
import { rollupFaultMethods } from './faults.ts'
import { rollupHeadMethods } from './heads.ts'
import { rollupIdentityMethods } from './identity.ts'
import { rollupInputMethods } from './inputs.ts'
import { rollupMessageProofMethods } from './messageProof.ts'
import { rollupMessageMethods } from './messages.ts'
import { withMethodList } from './methodList.ts'
import { rollupObservationMethods } from './observation.ts'
import { optimismMethods } from './optimism.ts'
import { rollupReorgMethods } from './reorgs.ts'
import { rollupSequencingMethods } from './sequencing.ts'
import { rollupSettlementMethods } from './settlements.ts'
import { rollupSettlingMethods } from './settling.ts'
import { rollupSimulateMessageMethods } from './simulateMessage.ts'
import { rollupSnapshotMethods } from './snapshots.ts'
import { rollupStatusMethods } from './status.ts'
import { rollupSubscriptionMethods } from './subscriptions.ts'
import { rollupTraceMethods } from './traceExecute.ts'
import { rollupWithdrawalProofMethods } from './withdrawalProofs.ts'
import { rollupWithdrawalMethods } from './withdrawals.ts'
import { rollupWitnessMethods } from './witnesses.ts'

/** The rollup_ methods, the same on the nodes of both chains. */
export function rollupMethods(deps: RollupDeps): MethodTable {
  return withMethodList({
    ...readerMethods({ reader: () => deps.rollup().node.reader }),
    // what it is, and where it stands
    ...rollupIdentityMethods(deps),
    ...rollupHeadMethods(deps),
    ...rollupSettlementMethods(deps),
    ...optimismMethods(deps),
    // messages both ways
    ...rollupMessageMethods(deps),
    ...rollupMessageProofMethods(deps),
    ...rollupSimulateMessageMethods(deps),
    ...rollupWithdrawalProofMethods(deps),
    // inside EXECUTE
    ...rollupInputMethods(deps),
    ...rollupExecuteMethods(deps),
    ...rollupWitnessMethods(deps),
    ...rollupTraceMethods(deps),
    ...rollupExplainMethods(deps),
    ...rollupCostMethods(deps),
    // by hand
    ...rollupSequencingMethods(deps),
    ...rollupSettlingMethods(deps),
    ...rollupFaultMethods(deps),
    ...rollupSnapshotMethods(deps),
    ...rollupReorgMethods(deps),
    ...rollupDevnetMethods(deps),
    ...rollupArchiveMethods(deps),
    // what happens
    ...rollupSubscriptionMethods(deps),
    ...rollupObservationMethods(deps),
  })
}

/** Those that only read what the rollup's node knows. */
export function readerMethods(deps: ReaderDeps): MethodTable {
  return {
    ...rollupConfigMethods(deps),
    ...rollupStatusMethods(deps),
    ...rollupWithdrawalMethods(deps),
    ...rollupCrossMessageMethods(deps),
  }
}
