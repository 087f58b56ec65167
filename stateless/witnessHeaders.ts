import { bytesEqual } from './bytes.ts'
import { InvalidWitness } from './errors.ts'
import { decodeHeader, HEADER_FIELD_COUNTS } from './header.ts'
import { keccak256 } from './keccak.ts'
import { decodeRlpList } from './rlp.ts'
import { MAX_WITNESS_HEADERS } from './sszSchema.ts'
import type { BlockHeader, Hash32 } from './types.ts'

/** Blocks back that BLOCKHASH can see. */
const BLOCKHASH_WINDOW = 256n

export type WitnessHeaders = {
  parent: BlockHeader
  parentHash: Hash32
  /** Hash of block `number` as seen from block `current`; throws InvalidWitness MISSING_ANCESTOR inside the window. */
  blockHash(number: bigint, current: bigint): Hash32
}

/**
 * Checks the chain of witness headers: 1 to 256, each of Amsterdam or of the fork before it, each naming the hash of its
 * predecessor; the last one is the parent (EELS stateless.py::validate_headers). Hashes are of the raw bytes.
 * Throws InvalidWitness NO_PARENT, BAD_HEADER, BROKEN_HEADER_CHAIN.
 */
export function readWitnessHeaders(encoded: readonly Uint8Array[]): WitnessHeaders {
  const parentRlp = encoded.at(-1)
  if (parentRlp === undefined) throw new InvalidWitness('NO_PARENT', 'witness has no parent header')
  if (encoded.length > MAX_WITNESS_HEADERS) {
    throw new InvalidWitness('BAD_HEADER', `${encoded.length} witness headers, at most ${MAX_WITNESS_HEADERS} allowed`)
  }
  const hashes = encoded.map((rlp) => keccak256(rlp))
  const headers = encoded.map(decodeWitnessHeader)
  headers.forEach(({ parentHash: actual }, index) => {
    const expected = hashes[index - 1]
    if (expected !== undefined && !bytesEqual(actual, expected)) {
      const message = `witness header ${index} does not follow ${index - 1}`
      throw new InvalidWitness('BROKEN_HEADER_CHAIN', message, { index, actual, expected })
    }
  })
  const parent = headers.at(-1)
  const parentHash = hashes.at(-1)
  if (parent === undefined || parentHash === undefined) throw new Error('header list lost its last item')
  return { parent, parentHash, blockHash: (number, current) => ancestorHash(hashes, number, current) }
}

function decodeWitnessHeader(rlp: Uint8Array, index: number): BlockHeader {
  const header = decodeAt(rlp, index)
  const fields = decodeRlpList(rlp).length
  if (fields !== HEADER_FIELD_COUNTS.amsterdam && fields !== HEADER_FIELD_COUNTS.prague) {
    throw new InvalidWitness('BAD_HEADER', `witness header of ${fields} fields`, { index, fields })
  }
  return header
}

function decodeAt(rlp: Uint8Array, index: number): BlockHeader {
  try {
    return decodeHeader(rlp)
  } catch (error) {
    if (!(error instanceof InvalidWitness)) throw error
    throw new InvalidWitness(error.code, `witness header ${index}: ${error.message}`, { index, ...error.data }, error)
  }
}

/** Hashes are numbered backwards from the block; outside the window the opcode's answer is zero. */
function ancestorHash(hashes: readonly Hash32[], number: bigint, current: bigint): Hash32 {
  const distance = current - number
  if (distance < 1n || distance > BLOCKHASH_WINDOW || number < 0n) return new Uint8Array(32)
  const hash = hashes[hashes.length - Number(distance)]
  if (hash === undefined) {
    throw new InvalidWitness('MISSING_ANCESTOR', `hash of block ${number} is not in the witness`, { number })
  }
  return hash
}
