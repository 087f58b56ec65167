import { readAccessNames } from './accessNames.ts'
import { bytesToHex } from './bytes.ts'
import { keccak256 } from './keccak.ts'
import { executionWitnessType } from './sszSchema.ts'
import type { Hash32, StatelessInput } from './types.ts'
import type { VerifyDeps } from './verify.ts'
import { readWitnessHeaders } from './witnessHeaders.ts'
import { type AccountName, type MappedNode, mapWitness } from './witnessMap.ts'
import { measureWitnessUse } from './witnessUse.ts'

/** Hex without prefix. */
type Hex = string

export type ReadNode = { hash: Hash32; bytes: number; used: boolean; place: MappedNode | undefined }
export type ReadCode = { hash: Hash32; bytes: number; used: boolean; accounts: readonly AccountName[] }
export type ReadHeader = { hash: Hash32; bytes: number; used: boolean }

/** A witness item by item, in its order: where each belongs, and whether the block needs it. */
export type WitnessReading = {
  /** the state that the witness is of: that after the parent */
  stateRoot: Hash32
  nodes: readonly ReadNode[]
  codes: readonly ReadCode[]
  headers: readonly ReadHeader[]
  /** why the block is refused: `used` is then what was asked for until there */
  refusal?: string
}

/** Runs the block of an input and explains its witness. Throws InvalidWitness when no parent state can be told. */
export async function readWitness(input: StatelessInput, deps: Omit<VerifyDeps, 'stateView'>): Promise<WitnessReading> {
  const { witness, newPayloadRequest } = input
  const { stateRoot } = readWitnessHeaders(witness.headers).parent
  const names = readAccessNames(newPayloadRequest.executionPayload)
  const use = await measureWitnessUse(input, deps)
  const map = mapWitness(witness, stateRoot, names)
  const hashed = (items: readonly Uint8Array[]) =>
    items.map((item) => {
      const hash = keccak256(item)
      return { hash, key: bytesToHex(hash), bytes: item.length }
    })
  const firstUsed = witness.headers.length - use.headers
  return {
    stateRoot,
    nodes: hashed(witness.state).map(({ key, ...item }) => ({
      ...item,
      used: use.nodes.has(key),
      place: map.nodes.get(key),
    })),
    codes: hashed(witness.codes).map(({ key, ...item }) => ({
      ...item,
      used: use.codes.has(key),
      accounts: map.codes.get(key) ?? [],
    })),
    headers: hashed(witness.headers).map(({ hash, bytes }, index) => ({ hash, bytes, used: index >= firstUsed })),
    ...(use.reason === undefined ? {} : { refusal: `${use.reason.code}: ${use.reason.message}` }),
  }
}

/** What one account takes of a witness; `bytes` are those of nodes, code comes beside them. */
export type AccountShare = { account: AccountName; nodes: number; bytes: number; slots: number; codeBytes: number }

export type WitnessStats = {
  bytes: { state: number; codes: number; headers: number; total: number }
  nodes: { total: number; account: number; storage: number; unreachable: number }
  /** nodes of the account trie above its leaves, which belong to no account alone */
  shared: { nodes: number; bytes: number }
  /** the largest first */
  byAccount: readonly AccountShare[]
  unused: { nodes: number; codes: number; headers: number; bytes: number }
}

/** Counts a witness. */
export function measureWitness({ witness }: StatelessInput, reading: WitnessReading): WitnessStats {
  const { nodes, codes, headers } = reading
  const countOf = (trie: MappedNode['trie'] | undefined): number =>
    nodes.filter(({ place }) => place?.trie === trie).length
  const unused = <Item extends { used: boolean }>(items: readonly Item[]): Item[] => items.filter(({ used }) => !used)
  return {
    bytes: {
      state: sizeOf(nodes),
      codes: sizeOf(codes),
      headers: sizeOf(headers),
      total: executionWitnessType.size(witness),
    },
    nodes: {
      total: nodes.length,
      account: countOf('account'),
      storage: countOf('storage'),
      unreachable: countOf(undefined),
    },
    ...shareOut(reading),
    unused: {
      nodes: unused(nodes).length,
      codes: unused(codes).length,
      headers: unused(headers).length,
      bytes: sizeOf([...unused(nodes), ...unused(codes), ...unused(headers)]),
    },
  }
}

/** Whose the nodes and codes are. Code that several accounts have counts for the first of them. */
function shareOut({ nodes, codes }: WitnessReading): Pick<WitnessStats, 'shared' | 'byAccount'> {
  const shared = { nodes: 0, bytes: 0 }
  const shares = new Map<Hex, AccountShare>()
  const shareOf = (account: AccountName): AccountShare => {
    const share = shares.get(account.hash) ?? { account, nodes: 0, bytes: 0, slots: 0, codeBytes: 0 }
    shares.set(account.hash, share)
    return share
  }
  for (const { bytes, place } of nodes) {
    if (place === undefined) continue
    const share = place.account === undefined ? undefined : shareOf(place.account)
    const counted = share ?? shared
    counted.nodes++
    counted.bytes += bytes
    if (share !== undefined) share.slots += place.slots.length
  }
  for (const { bytes, accounts } of codes) {
    const [first] = accounts
    if (first !== undefined) shareOf(first).codeBytes += bytes
  }
  const sizeOfShare = ({ bytes, codeBytes }: AccountShare): number => bytes + codeBytes
  return { shared, byAccount: [...shares.values()].sort((a, b) => sizeOfShare(b) - sizeOfShare(a)) }
}

function sizeOf(items: readonly { bytes: number }[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0)
}
