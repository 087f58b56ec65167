import { randomBytes } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type Dispatch, failureText } from './dispatch.ts'
import { RpcError } from './errors.ts'
import type { AccessRules } from './hosts.ts'
import { parseJson } from './json.ts'
import type { RpcConnection } from './types.ts'

export type WebSocketOptions = {
  maxMessageBytes: number
  /** requests of one connection that are worked on at the same time; more wait in the socket */
  maxInFlight: number
  maxSubscriptions: number
  /** a reader that lets this much pile up is disconnected */
  maxBacklogBytes: number
  pingIntervalMs: number
}

export type WebSocketDeps = { dispatch: Dispatch; access: AccessRules }

/** The WebSocket half of the port: takes over upgrades that its HTTP server hands to it. */
export type WebSocketFront = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  close(): void
}

export function createWebSocketFront(options: WebSocketOptions, deps: WebSocketDeps): WebSocketFront {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.maxMessageBytes, perMessageDeflate: false })
  const alive = new WeakSet<WebSocket>()

  sockets.on('connection', (socket: WebSocket) => {
    alive.add(socket)
    socket.on('pong', () => alive.add(socket))
    serveConnection(socket, options, deps.dispatch)
  })

  const ping = setInterval(() => {
    for (const socket of sockets.clients) {
      if (!alive.delete(socket)) socket.terminate()
      else socket.ping()
    }
  }, options.pingIntervalMs)
  ping.unref()

  return {
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy())
      if (!admitted(request, deps.access)) {
        socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
        return
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => sockets.emit('connection', webSocket, request))
    },
    close: () => {
      clearInterval(ping)
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
    },
  }
}

/** Browsers do not apply CORS to WebSockets, so the server has to. */
function admitted(request: IncomingMessage, access: AccessRules): boolean {
  const { host, origin } = request.headers
  return access.hostAllowed(host) && (origin === undefined || access.allowOrigin(origin) !== undefined)
}

function serveConnection(socket: WebSocket, options: WebSocketOptions, dispatch: Dispatch): void {
  const gone = new AbortController()
  // One listener per request in flight.
  setMaxListeners(0, gone.signal)
  const subscriptions = createSubscriptions(options.maxSubscriptions, (text) => send(socket, text, options))
  let inFlight = 0

  async function answer(bytes: Uint8Array): Promise<void> {
    inFlight++
    if (inFlight >= options.maxInFlight) socket.pause()
    const opened: string[] = []
    const text = await answerMessage(bytes, (message) =>
      dispatch(message, { signal: gone.signal, connection: subscriptions.connection(opened) }),
    )
    if (text !== undefined) send(socket, text, options)
    subscriptions.release(opened)
    inFlight--
    if (inFlight < options.maxInFlight && socket.isPaused) socket.resume()
  }

  socket.on('message', (message: Buffer | ArrayBuffer | Buffer[]) => void answer(toBytes(message)))
  socket.on('close', () => {
    gone.abort()
    subscriptions.stopAll()
  })
  // Protocol violations and oversized frames: ws answers with the right close code by itself.
  socket.on('error', () => {})
}

async function answerMessage(
  bytes: Uint8Array,
  dispatch: (message: unknown) => Promise<string | undefined>,
): Promise<string | undefined> {
  let message: unknown
  try {
    message = parseJson(bytes)
  } catch (error) {
    return failureText(error)
  }
  return dispatch(message)
}

function toBytes(message: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  if (Array.isArray(message)) return Buffer.concat(message)
  return message instanceof ArrayBuffer ? new Uint8Array(message) : message
}

function send(socket: WebSocket, text: string, options: WebSocketOptions): void {
  if (socket.readyState !== socket.OPEN) return
  socket.send(text)
  if (socket.bufferedAmount > options.maxBacklogBytes) socket.terminate()
}

type Subscription = { stop: () => void; held: string[] | undefined }

/** The subscriptions of one connection. Pushes are held back until the answer with the id is on its way. */
function createSubscriptions(limit: number, sendText: (text: string) => void) {
  const open = new Map<string, Subscription>()

  function subscribe(notification: string, start: Parameters<RpcConnection['subscribe']>[1]): string {
    if (open.size >= limit)
      throw new RpcError('LIMIT_EXCEEDED', `at most ${limit} subscriptions per connection`, { limit })
    const id = `0x${randomBytes(16).toString('hex')}`
    const subscription: Subscription = { stop: () => {}, held: [] }
    open.set(id, subscription)
    const push = (result: unknown) => {
      if (!open.has(id)) return
      const text = JSON.stringify({ jsonrpc: '2.0', method: notification, params: { subscription: id, result } })
      if (subscription.held) subscription.held.push(text)
      else sendText(text)
    }
    try {
      subscription.stop = start(push)
    } catch (error) {
      open.delete(id)
      throw error
    }
    return id
  }

  function unsubscribe(id: string): boolean {
    const subscription = open.get(id)
    open.delete(id)
    subscription?.stop()
    return subscription !== undefined
  }

  return {
    /** `opened` collects the ids that this request opens. */
    connection: (opened: string[]): RpcConnection => ({
      subscribe: (notification, start) => {
        const id = subscribe(notification, start)
        opened.push(id)
        return id
      },
      unsubscribe,
    }),
    release: (ids: readonly string[]): void => {
      for (const id of ids) {
        const subscription = open.get(id)
        const held = subscription?.held ?? []
        if (subscription) subscription.held = undefined
        for (const text of held) sendText(text)
      }
    },
    stopAll: (): void => {
      for (const id of [...open.keys()]) unsubscribe(id)
    },
  }
}
