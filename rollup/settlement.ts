import { encodeFunctionData } from 'viem'
import { calldataLength, settlementGas } from '../precompiles/index.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { nativeRollupAbi } from './contracts.ts'
import type { Settleable } from './inputs.ts'
import type { SettlementLimits } from './types.ts'

type Hex = `0x${string}`

export type Fees = { maxFeePerGas: bigint; priorityFee: bigint }

/** Geth's replacement rule is 10 %; a little more avoids rounding. */
const BUMP_PERCENT = 115n
/** A stuck transaction is never bumped above this many times the market's price. */
const MAX_OVERPAYMENT = 20n

/** Does one L1 transaction carry all these blocks (README 7)? Gas by the formula, not by asking L1. */
export function fits(blocks: readonly Pick<Settleable, 'input' | 'regularGas'>[], limits: SettlementLimits): boolean {
  const inputs = blocks.map(toSettledInput)
  return (
    calldataLength(inputs) <= limits.maxCalldataBytes && settlementGas(inputs).executionGas <= limits.maxTransactionGas
  )
}

/** For the transaction's gas field. */
export function gasLimitFor(blocks: readonly Pick<Settleable, 'input' | 'regularGas'>[]): bigint {
  return settlementGas(blocks.map(toSettledInput)).gasLimit
}

/** `advance` for one block, `advanceBatch` for several. */
export function encodeSettlement(blocks: readonly Pick<Settleable, 'input' | 'anchorBlock'>[]): Hex {
  const inputs = blocks.map(({ input }): Hex => `0x${bytesToHex(input)}`)
  const anchors = blocks.map(({ anchorBlock }) => anchorBlock)
  const [input, ...otherInputs] = inputs
  const [anchor] = anchors
  if (input === undefined || anchor === undefined) throw new Error('nothing to settle')
  if (otherInputs.length === 0) {
    return encodeFunctionData({ abi: nativeRollupAbi, functionName: 'advance', args: [input, anchor] })
  }
  return encodeFunctionData({ abi: nativeRollupAbi, functionName: 'advanceBatch', args: [inputs, anchors] })
}

/** Market fees of a new transaction: twice the base fee of now, so that five full blocks do not price it out. */
export function marketFees(baseFeePerGas: bigint, priorityFee: bigint): Fees {
  return { maxFeePerGas: 2n * baseFeePerGas + priorityFee, priorityFee }
}

/** Fees that replace a stuck transaction; undefined when waiting is wiser than paying more. */
export function replacementFees(market: Fees, previous: Fees): Fees | undefined {
  const maxFeePerGas = larger(market.maxFeePerGas, (previous.maxFeePerGas * BUMP_PERCENT) / 100n + 1n)
  const priorityFee = larger(market.priorityFee, (previous.priorityFee * BUMP_PERCENT) / 100n + 1n)
  if (maxFeePerGas > MAX_OVERPAYMENT * market.maxFeePerGas) return undefined
  return { maxFeePerGas, priorityFee }
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function toSettledInput({ input, regularGas }: Pick<Settleable, 'input' | 'regularGas'>) {
  return { inputLength: input.length, regularGas }
}
