import { bytesToBigint, bytesToHex } from '../stateless/bytes.ts'
import { RpcError } from './errors.ts'
import { toData } from './hex.ts'

const ERROR_SELECTOR = '08c379a0'
const PANIC_SELECTOR = '4e487b71'

/** Solidity's panic codes (Solidity documentation, "Panic via assert and Error via require"). */
const PANICS: Readonly<Record<string, string>> = {
  '0': 'generic panic',
  '1': 'assert(false)',
  '17': 'arithmetic underflow or overflow',
  '18': 'division or modulo by zero',
  '33': 'conversion to an enum out of range',
  '34': 'access to incorrectly encoded storage bytes',
  '49': 'pop on an empty array',
  '50': 'array index out of bounds',
  '65': 'out of memory',
  '81': 'call of an uninitialized function',
}

/** The error of a reverted call: code 3, the revert bytes as data, the reason in the message when it is readable. */
export function revertError(output: Uint8Array): RpcError {
  const reason = revertReason(output)
  const message = reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`
  return new RpcError('EXECUTION_REVERTED', message, { output: toData(output) })
}

/** The text of Error(string) or Panic(uint256); undefined for anything else, custom errors included. */
export function revertReason(output: Uint8Array): string | undefined {
  const selector = bytesToHex(output.subarray(0, 4))
  if (selector === ERROR_SELECTOR) return abiString(output.subarray(4))
  if (selector === PANIC_SELECTOR && output.length === 36) {
    const code = bytesToBigint(output.subarray(4))
    return PANICS[`${code}`] ?? `unknown panic code: 0x${code.toString(16)}`
  }
  return undefined
}

/** A lone ABI-encoded string. */
function abiString(bytes: Uint8Array): string | undefined {
  const offset = bytesToBigint(bytes.subarray(0, 32))
  if (bytes.length < 64 || offset > BigInt(bytes.length - 32)) return undefined
  const start = Number(offset) + 32
  const length = bytesToBigint(bytes.subarray(start - 32, start))
  if (length > BigInt(bytes.length - start)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, start + Number(length)))
  } catch {
    return undefined
  }
}
