import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Hex, parseEther, parseGwei, toHex } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { recordExecution } from '../../node/executionWitness.ts'
import { createStateEdits } from '../../node/stateEdits.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { account, devGenesis } from '../node/support/devChain.ts'
import { type DevToolsNode, startDevToolsNode, testClient } from './devToolsNode.ts'
import { call, result } from './support.ts'

const STRANGER = '0x00000000000000000000000000000000000abcde'

const opened: DevToolsNode[] = []
const folders: string[] = []
afterEach(async () => {
  for (const node of opened.splice(0)) await node.close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

async function start(options: Parameters<typeof startDevToolsNode>[0] = {}) {
  const node = await startDevToolsNode(options)
  opened.push(node)
  return { node, client: testClient(node.server.url, 'anvil') }
}

/** A block of each kind that only a devnet makes: changed by hand, of an impersonated sender, with fees of choice. */
async function unusualBlocks({ node, client }: Awaited<ReturnType<typeof start>>): Promise<Hex> {
  await client.setBalance({ address: STRANGER, value: parseEther('5') })
  await client.setStorageAt({ address: STRANGER, index: 7, value: toHex(9n, { size: 32 }) })
  await client.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei('77') })
  await client.setBlockGasLimit({ gasLimit: 90_000_000n })
  const transaction = { from: STRANGER, to: account(1).address, value: '0x1', gasPrice: toHex(parseGwei('80')) }
  return result<Hex>(node.server, 'eth_sendUnsignedTransaction', [transaction])
}

describe('blocks of a devnet', () => {
  it('run again to the same roots and access lists, each with what is stored of it', async () => {
    const devnet = await start()
    await unusualBlocks(devnet)
    const { chain } = devnet.node
    for (let number = 1n; number <= 3n; number++) {
      const stored = chain.getBlockByNumber(number)
      if (stored === undefined) throw new Error('three blocks were made')
      const { outcome } = await recordExecution(chain, stored, { stored: true })
      expect(outcome.block.hash).toEqual(stored.block.hash)
      // Nobody else takes such a block, whichever of the three it is.
      await expect(recordExecution(chain, { block: stored.block })).rejects.toMatchObject({ name: 'InvalidBlock' })
    }
    expect(chain.head().header.number).toBe(3n)
  })

  it('are traced, and have a witness', async () => {
    const devnet = await start()
    const hash = await unusualBlocks(devnet)
    const { server } = devnet.node
    const traced = await result(server, 'debug_traceTransaction', [hash, { tracer: 'callTracer' }])
    expect(traced).toMatchObject({ type: 'CALL', from: STRANGER, to: account(1).address.toLowerCase(), value: '0x1' })
    const prestate = await result(server, 'debug_traceTransaction', [hash, { tracer: 'prestateTracer' }])
    expect(prestate).toMatchObject({ [STRANGER]: { balance: toHex(parseEther('5')) } })
    for (const number of ['0x1', '0x2', '0x3']) {
      expect(await result(server, 'debug_traceBlockByNumber', [number])).toHaveLength(number === '0x3' ? 1 : 0)
      expect(await result(server, 'debug_executionWitness', [number])).toMatchObject({ headers: [expect.any(String)] })
    }
  })

  it('are not imported by another node, and their unsigned transactions enter no pool', async () => {
    const devnet = await start()
    const hash = await unusualBlocks(devnet)
    const other = await start()
    const [first, , third] = [1n, 2n, 3n].map((number) => devnet.node.chain.getBlockByNumber(number)?.block)
    if (first === undefined || third === undefined) throw new Error('three blocks were made')
    await expect(other.node.chain.importBlock(first)).rejects.toMatchObject({ name: 'InvalidBlock' })
    const raw = await result<Hex>(devnet.node.server, 'eth_getRawTransactionByHash', [hash])
    expect(hexToBytes(raw)).toEqual(third.transactions[0])
    for (const { server } of [devnet.node, other.node]) {
      const { error } = await call(server, 'eth_sendRawTransaction', [raw])
      expect(error).toMatchObject({
        code: -32000,
        message: expect.stringContaining('invalid transaction v, r, s values'),
      })
    }
  })

  it('are there after a restart on a data directory, and can be run again', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'reenact-dev-'))
    folders.push(dataDir)
    const before = await start({ dataDir })
    const hash = await unusualBlocks(before)
    const block = await before.client.getBlock({ blockNumber: 3n })
    const receipt = await before.client.getTransactionReceipt({ hash })
    await opened.pop()?.close()
    const after = await start({ dataDir, genesis: before.node.genesisJson })
    expect(await after.client.getBlock({ blockNumber: 3n })).toEqual(block)
    expect(await after.client.getTransactionReceipt({ hash })).toEqual(receipt)
    expect(await after.client.getTransaction({ hash })).toMatchObject({ from: STRANGER, v: 0n, s: '0x0' })
    expect(await after.client.getStorageAt({ address: STRANGER, slot: toHex(7n, { size: 32 }) })).toBe(
      toHex(9n, { size: 32 }),
    )
    const stored = after.node.chain.getBlockByNumber(2n)
    if (stored === undefined) throw new Error('the block is stored')
    const { outcome } = await recordExecution(after.node.chain, stored, { stored: true })
    expect(outcome.block.hash).toEqual(stored.block.hash)
    await after.client.mine({ blocks: 1 })
    expect(await after.client.getBlockNumber()).toBe(4n)
  })

  it('go on from the time they were moved to, also after a restart', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'reenact-dev-'))
    folders.push(dataDir)
    const before = await start({ dataDir })
    await before.client.increaseTime({ seconds: 86_400 })
    await before.client.mine({ blocks: 1 })
    const { timestamp } = await before.client.getBlock()
    await opened.pop()?.close()
    const after = await start({ dataDir })
    expect(Number(await after.client.increaseTime({ seconds: 0 }))).toBeGreaterThan(86_300)
    await after.client.mine({ blocks: 1 })
    expect((await after.client.getBlock()).timestamp - timestamp).toBeLessThan(60n)
  })

  it('hold changes before Amsterdam too; there the keys of the state are not known, so there is no dump', async () => {
    const genesis = devGenesis()
    const { amsterdamTime: _, ...config } = genesis.config as typeof genesis.config & { amsterdamTime?: number }
    const { node, client } = await start({ genesis: { ...genesis, config } })
    await client.setBalance({ address: STRANGER, value: parseEther('5') })
    await client.setStorageAt({ address: STRANGER, index: 7, value: toHex(9n, { size: 32 }) })
    expect(await client.getStorageAt({ address: STRANGER, slot: toHex(7n, { size: 32 }) })).toBe(
      toHex(9n, { size: 32 }),
    )
    const transaction = { from: STRANGER, to: account(1).address, value: '0x1' }
    const hash = await result<Hex>(node.server, 'eth_sendUnsignedTransaction', [transaction])
    expect((await client.getTransactionReceipt({ hash })).status).toBe('success')
    const { error } = await call(node.server, 'anvil_dumpState')
    expect(error).toMatchObject({ code: -32001, message: expect.stringContaining('block access list (Amsterdam)') })
  })

  it('changes that come together share a block', async () => {
    const { node, client } = await start()
    const edits = createStateEdits(node)
    const addresses = Array.from({ length: 50 }, (_, index) => toHex(0xaaaa00n + BigInt(index), { size: 20 }))
    await Promise.all(addresses.map((address) => edits.edit(hexToBytes(address), () => ({ balance: 3n }))))
    const balances = await Promise.all(addresses.map((address) => client.getBalance({ address })))
    expect(balances).toEqual(addresses.map(() => 3n))
    expect(node.chain.head().header.number).toBe(1n)
    const adds = Array.from({ length: 10 }, () => call(node.server, 'anvil_addBalance', [STRANGER, '0x5']))
    expect((await Promise.all(adds)).every(({ result: answer }) => answer === null)).toBe(true)
    expect(await client.getBalance({ address: STRANGER })).toBe(50n)
  })
})
