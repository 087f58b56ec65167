import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Request = { id: number; method: string; params: unknown[] }
/** Sees each request and may change what L1 answers. */
export type Tampering = (request: Request, result: unknown) => unknown

/** An L1 that is reached through somebody who may lie. */
export type L1Proxy = { url: string; tamper: { current: Tampering | undefined }; close(): Promise<void> }

export async function startL1Proxy(target: string): Promise<L1Proxy> {
  const tamper: L1Proxy['tamper'] = { current: undefined }
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const headers = { 'content-type': 'application/json' }
    const answer = (await (await fetch(target, { method: 'POST', headers, body })).json()) as { result?: unknown }
    if (answer.result !== undefined && tamper.current !== undefined) {
      answer.result = tamper.current(JSON.parse(body) as Request, answer.result)
    }
    response.writeHead(200, headers).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tamper,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
