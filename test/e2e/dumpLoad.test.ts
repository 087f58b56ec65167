import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEther } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { DEV_ADDRESSES } from '../../genesis/accounts.ts'
import { encodeDump, openDump } from '../../node/dumpFile.ts'
import { openStore } from '../../node/store.ts'
import { openSocket } from '../rpc/support.ts'
import { type Client, claimable, clientFor, deposit, rpc, succeeded, until, withdraw } from './clients.ts'
import { type DevnetInput, startTestDevnet, type TestDevnet } from './devnet.ts'

type Hex = `0x${string}`
type Loaded = { chainId: Hex; number: Hex; hash: Hex }[]

const clientsOf = ({ l1Url, l2Url, deployment }: TestDevnet) => ({
  l1: clientFor(l1Url, deployment.l1ChainId, 1),
  l2: clientFor(l2Url, deployment.l2ChainId, 1),
})
const headOf = async ({ reader }: Client) => reader.getBlock()
const dumpOf = (client: Client) => rpc<Hex>(client, 'rollup_dumpState', [])
const load = (client: Client, dump: Hex) => rpc<Loaded>(client, 'rollup_loadState', [dump])

const devnets: TestDevnet[] = []
const folders: string[] = []
async function start(options: DevnetInput = {}) {
  const devnet = await startTestDevnet({ options })
  devnets.push(devnet)
  return { devnet, ...clientsOf(devnet) }
}
function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'reenact-dump-'))
  folders.push(path)
  return path
}
afterEach(async () => {
  for (const devnet of devnets.splice(0)) await devnet.close()
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true })
})

describe('a devnet that another one has seen', () => {
  it('goes on from the dump on the same ports, with what was in flight', async () => {
    const first = await start()
    const { deployment } = first.devnet
    const withdrawal = await withdraw(first.l2, deployment, DEV_ADDRESSES[5], parseEther('0.5'))
    await claimable(first.l2, withdrawal)
    await rpc(first.l1, 'evm_increaseTime', [1_000])
    // in flight: not mined, not delivered, not settled
    await rpc(first.l1, 'evm_setAutomine', [false])
    const waiting = await first.l1.wallet.sendTransaction({ to: DEV_ADDRESSES[6], value: 7n })
    const [l1Head, l2Head] = [await headOf(first.l1), await headOf(first.l2)]
    const dump = await dumpOf(first.l1)

    // another genesis and other blocks, which all go
    const second = await start({ 'genesis-time': 1_700_000_000, 'finality-delay': 5 })
    const lost = await succeeded(second.l2, await second.l2.wallet.sendTransaction({ to: DEV_ADDRESSES[2], value: 1n }))
    const filter = await rpc<Hex>(second.l2, 'eth_newBlockFilter', [])
    const socket = await openSocket({ port: Number(new URL(second.devnet.l2Url).port) })
    socket.send({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] })
    const { result: subscription } = await socket.next<{ result: string }>()

    const loaded = await load(second.l2, dump)
    expect(loaded.map(({ chainId }) => Number(chainId))).toEqual([deployment.l1ChainId, deployment.l2ChainId])
    expect(await headOf(second.l1)).toMatchObject({ hash: l1Head.hash, stateRoot: l1Head.stateRoot })
    expect(await headOf(second.l2)).toMatchObject({ hash: l2Head.hash, stateRoot: l2Head.stateRoot })
    await expect(second.l2.reader.getTransactionReceipt({ hash: lost.transactionHash })).rejects.toThrow()
    await expect(rpc(second.l2, 'eth_getFilterChanges', [filter])).rejects.toThrow(/filter not found/)
    socket.send({ jsonrpc: '2.0', id: 2, method: 'eth_unsubscribe', params: [subscription] })
    expect(await socket.next()).toMatchObject({ id: 2, error: { message: 'subscription not found' } })
    socket.close()

    // the clock, the seal modes and the pool are those of then
    expect(await rpc<boolean>(second.l1, 'anvil_getAutomine', [])).toBe(false)
    expect(await second.l1.reader.getTransaction({ hash: waiting })).toMatchObject({ blockNumber: null })
    await rpc(second.l1, 'evm_mine', [])
    await succeeded(second.l1, waiting)
    const { timestamp } = await headOf(second.l1)
    expect(Number(timestamp)).toBeGreaterThan(Date.now() / 1000 + 900)

    // and everything goes on: a deposit, a settlement, a claim of what was sent before the dump
    await rpc(second.l1, 'evm_setAutomine', [true])
    const index = await deposit(second.l1, deployment, DEV_ADDRESSES[4], 3n)
    await until('the deposit on L2', async () => {
      const status = await rpc<{ queue: { deposits: Hex } }>(second.l2, 'rollup_status', [])
      return status.queue.deposits === '0x0' ? index : undefined
    })
    const { to, calldata } = await claimable(second.l2, withdrawal)
    await succeeded(second.l1, await second.l1.wallet.sendTransaction({ to, data: calldata }))
    await until('the settlement', async () => {
      const { lag } = await rpc<{ lag: { blocks: Hex } }>(second.l2, 'rollup_status', [])
      return lag.blocks === '0x0' ? true : undefined
    })

    // pages and figures are of the chains that are there
    const health = (await (await fetch(`${second.devnet.l2Url}/health`)).json()) as { head: { number: number } }
    expect(BigInt(health.head.number)).toBe((await headOf(second.l2)).number)
    const page = await (await fetch(`${second.devnet.l1Url}/metrics`)).text()
    expect(page).toContain(`reenact_head_number{chain="l1"} ${(await headOf(second.l1)).number}`)

    // the first devnet went its own way
    expect(await headOf(first.l1)).toMatchObject({ hash: l1Head.hash })
  })

  it('is begun from a file, in memory or in a data directory, and found there again', async () => {
    const origin = await start()
    await succeeded(origin.l2, await origin.l2.wallet.sendTransaction({ to: DEV_ADDRESSES[3], value: 9n }))
    const head = await headOf(origin.l2)
    const path = folder()
    const file = join(path, 'devnet.dump')
    const dump = await dumpOf(origin.l1)
    writeFileSync(file, Buffer.from(dump.slice(2), 'hex'))
    await expect(startTestDevnet({ options: { 'load-state': file, rollups: 2 } })).rejects.toThrow(
      `--rollups 2: ${file} holds 1 rollup; leave --rollups out`,
    )
    const dataDir = join(path, 'data')
    const kept = await start({ 'load-state': file, 'data-dir': dataDir })
    expect(await headOf(kept.l2)).toMatchObject({ hash: head.hash })
    await expect(startTestDevnet({ options: { 'load-state': file, 'data-dir': dataDir } })).rejects.toThrow(
      /holds a devnet already; leave --load-state out/,
    )
    const later = await succeeded(kept.l2, await kept.l2.wallet.sendTransaction({ to: DEV_ADDRESSES[3], value: 1n }))
    // loaded again, in place: what came later is gone, and so are its files
    await load(kept.l1, dump)
    expect(await headOf(kept.l2)).toMatchObject({ hash: head.hash })
    expect(readdirSync(dataDir).sort()).toEqual(['current', 'loaded-2'])
    await devnets.pop()?.close()
    const again = await start({ 'data-dir': dataDir })
    expect(await headOf(again.l2)).toMatchObject({ hash: head.hash })
    await expect(again.l2.reader.getTransactionReceipt({ hash: later.transactionHash })).rejects.toThrow()
  })
})

describe('what is no dump of ours', () => {
  let devnet: TestDevnet
  let l1: Client
  let l2: Client
  let dump: Buffer
  beforeAll(async () => {
    devnet = await startTestDevnet()
    ;({ l1, l2 } = clientsOf(devnet))
    dump = Buffer.from((await dumpOf(l1)).slice(2), 'hex')
  })
  afterAll(() => devnet?.close())

  const changed = (change: (bytes: Buffer) => void): Buffer => {
    const bytes = Buffer.from(dump)
    change(bytes)
    return bytes
  }
  it.each<[string, () => Buffer, RegExp]>([
    ['nothing', () => Buffer.alloc(0), /not a dump of a devnet/],
    ['something else', () => Buffer.from('x'.repeat(1_000)), /not a dump of a devnet/],
    ['one of another version', () => changed((bytes) => bytes.writeUInt32BE(0x00020001, 8)), /format 2\.1/],
    [
      'one with a flipped bit',
      () => changed((bytes) => bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 1, bytes.length - 9)),
      /checksum/,
    ],
    ['one cut short', () => dump.subarray(0, dump.length - 10), /checksum/],
    ['one with something behind it', () => Buffer.concat([dump, Buffer.of(0)]), /checksum/],
    ['one that claims to be too large', () => changed((bytes) => bytes.writeBigUInt64BE(1n << 40n, 12)), /larger than/],
    ['one that claims to be shorter', () => changed((bytes) => bytes.writeBigUInt64BE(100_000n, 12)), /ends too early/],
  ])('%s is refused, and the devnet goes on', async (_, bytes, reason) => {
    const before = await headOf(l2)
    await expect(load(l2, `0x${bytes().toString('hex')}`)).rejects.toThrow(reason)
    expect(await headOf(l2)).toMatchObject({ hash: before.hash })
    await succeeded(l2, await l2.wallet.sendTransaction({ to: DEV_ADDRESSES[3], value: 1n }))
  })

  /** Sound as a file: the header of the dump changed, with its checksum. */
  async function withHeader(change: (header: string) => string): Promise<Hex> {
    const opened = await openDump(dump)
    const stores = [await openStore(), await openStore()]
    for (const store of stores) await opened.fill(store)
    const { signal } = new AbortController()
    const header = change(opened.header)
    expect(header).not.toBe(opened.header)
    const bytes = await encodeDump(
      header,
      stores.map((store) => store.entries()),
      { signal },
    )
    return `0x${Buffer.from(bytes).toString('hex')}`
  }
  it.each<[string, (header: string) => string, RegExp]>([
    ['a header that lacks something', (header) => header.replace('"offsetMs"', '"offset"'), /damaged: offsetMs/],
    [
      'chains of another genesis',
      (header) => header.replace('"gasLimit":"0x3938700"', '"gasLimit":"0x3938701"'),
      /genesis/,
    ],
    [
      // the last thing that is looked at: both chains are open, and L1 runs
      'a rollup that the contracts on L1 do not know',
      (header) => header.replace('"sequencerTimeout":7200', '"sequencerTimeout":7201'),
      /sequencerTimeout/i,
    ],
  ])('%s: nothing is changed, and the devnet goes on', async (_, change, reason) => {
    const forged = await withHeader(change)
    const before = await headOf(l2)
    await expect(load(l2, forged)).rejects.toThrow(reason)
    expect(await headOf(l2)).toMatchObject({ hash: before.hash })
    const sent = await withdraw(l2, devnet.deployment, DEV_ADDRESSES[3], 1n)
    await claimable(l2, sent)
  })

  it('one with another number of rollups is refused with what helps', async () => {
    const two = await start({ rollups: 2 })
    await expect(load(l2, await dumpOf(two.l1))).rejects.toThrow(/has 2 rollups, this devnet has 1.*--load-state/)
    await succeeded(l2, await l2.wallet.sendTransaction({ to: DEV_ADDRESSES[3], value: 1n }))
    await deposit(l1, devnet.deployment, DEV_ADDRESSES[4], 3n)
  })
})
