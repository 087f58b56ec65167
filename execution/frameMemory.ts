const EMPTY = new Uint8Array(0)

/**
 * Memory of one call frame, as EthereumJS's opcodes use it. The library's own takes 8 KB for every frame, used or not,
 * and grows in steps of 8 KB, copying all of it each time.
 */
export class FrameMemory {
  _store: Uint8Array = EMPTY

  /** Makes room for `size` bytes at `offset`. */
  extend(offset: number, size: number): void {
    if (size === 0) return
    const end = offset + size
    if (end <= this._store.length) return
    const grown = new Uint8Array(Math.max(Math.ceil(end / 32) * 32, this._store.length * 2))
    grown.set(this._store)
    this._store = grown
  }

  write(offset: number, size: number, value: Uint8Array): void {
    if (size === 0) return
    this.extend(offset, size)
    this._store.set(value, offset)
  }

  /** `view`: a window on the memory, which the caller does not keep across writes. */
  read(offset: number, size: number, view = false): Uint8Array {
    this.extend(offset, size)
    return view ? this._store.subarray(offset, offset + size) : this._store.slice(offset, offset + size)
  }
}
