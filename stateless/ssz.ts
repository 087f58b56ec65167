import { UndecodableInput } from './errors.ts'
import { keyedBodyType, resultType, SCHEMA_ID_AMSTERDAM, SCHEMA_ID_SIZE, v21BodyType } from './sszSchema.ts'
import { badSsz } from './sszTypes.ts'
import type { StatelessInput, StatelessResult } from './types.ts'

/** Bytes of an encoded StatelessResult. */
export const RESULT_SIZE = 43

/**
 * What a zkVM guest answers for bytes that it cannot decode: 43 zero bytes (EELS stateless_guest.py). EXECUTE halts
 * instead. A fresh array on each call, so that nobody can spoil it.
 */
export function undecodableResult(): Uint8Array {
  return new Uint8Array(RESULT_SIZE)
}

/**
 * Decodes `schema id (2 bytes, big-endian) || SSZ(StatelessInput)`, v21 or v0.8 keyed (told apart by the first offset, 16
 * or 20). Strict: first offset equals the fixed size, offsets ascend, no gaps, no trailing bytes, item limits held.
 * Byte strings of the result are views into `bytes`. Throws UndecodableInput.
 */
export function decodeStatelessInput(bytes: Uint8Array): StatelessInput {
  if (bytes.length < SCHEMA_ID_SIZE) throw badSsz('no schema id', 0)
  const schemaId = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)
  if (schemaId !== SCHEMA_ID_AMSTERDAM) {
    const shown = schemaId.toString(16).padStart(4, '0')
    throw new UndecodableInput('UNKNOWN_SCHEMA', `unknown schema id 0x${shown}`, {
      schemaId,
      expected: SCHEMA_ID_AMSTERDAM,
    })
  }
  const keyed = bytes[SCHEMA_ID_SIZE] === keyedBodyType.fixedPart
  if (keyed) {
    const body = keyedBodyType.decode(bytes, SCHEMA_ID_SIZE, bytes.length)
    return { schemaId, dialect: 'keyed', ...body }
  }
  return { schemaId, dialect: 'v21', ...v21BodyType.decode(bytes, SCHEMA_ID_SIZE, bytes.length) }
}

/**
 * Encodes in the dialect of `input` with its schema id in front. Throws RangeError for values that the schema cannot
 * hold (a field of wrong length, a witness item over its limit).
 */
export function encodeStatelessInput(input: StatelessInput): Uint8Array {
  if (input.dialect === 'keyed') {
    const body = { ...input, publicKeys: input.publicKeys ?? [] }
    return withSchemaId(input.schemaId, keyedBodyType.size(body), (out) => keyedBodyType.encode(body, out, 2))
  }
  return withSchemaId(input.schemaId, v21BodyType.size(input), (out) => v21BodyType.encode(input, out, 2))
}

function withSchemaId(schemaId: number, size: number, encode: (out: Uint8Array) => number): Uint8Array {
  const out = new Uint8Array(SCHEMA_ID_SIZE + size)
  out[0] = schemaId >> 8
  out[1] = schemaId & 0xff
  encode(out)
  return out
}

/** 43 bytes: root 32 | flag 1 | chain id 8 LE | schema id 2 LE. */
export function encodeResult(result: StatelessResult): Uint8Array {
  const out = new Uint8Array(RESULT_SIZE)
  resultType.encode({ ...result, schemaId: BigInt(result.schemaId) }, out, 0)
  return out
}

/** The inverse of `encodeResult`; throws UndecodableInput BAD_SSZ. */
export function decodeResult(bytes: Uint8Array): StatelessResult {
  const fields = resultType.decode(bytes, 0, bytes.length)
  return { ...fields, schemaId: Number(fields.schemaId) }
}
