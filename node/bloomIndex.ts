import { LRUCache } from 'lru-cache'
import { keccak256 } from '../stateless/keccak.ts'
import type { HeadChange, LogFilter } from './types.ts'

/** Bits of a block's bloom, and blocks in one section of the index. */
const BLOOM_BITS = 2_048
export const SECTION = 1_024
const WORDS = SECTION / 32
/** Blooms that are turned before others may come in between. */
const BLOCKS_PER_PIECE = 64
/** Sections whose bits are in memory, 256 KiB each; the others are read from the store when they are asked for. */
export const LOADED_SECTIONS = 64

/**
 * The blooms of up to 1,024 blocks, turned: for each bloom bit, the blocks that have it, one bit for each block. A
 * question reads three rows for each address or topic, however many blocks have logs.
 */
type Section = { rows: Uint32Array; withLogs: Uint32Array }

/** A section while it is made: the chain may change meanwhile. */
type Unfinished = { section: Section; union: Uint8Array; isEmpty: boolean; isOutdated: boolean }

export type BloomIndex = {
  /**
   * Canonical blocks in the filter's range whose bloom does not rule a match out, ascending. Now and then, and at the end
   * of each section, undefined: a moment at which a caller may let others in.
   */
  candidates(filter: LogFilter, head: bigint): Iterable<bigint | undefined>
  /** the canonical chain changed; the store has it already */
  follow(change: Pick<HeadChange, 'added' | 'removed'>): void
}

/**
 * Finds blocks by bloom. Nothing of it is stored: sections are made from the blooms by number when they are asked for,
 * so any chain has the index, whichever version wrote it. `bloom` is undefined for a block without logs.
 */
export function createBloomIndex(bloom: (number: bigint) => Uint8Array | undefined): BloomIndex {
  const loaded = new LRUCache<number, Section>({ max: LOADED_SECTIONS })
  /** by section, kept for all that were ever made: the bits that any of its blocks has; undefined when none has logs */
  const unions = new Map<number, Uint8Array | undefined>()

  /** Several callers may make the same section in between each other's steps. */
  const unfinished = new Map<Unfinished, number>()

  function* load(index: number): Generator<undefined, Section> {
    for (;;) {
      const known = loaded.get(index)
      if (known) return known
      const made: Unfinished = { section: emptySection(), union: emptyUnion(), isEmpty: true, isOutdated: false }
      unfinished.set(made, index)
      try {
        yield* fill(made, index)
      } finally {
        unfinished.delete(made)
      }
      if (made.isOutdated) continue
      unions.set(index, made.isEmpty ? undefined : made.union)
      if (!made.isEmpty) loaded.set(index, made.section)
      return made.section
    }
  }

  function* fill(made: Unfinished, index: number): Generator<undefined> {
    for (let position = 0; position < SECTION && !made.isOutdated; position++) {
      const bits = bloom(BigInt(index * SECTION + position))
      if (bits !== undefined) {
        made.isEmpty = false
        addBloom(made.section, made.union, position, bits)
      }
      if (position % BLOCKS_PER_PIECE === BLOCKS_PER_PIECE - 1) yield undefined
    }
  }

  function* candidates(filter: LogFilter, head: bigint): Iterable<bigint | undefined> {
    const query = bloomQuery(filter)
    const last = filter.toBlock < head ? filter.toBlock : head
    for (let from = filter.fromBlock; from <= last; ) {
      const index = sectionOf(from)
      const end = BigInt((index + 1) * SECTION - 1)
      const to = end < last ? end : last
      if (!unions.has(index)) yield* load(index)
      const union = unions.get(index)
      if (union !== undefined && mayContain(union, query)) {
        const base = index * SECTION
        const matching = matchingBlocks(yield* load(index), query)
        for (let position = Number(from) - base; position <= Number(to) - base; position++) {
          if (hasBit(matching, position)) yield BigInt(base + position)
        }
      }
      yield undefined
      from = to + 1n
    }
  }

  /** Sections that are being made may have read this number before it had its block. */
  function addToUnfinished(index: number, position: number, bits: Uint8Array): void {
    for (const [made, of] of unfinished) {
      if (of !== index) continue
      made.isEmpty = false
      addBloom(made.section, made.union, position, bits)
    }
  }

  return {
    candidates,
    follow({ added, removed }) {
      for (const { block } of removed) {
        const index = sectionOf(block.header.number)
        loaded.delete(index)
        unions.delete(index)
        for (const [made, of] of unfinished) if (of === index) made.isOutdated = true
      }
      for (const { block, receipts } of added) {
        const { number, logsBloom } = block.header
        const index = sectionOf(number)
        if (!receipts.some(({ logs }) => logs.length > 0)) continue
        addToUnfinished(index, Number(number) % SECTION, logsBloom)
        if (!unions.has(index)) continue
        const union = unions.get(index) ?? emptyUnion()
        unions.set(index, union)
        addBloom(loaded.peek(index), union, Number(number) % SECTION, logsBloom)
      }
    },
  }
}

const sectionOf = (number: bigint): number => Math.floor(Number(number) / SECTION)

const emptySection = (): Section => ({
  rows: new Uint32Array(BLOOM_BITS * WORDS),
  withLogs: new Uint32Array(WORDS),
})

const emptyUnion = (): Uint8Array => new Uint8Array(BLOOM_BITS / 8)

function addBloom(section: Section | undefined, union: Uint8Array, position: number, bloom: Uint8Array): void {
  const word = position >> 5
  const mask = 1 << (position & 31)
  if (section) section.withLogs[word] = (section.withLogs[word] ?? 0) | mask
  for (let byte = 0; byte < bloom.length; byte++) {
    const bits = bloom[byte] ?? 0
    if (bits === 0) continue
    union[byte] = (union[byte] ?? 0) | bits
    if (!section) continue
    for (let bit = 0; bit < 8; bit++) {
      if ((bits & (1 << bit)) === 0) continue
      const at = ((255 - byte) * 8 + bit) * WORDS + word
      section.rows[at] = (section.rows[at] ?? 0) | mask
    }
  }
}

/** One bit for each block of the section: every group has an alternative whose bits the block has all. */
function matchingBlocks({ rows, withLogs }: Section, query: BloomQuery): Uint32Array {
  const matching = withLogs.slice()
  for (const group of query) {
    const any = new Uint32Array(WORDS)
    for (const [a, b, c] of group) {
      for (let word = 0; word < WORDS; word++) {
        const all = (rows[a * WORDS + word] ?? 0) & (rows[b * WORDS + word] ?? 0) & (rows[c * WORDS + word] ?? 0)
        any[word] = (any[word] ?? 0) | all
      }
    }
    for (let word = 0; word < WORDS; word++) matching[word] = (matching[word] ?? 0) & (any[word] ?? 0)
  }
  return matching
}

const hasBit = (words: Uint32Array, position: number): boolean =>
  ((words[position >> 5] ?? 0) & (1 << (position & 31))) !== 0

/** The three bits of every alternative; one alternative of each group must be wholly set. */
type BloomQuery = readonly (readonly BloomBits[])[]
type BloomBits = readonly [number, number, number]

function bloomQuery({ addresses, topics = [] }: LogFilter): BloomQuery {
  return [addresses ?? [], ...topics.map((group) => group ?? [])]
    .filter((group) => group.length > 0)
    .map((group) => group.map(bloomBits))
}

function mayContain(bloom: Uint8Array, query: BloomQuery): boolean {
  return query.every((group) => group.some((bits) => bits.every((bit) => isSet(bloom, bit))))
}

function isSet(bloom: Uint8Array, bit: number): boolean {
  return ((bloom[255 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0
}

/** The three bits of an item: low 11 bits of the first three byte pairs of its hash (Yellow Paper 4.3.1). */
function bloomBits(item: Uint8Array): BloomBits {
  const hash = keccak256(item)
  const bit = (at: number) => (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 0x7ff
  return [bit(0), bit(2), bit(4)]
}
