import {
  boolean,
  byteList,
  byteVector,
  container,
  list,
  packedContainer,
  progressiveContainer,
  type SszType,
  uint,
} from './sszTypes.ts'
import type {
  ExecutionPayload,
  ExecutionRequests,
  ExecutionWitness,
  Hash32,
  NewPayloadRequest,
  Withdrawal,
} from './types.ts'

/**
 * The SSZ schema of tests-zkevm v21 and v0.8 ("keyed"). Codec, roots and the layout constants of the contracts all come
 * from these tables. Sources: execution-specs amsterdam/stateless.py, stateless_ssz.py, execution_engine/types.py,
 * requests.py; EIP-8025.
 */

/** fork index 0x15 (Amsterdam) << 8 | revision 1; big-endian in front of an input, little-endian inside the result */
export const SCHEMA_ID_AMSTERDAM = 0x1501
export const SCHEMA_ID_SIZE = 2

export const MAX_WITNESS_NODE_BYTES = 1_024
export const MAX_CODE_BYTES = 65_536
export const MAX_HEADER_BYTES = 1_024
export const MAX_WITNESS_HEADERS = 256
export const MAX_EXTRA_DATA_BYTES = 32
/** 0x04 || x || y */
export const PUBLIC_KEY_BYTES = 65
/** VersionedHashes limit of the consensus specifications */
const MAX_CONSENSUS_VERSIONED_HASHES = 4_096

const uint16 = uint(2)
const uint64 = uint(8)
const uint256 = uint(32)
const bytes20 = byteVector(20)
const bytes32: SszType<Hash32> = byteVector(32)

const withdrawal = container<Withdrawal>({
  index: uint64,
  validatorIndex: uint64,
  address: bytes20,
  amount: uint64,
})

export const executionPayloadType = progressiveContainer<ExecutionPayload>({
  parentHash: bytes32,
  feeRecipient: bytes20,
  stateRoot: bytes32,
  receiptsRoot: bytes32,
  logsBloom: byteVector(256),
  prevRandao: bytes32,
  blockNumber: uint64,
  gasLimit: uint64,
  gasUsed: uint64,
  timestamp: uint64,
  extraData: byteList(MAX_EXTRA_DATA_BYTES),
  baseFeePerGas: uint256,
  blockHash: bytes32,
  transactions: list(byteList()),
  withdrawals: list(withdrawal),
  blobGasUsed: uint64,
  excessBlobGas: uint64,
  blockAccessList: byteList(),
  slotNumber: uint64,
})

/** Byte lengths of the fields of each request item, in order of the EIP-7685 type bytes 0 to 4. */
const REQUEST_FIELDS = {
  /** EIP-6110: pubkey, withdrawal_credentials, amount, signature, index */
  deposits: [48, 32, 8, 96, 8],
  /** EIP-7002: source_address, validator_pubkey, amount */
  withdrawals: [20, 48, 8],
  /** EIP-7251: source_address, source_pubkey, target_pubkey */
  consolidations: [20, 48, 48],
  /** EIP-8282: pubkey, withdrawal_credentials, amount, signature */
  builderDeposits: [48, 32, 8, 96],
  /** EIP-8282: source_address, pubkey */
  builderExits: [20, 48],
} as const satisfies Record<keyof ExecutionRequests, readonly number[]>

/** Names of the five request lists; the index is the EIP-7685 type byte. */
export const REQUEST_KINDS = [
  'deposits',
  'withdrawals',
  'consolidations',
  'builderDeposits',
  'builderExits',
] as const satisfies readonly (keyof ExecutionRequests)[]

/** Bytes of one item of a request list: 192, 76, 116, 184, 68. */
export function requestItemSize(kind: keyof ExecutionRequests): number {
  return REQUEST_FIELDS[kind].reduce((sum: number, length) => sum + length, 0)
}

export const executionRequestsType = progressiveContainer<ExecutionRequests>({
  deposits: list(packedContainer(REQUEST_FIELDS.deposits)),
  withdrawals: list(packedContainer(REQUEST_FIELDS.withdrawals)),
  consolidations: list(packedContainer(REQUEST_FIELDS.consolidations)),
  builderDeposits: list(packedContainer(REQUEST_FIELDS.builderDeposits)),
  builderExits: list(packedContainer(REQUEST_FIELDS.builderExits)),
})

/** Wire form, and the root by the rules of execution-specs. */
export const newPayloadRequestType = container<NewPayloadRequest>({
  executionPayload: executionPayloadType,
  versionedHashes: list(bytes32),
  parentBeaconBlockRoot: bytes32,
  executionRequests: executionRequestsType,
})

/** The same wire form with the root by the rules of consensus-specs Gloas, as a rollup contract may compute it. */
export const consensusNewPayloadRequestType = progressiveContainer<NewPayloadRequest>({
  executionPayload: executionPayloadType,
  versionedHashes: list(bytes32, MAX_CONSENSUS_VERSIONED_HASHES),
  parentBeaconBlockRoot: bytes32,
  executionRequests: executionRequestsType,
})

export const executionWitnessType = container<ExecutionWitness>({
  state: list(byteList(MAX_WITNESS_NODE_BYTES)),
  codes: list(byteList(MAX_CODE_BYTES)),
  headers: list(byteList(MAX_HEADER_BYTES), MAX_WITNESS_HEADERS),
})

export type V21Body = { newPayloadRequest: NewPayloadRequest; witness: ExecutionWitness; chainId: bigint }
export type KeyedBody = V21Body & { publicKeys: readonly Uint8Array[] }

/** tests-zkevm v21: three fields, fixed part 16 bytes. */
export const v21BodyType = container<V21Body>({
  newPayloadRequest: newPayloadRequestType,
  witness: executionWitnessType,
  chainId: uint64,
})

/** tests-zkevm v0.8: the same with public keys, fixed part 20 bytes. */
export const keyedBodyType = container<KeyedBody>({
  newPayloadRequest: newPayloadRequestType,
  witness: executionWitnessType,
  chainId: uint64,
  publicKeys: list(byteVector(PUBLIC_KEY_BYTES)),
})

export type ResultFields = {
  newPayloadRequestRoot: Hash32
  successfulValidation: boolean
  chainId: bigint
  schemaId: bigint
}

/** StatelessValidationResult on the wire: 32 + 1 + 8 + 2 = 43 bytes. */
export const resultType = container<ResultFields>({
  newPayloadRequestRoot: bytes32,
  successfulValidation: boolean,
  chainId: uint64,
  schemaId: uint16,
})

/** PublicInput of EIP-8025: the fields of the result under consensus-specs root rules. */
export const publicInputType = progressiveContainer<ResultFields>({
  newPayloadRequestRoot: bytes32,
  successfulValidation: boolean,
  chainId: uint64,
  schemaId: uint16,
})
