import type { IncomingMessage } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { constants, createGunzip, createGzip, createInflate, gzip } from 'node:zlib'
import { type Answer, answerBytes, byteLength, type LongAnswer, partsOf } from './answer.ts'
import { gzipPrepared } from './preparedJson.ts'

const gzipWhole = promisify(gzip)
/** Shorter answers are sent as they are: compressing them costs more time than it saves. */
const MIN_GZIP_BYTES = 8_192
/** Longer ones are compressed while they are sent. */
const MAX_WHOLE_BYTES = 1_048_576
const LEVEL = constants.Z_BEST_SPEED

/** Does an Accept-Encoding header allow gzip (RFC 9110 12.5.3)? */
export function acceptsGzip(header: string | string[] | undefined): boolean {
  if (header === undefined) return false
  const weights = new Map<string, number>()
  for (const item of String(header).toLowerCase().split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    weights.set(coding, weight === undefined ? 1 : Number(weight))
  }
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0
}

export const isWorthCompressing = (bytes: number): boolean => bytes >= MIN_GZIP_BYTES

/** The answer as a gzip stream: in known pieces, or on the way when it is very long. Work is done off this thread. */
export async function compressAnswer(answer: Answer): Promise<readonly Uint8Array[] | Readable> {
  if (typeof answer !== 'string' && answer.prepared) {
    return gzipPrepared(answer.prepared.json, answer.prepared.id)
  }
  if (byteLength(answer) <= MAX_WHOLE_BYTES) return [await gzipWhole(answerBytes(answer), { level: LEVEL })]
  return gzipStream(partsOf(answer))
}

/** A reader that goes away ends both; its response tells of it, so nothing is left to say here. */
function gzipStream(parts: LongAnswer['parts']): Readable {
  return pipeline(Readable.from(parts), createGzip({ level: LEVEL }), () => {})
}

/** The body of a request as its Content-Encoding says; undefined when we do not know that encoding. */
export function decodedBody(request: IncomingMessage): Readable | undefined {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  switch (encoding) {
    case 'identity':
    case '':
      return request
    case 'gzip':
    case 'x-gzip':
      return unpacked(request, createGunzip())
    case 'deflate':
      return unpacked(request, createInflate())
    default:
      return undefined
  }
}

/** A connection that breaks off ends the decoder too, which nothing else would tell. */
function unpacked(request: IncomingMessage, decoder: ReturnType<typeof createGunzip>): Readable {
  request.once('close', () => {
    if (!request.complete) decoder.destroy()
  })
  return request.pipe(decoder)
}
