import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from '../node/types.ts'
import { createByteBudget } from './byteBudget.ts'
import { type ControlPolicy, createControlGate } from './control.ts'
import { createDispatch, type FinishedCall } from './dispatch.ts'
import { RpcServerError } from './errors.ts'
import { createAccessRules } from './hosts.ts'
import { createHttpFront, type Page, type Pages } from './http.ts'
import type { MethodTable } from './types.ts'
import { createWebSocketFront, type WebSocketFront } from './webSocket.ts'

const MIB = 1024 * 1024

/** Bounds of the server. Everything that a stranger can make large or slow has one. */
export const DEFAULT_LIMITS = {
  /** HTTP body and WebSocket message; the largest legal transaction is 128 KiB, a batch of them much more */
  maxBodyBytes: 5 * MIB,
  /** bodies and messages that are read, wait or are worked on, all connections together */
  maxRequestBytes: 256 * MIB,
  maxBatch: 1_000,
  maxResponseBytes: 64 * MIB,
  /** one call, or one batch as a whole */
  callTimeoutMs: 30_000,
  /** until all headers have arrived */
  headersTimeoutMs: 10_000,
  /** until the whole body has arrived */
  requestTimeoutMs: 30_000,
  /** idle connections stay open this long: longer than clients' pools keep them */
  keepAliveTimeoutMs: 65_000,
  /** a connection on which nothing moves is cut, also one that does not read its answer */
  idleTimeoutMs: 90_000,
  maxConnections: 1_024,
  /** answers that their readers have not taken yet, all connections together */
  maxUnsentBytes: 512 * MIB,
  maxInFlightPerSocket: 64,
  maxSubscriptionsPerSocket: 256,
  maxBacklogBytesPerSocket: 32 * MIB,
  pingIntervalMs: 30_000,
} as const

export type RpcLimits = { readonly [Name in keyof typeof DEFAULT_LIMITS]: number }

export type RpcServerOptions = {
  host: string
  /** 0: any free port */
  port: number
  methods: MethodTable
  logger: Logger
  /** who may call methods that change what the node does; default: nobody */
  control?: ControlPolicy
  /** origins that browsers may call from; default `*` */
  cors?: readonly string[]
  /** Host names besides localhost and plain addresses; `*` allows all */
  allowedHosts?: readonly string[]
  limits?: Partial<RpcLimits>
  /** facts of GET /health; default { ok: true } */
  health?: () => Health | Promise<Health>
  /** facts of GET /ready; default: always ready */
  ready?: () => Health | Promise<Health>
  /** GET /metrics; default: there is no such page */
  metrics?: () => Promise<Omit<Page, 'status'>>
  /** told of every finished call */
  onCall?: (call: FinishedCall) => void
}

/** Anything JSON-safe; `ok` false answers 503. */
export type Health = { ok: boolean; [fact: string]: unknown }

/** What the server is doing now. Bytes are those that readers have not taken yet. */
export type RpcServerStats = {
  callsInFlight: number
  connections: number
  unsentBytes: number
  /** of requests that are read, wait or are worked on */
  requestBytes: number
  webSockets: { connections: number; subscriptions: number; backlogBytes: number }
}

export type RpcServer = {
  /** http://host:port of the listening socket; WebSocket is on the same port */
  readonly url: string
  readonly port: number
  stats(): RpcServerStats
  /** Serves other methods from now on, on the same connections; all subscriptions end. */
  replaceMethods(methods: MethodTable): void
  close(): Promise<void>
}

/**
 * JSON-RPC over HTTP and WebSocket on one port. Resolves when it listens.
 *
 * @throws RpcServerError PORT_TAKEN when another process has the port, CANNOT_LISTEN for any other reason
 */
export async function createRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const limits: RpcLimits = { ...DEFAULT_LIMITS, ...options.limits }
  const access = createAccessRules(options.allowedHosts ?? [], options.cors ?? ['*'])
  const { logger } = options
  const control = createControlGate(options.control ?? { off: 'control methods are off on this server' })
  const dispatch = createDispatch(limits, { ...options, control })
  const shared = {
    dispatch,
    access,
    logger,
    bodies: createByteBudget(limits.maxRequestBytes),
    unsent: createByteBudget(limits.maxUnsentBytes),
  }
  const webSockets = createWebSocketFront(webSocketOptions(limits), shared)
  const makeRoom = webSockets.cutSlowest
  const http = createHttpFront(limits, { ...shared, pages: pagesOf(options), makeRoom })
  const server = createServer(serverOptions(limits), (request, response) => void http.handle(request, response))
  server.maxConnections = limits.maxConnections
  server.timeout = limits.idleTimeoutMs
  server.on('upgrade', webSockets.upgrade)
  const connections = countConnections(server, logger)
  await listen(server, options.host, options.port)
  server.on('error', (error) => logger.error('rpc server error', { reason: error.message }))
  const port = (server.address() as AddressInfo).port
  return {
    url: `http://${urlHost(options.host)}:${port}`,
    port,
    stats: () => ({
      callsInFlight: dispatch.inFlight(),
      connections: connections(),
      unsentBytes: http.unsentBytes(),
      requestBytes: shared.bodies.used(),
      webSockets: webSockets.stats(),
    }),
    replaceMethods(methods) {
      dispatch.replaceMethods(methods)
      webSockets.endSubscriptions()
    },
    close: () => close(server, webSockets),
  }
}

function pagesOf({ health, ready, metrics }: RpcServerOptions): Pages {
  const facts = (ask: (() => Health | Promise<Health>) | undefined) => async (): Promise<Page> => {
    const state = await (ask?.() ?? { ok: true })
    return { status: state.ok ? 200 : 503, contentType: 'application/json', body: JSON.stringify(state) }
  }
  return {
    '/health': facts(health),
    '/ready': facts(ready),
    ...(metrics ? { '/metrics': async () => ({ status: 200, ...(await metrics()) }) } : {}),
  }
}

function webSocketOptions(limits: RpcLimits) {
  return {
    maxMessageBytes: limits.maxBodyBytes,
    maxInFlight: limits.maxInFlightPerSocket,
    maxSubscriptions: limits.maxSubscriptionsPerSocket,
    maxBacklogBytes: limits.maxBacklogBytesPerSocket,
    pingIntervalMs: limits.pingIntervalMs,
  }
}

/** Counts open connections of both kinds; those over the limit are dropped by the server, and logged here. */
function countConnections(server: Server, logger: Logger): () => number {
  let count = 0
  server.on('connection', (socket) => {
    count++
    socket.once('close', () => count--)
  })
  server.on('drop', () => logger.debug('a connection over the limit was dropped', { limit: server.maxConnections }))
  return () => count
}

function serverOptions(limits: RpcLimits) {
  return {
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    // How often the two timeouts above are looked at.
    connectionsCheckingInterval: Math.min(1_000, limits.requestTimeoutMs),
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      const data = { host, port, reason: error.code }
      const failure =
        error.code === 'EADDRINUSE'
          ? new RpcServerError('PORT_TAKEN', `port ${port} on ${host} is already in use`, data, error)
          : new RpcServerError('CANNOT_LISTEN', `cannot listen on ${host}:${port}: ${error.code}`, data, error)
      reject(failure)
    }
    server.once('error', onError)
    server.listen(port, host, () => {
      server.removeListener('error', onError)
      resolve()
    })
  })
}

/** Answers under way may finish for a moment; then every connection is cut. */
async function close(server: Server, webSockets: WebSocketFront): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  webSockets.close()
  server.closeIdleConnections()
  const cut = setTimeout(() => {
    webSockets.terminate()
    server.closeAllConnections()
  }, 500)
  await closed
  clearTimeout(cut)
}

/** An address that a client on this machine can use. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
