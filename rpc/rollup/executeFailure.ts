import * as z from 'zod'
import { explainFailure, type FailureValue } from '../../precompiles/explain.ts'
import type { ExecuteFailure as Failure } from '../../precompiles/types.ts'
import type { MissingCode, MissingNode } from '../../stateless/missingParts.ts'
import { decodeStatelessInput } from '../../stateless/ssz.ts'
import { toData, toQuantity } from '../hex.ts'
import { hasFewItems } from './executeInput.ts'
import { address, hash, named } from './wire.ts'

/** Why EXECUTE refuses an input. */
export const ExecuteFailure = named('ExecuteFailure', {
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
export type ExecuteFailure = z.infer<typeof ExecuteFailure>

/** `bytes`: the input that failed. What is missing is not looked for in a witness of very many items. */
export function formatFailure(failure: Failure, bytes: Uint8Array): ExecuteFailure {
  const decoded = failure.stage === 'validation' ? decodeStatelessInput(bytes) : undefined
  const input = decoded !== undefined && hasFewItems(decoded) ? decoded : undefined
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
