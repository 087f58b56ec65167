import { bytesToHex } from '../stateless/bytes.ts'
import type { InvalidBlockCode, InvalidWitnessCode, OverBudget, UndecodableInput } from '../stateless/errors.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { locateMissingCode, locateMissingNode, type MissingCode, type MissingNode } from '../stateless/missingParts.ts'
import type { StatelessInput } from '../stateless/types.ts'
import type { BoundCode, ConstraintCode } from './limits.ts'
import type { ExecuteFailure } from './types.ts'

/** Bytes, a number, or words where the thing is neither. */
export type FailureValue = Uint8Array | bigint | string

/** Which part of the input is wrong, and against what it was compared. */
export type FailureDetails = {
  /** path in the JSON form of the input; `gas` is what the call was given */
  field?: string
  expected?: FailureValue
  /** where a range is allowed */
  minimum?: FailureValue
  maximum?: FailureValue
  actual?: FailureValue
  /** the trie node, or the code, that the witness lacks */
  missingNode?: MissingNode
  missingCode?: MissingCode
}

export type FailureCode =
  | 'OUT_OF_GAS'
  | OverBudget['code']
  | UndecodableInput['code']
  | ConstraintCode
  | BoundCode
  | InvalidBlockCode
  | InvalidWitnessCode

type Data = Readonly<Record<string, unknown>>
type Explain = (data: Data) => FailureDetails

const GAS: Explain = ({ needed, lowerBound, gasLimit, budget }) => ({
  field: 'gas',
  ...values({ minimum: needed ?? lowerBound, actual: gasLimit ?? budget }),
})

/** What was compared, under the names that the checks use. */
const compared: Explain = ({ expected, computed, minimum, maximum, actual, claimed }) =>
  values({ expected: expected ?? computed, minimum, maximum, actual: actual ?? claimed })

const at =
  (field: string): Explain =>
  (data) => ({ field, ...compared(data) })
const payload = (field: string): Explain => at(`executionPayload.${field}`)

const indexed =
  (list: string, details: Explain = compared): Explain =>
  (data) => ({ field: typeof data.index === 'number' ? `${list}[${data.index}]` : list, ...details(data) })
const transaction = (details?: Explain): Explain => indexed('executionPayload.transactions', details)
const header = indexed('witness.headers')

/** A rule of the transaction itself; `have` and `want` as geth's words use them. */
const rejected: Explain = (data) => {
  const { rejection, have, want } = data
  switch (rejection) {
    case 'NONCE_TOO_LOW':
    case 'NONCE_TOO_HIGH':
      return values({ expected: data.stateNonce, actual: data.txNonce })
    case 'FEE_CAP_TOO_LOW':
      return values({ minimum: data.baseFee, actual: data.maxFeePerGas })
    case 'WRONG_CHAIN_ID':
      return values({ expected: want, actual: have })
    case 'BLOCK_GAS_EXHAUSTED':
    case 'GAS_LIMIT_TOO_HIGH':
      return values({ maximum: have ?? data.cap, actual: want ?? data.gasLimit })
    default:
      return rejection === undefined ? compared(data) : values({ minimum: want, actual: have })
  }
}

const ALLOWED_TYPES = 'a legacy transaction, or type 0x1, 0x2 or 0x4'
const NOTHING: Explain = () => ({})

const EXPLANATIONS: { readonly [Code in FailureCode]: Explain } = {
  OUT_OF_GAS: GAS,
  OVER_BUDGET: GAS,
  BOUND_OVER_BUDGET: GAS,

  UNKNOWN_SCHEMA: ({ schemaId, expected }) => ({ field: 'schemaId', ...values({ expected, actual: schemaId }) }),
  BAD_SSZ: ({ path }) => (typeof path === 'string' ? { field: path.replace(/^newPayloadRequest\.?/, '') } : {}),

  BLOB_GAS_USED: payload('blobGasUsed'),
  EXCESS_BLOB_GAS: payload('excessBlobGas'),
  WITHDRAWALS: payload('withdrawals'),
  EXECUTION_REQUESTS: (data) => ({ field: `executionRequests.${data.kind}`, ...compared(data) }),
  VERSIONED_HASHES: at('versionedHashes'),
  EMPTY_TRANSACTION: transaction(NOTHING),
  TRANSACTION_TYPE: transaction(({ type }) => values({ expected: ALLOWED_TYPES, actual: type })),
  GAS_LIMIT_TOO_LOW: transaction(({ lowerBound, gasLimit }) => values({ minimum: lowerBound, actual: gasLimit })),

  NO_PARENT: header,
  BAD_HEADER: header,
  BROKEN_HEADER_CHAIN: header,
  MISSING_ANCESTOR: ({ number }) => ({ field: 'witness.headers', ...values({ expected: number }) }),
  MISSING_NODE: () => ({ field: 'witness.state' }),
  MALFORMED_NODE: () => ({ field: 'witness.state' }),
  MALFORMED_ACCOUNT: () => ({ field: 'witness.state' }),
  MISSING_CODE: () => ({ field: 'witness.codes' }),

  BAD_TRANSACTION: transaction(rejected),
  BLOCK_HASH_MISMATCH: payload('blockHash'),
  PARENT_HASH_MISMATCH: payload('parentHash'),
  VERSIONED_HASHES_MISMATCH: at('versionedHashes'),
  BLOCK_TOO_LARGE: at('executionPayload'),
  BAD_NUMBER: payload('blockNumber'),
  BAD_TIMESTAMP: payload('timestamp'),
  BAD_GAS_LIMIT: payload('gasLimit'),
  BAD_BASE_FEE: payload('baseFeePerGas'),
  BAD_EXCESS_BLOB_GAS: payload('excessBlobGas'),
  BAD_EXTRA_DATA: payload('extraData'),
  BAD_HEADER_FIELD: at('executionPayload'),
  BAD_OMMER: at('executionPayload'),
  GAS_USED_EXCEEDS_LIMIT: payload('gasUsed'),
  GAS_USED_MISMATCH: payload('gasUsed'),
  BLOB_GAS_USED_MISMATCH: payload('blobGasUsed'),
  RECEIPTS_ROOT_MISMATCH: payload('receiptsRoot'),
  LOGS_BLOOM_MISMATCH: payload('logsBloom'),
  REQUESTS_MISMATCH: at('executionRequests'),
  BLOCK_ACCESS_LIST_MISMATCH: payload('blockAccessList'),
  BLOCK_ACCESS_LIST_TOO_LARGE: ({ items, limit }) => ({
    field: 'executionPayload.blockAccessList',
    ...values({ maximum: limit, actual: items }),
  }),
  STATE_ROOT_MISMATCH: payload('stateRoot'),
  PUBLIC_KEY_MISMATCH: indexed('publicKeys'),
  // These two are about what a contract of the rollup's state does, which no part of the input claims.
  SYSTEM_CONTRACT_FAILED: NOTHING,
  SYSTEM_CONTRACT_FOREIGN_CODE: NOTHING,
  EXECUTION_FAILED: NOTHING,
}

/**
 * The failure in terms of the input's JSON form. Of a block access list `expected` and `actual` are the hashes. With the
 * input, where it decodes, also what a missing part of the witness belongs to.
 */
export function explainFailure({ code, data }: ExecuteFailure, input?: StatelessInput): FailureDetails {
  const details = Object.hasOwn(EXPLANATIONS, code) ? EXPLANATIONS[code as FailureCode](data) : {}
  return input === undefined ? details : { ...details, ...explainWitness(code, data, input) }
}

function explainWitness(code: string, { hash, codeHash }: Data, input: StatelessInput): FailureDetails {
  if (code === 'MISSING_CODE' && typeof codeHash === 'string') {
    return { missingCode: locateMissingCode(input, codeHash) }
  }
  if (typeof hash !== 'string') return {}
  if (code === 'MALFORMED_NODE') {
    const index = input.witness.state.findIndex((node) => bytesToHex(keccak256(node)) === hash)
    return index === -1 ? {} : { field: `witness.state[${index}]` }
  }
  const missingNode = code === 'MISSING_NODE' ? locateMissingNode(input, hash) : undefined
  return missingNode === undefined ? {} : { missingNode }
}

type Bounds = 'expected' | 'minimum' | 'maximum' | 'actual'

function values(raw: { readonly [Name in Bounds]?: unknown }): FailureDetails {
  const details: FailureDetails = {}
  for (const name of ['expected', 'minimum', 'maximum', 'actual'] as const) {
    const value = raw[name]
    if (typeof value === 'number') details[name] = BigInt(value)
    else if (typeof value === 'bigint' || typeof value === 'string' || value instanceof Uint8Array)
      details[name] = value
  }
  return details
}
