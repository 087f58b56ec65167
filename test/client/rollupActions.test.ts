import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  ControlTokenRequiredError,
  devnetActions,
  getDevnetChains,
  getRollupStatus,
  MethodNotAvailableError,
  rollupActions,
  snapshotBoth,
  UnexpectedAnswerError,
} from 'reenact/viem'
import { createPublicClient, createTestClient, http } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

let devnet: TestDevnet
beforeAll(async () => {
  devnet = await startTestDevnet()
})
afterAll(async () => {
  for (const server of servers) server.close()
  await devnet?.close()
})
const servers: Server[] = []

async function openClients() {
  const { l1, l2 } = await getDevnetChains(devnet.l1Url)
  return {
    l1: createPublicClient({ chain: l1, transport: http() }).extend(rollupActions()),
    l2: createPublicClient({ chain: l2, transport: http() }).extend(rollupActions()),
    control: createTestClient({ chain: l1, mode: 'anvil', transport: http() }).extend(devnetActions()),
  }
}

test('numbers are bigints wherever they are, and bytes stay as they are', async () => {
  const { l1, l2 } = await openClients()
  const status = await l2.getRollupStatus()
  expect(status.l1Head.number).toBe(await l1.getBlockNumber())
  expect(typeof status.lag.blocks).toBe('bigint')
  expect(status.l2.unsafe.hash).toMatch(/^0x[0-9a-f]{64}$/)
  const { NativeRollup } = await l1.getRollupContracts()
  expect(typeof NativeRollup.createdBlock).toBe('bigint')
})

test('an input is taken apart, changed and refused with the place of the change', async () => {
  const { l2, control } = await openClients()
  const { number } = await control.buildBlock({ messages: 0n })
  const fields = await l2.getExecuteInputFields({ block: number })
  expect(fields.executionPayload.blockNumber).toBe(number)
  const input = await l2.encodeExecuteInput(fields)
  expect(input).toBe(await l2.getExecuteInput({ block: number }))
  expect((await l2.execute({ input })).success).toBe(true)
  const gasUsed = fields.executionPayload.gasUsed + 1n
  const broken = { ...fields, executionPayload: { ...fields.executionPayload, gasUsed } }
  const { success, failure } = await l2.execute({ input: broken, gas: 30_000_000n })
  expect([success, failure?.field]).toEqual([false, 'executionPayload.blockHash'])
})

/** A node that answers every request in the same way. */
async function answering(answer: object): Promise<string> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...answer }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.each([
  [
    { error: { code: -32601, message: 'no' } },
    MethodNotAvailableError,
    'The node has no method rollup_status: use the RPC',
  ],
  [{ error: { code: -32004, message: 'ask L2' } }, MethodNotAvailableError, 'The node refuses rollup_status: ask L2'],
  [
    { error: { code: -32011, message: 'no token' } },
    ControlTokenRequiredError,
    'rollup_status needs the control token',
  ],
  [{ result: '0x1' }, UnexpectedAnswerError, 'rollup_status answered something else than an object'],
  [
    { result: { l1Head: { number: '12' } } },
    UnexpectedAnswerError,
    'rollup_status answered something else than a quantity at l1Head.number',
  ],
])('what a node cannot answer is told in words: %j', async (answer, kind, words) => {
  const client = createPublicClient({ transport: http(await answering(answer)) })
  const refusal = await getRollupStatus(client).catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(kind)
  expect((refusal as Error).message).toContain(words)
})

test('a question is asked again when the node fails, what changes something is not', async () => {
  const asked: string[] = []
  const server = createServer((request, response) => {
    request.on('data', (body) => asked.push((JSON.parse(String(body)) as { method: string }).method))
    request.on('end', () => response.writeHead(503).end())
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = createPublicClient({ transport: http(url, { retryCount: 2, retryDelay: 1 }) })
  await expect(getRollupStatus(client)).rejects.toThrow('503')
  await expect(snapshotBoth(client)).rejects.toThrow('503')
  expect(asked).toEqual(['rollup_status', 'rollup_status', 'rollup_status', 'rollup_snapshot'])
})
