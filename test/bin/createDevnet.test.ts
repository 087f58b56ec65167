import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CreateDevnetOptions, type CreatedDevnet, createDevnet, DevnetError } from 'reenact/devnet'
import type { NativeRollupChain } from 'reenact/viem'
import { type Chain, parseEther } from 'viem'
import { generatePrivateKey, mnemonicToAccount, privateKeyToAccount } from 'viem/accounts'
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'

const opened: CreatedDevnet[] = []
async function start(options?: CreateDevnetOptions): Promise<CreatedDevnet> {
  const devnet = await createDevnet(options)
  opened.push(devnet)
  return devnet
}
afterEach(async () => {
  for (const devnet of opened.splice(0)) await devnet.close()
})

const stranger = () => privateKeyToAccount(generatePrivateKey())
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing thrown',
    (error: DevnetError) => (error instanceof DevnetError ? error.code : error),
  )

describe('a devnet in this process', () => {
  test('serves its chains, with clients of the first account that have everything', async () => {
    const devnet = await start({ rollups: 2 })
    const { l1, l2 } = devnet.clients
    expect(await l1.getChainId()).toBe(18_079)
    expect(await l2.getChainId()).toBe(28_079)
    expect(devnet.rollups.map(({ chain }) => chain.id)).toEqual([28_079, 28_080])
    expect(devnet.l2).toBe(devnet.rollups[0])
    expect(devnet.l1.wsUrl).toBe(devnet.l1.url.replace('http', 'ws'))
    expect(devnet.accounts).toHaveLength(10)
    const last = devnet.accounts[9].address
    expect(privateKeyToAccount(devnet.privateKeys[9]).address).toBe(last)
    expect(mnemonicToAccount(devnet.mnemonic, { addressIndex: 9 }).address).toBe(last)
    expect(await l1.getBalance({ address: devnet.accounts[9].address })).toBe(parseEther('10000'))

    const to = stranger().address
    const hash = await l1.sendTransaction({ to, value: 7n })
    expect((await l1.waitForTransactionReceipt({ hash })).status).toBe('success')
    const message = await l1.sendMessage({ targetChain: devnet.l2.chain, to, value: 8n, l2GasLimit: 100_000n })
    await l1.waitForTransactionReceipt({ hash: message })
    await l1.setBalance({ address: to, value: 9n })
    expect(await l1.getBalance({ address: to })).toBe(9n)

    expectTypeOf(devnet.l1.chain).toEqualTypeOf<Chain>()
    expectTypeOf(devnet.l2.chain).toEqualTypeOf<NativeRollupChain>()
    expectTypeOf(l2.chain).toEqualTypeOf<NativeRollupChain>()
  })

  test('clients of other accounts and rollups', async () => {
    const devnet = await start({ rollups: 2 })
    const own = stranger()
    expect(devnet.clientsOf(own).l1.account.address).toBe(own.address)
    const second = devnet.clientsOf(3, 1)
    expect(second.l2.account.address).toBe(devnet.accounts[3].address)
    expect(await second.l2.getChainId()).toBe(28_080)
    expect(() => devnet.clientsOf(10)).toThrow(
      new DevnetError('BAD_ACCOUNT', 'there are 10 test accounts, the first is 0; there is no 10'),
    )
    expect(() => devnet.clientsOf(0, 2)).toThrow(
      new DevnetError('NO_ROLLUP', 'this devnet has 2 rollups, the first is 0; there is no 2'),
    )
  })

  test('sealed by hand: blocks, settlement, snapshots and time move only when told', async () => {
    const devnet = await start({ sealing: 'manual', rollups: 2 })
    const { l1, l2 } = devnet.clients
    const second = devnet.clientsOf(0, 1).l2
    const heads = () => Promise.all([l1, l2, second].map((client) => client.getBlockNumber()))
    const to = stranger().address
    await l1.sendMessage({ targetChain: devnet.l2.chain, to, value: 5n, l2GasLimit: 100_000n })
    expect(await heads()).toEqual([0n, 0n, 0n])
    await devnet.mine({ l1: 1 })
    expect(await heads()).toEqual([1n, 0n, 0n])
    await devnet.mine({ l2: 1 })
    expect(await l2.getBalance({ address: to })).toBe(5n)
    await devnet.mine()
    expect(await heads()).toEqual([2n, 2n, 2n])

    const id = await devnet.snapshot()
    const settlements = await devnet.settle()
    expect(new Set(settlements).size).toBe(settlements.length)
    expect(settlements.length).toBeGreaterThanOrEqual(2)
    for (const { chain } of devnet.rollups) expect((await l1.getL2Head({ targetChain: chain })).blockNumber).toBe(2n)
    expect(await devnet.settle()).toEqual([])
    const { timestamp } = await l1.getBlock()
    await devnet.increaseTime(3_600)
    expect((await l1.getBlock()).timestamp).toBeGreaterThanOrEqual(timestamp + 3_600n)
    expect((await l2.getBlock()).timestamp).toBeGreaterThanOrEqual(timestamp + 3_600n)

    await devnet.revert(id)
    expect(await heads()).toEqual([2n, 2n, 2n])
    expect((await l1.getL2Head({ targetChain: devnet.l2.chain })).blockNumber).toBe(0n)
    await expect(devnet.revert(id)).rejects.toThrow(/no snapshot/)
    expect(await codeOf(devnet.mine({ l1: -1 }))).toBe('BAD_OPTION')
    // as JavaScript may call it
    expect(await codeOf(devnet.mine(1 as never))).toBe('BAD_OPTION')
    expect(await codeOf(devnet.mine({ L1: 1 } as never))).toBe('BAD_OPTION')
    expect(await codeOf(devnet.increaseTime(0.5))).toBe('BAD_OPTION')
    expect(await heads()).toEqual([2n, 2n, 2n])
  })

  test('settles by itself, or only when told', async () => {
    const devnet = await start({ settle: false, finalityDelay: 60 })
    const { l1, l2 } = devnet.clients
    const hash = await l2.sendTransaction({ to: stranger().address, value: 1n })
    const { blockNumber } = await l2.waitForTransactionReceipt({ hash })
    expect((await l1.getL2Head({ targetChain: devnet.l2.chain })).blockNumber).toBe(0n)
    expect(await devnet.settle()).toHaveLength(1)
    expect((await l1.getL2Head({ targetChain: devnet.l2.chain })).blockNumber).toBe(blockNumber)
  })

  test('keeps its chains in a folder, and begins with a dump', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'devnet-'))
    try {
      const dataDir = join(folder, 'data')
      const first = await start({ dataDir, rollups: 2, genesisTime: 1_700_000_000 })
      await first.clients.l1.mine({ blocks: 3 })
      const third = (devnet: CreatedDevnet) => devnet.clients.l1.getBlock({ blockNumber: 3n })
      const { hash } = await third(first)
      const dump = await first.clients.l1.request<{ Method: string; Parameters: []; ReturnType: string }>({
        method: 'rollup_dumpState',
        params: [],
      })
      const loadState = join(folder, 'dump')
      writeFileSync(loadState, Buffer.from(dump.slice(2), 'hex'))
      await first.close()
      expect(await codeOf(createDevnet({ dataDir, rollups: 3 }))).toBe('BAD_OPTION')
      const again = await start({ dataDir })
      expect(again.rollups).toHaveLength(2)
      expect((await third(again)).hash).toBe(hash)
      const loaded = await start({ loadState })
      expect((await third(loaded)).hash).toBe(hash)
      expect((await loaded.clients.l1.getBlock({ blockNumber: 0n })).timestamp).toBe(1_700_000_000n)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('tells its logger, which console is one of', async () => {
    const events: string[] = []
    const devnet = await start({ logger: { info: (event) => void events.push(event) } })
    await devnet.clients.l1.mine({ blocks: 1 })
    expect(events.filter((event) => event.startsWith('l1: '))).not.toEqual([])
    expectTypeOf(console).toExtend<NonNullable<CreateDevnetOptions['logger']>>()
  })
})

describe('options that are refused', () => {
  const cases: [given: object, message: RegExp][] = [
    [{ rollup: 1 }, /unknown option rollup \(did you mean rollups\?\)/],
    [{ rollups: 0 }, /rollups 0: expected number to be >=1/],
    [{ rollups: '2' }, /rollups "2": expected number/],
    [{ rollups: 17, l1BlockTime: -1 }, /rollups 17: .*; l1BlockTime -1: /],
    [{ sealing: 'never' }, /sealing "never": expected one of "instant", "manual"/],
    [{ sealing: 'manual', l2BlockTime: 1 }, /sealing 'manual' makes no blocks by itself/],
    [{ sealing: 'manual', l1BlockTime: 0, l2BlockTime: 1 }, /sealing 'manual' makes no blocks by itself/],
    [{ censor: ['0x12'] }, /censor \["0x12"\]: must be addresses/],
    [{ censor: [5] }, /censor\.0 5: expected string/],
    [{ dataDir: '' }, /dataDir "": /],
    [{ loadState: '/nowhere' }, /^createDevnet: loadState \/nowhere: ENOENT/],
    [{ executeWorker: 'yes' }, /executeWorker "yes": expected boolean/],
    [{ logger: 1 }, /logger 1: expected a logger/],
    [{ l1Port: 70_000 }, /l1Port 70000: /],
    [{ l1Port: 9_000, l2Port: 9_000 }, /l1Port 9000: L2 has the same/],
    [{ finalityDelay: 1n }, /finalityDelay 1n: expected number/],
  ]
  test.each(cases)('%o', async (given, message) => {
    const error = await createDevnet(given as CreateDevnetOptions).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(DevnetError)
    expect(error).toMatchObject({ code: 'BAD_OPTION', message: expect.stringMatching(message) })
  })
})
