import { INTERNAL_ERROR, RpcError, toRpcError } from './errors.ts'
import { nearestName } from './nearestName.ts'
import type { RpcErrorObject } from './types.ts'

/** `id` undefined marks a notification, `params` undefined ones that are not positional. */
export type Request = { method: string; params: readonly unknown[] | undefined; id: Id | undefined }
/** a bigint where a number would lose digits */
export type Id = string | number | bigint | null

const NO_PARAMS: readonly unknown[] = []
const SHOWN_NAME_LENGTH = 80

/** A JSON-RPC 2.0 request, or why it is none; then with its id if that much could be read. */
export function readRequest(message: unknown): Request | { error: RpcErrorObject; id: Id } {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return { error: invalidRequest('expected an object'), id: null }
  }
  const { jsonrpc, method, params, id } = message as Record<string, unknown>
  if (!isId(id) && id !== undefined) {
    return { error: invalidRequest('id must be a string, a number or null'), id: null }
  }
  if (jsonrpc !== '2.0') return { error: invalidRequest('jsonrpc must be "2.0"'), id: id ?? null }
  if (typeof method !== 'string') return { error: invalidRequest('method must be a string'), id: id ?? null }
  if (params === undefined || params === null) return { method, params: NO_PARAMS, id }
  return { method, params: Array.isArray(params) ? params : undefined, id }
}

function isId(id: unknown): id is Id {
  return id === null || typeof id === 'string' || typeof id === 'number' || typeof id === 'bigint'
}

export function invalidRequest(reason: string): RpcErrorObject {
  return { code: -32600, message: `invalid request: ${reason}` }
}

/** -32601 with the nearest name that exists. */
export function noSuchMethod(name: string, known: Iterable<string>): RpcErrorObject {
  const shown = name.length > SHOWN_NAME_LENGTH ? `${name.slice(0, SHOWN_NAME_LENGTH - 3)}...` : name
  const nearest = nearestName(name, [...known])
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return { code: -32601, message: `the method ${shown} does not exist/is not available${hint}` }
}

/** JSON of the id. */
export const idText = (id: Id): string => (typeof id === 'bigint' ? `${id}` : JSON.stringify(id))

export function errorText(error: RpcErrorObject, id: Id): string {
  return `{"jsonrpc":"2.0","id":${idText(id)},"error":${JSON.stringify(error)}}`
}

/** The answer to bytes that are not a JSON-RPC message at all. */
export function failureText(error: unknown): string {
  return errorText(toRpcError(error) ?? INTERNAL_ERROR, null)
}

/** The answer to what is over a limit; the error's data has the limit. */
export function limitText(what: string, limit: number, id: Id = null): string {
  return errorText(toRpcError(new RpcError('LIMIT_EXCEEDED', what, { limit })) ?? INTERNAL_ERROR, id)
}
