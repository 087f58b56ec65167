import { request } from 'node:http'
import type { Case, Exchange } from './cases.ts'
import { differences, isObject, type JsonObject, shown } from './compare.ts'
import { schemaFaults } from './schema.ts'

const TIMEOUT_MS = 5_000

/** What is wrong with the node's answers to one case; empty when it passes. The first wrong answer ends the case. */
export async function replay(url: string, tested: Case, schemas: ReadonlyMap<string, JsonObject>): Promise<string[]> {
  for (const exchange of tested.exchanges) {
    const faults = await judged(url, exchange, tested.formOnly ? schemas : undefined)
    if (faults.length > 0) return faults
  }
  return []
}

async function judged(
  url: string,
  { request, response }: Exchange,
  schemas: ReadonlyMap<string, JsonObject> | undefined,
): Promise<string[]> {
  let answer: unknown
  try {
    answer = JSON.parse(await post(url, request))
  } catch (error) {
    return [`no answer: ${(error as Error).message}`]
  }
  const error = isObject(answer) ? answer.error : undefined
  if (schemas === undefined || error !== undefined) {
    const faults = differences(answer, JSON.parse(response))
    const words = isObject(error) ? [`(the error says: ${shown(error.message)})`] : []
    return faults.length === 0 ? [] : [...faults, ...words]
  }
  const { method } = JSON.parse(request) as { method: string }
  const schema = schemas.get(method)
  if (schema === undefined) return [`the OpenRPC document has no result for ${method}`]
  if (!isObject(answer) || !Object.hasOwn(answer, 'result')) return [`no result: ${shown(answer)}`]
  return schemaFaults(schema, answer.result, 'result')
}

/** The body of the answer, whatever its status; each on a connection of its own. */
function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const call = request(url, { method: 'POST', agent: false, headers, signal }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
      response.on('error', reject)
    })
    call.on('error', reject)
    call.end(body)
  })
}
