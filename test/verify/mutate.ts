import { withPayload } from '../../scripts/fixtures/forgery.ts'
import type { Random } from '../../scripts/fixtures/random.ts'
import { bigintToMinimalBytes, bytesToHex, concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { decodeHeader, encodeHeader } from '../../stateless/header.ts'
import { INPUT_LAYOUT } from '../../stateless/inputLayout.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { decodeRlpItem, encodeRlp, type RlpItem, type RlpValue, rlpItems } from '../../stateless/rlp.ts'
import { encodeStatelessInput } from '../../stateless/ssz.ts'
import type { ExecutionPayload, StatelessInput } from '../../stateless/types.ts'

/** What a mutation starts from: a valid input, its bytes, and another valid one to take pieces of. */
export type Base = { input: StatelessInput; bytes: Uint8Array; other: { input: StatelessInput; bytes: Uint8Array } }

export type Mutation = (base: Base, random: Random) => Uint8Array

// ---- bytes of the encoding

const EDGES_U32 = [0, 1, 4, 12, 16, 20, 44, 540, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff] as const

/** Positions of the 4-byte offsets that every input has, and of the first offset of each list inside. */
function offsetPositions(bytes: Uint8Array): number[] {
  const fixed = Object.entries(INPUT_LAYOUT).flatMap(([name, at]) => (name.startsWith('offset') ? [at] : []))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const witness = 2 + view.getUint32(INPUT_LAYOUT.offsetWitness, true)
  const lists = [0, 4, 8].map((at) => witness + view.getUint32(witness + at, true))
  const transactions = INPUT_LAYOUT.executionPayload + view.getUint32(INPUT_LAYOUT.offsetTransactions, true)
  return [...fixed, witness, witness + 4, witness + 8, ...lists, transactions].filter((at) => at + 4 <= bytes.length)
}

function setU32(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = bytes.slice()
  new DataView(copy.buffer).setUint32(at, value >>> 0, true)
  return copy
}

function getU32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(at, true)
}

const BYTES: Readonly<Record<string, Mutation>> = {
  bitFlips({ bytes }, random) {
    const copy = bytes.slice()
    for (let i = 0; i <= random.int(8); i++) {
      const at = random.int(copy.length)
      copy[at] = (copy[at] ?? 0) ^ (1 << random.int(8))
    }
    return copy
  },
  truncation: ({ bytes }, random) =>
    bytes.slice(0, random.oneIn(3) ? bytes.length - 1 - random.int(64) : random.int(bytes.length)),
  extension: ({ bytes }, random) => concatBytes([bytes, random.bytes(1 + random.int(100))]),
  offsetEdge: ({ bytes }, random) => setU32(bytes, random.pick(offsetPositions(bytes)), random.pick(EDGES_U32)),
  offsetStep({ bytes }, random) {
    const at = random.pick(offsetPositions(bytes))
    return setU32(bytes, at, getU32(bytes, at) + random.pick([-4, -1, 1, 4, 32, 1_000]))
  },
  /** The first offset of a list tells how many items it has. */
  hugeCount({ bytes }, random) {
    const at = random.pick(offsetPositions(bytes).slice(-4))
    return setU32(bytes, at, random.pick([4, 0xfffffffc, 0x3ffffffc, (bytes.length - at) & ~3]))
  },
  splice({ bytes, other }, random) {
    const cut = random.int(Math.min(bytes.length, other.bytes.length))
    return concatBytes([bytes.subarray(0, cut), other.bytes.subarray(cut)])
  },
  pieceOfOther({ bytes, other }, random) {
    const copy = bytes.slice()
    const from = random.int(other.bytes.length)
    copy.set(other.bytes.subarray(from, from + random.int(200)).subarray(0, copy.length), 0)
    const at = random.int(copy.length)
    copy.set(other.bytes.subarray(from, from + Math.min(64, copy.length - at)), at)
    copy.set(bytes.subarray(0, 18), 0)
    return copy
  },
  wipedRegion({ bytes }, random) {
    const copy = bytes.slice()
    const from = random.int(copy.length)
    return copy.fill(random.pick([0, 0xff]), from, from + random.int(300))
  },
}

// ---- lists and numbers, encoded properly, the block hash made true again

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const copy = [...items]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random.int(i + 1)
    const a = copy[i]
    const b = copy[j]
    if (a !== undefined && b !== undefined) [copy[i], copy[j]] = [b, a]
  }
  return copy
}

/** One item repeated, left out, or taken from the other list. */
function edited<T>(items: readonly T[], others: readonly T[], random: Random): T[] {
  if (items.length === 0) return [...others]
  const at = random.int(items.length)
  switch (random.int(4)) {
    case 0:
      return items.toSpliced(at, 1)
    case 1:
      return items.toSpliced(at, 0, ...items.slice(at, at + 1))
    case 2:
      return others.length === 0 ? [] : items.toSpliced(at, 1, random.pick(others))
    default:
      return shuffled(items, random)
  }
}

const NUMBERS = [
  'blockNumber',
  'gasLimit',
  'gasUsed',
  'timestamp',
  'blobGasUsed',
  'excessBlobGas',
  'slotNumber',
] as const
const HASHES = ['parentHash', 'stateRoot', 'receiptsRoot', 'prevRandao'] as const
const EDGES_U64 = [0n, 1n, 2n, 5_000n, 60_000_000n, (1n << 32n) - 1n, (1n << 63n) - 1n, (1n << 64n) - 1n] as const

const STRUCTURE: Readonly<Record<string, Mutation>> = {
  witnessList({ input, other }, random) {
    const list = random.pick(['state', 'codes', 'headers'] as const)
    const items = edited(input.witness[list], other.input.witness[list], random).slice(
      0,
      list === 'headers' ? 256 : 1e6,
    )
    return encodeStatelessInput({ ...input, witness: { ...input.witness, [list]: items } })
  },
  transactionList({ input, other }, random) {
    const before = input.newPayloadRequest.executionPayload
    const others = other.input.newPayloadRequest.executionPayload.transactions
    return encodeStatelessInput(withPayload(input, { transactions: edited(before.transactions, others, random) }))
  },
  manyTransactions({ input }, random) {
    const { transactions } = input.newPayloadRequest.executionPayload
    const filler = random.pick([new Uint8Array(0), Uint8Array.of(0xc0), transactions[0] ?? new Uint8Array(1)])
    const many = Array.from({ length: 2_000 }, () => filler)
    return encodeStatelessInput(withPayload(input, { transactions: many }))
  },
  numberField: ({ input }, random) =>
    encodeStatelessInput(withPayload(input, { [random.pick(NUMBERS)]: random.pick(EDGES_U64) })),
  baseFee: ({ input }, random) =>
    encodeStatelessInput(withPayload(input, { baseFeePerGas: random.pick([0n, 1n, (1n << 256n) - 1n]) })),
  hashField: ({ input }, random) =>
    encodeStatelessInput(withPayload(input, { [random.pick(HASHES)]: random.bytes(32) })),
  coinbase: ({ input }, random) => encodeStatelessInput(withPayload(input, { feeRecipient: random.bytes(20) })),
  foreignWitness: ({ input, other }) => encodeStatelessInput({ ...input, witness: other.input.witness }),
  foreignAccessList: ({ input, other }) =>
    encodeStatelessInput(
      withPayload(input, { blockAccessList: other.input.newPayloadRequest.executionPayload.blockAccessList }),
    ),
  chainId: ({ input }, random) => encodeStatelessInput({ ...input, chainId: random.pick(EDGES_U64) }),
  publicKeys: ({ input }, random) =>
    encodeStatelessInput({
      ...input,
      dialect: 'keyed',
      publicKeys: input.newPayloadRequest.executionPayload.transactions.map(() => random.bytes(65)),
    }),
}

// ---- RLP deep inside, with every hash above it made true again

/** A tree of byte strings that may be changed. */
type Tree = Uint8Array | Tree[]

const toTree = (item: RlpItem): Tree => (item.list ? rlpItems(item).map(toTree) : item.payload.slice())

const EDGE_BYTES = [
  new Uint8Array(0),
  Uint8Array.of(0),
  Uint8Array.of(1),
  Uint8Array.of(0x80),
  new Uint8Array(8).fill(0xff),
  new Uint8Array(32).fill(0xff),
  new Uint8Array(33).fill(0xff),
  new Uint8Array(20),
] as const

/** One change anywhere in the tree: another value, one item more or less, a list for bytes or bytes for a list. */
function changeTree(tree: Tree, random: Random, depth = 0): Tree {
  if (!(tree instanceof Uint8Array) && tree.length > 0 && (depth === 0 || !random.oneIn(3))) {
    const at = random.int(tree.length)
    const child = tree[at]
    if (child === undefined) return tree
    if (!random.oneIn(5)) return tree.toSpliced(at, 1, changeTree(child, random, depth + 1))
    return random.oneIn(2) ? tree.toSpliced(at, 1) : tree.toSpliced(at, 0, child)
  }
  switch (random.int(5)) {
    case 0:
      return random.pick(EDGE_BYTES)
    case 1:
      return random.bytes(random.int(40))
    case 2:
      return [random.pick(EDGE_BYTES)]
    case 3:
      return []
    default:
      return tree instanceof Uint8Array && tree.length > 0
        ? flip(tree, random)
        : bigintToMinimalBytes(BigInt(random.int(1e9)))
  }
}

function flip(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice()
  const at = random.int(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << random.int(8))
  return copy
}

/** Well-formed RLP with another content, or now and then the same bytes with one bit flipped. */
function changeRlp(rlp: Uint8Array, random: Random): Uint8Array {
  if (random.oneIn(6)) return flip(rlp, random)
  return encodeRlp(changeTree(toTree(decodeRlpItem(rlp)), random) as RlpValue)
}

function changeTransaction(raw: Uint8Array, random: Random): Uint8Array {
  const typed = (raw[0] ?? 0) < 0x80
  if (random.oneIn(8)) return concatBytes([Uint8Array.of(random.int(256)), raw.subarray(typed ? 1 : 0)])
  const body = changeRlp(typed ? raw.subarray(1) : raw, random)
  return typed ? concatBytes([raw.subarray(0, 1), body]) : body
}

/** Other headers: everything after the first changed one is linked again, and the payload put on top. */
function relinked(input: StatelessInput, headers: readonly Uint8Array[], changedAt: number): StatelessInput {
  const linked = [...headers]
  for (let i = changedAt + 1; i < linked.length; i++) {
    const header = decodeHeader(linked[i] ?? new Uint8Array(0))
    linked[i] = encodeHeader({ ...header, parentHash: keccak256(linked[i - 1] ?? new Uint8Array(0)) })
  }
  const parentHash = keccak256(linked.at(-1) ?? new Uint8Array(0))
  return withPayload({ ...input, witness: { ...input.witness, headers: linked } }, { parentHash })
}

/**
 * The witness with `from` replaced by `to` wherever a hash names it: the nodes above get other hashes too, up to the state
 * root in the parent header.
 */
export function rehashed(input: StatelessInput, from: Uint8Array, to: Uint8Array, isCode: boolean): StatelessInput {
  const nodes = new Map(input.witness.state.map((node) => [bytesToHex(keccak256(node)), bytesToHex(node)]))
  const renamed: [string, string][] = [[bytesToHex(keccak256(from)), bytesToHex(keccak256(to))]]
  if (!isCode) nodes.set(bytesToHex(keccak256(from)), bytesToHex(to))
  const names = new Map(renamed)
  // A node put below itself would be renamed for ever.
  let left = 10 * nodes.size
  for (let next = renamed.pop(); next !== undefined && left-- > 0; next = renamed.pop()) {
    const [before, after] = next
    for (const [hash, node] of nodes) {
      if (!node.includes(before)) continue
      const changed = node.replaceAll(before, after)
      nodes.set(hash, changed)
      const name = bytesToHex(keccak256(hexToBytes(changed)))
      renamed.push([names.get(hash) ?? hash, name])
      names.set(hash, name)
    }
  }
  const codes = isCode ? input.witness.codes.map((code) => (code === from ? to : code)) : input.witness.codes
  const state = [...nodes.values()].map(hexToBytes)
  const parent = decodeHeader(input.witness.headers.at(-1) ?? new Uint8Array(0))
  const stateRoot = hexToBytes(names.get(bytesToHex(parent.stateRoot)) ?? bytesToHex(parent.stateRoot))
  const headers = [...input.witness.headers.slice(0, -1), encodeHeader({ ...parent, stateRoot })]
  return relinked({ ...input, witness: { ...input.witness, state, codes } }, headers, headers.length)
}

const payloadOf = (input: StatelessInput): ExecutionPayload => input.newPayloadRequest.executionPayload

const DEEP: Readonly<Record<string, Mutation>> = {
  transactionRlp({ input }, random) {
    const { transactions } = payloadOf(input)
    const at = random.int(transactions.length)
    const changed = transactions.map((raw, i) => (i === at ? changeTransaction(raw, random) : raw))
    return encodeStatelessInput(withPayload(input, { transactions: changed }))
  },
  accessListRlp({ input }, random) {
    const { blockAccessList } = payloadOf(input)
    return encodeStatelessInput(withPayload(input, { blockAccessList: changeRlp(blockAccessList, random) }))
  },
  headerRlp({ input }, random) {
    const { headers } = input.witness
    const at = random.int(headers.length)
    const changed = headers.map((rlp, i) => (i === at ? changeRlp(rlp, random).subarray(0, 1_024) : rlp))
    return encodeStatelessInput(relinked(input, changed, at))
  },
  parentField({ input }, random) {
    const parent = decodeHeader(input.witness.headers.at(-1) ?? new Uint8Array(0))
    const field = random.pick(['gasLimit', 'gasUsed', 'baseFeePerGas', 'excessBlobGas', 'timestamp', 'number'] as const)
    const changed = encodeHeader({ ...parent, [field]: random.pick(EDGES_U64) })
    const headers = [...input.witness.headers.slice(0, -1), changed]
    return encodeStatelessInput(relinked(input, headers, headers.length))
  },
  trieNodeRlp({ input }, random) {
    const node = random.pick(input.witness.state)
    return encodeStatelessInput(rehashed(input, node, changeRlp(node, random).subarray(0, 1_024), false))
  },
  trieNodeForOther({ input }, random) {
    const [node, other] = [random.pick(input.witness.state), random.pick(input.witness.state)]
    return encodeStatelessInput(rehashed(input, node, other, false))
  },
  code({ input }, random) {
    const code = random.pick(input.witness.codes)
    const changed = random.oneIn(2) ? flip(code, random) : random.bytes(1 + random.int(200))
    return encodeStatelessInput(rehashed(input, code, changed, true))
  },
  /** A code that is one opcode again and again, jumps included. */
  uniformCode({ input }, random) {
    const code = random.pick(input.witness.codes)
    return encodeStatelessInput(rehashed(input, code, new Uint8Array(20_000).fill(random.int(256)), true))
  },
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = { ...BYTES, ...STRUCTURE, ...DEEP }
