import { NodeError } from '../../stateless/errors.ts'
import { payloadToBlock } from '../../stateless/payload.ts'
import type { ExecutionPayload, NewPayloadRequest, StatelessInput } from '../../stateless/types.ts'

export type RequestChanges = {
  payload?: Partial<ExecutionPayload>
  request?: Partial<Omit<NewPayloadRequest, 'executionPayload'>>
}

/** The request with changes and the block hash that is then the true one. */
export function resealRequest(request: NewPayloadRequest, changes: RequestChanges): NewPayloadRequest {
  const executionPayload = { ...request.executionPayload, ...changes.payload }
  const changed = { ...request, ...changes.request, executionPayload }
  return { ...changed, executionPayload: { ...executionPayload, blockHash: trueHash(changed) } }
}

/** A forgery that only the changed claim can give away: its block hash is right. */
export function reseal(input: StatelessInput, changes: RequestChanges): StatelessInput {
  return { ...input, newPayloadRequest: resealRequest(input.newPayloadRequest, changes) }
}

function trueHash(request: NewPayloadRequest): Uint8Array {
  try {
    return payloadToBlock(request).hash
  } catch (error) {
    if (error instanceof NodeError && error.data.computed instanceof Uint8Array) return error.data.computed
    // An empty transaction has no block; any hash will do.
    return request.executionPayload.blockHash
  }
}
