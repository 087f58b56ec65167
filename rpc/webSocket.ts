import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Logger } from '../node/types.ts'
import { type Answer, answerBytes } from './answer.ts'
import type { Dispatch } from './dispatch.ts'
import type { AccessRules } from './hosts.ts'
import { parseJson } from './json.ts'
import { failureText } from './requests.ts'
import { createStop } from './stop.ts'
import { createSubscriptions, type Subscriptions } from './subscriptions.ts'

export type WebSocketOptions = {
  maxMessageBytes: number
  /** requests of one connection that are worked on at the same time; more wait in the socket */
  maxInFlight: number
  maxSubscriptions: number
  /** a reader that lets this much pile up is disconnected */
  maxBacklogBytes: number
  pingIntervalMs: number
}

export type WebSocketDeps = { dispatch: Dispatch; access: AccessRules; logger: Logger }

/** The WebSocket half of the port: takes over upgrades that its HTTP server hands to it. */
export type WebSocketFront = {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  stats(): { connections: number; subscriptions: number; backlogBytes: number }
  /** Tells every peer that the server goes away; `terminate` cuts those that stay. */
  close(): void
  terminate(): void
}

/** Close codes of RFC 6455 7.4.1. */
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008
/** A peer that has been told to go may read for this long what was sent before. */
const CLOSE_GRACE_MS = 2_000
/** With more unread bytes than this, no further request is read from the connection. */
const PAUSE_BACKLOG_BYTES = 1_048_576

export function createWebSocketFront(options: WebSocketOptions, deps: WebSocketDeps): WebSocketFront {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.maxMessageBytes, perMessageDeflate: false })
  const connections = new Map<WebSocket, Connection>()

  sockets.on('connection', (socket: WebSocket) => {
    connections.set(socket, createConnection(socket, options, deps))
    socket.on('close', () => connections.delete(socket))
  })
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
      for (const [socket, { subscriptions }] of connections) {
        sum.subscriptions += subscriptions.count()
        sum.backlogBytes += socket.bufferedAmount
      }
      return sum
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
}

function createConnection(socket: WebSocket, options: WebSocketOptions, deps: WebSocketDeps): Connection {
  const stop = createStop()
  const sender = createSender(socket, options.maxBacklogBytes, { logger: deps.logger, onTooSlow: () => stopAll() })
  const subscriptions = createSubscriptions(options.maxSubscriptions, sender.send)
  /** arrived while as many were under way as may be; ws hands out what it has read even when it is paused */
  let queue: Uint8Array[] = []
  let inFlight = 0
  let alive = true
  const stopAll = () => {
    stop.stop()
    queue = []
    subscriptions.stopAll()
  }

  async function answer(bytes: Uint8Array): Promise<void> {
    const opened: string[] = []
    const connection = subscriptions.connection(opened)
    const text = await answerMessage(bytes, (message) => deps.dispatch.answer(message, { stop, connection }))
    if (text !== undefined) sender.send(text)
    subscriptions.release(opened)
    await sender.drained()
  }

  async function work(first: Uint8Array): Promise<void> {
    inFlight++
    for (let next: Uint8Array | undefined = first; next !== undefined && !stop.stopped; next = queue.shift()) {
      await answer(next)
    }
    inFlight--
    if (socket.isPaused) socket.resume()
  }

  socket.on('message', (message: Buffer | ArrayBuffer | Buffer[]) => {
    if (stop.stopped) return
    if (inFlight < options.maxInFlight) {
      void work(toBytes(message))
    } else {
      queue.push(toBytes(message))
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
    check() {
      // A paused socket is not read, so its pongs are not seen: then it counts whether the peer reads.
      const gone = socket.isPaused ? sender.stalled() : !alive
      if (gone) {
        deps.logger.debug('a WebSocket peer is gone', { backlogBytes: socket.bufferedAmount })
        return socket.terminate()
      }
      alive = false
      socket.ping()
    },
  }
}

type SenderDeps = { logger: Logger; onTooSlow: () => void }

/** Sends, and ends the connection of a peer that lets too much pile up. */
function createSender(socket: WebSocket, maxBacklogBytes: number, { logger, onTooSlow }: SenderDeps) {
  let backlogAtCheck = 0
  let waiting: (() => void)[] = []
  const wake = () => {
    if (socket.readyState === socket.OPEN && socket.bufferedAmount > PAUSE_BACKLOG_BYTES) return
    const woken = waiting
    waiting = []
    for (const resolve of woken) resolve()
  }
  socket.on('close', wake)

  function send(answer: Answer): void {
    if (socket.readyState !== socket.OPEN) return
    const backlogBytes = socket.bufferedAmount
    if (backlogBytes > maxBacklogBytes) {
      logger.warn('closed a WebSocket whose peer does not read', { backlogBytes, limit: maxBacklogBytes })
      socket.close(POLICY_VIOLATION, `more than ${maxBacklogBytes} bytes are unread`)
      setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref()
      onTooSlow()
    } else if (typeof answer === 'string') socket.send(answer, wake)
    else socket.send(answerBytes(answer), { binary: false }, wake)
  }

  return {
    send,
    /** the peer has taken most of what was sent */
    drained(): Promise<void> | undefined {
      if (socket.readyState !== socket.OPEN || socket.bufferedAmount <= PAUSE_BACKLOG_BYTES) return undefined
      return new Promise((resolve) => waiting.push(resolve))
    },
    /** is there a backlog, and has none of it been taken since the last time this was asked? */
    stalled(): boolean {
      const before = backlogAtCheck
      backlogAtCheck = socket.bufferedAmount
      return backlogAtCheck > 0 && backlogAtCheck >= before && before > 0
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
