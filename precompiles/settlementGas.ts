import { executeGas } from './gas.ts'

/** One block of a settlement transaction. */
export type SettledInput = {
  /** bytes of the StatelessInput, schema id included */
  inputLength: number
  /** R of the block */
  regularGas: bigint
  /** how many the block has: the contract may have to look through all of them for a forced one */
  transactions: number
  /** forced transactions that the call names; only when it settles this block alone */
  named?: number
}

export type SettlementGas = {
  /** execution gas: what EIP-7825 caps at 2^24 */
  executionGas: bigint
  /** for the transaction's gas field: execution gas or calldata floor, and the state gas of new storage slots */
  gasLimit: bigint
}

/** EIP-7825; under EIP-8037 it caps the execution part only. */
export const MAX_EXECUTION_GAS = 16_777_216n

// EIP-2780: base and recipient of a call without value
const CALL_BASE = 15_000n
const CALLDATA_BYTE = 16n
// EIP-7976, zero bytes or not
const FLOOR_BYTE = 64n
const WORD = 32
/** storage, BLOCKHASH, events and checks of `advance` around its EXECUTE call; measured 40k and rounded up */
const CONTRACT_GAS = 70_000n
/** copying the input from calldata to memory and extending it: gas per word */
const COPY_WORD = 6n
const MEMORY_QUADRATIC = 512n
/**
 * Work on the queue of forced transactions (contracts/lib/ForcedQueue.sol), which anyone may fill while a settlement is
 * on its way; so it is always paid for in full. Measured 385 for each transaction of the usual length that is passed and
 * hashed, 29k for one that is dropped, 20k for one that is resolved; rounded up.
 */
const SEARCH_BASE = 10_000n
const SEARCH_TRANSACTION = 400n
const HASH_WORD = 9n
/** of one forced transaction that a settlement names */
export const RESOLVE_GAS = 22_000n
const DROP_GAS = 31_000n
/** a call resolves or drops 8 entries without being told, 4 of them dropped */
const QUEUE_GAS = 4n * DROP_GAS + 4n * RESOLVE_GAS
/** EIP-8037: one new ring slot per block for the state root, one for the time when finality is delayed */
const STATE_GAS_PER_BLOCK = 2n * 97_920n
/** and one checkpoint in a transaction at most, with the time of the first one: three slots */
const CHECKPOINT_STATE_GAS = 3n * 97_920n

/**
 * Gas of a transaction that settles `blocks` in one `advance` or `advanceBatch` call (fixed point 7 of the design), so
 * that the settler need not probe with eth_estimateGas, which would run every block once more.
 *
 * Calls forward at most 63/64 of what is left. Each EXECUTE must get its whole price, and what follows it must still be
 * payable afterwards, so the need is computed from the last block backwards. Calldata is counted as nonzero bytes.
 */
export function settlementGas(blocks: readonly SettledInput[]): SettlementGas {
  const calldata = calldataLength(blocks)
  const words = BigInt(Math.ceil(calldata / WORD))
  const memory = COPY_WORD * words + (words * words) / MEMORY_QUADRATIC
  const calls = needOfCalls(blocks)
  const executionGas = CALL_BASE + CALLDATA_BYTE * BigInt(calldata) + memory + calls
  const floor = CALL_BASE + FLOOR_BYTE * BigInt(calldata)
  const stateGas = STATE_GAS_PER_BLOCK * BigInt(blocks.length) + CHECKPOINT_STATE_GAS
  return { executionGas, gasLimit: (executionGas > floor ? executionGas : floor) + stateGas }
}

/** The queue is worked on behind EXECUTE: with one block there, in part, from the gas that a call cannot be given. */
function needOfCalls(blocks: readonly SettledInput[]): bigint {
  const [first, ...others] = blocks
  if (first !== undefined && others.length === 0) return needBefore(first, QUEUE_GAS)
  return QUEUE_GAS + blocks.reduceRight((rest, block) => needBefore(block, rest), 0n)
}

/** Gas at the start of a block's part: g - g/64 covers EXECUTE, and g minus its price covers the rest. */
function needBefore(block: SettledInput, rest: bigint): bigint {
  const price = executeGas(block.inputLength, block.regularGas)
  const forForwarding = (price * 64n + 62n) / 63n
  const forTheRest = price + searchGas(block) + rest
  return CONTRACT_GAS + (forForwarding > forTheRest ? forForwarding : forTheRest)
}

/** One pass over the block's transactions for the oldest entries, and one for the named ones, in the order of the block. */
function searchGas({ inputLength, transactions, named = 0 }: SettledInput): bigint {
  const pass =
    SEARCH_BASE + SEARCH_TRANSACTION * BigInt(transactions) + HASH_WORD * BigInt(Math.ceil(inputLength / WORD))
  return named === 0 ? pass : 2n * pass + RESOLVE_GAS * BigInt(named)
}

/** Bytes of `advance(bytes,uint64)`, `advanceWithForced(bytes,uint64,uint64[])` or `advanceBatch(bytes[],uint64[])` calldata. */
export function calldataLength(blocks: readonly Pick<SettledInput, 'inputLength' | 'named'>[]): number {
  const selector = 4
  const inputs = blocks.reduce((sum, { inputLength }) => sum + WORD + Math.ceil(inputLength / WORD) * WORD, 0)
  const named = blocks[0]?.named ?? 0
  if (blocks.length === 1 && named > 0) return selector + 3 * WORD + inputs + WORD + named * WORD
  if (blocks.length === 1) return selector + 2 * WORD + inputs
  // two head words, two lengths, one offset and one anchor for each block
  return selector + 4 * WORD + blocks.length * 2 * WORD + inputs
}
