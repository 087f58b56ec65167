import { TRACE_PROPERTIES } from '../debug/traceConfig.ts'
import {
  ADDRESS,
  ANY,
  arrayOf,
  BOOLEAN,
  DATA,
  dataSchema,
  HASH,
  type JsonSchema,
  mapOf,
  objectOf,
  orNull,
  QUANTITY,
  QUANTITY64,
  quantitySchema,
  reference,
  TEXT,
} from '../schema.ts'

const TAGS = ['earliest', 'finalized', 'safe', 'latest', 'pending']

const requiredOf = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema =>
  objectOf(properties, Object.keys(properties))

/** Forms of parameters that several methods take. */
const PARAMETERS: Readonly<Record<string, JsonSchema>> = {
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
  WithdrawalFilter: objectOf({ txHash: HASH, address: ADDRESS, status: reference('WithdrawalStatus') }),
}

const HEADER_FIELDS: Readonly<Record<string, JsonSchema>> = {
  hash: orNull(HASH),
  parentHash: HASH,
  sha3Uncles: HASH,
  miner: orNull(ADDRESS),
  stateRoot: HASH,
  transactionsRoot: HASH,
  receiptsRoot: HASH,
  logsBloom: dataSchema(256),
  difficulty: QUANTITY,
  number: QUANTITY64,
  gasLimit: QUANTITY64,
  gasUsed: QUANTITY64,
  timestamp: QUANTITY64,
  extraData: DATA,
  mixHash: HASH,
  nonce: orNull(dataSchema(8)),
}

/** Absent before the fork that brought them. */
const LATER_HEADER_FIELDS: Readonly<Record<string, JsonSchema>> = {
  baseFeePerGas: QUANTITY,
  withdrawalsRoot: HASH,
  blobGasUsed: QUANTITY64,
  excessBlobGas: QUANTITY64,
  parentBeaconBlockRoot: HASH,
  requestsHash: HASH,
  blockAccessListHash: HASH,
  slotNumber: QUANTITY64,
}

const LOG_FIELDS: Readonly<Record<string, JsonSchema>> = {
  address: ADDRESS,
  topics: arrayOf(HASH),
  data: DATA,
  blockNumber: QUANTITY64,
  blockHash: HASH,
  blockTimestamp: QUANTITY64,
  transactionHash: HASH,
  transactionIndex: QUANTITY64,
  logIndex: QUANTITY64,
  removed: BOOLEAN,
}

const POOL_OF = (shown: JsonSchema): JsonSchema =>
  requiredOf({ pending: mapOf(mapOf(shown)), queued: mapOf(mapOf(shown)) })

/** What a chain holds. */
const CHAIN_DATA: Readonly<Record<string, JsonSchema>> = {
  Header: objectOf({ ...HEADER_FIELDS, ...LATER_HEADER_FIELDS }, Object.keys(HEADER_FIELDS)),
  Block: objectOf(
    {
      ...HEADER_FIELDS,
      ...LATER_HEADER_FIELDS,
      size: QUANTITY64,
      transactions: { anyOf: [arrayOf(HASH), arrayOf(reference('Transaction'))] },
      uncles: arrayOf(HASH),
      withdrawals: arrayOf(reference('Withdrawal')),
    },
    [...Object.keys(HEADER_FIELDS), 'size', 'transactions', 'uncles'],
  ),
  Withdrawal: requiredOf({ index: QUANTITY64, validatorIndex: QUANTITY64, address: ADDRESS, amount: QUANTITY64 }),
  Transaction: objectOf(
    {
      blockHash: orNull(HASH),
      blockNumber: orNull(QUANTITY64),
      blockTimestamp: orNull(QUANTITY64),
      transactionIndex: orNull(QUANTITY64),
      from: ADDRESS,
      gas: QUANTITY64,
      gasPrice: QUANTITY,
      maxFeePerGas: QUANTITY,
      maxPriorityFeePerGas: QUANTITY,
      maxFeePerBlobGas: QUANTITY,
      hash: HASH,
      input: DATA,
      nonce: QUANTITY64,
      to: orNull(ADDRESS),
      value: QUANTITY,
      type: quantitySchema(8),
      accessList: reference('AccessList'),
      blobVersionedHashes: arrayOf(HASH),
      authorizationList: arrayOf(reference('Authorization')),
      chainId: QUANTITY,
      v: QUANTITY,
      r: QUANTITY,
      s: QUANTITY,
      yParity: QUANTITY,
    },
    ['from', 'gas', 'gasPrice', 'hash', 'input', 'nonce', 'to', 'value', 'type', 'v', 'r', 's'],
  ),
  Log: requiredOf(LOG_FIELDS),
  Receipt: objectOf(
    {
      blockHash: HASH,
      blockNumber: QUANTITY64,
      transactionHash: HASH,
      transactionIndex: QUANTITY64,
      type: quantitySchema(8),
      from: ADDRESS,
      to: orNull(ADDRESS),
      contractAddress: orNull(ADDRESS),
      cumulativeGasUsed: QUANTITY64,
      gasUsed: QUANTITY64,
      effectiveGasPrice: QUANTITY,
      logs: arrayOf(reference('Log')),
      logsBloom: dataSchema(256),
      status: { type: 'string', enum: ['0x0', '0x1'] },
      root: HASH,
      blobGasUsed: QUANTITY64,
      blobGasPrice: QUANTITY,
    },
    ['blockHash', 'transactionHash', 'type', 'from', 'to', 'cumulativeGasUsed', 'gasUsed', 'logs', 'logsBloom'],
  ),
  AccountProof: requiredOf({
    address: ADDRESS,
    accountProof: arrayOf(DATA),
    balance: QUANTITY,
    codeHash: HASH,
    nonce: QUANTITY64,
    storageHash: HASH,
    storageProof: arrayOf(requiredOf({ key: TEXT, value: QUANTITY, proof: arrayOf(DATA) })),
  }),
  FeeHistory: objectOf(
    {
      oldestBlock: QUANTITY64,
      baseFeePerGas: arrayOf(QUANTITY),
      gasUsedRatio: arrayOf({ type: 'number' }),
      baseFeePerBlobGas: arrayOf(QUANTITY),
      blobGasUsedRatio: arrayOf({ type: 'number' }),
      reward: arrayOf(arrayOf(QUANTITY)),
    },
    ['oldestBlock', 'baseFeePerGas', 'gasUsedRatio'],
  ),
  BlockAccessList: arrayOf(
    objectOf(
      {
        address: ADDRESS,
        storageChanges: arrayOf(
          requiredOf({ key: HASH, changes: arrayOf(requiredOf({ index: QUANTITY64, value: HASH })) }),
        ),
        storageReads: arrayOf(HASH),
        balanceChanges: arrayOf(requiredOf({ index: QUANTITY64, value: QUANTITY })),
        nonceChanges: arrayOf(requiredOf({ index: QUANTITY64, value: QUANTITY64 })),
        codeChanges: arrayOf(requiredOf({ index: QUANTITY64, code: DATA })),
      },
      ['address'],
    ),
  ),
  ExecutionWitness: objectOf(
    { state: arrayOf(DATA), codes: arrayOf(DATA), headers: arrayOf(DATA), keys: arrayOf(DATA) },
    ['state', 'codes', 'headers'],
  ),
  PoolContent: POOL_OF(reference('Transaction')),
  PoolSummary: POOL_OF(TEXT),
}

/** What calls, simulations and traces answer. */
const RUNS: Readonly<Record<string, JsonSchema>> = {
  AccessListResult: objectOf({ accessList: reference('AccessList'), error: TEXT, gasUsed: QUANTITY64 }, [
    'accessList',
    'gasUsed',
  ]),
  FilledTransaction: requiredOf({ raw: DATA, tx: { type: 'object' } }),
  CallError: objectOf({ code: { type: 'integer' }, message: TEXT, data: DATA }, ['code', 'message']),
  SimulatedBlock: objectOf(
    {
      ...HEADER_FIELDS,
      ...LATER_HEADER_FIELDS,
      size: QUANTITY64,
      transactions: { anyOf: [arrayOf(HASH), arrayOf(reference('Transaction'))] },
      uncles: arrayOf(HASH),
      withdrawals: arrayOf(reference('Withdrawal')),
      calls: arrayOf(
        objectOf(
          {
            status: { type: 'string', enum: ['0x0', '0x1'] },
            returnData: DATA,
            gasUsed: QUANTITY64,
            maxUsedGas: QUANTITY64,
            logs: arrayOf(reference('Log')),
            error: reference('CallError'),
          },
          ['status', 'returnData', 'gasUsed'],
        ),
      ),
    },
    ['number', 'hash', 'calls'],
  ),
  Trace: {
    description: 'struct logs without a tracer, else the form of the tracer',
    anyOf: [
      objectOf(
        { gas: { type: 'integer' }, failed: BOOLEAN, returnValue: DATA, structLogs: arrayOf({ type: 'object' }) },
        ['gas', 'failed', 'returnValue', 'structLogs'],
      ),
      { type: 'object' },
    ],
  },
  BlockTrace: arrayOf(objectOf({ txHash: HASH, result: reference('Trace'), error: TEXT }, ['txHash'])),
  StorageRange: requiredOf({
    storage: mapOf(requiredOf({ key: orNull(HASH), value: HASH })),
    nextKey: orNull(HASH),
  }),
}

/** What development methods take. */
const DEVELOPMENT: Readonly<Record<string, JsonSchema>> = {
  Amount: { title: 'quantity or integer', anyOf: [QUANTITY, { type: 'integer', minimum: 0 }] },
  MineOptions: {
    anyOf: [reference('Amount'), objectOf({ timestamp: reference('Amount'), blocks: reference('Amount') })],
  },
  ResetOptions: objectOf({ forking: { type: 'object', description: 'without a URL: this node forks no other chain' } }),
  ReorgOptions: { anyOf: [reference('Amount'), objectOf({ depth: reference('Amount') }, ['depth'])] },
}

/** What the rollup's node tells. */
const ROLLUP: Readonly<Record<string, JsonSchema>> = {
  WithdrawalStatus: {
    type: 'string',
    enum: ['waiting-to-settle', 'waiting-for-finality', 'ready-to-claim', 'claimed'],
  },
  RollupWithdrawal: objectOf(
    {
      id: QUANTITY,
      hash: HASH,
      from: ADDRESS,
      to: ADDRESS,
      value: QUANTITY,
      fee: QUANTITY,
      gasLimit: QUANTITY64,
      data: DATA,
      l2Block: QUANTITY64,
      l2TxHash: HASH,
      status: reference('WithdrawalStatus'),
      readyAt: QUANTITY64,
      claimTx: HASH,
    },
    ['id', 'hash', 'from', 'to', 'value', 'l2Block', 'status'],
  ),
  WithdrawalProof: requiredOf({
    message: { type: 'object' },
    index: QUANTITY,
    path: arrayOf(HASH),
    outboxRoot: HASH,
    l2Block: QUANTITY64,
    accountProof: arrayOf(DATA),
    storageProof: arrayOf(DATA),
    calldata: DATA,
    to: ADDRESS,
  }),
  RollupConfig: objectOf({ l1ChainId: QUANTITY, l2ChainId: QUANTITY, fork: TEXT, executeAddress: ADDRESS }, [
    'l1ChainId',
    'l2ChainId',
    'fork',
    'executeAddress',
  ]),
  RollupStatus: objectOf(
    { l1Head: ANY, l2: ANY, lag: ANY, queue: ANY, sequencer: ANY, settler: ANY, escrow: QUANTITY },
    ['l1Head', 'l2', 'lag', 'queue', 'sequencer', 'settler', 'escrow'],
  ),
}

/** The named schemas of the document. */
export const COMPONENTS: Readonly<Record<string, JsonSchema>> = {
  ...PARAMETERS,
  ...CHAIN_DATA,
  ...RUNS,
  ...DEVELOPMENT,
  ...ROLLUP,
}
