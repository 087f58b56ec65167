import { readEnvelopes } from '../stateless/envelope.ts'
import { NodeError, OverBudget } from '../stateless/errors.ts'
import { decodeStatelessInput, encodeResult, RESULT_SIZE } from '../stateless/ssz.ts'
import type { RunBlock, StatelessInput } from '../stateless/types.ts'
import { type VerifyDeps, verifyStatelessNewPayload } from '../stateless/verify.ts'
import { checkBounds, checkConstraints } from './limits.ts'
import type { ExecuteFailure, ExecutePhase, Finding, Judge } from './types.ts'

export type JudgeDeps = {
  /** the block runner in which EXECUTE itself is inactive */
  runBlock: RunBlock
  /** as in VerifyDeps */
  pause?(): Promise<void> | undefined
  /** told whenever a part of the work begins; one call at a time, or nobody can tell whose part it is */
  onPhase?(phase: ExecutePhase): void
}

/** All of EXECUTE that depends on nothing but the input and its budget: decoding, constraints, bounds, the metered run. */
export function createJudge(deps: JudgeDeps): Judge {
  return async (input, budget) => {
    const checked = checkInput(deps, input, budget)
    if ('failure' in checked) return { valid: false, failure: checked.failure, executedGas: 0n }
    return verifyInput(deps, checked, budget)
  }
}

/** `read` is what the bounds needed to know and the verification need not find out again. */
export type CheckedInput = { input: StatelessInput; read: Pick<VerifyDeps, 'envelopes'> }

/** Decoding, constraints and, given a budget, the bounds before signatures. */
export function checkInput(
  { onPhase }: JudgeDeps,
  bytes: Uint8Array,
  budget?: bigint,
): CheckedInput | { failure: ExecuteFailure } {
  let stage: 'decode' | 'constraints' | 'bounds' = 'decode'
  try {
    onPhase?.(stage)
    const input = decodeStatelessInput(bytes)
    stage = 'constraints'
    onPhase?.(stage)
    checkConstraints(input)
    if (budget === undefined) return { input, read: {} }
    stage = 'bounds'
    onPhase?.(stage)
    const envelopes = readEnvelopes(input.newPayloadRequest.executionPayload.transactions)
    checkBounds(
      envelopes.map(({ fields }) => fields),
      budget,
    )
    return { input, read: { envelopes } }
  } catch (error) {
    if (!(error instanceof NodeError)) throw error
    return { failure: failureOf(stage, error) }
  }
}

/** Validates an input that passed the checks; without a budget the run is not metered. */
export async function verifyInput(
  { runBlock, pause, onPhase }: JudgeDeps,
  { input, read }: CheckedInput,
  budget?: bigint,
): Promise<Finding> {
  const verification = await verifyStatelessNewPayload(input, {
    runBlock,
    refuseForeignSystemCode: true,
    ...(pause === undefined ? {} : { pause }),
    ...(onPhase === undefined ? {} : { onPhase }),
    ...(budget === undefined ? {} : { budget }),
    ...read,
  })
  if (!verification.valid) {
    const { reason } = verification
    const stage = reason instanceof OverBudget ? 'metering' : 'validation'
    return { valid: false, failure: failureOf(stage, reason), executedGas: executedGasOf(reason) }
  }
  const { regularGas, executedGas } = verification.outcome
  const output = encodeResult(verification.result)
  if (output.length !== RESULT_SIZE) throw new Error(`EXECUTE result of ${output.length} bytes`)
  return { valid: true, output, regularGas, executedGas }
}

function failureOf(stage: ExecuteFailure['stage'], error: NodeError): ExecuteFailure {
  // Views would keep the whole input alive as long as the failure is remembered.
  const data = Object.entries(error.data).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? value.slice() : value,
  ])
  return { stage, code: error.code, message: error.message, data: Object.fromEntries(data) }
}

/** The runner notes on its errors how much gas had run (`data.executedGas`); before a run it is zero. */
function executedGasOf(reason: NodeError): bigint {
  const gas = reason.data.executedGas
  return typeof gas === 'bigint' ? gas : 0n
}
