import type { AccessNames } from './accessNames.ts'
import { decodeAccount } from './account.ts'
import { bytesToHex } from './bytes.ts'
import { InvalidWitness } from './errors.ts'
import { keccak256 } from './keccak.ts'
import { pathToHex } from './nibbles.ts'
import { EMPTY_TRIE_ROOT, SECURE_KEY_NIBBLES } from './trie.ts'
import { decodeNode, type Node, type Unloaded } from './trieNode.ts'
import type { ExecutionWitness, Hash32 } from './types.ts'

/** Lower-case hex without prefix. */
type Hex = string

/** An account by the hash of its address, and by the address where somebody names it. */
export type AccountName = { hash: Hex; address?: Hex }

/** Where a node lies in the tries of a state; the first such place when there are several. */
export type NodePlace = {
  trie: 'account' | 'storage'
  /** nibbles from the root of its trie down to it */
  path: Hex
  /** of a storage trie: whose; of an account trie: the account of this leaf */
  account?: AccountName
}

export type MappedNode = NodePlace & {
  kind: Node['kind'] | 'malformed'
  /** of a storage trie: the named slots whose values are inside this node */
  slots: readonly Hex[]
}

export type WitnessMap = {
  /** by hash; what is not reachable from the root is not in it */
  nodes: ReadonlyMap<Hex, MappedNode>
  /** nodes that are referred to and not there */
  absent: ReadonlyMap<Hex, NodePlace>
  /** code hash -> accounts that have it */
  codes: ReadonlyMap<Hex, readonly AccountName[]>
}

type Visit = { hash: Hex; place: NodePlace }

/** Goes through all that a witness holds of the state `root`, each node once; what is malformed ends there. */
export function mapWitness(witness: Pick<ExecutionWitness, 'state'>, root: Hash32, names: AccessNames): WitnessMap {
  const source = new Map(witness.state.map((rlp) => [bytesToHex(keccak256(rlp)), rlp]))
  const nodes = new Map<Hex, MappedNode>()
  const absent = new Map<Hex, NodePlace>()
  const codes = new Map<Hex, AccountName[]>()
  const open: Visit[] = [{ hash: bytesToHex(root), place: { trie: 'account', path: '' } }]
  const onAccount = (leaf: Uint8Array, account: AccountName): void => {
    const { storageRoot, codeHash } = decodeAccount(leaf)
    const code = bytesToHex(codeHash)
    const known = codes.get(code)
    if (known === undefined) codes.set(code, [account])
    else known.push(account)
    open.push({ hash: bytesToHex(storageRoot), place: { trie: 'storage', path: '', account } })
  }
  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    const { hash, place } = visit
    if (nodes.has(hash) || hash === EMPTY_ROOT) continue
    const rlp = source.get(hash)
    if (rlp === undefined) {
      if (!absent.has(hash)) absent.set(hash, place)
      continue
    }
    nodes.set(hash, mapNode(hash, rlp, place, names, open, onAccount))
  }
  return { nodes, absent, codes }
}

const EMPTY_ROOT = bytesToHex(EMPTY_TRIE_ROOT)

function mapNode(
  hash: Hex,
  rlp: Uint8Array,
  place: NodePlace,
  names: AccessNames,
  open: Visit[],
  onAccount: (leaf: Uint8Array, account: AccountName) => void,
): MappedNode {
  const mapped: MappedNode = { ...place, kind: 'malformed', slots: [] }
  try {
    const node = decodeNode(rlp, place.path.length, SECURE_KEY_NIBBLES, refOf(hash))
    const slots: Hex[] = []
    walkInside(node, place.path, {
      onChild: (child, path) => open.push({ hash: child, place: { ...place, path } }),
      onLeaf: (value, path) => {
        if (place.trie === 'account') {
          const account = nameAccount(names, path)
          mapped.account = account
          onAccount(value, account)
          return
        }
        const slot = names.get(place.account?.hash ?? '')?.slots.get(path)
        if (slot !== undefined) slots.push(slot)
      },
    })
    return { ...mapped, kind: node.kind, slots }
  } catch (error) {
    if (!(error instanceof InvalidWitness)) throw error
    return mapped
  }
}

function nameAccount(names: AccessNames, hash: Hex): AccountName {
  const address = names.get(hash)?.address
  return address === undefined ? { hash } : { hash, address }
}

type Visitor = { onChild(hash: Hex, path: Hex): void; onLeaf(value: Uint8Array, path: Hex): void }

/** The children by hash and the leaves in a node, those in embedded nodes too. */
function walkInside(node: Node | Unloaded, path: Hex, visitor: Visitor): void {
  switch (node.kind) {
    case 'unloaded':
      visitor.onChild(bytesToHex(node.ref.subarray(1)), path)
      return
    case 'leaf':
      visitor.onLeaf(node.value, path + pathToHex(node.path))
      return
    case 'extension':
      walkInside(node.child, path + pathToHex(node.path), visitor)
      return
    case 'branch':
      for (let index = 0; index < 16; index++) {
        if ((node.mask & (1 << index)) === 0) continue
        const child = node.children[index]
        const below = path + index.toString(16)
        if (child !== undefined) walkInside(child, below, visitor)
        else
          visitor.onChild(bytesToHex(node.raw.subarray((node.offsets[index] ?? 0) + 1, node.offsets[index + 1])), below)
      }
  }
}

function refOf(hash: Hex): Uint8Array {
  return Uint8Array.from(Buffer.from(`a0${hash}`, 'hex'))
}
