import type { Envelope } from './envelope.ts'

// EIP-2780, 2028, 7981, 8038, 7976, 3860, 7702 and 8037 as of tests-glamsterdam-devnet v8.1.0
const TX_BASE = 12_000n
const TX_CREATE = 12_000n
const ZERO_BYTE = 4n
const NONZERO_BYTE = 16n
const FLOOR_PER_BYTE = 64n
const INIT_CODE_WORD = 2n
const ADDRESS_ACCESS = 2_900n
const KEY_ACCESS = 2_000n
const PER_AUTHORIZATION = 7_816n

/**
 * The least regular gas that a transaction adds to its block whoever sent it (L of the EXECUTE bounds; ours, from the
 * Amsterdam intrinsic gas and calldata floor). Never above the true minimum, which also depends on the sender
 * (EIP-2780: self-transfer) and on value: at most 9,000 below it.
 */
export function lowerBoundGas(envelope: Envelope): bigint {
  const base = TX_BASE + (envelope.create ? TX_CREATE : 0n)
  const zeroBytes = BigInt(envelope.zeroBytes)
  const length = BigInt(envelope.dataLength)
  const addresses = BigInt(envelope.accessListAddresses)
  const keys = BigInt(envelope.accessListKeys)
  const accessListFloor = FLOOR_PER_BYTE * (20n * addresses + 32n * keys)
  const initCode = envelope.create ? INIT_CODE_WORD * ((length + 31n) / 32n) : 0n
  const data = ZERO_BYTE * zeroBytes + NONZERO_BYTE * (length - zeroBytes) + initCode
  const accessList = ADDRESS_ACCESS * addresses + KEY_ACCESS * keys + accessListFloor
  const intrinsic = base + data + accessList + PER_AUTHORIZATION * BigInt(envelope.authorizations)
  const floor = base + FLOOR_PER_BYTE * length + accessListFloor
  return intrinsic > floor ? intrinsic : floor
}
