import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { type Answer, byteLength, partsOf } from './answer.ts'
import type { ByteBudget } from './byteBudget.ts'
import { acceptsGzip, compressAnswer, isWorthCompressing } from './compression.ts'
import { limitText } from './requests.ts'

/**
 * Sends answers, and keeps account of what readers have not taken yet: slow ones must not fill the memory. `makeRoom`
 * may do something about others when an answer does not fit.
 */
export function createSending(unsent: ByteBudget, makeRoom: () => void) {
  let held = 0
  const fits = (bytes: number) => unsent.used() === 0 || unsent.fits(bytes, bytes)

  function hold(response: ServerResponse, bytes: number): void {
    held += bytes
    unsent.take(bytes)
    response.once('close', () => {
      held -= bytes
      unsent.take(-bytes)
    })
  }

  async function send(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
    const bytes = byteLength(answer)
    if (!fits(bytes)) makeRoom()
    if (!fits(bytes)) {
      const text = `too many bytes wait for slow readers, at most ${unsent.limit} are allowed; ask again`
      return sendJson(response, 503, limitText(text, unsent.limit))
    }
    if (!isWorthCompressing(bytes)) {
      return sendPlain(response, answer, bytes)
    }
    hold(response, bytes)
    response.appendHeader('vary', 'accept-encoding')
    if (!acceptsGzip(request.headers['accept-encoding'])) return sendPlain(response, answer, bytes)
    const packed = await compressAnswer(answer)
    response.setHeader('content-encoding', 'gzip')
    if ('pipe' in packed) return sendStream(response, packed)
    const length = packed.reduce((sum, piece) => sum + piece.length, 0)
    sendPlain(response, { parts: packed }, length)
  }

  return { send, unsentBytes: () => held }
}

function sendPlain(response: ServerResponse, answer: Answer, bytes: number): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes })
  if (typeof answer === 'string') return void response.end(answer)
  response.cork()
  for (const part of partsOf(answer)) response.write(part)
  response.uncork()
  response.end()
}

function sendStream(response: ServerResponse, stream: Readable): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.once('close', () => stream.destroy())
  stream.once('error', () => response.destroy())
  stream.pipe(response)
}

export function sendJson(response: ServerResponse, status: number, body: string): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes)
}
