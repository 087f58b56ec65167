import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from '../node/types.ts'
import type { Answer } from './answer.ts'
import type { Dispatch } from './dispatch.ts'
import { RpcError } from './errors.ts'
import type { AccessRules } from './hosts.ts'
import { BodyTooLarge, BrokenEncoding, ConnectionLost, readBody, UnknownEncoding } from './httpBody.ts'
import { createSending, sendJson } from './httpSend.ts'
import { parseJson } from './json.ts'
import { failureText, limitText } from './requests.ts'
import { createStop, type Stop } from './stop.ts'

/** What GET of a path answers; a `status` other than 200 says that something is wrong. */
export type Page = { status: number; contentType: string; body: string }
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>

export type HttpOptions = {
  maxBodyBytes: number
  /** answers that were not yet taken by their readers, all connections together */
  maxUnsentBytes: number
  /** requests of one connection that are worked on at the same time */
  maxInFlightPerSocket: number
}
export type HttpDeps = { dispatch: Dispatch; access: AccessRules; pages: Pages; logger: Logger }

export type HttpFront = {
  /** One HTTP exchange, from the first header to the last byte. Never rejects and never leaves a request unanswered. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** of answers that were not yet taken by their readers */
  unsentBytes(): number
}

export function createHttpFront(options: HttpOptions, deps: HttpDeps): HttpFront {
  const sending = createSending(options.maxUnsentBytes)
  const inFlight = createInFlight(options.maxInFlightPerSocket)

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (!admit(request, response, deps.access)) return
      const url = request.url ?? '/'
      const path = url.split('?', 1)[0] ?? '/'
      if (request.method === 'OPTIONS') return preflight(request, response)
      const page = Object.hasOwn(deps.pages, path) ? deps.pages[path] : undefined
      if (page) return await answerPage(request, response, page)
      if (path !== '/') {
        return refuse(request, response, 404, `JSON-RPC is at /, and there are ${Object.keys(deps.pages).join(', ')}`)
      }
      if (request.method === 'POST') return await answerCall(request, response)
      // Load balancers ask like this whether anybody is there (geth answers them so).
      if (isGet(request) && url === '/') response.writeHead(200, { 'content-length': 0 }).end()
      else
        refuse(request, response, 405, 'JSON-RPC takes POST; WebSocket is on the same port', { allow: 'POST, OPTIONS' })
    } catch (error) {
      fail(request, response, error)
    }
  }

  async function answerCall(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, options.maxBodyBytes)
    const { stop, turn, leave } = inFlight.enter(request.socket)
    if (turn) await turn
    try {
      if (stop.stopped) throw new ConnectionLost()
      const answer = await answerBody(body, (message) => deps.dispatch.answer(message, { stop }))
      if (answer === undefined) response.writeHead(204).end()
      else await sending.send(request, response, answer)
    } finally {
      leave()
    }
  }

  function fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (error instanceof BodyTooLarge) {
      const text = `request body is larger than ${error.limit} bytes`
      refuseWith(request, response, 413, limitText(text, error.limit))
    } else if (error instanceof UnknownEncoding) {
      refuse(request, response, 415, 'Content-Encoding may be gzip, deflate or identity')
    } else if (error instanceof BrokenEncoding) {
      const text = 'parse error: the body is not what its Content-Encoding says'
      refuseWith(request, response, 400, failureText(new RpcError('PARSE_ERROR', text)))
    } else {
      if (!(error instanceof ConnectionLost)) deps.logger.error('http exchange failed unexpectedly', { error })
      response.destroy()
    }
  }

  return { handle, unsentBytes: sending.unsentBytes }
}

function admit(request: IncomingMessage, response: ServerResponse, access: AccessRules): boolean {
  if (!access.hostAllowed(request.headers.host)) {
    const reason = 'host not allowed: use localhost or an address, or allow this host name in the settings'
    refuse(request, response, 403, reason)
    return false
  }
  const { origin } = request.headers
  if (origin === undefined) return true
  const allowed = access.allowOrigin(origin)
  if (allowed === undefined) {
    refuse(request, response, 403, 'origin not allowed')
    return false
  }
  response.setHeader('access-control-allow-origin', allowed)
  if (allowed !== '*') response.setHeader('vary', 'origin')
  return true
}

function preflight(request: IncomingMessage, response: ServerResponse): void {
  const wanted = request.headers['access-control-request-headers']
  response.setHeader('access-control-allow-methods', 'POST, GET, OPTIONS')
  response.setHeader('access-control-allow-headers', typeof wanted === 'string' ? wanted : 'content-type')
  response.setHeader('access-control-max-age', '600')
  // A page from the internet asks for this before it may talk to a local port.
  if (request.headers['access-control-request-private-network'] === 'true') {
    response.setHeader('access-control-allow-private-network', 'true')
  }
  response.writeHead(204).end()
}

const isGet = ({ method }: IncomingMessage): boolean => method === 'GET' || method === 'HEAD'

async function answerPage(
  request: IncomingMessage,
  response: ServerResponse,
  page: () => Page | Promise<Page>,
): Promise<void> {
  if (!isGet(request)) return refuse(request, response, 405, 'this path takes GET', { allow: 'GET, HEAD' })
  const { status, contentType, body } = await page()
  const bytes = Buffer.from(body)
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': bytes.length,
    'cache-control': 'no-store',
  })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

async function answerBody(
  body: Uint8Array,
  dispatch: (message: unknown) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  let message: unknown
  try {
    message = parseJson(body)
  } catch (error) {
    return failureText(error)
  }
  return dispatch(message)
}

/** Requests of one connection that wait for others of it, for each that may run. */
const WAITING_PER_RUNNING = 4

/**
 * Lets so many requests of one connection run at a time: others may be pipelined behind them. They share one Stop,
 * because only the connection tells that its caller is gone.
 */
function createInFlight(limit: number) {
  type Turns = { running: number; waiting: (() => void)[]; stop: Stop; leave(): void }
  const bySocket = new WeakMap<Socket, Turns>()

  function turnsOf(socket: Socket): Turns {
    const known = bySocket.get(socket)
    if (known) return known
    const leave = () => {
      const next = turns.waiting.shift()
      if (next) next()
      else turns.running--
      if (turns.waiting.length < limit && socket.isPaused()) socket.resume()
    }
    const turns: Turns = { running: 0, waiting: [], stop: createStop(), leave }
    socket.once('close', () => turns.stop.stop())
    bySocket.set(socket, turns)
    return turns
  }

  return {
    /** `turn`: resolves when the request may run; undefined: at once. `leave` is to be called when it has ended. */
    enter(socket: Socket): { stop: Stop; turn: Promise<void> | undefined; leave(): void } {
      const turns = turnsOf(socket)
      const { stop, leave, waiting } = turns
      if (turns.running < limit) {
        turns.running++
        return { stop, leave, turn: undefined }
      }
      // Only a socket that is read tells that its peer has gone.
      if (waiting.length >= limit * WAITING_PER_RUNNING) socket.pause()
      return { stop, leave, turn: new Promise((resolve) => waiting.push(resolve)) }
    },
  }
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  reason: string,
  headers: Record<string, string> = {},
): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  refuseWith(request, response, status, JSON.stringify({ error: reason }))
}

/** The rest of the request is not read, so the connection cannot be used again. */
function refuseWith(request: IncomingMessage, response: ServerResponse, status: number, body: string): void {
  response.setHeader('connection', 'close')
  sendJson(response, status, body)
  request.resume()
}
