import { decodeAccount, decodeStorageValue } from '../../../stateless/account.ts'
import { bytesEqual } from '../../../stateless/bytes.ts'
import { InvalidWitness } from '../../../stateless/errors.ts'
import { keccak256 } from '../../../stateless/keccak.ts'
import { verifyProof } from '../../../stateless/proof.ts'
import { decodeRlpList, encodeRlp, type RlpValue } from '../../../stateless/rlp.ts'
import { EMPTY_TRIE_ROOT } from '../../../stateless/trie.ts'
import { itemsOf, LIST_MUTATIONS, mend, NODE_FORGERIES, type Proof, unembed } from './forge.ts'
import type { Random } from './random.ts'
import { randomKey, type Sample, type World } from './tries.ts'
import { tidied, type Verdict, verdictOf, verdictOfBytes } from './verdicts.ts'

/** `truth` is what an honest root holds; a forged root has none. */
export type Case = { label: string; root: Uint8Array; key: Uint8Array; proof: Proof; truth: Verdict | undefined }

export function randomCase(sample: Sample, random: Random): Case {
  const key = randomKey(sample, random)
  const proof = sample.prove(key)
  const truth = verdictOfBytes(sample.entries.get(Buffer.from(key).toString('hex')))
  const under = { root: sample.root, key, truth }
  const kind = random.int(10)
  if (kind < 3) return { label: 'honest', ...under, proof }
  if (kind < 4) {
    const [label, mutate] = random.pick(Object.entries(LIST_MUTATIONS))
    return { label, ...under, proof: mutate(proof, sample.prove(randomKey(sample, random)), random) }
  }
  const unembedded = kind === 4 ? unembed(proof, random) : undefined
  if (unembedded !== undefined) return { label: 'unembedded', key, truth: undefined, ...unembedded }
  const forgery = forge(proof, random)
  if (forgery === undefined) return { label: 'honest', ...under, proof }
  if (kind === 5) return { label: forgery.label, ...under, proof: forgery.loose }
  return { label: `${forgery.label}, mended`, key, truth: undefined, ...forgery.mended }
}

/** One node changed, with the hashes above left alone and with them mended. */
function forge(proof: Proof, random: Random) {
  const [label, change] = random.pick(Object.entries(NODE_FORGERIES))
  const at = random.int(proof.length)
  const nodes = change(itemsOf(proof[at] ?? new Uint8Array()) ?? [], random)
  if (nodes === undefined) return undefined
  const loose = [...proof.slice(0, at), ...nodes, ...proof.slice(at + 1)]
  return { label, loose, mended: mend(proof, at, nodes) }
}

/** An EIP-1186 proof of one slot. */
export type Shown = {
  root: Uint8Array
  account: Uint8Array
  slot: Uint8Array
  accountProof: Proof
  storageProof: Proof
}
export type SlotCase = Shown & { label: string; truth: Verdict | undefined }

type LeafOf = (root: Uint8Array, key: Uint8Array, proof: Proof) => Uint8Array | undefined

/** As the contract does it: an absent account has no storage, and nothing may be shown of it. */
export function slotValue(one: Shown, leafOf: LeafOf = verifyProof): Uint8Array | undefined {
  const leaf = leafOf(one.root, keccak256(one.account), one.accountProof)
  const storageRoot = leaf === undefined ? EMPTY_TRIE_ROOT : decodeAccount(leaf).storageRoot
  const value = leafOf(storageRoot, keccak256(one.slot), one.storageProof)
  if (value === undefined) return undefined
  const word = new Uint8Array(32)
  const digits = decodeStorageValue(value)
  word.set(digits, 32 - digits.length)
  return word
}

export function tidyLeaf(root: Uint8Array, key: Uint8Array, proof: Proof): Uint8Array | undefined {
  const [top] = proof
  if (top === undefined) return verifyProof(root, key, proof)
  if (!bytesEqual(keccak256(top), root)) throw new InvalidWitness('MISSING_NODE', 'another root', {})
  const verdict = tidied(key, proof)
  if (verdict.kind === 'refused') throw new InvalidWitness('MALFORMED_NODE', 'refused', { rule: verdict.rule })
  return verdict.kind === 'absent' ? undefined : Uint8Array.from(Buffer.from(verdict.value, 'hex'))
}

export function randomSlotCase(world: World, random: Random): SlotCase {
  const owner = random.pick(world.accounts)
  const account = random.chance(0.1) ? random.bytes(20) : owner.address
  const slot = random.chance(0.2) ? random.bytes(32) : (random.pickMaybe(owner.slots) ?? random.bytes(32))
  const accountProof = world.state.prove(keccak256(account))
  const storage = account === owner.address ? owner.storage : undefined
  const storageProof = storage?.prove(keccak256(slot)) ?? []
  const shown = { root: world.state.root, account, slot, accountProof, storageProof }
  const honest = { label: 'honest', ...shown, truth: verdictOf(() => slotValue(shown)) }
  const kind = random.int(8)
  if (kind < 2) return honest
  if (kind === 2) {
    const other = random.pick(world.accounts)
    return {
      ...honest,
      label: 'of another slot or account',
      ...(random.chance(0.5) ? { accountProof: world.state.prove(keccak256(other.address)) } : {}),
      storageProof: other.storage.prove(keccak256(slot)),
    }
  }
  if (kind < 6 && storageProof.length > 0) {
    const forgery = forge(storageProof, random)
    if (forgery === undefined) return honest
    if (kind === 3) return { ...honest, label: forgery.label, storageProof: forgery.loose }
    const state = world.withLeaf(account, world.leafFor(forgery.mended.root))
    return {
      ...honest,
      label: `${forgery.label}, mended`,
      root: state.root,
      accountProof: state.prove(keccak256(account)),
      storageProof: forgery.mended.proof,
      truth: undefined,
    }
  }
  if (kind === 6) {
    const state = world.withLeaf(account, forgedLeaf(world.leafFor(storage?.root ?? EMPTY_TRIE_ROOT), random))
    return {
      ...honest,
      label: 'account leaf',
      root: state.root,
      accountProof: state.prove(keccak256(account)),
      truth: undefined,
    }
  }
  const forgery = forge(accountProof, random)
  if (forgery === undefined) return honest
  return {
    ...honest,
    label: `${forgery.label} in the state`,
    root: forgery.mended.root,
    accountProof: forgery.mended.proof,
    truth: undefined,
  }
}

/** An account with one item that is not as it should be. */
function forgedLeaf(leaf: Uint8Array, random: Random): Uint8Array {
  const items = decodeRlpList(leaf).map(({ payload }): RlpValue => payload)
  const at = random.int(4)
  const item = leafItem(random)
  if (random.chance(0.2)) return encodeRlp(random.chance(0.5) ? [...items, item] : items.slice(0, 3))
  return encodeRlp(items.map((old, i) => (i === at ? item : old)))
}

const leafItem = (random: Random): RlpValue =>
  random.pick<RlpValue>([
    Uint8Array.of(0),
    Uint8Array.of(0, random.between(1, 255)),
    new Uint8Array(),
    random.bytes(random.between(1, 8)),
    random.bytes(9),
    random.bytes(31),
    random.bytes(33),
    random.bytes(60),
    [Uint8Array.of(1)],
  ])
