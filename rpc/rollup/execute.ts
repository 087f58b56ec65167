import * as z from 'zod'
import { EXECUTE_ADDRESS, EXECUTE_BASE_GAS, EXECUTE_BYTE_GAS, upfrontGas } from '../../precompiles/index.ts'
import type { ExecuteVerdict } from '../../precompiles/types.ts'
import { RollupError } from '../../rollup/errors.ts'
import {
  type ReplayDeps,
  type TimedExecution,
  timedExecute,
  traceInput,
  tryDecode,
} from '../../rollup/settling/replayInput.ts'
import { createRunTrace, traceResult } from '../debug/runTrace.ts'
import { invalidParams, RpcError } from '../errors.ts'
import { DEFAULT_ETH_LIMITS } from '../eth/deps.ts'
import { createGate } from '../gate.ts'
import { toData, toQuantity } from '../hex.ts'
import { required, withDefault } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps, RollupServices } from './deps.ts'
import { ExecuteFailure, formatFailure } from './executeFailure.ts'
import { executeInput } from './executeInput.ts'
import { ExecuteOutput, formatOutput } from './inputs.ts'
import { rollupMethod } from './method.ts'
import { DEFAULT_TRACER, ExecutePhase, MAX_TRACE_BYTES, orNone, trace } from './traceExecute.ts'
import { data, from, hash, named, quantity, quantity64In } from './wire.ts'

/** The gas limit of an L1 block: more than any transaction can forward, and enough to tell a wrong block from a dear one. */
const DEFAULT_GAS = 60_000_000n
export const MAX_EXECUTE_GAS = DEFAULT_ETH_LIMITS.callGasCap

const executeOptions = z.strictObject({
  gas: quantity64In.optional(),
  l1Block: z.union([z.literal('latest'), quantity64In], { error: 'expected a quantity or latest' }).optional(),
  trace: z.boolean().optional(),
})
type ExecuteOptions = z.output<typeof executeOptions>

export const ExecuteResult = named('ExecuteResult', {
  success: z.boolean(),
  output: data.optional(),
  decodedOutput: ExecuteOutput.optional(),
  gasUsed: quantity,
  /** adds up to `gasUsed` */
  gasBreakdown: named('ExecuteGas', { base: quantity, input: quantity, execution: quantity, forfeited: quantity }),
  failure: ExecuteFailure.optional(),
  /** with `l1Block`: what EXECUTE on L1 answers a call on the state after that block */
  l1: named('ExecuteOnL1', {
    success: z.boolean(),
    output: data.optional(),
    /** in the words of L1 */
    reason: z.string().optional(),
  }).optional(),
  /** with `trace` */
  phases: z.array(ExecutePhase).optional(),
  /** with `trace`: the calls of each transaction, as far as the block runs */
  inner: z.array(named('TracedCall', { txHash: hash, result: trace })).optional(),
})
export type ExecuteResult = z.infer<typeof ExecuteResult>

/** EXECUTE without a chain: what it would answer, and why it refuses. */
export function rollupExecuteMethods({ rollup }: RollupDeps): MethodTable {
  const gate = createGate(1)
  const runTrace = createRunTrace()
  return {
    rollup_execute: rollupMethod(
      {
        summary:
          'Runs EXECUTE on an input and tells what it answers, or at which stage it refuses which field and why.',
        params: [required('input', executeInput), withDefault('options', from(executeOptions), {})],
        result: ExecuteResult,
      },
      async ([input, options], context) => {
        const services = rollup()
        const gas = gasOf(options)
        const deps = { engineOf: services.engineOf, schedule: 'metered', nodes: services.node.chain.nodes } as const
        const run = () => timedExecute(input, gas, deps)
        const execution = await gate.run(context.signal, run, context.restartTime)
        const traced = (signal: AbortSignal) => formatTrace(input, execution, deps, signal)
        return {
          ...formatVerdict(execution.verdict, input, gas),
          ...(options.l1Block === undefined ? {} : { l1: await askL1(services, input, options.l1Block) }),
          ...(options.trace === true ? await runTrace(context, {}, traced) : {}),
        }
      },
    ),
  }
}

/** Throws RpcError INVALID_PARAMS above the bound. */
function gasOf({ gas = DEFAULT_GAS }: ExecuteOptions): bigint {
  if (gas <= MAX_EXECUTE_GAS) return gas
  throw invalidParams('argument 1 (options).gas', `at most ${MAX_EXECUTE_GAS} are allowed, got ${gas}`)
}

/** L1's own EXECUTE, with as much gas as L1 gives a call. Throws RpcError UNKNOWN_BLOCK, and RollupError when L1 does not answer. */
async function askL1(
  { node }: RollupServices,
  input: Uint8Array,
  at: NonNullable<ExecuteOptions['l1Block']>,
): Promise<NonNullable<ExecuteResult['l1']>> {
  if (at !== 'latest' && (await node.l1.getBlock(at)) === undefined) {
    throw new RpcError('UNKNOWN_BLOCK', `L1 has no block ${at}`)
  }
  try {
    const output = await node.l1.call(EXECUTE_ADDRESS, toData(input), at === 'latest' ? undefined : at)
    return output === '0x' ? { success: false, reason: 'EXECUTE is not active there' } : { success: true, output }
  } catch (error) {
    if (error instanceof RollupError && error.code === 'L1_REFUSED') return { success: false, reason: error.message }
    throw error
  }
}

async function formatTrace(
  bytes: Uint8Array,
  execution: TimedExecution,
  deps: ReplayDeps,
  signal: AbortSignal,
): Promise<Pick<ExecuteResult, 'phases' | 'inner'>> {
  const input = tryDecode(bytes)
  const limits = { options: DEFAULT_TRACER, maxBytes: MAX_TRACE_BYTES, signal }
  const traces = input === undefined ? [] : await orNone(traceInput(input, deps, limits), execution)
  return {
    phases: execution.phases.map(({ name, ms, gas }) => ({ name, ms, gas: toQuantity(gas) })),
    inner: traces.map(({ txHash, trace }) => ({ txHash, result: traceResult(trace) })),
  }
}

function formatVerdict(verdict: ExecuteVerdict, input: Uint8Array, gas: bigint): ExecuteResult {
  const gasUsed = verdict.ok ? verdict.gasUsed : gas
  const spent = gas < upfrontGas(input.length) ? 0n : 1n
  const base = spent * EXECUTE_BASE_GAS
  const bytes = spent * EXECUTE_BYTE_GAS * BigInt(input.length)
  const execution = verdict.ok ? verdict.regularGas : verdict.executedGas
  return {
    success: verdict.ok,
    ...(verdict.ok ? { output: toData(verdict.output), decodedOutput: formatOutput(verdict.output) } : {}),
    gasUsed: toQuantity(gasUsed),
    gasBreakdown: {
      base: toQuantity(base),
      input: toQuantity(bytes),
      execution: toQuantity(execution),
      forfeited: toQuantity(gasUsed - base - bytes - execution),
    },
    ...(verdict.ok ? {} : { failure: formatFailure(verdict.failure, input) }),
  }
}
