import type { Transaction } from '../../execution/types.ts'
import type { PendingBlock } from '../../node/pendingBlock.ts'
import { blockRlp, hashHeader } from '../../stateless/header.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import type { Block, BlockHeader, Withdrawal } from '../../stateless/types.ts'
import { toData, toQuantity } from '../hex.ts'
import { mapInSlices } from '../slices.ts'
import { formatMinedTransaction, formatPooledTransaction } from './transaction.ts'

/** Fields of a header, without its hash. Fields of later forks are absent, and so is totalDifficulty. */
export function formatHeaderFields(header: BlockHeader) {
  return {
    parentHash: toData(header.parentHash),
    sha3Uncles: toData(header.ommersHash),
    miner: toData(header.coinbase),
    stateRoot: toData(header.stateRoot),
    transactionsRoot: toData(header.transactionsRoot),
    receiptsRoot: toData(header.receiptsRoot),
    logsBloom: toData(header.logsBloom),
    difficulty: toQuantity(header.difficulty),
    number: toQuantity(header.number),
    gasLimit: toQuantity(header.gasLimit),
    gasUsed: toQuantity(header.gasUsed),
    timestamp: toQuantity(header.timestamp),
    extraData: toData(header.extraData),
    mixHash: toData(header.prevRandao),
    nonce: toData(header.nonce),
    ...optionalQuantity('baseFeePerGas', header.baseFeePerGas),
    ...optionalData('withdrawalsRoot', header.withdrawalsRoot),
    ...optionalQuantity('blobGasUsed', header.blobGasUsed),
    ...optionalQuantity('excessBlobGas', header.excessBlobGas),
    ...optionalData('parentBeaconBlockRoot', header.parentBeaconBlockRoot),
    ...optionalData('requestsHash', header.requestsHash),
    ...optionalData('blockAccessListHash', header.blockAccessListHash),
    ...optionalQuantity('slotNumber', header.slotNumber),
  }
}

/** What newHeads pushes. */
export function formatHeader(block: Block) {
  return { hash: toData(block.hash), ...formatHeaderFields(block.header) }
}

/** The block with its transactions as hashes, which whoever has the transactions need not compute. */
export function formatBlock(block: Block, transactions?: readonly Transaction[]) {
  const hashes = transactions?.map((tx) => tx.hash) ?? block.transactions.map(keccak256)
  return withTransactions(block, hashes.map(toData))
}

/** The block with its transactions as objects. Their senders may have to be recovered, so others get turns. */
export async function formatHydratedBlock(block: Block, transactions: readonly Transaction[]) {
  return withTransactions(
    block,
    await mapInSlices(transactions, (tx, index) => formatMinedTransaction(tx, block, index)),
  )
}

/** The pending block: what only sealing decides is null (as geth), and so is the place of its transactions. */
export async function formatPendingBlock({ block, transactions }: PendingBlock, hydrated: boolean) {
  const shown = hydrated
    ? await mapInSlices(transactions, formatPooledTransaction)
    : transactions.map((tx) => toData(tx.hash))
  return { ...withTransactions<unknown>(block, shown), hash: null, nonce: null, miner: null }
}

export function formatPendingHeader({ block }: PendingBlock) {
  return { ...formatHeader(block), hash: null, nonce: null, miner: null }
}

/** An uncle in the form of a block: only its header is known. */
export function formatUncle(header: BlockHeader) {
  const { transactions: _, ...fields } = formatBlock({ hash: hashHeader(header), header, transactions: [], ommers: [] })
  return fields
}

function withTransactions<Shown>(block: Block, transactions: readonly Shown[]) {
  return {
    ...formatHeader(block),
    size: toQuantity(blockRlp(block).length),
    transactions,
    ...formatTail(block),
  }
}

/** Ommers and withdrawals. */
function formatTail(block: Block) {
  return {
    uncles: block.ommers.map((ommer) => toData(hashHeader(ommer))),
    ...(block.withdrawals === undefined ? {} : { withdrawals: block.withdrawals.map(formatWithdrawal) }),
  }
}

export function formatWithdrawal({ index, validatorIndex, address, amount }: Withdrawal) {
  return {
    index: toQuantity(index),
    validatorIndex: toQuantity(validatorIndex),
    address: toData(address),
    amount: toQuantity(amount),
  }
}

function optionalQuantity<Name extends string>(
  name: Name,
  value: bigint | undefined,
): { [Key in Name]?: `0x${string}` } {
  return (value === undefined ? {} : { [name]: toQuantity(value) }) as { [Key in Name]?: `0x${string}` }
}

function optionalData<Name extends string>(
  name: Name,
  value: Uint8Array | undefined,
): { [Key in Name]?: `0x${string}` } {
  return (value === undefined ? {} : { [name]: toData(value) }) as { [Key in Name]?: `0x${string}` }
}
