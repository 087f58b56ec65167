import { bytesToHex } from '../../stateless/bytes.ts'
import { InvalidWitness } from '../../stateless/errors.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { encodeRlp, type RlpValue } from '../../stateless/rlp.ts'
import type { NodeSource } from '../../stateless/types.ts'

export const NO_SOURCE: NodeSource = { getNode: () => undefined, getCode: () => undefined }

export function sourceOf(
  nodes: ReadonlyMap<string, Uint8Array>,
  codes: ReadonlyMap<string, Uint8Array> = new Map(),
): NodeSource {
  return { getNode: (hash) => nodes.get(hash), getCode: (hash) => codes.get(hash) }
}

/** A source over hand-made nodes, each reachable by its hash. */
export function sourceOfNodes(nodes: readonly Uint8Array[]): NodeSource {
  return sourceOf(new Map(nodes.map((node) => [bytesToHex(keccak256(node)), node])))
}

/** Hex digits to a path. */
export function path(digits: string): Uint8Array {
  return Uint8Array.from(digits, (digit) => Number.parseInt(digit, 16))
}

/** HP form from hex digits, for nodes built by hand. */
export function compact(digits: string, leaf: boolean): Uint8Array {
  const flag = (leaf ? 2 : 0) + (digits.length % 2)
  const hex = `${flag}${digits.length % 2 === 0 ? '0' : ''}${digits}`
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

/** A branch from its children by index; others are empty. */
export function branchNode(
  children: Readonly<Record<number, RlpValue>>,
  value: RlpValue = new Uint8Array(0),
): RlpValue[] {
  return [...Array.from({ length: 16 }, (_, i) => children[i] ?? new Uint8Array(0)), value]
}

/** What a parent holds for `node`. */
export function refOf(node: RlpValue): RlpValue {
  const rlp = encodeRlp(node)
  return rlp.length < 32 ? node : keccak256(rlp)
}

/** Code of the InvalidWitness that `run` throws; any other outcome is reported as text. */
export function witnessError(run: () => unknown): { code: string; data: Readonly<Record<string, unknown>> } {
  try {
    run()
  } catch (error) {
    if (error instanceof InvalidWitness) return { code: error.code, data: error.data }
    return { code: `not an InvalidWitness: ${String(error)}`, data: {} }
  }
  return { code: 'nothing thrown', data: {} }
}
