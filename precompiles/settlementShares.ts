import { executeGas } from './gas.ts'

/** What the price of one input follows from: R of its block, its bytes with the schema id, and how many of them are zero. */
export type InputSize = { regularGas: bigint; inputBytes: number; zeroBytes: number }

/** What one L2 block has of the gas of its settlement; `used` is the sum of the other three. */
export type GasShare = {
  used: bigint
  /** price of its EXECUTE call */
  execute: bigint
  /** of the bytes of its input in the transaction */
  calldata: bigint
  /** an equal part of all the rest: the transaction itself, checks, storage, events, what a calldata floor adds */
  overhead: bigint
}

// EIP-2028
const ZERO_BYTE = 4n
const NONZERO_BYTE = 16n

/**
 * Splits the gas of a settlement over its L2 blocks, so that the shares add up to it. undefined: it used less than EXECUTE
 * costs by the metered schedule, so L1 charges by another one.
 */
export function shareGas(gasUsed: bigint, blocks: readonly InputSize[]): readonly GasShare[] | undefined {
  const priced = blocks.map(({ regularGas, inputBytes, zeroBytes }) => ({
    execute: executeGas(inputBytes, regularGas),
    calldata: ZERO_BYTE * BigInt(zeroBytes) + NONZERO_BYTE * BigInt(inputBytes - zeroBytes),
  }))
  const rest = priced.reduce((left, { execute, calldata }) => left - execute - calldata, gasUsed)
  if (rest < 0n) return undefined
  const count = BigInt(blocks.length)
  return priced.map(({ execute, calldata }, index) => {
    const overhead = rest / count + (BigInt(index) < rest % count ? 1n : 0n)
    return { used: execute + calldata + overhead, execute, calldata, overhead }
  })
}
