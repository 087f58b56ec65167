import { type Hex, parseEther } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { createEngines } from '../../bin/engines.ts'
import { openL1 } from '../../bin/l1.ts'
import type { Windows } from '../../genesis/creation.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import type { DevnetGenesis } from '../../genesis/types.ts'
import { adjustableClock, systemClock, systemTimers } from '../../node/clock.ts'
import { createLogger, silentLogger } from '../../node/logger.ts'
import { createRandom } from '../../scripts/fixtures/random.ts'
import { checkBridge, quiet } from './afterwards.ts'
import { blockAt, type Receipt, receiptOf } from './chainAccess.ts'
import { type Client, claimable, deposit, encodeFunctionData, succeeded, until, withdraw } from './clients.ts'
import { type Running, workshop, writeGenesis } from './lives.ts'
import { claimRest, emptyLedger } from './load.ts'

const HOUR = 3_600_000
const EIGHT_DAYS = 8 * 24 * HOUR
/** has nothing on L2 but what is deposited */
const poor = privateKeyToAccount(`0x${'5a'.repeat(32)}`)
const someone: Hex = '0x00000000000000000000000000000000001057e6'

type LogLine = { event: string; level: number; reason?: string; hash?: Hex }

function listeningLogger() {
  const lines: LogLine[] = []
  const logger = createLogger({ level: 'info', json: true, stream: { write: (line) => lines.push(JSON.parse(line)) } })
  return { lines, logger }
}

const send = async (client: Client, request: { to?: Hex; value?: bigint; data?: Hex; gas?: bigint }): Promise<Hex> => {
  const hash = await client.wallet.sendTransaction({ gas: 1_000_000n, ...request })
  await client.reader.waitForTransactionReceipt({ hash })
  return hash
}

/** Blocks of all kinds on L2: plain, failed, a deployment, a deposit and what is paid with it, a withdrawal. */
async function workOnL2({ l1, l2, devnet, chains }: Running): Promise<{ hashes: Hex[]; withdrawal: Hex }> {
  const { deployment } = devnet
  const hashes: Hex[] = []
  for (let index = 0; index < 5; index++) hashes.push(await send(l2, { to: someone, value: 1n }))
  // returns 32 bytes of code that does nothing but fail; then a call of it
  hashes.push(await send(l2, { data: '0x60fe5f5360015ff3' }))
  const deployed = await l2.reader.getTransactionReceipt({ hash: hashes.at(-1) ?? '0x' })
  hashes.push(await send(l2, { to: deployed.contractAddress ?? someone, gas: 100_000n }))
  await deposit(l1, deployment, poor.address, parseEther('1'))
  await until('the deposit', async () =>
    (await l2.reader.getBalance({ address: poor.address })) > 0n ? true : undefined,
  )
  const spending = await poor.signTransaction({
    type: 'eip1559',
    chainId: deployment.l2ChainId,
    nonce: 0,
    to: someone,
    value: parseEther('0.5'),
    gas: 300_000n,
    maxFeePerGas: 10_000_000_000n,
  })
  hashes.push(await l2.reader.request({ method: 'eth_sendRawTransaction', params: [spending] } as never))
  await succeeded(l2, hashes.at(-1) ?? '0x')
  const withdrawal = await withdraw(l2, deployment, someone, parseEther('0.25'))
  hashes.push(withdrawal)
  expect(BigInt((await blockAt(chains.l2, 'latest')).number)).toBeGreaterThanOrEqual(BigInt(hashes.length))
  return { hashes, withdrawal }
}

const receiptsOf = ({ chains }: Running, hashes: readonly Hex[]): Promise<Receipt[]> =>
  Promise.all(
    hashes.map((hash) => until(`a receipt of ${hash}`, async () => (await receiptOf(chains.l2, hash)) ?? undefined)),
  )

/** All transactions are there with the outcome they had, in other blocks than before. */
async function checkRebuilt(running: Running, before: readonly Receipt[]): Promise<void> {
  const old = new Set(before.map(({ blockHash }) => blockHash))
  // the old blocks may still be there when the node has only decided to build them again
  const rebuilt = async (hash: Hex) => {
    const receipt = await receiptOf(running.chains.l2, hash)
    return receipt === null || old.has(receipt.blockHash) ? undefined : receipt
  }
  const after = await Promise.all(
    before.map(({ transactionHash: hash }) => until(`a new receipt of ${hash}`, () => rebuilt(hash))),
  )
  expect(after.map(({ status }) => status)).toEqual(before.map(({ status }) => status))
}

/** Everything is settled, the withdrawal can be claimed, and both ways of the bridge agree. */
async function checkSettled(running: Running, withdrawal: Hex): Promise<void> {
  const { l1, l2, chains, devnet } = running
  const { deployment } = devnet
  await quiet(chains)
  expect((await blockAt(chains.l2, 'safe')).hash).toBe((await blockAt(chains.l2, 'latest')).hash)
  expect(await headOnL1(running)).toBe((await blockAt(chains.l2, 'latest')).hash)
  const { to, calldata } = await claimable(l2, withdrawal)
  await succeeded(l1, await l1.wallet.sendTransaction({ to, data: calldata }))
  expect(await l1.reader.getBalance({ address: someone })).toBe(parseEther('0.25'))
  const load = { chains, deployment, ledger: emptyLedger(), random: createRandom(1) }
  await claimRest(load)
  await quiet(chains)
  await checkBridge(chains, deployment, emptyLedger())
}

async function askRollup({ chains, devnet }: Running, functionName: 'isOpen' | 'headHash'): Promise<Hex> {
  const data = encodeFunctionData({ abi: nativeRollup.abi, functionName })
  return chains.l1.call<Hex>('eth_call', [{ to: devnet.deployment.l1.rollup, data }, 'latest'])
}
const isOpen = async (running: Running): Promise<boolean> => BigInt(await askRollup(running, 'isOpen')) === 1n
const headOnL1 = (running: Running): Promise<Hex> => askRollup(running, 'headHash')

describe('a devnet that stood still', () => {
  const { newFolder, run } = workshop()

  it('for 8 days with unsettled blocks: builds them again and settles, although the rollup is open to others', async () => {
    const dataDir = await newFolder()
    const clock = adjustableClock()
    const first = await run(dataDir, { clock })
    await deposit(first.l1, first.devnet.deployment, someone, 1n)
    await quiet(first.chains)
    const settled = await blockAt(first.chains.l2, 'latest')
    await first.devnet.close()

    const second = await run(dataDir, { clock, options: { settle: false } })
    const { hashes, withdrawal } = await workOnL2(second)
    const before = await receiptsOf(second, hashes)
    expect(before.map(({ status }) => status)).toContain('0x0')
    expect(await isOpen(second)).toBe(false)
    await second.devnet.close()

    clock.shift(EIGHT_DAYS)
    const third = await run(dataDir, { clock, options: { settle: false } })
    await send(third.l1, { to: someone, value: 0n })
    expect(await isOpen(third)).toBe(true)
    // without settling there is nothing that could expire
    expect(await receiptsOf(third, hashes)).toEqual(before)
    await third.devnet.close()

    const { lines, logger } = listeningLogger()
    const fourth = await run(dataDir, { clock, logger })
    expect(lines).toContainEqual(
      expect.objectContaining({ event: 'unsettled L2 blocks are built again', reason: 'timestamp too old' }),
    )
    await checkRebuilt(fourth, before)
    expect((await blockAt(fourth.chains.l2, settled.number)).hash).toBe(settled.hash)
    await checkSettled(fourth, withdrawal)
    expect(await isOpen(fourth)).toBe(false)
    expect(lines.filter(({ level }) => level >= 50)).toEqual([])
  })

  it('with a settlement on its way, which L1 then refuses: builds the blocks again and settles', async () => {
    const dataDir = await newFolder()
    const clock = adjustableClock()
    const { lines, logger } = listeningLogger()
    const seals = { kind: 'manual' } as const
    const running = await run(dataDir, { clock, logger, l1: seals })
    const { l1, pool } = { l1: running.devnet.l1, pool: running.devnet.l1.pool }
    const hashes = [
      await send(running.l2, { to: someone, value: 5n }),
      await send(running.l2, { to: someone, value: 6n }),
    ]
    const before = await receiptsOf(running, hashes)
    await until('the settlement in the pool', async () => (pool.status().pending > 0 ? true : undefined))
    clock.shift(EIGHT_DAYS)
    await l1.sealer.sealNow()
    l1.sealer.setMode({ kind: 'instant' })
    await until('the rebuild', async () =>
      lines.some(({ event }) => event.endsWith('built again')) ? true : undefined,
    )
    await checkRebuilt(running, before)
    await quiet(running.chains)
  })

  it('and whose transactions no longer fit all: the log names each that is not back, and it comes back when it can', async () => {
    const dataDir = await newFolder()
    const clock = adjustableClock()
    const second = await run(dataDir, { clock, options: { settle: false } })
    const { l2 } = second
    const hashes: Hex[] = []
    // every block lowers the base fee; the last ones may not pay more than it has become
    for (let index = 0; index < 12; index++) hashes.push(await send(l2, { to: someone, value: 1n }))
    const { baseFeePerGas } = await l2.reader.getBlock()
    const cheap = { maxFeePerGas: baseFeePerGas ?? 0n, maxPriorityFeePerGas: 0n }
    for (const value of [2n, 3n]) {
      const hash = await l2.wallet.sendTransaction({ to: someone, value, gas: 300_000n, ...cheap })
      await succeeded(l2, hash)
      hashes.push(hash)
    }
    const before = await receiptsOf(second, hashes)
    await second.devnet.close()

    clock.shift(EIGHT_DAYS)
    const { lines, logger } = listeningLogger()
    const third = await run(dataDir, { clock, logger })
    await checkRebuilt(third, before.slice(0, -2))
    for (const hash of hashes.slice(-2)) {
      expect(await receiptOf(third.chains.l2, hash)).toBeNull()
      const event = expect.stringMatching(/^a transaction of the old chain (went back to|waits in) the pool$/)
      expect(lines).toContainEqual(expect.objectContaining({ event, hash }))
    }
    await third.devnet.close()

    // they are kept although the pool is not; each further block lowers the base fee
    const fourth = await run(dataDir, { clock })
    for (let blocks = 0; ; blocks++) {
      const receipts = await Promise.all(hashes.slice(-2).map((hash) => receiptOf(fourth.chains.l2, hash)))
      if (!receipts.includes(null)) break
      expect(blocks).toBeLessThan(20)
      await deposit(fourth.l1, fourth.devnet.deployment, poor.address, 1n)
      await quiet(fourth.chains)
    }
    await checkRebuilt(fourth, before)
    await quiet(fourth.chains)
  })
})

describe('a rollup whose anchors age fast', () => {
  const { newFolder, run } = workshop()
  const maxAnchorAge = 100

  async function folderWith(windows: Partial<Windows>) {
    const dataDir = await newFolder()
    return { dataDir, genesis: await writeGenesis(dataDir, windows) }
  }

  /** L1 goes on while L2 does not. */
  async function sealL1Alone(dataDir: string, genesis: DevnetGenesis, blocks: number): Promise<void> {
    const node = await openL1(
      { genesis: genesis.l1, dataDir, sealMode: { kind: 'manual' }, imported: false },
      { engines: await createEngines(silentLogger), clock: systemClock, timers: systemTimers, logger: silentLogger },
    )
    for (let count = 0; count < blocks; count++) await node.sealer.sealNow()
    await node.close()
  }

  it('89 builds blocks again whose anchors became too old while it was away', async () => {
    const { dataDir, genesis } = await folderWith({ maxAnchorAge })
    const first = await run(dataDir, { options: { settle: false } })
    expect(first.devnet.deployment.parameters.maxAnchorAge).toBe(maxAnchorAge)
    const { hashes, withdrawal } = await workOnL2(first)
    const before = await receiptsOf(first, hashes)
    await first.devnet.close()

    await sealL1Alone(dataDir, genesis, maxAnchorAge + 1)
    const { lines, logger } = listeningLogger()
    const second = await run(dataDir, { logger })
    expect(lines).toContainEqual(
      expect.objectContaining({ event: 'unsettled L2 blocks are built again', reason: 'anchor too old' }),
    )
    await checkRebuilt(second, before)
    await checkSettled(second, withdrawal)
  })

  it('keeps blocks that L1 still takes, up to the last block of the window', async () => {
    const { dataDir, genesis } = await folderWith({ maxAnchorAge })
    const first = await run(dataDir, { options: { settle: false } })
    const hash = await send(first.l2, { to: someone, value: 1n })
    const [before] = await receiptsOf(first, [hash])
    await first.devnet.close()
    await sealL1Alone(dataDir, genesis, maxAnchorAge - 10)
    const second = await run(dataDir)
    await quiet(second.chains)
    expect(await receiptsOf(second, [hash])).toEqual([before])
  })

  it('builds them again while it runs, when settlement begins late', async () => {
    const { dataDir } = await folderWith({ maxAnchorAge })
    const running = await run(dataDir, { options: { settle: false } })
    const { hashes, withdrawal } = await workOnL2(running)
    const before = await receiptsOf(running, hashes)
    for (let count = 0; count < maxAnchorAge; count++) await running.devnet.l1.sealer.sealNow()
    await running.devnet.rollup.node.settleNow()
    await checkRebuilt(running, before)
    expect((await blockAt(running.chains.l2, 'safe')).hash).toBe((await blockAt(running.chains.l2, 'latest')).hash)
    await claimable(running.l2, withdrawal)
  })
})
