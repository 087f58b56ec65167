import type { StatelessInput } from '../stateless/types.ts'
import type { GasSchedule } from './types.ts'

/** Charged by the metered schedule before anything else (ours; EIP-8079 leaves the price open). */
export const EXECUTE_BASE_GAS = 100_000n
/** Price of one byte of input, schema id included; a nonzero calldata byte costs the same. */
export const EXECUTE_BYTE_GAS = 16n

/** Gas of a call that succeeds: base + 16 per byte + R, the regular gas of the block it re-executed. */
export function executeGas(inputLength: number, regularGas: bigint): bigint {
  return upfrontGas(inputLength) + regularGas
}

/** What the metered schedule charges before it looks at the input. */
export function upfrontGas(inputLength: number): bigint {
  return EXECUTE_BASE_GAS + EXECUTE_BYTE_GAS * BigInt(inputLength)
}

/**
 * The whole price by the two schedules kept for study, known once the input is decoded: `gas-limit` charges the
 * payload's gas limit (ethrex), `gas-used` its claimed gas used (l2beat's text), both with 16 per byte of input.
 */
export function claimedGas(
  schedule: Exclude<GasSchedule, 'metered'>,
  input: StatelessInput,
  inputLength: number,
): bigint {
  const payload = input.newPayloadRequest.executionPayload
  const claimed = schedule === 'gas-limit' ? payload.gasLimit : payload.gasUsed
  return claimed + EXECUTE_BYTE_GAS * BigInt(inputLength)
}
