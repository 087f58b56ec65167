import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { account, LOGGER_ADDRESS, logCall } from '../node/support/devChain.ts'
import { type DevToolsNode, startDevToolsNode } from './devToolsNode.ts'
import { openSocket, result } from './support.ts'

type Log = { transactionHash: string; blockHash: string; blockNumber: string; removed: boolean }

let node: DevToolsNode
let socket: Awaited<ReturnType<typeof openSocket>>
let filter: string
beforeAll(async () => {
  node = await startDevToolsNode({ sealMode: { kind: 'manual' } })
})
afterAll(() => node.close())
beforeEach(async () => {
  filter = await rpc('eth_newFilter', { address: LOGGER_ADDRESS })
  socket = await openSocket(node.server)
  socket.send({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['logs', { address: LOGGER_ADDRESS }] })
  await socket.next()
})
afterEach(() => socket.close())

const rpc = <Result = string>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)
const emit = (from: number, topic: bigint) =>
  rpc('eth_sendTransaction', { from: account(from).address, to: LOGGER_ADDRESS, data: logCall(topic), gas: '0x30d40' })

/** The next logs, of which the filter and the subscriber must be told the same. */
async function told(count: number): Promise<Log[]> {
  const changes = await rpc<Log[]>('eth_getFilterChanges', filter)
  expect(changes).toHaveLength(count)
  const pushed: Log[] = []
  for (const _ of changes) pushed.push((await socket.next<{ params: { result: Log } }>()).params.result)
  expect(pushed).toEqual(changes)
  return changes
}

test('anvil_reorg: the logs of its blocks are removed, the newest block first', async () => {
  for (const topic of [1n, 2n]) {
    await emit(0, topic)
    await emit(1, topic)
    await rpc('evm_mine')
  }
  const [a, b, c, d] = await told(4)
  await rpc('anvil_reorg', { depth: 2, txBlockPairs: [] })
  expect(await told(4)).toEqual([c, d, a, b].map((log) => ({ ...log, removed: true })))
  expect(await rpc('eth_getFilterLogs', filter)).toEqual([])
})

test('evm_revert: a log is removed, and comes again when its transaction does, in another block', async () => {
  const hash = await emit(2, 3n)
  const id = await rpc('evm_snapshot')
  await rpc('evm_mine')
  const [first] = await told(1)
  expect(first).toMatchObject({ transactionHash: hash, removed: false })
  expect(await rpc('evm_revert', id)).toBe(true)
  expect(await told(1)).toEqual([{ ...first, removed: true }])
  await rpc('evm_increaseTime', 50)
  await rpc('evm_mine')
  const [again] = await told(1)
  expect(again).toMatchObject({ transactionHash: hash, blockNumber: first?.blockNumber, removed: false })
  expect(again?.blockHash).not.toBe(first?.blockHash)
})

test('evm_revert without a poll between: added, removed and added again, in this order', async () => {
  await emit(3, 4n)
  const id = await rpc('evm_snapshot')
  await rpc('evm_mine')
  await rpc('evm_revert', id)
  await rpc('evm_increaseTime', 50)
  await rpc('evm_mine')
  const logs = await told(3)
  expect(logs.map(({ removed }) => removed)).toEqual([false, true, false])
  expect(logs[1]).toEqual({ ...logs[0], removed: true })
  expect(logs[2]?.blockHash).not.toBe(logs[0]?.blockHash)
})
