import { z } from 'zod'
import { createExecute } from '../../precompiles/execute.ts'
import { explainFailure, type FailureValue } from '../../precompiles/explain.ts'
import { EXECUTE_BASE_GAS, EXECUTE_BYTE_GAS, NO_CACHE, upfrontGas } from '../../precompiles/index.ts'
import type { ExecuteFailure, ExecuteVerdict } from '../../precompiles/types.ts'
import type { MissingCode, MissingNode } from '../../stateless/missingParts.ts'
import { decodeStatelessInput } from '../../stateless/ssz.ts'
import { invalidParams } from '../errors.ts'
import { DEFAULT_ETH_LIMITS } from '../eth/deps.ts'
import { createGate } from '../gate.ts'
import { toData, toQuantity } from '../hex.ts'
import { optional, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { executeInput } from './executeInput.ts'
import { ExecuteOutput, formatOutput } from './inputs.ts'
import { rollupMethod } from './method.ts'
import { address, data, from, hash, named, quantity, quantity64In } from './wire.ts'

/** The gas limit of an L1 block: more than any transaction can forward, and enough to tell a wrong block from a dear one. */
const DEFAULT_GAS = 60_000_000n
export const MAX_EXECUTE_GAS = DEFAULT_ETH_LIMITS.callGasCap

const executeOptions = z.strictObject({ gas: quantity64In.optional() })

export const ExecuteFailureResult = named('ExecuteFailure', {
  stage: z.enum(['gas', 'decode', 'constraints', 'bounds', 'validation', 'metering']),
  code: z.string(),
  message: z.string(),
  /** path in the JSON form of the input */
  field: z.string().optional(),
  expected: z.string().optional(),
  minimum: z.string().optional(),
  maximum: z.string().optional(),
  actual: z.string().optional(),
  /** the rule that a transaction breaks */
  rejection: z.string().optional(),
  /** where in the parent's state, and on the way to which named accounts and slots; none: only a deletion needs it */
  missingNode: named('MissingNode', {
    hash,
    trie: z.enum(['account', 'storage']),
    path: z.string(),
    accounts: z.array(address),
    slots: z.array(hash),
  }).optional(),
  missingCode: named('MissingCode', { hash, accounts: z.array(address) }).optional(),
})

export const ExecuteResult = named('ExecuteResult', {
  success: z.boolean(),
  output: data.optional(),
  decodedOutput: ExecuteOutput.optional(),
  gasUsed: quantity,
  /** adds up to `gasUsed` */
  gasBreakdown: named('ExecuteGas', { base: quantity, input: quantity, execution: quantity, forfeited: quantity }),
  failure: ExecuteFailureResult.optional(),
})
export type ExecuteResult = z.infer<typeof ExecuteResult>

/** EXECUTE without a chain: what it would answer, and why it refuses. */
export function rollupExecuteMethods({ rollup }: RollupDeps): MethodTable {
  const gate = createGate(1)
  return {
    rollup_execute: rollupMethod(
      {
        summary:
          'Runs EXECUTE on an input and tells what it answers, or at which stage it refuses which field and why.',
        params: [required('input', executeInput), optional('options', from(executeOptions))],
        result: ExecuteResult,
      },
      ([input, options], { signal, restartTime }) => {
        const gas = options?.gas ?? DEFAULT_GAS
        if (gas > MAX_EXECUTE_GAS)
          throw invalidParams('argument 1 (options).gas', `at most ${MAX_EXECUTE_GAS} are allowed, got ${gas}`)
        const { runBlock } = rollup().node.chain.engine
        // What is remembered of an input says less than a run of it.
        const { execute } = createExecute({ runBlock, schedule: 'metered', cache: NO_CACHE })
        const run = async () => formatVerdict(await execute(input, gas), input, gas)
        return gate.run(signal, run, restartTime)
      },
    ),
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

/** `bytes`: the input that failed. */
export function formatFailure(failure: ExecuteFailure, bytes: Uint8Array): z.infer<typeof ExecuteFailureResult> {
  const input = failure.stage === 'validation' ? decodeStatelessInput(bytes) : undefined
  const { field, missingNode, missingCode, ...bounds } = explainFailure(failure, input)
  const { stage, code, message, data } = failure
  return {
    stage,
    code,
    message,
    ...(field === undefined ? {} : { field }),
    ...Object.fromEntries(Object.entries(bounds).map(([name, value]) => [name, formatValue(value)])),
    ...(typeof data.rejection === 'string' ? { rejection: data.rejection } : {}),
    ...(missingNode === undefined ? {} : { missingNode: formatMissingNode(missingNode) }),
    ...(missingCode === undefined ? {} : { missingCode: formatMissingCode(missingCode) }),
  }
}

function formatMissingNode({ hash, trie, path, accounts, slots }: MissingNode) {
  return { hash: prefixed(hash), trie, path, accounts: accounts.map(prefixed), slots: slots.map(prefixed) }
}

function formatMissingCode({ hash, accounts }: MissingCode) {
  return { hash: prefixed(hash), accounts: accounts.map(prefixed) }
}

const prefixed = (hex: string) => `0x${hex}` as const

function formatValue(value: FailureValue): string {
  if (typeof value === 'string') return value
  return typeof value === 'bigint' ? toQuantity(value) : toData(value)
}
