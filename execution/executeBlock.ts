import { InvalidBlock } from '../stateless/errors.ts'
import { type BlockRun, createBlockRun } from './blockRun.ts'
import type { ChainSpec } from './chainSpec.ts'
import type { Crypto } from './crypto.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { checkHeader } from './headerRules.ts'
import { checkOmmers } from './ommers.ts'
import { decodeBlockTransactions, type RejectionLogger, rejectingLibraryFailures, runAll } from './runBlock.ts'
import { checkBody, compare, compareWithHeader, outcomeOfBlock } from './sealBlock.ts'
import { decodeOwnTransaction, decodeTransaction } from './transactions.ts'
import type { BlockOutcome, EnginePaths, ExecuteBlockRequest, ExecutePrecompile, Transaction } from './types.ts'

export type BlockDeps = {
  spec: ChainSpec
  crypto: Crypto
  logger: RejectionLogger
  execute?: ExecutePrecompile | undefined
  yieldEveryMs?: number | undefined
  impersonation?: boolean | undefined
  /** default: `defaultPaths()` */
  paths?: EnginePaths | undefined
}

/**
 * Runs a sealed block of any fork and checks every field of its header.
 *
 * @throws InvalidBlock; InvalidWitness when the state view does; the signal's reason
 */
export function executeBlock(request: ExecuteBlockRequest, deps: BlockDeps): Promise<BlockOutcome> {
  const { signal } = request
  return rejectingLibraryFailures(request.block.hash, deps.logger, async () => {
    try {
      signal?.throwIfAborted()
      return await execute(request, deps)
    } catch (error) {
      throw signal?.aborted ? signal.reason : error
    }
  })
}

/** A run of a sealed block that has not begun yet, with its transactions; header and body are checked, ommers are not. */
export async function createSealedRun(
  request: Omit<ExecuteBlockRequest, 'blockAccessList'>,
  deps: BlockDeps,
): Promise<{ run: BlockRun; transactions: readonly Transaction[] }> {
  const { block, parent, state } = request
  const { spec } = deps
  const common = spec.sharedCommonAt(block.header)
  const isOwn = request.stored === true && deps.impersonation === true
  // On a devnet base fee and gas limit may have been set by hand.
  if (!isOwn) checkHeader(block.header, parent, common)
  if (isTurnOver()) await giveWay()
  checkBody(block, common)
  if (isTurnOver()) await giveWay()
  const decode = isOwn ? decodeOwnTransaction : decodeTransaction
  const transactions = await decodeBlockTransactions(block, spec, deps.crypto, decode)
  const run = await createBlockRun({
    spec,
    header: block.header,
    state,
    blockHash: request.blockHash,
    execute: deps.execute,
    yieldEveryMs: deps.yieldEveryMs,
    paths: deps.paths,
    signal: request.signal,
  })
  return { run, transactions }
}

async function execute(request: ExecuteBlockRequest, deps: BlockDeps): Promise<BlockOutcome> {
  const { block } = request
  const { run, transactions } = await createSealedRun(request, deps)
  // They were checked when the block was stored, and running it again does not depend on them.
  if (request.stored !== true) checkOmmers(block, request.ancestors?.() ?? [], deps.spec)
  await runAll(run, transactions, request.changes)
  const result = await run.finish({ withdrawals: block.withdrawals ?? [], ommers: block.ommers })
  compareWithHeader(block.header, result)
  if (request.blockAccessList !== undefined) {
    const { blockAccessList } = result
    if (blockAccessList === undefined)
      throw new InvalidBlock('BLOCK_ACCESS_LIST_MISMATCH', 'no access list before EIP-7928')
    compare('BLOCK_ACCESS_LIST_MISMATCH', request.blockAccessList, blockAccessList)
  }
  return outcomeOfBlock(block, result)
}
