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

test('a range that can never hold a log is refused; tags do not narrow one', async () => {
  expect(await subscribe('logs', { fromBlock: 'pending' })).toMatchObject({ result: expect.stringMatching(/^0x/) })
  expect(await subscribe('logs', { fromBlock: '0x3', toBlock: '0x2' })).toMatchObject({ error: { code: -32602 } })
})

test.each([
  ['newHeads', { x: 1 }],
  ['newHeads', true],
  ['syncing', []],
  ['newPendingTransactions', 'yes'],
  ['newPendingTransactions', 1],
  ['newPendingTransactions', {}],
  ['logs', true],
  ['logs', { address: 'nowhere' }],
])('%s: options that mean nothing are refused by name: %j', async (kind, options) => {
  expect(await subscribe(kind, options)).toMatchObject({
    error: { code: -32602, message: expect.stringMatching(/^invalid argument 1 \(options\)/) },
  })
})

// As viem, ethers, web3.js and web3.py send them: web3.js sends null for logs without a filter, ethers lists of topics.
test.each([
  ['newHeads'],
  ['newHeads', null],
  ['syncing'],
  ['syncing', null],
  ['newPendingTransactions'],
  ['newPendingTransactions', null],
  ['newPendingTransactions', false],
  ['newPendingTransactions', true],
  ['logs'],
  ['logs', null],
  ['logs', {}],
  ['logs', { address: LOGGER_ADDRESS, topics: [] }],
  ['logs', { address: [LOGGER_ADDRESS], topics: [null, [`0x${'00'.repeat(32)}`]] }],
])('what clients send opens a subscription: %j', async (...params) => {
  const client = await openSocket(node.server)
  client.send({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params })
  const { result: id } = await client.next()
  expect(id).toMatch(/^0x[0-9a-f]{32}$/)
  client.close()
})
