import type { PreparedJson } from './preparedJson.ts'

/** The text of an answer: in one piece, or in several when it is long. */
export type Answer = string | LongAnswer

export type LongAnswer = {
  /** in the order in which they are sent; bytes are UTF-8 */
  readonly parts: readonly (string | Uint8Array)[]
  /** when the result is a prepared one: itself, and the JSON of the request's id */
  readonly prepared?: { readonly json: PreparedJson; readonly id: string }
}

/** Strings up to this length are put together; longer ones stay in pieces, which are written one by one. */
const JOINED_LENGTH = 65_536

/** The answer to one request whose result is `result` as JSON. */
export function resultAnswer(id: string, result: string | readonly string[]): Answer {
  const head = resultHead(id)
  if (typeof result === 'string') return `${head}${result}}`
  return { parts: [head, ...result, '}'] }
}

export function preparedAnswer(id: string, json: PreparedJson): Answer {
  const { text } = json
  if (typeof text === 'string') return `${resultHead(id)}${text}}`
  return { parts: [resultHead(id), text, '}'], prepared: { json, id } }
}

const resultHead = (id: string): string => `{"jsonrpc":"2.0","id":${id},"result":`

/** The answers of a batch as one array. */
export function batchAnswer(answers: readonly Answer[]): Answer {
  const parts: (string | Uint8Array)[] = []
  let text = '['
  for (const [index, answer] of answers.entries()) {
    if (index > 0) text += ','
    for (const part of partsOf(answer)) {
      if (typeof part === 'string') text += part
      else {
        parts.push(text, part)
        text = ''
      }
      if (text.length > JOINED_LENGTH) {
        parts.push(text)
        text = ''
      }
    }
  }
  text += ']'
  return parts.length === 0 ? text : { parts: [...parts, text] }
}

export function partsOf(answer: Answer): readonly (string | Uint8Array)[] {
  return typeof answer === 'string' ? [answer] : answer.parts
}

/** Bytes on the wire. */
export function byteLength(answer: Answer): number {
  if (typeof answer === 'string') return Buffer.byteLength(answer)
  return answer.parts.reduce((sum, part) => sum + partLength(part), 0)
}

const partLength = (part: string | Uint8Array): number =>
  typeof part === 'string' ? Buffer.byteLength(part) : part.length

/** The whole answer in one buffer. */
export function answerBytes(answer: Answer): Buffer {
  if (typeof answer === 'string') return Buffer.from(answer)
  return Buffer.concat(answer.parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
}
