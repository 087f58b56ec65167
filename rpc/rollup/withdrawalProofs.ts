import * as z from 'zod'
import { type SimulatedClaim, simulateClaim } from '../../rollup/messages/claimSimulation.ts'
import { verifyWithdrawal } from '../../rollup/messages/withdrawalSteps.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { toQuantity } from '../hex.ts'
import { required, withDefault } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { reasonOf } from './reasons.ts'
import { addressIn, data, from, hash, hashIn, named, quantity64, quantity64In, quantityIn } from './wire.ts'

/**
 * One thing that a verifier looks at: the state root that L1 holds, trie nodes down to the slot of the outbox root, the hash
 * of the message, siblings up to the outbox root. `nibbles`: of the key's path that a node uses up; of a sibling 0 when the
 * message is on the left, else 1. `hash`: of the node, or what comes out; `expected`: what it must be.
 */
export const proofStep = named('ProofStep', {
  part: z.enum(['state-root', 'account', 'storage', 'outbox-root', 'message', 'outbox']),
  node: data.optional(),
  kind: z.enum(['branch', 'extension', 'leaf']).optional(),
  nibbles: z.string(),
  hash,
  expected: hash.optional(),
  ok: z.boolean(),
})
export type ProofStepForm = z.infer<typeof proofStep>

/** The steps up to the first that is wrong; `reason` says why it is, first the contract's error when it has one. */
export const proofVerdict = named('ProofVerdict', {
  ok: z.boolean(),
  steps: z.array(proofStep).readonly(),
  reason: z.string().optional(),
})
export type ProofVerdict = z.infer<typeof proofVerdict>

/** `gasLimit`: for the transaction. `gasUsed` and the reason of a receiver that fails are known where L1 offers debug_traceCall. */
export const claimSimulation = named('ClaimSimulation', {
  success: z.boolean(),
  gasLimit: quantity64.optional(),
  gasUsed: quantity64.optional(),
  revertReason: z.string().optional(),
  revertData: data.optional(),
})
export type ClaimSimulation = z.infer<typeof claimSimulation>

/** contracts/lib/Messages.sol::MAX_DATA_LENGTH, contracts/lib/MessageTree.sol::DEPTH; a node a nibble and the leaf */
const MAX_DATA_BYTES = 16_384
const MAX_SIBLINGS = 32
const MAX_NODES = 65
/** a branch of sixteen hashes has 532 */
const MAX_NODE_BYTES = 1_024

const bytesUpTo = (most: number) =>
  data.refine((hex) => hex.length <= 2 + 2 * most, { error: `expected at most ${most} bytes` })
const nodesIn = z.array(bytesUpTo(MAX_NODE_BYTES)).max(MAX_NODES)

const messageIn = z.object({
  sender: addressIn,
  to: addressIn,
  value: quantityIn,
  fee: quantityIn,
  gasLimit: quantity64In,
  data: bytesUpTo(MAX_DATA_BYTES),
  index: quantity64In,
})

/** As rollup_getWithdrawalProof gives it. What follows from the rest may be left out, and `calldata` is not read. */
const proofIn = z
  .object({
    message: messageIn,
    path: z.array(hashIn).max(MAX_SIBLINGS),
    l2Block: quantity64In,
    stateRoot: hashIn.exactOptional(),
    outboxRoot: hashIn.exactOptional(),
    accountProof: nodesIn,
    storageProof: nodesIn,
  })
  .meta({ title: 'WithdrawalClaim' })

const claimOptions = z.strictObject({ from: addressIn.exactOptional() })

/** What L1 makes of a proof of a withdrawal. */
export function rollupWithdrawalProofMethods({ rollup }: RollupDeps): MethodTable {
  return {
    rollup_verifyWithdrawalProof: rollupMethod(
      {
        summary: 'Checks the proof of a withdrawal step by step, as the contracts on L1 do.',
        params: [required('proof', from(proofIn))],
        result: proofVerdict,
      },
      ([claim]) => {
        const { watcher: view, finality } = rollup().node
        const verdict = verifyWithdrawal({ view, finality }, claim)
        return { ok: verdict.reason === undefined, ...verdict }
      },
    ),
    rollup_simulateClaim: rollupMethod(
      {
        summary: 'What the claim of a withdrawal would do on L1 now, sent by an account that gets the fee.',
        params: [required('proof', from(proofIn)), withDefault('options', from(claimOptions), {})],
        result: claimSimulation,
      },
      async ([claim, { from: sender }]) => {
        const { l1, watcher } = rollup().node
        return formatClaim(await simulateClaim({ l1, deployment: watcher.deployment }, claim, sender))
      },
    ),
  }
}

function formatClaim(claim: SimulatedClaim): ClaimSimulation {
  if (claim.success) {
    const { gasLimit, gasUsed } = claim
    const traced = gasUsed === undefined ? {} : { gasUsed: toQuantity(gasUsed) }
    return { success: true, gasLimit: toQuantity(gasLimit), ...traced }
  }
  const { error = 'execution reverted', output } = claim.inner ?? claim
  return { success: false, revertReason: reasonOf(hexToBytes(output)) ?? error, revertData: output }
}
