import { bytesEqual } from '../stateless/bytes.ts'
import { InvalidBlock, type InvalidBlockCode } from '../stateless/errors.ts'
import { blockRlp, EMPTY_OMMERS_HASH, encodeHeader, encodeWithdrawal, hashHeader } from '../stateless/header.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { orderedTrieRoot } from '../stateless/orderedTrie.ts'
import { requestsHash } from '../stateless/payload.ts'
import { encodeRlp } from '../stateless/rlp.ts'
import type { Block, BlockHeader, Hash32, Withdrawal } from '../stateless/types.ts'
import type { HeaderBasis } from './blockContext.ts'
import type { BlockResult } from './blockRun.ts'
import type { NodeCommon, SharedCommon } from './nodeCommon.ts'
import type { BlockOutcome, Transaction } from './types.ts'

/** EIP-7934, from Osaka on: 10 MiB minus a margin of 2 MiB for the consensus block. */
export const MAX_BLOCK_RLP_SIZE = 8_388_608

/** The header that a block with this result has; optional fields by fork. */
export function buildHeader(
  basis: HeaderBasis,
  result: BlockResult,
  body: { transactions: readonly Uint8Array[]; withdrawals: readonly Withdrawal[] },
  common: NodeCommon,
): BlockHeader {
  const { baseFeePerGas, excessBlobGas, parentBeaconBlockRoot, slotNumber, ...always } = basis
  return {
    ...always,
    ommersHash: EMPTY_OMMERS_HASH,
    stateRoot: result.commit.root,
    transactionsRoot: orderedTrieRoot(body.transactions),
    receiptsRoot: result.receiptsRoot,
    logsBloom: result.logsBloom,
    gasUsed: result.gasUsed,
    ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }),
    ...(common.isActivatedEIP(4895) ? { withdrawalsRoot: withdrawalsRoot(body.withdrawals) } : {}),
    ...(excessBlobGas === undefined ? {} : { blobGasUsed: result.blobGasUsed, excessBlobGas }),
    ...(parentBeaconBlockRoot === undefined ? {} : { parentBeaconBlockRoot }),
    ...(common.isActivatedEIP(7685) ? { requestsHash: requestsHash(result.requests) } : {}),
    ...(result.blockAccessList === undefined ? {} : { blockAccessListHash: keccak256(result.blockAccessList) }),
    ...(slotNumber === undefined ? {} : { slotNumber }),
  }
}

export function outcomeOfBlock(block: Block, result: BlockResult): BlockOutcome {
  return {
    block,
    receipts: result.receipts,
    changes: result.changes,
    nodes: result.commit.nodes,
    ...(result.blockAccessList === undefined ? {} : { blockAccessList: result.blockAccessList }),
    requests: result.requests,
    regularGas: result.regularGas,
  }
}

/** The sealed block of a build. */
export function sealBlock(
  basis: HeaderBasis,
  result: BlockResult,
  transactions: readonly Transaction[],
  withdrawals: readonly Withdrawal[],
  common: NodeCommon,
): Block {
  const raw = transactions.map((tx) => tx.raw)
  const header = buildHeader(basis, result, { transactions: raw, withdrawals }, common)
  return {
    hash: hashHeader(header),
    header,
    transactions: raw,
    ommers: [],
    ...(common.isActivatedEIP(4895) ? { withdrawals } : {}),
  }
}

/** The parts of a sealed block that its header commits to without execution, and its size. Throws InvalidBlock. */
export function checkBody(block: Block, common: SharedCommon): void {
  const { header, ommers, withdrawals } = block
  const size = blockRlp(block).length
  if (size > MAX_BLOCK_RLP_SIZE && common.gteHardfork('osaka')) {
    throw new InvalidBlock('BLOCK_TOO_LARGE', `block of ${size} bytes, at most ${MAX_BLOCK_RLP_SIZE} allowed`, { size })
  }
  compare('BLOCK_HASH_MISMATCH', block.hash, hashHeader(header))
  compare('BAD_HEADER_FIELD', header.transactionsRoot, orderedTrieRoot(block.transactions))
  compare('BAD_HEADER_FIELD', header.ommersHash, keccak256(encodeRlp(ommers.map((o) => ({ rawRlp: encodeHeader(o) })))))
  if ((withdrawals === undefined) !== (header.withdrawalsRoot === undefined)) {
    throw new InvalidBlock('BAD_HEADER_FIELD', 'withdrawals and their root do not come together')
  }
  if (withdrawals !== undefined && header.withdrawalsRoot !== undefined) {
    compare('BAD_HEADER_FIELD', header.withdrawalsRoot, withdrawalsRoot(withdrawals))
  }
}

/** Every field that execution decides, in the order in which a difference is most telling. Throws InvalidBlock. */
export function compareWithHeader(header: BlockHeader, result: BlockResult): void {
  compareNumbers('GAS_USED_MISMATCH', header.gasUsed, result.gasUsed)
  if (header.blobGasUsed !== undefined) {
    compareNumbers('BLOB_GAS_USED_MISMATCH', header.blobGasUsed, result.blobGasUsed)
  }
  compare('RECEIPTS_ROOT_MISMATCH', header.receiptsRoot, result.receiptsRoot)
  compare('LOGS_BLOOM_MISMATCH', header.logsBloom, result.logsBloom)
  if (header.requestsHash !== undefined) {
    compare('REQUESTS_MISMATCH', header.requestsHash, requestsHash(result.requests))
  }
  if (header.blockAccessListHash !== undefined) {
    const computed = keccak256(result.blockAccessList ?? new Uint8Array(0))
    compare('BLOCK_ACCESS_LIST_MISMATCH', header.blockAccessListHash, computed)
  }
  compare('STATE_ROOT_MISMATCH', header.stateRoot, result.commit.root)
}

function withdrawalsRoot(withdrawals: readonly Withdrawal[]): Hash32 {
  return orderedTrieRoot(withdrawals.map(encodeWithdrawal))
}

export function compare(code: InvalidBlockCode, claimed: Uint8Array, computed: Uint8Array): void {
  if (bytesEqual(claimed, computed)) return
  throw new InvalidBlock(code, 'the claimed value is not the computed one', { claimed, computed })
}

function compareNumbers(code: InvalidBlockCode, claimed: bigint, computed: bigint): void {
  if (claimed === computed) return
  throw new InvalidBlock(code, `claimed ${claimed}, computed ${computed}`, { claimed, computed })
}
