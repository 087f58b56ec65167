import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { Logger } from '../../node/types.ts'
import { createRpcServer, type RpcServer, type RpcServerOptions } from '../../rpc/server.ts'

export type LogLine = { level: string; event: string; fields: Record<string, unknown> }

/** Keeps what is logged. */
export function recordingLogger(): Logger & { lines: LogLine[] } {
  const lines: LogLine[] = []
  const at = (level: string) => (event: string, fields?: Record<string, unknown>) => {
    lines.push({ level, event, fields: fields ?? {} })
  }
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), lines }
  const self: Logger & { lines: LogLine[] } = { ...logger, child: () => self }
  return self
}

export type TestServer = RpcServer & { logger: ReturnType<typeof recordingLogger> }

export async function startServer(options: Partial<RpcServerOptions> & Pick<RpcServerOptions, 'methods'>) {
  const logger = recordingLogger()
  const server = await createRpcServer({ host: '127.0.0.1', port: 0, logger, ...options })
  return { ...server, logger }
}

export type HttpAnswer = { status: number; headers: Record<string, string | string[] | undefined>; body: string }
export type HttpQuestion = {
  method?: string
  path?: string
  headers?: Record<string, string>
  body?: string | Uint8Array
}

/** One HTTP exchange with full control over headers. */
export async function http(server: RpcServer, question: HttpQuestion): Promise<HttpAnswer> {
  const answer = await rawHttp(server, question)
  return { ...answer, body: answer.body.toString() }
}

/** The same, with the body as it came. */
export function rawHttp(
  server: RpcServer,
  { method = 'POST', path = '/', headers = {}, body }: HttpQuestion,
): Promise<Omit<HttpAnswer, 'body'> & { body: Buffer }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port: server.port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      )
      response.on('error', reject)
    })
    call.on('error', reject)
    call.end(body)
  })
}

export type Answer = {
  jsonrpc?: string
  id?: unknown
  result?: unknown
  error?: { code: number; message: string; data?: unknown }
}

/** The JSON-RPC answer to any body. */
export async function post(server: RpcServer, body: unknown): Promise<Answer> {
  const { body: text } = await http(server, { body: typeof body === 'string' ? body : JSON.stringify(body) })
  return JSON.parse(text) as Answer
}

export function call(server: RpcServer, method: string, params: unknown = []): Promise<Answer> {
  return post(server, { jsonrpc: '2.0', id: 1, method, params })
}

/** The result of a call that must succeed. */
export async function result<Result = unknown>(
  server: RpcServer,
  method: string,
  params: unknown = [],
): Promise<Result> {
  const answer = await call(server, method, params)
  if (answer.error) throw new Error(`${method}: ${answer.error.code} ${answer.error.message}`)
  return answer.result as Result
}

/** Everything that a raw TCP connection gets back until the server closes it. */
export function rawExchange(server: RpcServer, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(server.port, '127.0.0.1', () => socket.write(text))
    let received = ''
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString()
    })
    socket.on('close', () => resolve(received))
    socket.on('error', reject)
  })
}

/** A WebSocket with its messages as an async queue. */
export async function openSocket(server: Pick<RpcServer, 'port'>, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}`, { headers })
  const messages: unknown[] = []
  const waiting: ((message: unknown) => void)[] = []
  socket.on('message', (data: Buffer) => {
    const message: unknown = JSON.parse(data.toString())
    const next = waiting.shift()
    if (next) next(message)
    else messages.push(message)
  })
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)))
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve())
    socket.on('error', reject)
  })
  return {
    socket,
    closed,
    send: (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: <Message = Answer>(): Promise<Message> => {
      const message = messages.shift()
      if (message !== undefined) return Promise.resolve(message as Message)
      return new Promise((resolve) => waiting.push(resolve as (message: unknown) => void))
    },
    close: () => socket.close(),
  }
}
