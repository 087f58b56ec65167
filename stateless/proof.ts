import { decodeAccount, decodeStorageValue, EMPTY_CODE_HASH } from './account.ts'
import { bytesToHex, EMPTY_BYTES } from './bytes.ts'
import { InvalidWitness } from './errors.ts'
import { keccak256 } from './keccak.ts'
import { toNibbles } from './nibbles.ts'
import { createTrie, EMPTY_TRIE_ROOT } from './trie.ts'
import type { AccountState, Address20, Hash32, NodeSource } from './types.ts'

/** Proof of one slot: `value` is minimal big-endian, empty for zero; `proof` is empty when the trie is. */
export type StorageProof = { slot: Uint8Array; value: Uint8Array; proof: readonly Uint8Array[] }

/**
 * EIP-1186. Nodes from the root down, without those embedded in their parent. For an absent account the fields are zero,
 * the hashes are those of empty storage and empty code, and every asked slot still has its entry.
 */
export type AccountProof = {
  address: Address20
  exists: boolean
  nonce: bigint
  balance: bigint
  codeHash: Hash32
  storageHash: Hash32
  accountProof: readonly Uint8Array[]
  storageProof: readonly StorageProof[]
}

/**
 * Proofs of an account and of any number of its slots (32 bytes each) in the state `root`, of presence or of absence.
 * @throws InvalidWitness MISSING_NODE when the source does not hold that state
 */
export function createAccountProof(
  source: NodeSource,
  root: Hash32,
  address: Address20,
  slots: readonly Uint8Array[] = [],
): AccountProof {
  const found = prove(source, root, keccak256(address))
  const account = found.value === undefined ? undefined : decodeAccount(found.value)
  const storageHash = account?.storageRoot ?? EMPTY_TRIE_ROOT
  return {
    address,
    exists: account !== undefined,
    nonce: account?.nonce ?? 0n,
    balance: account?.balance ?? 0n,
    codeHash: account?.codeHash ?? EMPTY_CODE_HASH,
    storageHash,
    accountProof: found.proof,
    storageProof: slots.map((slot) => createStorageProof(source, storageHash, slot)),
  }
}

/** The proof of one slot (32 bytes) under the storage root of its account. Throws as createAccountProof. */
export function createStorageProof(source: NodeSource, storageRoot: Hash32, slot: Uint8Array): StorageProof {
  if (slot.length !== 32) throw new Error('a slot key has 32 bytes')
  const { value, proof } = prove(source, storageRoot, keccak256(slot))
  return { slot, value: value === undefined ? EMPTY_BYTES : decodeStorageValue(value), proof }
}

/** A walk over a fresh trie fetches exactly the nodes of the proof, in order. */
function prove(
  source: NodeSource,
  root: Hash32,
  key: Uint8Array,
): { value: Uint8Array | undefined; proof: Uint8Array[] } {
  const proof: Uint8Array[] = []
  const tee: NodeSource = {
    getNode: (hash) => {
      const node = source.getNode(hash)
      if (node !== undefined) proof.push(node)
      return node
    },
    getCode: () => undefined,
  }
  return { value: createTrie(tee, root).get(toNibbles(key)), proof }
}

/**
 * The value that `proof` proves for the hashed 32-byte `key` under `root`, or undefined when it proves absence. Strict:
 * the nodes on the path in order, each needed, nothing else.
 *
 * @throws InvalidWitness MISSING_NODE when the proof stops early or a node is not the one its parent names,
 *   MALFORMED_NODE for a node of bad form or a node too many
 */
export function verifyProof(root: Hash32, key: Hash32, proof: readonly Uint8Array[]): Uint8Array | undefined {
  let next = 0
  const source: NodeSource = {
    getNode: (hash) => {
      const node = proof[next]
      if (node === undefined || bytesToHex(keccak256(node)) !== hash) return undefined
      next++
      return node
    },
    getCode: () => undefined,
  }
  const value = createTrie(source, root).get(toNibbles(key))
  if (next !== proof.length) {
    throw new InvalidWitness('MALFORMED_NODE', 'the proof has nodes behind its end', {
      used: next,
      nodes: proof.length,
    })
  }
  return value
}

/** The account that an EIP-1186 account proof shows, undefined for absence. Throws InvalidWitness. */
export function verifyAccountProof(
  root: Hash32,
  address: Address20,
  proof: readonly Uint8Array[],
): AccountState | undefined {
  const leaf = verifyProof(root, keccak256(address), proof)
  return leaf === undefined ? undefined : decodeAccount(leaf)
}

/** The minimal big-endian value that an EIP-1186 storage proof shows; empty for zero. Throws InvalidWitness. */
export function verifyStorageProof(storageRoot: Hash32, slot: Uint8Array, proof: readonly Uint8Array[]): Uint8Array {
  const leaf = verifyProof(storageRoot, keccak256(slot), proof)
  return leaf === undefined ? EMPTY_BYTES : decodeStorageValue(leaf)
}
