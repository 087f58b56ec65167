import { bigIntMax, bigIntMin } from '@ethereumjs/util'
import { OUT_OF_GAS } from './callErrors.ts'
import { type CallAttempt, type CallDeps, type CallRun, withCallRun } from './callRun.ts'
import { TransactionRejected } from './errors.ts'
import { MAX_TRANSACTION_REGULAR_GAS } from './internal.ts'
import type { CallContext, CallRequest, EstimateOutcome } from './types.ts'

/** What a value call adds to the gas of its callee, on top of what was charged. */
const CALL_STIPEND = 2300n

/**
 * eth_estimateGas: the least gas limit with which the transaction succeeds, found by bisection between its minimum and
 * the smallest of `call.gas`, if any transaction can do with it, the block gas limit, what the sender can pay for, and
 * EIP-7825's cap while that holds for the whole limit (Osaka; since EIP-8037 state gas lies above it).
 *
 * The result is exact for everything whose success is monotonic in its gas limit.
 */
export async function estimateGas(call: CallRequest, context: CallContext, deps: CallDeps): Promise<EstimateOutcome> {
  try {
    return await withCallRun(call, context, deps, {
      regularGas: 'capped',
      use: (run) => estimate(run, highestLimit(call, run)),
    })
  } catch (error) {
    if (error instanceof TransactionRejected) return { status: 'failed', message: error.message }
    throw error
  }
}

function highestLimit(call: CallRequest, { header, common, transaction, balance }: CallRun): bigint {
  const asked = call.gas ?? 0n
  // Less than any transaction costs is a field that a wallet filled with nothing, not a limit (as geth).
  const wanted = asked < common.param('txGas') ? header.gasLimit : bigIntMin(asked, header.gasLimit)
  const wholeLimitCapped = common.isActivatedEIP(7825) && !common.isActivatedEIP(8037)
  const limit = wholeLimitCapped ? bigIntMin(wanted, MAX_TRANSACTION_REGULAR_GAS) : wanted
  if (transaction.feeCap === 0n) return limit
  const spendable = balance - transaction.fields.value - transaction.blobGas * transaction.blobFeeCap
  if (spendable < 0n) return limit
  return bigIntMin(spendable / transaction.feeCap, limit)
}

async function estimate(run: CallRun, highest: bigint): Promise<EstimateOutcome> {
  const exceeded = { status: 'failed', message: `gas required exceeds allowance (${highest})` } as const
  if (highest < run.minimumGas) return exceeded
  const best = await run.attempt(highest)
  const { outcome } = best
  if (outcome.status === 'reverted') return { status: 'reverted', output: outcome.output }
  if (outcome.status === 'halted') {
    return outcome.error === OUT_OF_GAS ? exceeded : { status: 'failed', message: outcome.error }
  }
  return await leastSufficient(run, highest, best)
}

/**
 * Narrows (insufficient, sufficient] to one value. First the likely answers: the gas that the run used before refunds,
 * and one less to prove it; then that plus what the 63/64 rule may hold back; bisection does the rest.
 *
 * What does not look at its gas takes the same steps with any limit: it needs what it used and no run proves that. If it
 * wrote to storage, which wants some gas to be left, a run shows that this much is enough.
 */
async function leastSufficient(run: CallRun, highest: bigint, first: CallAttempt): Promise<EstimateOutcome> {
  if (first.gasSight === 'nothing') {
    return { status: 'success', gas: bigIntMax(first.grossGas, run.minimumGas), regularGas: first.regularGas }
  }
  let sufficient = highest
  let best = first
  // Less than what remains after the largest refund cannot be enough.
  let insufficient = bigIntMax(first.outcome.gasUsed, run.minimumGas) - 1n
  const guesses = likelyLimits(first.grossGas)
  while (sufficient - insufficient > 1n) {
    const limit = guesses.shift() ?? (sufficient + insufficient) / 2n
    if (limit <= insufficient || limit >= sufficient) continue
    const attempt = await run.attempt(limit)
    if (attempt.outcome.status === 'success') {
      sufficient = limit
      best = attempt
      if (attempt.gasSight === 'sentry' && attempt.grossGas === limit) break
    } else {
      insufficient = limit
    }
  }
  return { status: 'success', gas: sufficient, regularGas: best.regularGas }
}

function likelyLimits(grossGas: bigint): bigint[] {
  return [grossGas, grossGas - 1n, ((grossGas + CALL_STIPEND) * 64n) / 63n]
}
