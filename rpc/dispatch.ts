import type { Logger } from '../node/types.ts'
import { type Answer, batchAnswer, byteLength, preparedAnswer, resultAnswer } from './answer.ts'
import type { ControlGate } from './control.ts'
import { INTERNAL_ERROR, RpcError, toRpcError } from './errors.ts'
import { stringifyJson } from './json.ts'
import { isPreparedJson } from './preparedJson.ts'
import { errorText, idText, invalidRequest, limitText, noSuchMethod, type Request, readRequest } from './requests.ts'
import { createPauses } from './slices.ts'
import { createStop, type Stop } from './stop.ts'
import type { MethodTable, RpcConnection, RpcContext, RpcErrorObject, RpcMethod } from './types.ts'

export type DispatchOptions = {
  maxBatch: number
  /** one call; a batch as a whole */
  callTimeoutMs: number
  maxResponseBytes: number
}

/** `method` is "unknown" for a name that is not in the table; `errorCode` is the JSON-RPC number. */
export type FinishedCall = { method: string; ms: number; errorCode: number | undefined; bytes: number }

export type DispatchDeps = {
  methods: MethodTable
  /** asked before methods that change what the node does */
  control: ControlGate
  logger: Logger
  /** told of every finished call */
  onCall?: ((call: FinishedCall) => void) | undefined
}

/** Who is asking. `stop` tells that nobody waits for the answer any more; `authorization` is the header of that name. */
export type Caller = {
  readonly stop: Stop
  readonly connection?: RpcConnection
  readonly authorization?: string | undefined
}

export type Dispatch = {
  /** Answers one parsed JSON-RPC message; undefined when it held only notifications. Never rejects. */
  answer(message: unknown, caller: Caller): Promise<Answer | undefined>
  /** calls under way */
  inFlight(): number
  /** calls that begin from now on find these methods */
  replaceMethods(methods: MethodTable): void
}

type Outcome = { result: unknown } | { error: RpcErrorObject }

/** JSON-RPC 2.0 over the method table: single requests, batches in order, notifications, ids of every allowed kind. */
export function createDispatch(options: DispatchOptions, deps: DispatchDeps): Dispatch {
  const { logger, onCall, control } = deps
  let methods: ReadonlyMap<string, RpcMethod> = new Map(Object.entries(deps.methods))
  let lastRequest = 0
  let inFlight = 0

  async function answerOne(message: unknown, caller: Caller, timeoutMs: number | undefined) {
    const request = readRequest(message)
    if ('error' in request) return errorText(request.error, request.id)
    const requestId = `${++lastRequest}`
    const started = performance.now()
    inFlight++
    const outcome = await run(request, requestId, caller, timeoutMs)
    const answer = await answerOf(request, requestId, outcome)
    inFlight--
    finished(request, requestId, performance.now() - started, answer)
    return request.id === undefined ? undefined : answer.answer
  }

  async function run(request: Request, requestId: string, caller: Caller, timeoutMs: number | undefined) {
    const method = methods.get(request.method)
    if (!method) return { error: noSuchMethod(request.method, methods.keys()) }
    const { params } = request
    if (!params) return { error: { code: -32602, message: 'invalid params: expected an array of positional values' } }
    const stop = createStop(caller.stop)
    const context = new CallContext(requestId, stop, caller)
    try {
      if (stop.stopped) throw new RpcError('TIMEOUT', 'request timed out')
      if (method.doc?.isControl === true) control.require(request.method, caller.authorization)
      const result = method.call(params, context)
      return { result: isPromise(result) ? await withDeadline(result, stop, timeoutMs, context) : result }
    } catch (error) {
      return { error: describeError(error, request.method, requestId) }
    } finally {
      stop.release()
    }
  }

  /** A notification has no answer, but may have failed all the same. */
  async function answerOf({ id, method }: Request, requestId: string, outcome: Outcome) {
    if ('error' in outcome) return failed(outcome.error, id)
    if (id === undefined) return { answer: '', errorCode: undefined }
    try {
      return { answer: await answerWith(outcome.result, idText(id)), errorCode: undefined }
    } catch (error) {
      return failed(describeError(error, method, requestId), id)
    }
  }

  async function answerWith(result: unknown, id: string): Promise<Answer> {
    if (isPreparedJson(result)) {
      if (result.text.length > options.maxResponseBytes) throw tooLarge('response', options.maxResponseBytes)
      return preparedAnswer(id, result)
    }
    return resultAnswer(id, await stringifyJson(result, options.maxResponseBytes))
  }

  function describeError(error: unknown, method: string, requestId: string): RpcErrorObject {
    const expected = toRpcError(error)
    if (expected) return expected
    const stack = error instanceof Error ? error.stack : String(error)
    logger.error('request failed unexpectedly', { requestId, method, stack })
    return INTERNAL_ERROR
  }

  function finished({ method: name }: Request, requestId: string, ms: number, { answer, errorCode }: Answered): void {
    const method = methods.has(name) ? name : 'unknown'
    const bytes = byteLength(answer)
    onCall?.({ method, ms, errorCode, bytes })
    logger.debug('answered', { requestId, method, ms, errorCode, bytes })
  }

  async function answerBatch(messages: readonly unknown[], caller: Caller): Promise<Answer | undefined> {
    const answers: Answer[] = []
    let size = 0
    const pause = createPauses()
    for (const message of messages) {
      const answer =
        size > options.maxResponseBytes ? batchTooLarge(message) : await answerOne(message, caller, undefined)
      if (answer !== undefined) {
        answers.push(answer)
        size += byteLength(answer)
      }
      const turn = pause()
      if (turn) await turn
    }
    return answers.length === 0 ? undefined : batchAnswer(answers)
  }

  function batchTooLarge(message: unknown): string | undefined {
    const { id } = readRequest(message)
    if (id === undefined) return undefined
    return errorText(toRpcError(tooLarge('batch response', options.maxResponseBytes)) ?? INTERNAL_ERROR, id)
  }

  async function answer(message: unknown, caller: Caller): Promise<Answer | undefined> {
    if (!Array.isArray(message)) return answerOne(message, caller, options.callTimeoutMs)
    if (message.length === 0) return errorText(invalidRequest('empty batch'), null)
    if (message.length > options.maxBatch) {
      const found = `batch of ${message.length} requests is too large, at most ${options.maxBatch} are allowed`
      return limitText(found, options.maxBatch)
    }
    const stop = createStop(caller.stop)
    const timer = setTimeout(() => stop.stop(), options.callTimeoutMs)
    try {
      return await answerBatch(message, { ...caller, stop })
    } finally {
      clearTimeout(timer)
      stop.release()
    }
  }

  return {
    answer,
    inFlight: () => inFlight,
    replaceMethods(next) {
      methods = new Map(Object.entries(next))
    },
  }
}

type Answered = { answer: Answer; errorCode: number | undefined }

/** A notification counts its failure, and is not answered. */
function failed(error: RpcErrorObject, id: Request['id']): Answered {
  return { answer: id === undefined ? '' : errorText(error, id), errorCode: error.code }
}

/** One call's context. A class, because a getter on a prototype costs a call nothing until it is used. */
class CallContext implements RpcContext {
  readonly requestId: string
  declare readonly connection?: RpcConnection
  readonly #stop: Stop
  /** of a single call whose answer is not there at once */
  timer: NodeJS.Timeout | undefined

  constructor(requestId: string, stop: Stop, { connection }: Caller) {
    this.requestId = requestId
    this.#stop = stop
    if (connection !== undefined) this.connection = connection
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  restartTime(): void {
    if (!this.#stop.stopped) this.timer?.refresh()
  }
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'

/** The result, unless time runs out (a batch has its own clock: `ms` undefined) or the caller goes away before. */
function withDeadline(
  result: PromiseLike<unknown>,
  stop: Stop,
  ms: number | undefined,
  context: CallContext,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = ms === undefined ? undefined : setTimeout(() => stop.stop(), ms)
    context.timer = timer
    const unlisten = stop.onStop(() => {
      clearTimeout(timer)
      reject(new RpcError('TIMEOUT', ms === undefined ? 'request timed out' : `request timed out after ${ms} ms`))
    })
    const done = () => {
      clearTimeout(timer)
      unlisten()
    }
    result.then(
      (value) => {
        done()
        resolve(value)
      },
      (error: unknown) => {
        done()
        reject(error)
      },
    )
  })
}

function tooLarge(what: string, limit: number): RpcError {
  return new RpcError('RESPONSE_TOO_LARGE', `${what} is larger than ${limit} bytes`, { limit })
}
