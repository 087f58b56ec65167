import { bytesEqual } from './bytes.ts'
import { InvalidBlock, type InvalidBlockCode } from './errors.ts'
import { GAS_PER_BLOB } from './payload.ts'
import { MAX_EXTRA_DATA_BYTES } from './sszSchema.ts'
import type { BlockHeader, Hash32 } from './types.ts'

/** EIP-7840 blob schedule entry: blobs per block and the denominator of the price exponent. */
export type BlobSchedule = { target: bigint; max: bigint; updateFraction: bigint }

/** EELS amsterdam/vm/gas.py: the values of BPO2, which Amsterdam keeps. */
export const AMSTERDAM_BLOB_SCHEDULE: BlobSchedule = { target: 14n, max: 21n, updateFraction: 11_684_671n }

const ELASTICITY = 2n
const BASE_FEE_MAX_CHANGE_DENOMINATOR = 8n
const GAS_LIMIT_BOUND_DIVISOR = 1_024n
const MIN_GAS_LIMIT = 5_000n
/** EIP-7918 */
const BLOB_BASE_COST = 8_192n
/**
 * Above this multiple of the update fraction the blob price e^x no longer fits 256 bits, so no block can come there
 * (EELS overflows on the BLOBBASEFEE opcode). Refusing it keeps every price computation short; the cut is ours.
 */
const MAX_BLOB_PRICE_EXPONENT = 178n

/**
 * Every rule that binds an Amsterdam header to its parent (EELS amsterdam/fork.py::validate_header). Difficulty, nonce
 * and ommers hash are constants of the payload conversion. Throws InvalidBlock.
 */
export function checkHeader(
  header: BlockHeader,
  parent: BlockHeader,
  parentHash: Hash32,
  schedule: BlobSchedule = AMSTERDAM_BLOB_SCHEDULE,
): void {
  if (!bytesEqual(header.parentHash, parentHash)) {
    throw new InvalidBlock('PARENT_HASH_MISMATCH', 'parent hash is not the hash of the last witness header', {
      actual: header.parentHash,
      expected: parentHash,
    })
  }
  expectEqual('BAD_NUMBER', 'number', header.number, parent.number + 1n)
  if (header.timestamp <= parent.timestamp) {
    throw new InvalidBlock('BAD_TIMESTAMP', `timestamp ${header.timestamp} not above parent's ${parent.timestamp}`, {
      actual: header.timestamp,
      minimum: parent.timestamp + 1n,
    })
  }
  if (header.gasUsed > header.gasLimit) {
    throw new InvalidBlock('GAS_USED_EXCEEDS_LIMIT', `gas used ${header.gasUsed} above limit ${header.gasLimit}`, {
      actual: header.gasUsed,
      maximum: header.gasLimit,
    })
  }
  // The limit comes before the fee: it guarantees a parent gas target above zero.
  if (!isGasLimitStep(header.gasLimit, parent.gasLimit)) {
    throw new InvalidBlock('BAD_GAS_LIMIT', `gas limit ${header.gasLimit} too far from parent's ${parent.gasLimit}`, {
      actual: header.gasLimit,
      ...gasLimitRange(parent.gasLimit),
    })
  }
  expectEqual('BAD_BASE_FEE', 'base fee', header.baseFeePerGas, nextBaseFee(parent))
  checkExcessBlobGas(header, parent, schedule)
  if (header.extraData.length > MAX_EXTRA_DATA_BYTES) {
    throw new InvalidBlock('BAD_EXTRA_DATA', `extra data of ${header.extraData.length} bytes`)
  }
}

function checkExcessBlobGas(header: BlockHeader, parent: BlockHeader, schedule: BlobSchedule): void {
  const limit = MAX_BLOB_PRICE_EXPONENT * schedule.updateFraction
  if ((header.excessBlobGas ?? 0n) > limit) {
    throw new InvalidBlock('BAD_EXCESS_BLOB_GAS', `excess blob gas ${header.excessBlobGas} makes a price above 2^256`)
  }
  expectEqual('BAD_EXCESS_BLOB_GAS', 'excess blob gas', header.excessBlobGas, nextExcessBlobGas(parent, schedule))
}

function expectEqual(code: InvalidBlockCode, name: string, actual: bigint | undefined, expected: bigint): void {
  if (actual === expected) return
  throw new InvalidBlock(code, `${name} is ${actual}, expected ${expected}`, { actual, expected })
}

/** Less than 1/1024 away from the parent's limit, and at least 5,000. */
export function isGasLimitStep(gasLimit: bigint, parentGasLimit: bigint): boolean {
  const { minimum, maximum } = gasLimitRange(parentGasLimit)
  return gasLimit >= minimum && gasLimit <= maximum
}

function gasLimitRange(parentGasLimit: bigint): { minimum: bigint; maximum: bigint } {
  const step = parentGasLimit / GAS_LIMIT_BOUND_DIVISOR - 1n
  const lowest = parentGasLimit - step
  return { minimum: lowest > MIN_GAS_LIMIT ? lowest : MIN_GAS_LIMIT, maximum: parentGasLimit + step }
}

/** EIP-1559 base fee of the block after `parent`, wei. The parent's gas limit must be at least 2. */
export function nextBaseFee(parent: BlockHeader): bigint {
  const baseFee = parent.baseFeePerGas ?? 0n
  const target = parent.gasLimit / ELASTICITY
  if (parent.gasUsed === target) return baseFee
  if (parent.gasUsed > target) {
    const delta = (baseFee * (parent.gasUsed - target)) / target / BASE_FEE_MAX_CHANGE_DENOMINATOR
    return baseFee + (delta > 1n ? delta : 1n)
  }
  return baseFee - (baseFee * (target - parent.gasUsed)) / target / BASE_FEE_MAX_CHANGE_DENOMINATOR
}

/**
 * Excess blob gas of the block after `parent` (EIP-4844, EIP-7918). A parent of the previous fork counts like any other
 * (no reset at the fork, as since glamsterdam-devnet v8.1.1).
 */
export function nextExcessBlobGas(parent: BlockHeader, schedule: BlobSchedule = AMSTERDAM_BLOB_SCHEDULE): bigint {
  const excess = parent.excessBlobGas ?? 0n
  const used = parent.blobGasUsed ?? 0n
  const target = schedule.target * GAS_PER_BLOB
  if (excess + used < target) return 0n
  const reserve = BLOB_BASE_COST * (parent.baseFeePerGas ?? 0n)
  if (blobPriceIsBelow(excess, schedule, reserve)) {
    return excess + (used * (schedule.max - schedule.target)) / schedule.max
  }
  return excess + used - target
}

/**
 * Is GAS_PER_BLOB * e^(excess / fraction) below `reserve`? The Taylor sum of EIP-4844 only grows, so it is left as soon
 * as it passes the reserve: a hostile excess of 2^64 costs a few steps instead of years.
 */
function blobPriceIsBelow(excess: bigint, { updateFraction }: BlobSchedule, reserve: bigint): boolean {
  let sum = 0n
  let term = updateFraction
  for (let i = 1n; term > 0n; i++) {
    sum += term
    if (GAS_PER_BLOB * (sum / updateFraction) >= reserve) return false
    term = (term * excess) / (updateFraction * i)
  }
  return true
}
