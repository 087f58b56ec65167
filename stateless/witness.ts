import { bytesToHex } from './bytes.ts'
import { InvalidWitness } from './errors.ts'
import { keccak256 } from './keccak.ts'
import { createStateView } from './stateView.ts'
import type { ExecutionWitness, Hash32, NodeSource, StateView } from './types.ts'

/** Bytes that one more item adds to an SSZ list of byte strings besides its own: its offset. */
const SSZ_OFFSET_BYTES = 4

/**
 * Nodes and codes of a witness by their hash, each hashed once here. Items that nothing refers to do no harm; what is
 * not in it is missing.
 */
export function createWitnessSource(witness: Pick<ExecutionWitness, 'state' | 'codes'>): NodeSource {
  const nodes = byHash(witness.state)
  const codes = byHash(witness.codes)
  return { getNode: (hash) => nodes.get(hash), getCode: (hash) => codes.get(hash) }
}

/** The same with pauses for other work: very many small items take long to hash. */
export async function createWitnessSourceInTurns(
  witness: Pick<ExecutionWitness, 'state' | 'codes'>,
  pause: () => Promise<void> | undefined,
): Promise<NodeSource> {
  const hashAll = async (items: readonly Uint8Array[]): Promise<Map<string, Uint8Array>> => {
    const map = new Map<string, Uint8Array>()
    for (const item of items) {
      map.set(bytesToHex(keccak256(item)), item)
      const turn = pause()
      if (turn) await turn
    }
    return map
  }
  const nodes = await hashAll(witness.state)
  const codes = await hashAll(witness.codes)
  return { getNode: (hash) => nodes.get(hash), getCode: (hash) => codes.get(hash) }
}

function byHash(items: readonly Uint8Array[]): Map<string, Uint8Array> {
  const map = new Map<string, Uint8Array>()
  for (const item of items) map.set(bytesToHex(keccak256(item)), item)
  return map
}

/** The state that a witness proves under `root`, which the caller takes from the parent header. */
export function createWitnessView(witness: Pick<ExecutionWitness, 'state' | 'codes'>, root: Hash32): StateView {
  return createStateView(createWitnessSource(witness), root)
}

/** A source that remembers what was taken from it. */
export type Recorder = NodeSource & {
  /** Bytes that what was recorded so far takes in an SSZ witness: each item and its 4-byte offset. */
  size(): number
  /** EIP-8025 order: `state` and `codes` sorted by bytes, no duplicates. `headers` as `ancestorHeaders` returns them. */
  witness(headers: readonly Uint8Array[]): ExecutionWitness
}

/**
 * Records every node and code that a fresh StateView over it fetches, its commit included: exactly what the same run
 * over `createWitnessView` will need, siblings of collapsing branches too.
 *
 * Views remember, so one recorder serves one view and one run. A builder that refused transactions has read more than
 * its block needs: for the final witness run the sealed block once more over a fresh recorder.
 */
export function createRecorder(source: NodeSource): Recorder {
  const nodes = new Map<string, Uint8Array>()
  const codes = new Map<string, Uint8Array>()
  let size = 0
  const record = (into: Map<string, Uint8Array>, hash: string, item: Uint8Array): void => {
    if (into.has(hash)) return
    into.set(hash, item)
    size += item.length + SSZ_OFFSET_BYTES
  }
  return {
    getNode: (hash) => {
      const node = source.getNode(hash)
      if (node !== undefined && node.length >= 32) record(nodes, hash, node)
      return node
    },
    getCode: (hash) => {
      const code = source.getCode(hash)
      if (code !== undefined && code.length > 0) record(codes, hash, code)
      return code
    },
    size: () => size,
    witness: (headers) => ({ state: sorted(nodes), codes: sorted(codes), headers }),
  }
}

function sorted(items: ReadonlyMap<string, Uint8Array>): Uint8Array[] {
  return [...items.values()].sort((a, b) => Buffer.compare(a, b))
}

export type AncestorHeadersRequest = {
  /** number and header RLP of the block's parent */
  parent: { number: bigint; rlp: Uint8Array }
  /** lowest block number that BLOCKHASH asked for inside its window; absent when it asked for none */
  oldestNumberRead?: bigint
  /** RLP of the ancestor header with this number */
  headerByNumber(number: bigint): Uint8Array | undefined
}

/**
 * Headers of a witness: from the oldest one that BLOCKHASH reached up to the parent, ascending, parent last; at most 256.
 * @throws InvalidWitness MISSING_ANCESTOR
 */
export function ancestorHeaders(request: AncestorHeadersRequest): Uint8Array[] {
  const { parent, headerByNumber } = request
  const oldest = request.oldestNumberRead ?? parent.number
  if (oldest > parent.number || parent.number - oldest > 255n) throw new Error('ancestor outside the BLOCKHASH window')
  const headers: Uint8Array[] = []
  for (let number = oldest; number < parent.number; number++) {
    const rlp = headerByNumber(number)
    if (rlp === undefined) throw new InvalidWitness('MISSING_ANCESTOR', `no header ${number}`, { number })
    headers.push(rlp)
  }
  headers.push(parent.rlp)
  return headers
}

/** A BLOCKHASH source that remembers the lowest number it answered. */
export type AncestorRecorder = { blockHash(number: bigint): Hash32 | undefined; oldestNumberRead(): bigint | undefined }

export function createAncestorRecorder(blockHash: (number: bigint) => Hash32 | undefined): AncestorRecorder {
  let oldest: bigint | undefined
  return {
    blockHash: (number) => {
      const hash = blockHash(number)
      if (hash !== undefined && (oldest === undefined || number < oldest)) oldest = number
      return hash
    },
    oldestNumberRead: () => oldest,
  }
}
