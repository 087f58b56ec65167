import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../node/types.ts'
import type { Answer } from './answer.ts'
import type { ByteBudget } from './byteBudget.ts'
import type { Dispatch } from './dispatch.ts'
import { RpcError } from './errors.ts'
import type { AccessRules } from './hosts.ts'
import {
  BodyTooLarge,
  BrokenEncoding,
  ConnectionLost,
  createHold,
  readBody,
  TooManyBodies,
  UnknownEncoding,
} from './httpBody.ts'
import { createSending, sendJson } from './httpSend.ts'
import { createInFlight } from './inFlight.ts'
import { parseJson } from './json.ts'
import { failureText, limitText } from './requests.ts'

/** What GET of a path answers; a `status` other than 200 says that something is wrong. */
export type Page = { status: number; contentType: string; body: string }
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>

export type HttpOptions = {
  maxBodyBytes: number
  /** requests of one connection that are worked on at the same time */
  maxInFlightPerSocket: number
}
export type HttpDeps = {
  dispatch: Dispatch
  access: AccessRules
  pages: Pages
  logger: Logger
  /** bodies that are read or worked on */
  bodies: ByteBudget
  /** answers that were not yet taken by their readers */
  unsent: ByteBudget
  /** an answer does not fit into `unsent` */
  makeRoom(): void
}

export type HttpFront = {
  /** One HTTP exchange, from the first header to the last byte. Never rejects and never leaves a request unanswered. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** of answers that were not yet taken by their readers */
  unsentBytes(): number
}

export function createHttpFront(options: HttpOptions, deps: HttpDeps): HttpFront {
  const sending = createSending(deps.unsent, deps.makeRoom)
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
    const { stop, turn, leave } = inFlight.enter(request.socket)
    // Until then its body stays in the socket.
    if (turn) await turn
    const hold = createHold(deps.bodies)
    try {
      if (stop.stopped) throw new ConnectionLost()
      const body = await readBody(request, options.maxBodyBytes, hold)
      const answer = await answerBody(body, (message) =>
        deps.dispatch.answer(message, { stop, authorization: request.headers.authorization }),
      )
      if (answer === undefined) response.writeHead(204).end()
      else await sending.send(request, response, answer)
    } finally {
      hold.release()
      leave()
    }
  }

  function fail(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (error instanceof BodyTooLarge) {
      const text = `request body is larger than ${error.limit} bytes`
      refuseWith(request, response, 413, limitText(text, error.limit))
    } else if (error instanceof TooManyBodies) {
      const text = `too many bytes of requests are worked on, at most ${error.limit} are allowed; ask again`
      refuseWith(request, response, 503, limitText(text, error.limit))
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
