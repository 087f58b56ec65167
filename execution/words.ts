import { hexToBytes } from '../stateless/bytes.ts'

/** The address that a word of the stack stands for: its last 20 bytes. */
export function wordToAddress(word: bigint): Uint8Array {
  return hexToBytes(BigInt.asUintN(160, word).toString(16).padStart(40, '0'))
}

/** 32 bytes, big-endian. */
export function wordToBytes(word: bigint): Uint8Array {
  return hexToBytes(word.toString(16).padStart(64, '0'))
}
