import { ADDRESS, ANY, arrayOf, BOOLEAN, DATA, objectOf, orNull, QUANTITY64, reference } from '../schema.ts'
import type { MethodDoc } from './document.ts'

/** debug_, txpool_, testing_. */
export const DEBUG_DOCS: Readonly<Record<string, MethodDoc>> = {
  debug_getRawHeader: { summary: 'RLP of a header.', result: DATA },
  debug_getRawBlock: { summary: 'RLP of a block.', result: DATA },
  debug_getRawReceipts: { summary: 'Consensus encodings of the receipts of a block.', result: arrayOf(DATA) },
  debug_getRawTransaction: { summary: 'The signed envelope of a transaction; 0x when unknown.', result: DATA },
  debug_getRawBlockAccessList: { summary: 'RLP of the access list of a block (EIP-7928).', result: DATA },
  debug_getBadBlocks: { summary: 'Blocks that failed to import.', result: arrayOf({ type: 'object' }) },
  debug_setHead: { summary: 'Makes an older block the head again.', result: ANY },
  debug_executionWitness: {
    summary: 'What a stateless client needs to run a block.',
    result: reference('ExecutionWitness'),
  },
  debug_executionWitnessByBlockHash: {
    summary: 'What a stateless client needs to run a block.',
    result: reference('ExecutionWitness'),
  },
  debug_traceTransaction: {
    summary: 'Runs a mined transaction again and tells what it did.',
    result: reference('Trace'),
  },
  debug_traceCall: { summary: 'Runs a call and tells what it did.', result: reference('Trace') },
  debug_traceBlockByNumber: { summary: 'Traces all transactions of a block.', result: reference('BlockTrace') },
  debug_traceBlockByHash: { summary: 'Traces all transactions of a block.', result: reference('BlockTrace') },
  debug_traceBlock: { summary: 'Traces all transactions of a block given as RLP.', result: reference('BlockTrace') },
  debug_storageRangeAt: { summary: 'A page of the storage of a contract.', result: reference('StorageRange') },
  txpool_status: {
    summary: 'How many transactions wait.',
    result: objectOf({ pending: QUANTITY64, queued: QUANTITY64 }, ['pending', 'queued']),
  },
  txpool_content: { summary: 'All waiting transactions by sender and nonce.', result: reference('PoolContent') },
  txpool_contentFrom: {
    summary: 'The waiting transactions of one sender by nonce.',
    result: objectOf({ pending: { type: 'object' }, queued: { type: 'object' } }, ['pending', 'queued']),
  },
  txpool_inspect: { summary: 'All waiting transactions as one line of text each.', result: reference('PoolSummary') },
  testing_buildBlockV1: {
    summary: 'Builds a block on a parent without keeping it.',
    result: objectOf(
      {
        executionPayload: { type: 'object' },
        blockValue: { type: 'string' },
        blobsBundle: { type: 'object' },
        executionRequests: arrayOf(DATA),
        shouldOverrideBuilder: BOOLEAN,
      },
      ['executionPayload', 'blockValue', 'blobsBundle', 'shouldOverrideBuilder'],
    ),
  },
}

/** ots_ and erigon_: what the Otterscan explorer asks for. */
export const OTS_DOCS: Readonly<Record<string, MethodDoc>> = {
  ots_getApiLevel: { summary: 'Level of the Otterscan interface.', result: { type: 'integer' } },
  ots_hasCode: { summary: 'Is this account a contract?', result: BOOLEAN },
  ots_getInternalOperations: {
    summary: 'Transfers and creations inside a transaction.',
    result: arrayOf({ type: 'object' }),
  },
  ots_getTransactionError: { summary: 'Revert data of a transaction.', result: DATA },
  ots_traceTransaction: { summary: 'Calls of a transaction as a flat list.', result: arrayOf({ type: 'object' }) },
  ots_getBlockDetails: { summary: 'A block with issuance and fees.', result: orNull({ type: 'object' }) },
  ots_getBlockDetailsByHash: { summary: 'A block with issuance and fees.', result: orNull({ type: 'object' }) },
  ots_getBlockTransactions: { summary: 'A page of the transactions of a block.', result: orNull({ type: 'object' }) },
  ots_searchTransactionsBefore: {
    summary: 'A page of what touched an account, newest first.',
    result: { type: 'object' },
  },
  ots_searchTransactionsAfter: {
    summary: 'A page of what touched an account after a block.',
    result: { type: 'object' },
  },
  ots_getTransactionBySenderAndNonce: { summary: 'Hash of a transaction by sender and nonce.', result: orNull(DATA) },
  ots_getContractCreator: {
    summary: 'Who created a contract, and in which transaction.',
    result: orNull(objectOf({ hash: DATA, creator: ADDRESS }, ['hash', 'creator'])),
  },
  erigon_getHeaderByNumber: { summary: 'A header by number or tag.', result: orNull(reference('Header')) },
}
