import { readFileSync } from 'node:fs'
import { type CreatedDevnet, createDevnet } from 'reenact/devnet'
import { afterEach, expect, test } from 'vitest'
import { EXECUTE_ADDRESS } from '../../precompiles/address.ts'
import { type NodeProcess, startProcess } from './process.ts'

const STARTS = 'execute: starting a thread'
const FIXTURE = 'test/fixtures/stateless/valid/mixed_block.json'
const BUILT = new URL('../../dist/bin/createDevnet.js', import.meta.url).href

let close = async (): Promise<unknown> => undefined
afterEach(() => close())

type Logged = { events: string[]; logger: NonNullable<Parameters<typeof createDevnet>[0]>['logger'] }

function logged(): Logged {
  const events: string[] = []
  const keep = (event: string) => void events.push(event)
  return { events, logger: { debug: keep, warn: keep, error: keep } }
}

/** Blocks of L2 that are settled on L1, by hand. */
async function settleTwice(devnet: CreatedDevnet): Promise<void> {
  const { l1, l2 } = devnet.clients
  for (const expected of [1n, 2n]) {
    await l2.sendTransaction({ to: devnet.accounts[1].address, value: 1n })
    await devnet.mine()
    expect(await devnet.settle()).toHaveLength(1)
    expect((await l1.getL2Head({ targetChain: devnet.l2.chain })).blockNumber).toBe(expected)
  }
}

test.each([
  ['the sources', async () => createDevnet],
  ['the package', async () => ((await import(BUILT)) as { createDevnet: typeof createDevnet }).createDevnet],
])('a devnet of %s settles through one thread', async (_, load) => {
  const create = await load()
  const { events, logger } = logged()
  const devnet = await create({ sealing: 'manual', executeWorker: true, logger })
  close = () => devnet.close()
  expect(events).not.toContain(STARTS)
  await settleTwice(devnet)
  expect(events.filter((event) => event.startsWith('execute: '))).toEqual([STARTS])
})

test('without the option there is no thread', async () => {
  const { events, logger } = logged()
  const devnet = await createDevnet({ sealing: 'manual', logger })
  close = () => devnet.close()
  await settleTwice(devnet)
  expect(events.filter((event) => event.startsWith('execute: '))).toEqual([])
})

test('the command judges in a thread, answers the same as without, and ends with 0', async () => {
  const data = JSON.parse(readFileSync(FIXTURE, 'utf8')).statelessInputBytesV21 as string
  const answers: unknown[] = []
  for (const flags of [[], ['--execute-worker']]) {
    const node = startProcess(['l1', '--port', '0', '--log-level', 'debug', ...flags])
    close = async () => node.child.kill('SIGKILL')
    const url = /l1=(\S+)/.exec(await node.line('ready '))?.[1] ?? ''
    const ask = async (input: string) => {
      const params = [{ to: EXECUTE_ADDRESS, data: input, gas: '0x1000000' }, 'latest']
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params })
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      return response.json()
    }
    const found = [await ask(data), await ask(`${data.slice(0, -2)}ff`), await ask(data.slice(0, 1_000))]
    expect(found[0]).toMatchObject({ result: expect.stringMatching(/^0x[0-9a-f]{86}$/) })
    expect(found[1]).toMatchObject({ error: {} })
    answers.push(found)
    expect(threadsOf(node)).toBe(flags.length)
    node.child.kill('SIGTERM')
    expect(await node.ended).toBe(0)
  }
  expect(answers[1]).toEqual(answers[0])
})

const threadsOf = (node: NodeProcess): number => node.errors().split('starting a thread').length - 1
