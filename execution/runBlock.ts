import { bytesEqual, bytesToHex } from '../stateless/bytes.ts'
import { InvalidBlock, NodeError, noteExecutedGas } from '../stateless/errors.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { DecodedEnvelope } from '../stateless/transactionFields.ts'
import type { Block, RunBlock, RunBlockOutcome, RunBlockRequest } from '../stateless/types.ts'
import { LibraryFailure } from './blockContext.ts'
import { type BlockRun, createBlockRun } from './blockRun.ts'
import { amsterdamSpec, type ChainSpec } from './chainSpec.ts'
import type { Crypto } from './crypto.ts'
import { TransactionRejected } from './errors.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { assert } from './internal.ts'
import { type decodeOwnTransaction, decodeTransaction, signaturesOf, signedTransaction } from './transactions.ts'
import type { EnginePaths, InjectedChanges, Transaction, TransactionOutcome } from './types.ts'

export type RejectionLogger = { error(event: string, fields?: Record<string, unknown>): void }

/** Fork rules of this many chain ids are kept; making them costs about a millisecond. */
const KEPT_SPECS = 8

/**
 * The block runner of stateless verification: Amsterdam rules for whatever chain id the input names, EXECUTE inactive,
 * senders recovered, metered when there is a budget.
 *
 * Throws InvalidBlock, InvalidWitness or OverBudget for everything that the input can cause, whatever the libraries
 * throw underneath; an error of theirs that is not one of their rules is logged with the block's hash. Our own broken
 * invariants and failing stores leave as they are.
 */
export function createRunBlock(
  deps: { crypto: Crypto; logger: RejectionLogger },
  options: { yieldEveryMs?: number | undefined; paths?: EnginePaths | undefined } = {},
): RunBlock {
  const specOf = keepSpecs(deps.crypto)
  return async (request) => {
    let started: BlockRun | undefined
    const onStart = (run: BlockRun) => {
      started = run
    }
    try {
      return await rejectingLibraryFailures(request.block.hash, deps.logger, () =>
        runStateless(request, specOf(request.chainId), deps.crypto, { ...options, onStart }),
      )
    } catch (error) {
      throw error instanceof NodeError ? noteExecutedGas(error, started?.context.evm.meter.executedGas ?? 0n) : error
    }
  }
}

/** Turns what the libraries threw into the rejection of a block; the boundary of this room (README, fixed point 5). */
export async function rejectingLibraryFailures<T>(
  blockHash: Uint8Array,
  logger: RejectionLogger,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof TransactionRejected) {
      throw new InvalidBlock('BAD_TRANSACTION', error.message, { ...error.data, rejection: error.code }, error)
    }
    if (!(error instanceof LibraryFailure)) throw error
    const { cause } = error
    logger.error('library failed on a block', {
      blockHash: `0x${bytesToHex(blockHash)}`,
      error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
    })
    throw new InvalidBlock('EXECUTION_FAILED', error.message, {}, error)
  }
}

/** Runs the transactions of a sealed block in order; the first that does not fit makes the block invalid. */
export async function runAll(
  run: BlockRun,
  transactions: readonly Transaction[],
  changes?: InjectedChanges,
): Promise<void> {
  await run.begin(changes)
  for (const [index, tx] of transactions.entries()) await runIncluded(run, tx, index)
}

/** Runs a transaction that stands in the block at this place. */
export async function runIncluded(run: BlockRun, tx: Transaction, index: number): Promise<TransactionOutcome> {
  try {
    const outcome = await run.runTransaction(tx)
    assert(outcome !== undefined, 'nobody refuses transactions of a sealed block')
    return outcome
  } catch (error) {
    if (!(error instanceof TransactionRejected)) throw error
    throw badTransaction(index, error)
  }
}

export function badTransaction(index: number, error: TransactionRejected): InvalidBlock {
  return new InvalidBlock(
    'BAD_TRANSACTION',
    `transaction ${index}: ${error.message}`,
    { ...error.data, index, rejection: error.code },
    error,
  )
}

async function runStateless(
  request: RunBlockRequest,
  spec: ChainSpec,
  crypto: Crypto,
  options: { yieldEveryMs?: number | undefined; paths?: EnginePaths | undefined; onStart(run: BlockRun): void },
): Promise<RunBlockOutcome> {
  const { block, publicKeys } = request
  request.onPhase?.('transactions')
  const transactions = await decodeBlockTransactions(block, spec, crypto, envelopesFirst(request.envelopes))
  const run = await createBlockRun({
    spec,
    header: block.header,
    state: request.state,
    blockHash: request.blockHash,
    refuseForeignSystemCode: request.refuseForeignSystemCode === true,
    budget: request.budget,
    yieldEveryMs: options.yieldEveryMs,
    paths: options.paths,
  })
  options.onStart(run)
  if (publicKeys !== undefined) comparePublicKeys(transactions, publicKeys)
  request.onPhase?.('execution')
  await runAll(run, transactions)
  request.onPhase?.('stateRoot')
  const result = await run.finish({ withdrawals: block.withdrawals ?? [], ommers: [] })
  const { blockAccessList } = result
  assert(blockAccessList !== undefined, 'an Amsterdam block has an access list')
  if (!bytesEqual(blockAccessList, request.blockAccessList)) {
    throw new InvalidBlock('BLOCK_ACCESS_LIST_MISMATCH', 'the block access list is not the one of this block', {
      claimed: keccak256(request.blockAccessList),
      computed: keccak256(blockAccessList),
    })
  }
  return {
    stateRoot: result.commit.root,
    receiptsRoot: result.receiptsRoot,
    logsBloom: result.logsBloom,
    gasUsed: result.gasUsed,
    blobGasUsed: result.blobGasUsed,
    requests: result.requests,
    blockAccessList,
    regularGas: result.regularGas,
    executedGas: result.executedGas,
  }
}

type Decode = (...of: [...Parameters<typeof decodeOwnTransaction>, index: number]) => Transaction

/** Consensus form only: the network wrapper of a blob transaction has no place in a block. */
export async function decodeBlockTransactions(
  block: Block,
  spec: ChainSpec,
  crypto: Crypto,
  decode: Decode = decodeTransaction,
): Promise<Transaction[]> {
  const common = spec.sharedCommonAt(block.header)
  const transactions: Transaction[] = []
  for (const [index, raw] of block.transactions.entries()) {
    try {
      const tx = decode(raw, common, crypto, index)
      if (tx.raw.length !== raw.length) {
        throw new TransactionRejected('UNDECODABLE', 'blob transaction with its sidecar')
      }
      transactions.push(tx)
    } catch (error) {
      if (!(error instanceof TransactionRejected)) throw error
      throw badTransaction(index, error)
    }
    if (isTurnOver()) await giveWay()
  }
  // The run asks for the senders one by one.
  await crypto.recoverSenders(signaturesOf(transactions))
  return transactions
}

/** Does not read again what has been read of these very bytes. */
function envelopesFirst(envelopes: readonly DecodedEnvelope[] = []): Decode {
  return (raw, common, crypto, index) => {
    const envelope = envelopes[index]
    if (envelope?.raw !== raw) return decodeTransaction(raw, common, crypto)
    return signedTransaction(envelope, common, crypto)
  }
}

/** v0.8 keys are a hint: 0x04 || x || y must be the key whose address is the recovered sender. */
function comparePublicKeys(transactions: readonly Transaction[], publicKeys: readonly Uint8Array[]): void {
  const wrong = transactions.findIndex((tx, i) => {
    const key = publicKeys[i]
    return !(key?.length === 65 && key[0] === 4 && bytesEqual(keccak256(key.subarray(1)).subarray(12), senderOf(tx, i)))
  })
  if (wrong === -1 && transactions.length === publicKeys.length) return
  const data = wrong === -1 ? {} : { index: wrong }
  throw new InvalidBlock('PUBLIC_KEY_MISMATCH', 'a public key is not that of the transaction at its place', data)
}

function senderOf(tx: Transaction, index: number): Uint8Array {
  try {
    return tx.sender
  } catch (error) {
    if (error instanceof TransactionRejected) throw badTransaction(index, error)
    throw error
  }
}

function keepSpecs(crypto: Crypto): (chainId: bigint) => ChainSpec {
  const specs = new Map<bigint, ChainSpec>()
  return (chainId) => {
    const known = specs.get(chainId)
    if (known !== undefined) return known
    const spec = amsterdamSpec(chainId, crypto)
    const [oldest] = specs.keys()
    if (specs.size >= KEPT_SPECS && oldest !== undefined) specs.delete(oldest)
    specs.set(chainId, spec)
    return spec
  }
}
