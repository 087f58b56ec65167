import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import * as z from 'zod'
import { accessTo } from '../e2e/chainAccess.ts'

type Document = { methods: { name: string; result: { schema: object } }[]; components: { schemas: object } }

export type CheckedProxy = {
  url: string
  /** methods whose answer was compared with its schema */
  readonly checked: ReadonlySet<string>
  /** answers that are not what rpc.discover says */
  readonly faults: readonly string[]
  close(): Promise<void>
}

/** Stands in front of a node and compares what the wanted methods answer with the schemas that the node publishes. */
export async function startCheckedProxy(target: string, wanted: RegExp): Promise<CheckedProxy> {
  const { methods, components } = await accessTo(target).call<Document>('rpc.discover')
  const schemas = new Map(methods.map(({ name, result }) => [name, result.schema]))
  const checked = new Set<string>()
  const faults: string[] = []

  function check(sent: string, answered: string): void {
    const calls = [JSON.parse(sent)].flat() as { id: unknown; method: string }[]
    const answers = [JSON.parse(answered)].flat() as { id: unknown; result?: unknown }[]
    for (const { id, method } of calls) {
      const answer = answers.find((one) => one.id === id)
      if (!wanted.test(method) || answer === undefined || !('result' in answer)) continue
      checked.add(method)
      const text = JSON.stringify({ allOf: [schemas.get(method) ?? false], $defs: components.schemas })
      const schema = z.fromJSONSchema(JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/')))
      const { error } = schema.safeParse(answer.result)
      if (error !== undefined) faults.push(`${method}: ${error.message}`)
    }
  }

  const server = createServer(async (incoming, outgoing) => {
    const sent = await textOf(incoming)
    const { method = 'POST', headers } = incoming
    const onward = request(
      target,
      { method, headers: { ...headers, 'accept-encoding': 'identity' } },
      async (answer) => {
        const answered = await textOf(answer)
        if (method === 'POST') check(sent, answered)
        outgoing.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json' }).end(answered)
      },
    )
    onward.end(sent)
  })
  // WebSockets go through as they are
  server.on('upgrade', ({ url, headers }, socket, head) => {
    const { hostname, port } = new URL(target)
    const onward = connect(Number(port), hostname, () => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`)
      onward.write(`GET ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      onward.write(head)
      socket.pipe(onward).pipe(socket)
    })
    onward.on('error', () => socket.destroy())
    socket.on('error', () => onward.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    checked,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
