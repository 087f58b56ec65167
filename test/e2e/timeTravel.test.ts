import { parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { openSocket } from '../rpc/support.ts'
import { type Client, clientFor, deposit, rpc, succeeded, until, withdraw } from './clients.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

const FRESH = '0x00000000000000000000000000000000000f4e55'

/** What L2 does when the L1 below it goes back, and when the clock of both moves. */
describe('a live devnet', () => {
  let devnet: TestDevnet
  let l1: Client
  let l2: Client

  beforeAll(async () => {
    devnet = await startTestDevnet()
    l1 = clientFor(devnet.l1Url, devnet.deployment.l1ChainId, 1)
    l2 = clientFor(devnet.l2Url, devnet.deployment.l2ChainId, 1)
  })
  afterAll(() => devnet?.close())

  const balance = (client: Client, address: `0x${string}`) => client.reader.getBalance({ address })
  const headOf = (client: Client) => client.reader.getBlock()
  const transfer = async (client: Client, value: bigint) =>
    succeeded(client, await client.wallet.sendTransaction({ to: FRESH, value }))

  /** Everything on L2 is settled on the L1 that exists. */
  async function settled(): Promise<bigint> {
    return until('settlement of the L2 head', async () => {
      const number = await l1.reader.readContract({
        address: devnet.deployment.l1.rollup,
        abi: nativeRollup.abi,
        functionName: 'headNumber',
      })
      const head = await headOf(l2)
      if (number !== head.number) return undefined
      const hash = await l1.reader.readContract({
        address: devnet.deployment.l1.rollup,
        abi: nativeRollup.abi,
        functionName: 'headHash',
      })
      return hash === head.hash ? number : undefined
    })
  }

  it('evm_revert across deposits and settlements: L2 follows, keeps its transfers and goes on', async () => {
    await transfer(l2, 1n)
    await settled()
    const id = await rpc(l1, 'evm_snapshot', [])
    const before = await balance(l2, l2.account.address)
    await deposit(l1, devnet.deployment, FRESH, parseEther('2'))
    await until('the deposit on L2', async () => ((await balance(l2, FRESH)) > parseEther('2') ? true : undefined))
    await transfer(l2, 5n)
    await settled()
    expect(await rpc(l1, 'evm_revert', [id])).toBe(true)
    // The deposit was never made; the transfer was, on L2, and is made again.
    await until('L2 without the deposit', async () => ((await balance(l2, FRESH)) === 6n ? true : undefined))
    await settled()
    expect(await balance(l2, l2.account.address)).toBeLessThan(before)
    await deposit(l1, devnet.deployment, FRESH, parseEther('1'))
    await until('another deposit', async () => ((await balance(l2, FRESH)) === parseEther('1') + 6n ? true : undefined))
    await transfer(l2, 1n)
    await settled()
  }, 120_000)

  it('logs on L2 that an L1 reorg takes back come as removed, and again when their transaction does', async () => {
    type Log = { transactionHash: string; blockHash: string; removed: boolean }
    await settled()
    const ofMessenger = { address: devnet.deployment.l2.messenger }
    const filter = await rpc(l2, 'eth_newFilter', [ofMessenger])
    const socket = await openSocket({ port: Number(new URL(devnet.l2Url).port) })
    socket.send({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['logs', ofMessenger] })
    await socket.next()
    const id = await rpc(l1, 'evm_snapshot', [])
    const before = await balance(l2, FRESH)
    await deposit(l1, devnet.deployment, FRESH, 7n)
    await until('the deposit on L2', async () => ((await balance(l2, FRESH)) === before + 7n ? true : undefined))
    const hash = await withdraw(l2, devnet.deployment, FRESH, 1n)
    const { blockHash } = await succeeded(l2, hash)
    expect(await rpc(l1, 'evm_revert', [id])).toBe(true)
    const logs: Log[] = []
    await until('the withdrawal in another block', async () => {
      logs.push(...((await rpc(l2, 'eth_getFilterChanges', [filter])) as Log[]))
      return logs.filter(({ transactionHash }) => transactionHash === hash).length >= 3 ? true : undefined
    })
    const [first, removed, again] = logs.filter(({ transactionHash }) => transactionHash === hash)
    expect(first).toMatchObject({ blockHash, removed: false })
    expect(removed).toEqual({ ...first, removed: true })
    expect(again).toMatchObject({ removed: false })
    expect(again?.blockHash).not.toBe(blockHash)
    for (const log of logs) expect(await socket.next()).toMatchObject({ params: { result: log } })
    socket.close()
    await settled()
  }, 60_000)

  it('evm_increaseTime moves both chains; going back does not leave L2 ahead of time', async () => {
    for (const jump of [100, 86_400]) {
      const id = await rpc(l1, 'evm_snapshot', [])
      const before = await headOf(l2)
      await rpc(l2, 'evm_increaseTime', [jump])
      await transfer(l2, 1n)
      const ahead = await headOf(l2)
      expect(ahead.timestamp).toBeGreaterThanOrEqual(before.timestamp + BigInt(jump) - 10n)
      await settled()
      expect((await headOf(l1)).timestamp).toBeGreaterThanOrEqual(ahead.timestamp)
      expect(await rpc(l1, 'evm_revert', [id])).toBe(true)
      await transfer(l2, 1n)
      await settled()
      expect((await headOf(l2)).timestamp).toBeLessThan(before.timestamp + 90n)
    }
  }, 120_000)

  it('rebuilds L2 blocks that are ahead of a clock that was set back, although L1 still has their anchors', async () => {
    await settled()
    const id = await rpc(l1, 'evm_snapshot', [])
    const before = await headOf(l2)
    await rpc(l1, 'evm_increaseTime', [300])
    await transfer(l2, 1n)
    expect((await headOf(l2)).timestamp).toBeGreaterThanOrEqual(before.timestamp + 290n)
    expect(await rpc(l1, 'evm_revert', [id])).toBe(true)
    await until('L2 in the present', async () => {
      const { timestamp } = await headOf(l2)
      return timestamp < before.timestamp + 90n ? true : undefined
    })
    await transfer(l2, 1n)
    await settled()
  }, 60_000)

  it('mines on L2 as the builder may, and the blocks settle', async () => {
    const { number } = await headOf(l2)
    await rpc(l2, 'hardhat_mine', ['0x14'])
    await rpc(l2, 'evm_mine', [])
    await rpc(l2, 'anvil_mine', [2, 60])
    expect((await headOf(l2)).number).toBe(number + 23n)
    await settled()
  }, 120_000)

  it('L1 back to genesis: L2 begins again with its transactions', async () => {
    await rpc(l1, 'hardhat_reset', [])
    await until('L2 on the new L1', async () => ((await balance(l2, FRESH)) < parseEther('1') ? true : undefined))
    await settled()
    await transfer(l2, 1n)
    await settled()
  }, 120_000)
})
