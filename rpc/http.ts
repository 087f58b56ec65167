import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '../node/types.ts'
import type { Dispatch } from './dispatch.ts'
import { failureText } from './dispatch.ts'
import { RpcError } from './errors.ts'
import type { AccessRules } from './hosts.ts'
import { parseJson } from './json.ts'

/** Anything JSON-safe; `ok` false answers 503. */
export type Health = { ok: boolean; [fact: string]: unknown }

export type HttpOptions = { maxBodyBytes: number }
export type HttpDeps = {
  dispatch: Dispatch
  access: AccessRules
  health: () => Health | Promise<Health>
  logger: Logger
}

/** One HTTP exchange, from the first header to the last byte. Never rejects and never leaves a request unanswered. */
export function createHttpHandler(options: HttpOptions, deps: HttpDeps) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      if (!admit(request, response, deps.access)) return
      const path = (request.url ?? '/').split('?', 1)[0]
      if (request.method === 'OPTIONS') return preflight(request, response)
      if (path === '/health') return await answerHealth(request, response, deps.health)
      if (path !== '/') return refuse(request, response, 404, 'JSON-RPC is at /, health at /health')
      if (request.method !== 'POST')
        return refuse(request, response, 405, 'JSON-RPC takes POST; WebSocket is on the same port')
      await answerCall(request, response, options, deps.dispatch)
    } catch (error) {
      if (!(error instanceof ConnectionLost)) {
        const stack = error instanceof Error ? error.stack : String(error)
        deps.logger.error('http exchange failed unexpectedly', { stack })
      }
      response.destroy()
    }
  }
}

function admit(request: IncomingMessage, response: ServerResponse, access: AccessRules): boolean {
  if (!access.hostAllowed(request.headers.host)) {
    refuse(
      request,
      response,
      403,
      'host not allowed: use localhost or an address, or allow this host name in the settings',
    )
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

async function answerHealth(
  request: IncomingMessage,
  response: ServerResponse,
  health: HttpDeps['health'],
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(request, response, 405, 'health takes GET')
  const state = await health()
  sendJson(response, state.ok ? 200 : 503, request.method === 'HEAD' ? '' : JSON.stringify(state))
}

async function answerCall(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpOptions,
  dispatch: Dispatch,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const body = await readBody(request, options.maxBodyBytes)
  if (body === undefined) {
    const error = new RpcError('LIMIT_EXCEEDED', `request body is larger than ${options.maxBodyBytes} bytes`)
    return refuseWith(request, response, 413, failureText(error))
  }
  const answer = await answerBody(body, (message) => dispatch(message, { signal: gone.signal }))
  if (answer === undefined) response.writeHead(204).end()
  else sendJson(response, 200, answer)
}

async function answerBody(
  body: Uint8Array,
  dispatch: (message: unknown) => Promise<string | undefined>,
): Promise<string | undefined> {
  let message: unknown
  try {
    message = parseJson(body)
  } catch (error) {
    return failureText(error)
  }
  return dispatch(message)
}

/** undefined when the body is longer than `limit`. @throws ConnectionLost */
async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return undefined
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let length = 0
    request.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length <= limit) chunks.push(chunk)
      else resolve(undefined)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', () => reject(new ConnectionLost('connection broke')))
    request.on('close', () => reject(new ConnectionLost('connection closed')))
  })
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, reason: string): void {
  refuseWith(request, response, status, JSON.stringify({ error: reason }))
}

/** The rest of the request is not read, so the connection cannot be used again. */
function refuseWith(request: IncomingMessage, response: ServerResponse, status: number, body: string): void {
  response.setHeader('connection', 'close')
  sendJson(response, status, body)
  request.resume()
}

function sendJson(response: ServerResponse, status: number, body: string): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes)
}

/** The caller went away or was too slow: nobody is left to answer, and nothing of ours is wrong. */
class ConnectionLost extends Error {}
