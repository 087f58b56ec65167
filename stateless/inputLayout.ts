import {
  executionPayloadType,
  newPayloadRequestType,
  SCHEMA_ID_AMSTERDAM,
  SCHEMA_ID_SIZE,
  v21BodyType,
} from './sszSchema.ts'

const BODY = SCHEMA_ID_SIZE
const REQUEST = BODY + v21BodyType.fixedPart
const PAYLOAD = REQUEST + newPayloadRequestType.fixedPart

const body = v21BodyType.positions
const request = newPayloadRequestType.positions
const payload = executionPayloadType.positions

/**
 * Absolute byte positions in a v21 input, schema id included, in which every offset down to the payload has its pinned
 * value. The rollup contract reads header fields at these positions; the Solidity constants are generated from here.
 * `offset...` are positions of 4-byte offsets, the `...Value` entries what the first offsets must be.
 */
export const INPUT_LAYOUT = {
  schemaId: 0,
  offsetNewPayloadRequest: BODY + body.newPayloadRequest,
  offsetWitness: BODY + body.witness,
  chainId: BODY + body.chainId,
  newPayloadRequest: REQUEST,
  offsetExecutionPayload: REQUEST + request.executionPayload,
  offsetVersionedHashes: REQUEST + request.versionedHashes,
  parentBeaconBlockRoot: REQUEST + request.parentBeaconBlockRoot,
  offsetExecutionRequests: REQUEST + request.executionRequests,
  executionPayload: PAYLOAD,
  parentHash: PAYLOAD + payload.parentHash,
  feeRecipient: PAYLOAD + payload.feeRecipient,
  stateRoot: PAYLOAD + payload.stateRoot,
  receiptsRoot: PAYLOAD + payload.receiptsRoot,
  logsBloom: PAYLOAD + payload.logsBloom,
  prevRandao: PAYLOAD + payload.prevRandao,
  blockNumber: PAYLOAD + payload.blockNumber,
  gasLimit: PAYLOAD + payload.gasLimit,
  gasUsed: PAYLOAD + payload.gasUsed,
  timestamp: PAYLOAD + payload.timestamp,
  offsetExtraData: PAYLOAD + payload.extraData,
  baseFeePerGas: PAYLOAD + payload.baseFeePerGas,
  blockHash: PAYLOAD + payload.blockHash,
  offsetTransactions: PAYLOAD + payload.transactions,
  offsetWithdrawals: PAYLOAD + payload.withdrawals,
  blobGasUsed: PAYLOAD + payload.blobGasUsed,
  excessBlobGas: PAYLOAD + payload.excessBlobGas,
  offsetBlockAccessList: PAYLOAD + payload.blockAccessList,
  slotNumber: PAYLOAD + payload.slotNumber,
  /** first byte after the fixed part of the payload: its variable part, extra_data first */
  fixedEnd: PAYLOAD + executionPayloadType.fixedPart,
} as const

/** Sizes and values that go with the positions. */
export const INPUT_LAYOUT_VALUES = {
  schemaId: SCHEMA_ID_AMSTERDAM,
  /** offset of new_payload_request: the size of the outer fixed part */
  newPayloadRequestOffset: v21BodyType.fixedPart,
  /** offset of execution_payload: the fixed part of NewPayloadRequest */
  executionPayloadOffset: newPayloadRequestType.fixedPart,
  /** offset of extra_data: the fixed part of ExecutionPayload */
  extraDataOffset: executionPayloadType.fixedPart,
  /** bytes of ExecutionRequests with five empty lists: five offsets */
  emptyExecutionRequestsSize: 20,
  resultSize: 43,
} as const
