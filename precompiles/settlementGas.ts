import { executeGas } from './gas.ts'

/** One block of a settlement transaction. */
export type SettledInput = {
  /** bytes of the StatelessInput, schema id included */
  inputLength: number
  /** R of the block */
  regularGas: bigint
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
/** EIP-8037: one new ring slot per block for the state root, one for the time when finality is delayed */
const STATE_GAS_PER_BLOCK = 2n * 97_920n

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
  const calls = blocks.reduceRight((rest, block) => needBefore(block, rest), 0n)
  const executionGas = CALL_BASE + CALLDATA_BYTE * BigInt(calldata) + memory + calls
  const floor = CALL_BASE + FLOOR_BYTE * BigInt(calldata)
  const stateGas = STATE_GAS_PER_BLOCK * BigInt(blocks.length)
  return { executionGas, gasLimit: (executionGas > floor ? executionGas : floor) + stateGas }
}

/** Gas at the start of a block's part: g - g/64 covers EXECUTE, and g minus its price covers the rest. */
function needBefore({ inputLength, regularGas }: SettledInput, rest: bigint): bigint {
  const price = executeGas(inputLength, regularGas)
  const forForwarding = (price * 64n + 62n) / 63n
  const forTheRest = price + rest
  return CONTRACT_GAS + (forForwarding > forTheRest ? forForwarding : forTheRest)
}

/** Bytes of `advance(bytes,uint64)` or `advanceBatch(bytes[],uint64[])` calldata. */
export function calldataLength(blocks: readonly SettledInput[]): number {
  const selector = 4
  const inputs = blocks.reduce((sum, { inputLength }) => sum + WORD + Math.ceil(inputLength / WORD) * WORD, 0)
  if (blocks.length === 1) return selector + 2 * WORD + inputs
  // two head words, two lengths, one offset and one anchor for each block
  return selector + 4 * WORD + blocks.length * 2 * WORD + inputs
}
