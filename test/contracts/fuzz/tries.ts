import { encodeAccount } from '../../../stateless/account.ts'
import { bytesToHex } from '../../../stateless/bytes.ts'
import { keccak256 } from '../../../stateless/keccak.ts'
import { toNibbles } from '../../../stateless/nibbles.ts'
import { encodeRlp } from '../../../stateless/rlp.ts'
import { createTrie, EMPTY_TRIE_ROOT } from '../../../stateless/trie.ts'
import type { NodeSource } from '../../../stateless/types.ts'
import type { Random } from './random.ts'

/** A trie with what it holds, by hashed key in hex. */
export type Sample = {
  root: Uint8Array
  entries: ReadonlyMap<string, Uint8Array>
  keys: readonly Uint8Array[]
  /** the nodes on the path of any key, embedded ones left out */
  prove(key: Uint8Array): Uint8Array[]
}

export function buildTrie(entries: ReadonlyMap<string, Uint8Array>): Sample {
  const nodes = new Map<string, Uint8Array>()
  const source: NodeSource = { getNode: (hash) => nodes.get(hash), getCode: () => undefined }
  const edit = createTrie(source, EMPTY_TRIE_ROOT).edit()
  const keys = [...entries.keys()].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')))
  for (const key of keys) edit.put(toNibbles(key), entries.get(bytesToHex(key)) ?? new Uint8Array())
  const { root } = edit.commit(nodes)
  return {
    root,
    entries,
    keys,
    prove(key) {
      const proof: Uint8Array[] = []
      const tee: NodeSource = {
        getNode(hash) {
          const node = nodes.get(hash)
          if (node !== undefined) proof.push(node)
          return node
        },
        getCode: () => undefined,
      }
      createTrie(tee, root).get(toNibbles(key))
      return proof
    },
  }
}

/** Sizes from one to some thousands, small ones more often: those are where tries have odd shapes. */
export function randomTrie(random: Random): Sample {
  const size = random.pick([1, 2, 2, 3, 4, 7, 16, 17, 40, 120, 500, 2_500])
  const key = random.pick([hashedKeys, deepKeys, denseKeys])(random)
  const value = random.pick([wordValue, shortValue, accountValue, anyValue, zerosValue])
  const entries = new Map<string, Uint8Array>()
  for (let i = 0; i < size; i++) entries.set(bytesToHex(key()), value(random))
  return buildTrie(entries)
}

const hashedKeys = (random: Random) => () => keccak256(random.bytes(8))

/** Keys that leave a few others only after any number of nibbles. */
const deepKeys = (random: Random) => {
  const known = [random.bytes(32)]
  return () => {
    const key = random.pick(known.slice(-8)).slice()
    const nibble = random.int(64)
    for (let i = nibble; i < 64; i++) {
      const byte = key[i >> 1] ?? 0
      const change = i === nibble ? random.between(1, 15) : random.int(16)
      key[i >> 1] = i % 2 === 0 ? byte ^ (change << 4) : byte ^ change
    }
    known.push(key)
    return key
  }
}

/** Keys that differ in their last bytes only: the leaves are short, so they are embedded when their values are short too. */
const denseKeys = (random: Random) => {
  const base = random.bytes(32)
  const free = random.between(1, 3)
  return () => {
    const key = base.slice()
    key.set(random.bytes(free), 32 - free)
    return key
  }
}

const wordValue = (random: Random) => encodeRlp(minimal(random.bytes(32)))
const shortValue = (random: Random) => encodeRlp(minimal(random.bytes(random.between(1, 4))))
const anyValue = (random: Random) => random.bytes(random.between(1, 300))
/** Not minimal: as bytes of a trie they are as good as any others. */
const zerosValue = (random: Random) => Uint8Array.of(0, ...random.bytes(random.between(0, 31)))
const accountValue = (random: Random) =>
  encodeAccount({
    nonce: BigInt(random.int(300)),
    balance: BigInt(random.int(2 ** 31)) ** BigInt(random.int(9)) % 2n ** 256n,
    storageRoot: random.bytes(32),
    codeHash: random.bytes(32),
  })

/** Without leading zeros, and not zero. */
export function minimal(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0)
  return start === -1 ? Uint8Array.of(1) : bytes.slice(start)
}

/** A key of the trie, or one that leaves it somewhere. */
export function randomKey(sample: Sample, random: Random): Uint8Array {
  const known = random.pickMaybe(sample.keys) ?? random.bytes(32)
  if (random.chance(0.6)) return known
  if (random.chance(0.3)) return random.bytes(32)
  const key = known.slice()
  const at = random.int(32)
  key[at] = (key[at] ?? 0) ^ random.between(1, 255)
  return key
}

export type Owner = { address: Uint8Array; slots: readonly Uint8Array[]; storage: Sample }
export type World = {
  state: Sample
  accounts: readonly Owner[]
  /** a leaf for an account with that storage */
  leafFor(storageRoot: Uint8Array): Uint8Array
  /** the state in which one account has another leaf */
  withLeaf(address: Uint8Array, leaf: Uint8Array): Sample
}

/** A state trie over some accounts with storage: keys are true hashes, so that depth comes from numbers alone. */
export function randomWorld(random: Random): World {
  const accounts = Array.from({ length: random.between(1, 6) }, (): Owner => {
    const count = random.pick([0, 1, 2, 20, 300])
    const slots = Array.from({ length: count }, (_, i) => (random.chance(0.5) ? word(i) : random.bytes(32)))
    const entries = new Map(
      slots.map((slot) => {
        const digits = minimal(random.bytes(random.pick([1, 2, 31, 32, 32])))
        return [bytesToHex(keccak256(slot)), encodeRlp(digits)] as const
      }),
    )
    return { address: random.bytes(20), slots, storage: buildTrie(entries) }
  })
  const leafFor = (storageRoot: Uint8Array) => {
    const balance = BigInt(random.int(2 ** 31)) ** BigInt(random.int(8))
    return encodeAccount({ nonce: BigInt(random.int(400)), balance, storageRoot, codeHash: random.bytes(32) })
  }
  const entries = new Map<string, Uint8Array>()
  for (const { address, storage } of accounts) entries.set(bytesToHex(keccak256(address)), leafFor(storage.root))
  for (let i = random.pick([0, 5, 200]); i > 0; i--) {
    entries.set(bytesToHex(keccak256(random.bytes(20))), leafFor(EMPTY_TRIE_ROOT))
  }
  return {
    state: buildTrie(entries),
    accounts,
    leafFor,
    withLeaf: (address, leaf) => buildTrie(new Map(entries).set(bytesToHex(keccak256(address)), leaf)),
  }
}

function word(number: number): Uint8Array {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(28, number)
  return bytes
}
