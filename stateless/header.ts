import { bytesToHex } from './bytes.ts'
import { InvalidBlock, InvalidWitness } from './errors.ts'
import { keccak256 } from './keccak.ts'
import {
  decodeRlpItem,
  decodeRlpList,
  encodeRlp,
  RlpError,
  type RlpItem,
  type RlpValue,
  rlpBytes,
  rlpFields,
  rlpFixedBytes,
  rlpInteger,
  rlpItems,
  rlpUint,
} from './rlp.ts'
import type { Block, BlockHeader, Hash32, Withdrawal } from './types.ts'

/** keccak256(rlp([])): ommersHash of every block since Paris. */
export const EMPTY_OMMERS_HASH: Hash32 = keccak256(encodeRlp([]))

/** How one header field is written: byte strings of a fixed or free length, or an integer of at most `max` bytes. */
type Codec = { kind: 'bytes'; length?: number } | { kind: 'uint'; max: number }
type HeaderField = { name: keyof BlockHeader; codec: Codec }

const bytes = (name: keyof BlockHeader, length?: number): HeaderField => ({
  name,
  codec: length === undefined ? { kind: 'bytes' } : { kind: 'bytes', length },
})
const integer = (name: keyof BlockHeader, max: number): HeaderField => ({ name, codec: { kind: 'uint', max } })

/** RLP order of the header (EELS amsterdam/blocks.py::Header); the first 15 exist since Frontier. */
const FIELDS: readonly HeaderField[] = [
  bytes('parentHash', 32),
  bytes('ommersHash', 32),
  bytes('coinbase', 20),
  bytes('stateRoot', 32),
  bytes('transactionsRoot', 32),
  bytes('receiptsRoot', 32),
  bytes('logsBloom', 256),
  integer('difficulty', 32),
  integer('number', 32),
  integer('gasLimit', 32),
  integer('gasUsed', 32),
  integer('timestamp', 32),
  bytes('extraData'),
  bytes('prevRandao', 32),
  bytes('nonce', 8),
  integer('baseFeePerGas', 32),
  bytes('withdrawalsRoot', 32),
  integer('blobGasUsed', 8),
  integer('excessBlobGas', 8),
  bytes('parentBeaconBlockRoot', 32),
  bytes('requestsHash', 32),
  bytes('blockAccessListHash', 32),
  integer('slotNumber', 8),
]

const FRONTIER_FIELDS = 15
/** Field counts of the forks: Frontier 15, London 16, Shanghai 17, Cancun 20, Prague 21, Amsterdam 23. */
export const HEADER_FIELD_COUNTS = { prague: 21, amsterdam: 23 } as const
const KNOWN_COUNTS: ReadonlySet<number> = new Set([15, 16, 17, 20, 21, 23])

/**
 * RLP of a header of any fork. Optional fields must be present without a gap; a gap, or a fixed-size field of another
 * length, is a bug of the caller and throws a plain Error.
 */
export function encodeHeader(header: BlockHeader): Uint8Array {
  return encodeRlp(headerItems(header))
}

function headerItems(header: BlockHeader): RlpValue[] {
  const items: RlpValue[] = []
  for (const [index, { name, codec }] of FIELDS.entries()) {
    const value = header[name]
    if (value === undefined) {
      if (index < FRONTIER_FIELDS) throw new Error(`header without ${name}`)
      continue
    }
    if (items.length !== index) throw new Error(`header has ${name} but misses an earlier field`)
    items.push(encodeField(name, codec, value))
  }
  return items
}

function encodeField(name: string, codec: Codec, value: Uint8Array | bigint): Uint8Array {
  if (codec.kind === 'uint') {
    if (typeof value !== 'bigint') throw new Error(`header field ${name} must be an integer`)
    return rlpInteger(value)
  }
  if (typeof value === 'bigint') throw new Error(`header field ${name} must be bytes`)
  if (codec.length !== undefined && value.length !== codec.length) {
    throw new Error(`header field ${name} has ${value.length} bytes, ${codec.length} expected`)
  }
  return value
}

/** keccak256 of the header's RLP: the block hash. */
export function hashHeader(header: BlockHeader): Hash32 {
  return keccak256(encodeHeader(header))
}

/**
 * Strict inverse of `encodeHeader`; the number of fields tells the fork. Throws InvalidWitness BAD_HEADER: headers come
 * alone only in witnesses.
 */
export function decodeHeader(rlp: Uint8Array): BlockHeader {
  try {
    return headerFromItems(decodeRlpList(rlp))
  } catch (error) {
    if (!(error instanceof RlpError)) throw error
    throw new InvalidWitness('BAD_HEADER', `header does not decode: ${error.message}`, {}, error)
  }
}

function headerFromItems(items: readonly RlpItem[]): BlockHeader {
  if (!KNOWN_COUNTS.has(items.length)) throw new RlpError(`header of ${items.length} fields`)
  const entries = items.map((item, index) => {
    const field = FIELDS[index]
    if (field === undefined) throw new RlpError('too many header fields')
    return [field.name, decodeField(field, item)] as const
  })
  return Object.fromEntries(entries) as BlockHeader
}

function decodeField({ name, codec }: HeaderField, item: RlpItem): Uint8Array | bigint {
  try {
    if (codec.kind === 'uint') return rlpUint(item, codec.max)
    return codec.length === undefined ? rlpBytes(item) : rlpFixedBytes(item, codec.length)
  } catch (error) {
    if (!(error instanceof RlpError)) throw error
    throw new RlpError(`${name}: ${error.message}`)
  }
}

/** RLP content of one withdrawal: [index, validator index, address, amount in gwei] (EIP-4895). */
export function encodeWithdrawal(withdrawal: Withdrawal): Uint8Array {
  return encodeRlp(withdrawalItems(withdrawal))
}

function withdrawalItems({ index, validatorIndex, address, amount }: Withdrawal): RlpValue[] {
  return [rlpInteger(index), rlpInteger(validatorIndex), address, rlpInteger(amount)]
}

/**
 * RLP of a whole block: [header, transactions, ommers, withdrawals?]. Its length is what EIP-7934 limits. Legacy
 * transactions are lists inside it, typed ones byte strings (EIP-2718).
 */
export function blockRlp(block: Block): Uint8Array {
  const transactions = block.transactions.map((raw): RlpValue => ((raw[0] ?? 0) >= 0xc0 ? { rawRlp: raw } : raw))
  const items: RlpValue[] = [headerItems(block.header), transactions, block.ommers.map(headerItems)]
  if (block.withdrawals !== undefined) items.push(block.withdrawals.map(withdrawalItems))
  return encodeRlp(items)
}

/**
 * Strict inverse of `blockRlp`. The hash is computed from the raw header bytes; roots are not compared here. Throws
 * InvalidBlock BAD_HEADER_FIELD or BAD_TRANSACTION.
 */
export function decodeBlock(rlp: Uint8Array): Block {
  try {
    return blockFromItem(decodeRlpItem(rlp))
  } catch (error) {
    if (!(error instanceof RlpError)) throw error
    throw new InvalidBlock('BAD_HEADER_FIELD', `block does not decode: ${error.message}`, {}, error)
  }
}

function blockFromItem(item: RlpItem): Block {
  const [header, transactions, ommers, withdrawals, ...rest] = rlpItems(item)
  if (header === undefined || transactions === undefined || ommers === undefined || rest.length > 0) {
    throw new RlpError('a block is a list of three or four items')
  }
  const block: Block = {
    hash: keccak256(header.raw),
    header: headerFromItems(rlpItems(header)),
    transactions: rlpItems(transactions).map(transactionFromItem),
    ommers: rlpItems(ommers).map((ommer) => headerFromItems(rlpItems(ommer))),
  }
  if (withdrawals !== undefined) block.withdrawals = rlpItems(withdrawals).map(withdrawalFromItem)
  if ((block.header.withdrawalsRoot === undefined) !== (withdrawals === undefined)) {
    throw new RlpError('withdrawals and withdrawals root go together')
  }
  return block
}

function transactionFromItem(item: RlpItem): Uint8Array {
  if (item.list) return item.raw
  if (item.payload.length === 0) throw new InvalidBlock('EMPTY_TRANSACTION', 'empty transaction in block')
  if ((item.payload[0] ?? 0) >= 0x80) {
    const start = bytesToHex(item.payload.subarray(0, 4))
    throw new InvalidBlock('BAD_TRANSACTION', `typed transaction starts with 0x${start}`)
  }
  return item.payload
}

function withdrawalFromItem(item: RlpItem): Withdrawal {
  const [index, validatorIndex, address, amount] = rlpFields(item, 4)
  return {
    index: rlpUint(index, 8),
    validatorIndex: rlpUint(validatorIndex, 8),
    address: rlpFixedBytes(address, 20),
    amount: rlpUint(amount, 8),
  }
}
