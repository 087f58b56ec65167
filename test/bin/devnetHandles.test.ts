import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createDevnet, DevnetError } from 'reenact/devnet'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const run = promisify(execFile)
/** Runs a program on the compiled package; fails when it does not end by itself. */
const program = async (code: string): Promise<{ stdout: string; stderr: string }> =>
  run(process.execPath, ['--input-type=module', '-e', code], { cwd: ROOT, timeout: 110_000 })

test('eight beside each other, each with its own state', async () => {
  const devnets = await Promise.all(Array.from({ length: 8 }, () => createDevnet()))
  try {
    const urls = devnets.flatMap(({ l1, l2 }) => [l1.url, l2.url])
    expect(new Set(urls).size).toBe(16)
    const to = '0x00000000000000000000000000000000000a11ce'
    await Promise.all(
      devnets.map(async (devnet, index) => {
        const { l1, l2 } = devnet.clients
        const value = BigInt(index + 1)
        const [, hash] = await Promise.all([l1.sendTransaction({ to, value }), l2.sendTransaction({ to, value })])
        await l2.waitForTransactionReceipt({ hash })
        await devnet.settle()
      }),
    )
    const balances = await Promise.all(devnets.map(({ clients }) => clients.l2.getBalance({ address: to })))
    expect(balances).toEqual(devnets.map((_, index) => BigInt(index + 1)))
    const heads = devnets.map(({ clients, l2 }) => clients.l1.getL2Head({ targetChain: l2.chain }))
    expect((await Promise.all(heads)).every(({ blockNumber }) => blockNumber > 0n)).toBe(true)
  } finally {
    await Promise.all(devnets.map((devnet) => devnet.close()))
  }
}, 120_000)

test('close: once and again, also by `await using`; nothing works after it', async () => {
  const devnet = await createDevnet()
  const first = devnet.close()
  expect(devnet.close()).toBe(first)
  expect(devnet[Symbol.asyncDispose]()).toBe(first)
  await first
  const closed = new DevnetError('CLOSED', 'this devnet is closed')
  for (const work of [devnet.mine, devnet.settle, devnet.snapshot]) await expect(work()).rejects.toThrow(closed)
  await expect(devnet.increaseTime(1)).rejects.toThrow(closed)
  await expect(devnet.revert(0n)).rejects.toThrow(closed)
  await expect(devnet.clients.l1.getBlockNumber()).rejects.toThrow(/HTTP request failed/)
})

test('a program that closes its devnets ends by itself, has said nothing and listens to no signal', async () => {
  const { stdout, stderr } = await program(`
    import { setImmediate } from 'node:timers/promises'
    import { createDevnet } from 'reenact/devnet'
    import { createPublicClient, webSocket } from 'viem'
    const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)])
    const before = JSON.stringify(listeners())
    // what it prints to, and what it waits with
    const resources = () => process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap' && name !== 'Immediate')
    for (const options of [{}, { rollups: 2, sealing: 'manual' }, { l1BlockTime: 1, l2BlockTime: 1 }, { settle: false }]) {
      const devnet = await createDevnet(options)
      const { l1 } = devnet.clients
      const socket = createPublicClient({ transport: webSocket(devnet.l1.wsUrl, { reconnect: false, keepAlive: false }) })
      await socket.getBlockNumber()
      await l1.sendMessage({ targetChain: devnet.l2.chain, to: devnet.accounts[1].address, value: 1n, l2GasLimit: 100_000n })
      await devnet.mine()
      await devnet.close()
      // the ends of our own connections follow when they hear of it
      const deadline = performance.now() + 2_000
      while (resources().length > 0 && performance.now() < deadline) await setImmediate()
      console.log(resources().join())
    }
    console.log(JSON.stringify(listeners()) === before)
  `)
  expect(stdout).toBe('\n\n\n\ntrue\n')
  expect(stderr).toBe('')
}, 120_000)

test('a program whose devnet ran EXECUTE in a thread ends by itself, also without closing what has gone idle', async () => {
  const { stdout, stderr } = await program(`
    import { createDevnet } from 'reenact/devnet'
    import { createEngines } from './dist/bin/engines.js'
    import { silentLogger } from './dist/node/logger.js'
    const devnet = await createDevnet({ sealing: 'manual', executeWorker: true })
    await devnet.clients.l2.sendTransaction({ to: devnet.accounts[1].address, value: 1n })
    await devnet.mine()
    console.log((await devnet.settle()).length)
    await devnet.close()
    const engines = await createEngines(silentLogger, { executeWorker: true })
    const { failure } = await engines.execute.execute(new Uint8Array(100), 10_000_000n)
    console.log(failure.code)
  `)
  expect(stdout).toBe('1\nUNKNOWN_SCHEMA\n')
  expect(stderr).toBe('')
}, 120_000)

test('in several worker threads at once', async () => {
  const { stdout, stderr } = await program(`
    import { once } from 'node:events'
    import { Worker } from 'node:worker_threads'
    const code = \`
      import('reenact/devnet').then(async ({ createDevnet }) => {
        const devnet = await createDevnet()
        const hash = await devnet.clients.l2.sendTransaction({ to: devnet.accounts[1].address, value: 1n })
        const { blockNumber } = await devnet.clients.l2.waitForTransactionReceipt({ hash })
        await devnet.settle()
        await devnet.close()
        console.log(blockNumber > 0n)
      })\`
    const workers = [1, 2].map(() => new Worker(code, { eval: true }))
    console.log((await Promise.all(workers.map((worker) => once(worker, 'exit')))).flat().join())
  `)
  expect(stdout.split('\n').sort().join()).toBe(',0,0,true,true')
  expect(stderr).toBe('')
}, 120_000)
