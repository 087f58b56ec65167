import * as z from 'zod'
import { decodeResult, decodeStatelessInput, encodeStatelessInput } from '../../stateless/ssz.ts'
import type { StatelessInput } from '../../stateless/types.ts'
import { type BlockParameter, blockParameter, requireExecuted } from '../blockParameter.ts'
import { data as dataParameter } from '../codec.ts'
import { createGate, type Gate } from '../gate.ts'
import { toData, toQuantity } from '../hex.ts'
import { optional, type Parse, required } from '../params.ts'
import { DATA } from '../schema.ts'
import type { MethodTable, RpcContext } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { decodeOr, ExecuteInput, executeInput, fromInputJson, inputBytes, toInputJson } from './executeInput.ts'
import { rollupMethod } from './method.ts'
import { inputChanges, mutateInput, mutateOptions } from './mutate.ts'
import { data, describedLater, from, hash, named, quantity, quantity64, toJsonSchema } from './wire.ts'

export const ExecuteOutput = named('ExecuteOutput', {
  newPayloadRequestRoot: hash,
  successfulValidation: z.boolean(),
  chainId: quantity64,
  schemaId: quantity,
})
export type ExecuteOutput = z.infer<typeof ExecuteOutput>

const inputOptions = z.strictObject({ encoding: z.enum(['ssz', 'json']).optional() })

/** What EXECUTE takes and answers: the input of any L2 block, and its bytes to JSON and back. */
export function rollupInputMethods({ rollup }: RollupDeps): MethodTable {
  // An input that is no longer kept is made by running the block.
  const gate = createGate(1)
  return {
    rollup_getExecuteInput: rollupMethod(
      {
        summary: 'The input with which EXECUTE verifies an L2 block: its bytes, or with encoding json its fields.',
        params: [required('block', blockParameter), optional('options', from(inputOptions))],
        result: z.union([data, ExecuteInput]),
      },
      async ([block, options], context) => {
        const bytes = await readInput(rollup(), block, gate, context)
        return options?.encoding === 'json' ? toInputJson(decodeStatelessInput(bytes)) : toData(bytes)
      },
    ),
    rollup_decodeExecuteInput: rollupMethod(
      {
        summary: 'The fields of an input of EXECUTE.',
        params: [required('input', encodedInput)],
        result: ExecuteInput,
      },
      ([input]) => toInputJson(input),
    ),
    rollup_encodeExecuteInput: rollupMethod(
      {
        summary: 'The bytes of an input of EXECUTE, made from its fields.',
        params: [required('input', inputFields)],
        result: data,
      },
      ([input]) => toData(encodeStatelessInput(input)),
    ),
    rollup_mutateInput: rollupMethod(
      {
        summary: 'The bytes of an input of EXECUTE with other values at some places, to see it refused.',
        params: [
          required('input', executeInput),
          required('changes', inputChanges),
          optional('options', from(mutateOptions)),
        ],
        result: data,
      },
      ([input, changes, options]) => toData(mutateInput(input, changes, options?.reseal ?? false)),
    ),
    rollup_decodeExecuteOutput: rollupMethod(
      {
        summary: 'The fields of the 43 bytes that EXECUTE answers.',
        params: [required('output', encodedOutput)],
        result: ExecuteOutput,
      },
      ([output]) => output,
    ),
  }
}

/** The input of a stored L2 block. Throws RpcError NO_WITNESS for genesis and the pending block, UNKNOWN_BLOCK. */
export function readInput(
  { node }: ReturnType<RollupDeps['rollup']>,
  block: BlockParameter,
  gate: Gate,
  { signal, restartTime }: RpcContext,
): Promise<Uint8Array> {
  const stored = requireExecuted(node.chain, block)
  return gate.run(signal, () => node.inputs.read(stored), restartTime)
}

export function formatOutput(output: Uint8Array): ExecuteOutput {
  const { newPayloadRequestRoot, successfulValidation, chainId, schemaId } = decodeResult(output)
  return {
    newPayloadRequestRoot: toData(newPayloadRequestRoot),
    successfulValidation,
    chainId: toQuantity(chainId),
    schemaId: toQuantity(schemaId),
  }
}

const encodedInput: Parse<StatelessInput> = describedLater(
  (value, path) => decodeOr(decodeStatelessInput, inputBytes(value, path), path),
  () => DATA,
)
const encodedOutput: Parse<ExecuteOutput> = describedLater(
  (value, path) => decodeOr(formatOutput, dataParameter(value, path), path),
  () => DATA,
)
const inputFields: Parse<StatelessInput> = describedLater(fromInputJson, () => toJsonSchema(ExecuteInput, 'input'))
