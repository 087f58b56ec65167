import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import {
  devnetActions,
  getDevnetChains,
  MethodNotAvailableError,
  type RollupSettlementEvent,
  type RollupStatus,
  rollupActions,
  UnexpectedAnswerError,
  WebSocketRequiredError,
} from 'reenact/viem'
import { createPublicClient, fallback, http, SocketClosedError, webSocket } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

let devnet: TestDevnet
const servers: WebSocketServer[] = []
beforeAll(async () => {
  devnet = await startTestDevnet()
})
afterAll(async () => {
  for (const server of servers) server.close()
  await devnet?.close()
})

/** What was heard, and the next of it. */
function ear<Item>() {
  const heard: Item[] = []
  let wake: (() => void) | undefined
  return {
    heard,
    hear: (item: Item) => {
      heard.push(item)
      wake?.()
    },
    async until(count: number): Promise<Item[]> {
      while (heard.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return heard
    },
  }
}

async function openClient() {
  const { l2 } = await getDevnetChains(devnet.l1Url)
  const transport = fallback([http(), webSocket(undefined, { reconnect: false })])
  return createPublicClient({ chain: l2, transport }).extend(rollupActions()).extend(devnetActions())
}

test('settlements and the status are heard with bigints, until the watching is ended', async () => {
  const client = await openClient()
  const settlements = ear<RollupSettlementEvent>()
  const states = ear<RollupStatus>()
  const endAll = [
    client.watchRollup({ event: 'settlements', onEvent: settlements.hear }),
    client.watchRollup({ event: 'status', onEvent: states.hear }),
  ]
  const [first] = await states.until(1)
  expect(first?.l2.unsafe.number).toBe(0n)
  const { number, hash } = await client.buildBlock()
  const [settled] = await settlements.until(1)
  expect(settled).toMatchObject({ l2Block: number, hash, removed: false })
  for (const end of endAll) end()
  await client.buildBlock()
  const late = ear<RollupSettlementEvent>()
  const end = client.watchRollup({ event: 'settlements', onEvent: late.hear })
  await client.settle()
  await late.until(1)
  end()
  expect(settlements.heard.length).toBe(1)
})

test('what is ended before it began hears nothing', async () => {
  const client = await openClient()
  const states = ear<RollupStatus>()
  const other = ear<RollupStatus>()
  client.watchRollup({ event: 'status', onEvent: states.hear })()
  const end = client.watchRollup({ event: 'status', onEvent: other.hear })
  await other.until(1)
  end()
  expect(states.heard).toEqual([])
})

test('a client without WebSocket is told so', async () => {
  const client = createPublicClient({ transport: http(devnet.l2Url) }).extend(rollupActions())
  expect(() => client.watchRollup({ event: 'status', onEvent: () => undefined })).toThrow(WebSocketRequiredError)
})

/** A node that is not what it should be. */
async function badNode(answer: (socket: WebSocket, id: number) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  servers.push(server)
  await once(server, 'listening')
  server.on('connection', (socket) => {
    socket.on('message', (text) => answer(socket, (JSON.parse(String(text)) as { id: number }).id))
  })
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const tell = (socket: WebSocket, message: object) => socket.send(JSON.stringify({ jsonrpc: '2.0', ...message }))

test.each([
  [
    MethodNotAvailableError,
    (socket: WebSocket, id: number) => tell(socket, { id, error: { code: -32601, message: 'no such method' } }),
  ],
  [
    SocketClosedError,
    (socket: WebSocket, id: number) => {
      tell(socket, { id, result: '0x1' })
      socket.send('"rollup_subscription" that is no JSON')
      socket.close()
    },
  ],
  [UnexpectedAnswerError, (socket: WebSocket, id: number) => tell(socket, { id, result: null })],
  [
    UnexpectedAnswerError,
    (socket: WebSocket, id: number) => {
      const params = (subscription: string, l2Block: string) => ({ subscription, result: { l2Block } })
      // before the answer, and one of another subscription that is not heard
      tell(socket, { method: 'rollup_subscription', params: params('0x2', 'nothing') })
      tell(socket, { method: 'rollup_subscription', params: params('0x1', 'one') })
      tell(socket, { id, result: '0x1' })
    },
  ],
])('%o ends it, once', async (kind, answer) => {
  const transport = webSocket(await badNode(answer), { reconnect: false })
  const client = createPublicClient({ transport }).extend(rollupActions())
  const errors = ear<Error>()
  const events = ear<unknown>()
  const end = client.watchRollup({ event: 'settlements', onEvent: events.hear, onError: errors.hear })
  const [error] = await errors.until(1)
  expect(error).toBeInstanceOf(kind)
  end()
  expect([errors.heard.length, events.heard.length]).toEqual([1, 0])
})
