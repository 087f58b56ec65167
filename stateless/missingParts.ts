import { type AccessNames, readAccessNames } from './accessNames.ts'
import type { StatelessInput } from './types.ts'
import { readWitnessHeaders } from './witnessHeaders.ts'
import { mapWitness, type NodePlace, type WitnessMap } from './witnessMap.ts'

/** Lower-case hex without prefix. */
type Hex = string

/** How many names an answer about one node holds at most. */
const MAX_NAMES = 16

export type MissingNode = {
  hash: Hex
  trie: NodePlace['trie']
  /** nibbles from the root of its trie down to it */
  path: Hex
  /** of a storage trie: whose it is; else the named accounts whose path leads through the node */
  accounts: readonly Hex[]
  /** of a storage trie: the named slots whose path leads through it */
  slots: readonly Hex[]
}

export type MissingCode = { hash: Hex; accounts: readonly Hex[] }

/**
 * Where a node that is not in the witness would be. None is named when no path leads there: it is a sibling that a deletion
 * needs. Undefined when nothing in the witness refers to it. Throws InvalidWitness when the headers are broken.
 */
export function locateMissingNode(input: StatelessInput, hash: Hex): MissingNode | undefined {
  const { map, names } = mapInput(input)
  const place = map.absent.get(hash)
  if (place === undefined) return undefined
  const { trie, path, account } = place
  if (trie === 'account') {
    return { hash, trie, path, accounts: below(names, path).map(({ address }) => address), slots: [] }
  }
  const accounts = account?.address === undefined ? [] : [account.address]
  return { hash, trie, path, accounts, slots: below(names.get(account?.hash ?? '')?.slots ?? new Map(), path) }
}

/** Whose code a hash is that is not in the witness. Throws as `locateMissingNode`. */
export function locateMissingCode(input: StatelessInput, hash: Hex): MissingCode {
  const accounts = mapInput(input).map.codes.get(hash) ?? []
  const named = accounts.flatMap(({ address }) => (address === undefined ? [] : [address]))
  return { hash, accounts: named.slice(0, MAX_NAMES) }
}

function mapInput({ witness, newPayloadRequest }: StatelessInput): { map: WitnessMap; names: AccessNames } {
  const names = readAccessNames(newPayloadRequest.executionPayload)
  return { map: mapWitness(witness, readWitnessHeaders(witness.headers).parent.stateRoot, names), names }
}

function below<Value>(byHash: ReadonlyMap<Hex, Value>, path: Hex): Value[] {
  const found: Value[] = []
  for (const [hash, value] of byHash) {
    if (hash.startsWith(path) && found.push(value) === MAX_NAMES) break
  }
  return found
}
