import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEther } from 'viem'
import { describe, expect, it } from 'vitest'
import { DEV_ADDRESSES } from '../../genesis/accounts.ts'
import { L2_DEV_BALANCE } from '../../genesis/parameters.ts'
import { createRandom } from '../../scripts/fixtures/random.ts'
import { checkAccounts, checkBridge, checkReceipts, errorLines, quiet } from './afterwards.ts'
import { accessTo, blockAt, type Hex, type RpcLog } from './chainAccess.ts'
import { type Client, claimable, deposit, rpc, succeeded, until, withdraw } from './clients.ts'
import { type Running, workshop } from './lives.ts'
import { type Chains, claimRest, emptyLedger, startLoad } from './load.ts'
import { readyUrls, runToEnd } from './process.ts'

/** What a restart may not change. */
async function photograph({ chains }: Running): Promise<unknown> {
  const one = async (chain: Chains['l1']) => {
    const block = await blockAt(chain, 'latest')
    const genesis = await blockAt(chain, '0x0')
    const logs = await chain.call<RpcLog[]>('eth_getLogs', [{ fromBlock: '0x0' }])
    const receipts: unknown[] = []
    for (let number = 1n; number <= BigInt(block.number); number++) {
      receipts.push(await chain.call('eth_getBlockReceipts', [`0x${number.toString(16)}`]))
    }
    const balances = await chain.batch<Hex>(
      'eth_getBalance',
      DEV_ADDRESSES.map((address) => [address, 'latest']),
    )
    return { block, genesis, logs, receipts, balances }
  }
  return { l1: await one(chains.l1), l2: await one(chains.l2), config: await chains.l2.call('rollup_config') }
}

type Point = { number: Hex; hash: Hex }
type Status = {
  l1Head: Point
  l2: { unsafe: Point; safe: Point; finalized: Point }
  lag: { blocks: Hex }
  queue: { deposits: Hex; blocksToSettle: Hex }
  sequencer: { active: boolean }
  settler: { active: boolean; lastTx?: Hex; lastError?: string }
  escrow: Hex
}
const statusOf = ({ chains }: Running): Promise<Status> => chains.l2.call<Status>('rollup_status')

const someone: Hex = '0x00000000000000000000000000000000005e7be2'
const pay = async (client: Client, value: bigint) =>
  succeeded(client, await client.wallet.sendTransaction({ to: someone, value, gas: 300_000n }))

async function arrived({ l2 }: Running, balance: bigint): Promise<void> {
  await until('the deposit', async () =>
    (await l2.reader.getBalance({ address: someone })) === balance ? true : undefined,
  )
}

describe('a devnet with a data directory', () => {
  const { newFolder, run, spawn } = workshop()

  it('continues after a clean stop: blocks, receipts, logs, claims and settlement', async () => {
    const dataDir = await newFolder()
    const first = await run(dataDir)
    const { deployment } = first.devnet
    await deposit(first.l1, deployment, someone, 5n)
    await arrived(first, 5n)
    await pay(first.l2, 7n)
    const withdrawal = await withdraw(first.l2, deployment, someone, parseEther('0.4'))
    await quiet(first.chains)
    const before = await photograph(first)
    await first.devnet.close()

    // no settling: what is built now waits
    const second = await run(dataDir, { options: { settle: false } })
    expect(await photograph(second)).toEqual(before)
    expect(second.devnet.deployment).toEqual(deployment)
    const { to, calldata } = await claimable(second.l2, withdrawal)
    await succeeded(second.l1, await second.l1.wallet.sendTransaction({ to, data: calldata }))
    expect(await second.l1.reader.getBalance({ address: someone })).toBe(parseEther('0.4'))
    await deposit(second.l1, deployment, someone, 11n)
    await arrived(second, 23n)
    await pay(second.l2, 13n)
    expect(BigInt((await statusOf(second)).queue.blocksToSettle)).toBeGreaterThan(0n)
    await second.devnet.close()

    // L1 includes nothing: the settlement is sent, and lost with the pool
    const third = await run(dataDir, { l1: { kind: 'manual' } })
    await until('the settlement in the pool', async () =>
      third.devnet.l1.pool.status().pending > 0 ? true : undefined,
    )
    const unsettled = await photograph(third)
    expect(BigInt((await statusOf(third)).queue.blocksToSettle)).toBeGreaterThan(0n)
    await third.devnet.close()

    const fourth = await run(dataDir)
    await quiet(fourth.chains)
    expect(await photograph(fourth)).toMatchObject({ l2: (unsettled as { l2: unknown }).l2 })
    const [listed] = await rpc<{ status: string }[]>(fourth.l2, 'rollup_getWithdrawals', [{ txHash: withdrawal }])
    expect(listed?.status).toBe('claimed')
    const status = await until('the watcher to be at the head', async () => {
      const now = await statusOf(fourth)
      return now.l1Head.hash === (await blockAt(fourth.chains.l1, 'latest')).hash ? now : undefined
    })
    const head = await blockAt(fourth.chains.l2, 'latest')
    const point = { number: head.number, hash: head.hash }
    expect(status).toMatchObject({
      l2: { unsafe: point, safe: point, finalized: point },
      lag: { blocks: '0x0' },
      queue: { deposits: '0x0', blocksToSettle: '0x0' },
      sequencer: { active: true },
      settler: { active: true },
      escrow: `0x${(11n * L2_DEV_BALANCE + 16n - parseEther('0.4')).toString(16)}`,
    })
    expect(status.settler.lastError).toBeUndefined()
    await pay(fourth.l1, 1n)
    await pay(fourth.l2, 1n)
    await quiet(fourth.chains)
  })

  it('as a process under load ends with 0 on SIGTERM, and has everything when it starts again', async () => {
    const dataDir = await newFolder()
    const argv = ['--l1-port', '0', '--l2-port', '0', '--data-dir', dataDir, '--json', '--log-level', 'warn']
    const ledger = emptyLedger()
    const random = createRandom(8)
    const begin = async () => {
      const node = spawn(argv)
      const urls = readyUrls(await node.line('ready '))
      const { rollups } = JSON.parse(await node.line('{'))
      const chains = { l1: accessTo(urls.l1), l2: accessTo(urls.l2) }
      return { node, parts: { chains, deployment: rollups[0].deployment, ledger, random } }
    }
    for (let round = 0; round < 3; round++) {
      const { node, parts } = await begin()
      await checkReceipts(parts.chains, ledger)
      const enough = ledger.receipts.length + 40
      const load = startLoad(parts)
      const enoughSeen = async () => (ledger.receipts.length >= enough ? true : undefined)
      await Promise.race([until('enough receipts', enoughSeen, 60_000), load.over])
      node.child.kill('SIGTERM')
      expect(await node.ended).toBe(0)
      await load.over
      expect(errorLines(node.errors())).toEqual([])
    }
    const { node, parts } = await begin()
    await claimRest(parts)
    await quiet(parts.chains)
    await checkReceipts(parts.chains, ledger)
    await checkBridge(parts.chains, parts.deployment, ledger)
    await checkAccounts(parts.chains, ledger)
    node.child.kill('SIGTERM')
    expect(await node.ended).toBe(0)
  }, 180_000)

  it('started twice at once on a new directory: one runs, the other says why not, and the data stays good', async () => {
    const dataDir = await newFolder()
    const argv = ['--l1-port', '0', '--l2-port', '0', '--data-dir', dataDir, '--log-level', 'silent']
    // each would make another genesis: whose it is must not depend on who wrote last
    const nodes = ['1700000000', '1700000001', '1700000002'].map((time) => spawn([...argv, '--genesis-time', time]))
    const ready = await Promise.all(nodes.map((node) => node.line('ready ').catch(() => undefined)))
    const losers = nodes.filter((_, index) => ready[index] === undefined)
    expect(losers).toHaveLength(2)
    for (const loser of losers) {
      expect(await loser.ended).toBe(1)
      expect(loser.errors()).toMatch(/^reenact: data directory \S+ is in use by another process[^\n]*\n$/)
    }
    const winner = nodes.find((node) => !losers.includes(node))
    const genesis = await blockAt(accessTo(readyUrls(await (winner?.line('ready ') ?? '')).l1), '0x0')
    winner?.child.kill('SIGTERM')
    expect(await winner?.ended).toBe(0)
    const again = spawn(argv)
    const urls = readyUrls(await again.line('ready '))
    expect(await blockAt(accessTo(urls.l1), '0x0')).toEqual(genesis)
  })

  it('with the genesis of another directory is refused with one line', async () => {
    const [dataDir, other] = [await newFolder(), await newFolder()]
    for (const [folder, time] of [
      [dataDir, '1700000000'],
      [other, '1700000001'],
    ] as const) {
      const node = spawn(['--l1-port', '0', '--l2-port', '0', '--data-dir', folder, '--genesis-time', time])
      await node.line('ready ')
      node.child.kill('SIGTERM')
      expect(await node.ended).toBe(0)
    }
    await cp(join(other, 'genesis.json'), join(dataDir, 'genesis.json'))
    const argv = ['--l1-port', '0', '--l2-port', '0', '--data-dir', dataDir, '--log-level', 'silent']
    const refused = await runToEnd(argv)
    expect(refused.exit).toBe(1)
    expect(refused.errors).toMatch(/^reenact: the data belongs to the chain with genesis 0x[^\n]+\n$/)
  })
})

/** After a loss of power one store may have kept more than the other. */
describe('a data directory whose chains were not cut at the same time', () => {
  const { newFolder, run } = workshop()

  /** Two lives; the folder then holds the later chains, and beside them those of the first life. */
  async function twoLives(dataDir: string) {
    const first = await run(dataDir)
    const { deployment } = first.devnet
    await deposit(first.l1, deployment, someone, 5n)
    await arrived(first, 5n)
    await withdraw(first.l2, deployment, someone, 3n)
    await quiet(first.chains)
    await first.devnet.close()
    for (const chain of ['l1', 'l2']) await cp(join(dataDir, chain), join(dataDir, `${chain}.old`), { recursive: true })

    const second = await run(dataDir)
    await deposit(second.l1, deployment, someone, 11n)
    await arrived(second, 16n)
    const kept = [await pay(second.l2, 100n), await pay(second.l2, 200n)]
    await quiet(second.chains)
    await second.devnet.close()

    const third = await run(dataDir, { l1: { kind: 'manual' } })
    kept.push(await pay(third.l2, 400n))
    await until('the settlement in the pool', async () =>
      third.devnet.l1.pool.status().pending > 0 ? true : undefined,
    )
    await third.devnet.close()
    return { deployment, kept }
  }

  async function replace(dataDir: string, chain: 'l1' | 'l2', from: string | undefined): Promise<void> {
    await rm(join(dataDir, chain), { recursive: true })
    if (from !== undefined) await cp(join(dataDir, from), join(dataDir, chain), { recursive: true })
  }

  async function worksOn(running: Running): Promise<void> {
    const { l1, l2, devnet } = running
    const before = await l2.reader.getBalance({ address: someone })
    await deposit(l1, devnet.deployment, someone, 1_000n)
    await arrived(running, before + 1_000n)
    await pay(l2, 1n)
    await quiet(running.chains)
    const withdrawal = await withdraw(l2, devnet.deployment, '0x0000000000000000000000000000000000c1a1a1', 9n)
    const { to, calldata } = await claimable(l2, withdrawal)
    await succeeded(l1, await l1.wallet.sendTransaction({ to, data: calldata }))
    await claimRest({
      chains: running.chains,
      deployment: devnet.deployment,
      ledger: emptyLedger(),
      random: createRandom(1),
    })
    await quiet(running.chains)
    await checkBridge(running.chains, devnet.deployment, emptyLedger())
  }

  it('L2 is behind: what was settled comes back from L1', async () => {
    const dataDir = await newFolder()
    const { kept } = await twoLives(dataDir)
    await replace(dataDir, 'l2', 'l2.old')
    const running = await run(dataDir)
    for (const receipt of kept.slice(0, 2)) {
      const now = await running.l2.reader.getTransactionReceipt({ hash: receipt.transactionHash })
      expect(now).toEqual(receipt)
    }
    await worksOn(running)
  })

  it('L2 is gone: the rollup is rebuilt from L1', async () => {
    const dataDir = await newFolder()
    const { kept } = await twoLives(dataDir)
    await replace(dataDir, 'l2', undefined)
    const running = await run(dataDir)
    for (const receipt of kept.slice(0, 2)) {
      const now = await running.l2.reader.getTransactionReceipt({ hash: receipt.transactionHash })
      expect(now).toEqual(receipt)
    }
    await worksOn(running)
  })

  it('L1 is behind: blocks on what it lost are built again, and settled again', async () => {
    const dataDir = await newFolder()
    const { kept } = await twoLives(dataDir)
    await replace(dataDir, 'l1', 'l1.old')
    const running = await run(dataDir)
    for (const { transactionHash } of kept) await succeeded(running.l2, transactionHash)
    // the second deposit never was
    expect(await running.l2.reader.getBalance({ address: someone })).toBe(705n)
    await worksOn(running)
  })

  it('L1 is gone: L2 starts from its genesis with the transactions it had', async () => {
    const dataDir = await newFolder()
    const { kept } = await twoLives(dataDir)
    await replace(dataDir, 'l1', undefined)
    const running = await run(dataDir)
    for (const { transactionHash } of kept) await succeeded(running.l2, transactionHash)
    expect(await running.l2.reader.getBalance({ address: someone })).toBe(700n)
    await worksOn(running)
  })
})
