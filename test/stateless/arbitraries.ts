import fc from 'fast-check'
import { REQUEST_KINDS, requestItemSize, SCHEMA_ID_AMSTERDAM } from '../../stateless/sszSchema.ts'
import type {
  ExecutionPayload,
  ExecutionRequests,
  NewPayloadRequest,
  StatelessInput,
  Withdrawal,
} from '../../stateless/types.ts'

/** Fixed seed of every property in this folder, so that a failure is the same everywhere. */
export const SEED = 8079

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const upTo = (length: number) => fc.uint8Array({ maxLength: length })
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })

const withdrawal: fc.Arbitrary<Withdrawal> = fc.record({
  index: u64,
  validatorIndex: u64,
  address: bytes(20),
  amount: u64,
})

const payload: fc.Arbitrary<ExecutionPayload> = fc.record({
  parentHash: bytes(32),
  feeRecipient: bytes(20),
  stateRoot: bytes(32),
  receiptsRoot: bytes(32),
  logsBloom: bytes(256),
  prevRandao: bytes(32),
  blockNumber: u64,
  gasLimit: u64,
  gasUsed: u64,
  timestamp: u64,
  extraData: upTo(32),
  baseFeePerGas: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  blockHash: bytes(32),
  transactions: fc.array(upTo(200), { maxLength: 6 }),
  withdrawals: fc.array(withdrawal, { maxLength: 4 }),
  blobGasUsed: u64,
  excessBlobGas: u64,
  blockAccessList: upTo(300),
  slotNumber: u64,
})

const requests: fc.Arbitrary<ExecutionRequests> = fc
  .tuple(...REQUEST_KINDS.map((kind) => fc.array(bytes(requestItemSize(kind)), { maxLength: 3 })))
  .map(
    (lists) =>
      Object.fromEntries(REQUEST_KINDS.map((kind, i) => [kind, lists[i] ?? []])) as unknown as ExecutionRequests,
  )

export const newPayloadRequest: fc.Arbitrary<NewPayloadRequest> = fc.record({
  executionPayload: payload,
  versionedHashes: fc.array(bytes(32), { maxLength: 5 }),
  parentBeaconBlockRoot: bytes(32),
  executionRequests: requests,
})

const common = {
  schemaId: fc.constant(SCHEMA_ID_AMSTERDAM),
  newPayloadRequest,
  witness: fc.record({
    state: fc.array(upTo(1024), { maxLength: 5 }),
    codes: fc.array(upTo(3000), { maxLength: 3 }),
    headers: fc.array(upTo(1024), { maxLength: 4 }),
  }),
  chainId: u64,
}

export const v21Input: fc.Arbitrary<StatelessInput> = fc.record({ ...common, dialect: fc.constant('v21' as const) })
export const keyedInput: fc.Arbitrary<StatelessInput> = fc.record({
  ...common,
  dialect: fc.constant('keyed' as const),
  publicKeys: fc.array(bytes(65), { maxLength: 4 }),
})
export const anyInput: fc.Arbitrary<StatelessInput> = fc.oneof(v21Input, keyedInput)

/** One mutation of a byte string: flip, truncate, extend, overwrite a word, move a piece. */
export const mutation: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc.oneof(
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => (input: Uint8Array) => {
    const out = input.slice()
    const position = at % Math.max(1, out.length)
    out[position] = (out[position] ?? 0) ^ mask
    return out
  }),
  fc.nat().map((at) => (input: Uint8Array) => input.slice(0, at % (input.length + 1))),
  upTo(40).map((tail) => (input: Uint8Array) => Uint8Array.from([...input, ...tail])),
  fc
    .tuple(fc.nat(), fc.constantFrom(0, 1, 0x7fffffff, 0xffffffff, 0x00010000, 602))
    .map(([at, word]) => (input: Uint8Array) => {
      const out = input.slice()
      if (out.length >= 4) new DataView(out.buffer).setUint32(at % (out.length - 3), word, true)
      return out
    }),
  fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 64 })).map(([from, to, length]) => (input: Uint8Array) => {
    const out = input.slice()
    const source = from % Math.max(1, out.length)
    out.copyWithin(to % Math.max(1, out.length), source, source + length)
    return out
  }),
)
