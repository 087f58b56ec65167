import { hexToBytes } from '../stateless/bytes.ts'

/** The address that a word of the stack stands for: its last 20 bytes. */
export function wordToAddress(word: bigint): Uint8Array {
  return hexToBytes(BigInt.asUintN(160, word).toString(16).padStart(40, '0'))
}

/** 32 bytes, big-endian. */
export function wordToBytes(word: bigint): Uint8Array {
  const bytes = new Uint8Array(32)
  const view = new DataView(bytes.buffer)
  let rest = word
  for (let offset = 24; rest > 0n; offset -= 8) {
    view.setBigUint64(offset, BigInt.asUintN(64, rest))
    rest >>= 64n
  }
  return bytes
}
