import type { TransactionFields } from './transactionFields.ts'

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

/** What the bound depends on. */
type Bounded = Pick<TransactionFields, 'to' | 'data' | 'accessList' | 'authorizationList'>

/**
 * The least regular gas that a transaction adds to its block whoever sent it (L of the EXECUTE bounds; ours, from the
 * Amsterdam intrinsic gas and calldata floor). Never above the true minimum, which also depends on the sender
 * (EIP-2780: self-transfer) and on value: at most 9,000 below it.
 */
export function lowerBoundGas(tx: Bounded): bigint {
  const { to, data, accessList = [], authorizationList = [] } = tx
  const base = TX_BASE + (to === undefined ? TX_CREATE : 0n)
  const zeroBytes = BigInt(countZeros(data))
  const length = BigInt(data.length)
  const addresses = BigInt(accessList.length)
  const keys = BigInt(accessList.reduce((sum, { storageKeys }) => sum + storageKeys.length, 0))
  const accessListFloor = FLOOR_PER_BYTE * (20n * addresses + 32n * keys)
  const initCode = to === undefined ? INIT_CODE_WORD * ((length + 31n) / 32n) : 0n
  const dataGas = ZERO_BYTE * zeroBytes + NONZERO_BYTE * (length - zeroBytes) + initCode
  const accessListGas = ADDRESS_ACCESS * addresses + KEY_ACCESS * keys + accessListFloor
  const intrinsic = base + dataGas + accessListGas + PER_AUTHORIZATION * BigInt(authorizationList.length)
  const floor = base + FLOOR_PER_BYTE * length + accessListFloor
  return intrinsic > floor ? intrinsic : floor
}

/** How many bytes of these are zero: calldata is priced by that. */
export function countZeros(bytes: Uint8Array): number {
  let zeros = 0
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === 0) zeros++
  return zeros
}
