import { EMPTY_BYTES } from './bytes.ts'
import { InvalidBlock } from './errors.ts'
import { RlpError } from './rlp.ts'
import {
  type DecodedEnvelope,
  decodeEnvelope,
  type TransactionFields,
  type TransactionType,
} from './transactionFields.ts'

/**
 * Reads one EIP-2718 envelope strictly by structure: canonical RLP, field counts and field sizes of types 0 to 4 (EELS
 * amsterdam/transactions.py). Signatures, fees and nonces are not judged. Throws InvalidBlock EMPTY_TRANSACTION or
 * BAD_TRANSACTION; `data.type` holds the first byte.
 */
export function readEnvelope(raw: Uint8Array): DecodedEnvelope {
  const first = raw[0]
  if (first === undefined) throw new InvalidBlock('EMPTY_TRANSACTION', 'empty transaction in payload')
  try {
    const envelope = decodeEnvelope(first >= 0xc0 ? 0 : requireKnownType(first), raw)
    requireStructure(envelope.fields)
    return envelope
  } catch (error) {
    if (!(error instanceof RlpError)) throw error
    throw new InvalidBlock('BAD_TRANSACTION', `transaction does not decode: ${error.message}`, { type: first }, error)
  }
}

/** Those of a block in order; an error names the place in `data.index`. */
export function readEnvelopes(transactions: readonly Uint8Array[]): DecodedEnvelope[] {
  return transactions.map((raw, index) => {
    try {
      return readEnvelope(raw)
    } catch (error) {
      if (!(error instanceof InvalidBlock)) throw error
      throw new InvalidBlock(error.code, `transaction ${index}: ${error.message}`, { ...error.data, index }, error)
    }
  })
}

function requireKnownType(first: number): TransactionType {
  if (first === 1 || first === 2 || first === 3 || first === 4) return first
  throw new RlpError(`unknown transaction type ${first}`)
}

/** EIP-155 or older forms of v; types 3 and 4 cannot create contracts (EIP-4844, EIP-7702). */
function requireStructure({ type, v, to }: TransactionFields): void {
  if (type === 0 && v !== 27n && v !== 28n && v < 35n) throw new RlpError(`legacy signature with v ${v}`)
  if ((type === 3 || type === 4) && to === undefined) throw new RlpError('expected 20 bytes, found 0')
}

/** For readers of raw payloads that only need the type byte: 0 for legacy, undefined for an empty transaction. */
export function envelopeType(raw: Uint8Array = EMPTY_BYTES): number | undefined {
  const first = raw[0]
  return first === undefined ? undefined : first >= 0xc0 ? 0 : first
}
