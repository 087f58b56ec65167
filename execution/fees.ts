import type { BlockHeader } from '../stateless/types.ts'
import type { NodeCommon } from './nodeCommon.ts'
import type { Transaction } from './types.ts'

/**
 * From this multiple of the update fraction on, the blob base fee is above 2^256 (e^178 > 2^256): no blob can be paid
 * for. Evaluating the exponential further would take as many steps as the excess divided by the fraction, which a
 * hostile header could make endless.
 */
const SATURATION = 178n
const SATURATED_BLOB_BASE_FEE = 1n << 256n

/**
 * Base fee of the block after `parent`; `common` is that of the new block. Undefined before London.
 * The first London block has the initial base fee (EIP-1559; EELS calculate_base_fee_per_gas).
 */
export function nextBaseFee(parent: BlockHeader, common: NodeCommon): bigint | undefined {
  if (!common.isActivatedEIP(1559)) return undefined
  const baseFee = parent.baseFeePerGas
  if (baseFee === undefined) return common.param('initialBaseFee')
  const target = parent.gasLimit / common.param('elasticityMultiplier')
  if (parent.gasUsed === target || target === 0n) return baseFee
  const denominator = common.param('baseFeeMaxChangeDenominator')
  if (parent.gasUsed > target) {
    const increase = (baseFee * (parent.gasUsed - target)) / target / denominator
    return baseFee + (increase > 0n ? increase : 1n)
  }
  return baseFee - (baseFee * (target - parent.gasUsed)) / target / denominator
}

/**
 * Excess blob gas of the block after `parent`, under the new block's blob parameters. Undefined before Cancun.
 * (EIP-4844, EIP-7691, EIP-7918; EELS calculate_excess_blob_gas)
 */
export function nextExcessBlobGas(parent: BlockHeader, common: NodeCommon): bigint | undefined {
  if (!common.isActivatedEIP(4844)) return undefined
  const excess = parent.excessBlobGas ?? 0n
  const used = parent.blobGasUsed ?? 0n
  const target = common.param('targetBlobGasPerBlock')
  if (excess + used < target) return 0n
  if (common.isActivatedEIP(7918) && isBelowReservePrice(excess, parent.baseFeePerGas ?? 0n, common)) {
    const max = common.param('maxBlobGasPerBlock')
    return excess + (used * (max - target)) / max
  }
  return excess + used - target
}

/** EIP-7918: a blob costs less than the execution gas that its proof verification is worth. */
function isBelowReservePrice(excess: bigint, baseFee: bigint, common: NodeCommon): boolean {
  const blobFee = blobFeeOfExcess(excess, common)
  return common.param('blobBaseCost') * baseFee > common.param('blobGasPerBlob') * blobFee
}

/** Wei per blob gas in a block with this header; `common` is that of the block. Undefined before Cancun. */
export function blobBaseFee(header: BlockHeader, common: NodeCommon): bigint | undefined {
  if (header.excessBlobGas === undefined || !common.isActivatedEIP(4844)) return undefined
  return blobFeeOfExcess(header.excessBlobGas, common)
}

/**
 * Can a chain ever reach this excess? Above, the fee does not fit 256 bits and the library's own exponential (in the
 * BLOBBASEFEE opcode and in blob transactions) would practically never end, so such a block must not be run.
 */
export function isPayableExcessBlobGas(excess: bigint, common: NodeCommon): boolean {
  return excess < SATURATION * common.param('blobGasPriceUpdateFraction')
}

function blobFeeOfExcess(excess: bigint, common: NodeCommon): bigint {
  if (!isPayableExcessBlobGas(excess, common)) return SATURATED_BLOB_BASE_FEE
  return fakeExponential(common.param('minBlobGas'), excess, common.param('blobGasPriceUpdateFraction'))
}

/** EIP-4844: factor * e^(numerator / denominator) by its Taylor series in integers. */
function fakeExponential(factor: bigint, numerator: bigint, denominator: bigint): bigint {
  let sum = 0n
  let term = factor * denominator
  for (let i = 1n; term > 0n; i++) {
    sum += term
    term = (term * numerator) / (denominator * i)
  }
  return sum / denominator
}

/** Wei per gas that the sender pays in a block with this base fee (EIP-1559). */
export function effectiveGasPrice(
  tx: Pick<Transaction, 'gasPrice' | 'maxFeePerGas' | 'maxPriorityFeePerGas'>,
  baseFee: bigint | undefined,
): bigint {
  if (tx.gasPrice !== undefined) return tx.gasPrice
  const cap = tx.maxFeePerGas ?? 0n
  const wanted = (baseFee ?? 0n) + (tx.maxPriorityFeePerGas ?? 0n)
  return wanted < cap ? wanted : cap
}
