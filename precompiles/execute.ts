import { bytesToHex } from '../stateless/bytes.ts'
import type { OverBudget } from '../stateless/errors.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { Hash32 } from '../stateless/types.ts'
import { claimedGas, executeGas, upfrontGas } from './gas.ts'
import { checkInput, createJudge, type JudgeDeps, verifyInput } from './judge.ts'
import type { BoundExceeded } from './limits.ts'
import type {
  CachedExecution,
  ExecuteFailure,
  ExecuteVerdict,
  ExecutionCache,
  Finding,
  GasSchedule,
  Judge,
} from './types.ts'

export type ExecuteDeps = JudgeDeps & {
  schedule: GasSchedule
  cache: ExecutionCache
  /** who judges under the schedule `metered`, a thread for instance; default: this thread, with what JudgeDeps has */
  judge?: Judge
  /** told of every input on which a library failed in a way that is not one of its rules */
  logger?: { error(event: string, fields?: Record<string, unknown>): void }
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
 * Steps 2 to 4 are in judge.ts. Whatever is wrong with the input ends in `ok: false`. What is not a NodeError is a bug of
 * ours and propagates.
 */
export function createExecute(deps: ExecuteDeps): Execute {
  const execute =
    deps.schedule === 'metered'
      ? executeMetered(deps, deps.judge ?? createJudge(deps))
      : executeByClaim(deps, deps.schedule)
  return {
    execute,
    async precompile(input, gasLimit) {
      const verdict = await execute(input, gasLimit)
      return verdict.ok ? { ok: true, output: verdict.output, gasUsed: verdict.gasUsed } : { ok: false }
    },
  }
}

function executeMetered(deps: ExecuteDeps, judge: Judge): Execute['execute'] {
  return async (lent, gasLimit) => {
    const upfront = upfrontGas(lent.length)
    if (gasLimit < upfront) return refuse(outOfGas(upfront, gasLimit))
    deps.onPhase?.('input')
    // The caller's memory, which changes as soon as it goes on; what we remember must not.
    const input = lent.slice()
    return once(deps, { input, inputHash: keccak256(input), budget: gasLimit - upfront }, judge)
  }
}

type Run = { input: Uint8Array; inputHash: Hash32; budget: bigint }

/**
 * Answers with what is remembered, or with what an earlier call that still runs finds out: an estimate and the building of a
 * block begin together and verify once. The earlier one need not settle the matter under this budget, and may fail; then
 * the first that waited runs it, and the others wait for that.
 */
async function once(deps: ExecuteDeps, run: Run, judge: Judge): Promise<ExecuteVerdict> {
  const { cache } = deps
  let known = cache.get(run.inputHash)
  for (;;) {
    const verdict = fromCache(known, run)
    if (verdict !== undefined) return verdict
    const running = cache.running(run.inputHash)
    // No await between this and `begin`, or two would run it.
    if (running === undefined) break
    known = await running
  }
  const judged = judge(run.input, run.budget)
  const entry = judged.then((finding) => cacheEntry(finding, run.budget))
  cache.begin(run.inputHash, entry)
  return verdictOf(deps, run, await judged)
}

function verdictOf(deps: ExecuteDeps, run: Run, finding: Finding): ExecuteVerdict {
  const { executedGas } = finding
  if (!finding.valid) {
    reportUnexpected(deps, run.inputHash, finding.failure)
    return refuse(finding.failure, executedGas)
  }
  const { output, regularGas } = finding
  if (regularGas > run.budget) return refuse(overBudget(run.budget), executedGas)
  return { ok: true, output, gasUsed: executeGas(run.input.length, regularGas), regularGas, executedGas }
}

/** The answer that a remembered execution gives under this budget, if it settles the matter. Nothing is run. */
function fromCache(cached: CachedExecution | undefined, { input, budget }: Run): ExecuteVerdict | undefined {
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
      const gasUsed = executeGas(input.length, regularGas)
      return { ok: true, output: output.slice(), gasUsed, regularGas, executedGas: 0n }
    }
  }
}

/** The schedules for study: the price is a claim of the payload, charged after decoding; the run is not metered. */
function executeByClaim(deps: ExecuteDeps, schedule: Exclude<GasSchedule, 'metered'>): Execute['execute'] {
  return async (lent, gasLimit) => {
    deps.onPhase?.('input')
    const input = lent.slice()
    const checked = checkInput(deps, input)
    if ('failure' in checked) return refuse(checked.failure)
    const price = claimedGas(schedule, checked.input, input.length)
    if (gasLimit < price) return refuse(outOfGas(price, gasLimit))
    const finding = await verifyInput(deps, checked)
    const { executedGas } = finding
    if (!finding.valid) {
      reportUnexpected(deps, keccak256(input), finding.failure)
      return refuse(finding.failure, executedGas)
    }
    return { ok: true, output: finding.output, gasUsed: price, regularGas: finding.regularGas, executedGas }
  }
}

const OVER_BUDGET: OverBudget['code'] = 'OVER_BUDGET'
const BOUND_OVER_BUDGET: BoundExceeded['code'] = 'BOUND_OVER_BUDGET'

/** Failures that a larger budget could mend are remembered with the budget, all others for good. */
function cacheEntry(finding: Finding, budget: bigint): CachedExecution | undefined {
  // The cache keeps a copy of its own: the EVM may hand the output to code that writes to it.
  if (finding.valid) return { kind: 'valid', regularGas: finding.regularGas, output: finding.output.slice() }
  const { failure } = finding
  // A failure of a library may be of the moment; judging the input again costs only its own gas.
  if (failure.code === 'EXECUTION_FAILED') return undefined
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

function reportUnexpected({ logger }: ExecuteDeps, inputHash: Hash32, failure: ExecuteFailure): void {
  if (failure.code !== 'EXECUTION_FAILED') return
  logger?.error('execute: unexpected failure of a library', {
    inputHash: bytesToHex(inputHash),
    message: failure.message,
  })
}
