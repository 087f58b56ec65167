import type { IncomingMessage } from 'node:http'
import type { ByteBudget } from './byteBudget.ts'
import { decodedBody } from './compression.ts'

/**
 * The whole body of a request, unpacked; at most `limit` bytes, before unpacking and after. What has arrived is taken
 * from the budget until `hold` is released.
 *
 * @throws BodyTooLarge, TooManyBodies, UnknownEncoding, BrokenEncoding, ConnectionLost
 */
export function readBody(request: IncomingMessage, limit: number, hold: Hold): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > limit) return reject(new BodyTooLarge(limit))
    const body = decodedBody(request)
    if (body === undefined) return reject(new UnknownEncoding())
    const packed = body !== request
    const chunks: Uint8Array[] = []
    let length = 0
    let refused = false
    body.on('data', (chunk: Uint8Array) => {
      if (refused) return
      length += chunk.length
      const isHeld = length <= limit && hold.more(chunk.length)
      if (isHeld) return void chunks.push(chunk)
      refused = true
      chunks.length = 0
      if (packed) body.destroy()
      reject(length > limit ? new BodyTooLarge(limit) : new TooManyBodies(hold.limit))
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

/** The bytes of one body, taken from the budget of all. */
export type Hold = {
  readonly limit: number
  /** false when they do not fit */
  more(bytes: number): boolean
  release(): void
}

export function createHold(budget: ByteBudget): Hold {
  let held = 0
  return {
    limit: budget.limit,
    more: (bytes) => {
      if (!budget.fits(bytes, held + bytes)) return false
      held += bytes
      budget.take(bytes)
      return true
    },
    release: () => {
      budget.take(-held)
      held = 0
    },
  }
}

export class BodyTooLarge extends Error {
  readonly limit: number
  constructor(limit: number) {
    super('body too large')
    this.limit = limit
  }
}

/** All bodies together are over their limit. */
export class TooManyBodies extends Error {
  readonly limit: number
  constructor(limit: number) {
    super('too many bodies')
    this.limit = limit
  }
}

export class UnknownEncoding extends Error {}

export class BrokenEncoding extends Error {}

/** The caller went away or was too slow: nobody is left to answer, and nothing of ours is wrong. */
export class ConnectionLost extends Error {}
