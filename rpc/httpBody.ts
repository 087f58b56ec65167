import type { IncomingMessage } from 'node:http'
import { decodedBody } from './compression.ts'

/**
 * The whole body of a request, unpacked; at most `limit` bytes, before unpacking and after.
 *
 * @throws BodyTooLarge, UnknownEncoding, BrokenEncoding, ConnectionLost
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > limit) return reject(new BodyTooLarge(limit))
    const body = decodedBody(request)
    if (body === undefined) return reject(new UnknownEncoding())
    const packed = body !== request
    const chunks: Uint8Array[] = []
    let length = 0
    body.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length <= limit) return void chunks.push(chunk)
      if (packed) body.destroy()
      reject(new BodyTooLarge(limit))
    })
    body.on('end', () => {
      const [only] = chunks
      resolve(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks))
    })
    if (packed) {
      body.on('error', () => reject(new BrokenEncoding()))
      body.on('close', () => reject(new ConnectionLost()))
    }
    request.on('error', () => reject(new ConnectionLost()))
    request.on('close', () => {
      if (!request.complete) reject(new ConnectionLost())
    })
  })
}

export class BodyTooLarge extends Error {
  readonly limit: number
  constructor(limit: number) {
    super('body too large')
    this.limit = limit
  }
}

export class UnknownEncoding extends Error {}

export class BrokenEncoding extends Error {}

/** The caller went away or was too slow: nobody is left to answer, and nothing of ours is wrong. */
export class ConnectionLost extends Error {}
