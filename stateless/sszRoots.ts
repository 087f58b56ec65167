import { consensusNewPayloadRequestType, newPayloadRequestType, publicInputType } from './sszSchema.ts'
import type { Hash32, NewPayloadRequest, StatelessResult } from './types.ts'

/** hash_tree_root by the rules of execution-specs: this is the root inside a StatelessResult. */
export function newPayloadRequestRoot(request: NewPayloadRequest): Hash32 {
  return newPayloadRequestType.root(request)
}

/**
 * hash_tree_root by the rules of consensus-specs Gloas and EIP-8025: NewPayloadRequest is a progressive container and
 * versioned_hashes a List[Bytes32, 4096]. Another value than `newPayloadRequestRoot` for the same request. Throws
 * RangeError for more versioned hashes than the list can hold.
 */
export function consensusNewPayloadRequestRoot(request: NewPayloadRequest): Hash32 {
  return consensusNewPayloadRequestType.root(request)
}

/**
 * Root of EIP-8025's PublicInput. `result.newPayloadRequestRoot` must be the root by consensus-specs rules for the value
 * that a contract in the style of l2beat's compares with.
 */
export function publicInputRoot(result: StatelessResult): Hash32 {
  return publicInputType.root({ ...result, schemaId: BigInt(result.schemaId) })
}
