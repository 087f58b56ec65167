import type { Hex } from 'viem'
import { bytesToHex } from '../../../stateless/bytes.ts'
import { InvalidWitness } from '../../../stateless/errors.ts'
import { keccak256 } from '../../../stateless/keccak.ts'
import { toNibbles } from '../../../stateless/nibbles.ts'
import { verifyProof } from '../../../stateless/proof.ts'
import { encodeRlp } from '../../../stateless/rlp.ts'
import { payloadStart } from '../../../stateless/trieNode.ts'
import { itemsOf, listOf, mend, type Proof } from './forge.ts'

/** What one implementation makes of a proof: bytes in hex, absence, or a refusal (with the broken rule where it has a name). */
export type Verdict =
  | { kind: 'value'; value: string }
  | { kind: 'absent' }
  | { kind: 'refused'; rule?: string | undefined }

export type SolidityAnswer = { ok: boolean; value: Hex }

export function verdictOfBytes(value: Uint8Array | undefined): Verdict {
  return value === undefined || value.length === 0 ? { kind: 'absent' } : { kind: 'value', value: bytesToHex(value) }
}

export function verdictOfAnswer(answer: SolidityAnswer | undefined): Verdict {
  if (answer?.ok !== true) return { kind: 'refused' }
  return answer.value === '0x' ? { kind: 'absent' } : { kind: 'value', value: answer.value.slice(2) }
}

/** Runs one of ours in TypeScript. Anything but an InvalidWitness is a fault and goes through. */
export function verdictOf(run: () => Uint8Array | undefined): Verdict {
  try {
    return verdictOfBytes(run())
  } catch (error) {
    if (!(error instanceof InvalidWitness)) throw error
    if (error.code === 'MISSING_NODE') return { kind: 'refused', rule: 'missing node' }
    return { kind: 'refused', rule: String(error.data.rule ?? 'extra node') }
  }
}

export const sameVerdict = (a: Verdict, b: Verdict): boolean =>
  a.kind === b.kind && (a.kind !== 'value' || b.kind !== 'value' || a.value === b.value)

/**
 * The only ways in which the three may differ. The contract accepts nothing that one of the others refuses, but for the
 * last entry; and no two of them ever accept one proof for two values.
 */
export const DIFFERENCES = [
  // TrieProof and the trie follow embedded nodes; in our storage tries none is on a path, and the contract refuses them.
  'embedded node on the path',
  'embedded node on the path, sent as an element too',
  // TrieProof looks at the items that it needs, and not at the form of the others.
  'TrieProof: branch with fewer than two children',
  'TrieProof: branch with a value',
  'TrieProof: child is neither a hash nor an embedded node',
  'TrieProof: extension without a branch below',
  'TrieProof: bad hex-prefix path',
  'TrieProof: form of an embedded node beside the path',
  // The contract steps over an embedded node beside the path, the trie decodes it.
  'form of an embedded node beside the path',
] as const

export type Difference = (typeof DIFFERENCES)[number]

const TRIE_PROOF_RULES: Record<string, Difference> = {
  'branch with fewer than two children': 'TrieProof: branch with fewer than two children',
  'branch with a value': 'TrieProof: branch with a value',
  'child is neither a hash nor an embedded node': 'TrieProof: child is neither a hash nor an embedded node',
  'extension without a branch below': 'TrieProof: extension without a branch below',
  'bad hex-prefix path': 'TrieProof: bad hex-prefix path',
}

/** Three verdicts on one proof. TrieProof knows no proof of absence, so its refusal goes with one. */
export type Verdicts = { contract: Verdict; trie: Verdict; trieProof: Verdict }
type Shown = { key: Uint8Array; proof: Proof }

const goesWith = (trieProof: Verdict, verdict: Verdict): boolean =>
  trieProof.kind === 'refused' ? verdict.kind !== 'value' : sameVerdict(trieProof, verdict)

/** Why the verdicts differ: undefined when they do not, `unexplained` when there is no known reason. */
export function differenceOf(
  { contract, trie, trieProof }: Verdicts,
  { key, proof }: Shown,
): Difference | 'unexplained' | undefined {
  if (contract.kind !== 'refused') {
    if (!goesWith(trieProof, contract)) return 'unexplained'
    if (sameVerdict(contract, trie)) return undefined
    const explained = trie.kind === 'refused' && sameVerdict(contract, tidied(key, proof))
    return explained ? 'form of an embedded node beside the path' : 'unexplained'
  }
  if (trie.kind !== 'refused') {
    const explained = goesWith(trieProof, trie) && hasEmbeddedStep(key, proof)
    return explained ? 'embedded node on the path' : 'unexplained'
  }
  if (trieProof.kind === 'refused') return undefined
  if (trie.rule === 'extra node') {
    const explained = (proof.at(-1)?.length ?? 32) < 32 && hasEmbeddedStep(key, proof)
    return explained ? 'embedded node on the path, sent as an element too' : 'unexplained'
  }
  const known = TRIE_PROOF_RULES[trie.rule ?? '']
  if (known !== undefined) return known
  return sameVerdict(trieProof, tidied(key, proof))
    ? 'TrieProof: form of an embedded node beside the path'
    : 'unexplained'
}

/** The same for a slot of an account, where what lies in the leaves counts too. */
export const SLOT_DIFFERENCES = [
  'TrieProof: form of a node',
  "OpenZeppelin's RLP: form of an account",
  "OpenZeppelin's RLP: storage value with leading zeros",
  'form of an embedded node beside the path',
] as const

export type SlotDifference = (typeof SLOT_DIFFERENCES)[number]

const LEAF_RULES: Record<string, SlotDifference> = {
  'nonce or balance is not an RLP string': "OpenZeppelin's RLP: form of an account",
  'nonce or balance has a leading zero': "OpenZeppelin's RLP: form of an account",
  'nonce or balance is too long': "OpenZeppelin's RLP: form of an account",
  'root or code hash is not 32 bytes': "OpenZeppelin's RLP: form of an account",
  'storage value is not a canonical word': "OpenZeppelin's RLP: storage value with leading zeros",
}

/** `tidy` is what the trie says when embedded nodes beside both paths are replaced by hashes. */
export function slotDifferenceOf(
  { contract, trie, trieProof }: Verdicts,
  tidy: () => Verdict,
): SlotDifference | 'unexplained' | undefined {
  if (contract.kind !== 'refused') {
    if (!goesWith(trieProof, contract)) return 'unexplained'
    if (sameVerdict(contract, trie)) return undefined
    const explained = trie.kind === 'refused' && sameVerdict(contract, tidy())
    return explained ? 'form of an embedded node beside the path' : 'unexplained'
  }
  if (trie.kind !== 'refused') return 'unexplained'
  if (trieProof.kind === 'refused') return undefined
  const ofLeaf = LEAF_RULES[trie.rule ?? '']
  if (ofLeaf !== undefined) return ofLeaf
  const ofNode = TRIE_PROOF_RULES[trie.rule ?? ''] !== undefined || sameVerdict(trieProof, tidy())
  return ofNode ? 'TrieProof: form of a node' : 'unexplained'
}

type Step = { items: Uint8Array[]; taken: number | undefined }

/** The items of each node with the index of the one that the key's path goes through. */
function stepsOf(key: Uint8Array, proof: Proof): Step[] {
  const nibbles = toNibbles(key)
  let depth = 0
  return proof.map((node) => {
    const items = itemsOf(node) ?? []
    const path = items[0]
    if (items.length === 17) return { items, taken: nibbles[depth++] ?? 16 }
    if (items.length !== 2 || path === undefined) return { items, taken: undefined }
    const bytes = path.subarray(payloadStart(path, 0))
    depth += (bytes.length - 1) * 2 + (((bytes[0] ?? 0) >> 4) & 1)
    return { items, taken: (bytes[0] ?? 0) < 0x20 ? 1 : undefined }
  })
}

const isList = (item: Uint8Array | undefined): boolean => (item?.[0] ?? 0) >= 0xc0

function hasEmbeddedStep(key: Uint8Array, proof: Proof): boolean {
  return stepsOf(key, proof).some(({ items, taken }) => taken !== undefined && isList(items[taken]))
}

/** What the trie says of the same path when every embedded node beside it is replaced by a hash. */
export function tidied(key: Uint8Array, proof: Proof): Verdict {
  let tidy = { root: keccak256(proof[0] ?? new Uint8Array()), proof }
  for (const [at, { items, taken }] of stepsOf(key, proof).entries()) {
    if (items.length !== 17) continue
    const current = itemsOf(tidy.proof[at] ?? new Uint8Array()) ?? items
    const hashed = current.map((item, i) => (i !== taken && isList(item) ? encodeRlp(keccak256(item)) : item))
    tidy = mend(tidy.proof, at, [listOf(hashed)])
  }
  return verdictOf(() => verifyProof(tidy.root, key, tidy.proof))
}
