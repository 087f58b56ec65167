/**
 * A broken invariant of our own. It is never turned into a rejection of somebody's block: it leaves the room as it is
 * and stops whoever asked (README, fixed point 5).
 */
export class InternalError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'InternalError'
  }
}

/** Fails loudly when one of our own invariants does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InternalError(message)
}

/** EIP-4788, EIP-2935, EIP-7002, EIP-7251, EIP-8282: the caller of all system calls. */
export const SYSTEM_ADDRESS_HEX = 'fffffffffffffffffffffffffffffffffffffffe'

/** EIP-7825: the most regular gas that one transaction can use. */
export const MAX_TRANSACTION_REGULAR_GAS = 16_777_216n

/** Gas limit of every system call (EIP-4788 and successors). */
export const SYSTEM_CALL_GAS = 30_000_000n

/** Name of the hardfork that adds EXECUTE, and the EIP that gates it. */
export const NATIVE_ROLLUPS_FORK = 'nativeRollups'
export const NATIVE_ROLLUPS_EIP = 8079

/** Where EXECUTE lives, without prefix. */
export const EXECUTE_ADDRESS_HEX = '0000000000000000000000000000000000000101'
