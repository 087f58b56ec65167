import { TRACE_PROPERTIES } from '../debug/traceConfig.ts'
import {
  ADDRESS,
  arrayOf,
  BOOLEAN,
  DATA,
  HASH,
  type JsonSchema,
  mapOf,
  objectOf,
  orNull,
  QUANTITY,
  QUANTITY64,
  quantitySchema,
  reference,
  requiredOf,
  TEXT,
} from '../schema.ts'

const TAGS = ['earliest', 'finalized', 'safe', 'latest', 'pending']

/** Forms of parameters that several methods take. */
export const PARAMETERS: Readonly<Record<string, JsonSchema>> = {
  BlockNumberOrTag: { title: 'block number or tag', anyOf: [QUANTITY64, { type: 'string', enum: TAGS }] },
  BlockParameter: {
    title: 'block number, tag, hash, or EIP-1898 object',
    anyOf: [
      QUANTITY64,
      { type: 'string', enum: TAGS },
      HASH,
      objectOf({ blockHash: HASH, blockNumber: reference('BlockNumberOrTag'), requireCanonical: BOOLEAN }),
    ],
  },
  AccessList: arrayOf(requiredOf({ address: ADDRESS, storageKeys: arrayOf(HASH) })),
  Authorization: objectOf(
    { chainId: QUANTITY, address: ADDRESS, nonce: QUANTITY64, yParity: QUANTITY, r: QUANTITY, s: QUANTITY },
    ['chainId', 'address', 'nonce', 'r', 's'],
  ),
  CallObject: objectOf({
    type: quantitySchema(8),
    from: ADDRESS,
    to: orNull(ADDRESS),
    gas: QUANTITY64,
    gasPrice: QUANTITY,
    maxFeePerGas: QUANTITY,
    maxPriorityFeePerGas: QUANTITY,
    maxFeePerBlobGas: QUANTITY,
    value: QUANTITY,
    nonce: QUANTITY64,
    input: { ...DATA, description: 'call data; `data` is the older name' },
    data: DATA,
    chainId: QUANTITY,
    accessList: reference('AccessList'),
    authorizationList: arrayOf(reference('Authorization')),
    blobVersionedHashes: arrayOf(HASH),
    blobs: arrayOf(DATA),
    commitments: arrayOf(DATA),
    proofs: arrayOf(DATA),
  }),
  StateOverrides: mapOf(
    objectOf({
      nonce: QUANTITY64,
      balance: QUANTITY,
      code: DATA,
      state: { ...mapOf(TEXT), description: 'slot to value; replaces the whole storage' },
      stateDiff: { ...mapOf(TEXT), description: 'slot to value; changes these slots only' },
      movePrecompileToAddress: ADDRESS,
    }),
  ),
  BlockOverrides: objectOf({
    number: QUANTITY64,
    time: QUANTITY64,
    gasLimit: QUANTITY64,
    feeRecipient: { ...ADDRESS, description: '`coinbase` is the older name' },
    prevRandao: { ...HASH, description: '`random` is the older name' },
    difficulty: { ...QUANTITY, description: 'before the merge' },
    baseFeePerGas: QUANTITY,
    blobBaseFee: QUANTITY,
    beaconRoot: { ...HASH, description: 'eth_simulateV1 only' },
    withdrawals: { ...arrayOf(reference('Withdrawal'), 16), description: 'eth_simulateV1 only' },
  }),
  LogFilter: objectOf({
    fromBlock: reference('BlockNumberOrTag'),
    toBlock: reference('BlockNumberOrTag'),
    blockHash: HASH,
    address: { anyOf: [ADDRESS, arrayOf(ADDRESS)] },
    topics: arrayOf({ anyOf: [HASH, { type: 'null' }, arrayOf(orNull(HASH))] }, 4),
  }),
  TraceOptions: objectOf({
    ...TRACE_PROPERTIES,
    stateOverrides: reference('StateOverrides'),
    blockOverrides: reference('BlockOverrides'),
    txIndex: { type: 'integer', minimum: 0 },
  }),
  SimulatePayload: objectOf(
    {
      blockStateCalls: arrayOf(
        objectOf({
          blockOverrides: reference('BlockOverrides'),
          stateOverrides: reference('StateOverrides'),
          calls: arrayOf(reference('CallObject')),
        }),
      ),
      traceTransfers: BOOLEAN,
      validation: BOOLEAN,
      returnFullTransactions: BOOLEAN,
    },
    ['blockStateCalls'],
  ),
  PayloadAttributes: objectOf(
    {
      timestamp: QUANTITY64,
      prevRandao: HASH,
      suggestedFeeRecipient: ADDRESS,
      withdrawals: arrayOf(reference('Withdrawal')),
      parentBeaconBlockRoot: HASH,
      slotNumber: QUANTITY64,
    },
    ['timestamp', 'prevRandao', 'suggestedFeeRecipient'],
  ),
}

/** What development methods take. */
export const DEVELOPMENT: Readonly<Record<string, JsonSchema>> = {
  Amount: { title: 'quantity or integer', anyOf: [QUANTITY, { type: 'integer', minimum: 0 }] },
  MineOptions: {
    anyOf: [reference('Amount'), objectOf({ timestamp: reference('Amount'), blocks: reference('Amount') })],
  },
  ResetOptions: objectOf({ forking: { type: 'object', description: 'without a URL: this node forks no other chain' } }),
  ReorgOptions: { anyOf: [reference('Amount'), objectOf({ depth: reference('Amount') }, ['depth'])] },
}
