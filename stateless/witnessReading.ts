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

/** Counts a witness. Code that several accounts have counts for the first of them. */
export function measureWitness(input: StatelessInput, reading: WitnessReading): WitnessStats {
  const { nodes, codes, headers } = reading
  const shares = new Map<Hex, AccountShare>()
  const shareOf = (account: AccountName): AccountShare => {
    const share = shares.get(account.hash) ?? { account, nodes: 0, bytes: 0, slots: 0, codeBytes: 0 }
    shares.set(account.hash, share)
    return share
  }
  const shared = { nodes: 0, bytes: 0 }
  for (const { bytes, place } of nodes) {
    if (place === undefined) continue
    const share = place.account === undefined ? shared : shareOf(place.account)
    share.nodes++
    share.bytes += bytes
    if (place.account !== undefined) shareOf(place.account).slots += place.slots.length
  }
  for (const { bytes, accounts } of codes) {
    const [first] = accounts
    if (first !== undefined) shareOf(first).codeBytes += bytes
  }
  const countOf = (trie: MappedNode['trie']): number => nodes.filter(({ place }) => place?.trie === trie).length
  const unused = [nodes, codes, headers].map((items) => items.filter(({ used }) => !used))
  const [unusedNodes = [], unusedCodes = [], unusedHeaders = []] = unused
  return {
    bytes: {
      state: sizeOf(nodes),
      codes: sizeOf(codes),
      headers: sizeOf(headers),
      total: executionWitnessType.size(input.witness),
    },
    nodes: {
      total: nodes.length,
      account: countOf('account'),
      storage: countOf('storage'),
      unreachable: nodes.filter(({ place }) => place === undefined).length,
    },
    shared,
    byAccount: [...shares.values()].sort((a, b) => b.bytes + b.codeBytes - a.bytes - a.codeBytes),
    unused: {
      nodes: unusedNodes.length,
      codes: unusedCodes.length,
      headers: unusedHeaders.length,
      bytes: sizeOf(unused.flat()),
    },
  }
}

function sizeOf(items: readonly { bytes: number }[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0)
}
