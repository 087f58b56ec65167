import {
  ADDRESS,
  arrayOf,
  BOOLEAN,
  DATA,
  HASH,
  mapOf,
  objectOf,
  orNull,
  QUANTITY,
  QUANTITY64,
  reference,
  TEXT,
} from '../schema.ts'
import type { MethodDoc } from './document.ts'

const FOUND_BLOCK = orNull(reference('Block'))
const FOUND_HEADER = orNull(reference('Header'))
const FOUND_TRANSACTION = orNull(reference('Transaction'))
const FOUND_COUNT = orNull(QUANTITY64)
const FILTER_ID = QUANTITY
const CHANGES = { anyOf: [arrayOf(HASH), arrayOf(reference('Transaction')), arrayOf(reference('Log'))] }

/** Chain, fees, state, blocks, transactions. */
const READS: Readonly<Record<string, MethodDoc>> = {
  eth_chainId: { summary: 'Chain id that transactions are signed for.', result: QUANTITY },
  eth_blockNumber: { summary: 'Number of the newest block.', result: QUANTITY64 },
  eth_syncing: {
    summary: 'False: the node is always in line with its chain.',
    result: { anyOf: [BOOLEAN, { type: 'object' }] },
  },
  eth_protocolVersion: { summary: 'Version of the Ethereum wire protocol; this node has no peers.', result: QUANTITY },
  eth_mining: { summary: 'Always false: nothing is mined by work.', result: BOOLEAN },
  eth_hashrate: { summary: 'Always 0.', result: QUANTITY },
  eth_coinbase: { summary: 'Who gets the fees of the blocks that this node seals.', result: ADDRESS },
  eth_config: {
    summary: 'Rules of the current, next and last fork (EIP-7910).',
    result: objectOf({
      current: { type: 'object' },
      next: orNull({ type: 'object' }),
      last: orNull({ type: 'object' }),
    }),
  },
  eth_capabilities: {
    summary: 'Which history this node keeps.',
    result: objectOf({ head: objectOf({ number: QUANTITY64, hash: HASH }, ['number', 'hash']) }, ['head']),
  },
  eth_gasPrice: { summary: 'Base fee of the next block plus the suggested tip, in wei.', result: QUANTITY },
  eth_maxPriorityFeePerGas: { summary: 'A tip that recent blocks accepted, in wei.', result: QUANTITY },
  eth_baseFee: { summary: 'Base fee of the next block, in wei.', result: QUANTITY },
  eth_blobBaseFee: { summary: 'Price of one unit of blob gas in the next block, in wei.', result: QUANTITY },
  eth_feeHistory: { summary: 'Base fees, use and tips of a range of blocks.', result: reference('FeeHistory') },
  eth_getBalance: { summary: 'Balance of an account, in wei.', result: QUANTITY },
  eth_getCode: { summary: 'Code of an account.', result: DATA },
  eth_getAccount: {
    summary: 'An account as it stands in the state trie; one that does not exist is empty.',
    result: objectOf({ balance: QUANTITY, nonce: QUANTITY64, storageRoot: HASH, codeHash: HASH }, [
      'balance',
      'nonce',
      'storageRoot',
      'codeHash',
    ]),
  },
  eth_getAccountInfo: {
    summary: 'Balance, nonce and code of an account at once.',
    result: objectOf({ balance: QUANTITY, nonce: QUANTITY64, code: DATA }, ['balance', 'nonce', 'code']),
  },
  eth_getStorageAt: { summary: 'One storage slot of an account.', result: HASH },
  eth_getStorageValues: { summary: 'Many storage slots of many accounts at one block.', result: mapOf(arrayOf(HASH)) },
  eth_getTransactionCount: { summary: 'Nonce of an account; with "pending" the next free one.', result: QUANTITY64 },
  eth_getProof: { summary: 'Merkle proofs of an account and its slots (EIP-1186).', result: reference('AccountProof') },
  eth_getBlockByHash: { summary: 'A block by its hash.', result: FOUND_BLOCK },
  eth_getBlockByNumber: { summary: 'A block by number or tag.', result: FOUND_BLOCK },
  eth_getHeaderByHash: { summary: 'A header by the hash of its block.', result: FOUND_HEADER },
  eth_getHeaderByNumber: { summary: 'A header by number or tag.', result: FOUND_HEADER },
  eth_getBlockReceipts: { summary: 'All receipts of a block.', result: orNull(arrayOf(reference('Receipt'))) },
  eth_getBlockAccessList: {
    summary: 'What a block read and changed (EIP-7928).',
    result: orNull(reference('BlockAccessList')),
  },
  eth_getBlockTransactionCountByHash: { summary: 'Number of transactions in a block.', result: FOUND_COUNT },
  eth_getBlockTransactionCountByNumber: { summary: 'Number of transactions in a block.', result: FOUND_COUNT },
  eth_getUncleCountByBlockHash: { summary: 'Number of uncles of a block.', result: FOUND_COUNT },
  eth_getUncleCountByBlockNumber: { summary: 'Number of uncles of a block.', result: FOUND_COUNT },
  eth_getUncleByBlockHashAndIndex: { summary: 'An uncle of a block.', result: FOUND_BLOCK },
  eth_getUncleByBlockNumberAndIndex: { summary: 'An uncle of a block.', result: FOUND_BLOCK },
  eth_getTransactionByHash: { summary: 'A transaction, mined or in the pool.', result: FOUND_TRANSACTION },
  eth_getTransactionByBlockHashAndIndex: { summary: 'A transaction by its place.', result: FOUND_TRANSACTION },
  eth_getTransactionByBlockNumberAndIndex: { summary: 'A transaction by its place.', result: FOUND_TRANSACTION },
  eth_getTransactionBySenderAndNonce: { summary: 'A transaction by sender and nonce.', result: FOUND_TRANSACTION },
  eth_getTransactionReceipt: { summary: 'The receipt of a mined transaction.', result: orNull(reference('Receipt')) },
  eth_getRawTransactionByHash: { summary: 'The signed envelope of a transaction.', result: orNull(DATA) },
  eth_getRawTransactionByBlockHashAndIndex: { summary: 'The signed envelope of a transaction.', result: orNull(DATA) },
  eth_getRawTransactionByBlockNumberAndIndex: {
    summary: 'The signed envelope of a transaction.',
    result: orNull(DATA),
  },
  eth_pendingTransactions: {
    summary: 'Pooled transactions of the accounts that this node signs for.',
    result: arrayOf(reference('Transaction')),
  },
}

/** Calls, sending, signing, logs, filters, subscriptions. */
const ACTIONS: Readonly<Record<string, MethodDoc>> = {
  eth_call: { summary: 'Runs a message on the state of a block and forgets what it did.', result: DATA },
  eth_estimateGas: { summary: 'The least gas limit with which a transaction succeeds.', result: QUANTITY64 },
  eth_createAccessList: {
    summary: 'Accounts and slots that a call touches (EIP-2930).',
    result: reference('AccessListResult'),
  },
  eth_simulateV1: { summary: 'Runs rows of blocks with overrides.', result: arrayOf(reference('SimulatedBlock')) },
  eth_fillTransaction: {
    summary: 'Completes a transaction with nonce, gas and fees.',
    result: reference('FilledTransaction'),
  },
  eth_sendRawTransaction: { summary: 'Puts a signed transaction into the pool.', result: HASH },
  eth_sendRawTransactionSync: {
    summary: 'The same, answered with the receipt (EIP-7966).',
    result: reference('Receipt'),
  },
  eth_sendTransaction: { summary: 'Completes, signs and sends (development accounts only).', result: HASH },
  eth_sendUnsignedTransaction: { summary: 'Sends for an impersonated account.', result: HASH },
  eth_signTransaction: {
    summary: 'Completes and signs (development accounts only).',
    result: reference('FilledTransaction'),
  },
  eth_sign: { summary: 'Signs a message with the EIP-191 prefix (development accounts only).', result: DATA },
  personal_sign: { summary: 'eth_sign with its parameters the other way round.', result: DATA },
  eth_signTypedData_v3: { summary: 'Signs EIP-712 data (development accounts only).', result: DATA },
  eth_signTypedData_v4: { summary: 'Signs EIP-712 data (development accounts only).', result: DATA },
  eth_accounts: { summary: 'Accounts that this node signs for.', result: arrayOf(ADDRESS) },
  eth_getLogs: { summary: 'Logs of a range of blocks or of one block.', result: arrayOf(reference('Log')) },
  eth_newFilter: { summary: 'Begins to collect matching logs.', result: FILTER_ID },
  eth_newBlockFilter: { summary: 'Begins to collect hashes of new blocks.', result: FILTER_ID },
  eth_requestAccounts: { summary: 'The same as eth_accounts (EIP-1102).', result: arrayOf(ADDRESS) },
  eth_newPendingTransactionFilter: { summary: 'Begins to collect hashes of pending transactions.', result: FILTER_ID },
  eth_getFilterChanges: { summary: 'What a filter collected since the last time.', result: CHANGES },
  eth_getFilterLogs: { summary: 'All logs that a filter matches.', result: arrayOf(reference('Log')) },
  eth_uninstallFilter: { summary: 'Ends a filter.', result: BOOLEAN },
  eth_subscribe: {
    summary: 'Pushes newHeads, logs, newPendingTransactions or syncing over this WebSocket.',
    result: QUANTITY,
  },
  eth_unsubscribe: { summary: 'Ends a subscription.', result: BOOLEAN },
}

export const ETH_DOCS: Readonly<Record<string, MethodDoc>> = { ...READS, ...ACTIONS }

/** net_, web3_, rpc. */
export const NODE_DOCS: Readonly<Record<string, MethodDoc>> = {
  net_version: { summary: 'Chain id as a decimal string.', result: TEXT },
  net_listening: { summary: 'True: the node answers.', result: BOOLEAN },
  net_peerCount: { summary: 'Zero: the node has no peers.', result: QUANTITY64 },
  web3_clientVersion: { summary: 'Name and version of this node.', result: TEXT },
  web3_sha3: { summary: 'keccak256 of some bytes.', result: HASH },
  rpc_modules: { summary: 'Namespaces that this node serves.', result: mapOf(TEXT) },
  'rpc.discover': { summary: 'This document.', result: { type: 'object' } },
}
