import { z } from 'zod'
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
import { invalidParams } from '../errors.ts'
import { toData, toQuantity } from '../hex.ts'
import type { Parse } from '../params.ts'
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

const quantity16 = hexString('quantity', '(0|[1-9a-fA-F][0-9a-fA-F]{0,3})', 'a quantity of up to 16 bits')

/**
 * The JSON form of a StatelessInput: the SSZ containers with their fields by name and in wire order, those of
 * NewPayloadRequest at the top. Whatever has this form can be encoded. With `publicKeys` it is of the dialect v0.8, without of v21.
 */
function inputSchema<Bytes extends z.ZodType, Integer extends z.ZodType, Small extends z.ZodType>(
  bytes: (form: HexString) => Bytes,
  integer: (form: HexString) => Integer,
  small: (form: HexString) => Small,
) {
  const items = (form: HexString, limit?: number) => {
    const list = z.array(bytes(form))
    return (limit === undefined ? list : list.max(limit)).readonly()
  }
  const withdrawal = z.strictObject({
    index: integer(quantity64),
    validatorIndex: integer(quantity64),
    address: bytes(address),
    amount: integer(quantity64),
  })
  const executionPayload = z.strictObject({
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
    transactions: items(data),
    withdrawals: z.array(withdrawal).readonly(),
    blobGasUsed: integer(quantity64),
    excessBlobGas: integer(quantity64),
    blockAccessList: bytes(data),
    slotNumber: integer(quantity64),
  })
  const executionRequests = z.strictObject({
    deposits: items(sizedData(requestItemSize('deposits'))),
    withdrawals: items(sizedData(requestItemSize('withdrawals'))),
    consolidations: items(sizedData(requestItemSize('consolidations'))),
    builderDeposits: items(sizedData(requestItemSize('builderDeposits'))),
    builderExits: items(sizedData(requestItemSize('builderExits'))),
  })
  const witness = z.strictObject({
    state: items(dataUpTo(MAX_WITNESS_NODE_BYTES)),
    codes: items(dataUpTo(MAX_CODE_BYTES)),
    headers: items(dataUpTo(MAX_HEADER_BYTES), MAX_WITNESS_HEADERS),
  })
  return z
    .strictObject({
      schemaId: small(quantity16),
      chainId: integer(quantity64),
      executionPayload,
      versionedHashes: items(hash),
      parentBeaconBlockRoot: bytes(hash),
      executionRequests,
      witness,
      publicKeys: z.exactOptional(items(sizedData(PUBLIC_KEY_BYTES))),
    })
    .meta({ title: 'ExecuteInput' })
}

const hexForm = (form: HexString) => form

export const ExecuteInput = inputSchema(hexForm, hexForm, hexForm)
export type ExecuteInput = z.infer<typeof ExecuteInput>

const codec = inputSchema(
  (form) =>
    z.codec(form, z.custom<Uint8Array>(), {
      decode: (hex): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), 'hex')),
      encode: toData,
    }),
  (form) => z.codec(form, z.bigint(), { decode: BigInt, encode: toQuantity }),
  (form) => z.codec(form, z.int(), { decode: Number, encode: toQuantity }),
)
const parseFields = from(codec)

export function toInputJson({
  newPayloadRequest,
  schemaId,
  chainId,
  witness,
  publicKeys,
}: StatelessInput): ExecuteInput {
  const keys = publicKeys === undefined ? {} : { publicKeys }
  return z.encode(codec, { schemaId, chainId, ...newPayloadRequest, witness, ...keys })
}

/** Strict: every field, and no other. Throws RpcError INVALID_PARAMS. */
export function fromInputJson(value: unknown, path: string): StatelessInput {
  const { schemaId, chainId, witness, publicKeys, ...newPayloadRequest } = parseFields(value, path)
  const rest = { schemaId, newPayloadRequest, witness, chainId }
  return publicKeys === undefined ? { dialect: 'v21', ...rest } : { dialect: 'keyed', ...rest, publicKeys }
}

/** What bytes in a parameter stand for. Throws RpcError INVALID_PARAMS when they do not decode. */
export function decodeOr<Value>(decode: (bytes: Uint8Array) => Value, bytes: Uint8Array, path: string): Value {
  try {
    return decode(bytes)
  } catch (error) {
    throw error instanceof UndecodableInput ? invalidParams(path, error.message) : error
  }
}

/** A parameter that is an input: its bytes, whatever they hold, or its JSON form. Gives the bytes. */
export const executeInput: Parse<Uint8Array> = describedLater(
  (value, path) =>
    typeof value === 'string' ? dataParameter(value, path) : encodeStatelessInput(fromInputJson(value, path)),
  () => ({ anyOf: [DATA, toJsonSchema(ExecuteInput, 'input')] }),
)
