import { connect, type Socket } from 'node:net'

/** Asks over one kept connection with as little work of its own as possible, so that servers are measured and not it. */
export type LeanClient = {
  /** one exchange; resolves with the length of the answer's body */
  exchange(request: Buffer): Promise<number>
  /** the same, with the body */
  read(request: Buffer): Promise<Buffer>
  close(): void
}

const HEAD_END = Buffer.from('\r\n\r\n')
/** A server that says nothing for so long hangs. */
const ANSWER_TIMEOUT_MS = 30_000
const SHOWN_BYTES = 400

/** Bytes of a POST with this JSON-RPC message; `headers` are further lines. */
export function postBytes(message: unknown, headers: readonly string[] = []): Buffer {
  const body = JSON.stringify(message)
  const lines = [
    'POST / HTTP/1.1',
    'host: 127.0.0.1',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

export async function createLeanClient(url: string): Promise<LeanClient> {
  let socket = await open(url)
  // Servers end connections on which nothing came for some seconds, as while others are measured.
  const living = async (): Promise<Socket> => {
    if (socket.destroyed || socket.readableEnded) socket = await open(url)
    return socket
  }
  return {
    exchange: async (request) => exchange(await living(), request, undefined),
    async read(request) {
      const chunks: Buffer[] = []
      await exchange(await living(), request, chunks)
      return Buffer.concat(chunks)
    },
    close: () => socket.destroy(),
  }
}

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.setNoDelay(true)
  socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy())
  await new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  // An end shows in `close`, which whoever waits for an answer hears.
  socket.on('error', () => {})
  return socket
}

/** Only answers with Content-Length and status 200; their body goes into `into`, or nowhere. */
function exchange(socket: Socket, request: Buffer, into: Buffer[] | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    let head: Buffer | undefined = Buffer.alloc(0)
    let missing = 0
    let length = 0
    const end = (error?: Error) => {
      socket.off('data', onData)
      socket.off('close', onClose)
      if (error) reject(error)
      else resolve(length)
    }
    const onClose = () => {
      end(new Error(`the connection ended without an answer to ${request.toString('latin1', 0, SHOWN_BYTES)}`))
    }
    const take = (chunk: Buffer) => {
      missing -= chunk.length
      into?.push(chunk)
      if (missing === 0) end()
    }
    const onData = (chunk: Buffer) => {
      if (head === undefined) return take(chunk)
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
      const at = head.indexOf(HEAD_END)
      if (at === -1) return
      const text = head.toString('latin1', 0, at)
      const rest = head.subarray(at + HEAD_END.length)
      head = undefined
      length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1])
      if (!text.startsWith('HTTP/1.1 200') || Number.isNaN(length)) return end(new Error(`unexpected answer: ${text}`))
      missing = length
      take(rest)
    }
    socket.on('data', onData)
    socket.once('close', onClose)
    socket.write(request)
  })
}
