import { TransactionRejected, type TransactionRejectedCode } from '../execution/errors.ts'
import type {
  BlockAssembly,
  BlockEnv,
  BlockOutcome,
  InjectedChanges,
  Transaction,
  TransactionOutcome,
} from '../execution/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import type { Block } from '../stateless/types.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import type { Chain, Logger } from './types.ts'

export type BuildBlockRequest = {
  parent: Block
  env: BlockEnv
  /** best first; a sender's in nonce order */
  candidates: Iterable<Transaction>
  /** changed by hand at the beginning of the block */
  changes?: InjectedChanges
  /** make a block although nothing can be included */
  allowEmpty?: boolean
  /** for the whole block; a transaction that would pass one of them waits for another block */
  limits?: BlockLimits
  /** when aborted, no further transaction is begun and the block is sealed as it is */
  signal?: AbortSignal
  /** has the last word about a transaction that ran; a refused one leaves no trace and its sender waits */
  accept?: (tx: Transaction, outcome: TransactionOutcome, assembly: BlockAssembly) => boolean
}

export type BlockLimits = {
  /** sum of regular gas (EIP-8037) */
  maxRegularGas?: bigint
  /** sum of the raw transactions' sizes */
  maxTransactionBytes?: number
}

export type BuildBlockDeps = {
  chain: Pick<Chain, 'engine' | 'stateAt' | 'ancestorHashes'>
  logger: Logger
  /** told of a transaction that can never be included */
  drop(tx: Transaction, reason: string): void
}

/** EIP-7934 allows 8 MiB for a whole block; the header, withdrawals and list prefixes take the rest. */
const MAX_TRANSACTION_BYTES_OF_BLOCK = 8 * 1024 * 1024 - 64 * 1024
/** The block counts as full after so many transactions in a row that no longer fit. */
const MAX_MISFITS = 32

/** Refusals that another block may lift: the sender waits. Every other refusal is final. */
const WAITING_CODES: ReadonlySet<TransactionRejectedCode> = new Set([
  'NONCE_TOO_HIGH',
  'BLOCK_GAS_EXHAUSTED',
  'BLOB_GAS_EXHAUSTED',
  'FEE_CAP_TOO_LOW',
  'BLOB_FEE_CAP_TOO_LOW',
])

/**
 * Builds a block on `parent` from the candidates that fit, linear in their number, giving way to other work between
 * two transactions. A transaction that cannot be in the block is skipped or dropped with its reason, never fatal.
 *
 * Returns undefined when nothing was included and an empty block was not asked for. Nothing is persisted.
 */
export async function buildBlock(request: BuildBlockRequest, deps: BuildBlockDeps): Promise<BlockOutcome | undefined> {
  const candidates = request.candidates[Symbol.iterator]()
  let next = candidates.next()
  if (next.done === true && request.allowEmpty !== true) return undefined
  const assembly = await beginBlock(request, deps)
  const builder = createAdder(assembly, request, deps)
  for (; next.done !== true; next = candidates.next()) {
    if (request.signal?.aborted === true || builder.isFull()) break
    await builder.add(next.value)
    if (isTurnOver()) await giveWay()
  }
  candidates.return?.()
  if (assembly.transactions.length === 0 && request.allowEmpty !== true) return undefined
  return assembly.seal()
}

function beginBlock({ parent, env, changes }: BuildBlockRequest, { chain }: BuildBlockDeps): Promise<BlockAssembly> {
  return chain.engine.beginBlock({
    parent: parent.header,
    parentHash: parent.hash,
    env,
    state: chain.stateAt(parent.header.stateRoot),
    blockHash: chain.ancestorHashes(parent),
    ...(changes === undefined ? {} : { changes }),
  })
}

function createAdder(assembly: BlockAssembly, request: BuildBlockRequest, deps: BuildBlockDeps) {
  const { limits = {}, accept } = request
  const maxBytes = limits.maxTransactionBytes ?? MAX_TRANSACTION_BYTES_OF_BLOCK
  const waiting = new Set<string>()
  let bytes = 0
  let misfits = 0

  const wait = (tx: Transaction, reason: string, isMisfit = true): void => {
    waiting.add(bytesToHex(tx.sender))
    if (isMisfit) misfits += 1
    deps.logger.debug('skipped a transaction', { hash: tx.hash, reason })
  }
  const fits = (tx: Transaction, outcome: TransactionOutcome): boolean => {
    const { maxRegularGas } = limits
    if (maxRegularGas !== undefined && assembly.regularGas + outcome.regularGas > maxRegularGas) return false
    return accept?.(tx, outcome, assembly) ?? true
  }
  return {
    isFull: () => misfits >= MAX_MISFITS,
    async add(tx: Transaction): Promise<void> {
      if (waiting.size > 0 && waiting.has(bytesToHex(tx.sender))) return
      if (bytes + tx.raw.length > maxBytes) return wait(tx, 'the block has no room for its bytes')
      const startedAt = performance.now()
      try {
        const outcome = await assembly.addTransaction(tx, (result) => fits(tx, result))
        deps.logger.debug('ran a transaction', { hash: tx.hash, ms: performance.now() - startedAt })
        if (outcome === undefined) return wait(tx, 'refused by the limits of the block')
        bytes += tx.raw.length
        misfits = 0
      } catch (error) {
        refuse(tx, error, wait, deps)
      }
    },
  }
}

function refuse(
  tx: Transaction,
  error: unknown,
  wait: (tx: Transaction, reason: string, isMisfit: boolean) => void,
  { logger, drop }: BuildBlockDeps,
): void {
  if (!(error instanceof TransactionRejected)) {
    // A bug of ours: the half-built block cannot be trusted, and the transaction must not stop the chain for ever.
    logger.error('a transaction broke the block under construction', { hash: tx.hash, error })
    drop(tx, 'it broke the block builder')
    throw error
  }
  // A lack of room for blobs, or a fee that is too low for them, says nothing about the room for others.
  if (WAITING_CODES.has(error.code)) wait(tx, error.message, error.code === 'BLOCK_GAS_EXHAUSTED')
  else drop(tx, error.message)
}
