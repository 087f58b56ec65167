import { bytesToHex } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'

type LibraryLog = readonly [address: Uint8Array, topics: readonly Uint8Array[], data: Uint8Array]

const BLOOM_BYTES = 256
const BLOOM_BITS = 8 * BLOOM_BYTES
/** Addresses of tokens and topics of events come again and again; senders and receivers do not. */
const MAX_KNOWN = 8_192

/** The three bits of an entry, packed into one number of 33 bits. */
const known = new Map<string, number>()

/** Bloom filter over the addresses and topics of logs, 256 bytes (yellow paper 4.3.1). */
export function logsBloom(logs: readonly LibraryLog[]): Uint8Array {
  const bloom = new Uint8Array(BLOOM_BYTES)
  for (const [address, topics] of logs) {
    add(bloom, address)
    for (const topic of topics) add(bloom, topic)
  }
  return bloom
}

function add(bloom: Uint8Array, entry: Uint8Array): void {
  let rest = bitsOf(entry)
  for (let i = 0; i < 3; i++) {
    const bit = rest % BLOOM_BITS
    rest = Math.floor(rest / BLOOM_BITS)
    const index = BLOOM_BYTES - 1 - (bit >> 3)
    bloom[index] = (bloom[index] as number) | (1 << (bit & 7))
  }
}

function bitsOf(entry: Uint8Array): number {
  const key = bytesToHex(entry)
  const found = known.get(key)
  if (found !== undefined) return found
  const hash = keccak256(entry)
  let bits = 0
  for (let i = 4; i >= 0; i -= 2) {
    bits = bits * BLOOM_BITS + ((((hash[i] as number) << 8) | (hash[i + 1] as number)) & (BLOOM_BITS - 1))
  }
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(key, bits)
  return bits
}
