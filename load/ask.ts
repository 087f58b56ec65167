import { Agent, request } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { LoadError } from './errors.ts'

const agents = { http: new Agent({ keepAlive: true }), https: new TlsAgent({ keepAlive: true }) }
/** Nodes bound their batches; this is below what ours and others take. */
const MAX_BATCH = 100
const TIMEOUT_MS = 60_000

type Answer<T> = { id?: number; result?: T; error?: { code: number; message: string } }

/** One JSON-RPC call over a kept connection. Throws LoadError REFUSED with method, code and message, UNREACHABLE. */
export async function ask<T>(url: string, method: string, params: readonly unknown[]): Promise<T> {
  const answer = await post<Answer<T>>(url, { jsonrpc: '2.0', id: 1, method, params })
  return resultOf(url, method, answer)
}

/** One answer for each list of parameters, in their order; the first refusal is thrown. Errors as of `ask`. */
export async function askMany<T>(url: string, method: string, lists: readonly (readonly unknown[])[]): Promise<T[]> {
  const results: T[] = []
  for (let from = 0; from < lists.length; from += MAX_BATCH) {
    const batch = lists.slice(from, from + MAX_BATCH).map((params, id) => ({ jsonrpc: '2.0', id, method, params }))
    const answers = await post<Answer<T>[]>(url, batch)
    if (!Array.isArray(answers)) throw notJsonRpc(url)
    const byId = new Map(answers.map((answer) => [answer.id, answer]))
    for (const { id } of batch) results.push(resultOf(url, method, byId.get(id)))
  }
  return results
}

function resultOf<T>(url: string, method: string, answer: Answer<T> | undefined): T {
  if (typeof answer !== 'object' || answer === null) throw notJsonRpc(url)
  if (answer.error !== undefined) {
    const { code, message } = answer.error
    throw new LoadError('REFUSED', `${method}: ${code} ${message}`, { method, code })
  }
  return answer.result as T
}

async function post<T>(url: string, body: object): Promise<T> {
  const text = await send(url, JSON.stringify(body))
  try {
    return JSON.parse(text) as T
  } catch {
    throw notJsonRpc(url)
  }
}

function send(url: string, body: string): Promise<string> {
  const isTls = url.startsWith('https:')
  return new Promise<string>((resolve, reject) => {
    const fail = (error: Error) => {
      reject(new LoadError('UNREACHABLE', `no answer from ${url}: ${error.message}`, { url }, error))
    }
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const options = { method: 'POST', agent: isTls ? agents.https : agents.http, headers, timeout: TIMEOUT_MS }
    const question = (isTls ? tlsRequest : request)(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(Buffer.concat(chunks).toString()))
      response.on('error', fail)
    })
    question.on('timeout', () => question.destroy(new Error(`nothing within ${TIMEOUT_MS / 1_000} s`)))
    question.on('error', fail)
    question.end(body)
  })
}

const notJsonRpc = (url: string): LoadError =>
  new LoadError('UNREACHABLE', `${url} does not answer as a JSON-RPC server does`, { url })
