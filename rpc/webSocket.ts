import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Logger } from '../node/types.ts'
import type { Answer } from './answer.ts'
import type { ByteBudget } from './byteBudget.ts'
import type { Dispatch } from './dispatch.ts'
import type { AccessRules } from './hosts.ts'
import { parseJson } from './json.ts'
import { failureText, limitText } from './requests.ts'
import { createStop } from './stop.ts'
import { createSubscriptions, type Subscriptions } from './subscriptions.ts'
import { createSender } from './webSocketSender.ts'

export type WebSocketOptions = {
  maxMessageBytes: number
  /** requests of one connection that are worked on at the same time; more wait in the socket */
  maxInFlight: number
  maxSubscriptions: number
  /** a reader that lets this much pile up is disconnected */
  maxBacklogBytes: number
  pingIntervalMs: number
}

export type WebSocketDeps = {
  dispatch: Dispatch
  access: AccessRules
  logger: Logger
  /** messages that wait or are worked on */
  bodies: ByteBudget
  /** answers and pushes that were not yet taken by their readers */
  unsent: ByteBudget
}

/** The WebSocket half of the port: takes over upgrades that its HTTP server hands to it. */
export type WebSocketFront = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Cuts the connection with the most unread bytes, if that is one that does not read. */
  cutSlowest(): void
  stats(): { connections: number; subscriptions: number; backlogBytes: number }
  /** of all connections, which stay open */
  endSubscriptions(): void
  /** Tells every peer that the server goes away; `terminate` cuts those that stay. */
  close(): void
  terminate(): void
}

/** Close code of RFC 6455 7.4.1. */
const GOING_AWAY = 1001
/** A backlog up to this is no sign of a slow reader. */
const SLOW_BACKLOG_BYTES = 262_144

export function createWebSocketFront(options: WebSocketOptions, deps: WebSocketDeps): WebSocketFront {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.maxMessageBytes, perMessageDeflate: false })
  const connections = new Map<WebSocket, Connection>()

  sockets.on('connection', (socket: WebSocket, { headers: { authorization } }: IncomingMessage) => {
    connections.set(socket, createConnection(socket, options, { ...deps, cutSlowest, authorization }))
    socket.on('close', () => connections.delete(socket))
  })
  function cutSlowest(): void {
    let slowest: Connection | undefined
    let most = SLOW_BACKLOG_BYTES
    for (const connection of connections.values()) {
      const backlogBytes = connection.backlogBytes()
      if (backlogBytes <= most) continue
      most = backlogBytes
      slowest = connection
    }
    slowest?.cut()
  }
  const ping = setInterval(() => {
    for (const connection of connections.values()) connection.check()
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
    stats: () => {
      const sum = { connections: connections.size, subscriptions: 0, backlogBytes: 0 }
      for (const { subscriptions, backlogBytes } of connections.values()) {
        sum.subscriptions += subscriptions.count()
        sum.backlogBytes += backlogBytes()
      }
      return sum
    },
    cutSlowest,
    endSubscriptions: () => {
      for (const { subscriptions } of connections.values()) subscriptions.stopAll()
    },
    close: () => {
      clearInterval(ping)
      for (const socket of connections.keys()) {
        socket.resume()
        socket.close(GOING_AWAY, 'the server is closing')
      }
      sockets.close()
    },
    terminate: () => {
      for (const socket of connections.keys()) socket.terminate()
    },
  }
}

/** Browsers do not apply CORS to WebSockets, so the server has to. */
function admitted(request: IncomingMessage, access: AccessRules): boolean {
  const { host, origin } = request.headers
  return access.hostAllowed(host) && (origin === undefined || access.allowOrigin(origin) !== undefined)
}

type Connection = {
  readonly subscriptions: Subscriptions
  /** ends the connection when its peer is gone or does not read; else asks for the next sign of life */
  check(): void
  /** that were sent and not taken */
  backlogBytes(): number
  /** ends it at once: what it has not read is let go */
  cut(): void
}
type ConnectionDeps = WebSocketDeps & { cutSlowest(): void; authorization: string | undefined }

function createConnection(socket: WebSocket, options: WebSocketOptions, deps: ConnectionDeps): Connection {
  const { authorization } = deps
  const stop = createStop()
  const sender = createSender(socket, options.maxBacklogBytes, { ...deps, onTooSlow: () => stopAll() })
  const subscriptions = createSubscriptions(options.maxSubscriptions, sender.send)
  /** arrived while as many were under way as may be; ws hands out what it has read even when it is paused */
  let queue: Uint8Array[] = []
  let inFlight = 0
  let alive = true
  const stopAll = () => {
    stop.stop()
    for (const { length } of queue) deps.bodies.take(-length)
    queue = []
    subscriptions.stopAll()
  }

  async function answer(bytes: Uint8Array): Promise<void> {
    const opened: string[] = []
    const connection = subscriptions.connection(opened)
    const text = await answerMessage(bytes, (message) =>
      deps.dispatch.answer(message, { stop, connection, authorization }),
    )
    if (text !== undefined) sender.send(text)
    subscriptions.release(opened)
    await sender.drained()
  }

  async function work(first: Uint8Array): Promise<void> {
    inFlight++
    for (let next: Uint8Array | undefined = first; next !== undefined && !stop.stopped; next = queue.shift()) {
      await answer(next)
      deps.bodies.take(-next.length)
    }
    inFlight--
    if (socket.isPaused) socket.resume()
  }

  /** Its id is not known: it has not been parsed. */
  function refuse(): void {
    const { limit } = deps.bodies
    sender.send(limitText(`too many bytes of requests are worked on, at most ${limit} are allowed; ask again`, limit))
  }

  socket.on('message', (message: Buffer | ArrayBuffer | Buffer[]) => {
    if (stop.stopped) return
    const bytes = toBytes(message)
    if (!deps.bodies.fits(bytes.length, bytes.length)) return refuse()
    deps.bodies.take(bytes.length)
    if (inFlight < options.maxInFlight) {
      void work(bytes)
    } else {
      queue.push(bytes)
      socket.pause()
    }
  })
  socket.on('pong', () => {
    alive = true
  })
  socket.on('close', stopAll)
  // Protocol violations and oversized frames: ws answers with the right close code by itself.
  socket.on('error', () => {})

  return {
    subscriptions,
    backlogBytes: sender.backlogBytes,
    cut() {
      const backlogBytes = sender.backlogBytes()
      deps.logger.warn('cut the slowest WebSocket: too many bytes are unread', {
        backlogBytes,
        limit: deps.unsent.limit,
      })
      stopAll()
      socket.terminate()
      sender.forget()
    },
    check() {
      // A paused socket is not read, so its pongs are not seen: then it counts whether the peer reads.
      const gone = socket.isPaused ? sender.stalled() : !alive
      if (gone) {
        deps.logger.debug('a WebSocket peer is gone', { backlogBytes: sender.backlogBytes() })
        return socket.terminate()
      }
      alive = false
      socket.ping()
    },
  }
}

async function answerMessage(
  bytes: Uint8Array,
  dispatch: (message: unknown) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
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
