import { afterAll, beforeAll, expect, test } from 'vitest'
import { account, LOGGER_ADDRESS, logCall, signed } from '../node/support/devChain.ts'
import { type DevNode, startDevNode } from './devNode.ts'
import { openSocket, result } from './support.ts'

type Push = { params: { subscription: string; result: Record<string, unknown> } }

let node: DevNode
let socket: Awaited<ReturnType<typeof openSocket>>
beforeAll(async () => {
  node = await startDevNode({ sealMode: { kind: 'manual' } })
  socket = await openSocket(node.server)
})
afterAll(async () => {
  socket.close()
  await node.close()
})

async function subscribe(...params: unknown[]) {
  socket.send({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params })
  return socket.next()
}

let nonce = 0
async function emit() {
  await node.pool.add(
    await signed(account(0), { nonce, to: LOGGER_ADDRESS, value: 0n, data: logCall(1n), gas: 200_000n }),
  )
  nonce += 1
  return node.sealer.sealNow()
}

test('syncing: told once that there is nothing to catch up with', async () => {
  const { result: subscription } = await subscribe('syncing')
  expect(await socket.next<Push>()).toMatchObject({ params: { subscription, result: false } })
})

test('logs come only for blocks inside the range that was asked for', async () => {
  const { result: later } = await subscribe('logs', { fromBlock: '0x2' })
  const filter = await result(node.server, 'eth_newFilter', [{ fromBlock: '0x0', toBlock: '0x1' }])
  await emit()
  await emit()
  const { params } = await socket.next<Push>()
  expect(params).toMatchObject({ subscription: later, result: { blockNumber: '0x2', removed: false } })
  const changes = await result<{ blockNumber: string }[]>(node.server, 'eth_getFilterChanges', [filter])
  expect(changes.map(({ blockNumber }) => blockNumber)).toEqual(['0x1'])
})

test('a range that can never hold a log is refused', async () => {
  expect(await subscribe('logs', { fromBlock: 'pending' })).toMatchObject({ error: { code: -32000 } })
  expect(await subscribe('logs', { fromBlock: '0x3', toBlock: '0x2' })).toMatchObject({ error: { code: -32602 } })
})
