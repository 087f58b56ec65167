import type { Logger } from '../node/types.ts'
import { INTERNAL_ERROR, RpcError, toRpcError } from './errors.ts'
import { stringifyJson } from './json.ts'
import { nearestName } from './nearestName.ts'
import { createPauses } from './slices.ts'
import type { MethodTable, RpcContext, RpcErrorObject } from './types.ts'

export type DispatchOptions = {
  maxBatch: number
  /** one call; a batch as a whole */
  callTimeoutMs: number
  maxResponseBytes: number
}

export type DispatchDeps = {
  methods: MethodTable
  logger: Logger
  /** told of every finished call; `errorCode` is the JSON-RPC number */
  onCall?: ((name: string, durationMs: number, errorCode: number | undefined) => void) | undefined
}

/** Who is asking: everything of RpcContext except what belongs to one request. */
export type Caller = Pick<RpcContext, 'signal' | 'connection'>

/** Answers one parsed JSON-RPC message; undefined when it held only notifications. Never rejects. */
export type Dispatch = (message: unknown, caller: Caller) => Promise<string | undefined>

type Outcome = { result: unknown } | { error: RpcErrorObject }
type Id = string | number | null
/** `id` undefined marks a notification, `params` undefined ones that are not positional. */
type Request = { method: string; params: readonly unknown[] | undefined; id: Id | undefined }

/**
 * JSON-RPC 2.0 over the method table: single requests, batches in order, notifications, ids of every allowed kind. A
 * handler may throw, reject or return: each request is answered exactly once.
 */
export function createDispatch(options: DispatchOptions, deps: DispatchDeps): Dispatch {
  const table = new Map(Object.entries(deps.methods))
  let lastRequest = 0

  async function answer(message: unknown, caller: Caller): Promise<string | undefined> {
    const request = readRequest(message)
    if ('error' in request) return responseText({ error: request.error }, request.id)
    const requestId = `${++lastRequest}`
    const started = performance.now()
    const outcome = await run(request, { ...caller, requestId })
    const code = 'error' in outcome ? outcome.error.code : undefined
    deps.onCall?.(table.has(request.method) ? request.method : 'unknown', performance.now() - started, code)
    if (request.id === undefined) return undefined
    try {
      return await responseText(outcome, request.id)
    } catch (error) {
      return responseText({ error: describeError(error, request.method, requestId) }, request.id)
    }
  }

  async function run(request: Request, context: RpcContext): Promise<Outcome> {
    const { method, params } = request
    const handler = table.get(method)
    if (!handler) return { error: noSuchMethod(method, [...table.keys()]) }
    if (!params) return { error: { code: -32602, message: 'invalid params: expected an array of positional values' } }
    const deadline = withDeadline(context.signal, options.callTimeoutMs)
    try {
      const call = handler.call(params, { ...context, signal: deadline.signal })
      return { result: await Promise.race([call, deadline.over]) }
    } catch (error) {
      return { error: describeError(error, method, context.requestId) }
    } finally {
      deadline.clear()
    }
  }

  function describeError(error: unknown, method: string, requestId: string): RpcErrorObject {
    const expected = toRpcError(error)
    if (expected) return expected
    const stack = error instanceof Error ? error.stack : String(error)
    deps.logger.error('request failed unexpectedly', { requestId, method, stack })
    return INTERNAL_ERROR
  }

  async function answerBatch(messages: readonly unknown[], caller: Caller): Promise<string | undefined> {
    const parts: string[] = []
    let size = 0
    const pause = createPauses()
    for (const message of messages) {
      const part = size > options.maxResponseBytes ? tooLarge(message) : await answer(message, caller)
      if (part !== undefined) parts.push(part)
      size += part?.length ?? 0
      await pause()
    }
    return parts.length === 0 ? undefined : `[${parts.join(',')}]`
  }

  function tooLarge(message: unknown): string | undefined {
    const request = readRequest(message)
    if (request.id === undefined) return undefined
    const text = `batch response is larger than ${options.maxResponseBytes} bytes`
    return errorText(toRpcError(new RpcError('RESPONSE_TOO_LARGE', text)) ?? INTERNAL_ERROR, request.id)
  }

  async function responseText(outcome: Outcome, id: Id): Promise<string> {
    if ('error' in outcome) return errorText(outcome.error, id)
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${await stringifyJson(outcome.result, options.maxResponseBytes)}}`
  }

  return async (message, caller) => {
    if (!Array.isArray(message)) return answer(message, caller)
    if (message.length === 0) return errorText(invalidRequest('empty batch'), null)
    if (message.length > options.maxBatch) {
      const text = `batch of ${message.length} requests is too large, at most ${options.maxBatch} are allowed`
      return errorText(toRpcError(new RpcError('LIMIT_EXCEEDED', text)) ?? INTERNAL_ERROR, null)
    }
    const deadline = withDeadline(caller.signal, options.callTimeoutMs)
    try {
      return await answerBatch(message, { ...caller, signal: deadline.signal })
    } finally {
      deadline.clear()
    }
  }
}

/** The answer to bytes that are not a JSON-RPC message at all. */
export function failureText(error: unknown): string {
  return errorText(toRpcError(error) ?? INTERNAL_ERROR, null)
}

/** `over` rejects when the time is up or the caller is gone; `signal` is aborted at the same moment. */
function withDeadline(parent: AbortSignal, ms: number) {
  const controller = new AbortController()
  let fail: (error: unknown) => void = () => {}
  const over = new Promise<never>((_, reject) => {
    fail = reject
  })
  over.catch(() => {})
  const stop = (reason: string) => {
    fail(new RpcError('TIMEOUT', reason))
    controller.abort()
  }
  const onParent = () => stop('request timed out')
  const timer = setTimeout(() => stop(`request timed out after ${ms} ms`), ms)
  parent.addEventListener('abort', onParent, { once: true })
  if (parent.aborted) onParent()
  const clear = () => {
    clearTimeout(timer)
    parent.removeEventListener('abort', onParent)
  }
  return { signal: controller.signal, over, clear }
}

/** A request, or why it is none. */
function readRequest(message: unknown): Request | { error: RpcErrorObject; id: Id } {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return { error: invalidRequest('expected an object'), id: null }
  }
  const { jsonrpc, method, params, id } = message as Record<string, unknown>
  if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number') {
    return { error: invalidRequest('id must be a string, a number or null'), id: null }
  }
  if (jsonrpc !== '2.0') return { error: invalidRequest('jsonrpc must be "2.0"'), id: id ?? null }
  if (typeof method !== 'string') return { error: invalidRequest('method must be a string'), id: id ?? null }
  if (params === undefined || params === null) return { method, params: [], id }
  return { method, params: Array.isArray(params) ? params : undefined, id }
}

function invalidRequest(reason: string): RpcErrorObject {
  return { code: -32600, message: `invalid request: ${reason}` }
}

function noSuchMethod(name: string, known: readonly string[]): RpcErrorObject {
  const shown = name.length > 80 ? `${name.slice(0, 77)}...` : name
  const nearest = nearestName(name, known)
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return { code: -32601, message: `the method ${shown} does not exist/is not available${hint}` }
}

function errorText(error: RpcErrorObject, id: Id): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error })
}
