import { BaseError, HttpRequestError, TimeoutError, WebSocketRequestError } from 'viem'
import { MethodNotAvailableError } from './nodeErrors.ts'

/** The JSON-RPC code of an error, if it has one. */
export function rpcCodeOf(error: unknown): number | undefined {
  if (!(error instanceof BaseError)) return undefined
  const coded = error.walk((each) => typeof (each as { code?: unknown }).code === 'number') as { code?: number } | null
  return coded?.code
}

/** What the node itself said. */
export function rpcMessageOf(error: unknown): string {
  return error instanceof BaseError ? error.details : String(error)
}

/** -32601, -32004 and 4200 (EIP-1474, EIP-1193): no such method here */
const NO_METHOD = [-32601, -32004, 4200]

/** True when nobody answered, or the node does not know the method: another node might. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof MethodNotAvailableError) return true
  if (!(error instanceof BaseError)) return false
  if (NO_METHOD.includes(rpcCodeOf(error) ?? 0)) return true
  return (
    error.walk((each) =>
      [HttpRequestError, TimeoutError, WebSocketRequestError].some((kind) => each instanceof kind),
    ) !== null
  )
}
