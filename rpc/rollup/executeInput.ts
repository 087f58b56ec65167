import * as z from 'zod'
import { EXECUTE_BYTE_GAS, MAX_EXECUTION_GAS } from '../../precompiles/index.ts'
import { UndecodableInput } from '../../stateless/errors.ts'
import { encodeStatelessInput } from '../../stateless/ssz.ts'
import {
  MAX_CODE_BYTES,
  MAX_EXTRA_DATA_BYTES,
  MAX_HEADER_BYTES,
  MAX_WITNESS_HEADERS,
  MAX_WITNESS_NODE_BYTES,
  PUBLIC_KEY_BYTES,
  requestItemSize,
} from '../../stateless/sszSchema.ts'
import type { StatelessInput } from '../../stateless/types.ts'
import { data as dataParameter } from '../codec.ts'
import { invalidParams, RpcError } from '../errors.ts'
import { toData, toQuantity } from '../hex.ts'
import { described, type Parse } from '../params.ts'
import { DATA } from '../schema.ts'
import {
  address,
  data,
  dataUpTo,
  describedLater,
  from,
  type HexString,
  hash,
  hexString,
  quantity,
  quantity64,
  sizedData,
  toJsonSchema,
} from './wire.ts'

/** What the gas of one L1 transaction can pay for: no longer input ever reaches EXECUTE. */
export const MAX_INPUT_BYTES = Number(MAX_EXECUTION_GAS / EXECUTE_BYTE_GAS)
/** Items of all lists together that are read one by one, as JSON or as a witness; more than any block of a rollup has. */
const MAX_ITEMS = 8_192

const quantity16 = hexString('quantity', '(0|[1-9a-fA-F][0-9a-fA-F]{0,3})', 'a quantity of up to 16 bits')

/** How the three kinds of values are written. */
type Words<Bytes, Integer, Small> = {
  bytes(form: HexString): Bytes
  integer(form: HexString): Integer
  small(form: HexString): Small
}

const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).readonly()

/**
 * The JSON form of a StatelessInput: the SSZ containers with their fields by name and in wire order, those of
 * NewPayloadRequest at the top. Whatever has this form can be encoded. With `publicKeys` it is of the dialect v0.8, without of v21.
 */
function inputSchema<Bytes extends z.ZodType, Integer extends z.ZodType, Small extends z.ZodType>(
  words: Words<Bytes, Integer, Small>,
) {
  const { bytes, integer, small } = words
  return z
    .strictObject({
      schemaId: small(quantity16),
      chainId: integer(quantity64),
      executionPayload: payloadSchema(words),
      versionedHashes: listOf(bytes(hash)),
      parentBeaconBlockRoot: bytes(hash),
      executionRequests: z.strictObject({
        deposits: listOf(bytes(sizedData(requestItemSize('deposits')))),
        withdrawals: listOf(bytes(sizedData(requestItemSize('withdrawals')))),
        consolidations: listOf(bytes(sizedData(requestItemSize('consolidations')))),
        builderDeposits: listOf(bytes(sizedData(requestItemSize('builderDeposits')))),
        builderExits: listOf(bytes(sizedData(requestItemSize('builderExits')))),
      }),
      witness: z.strictObject({
        state: listOf(bytes(dataUpTo(MAX_WITNESS_NODE_BYTES))),
        codes: listOf(bytes(dataUpTo(MAX_CODE_BYTES))),
        headers: z
          .array(bytes(dataUpTo(MAX_HEADER_BYTES)))
          .max(MAX_WITNESS_HEADERS)
          .readonly(),
      }),
      publicKeys: z.exactOptional(listOf(bytes(sizedData(PUBLIC_KEY_BYTES)))),
    })
    .meta({ title: 'ExecuteInput' })
}

function payloadSchema<Bytes extends z.ZodType, Integer extends z.ZodType>({
  bytes,
  integer,
}: Omit<Words<Bytes, Integer, unknown>, 'small'>) {
  const withdrawal = z.strictObject({
    index: integer(quantity64),
    validatorIndex: integer(quantity64),
    address: bytes(address),
    amount: integer(quantity64),
  })
  return z.strictObject({
    parentHash: bytes(hash),
    feeRecipient: bytes(address),
    stateRoot: bytes(hash),
    receiptsRoot: bytes(hash),
    logsBloom: bytes(sizedData(256)),
    prevRandao: bytes(hash),
    blockNumber: integer(quantity64),
    gasLimit: integer(quantity64),
    gasUsed: integer(quantity64),
    timestamp: integer(quantity64),
    extraData: bytes(dataUpTo(MAX_EXTRA_DATA_BYTES)),
    baseFeePerGas: integer(quantity),
    blockHash: bytes(hash),
    transactions: listOf(bytes(data)),
    withdrawals: listOf(withdrawal),
    blobGasUsed: integer(quantity64),
    excessBlobGas: integer(quantity64),
    blockAccessList: bytes(data),
    slotNumber: integer(quantity64),
  })
}

const hexForm = (form: HexString) => form

export const ExecuteInput = inputSchema({ bytes: hexForm, integer: hexForm, small: hexForm })
export type ExecuteInput = z.infer<typeof ExecuteInput>

const codec = inputSchema({
  bytes: (form) =>
    z.codec(form, z.custom<Uint8Array>(), {
      decode: (hex): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), 'hex')),
      encode: toData,
    }),
  integer: (form) => z.codec(form, z.bigint(), { decode: BigInt, encode: toQuantity }),
  small: (form) => z.codec(form, z.int(), { decode: Number, encode: toQuantity }),
})
const parseFields = from(codec)

/** So few that each can be looked at without keeping others waiting. */
export const hasFewItems = (input: StatelessInput): boolean => countItems(input) <= MAX_ITEMS

/** Throws RpcError LIMIT_EXCEEDED. */
export function requireFewItems(input: StatelessInput): void {
  if (hasFewItems(input)) return
  const message = `an input of ${countItems(input)} items, at most ${MAX_ITEMS} are read one by one`
  throw new RpcError('LIMIT_EXCEEDED', message, { limit: MAX_ITEMS })
}

/** Throws RpcError LIMIT_EXCEEDED for an input of too many items. */
export function toInputJson(input: StatelessInput): ExecuteInput {
  requireFewItems(input)
  const { newPayloadRequest, schemaId, chainId, witness, publicKeys } = input
  const keys = publicKeys === undefined ? {} : { publicKeys }
  return z.encode(codec, { schemaId, chainId, ...newPayloadRequest, witness, ...keys })
}

/** Strict: every field, and no other. Throws RpcError INVALID_PARAMS. */
export function fromInputJson(value: unknown, path: string): StatelessInput {
  const items = countItems(value)
  if (items > MAX_ITEMS) throw invalidParams(path, `at most ${MAX_ITEMS} items are allowed, got ${items}`)
  const { schemaId, chainId, witness, publicKeys, ...newPayloadRequest } = parseFields(value, path)
  const rest = { schemaId, newPayloadRequest, witness, chainId }
  return publicKeys === undefined ? { dialect: 'v21', ...rest } : { dialect: 'keyed', ...rest, publicKeys }
}

/** In the lists of an input in either form; strings and bytes are none. */
function countItems(value: unknown): number {
  if (Array.isArray(value)) return value.length
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0
  return Object.values(value).reduce((sum: number, inner) => sum + countItems(inner), 0)
}

/** What bytes in a parameter stand for. Throws RpcError INVALID_PARAMS when they do not decode. */
export function decodeOr<Value>(decode: (bytes: Uint8Array) => Value, bytes: Uint8Array, path: string): Value {
  try {
    return decode(bytes)
  } catch (error) {
    throw error instanceof UndecodableInput ? invalidParams(path, error.message) : error
  }
}

/** The bytes of an input, whatever they hold. */
export const inputBytes: Parse<Uint8Array> = described(DATA, (value, path) => bounded(dataParameter(value, path), path))

function bounded(bytes: Uint8Array, path: string): Uint8Array {
  if (bytes.length <= MAX_INPUT_BYTES) return bytes
  throw invalidParams(path, `at most ${MAX_INPUT_BYTES} bytes are allowed, got ${bytes.length}`)
}

/** A parameter that is an input: its bytes, whatever they hold, or its JSON form. Gives the bytes. */
export const executeInput: Parse<Uint8Array> = describedLater(
  (value, path) =>
    typeof value === 'string'
      ? inputBytes(value, path)
      : bounded(encodeStatelessInput(fromInputJson(value, path)), path),
  () => ({ anyOf: [DATA, toJsonSchema(ExecuteInput, 'input')] }),
)
