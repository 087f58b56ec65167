import { bytesToHex } from '../stateless/bytes.ts'
import { readEnvelopes } from '../stateless/envelope.ts'
import { NodeError, OverBudget } from '../stateless/errors.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { decodeStatelessInput, encodeResult, RESULT_SIZE } from '../stateless/ssz.ts'
import type { Hash32, RunBlock, StatelessInput } from '../stateless/types.ts'
import { type Verification, type VerifyDeps, verifyStatelessNewPayload } from '../stateless/verify.ts'
import { claimedGas, executeGas, upfrontGas } from './gas.ts'
import { type BoundExceeded, checkBounds, checkConstraints } from './limits.ts'
import type {
  CachedExecution,
  ExecuteFailure,
  ExecutePhase,
  ExecuteVerdict,
  ExecutionCache,
  GasSchedule,
} from './types.ts'

export type ExecuteDeps = {
  /** the block runner in which EXECUTE itself is inactive */
  runBlock: RunBlock
  schedule: GasSchedule
  cache: ExecutionCache
  /** told of every input on which a library failed in a way that is not one of its rules */
  logger?: { error(event: string, fields?: Record<string, unknown>): void }
  /** as in VerifyDeps */
  pause?(): Promise<void> | undefined
  /** told whenever a part of the work begins; one call at a time, or nobody can tell whose part it is */
  onPhase?(phase: ExecutePhase): void
}

export type Execute = {
  /** The verdict with its reason, for the CLI and for tests. */
  execute(input: Uint8Array, gasLimit: bigint): Promise<ExecuteVerdict>
  /** The same as the EVM sees it: 43 bytes and a charge, or a halt that takes all forwarded gas. */
  precompile(
    input: Uint8Array,
    gasLimit: bigint,
  ): Promise<{ ok: true; output: Uint8Array; gasUsed: bigint } | { ok: false }>
}

/**
 * The EXECUTE precompile (EIP-8079 draft; metering and order are ours, docs/spec-gaps.md):
 *
 * 1. charge base + 16 per byte of input
 * 2. decode, L2 constraints
 * 3. bounds that need no signature: tx.gas >= L for each transaction, sum(L) within the budget
 * 4. verify, the run metered by the budget (what is left of the forwarded gas)
 * 5. success: the 43-byte result, charged base + 16 per byte + R
 *
 * Whatever is wrong with the input ends in `ok: false`. What is not a NodeError is a bug of ours and propagates.
 */
export function createExecute(deps: ExecuteDeps): Execute {
  const execute =
    deps.schedule === 'metered'
      ? (input: Uint8Array, gasLimit: bigint) => executeMetered(deps, input, gasLimit)
      : executeByClaim(deps, deps.schedule)
  return {
    execute,
    async precompile(input, gasLimit) {
      const verdict = await execute(input, gasLimit)
      return verdict.ok ? { ok: true, output: verdict.output, gasUsed: verdict.gasUsed } : { ok: false }
    },
  }
}

async function executeMetered(deps: ExecuteDeps, lent: Uint8Array, gasLimit: bigint): Promise<ExecuteVerdict> {
  const upfront = upfrontGas(lent.length)
  if (gasLimit < upfront) return refuse(outOfGas(upfront, gasLimit))
  deps.onPhase?.('input')
  // The caller's memory, which changes as soon as it goes on; what we remember must not.
  const input = lent.slice()
  const budget = gasLimit - upfront
  const inputHash = keccak256(input)
  const cached = fromCache(deps.cache.get(inputHash), input.length, budget)
  if (cached !== undefined) return cached

  const checked = checkInput(deps, input, budget)
  if ('failure' in checked) {
    deps.cache.set(inputHash, cacheEntry(checked.failure, budget))
    return refuse(checked.failure)
  }
  const verification = await verifyStatelessNewPayload(checked.input, { ...verifyDeps(deps), budget, ...checked.read })
  return settle(deps, { inputHash, inputLength: input.length, budget }, verification)
}

function verifyDeps({ runBlock, pause, onPhase }: ExecuteDeps): VerifyDeps {
  return {
    runBlock,
    refuseForeignSystemCode: true,
    ...(pause === undefined ? {} : { pause }),
    ...(onPhase === undefined ? {} : { onPhase }),
  }
}

type Run = { inputHash: Hash32; inputLength: number; budget: bigint }

/** From the verification's answer to the verdict, remembering it. */
function settle(deps: ExecuteDeps, run: Run, verification: Verification): ExecuteVerdict {
  if (!verification.valid) {
    const failure = validationFailure(verification.reason)
    // A failure of a library may be of the moment; judging the input again costs only its own gas.
    if (failure.code !== 'EXECUTION_FAILED') deps.cache.set(run.inputHash, cacheEntry(failure, run.budget))
    reportUnexpected(deps, run.inputHash, verification.reason)
    return refuse(failure, executedGasOf(verification.reason))
  }
  const { regularGas, executedGas } = verification.outcome
  const output = encodeResult(verification.result)
  if (output.length !== RESULT_SIZE) throw new Error(`EXECUTE result of ${output.length} bytes`)
  // The cache keeps a copy of its own: the EVM may hand the output to code that writes to it.
  deps.cache.set(run.inputHash, { kind: 'valid', regularGas, output: output.slice() })
  if (regularGas > run.budget) return refuse(overBudget(run.budget), executedGas)
  return { ok: true, output, gasUsed: executeGas(run.inputLength, regularGas), regularGas, executedGas }
}

/** The answer that a remembered execution gives under this budget, if it settles the matter. Nothing is run. */
function fromCache(
  cached: CachedExecution | undefined,
  inputLength: number,
  budget: bigint,
): ExecuteVerdict | undefined {
  switch (cached?.kind) {
    case undefined:
      return undefined
    case 'invalid':
      return refuse(cached.failure)
    case 'over':
      return budget <= cached.budget ? refuse(overBudget(budget)) : undefined
    case 'valid': {
      const { regularGas, output } = cached
      if (regularGas > budget) return refuse(overBudget(budget))
      const gasUsed = executeGas(inputLength, regularGas)
      return { ok: true, output: output.slice(), gasUsed, regularGas, executedGas: 0n }
    }
  }
}

/** The schedules for study: the price is a claim of the payload, charged after decoding; the run is not metered. */
function executeByClaim(deps: ExecuteDeps, schedule: Exclude<GasSchedule, 'metered'>): Execute['execute'] {
  return async (input, gasLimit) => {
    deps.onPhase?.('input')
    const checked = checkInput(deps, input.slice())
    if ('failure' in checked) return refuse(checked.failure)
    const price = claimedGas(schedule, checked.input, input.length)
    if (gasLimit < price) return refuse(outOfGas(price, gasLimit))
    const verification = await verifyStatelessNewPayload(checked.input, verifyDeps(deps))
    if (!verification.valid) {
      reportUnexpected(deps, keccak256(input), verification.reason)
      return refuse(validationFailure(verification.reason), executedGasOf(verification.reason))
    }
    const { regularGas, executedGas } = verification.outcome
    return { ok: true, output: encodeResult(verification.result), gasUsed: price, regularGas, executedGas }
  }
}

/** `read` is what the bounds needed to know and the verification need not find out again. */
type Checked = { input: StatelessInput; read: Pick<VerifyDeps, 'envelopes'> } | { failure: ExecuteFailure }

/** Decoding, constraints and, given a budget, the bounds before signatures. */
function checkInput({ onPhase }: ExecuteDeps, bytes: Uint8Array, budget?: bigint): Checked {
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

function validationFailure(reason: NodeError): ExecuteFailure {
  return failureOf(reason instanceof OverBudget ? 'metering' : 'validation', reason)
}

function failureOf(stage: ExecuteFailure['stage'], error: NodeError): ExecuteFailure {
  // Views would keep the whole input alive as long as the failure is remembered.
  const data = Object.entries(error.data).map(([name, value]) => [
    name,
    value instanceof Uint8Array ? value.slice() : value,
  ])
  return { stage, code: error.code, message: error.message, data: Object.fromEntries(data) }
}

const OVER_BUDGET: OverBudget['code'] = 'OVER_BUDGET'
const BOUND_OVER_BUDGET: BoundExceeded['code'] = 'BOUND_OVER_BUDGET'

/** Failures that a larger budget could mend are remembered with the budget, all others for good. */
function cacheEntry(failure: ExecuteFailure, budget: bigint): CachedExecution {
  if (failure.code === OVER_BUDGET || failure.code === BOUND_OVER_BUDGET) return { kind: 'over', budget }
  return { kind: 'invalid', failure }
}

function outOfGas(needed: bigint, gasLimit: bigint): ExecuteFailure {
  const message = `needs ${needed} gas before any work, has ${gasLimit}`
  return { stage: 'gas', code: 'OUT_OF_GAS', message, data: { needed, gasLimit } }
}

function overBudget(budget: bigint): ExecuteFailure {
  const message = `the block needs more regular gas than the budget of ${budget}`
  return { stage: 'metering', code: OVER_BUDGET, message, data: { budget } }
}

function refuse(failure: ExecuteFailure, executedGas = 0n): ExecuteVerdict {
  return { ok: false, failure, executedGas }
}

/** The runner notes on its errors how much gas had run (`data.executedGas`); before a run it is zero. */
function executedGasOf(reason: NodeError): bigint {
  const gas = reason.data.executedGas
  return typeof gas === 'bigint' ? gas : 0n
}

function reportUnexpected(deps: ExecuteDeps, inputHash: Hash32, reason: NodeError): void {
  if (reason.code !== 'EXECUTION_FAILED') return
  deps.logger?.error('execute: unexpected failure of a library', {
    inputHash: bytesToHex(inputHash),
    message: reason.message,
  })
}
