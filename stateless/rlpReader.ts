import { sliceToBigint } from './bytes.ts'
import { itemEnd, prefixSize, RlpError } from './rlp.ts'

/**
 * Reads the items of one RLP list in order, as strictly as rlp.ts, without an object for each item. Byte strings are views
 * into the input. Everything throws RlpError.
 */
export class RlpReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  /** first byte that has not been read */
  #at: number

  /** Over the content bytes[start, end) of a list. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  /** Over the single list that fills `bytes` from `offset` on. */
  static ofList(bytes: Uint8Array, offset = 0): RlpReader {
    const end = itemEnd(bytes, offset)
    if (end !== bytes.length) throw new RlpError('trailing bytes after the RLP item')
    return RlpReader.#inside(bytes, offset, end)
  }

  static #inside(bytes: Uint8Array, offset: number, end: number): RlpReader {
    const first = bytes[offset] ?? 0
    if (first < 0xc0) throw new RlpError('expected an RLP list')
    return new RlpReader(bytes, offset + prefixSize(first), end)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end
  }

  /** Is the next item a list? */
  get isAtList(): boolean {
    return !this.isAtEnd && (this.#bytes[this.#at] ?? 0) >= 0xc0
  }

  /** offset of the next item in the input */
  get position(): number {
    return this.#at
  }

  /** How many items are left; none of them counts as read. */
  countItems(): number {
    let count = 0
    for (let at = this.#at; at < this.#end; count++) at = this.#endOf(at)
    return count
  }

  bytes(): Uint8Array {
    const start = this.#readBytes()
    return this.#bytes.subarray(start, this.#at)
  }

  /** A byte string of exactly `length` bytes. */
  fixedBytes(length: number): Uint8Array {
    const bytes = this.bytes()
    if (bytes.length !== length) throw new RlpError(`expected ${length} bytes, found ${bytes.length}`)
    return bytes
  }

  /** A canonical unsigned integer of at most `maxBytes` bytes (no leading zero). */
  uint(maxBytes = 32): bigint {
    const start = this.#readBytes()
    const length = this.#at - start
    if (length > maxBytes) throw new RlpError(`integer of ${length} bytes, at most ${maxBytes} allowed`)
    if (length > 0 && this.#bytes[start] === 0) throw new RlpError('integer with a leading zero')
    return sliceToBigint(this.#bytes, start, this.#at)
  }

  list(): RlpReader {
    const start = this.#at
    this.#at = this.#endOf(start)
    return RlpReader.#inside(this.#bytes, start, this.#at)
  }

  /** What `read` makes of each item that is left. */
  map<Result>(read: (reader: this) => Result): Result[] {
    const results: Result[] = []
    while (!this.isAtEnd) results.push(read(this))
    return results
  }

  /** Goes behind a byte string; gives where its content begins. */
  #readBytes(): number {
    const start = this.#at
    const end = this.#endOf(start)
    const first = this.#bytes[start] ?? 0
    if (first >= 0xc0) throw new RlpError('expected RLP bytes, found a list')
    this.#at = end
    return start + prefixSize(first)
  }

  #endOf(at: number): number {
    if (at >= this.#end) throw new RlpError('missing RLP item')
    const end = itemEnd(this.#bytes, at)
    if (end > this.#end) throw new RlpError('RLP item longer than its input')
    return end
  }
}
