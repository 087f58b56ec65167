import { checkBlockAccessListSize } from './blockAccessList.ts'
import { bytesEqual } from './bytes.ts'
import { readEnvelopes } from './envelope.ts'
import { InvalidBlock, type InvalidBlockCode, NodeError, noteExecutedGas } from './errors.ts'
import { blockRlp } from './header.ts'
import { AMSTERDAM_BLOB_SCHEDULE, type BlobSchedule, checkHeader } from './headerRules.ts'
import { payloadToBlock, requestsToItems } from './payload.ts'
import { newPayloadRequestRoot } from './sszRoots.ts'
import { createStateView } from './stateView.ts'
import type { DecodedEnvelope } from './transactionFields.ts'
import type {
  Block,
  ExecutionWitness,
  Hash32,
  NewPayloadRequest,
  RunBlock,
  RunBlockOutcome,
  RunBlockRequest,
  RunPhase,
  StatelessInput,
  StatelessResult,
  StateView,
} from './types.ts'
import { createWitnessSourceInTurns, createWitnessView } from './witness.ts'
import { readWitnessHeaders } from './witnessHeaders.ts'

/** EIP-7934: 10 MiB minus a margin of 2 MiB for the consensus block. */
export const MAX_BLOCK_RLP_SIZE = 8_388_608

/** Above every header of Amsterdam: 23 fields of less than 800 bytes with their prefixes, and the lists of the block. */
const MAX_HEADER_RLP_SIZE = 1_024
/** Three integers of 8 bytes, an address, and prefixes. */
const MAX_WITHDRAWAL_RLP_SIZE = 64

/**
 * Parts of a validation, in their order: hash_tree_root of the request; the chain of headers; roots and hash of the block;
 * the rules that need no execution; hashing the witness; the run; claimed results against computed ones.
 */
export type VerifyPhase = 'requestRoot' | 'headers' | 'blockHash' | 'rules' | 'witness' | RunPhase | 'results'

export type VerifyDeps = {
  /** Executes the block; see RunBlock for what it may throw. */
  runBlock: RunBlock
  /** State of a witness; default: the strict partial trie of this room. */
  stateView?: (witness: ExecutionWitness, root: Hash32) => StateView
  /** regular gas that the run may spend; absent: unmetered */
  budget?: bigint
  /** The rule that EXECUTE adds to the specification; see RunBlockRequest. */
  refuseForeignSystemCode?: boolean
  blobSchedule?: BlobSchedule
  /** asked while the witness is hashed; waits for what it gives, so that other work has its turn */
  pause?(): Promise<void> | undefined
  /** what `readEnvelopes` has already made of the transactions of this very input */
  envelopes?: readonly DecodedEnvelope[]
  /** told whenever a part of the validation begins */
  onPhase?(phase: VerifyPhase): void
}

/** `result` always carries the true root; `reason` says what broke, `outcome` what the block did. */
export type Verification =
  | { valid: true; result: StatelessResult; block: Block; outcome: RunBlockOutcome }
  | { valid: false; result: StatelessResult; reason: NodeError }

/**
 * Statelessly validates one payload (EELS stateless.py::verify_stateless_new_payload). Nothing in `input` is trusted:
 * header chain, roots, block hash, senders, requests and block access list are all recomputed.
 *
 * 1. root of the request, outside any error handling
 * 2. header chain; its last header is the parent
 * 3. payload to block, block hash, strict transactions, versioned hashes, sizes, rules against the parent
 * 4. execution on the witness
 * 5. every claimed result against the computed one
 *
 * A NodeError in steps 2 to 5 makes the flag 0. Anything else is a bug of ours and propagates.
 */
export async function verifyStatelessNewPayload(input: StatelessInput, deps: VerifyDeps): Promise<Verification> {
  deps.onPhase?.('requestRoot')
  const newPayloadRequestRootHash = newPayloadRequestRoot(input.newPayloadRequest)
  const result = (successfulValidation: boolean): StatelessResult => ({
    newPayloadRequestRoot: newPayloadRequestRootHash,
    successfulValidation,
    chainId: input.chainId,
    schemaId: input.schemaId,
  })
  try {
    const { block, outcome } = await validate(input, deps)
    return { valid: true, result: result(true), block, outcome }
  } catch (error) {
    if (!(error instanceof NodeError)) throw error
    return { valid: false, result: result(false), reason: error }
  }
}

async function validate(input: StatelessInput, deps: VerifyDeps): Promise<{ block: Block; outcome: RunBlockOutcome }> {
  const { newPayloadRequest: request, witness, chainId } = input
  deps.onPhase?.('headers')
  const headers = readWitnessHeaders(witness.headers)
  deps.onPhase?.('blockHash')
  const block = payloadToBlock(request)
  deps.onPhase?.('rules')
  const envelopes = deps.envelopes ?? readEnvelopes(block.transactions)
  checkTransactions(envelopes, input)
  checkSizes(block, request)
  checkHeader(block.header, headers.parent, headers.parentHash, deps.blobSchedule ?? AMSTERDAM_BLOB_SCHEDULE)

  deps.onPhase?.('witness')
  const run: RunBlockRequest = {
    chainId,
    parent: headers.parent,
    block,
    envelopes,
    state: await viewOf(witness, headers.parent.stateRoot, deps),
    blockAccessList: request.executionPayload.blockAccessList,
    blockHash: (number) => headers.blockHash(number, block.header.number),
  }
  if (deps.budget !== undefined) run.budget = deps.budget
  if (deps.refuseForeignSystemCode === true) run.refuseForeignSystemCode = true
  if (input.publicKeys !== undefined) run.publicKeys = input.publicKeys
  if (deps.onPhase !== undefined) run.onPhase = deps.onPhase
  const outcome = await deps.runBlock(run)
  deps.onPhase?.('results')
  try {
    compareOutcome(block, request, outcome)
  } catch (error) {
    throw error instanceof NodeError ? noteExecutedGas(error, outcome.executedGas) : error
  }
  return { block, outcome }
}

async function viewOf(witness: ExecutionWitness, root: Hash32, { stateView, pause }: VerifyDeps): Promise<StateView> {
  if (stateView !== undefined) return stateView(witness, root)
  if (pause === undefined) return createWitnessView(witness, root)
  return createStateView(await createWitnessSourceInTurns(witness, pause), root)
}

/** Strict envelopes, chain id, blob hashes and the number of public keys: all that needs no signature work. */
function checkTransactions(envelopes: readonly DecodedEnvelope[], input: StatelessInput): void {
  envelopes.forEach(({ fields: { chainId } }, index) => {
    if (chainId === undefined || chainId === input.chainId) return
    const message = `transaction ${index} is for chain ${chainId}, the input for ${input.chainId}`
    throw new InvalidBlock('BAD_TRANSACTION', message, { index, actual: chainId, expected: input.chainId })
  })
  checkVersionedHashes(envelopes, input.newPayloadRequest.versionedHashes)
  if (input.publicKeys !== undefined && input.publicKeys.length !== envelopes.length) {
    const message = `${input.publicKeys.length} public keys for ${envelopes.length} transactions`
    const counts = { actual: input.publicKeys.length, expected: envelopes.length }
    throw new InvalidBlock('PUBLIC_KEY_MISMATCH', message, counts)
  }
}

function checkVersionedHashes(envelopes: readonly DecodedEnvelope[], claimed: readonly Hash32[]): void {
  const computed = envelopes.flatMap(({ fields }) => fields.blobVersionedHashes ?? [])
  const same = computed.length === claimed.length && computed.every((hash, i) => bytesEqual(hash, claimed[i] ?? hash))
  if (same) return
  const message = `${claimed.length} versioned hashes do not equal the ${computed.length} of the blob transactions`
  throw new InvalidBlock('VERSIONED_HASHES_MISMATCH', message)
}

function checkSizes(block: Block, request: NewPayloadRequest): void {
  const size = atMost(block) <= MAX_BLOCK_RLP_SIZE ? 0 : blockRlp(block).length
  if (size > MAX_BLOCK_RLP_SIZE) {
    throw new InvalidBlock('BLOCK_TOO_LARGE', `block of ${size} bytes, at most ${MAX_BLOCK_RLP_SIZE} allowed`, {
      actual: BigInt(size),
      maximum: BigInt(MAX_BLOCK_RLP_SIZE),
    })
  }
  checkBlockAccessListSize(request.executionPayload.blockAccessList, block.header.gasLimit)
}

/** No encoding of this block is longer: a header of a witness is not, and each item has 9 bytes of prefixes at most. */
function atMost({ transactions, withdrawals = [] }: Block): number {
  const items = transactions.reduce((sum, raw) => sum + raw.length + 9, 0)
  return MAX_HEADER_RLP_SIZE + items + withdrawals.length * MAX_WITHDRAWAL_RLP_SIZE
}

function compareOutcome(block: Block, request: NewPayloadRequest, outcome: RunBlockOutcome): void {
  const { header } = block
  compareNumbers('GAS_USED_MISMATCH', header.gasUsed, outcome.gasUsed)
  compareNumbers('BLOB_GAS_USED_MISMATCH', header.blobGasUsed, outcome.blobGasUsed)
  compareBytes('RECEIPTS_ROOT_MISMATCH', header.receiptsRoot, outcome.receiptsRoot)
  compareBytes('LOGS_BLOOM_MISMATCH', header.logsBloom, outcome.logsBloom)
  compareRequests(requestsToItems(request.executionRequests), outcome.requests)
  compareBytes('BLOCK_ACCESS_LIST_MISMATCH', request.executionPayload.blockAccessList, outcome.blockAccessList)
  compareBytes('STATE_ROOT_MISMATCH', header.stateRoot, outcome.stateRoot)
}

function compareNumbers(code: InvalidBlockCode, claimed: bigint | undefined, computed: bigint): void {
  if (claimed === computed) return
  throw new InvalidBlock(code, `claimed ${claimed}, computed ${computed}`, { claimed, computed })
}

function compareBytes(code: InvalidBlockCode, claimed: Uint8Array, computed: Uint8Array): void {
  if (bytesEqual(claimed, computed)) return
  throw new InvalidBlock(code, 'the claimed value is not the computed one', { claimed, computed })
}

function compareRequests(claimed: readonly Uint8Array[], computed: readonly Uint8Array[]): void {
  const same = claimed.length === computed.length && claimed.every((item, i) => bytesEqual(item, computed[i] ?? item))
  if (!same) throw new InvalidBlock('REQUESTS_MISMATCH', 'execution requests are not those of the block')
}
