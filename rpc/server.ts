import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from '../node/types.ts'
import { createDispatch, type DispatchDeps } from './dispatch.ts'
import { RpcServerError } from './errors.ts'
import { createAccessRules } from './hosts.ts'
import { createHttpHandler, type Health } from './http.ts'
import type { MethodTable } from './types.ts'
import { createWebSocketFront } from './webSocket.ts'

const MIB = 1024 * 1024

/** Bounds of the server. Everything that a stranger can make large or slow has one. */
export const DEFAULT_LIMITS = {
  /** HTTP body and WebSocket message; the largest legal transaction is 128 KiB, a batch of them much more */
  maxBodyBytes: 5 * MIB,
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
  maxConnections: 1_024,
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
  /** origins that browsers may call from; default `*` */
  cors?: readonly string[]
  /** Host names besides localhost and plain addresses; `*` allows all */
  allowedHosts?: readonly string[]
  limits?: Partial<RpcLimits>
  /** body of GET /health; default { ok: true } */
  health?: () => Health | Promise<Health>
  /** told of every finished call */
  onCall?: DispatchDeps['onCall']
}

export type RpcServer = {
  /** http://host:port of the listening socket; WebSocket is on the same port */
  readonly url: string
  readonly port: number
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
  const dispatch = createDispatch(limits, options)
  const health = options.health ?? (() => ({ ok: true }))
  const handle = createHttpHandler(limits, { dispatch, access, health, logger: options.logger })
  const webSockets = createWebSocketFront(
    {
      maxMessageBytes: limits.maxBodyBytes,
      maxInFlight: limits.maxInFlightPerSocket,
      maxSubscriptions: limits.maxSubscriptionsPerSocket,
      maxBacklogBytes: limits.maxBacklogBytesPerSocket,
      pingIntervalMs: limits.pingIntervalMs,
    },
    { dispatch, access },
  )
  const server = createServer(serverOptions(limits), (request, response) => void handle(request, response))
  server.maxConnections = limits.maxConnections
  server.on('upgrade', webSockets.upgrade)
  await listen(server, options.host, options.port)
  server.on('error', (error) => options.logger.error('rpc server error', { reason: error.message }))
  const port = (server.address() as AddressInfo).port
  return { url: `http://${urlHost(options.host)}:${port}`, port, close: () => close(server, webSockets.close) }
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
async function close(server: Server, closeWebSockets: () => void): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  closeWebSockets()
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), 500)
  await closed
  clearTimeout(cut)
}

/** An address that a client on this machine can use. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
