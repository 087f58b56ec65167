import { encodeFunctionData } from 'viem'
import { calldataLength, settlementGas } from '../../precompiles/index.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { nativeRollupAbi } from '../contracts.ts'
import type { SettlementLimits } from '../types.ts'
import type { Settleable } from './inputs.ts'

type Hex = `0x${string}`

/** A block on its way to L1; `forced`: ids of the forced transactions in it, only when it goes alone. */
export type SettlementBlock = Pick<Settleable, 'input' | 'regularGas' | 'anchorBlock'> & {
  transactions: number
  forced?: readonly bigint[]
}

/** The block as it is, or was to be, in the chain. */
export type PackedBlock = SettlementBlock & { number: bigint; hash: Hex }

export type Fees = { maxFeePerGas: bigint; priorityFee: bigint }

/** Geth's replacement rule is 10 %; a little more avoids rounding. */
const BUMP_PERCENT = 115n
/** A stuck transaction is never bumped above this many times the market's price. */
const MAX_OVERPAYMENT = 20n

/** Does one L1 transaction carry all these blocks (README 7)? Gas by the formula, not by asking L1. */
export function fits(blocks: readonly Weight[], limits: SettlementLimits): boolean {
  const inputs = blocks.map(toSettledInput)
  return (
    calldataLength(inputs) <= limits.maxCalldataBytes && settlementGas(inputs).executionGas <= limits.maxTransactionGas
  )
}

/** What EIP-7825 caps. */
export function executionGasOf(blocks: readonly Weight[]): bigint {
  return settlementGas(blocks.map(toSettledInput)).executionGas
}

/** For the transaction's gas field. */
export function gasLimitFor(blocks: readonly Weight[]): bigint {
  return settlementGas(blocks.map(toSettledInput)).gasLimit
}

/** `advance` for one block, `advanceWithForced` when forced transactions are in it, `advanceBatch` for several. */
export function encodeSettlement(blocks: readonly Pick<SettlementBlock, 'input' | 'anchorBlock' | 'forced'>[]): Hex {
  const inputs = blocks.map(({ input }): Hex => `0x${bytesToHex(input)}`)
  const anchors = blocks.map(({ anchorBlock }) => anchorBlock)
  const [input, ...otherInputs] = inputs
  const [anchor] = anchors
  if (input === undefined || anchor === undefined) throw new Error('nothing to settle')
  const forced = blocks[0]?.forced ?? []
  if (otherInputs.length === 0 && forced.length > 0) {
    const args = [input, anchor, forced] as const
    return encodeFunctionData({ abi: nativeRollupAbi, functionName: 'advanceWithForced', args })
  }
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

type Weight = Pick<SettlementBlock, 'input' | 'regularGas' | 'transactions' | 'forced'>

function toSettledInput({ input, regularGas, transactions, forced = [] }: Weight) {
  return { inputLength: input.length, regularGas, transactions, named: forced.length }
}
