import * as z from 'zod'
import { withTrueHash } from '../../stateless/payload.ts'
import { decodeStatelessInput, encodeStatelessInput } from '../../stateless/ssz.ts'
import type { StatelessInput } from '../../stateless/types.ts'
import { data as dataParameter } from '../codec.ts'
import { invalidParams } from '../errors.ts'
import { list, type Parse } from '../params.ts'
import { decodeOr, fromInputJson, MAX_INPUT_BYTES, toInputJson } from './executeInput.ts'
import { from } from './wire.ts'

const MAX_CHANGES = 256
/** `executionPayload.transactions[0]`, or `bytes[100]` for the encoded input itself */
const PATH = /^[a-zA-Z]+(\.[a-zA-Z]+|\[\d{1,7}\])*$/
const STEP = /[a-zA-Z]+|\d+/g

const change = from(
  z.strictObject({
    path: z.string().max(256).regex(PATH, 'expected a path such as executionPayload.transactions[0]'),
    value: z.custom<unknown>((value) => value !== undefined, 'expected a value, or null'),
  }),
)
export type InputChange = ReturnType<typeof change>
export const inputChanges: Parse<readonly InputChange[]> = list(change, MAX_CHANGES)

export const mutateOptions = z.strictObject({ reseal: z.boolean().optional() })

/**
 * The input with another value at each path of its JSON form. An index may be one past the end of its list, which
 * appends; null takes an item, or `publicKeys`, away. After the fields come changes at `bytes[n]`: bytes from that place
 * on, or null to cut there; so what no field can express can be made too.
 *
 * With `reseal` the block hash is then that of the changed header, so that only the changed claim can be found wrong.
 * Throws RpcError INVALID_PARAMS.
 */
export function mutateInput(input: Uint8Array, changes: readonly InputChange[], reseal: boolean): Uint8Array {
  const places = changes.map(({ path, value }, index) => ({
    steps: (path.match(STEP) ?? []).map((step) => (/\d/.test(step) ? Number(step) : step)),
    value,
    where: `argument 1 (changes)[${index}]`,
  }))
  const ofBytes = places.filter(({ steps }) => steps[0] === 'bytes')
  const ofFields = places.filter((place) => !ofBytes.includes(place))
  const mutated = ofFields.length > 0 || reseal ? encodeStatelessInput(changeFields(input, ofFields, reseal)) : input
  if (mutated.length > MAX_INPUT_BYTES) {
    throw invalidParams('argument 1 (changes)', `at most ${MAX_INPUT_BYTES} bytes are allowed, got ${mutated.length}`)
  }
  return ofBytes.length === 0 ? mutated : changeBytes(mutated, ofBytes)
}

type Step = string | number
type Place = { steps: readonly Step[]; value: unknown; where: string }

function changeFields(input: Uint8Array, places: readonly Place[], reseal: boolean): StatelessInput {
  const tree = structuredClone(toInputJson(decodeOr(decodeStatelessInput, input, 'argument 0 (input)')))
  for (const { steps, value, where } of places) {
    const last = steps.at(-1)
    if (last === undefined) throw new Error('a path without steps')
    put(parentOf(tree, steps, where), last, value, where)
  }
  const changed = fromInputJson(tree, 'argument 1 (changes)')
  return reseal ? { ...changed, newPayloadRequest: withTrueHash(changed.newPayloadRequest) } : changed
}

function parentOf(tree: unknown, steps: readonly Step[], where: string): object {
  let at = tree
  for (const [depth, step] of steps.entries()) {
    if (typeof at !== 'object' || at === null) break
    if (depth === steps.length - 1) return at
    at = Object.hasOwn(at, step) ? at[step as keyof typeof at] : undefined
  }
  throw invalidParams(`${where}.path`, 'the input has no such place')
}

function put(parent: object, step: Step, value: unknown, where: string): void {
  if (!Array.isArray(parent)) {
    if (typeof step === 'number') throw invalidParams(`${where}.path`, 'an index into what is no list')
    if (value === null) delete parent[step as keyof typeof parent]
    else Object.assign(parent, { [step]: value })
    return
  }
  const last = value === null ? parent.length - 1 : parent.length
  if (typeof step === 'string' || step > last) {
    throw invalidParams(`${where}.path`, `expected an index up to ${last}, the list has ${parent.length} items`)
  }
  if (value === null) parent.splice(step, 1)
  else parent[step] = value
}

/** One copy, whatever the number of changes. */
function changeBytes(input: Uint8Array, places: readonly Place[]): Uint8Array {
  const room = new Uint8Array(MAX_INPUT_BYTES)
  room.set(input)
  let { length } = input
  for (const { steps, value, where } of places) {
    const [, offset, ...rest] = steps
    if (typeof offset !== 'number' || rest.length > 0 || offset > length) {
      throw invalidParams(`${where}.path`, `expected bytes[n] with n up to ${length}, the length of the input`)
    }
    const written = value === null ? undefined : dataParameter(value, `${where}.value`)
    const end = offset + (written?.length ?? 0)
    if (end > MAX_INPUT_BYTES) {
      throw invalidParams(`${where}.value`, `at most ${MAX_INPUT_BYTES} bytes are allowed, got ${end}`)
    }
    if (written !== undefined) room.set(written, offset)
    length = written === undefined ? offset : Math.max(length, end)
  }
  return room.slice(0, length)
}
