import { parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SETTLER_ADDRESSES } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { FIRST_L2_CHAIN_ID, L1_CHAIN_ID, L2_DEV_BALANCE } from '../../genesis/parameters.ts'
import type { RollupDeployment } from '../../genesis/types.ts'
import { type Client, claimable, clientFor, deposit, rpc, succeeded, until, withdraw } from './clients.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'
import { workshop } from './lives.ts'

const COUNT = 3
const someone = '0x00000000000000000000000000000000005e7be3'

type Rollup = { l2: Client; deployment: RollupDeployment; index: number }

describe(`${COUNT} rollups on one L1`, () => {
  let devnet: TestDevnet
  let l1: Client
  let rollups: Rollup[]

  beforeAll(async () => {
    devnet = await startTestDevnet({ options: { rollups: COUNT } })
    l1 = clientFor(devnet.l1Url, L1_CHAIN_ID, 1)
    rollups = devnet.summary.rollups.map(({ url, deployment }, index) => ({
      l2: clientFor(url, deployment.l2ChainId, 1),
      deployment,
      index,
    }))
  })
  afterAll(() => devnet?.close())

  const balanceOf = ({ l2 }: Rollup) => l2.reader.getBalance({ address: someone })
  const arrives = (rollup: Rollup, value: bigint) =>
    until(`${value} on rollup ${rollup.index}`, async () => ((await balanceOf(rollup)) === value ? true : undefined))
  const escrowOf = ({ deployment }: Rollup) => l1.reader.getBalance({ address: deployment.l1.messenger })
  const headOf = async ({ l2, deployment }: Rollup) =>
    until(`settlement of rollup ${deployment.l2ChainId}`, async () => {
      const contract = { address: deployment.l1.rollup, abi: nativeRollup.abi } as const
      const { number, hash } = await l2.reader.getBlock()
      const settled = await l1.reader.readContract({ ...contract, functionName: 'headHash' })
      return settled === hash ? number : undefined
    })

  it('have chain ids in a row, contracts, settlers and an escrow of their own', async () => {
    expect(rollups).toHaveLength(COUNT)
    for (const { deployment, l2, index } of rollups) {
      expect(await l2.reader.getChainId()).toBe(FIRST_L2_CHAIN_ID + index)
      expect(deployment.parameters.sequencer).toBe(SETTLER_ADDRESSES[index])
    }
    for (const name of ['rollup', 'messenger', 'tokenBridge'] as const) {
      expect(new Set(rollups.map(({ deployment }) => deployment.l1[name])).size).toBe(COUNT)
    }
    expect(new Set(rollups.map(({ deployment }) => deployment.l2GenesisHash)).size).toBe(COUNT)
    for (const rollup of rollups) expect(await escrowOf(rollup)).toBe(11n * L2_DEV_BALANCE)
  })

  it('take each its own deposits and withdrawals, all at the same time', async () => {
    const depositOf = ({ index }: Rollup) => parseEther('1') + BigInt(index)
    for (const rollup of rollups) await deposit(l1, rollup.deployment, someone, depositOf(rollup))
    await Promise.all(rollups.map((rollup) => arrives(rollup, depositOf(rollup))))
    for (const rollup of rollups) expect(await escrowOf(rollup)).toBe(11n * L2_DEV_BALANCE + depositOf(rollup))

    const claims = await Promise.all(
      rollups.map(async (rollup) => {
        const hash = await withdraw(rollup.l2, rollup.deployment, someone, BigInt(rollup.index + 1))
        return claimable(rollup.l2, hash)
      }),
    )
    for (const [index, rollup] of rollups.entries()) {
      const { to, calldata } = claims[index] ?? { to: someone, calldata: '0x' }
      expect(to).toBe(rollup.deployment.l1.messenger)
      // another rollup's escrow does not pay
      const other = rollups[(index + 1) % COUNT]?.deployment.l1.messenger ?? someone
      await expect(l1.reader.call({ account: l1.account, to: other, data: calldata })).rejects.toThrow()
      await succeeded(l1, await l1.wallet.sendTransaction({ to, data: calldata }))
      expect(await escrowOf(rollup)).toBe(11n * L2_DEV_BALANCE + depositOf(rollup) - BigInt(index + 1))
    }
    expect(await l1.reader.getBalance({ address: someone })).toBe(1n + 2n + 3n)
  })

  it('settle by keys of their own, so that no two share a nonce', async () => {
    for (const rollup of rollups) expect(await headOf(rollup)).toBeGreaterThan(0n)
    for (const { deployment, index } of rollups) {
      const advanced = await l1.reader.getContractEvents({
        address: deployment.l1.rollup,
        abi: nativeRollup.abi,
        eventName: 'BlockAdvanced',
        fromBlock: 0n,
      })
      expect(advanced.length).toBeGreaterThan(0)
      for (const hash of new Set(advanced.map(({ transactionHash }) => transactionHash))) {
        const { from } = await l1.reader.getTransaction({ hash })
        expect(from.toLowerCase()).toBe(SETTLER_ADDRESSES[index]?.toLowerCase())
      }
    }
  })

  it('follow L1 back over evm_revert, and its clock', async () => {
    const before = await Promise.all(rollups.map(balanceOf))
    const id = await rpc(l1, 'evm_snapshot', [])
    for (const rollup of rollups) await deposit(l1, rollup.deployment, someone, 5n)
    await Promise.all(rollups.map((rollup, index) => arrives(rollup, (before[index] ?? 0n) + 5n)))
    expect(await rpc(l1, 'evm_revert', [id])).toBe(true)
    await Promise.all(rollups.map((rollup, index) => arrives(rollup, before[index] ?? 0n)))

    const [first] = rollups
    if (first === undefined) throw new Error('there are three')
    // not the head's time: blocks that follow each other at once are ahead of the clock
    const now = Math.floor(Date.now() / 1_000)
    const lead = await rpc<number>(first.l2, 'evm_increaseTime', [1_000])
    expect(lead).toBeGreaterThanOrEqual(1_000)
    for (const { l2 } of rollups) await rpc(l2, 'evm_mine', [])
    for (const { l2 } of rollups)
      expect((await l2.reader.getBlock()).timestamp).toBeGreaterThanOrEqual(BigInt(now + lead))
    for (const rollup of rollups) await headOf(rollup)
  })

  it('are told apart in /metrics, on every port; L1 tells about the first', async () => {
    for (const { l2 } of rollups) {
      const body = await (await fetch(`${l2.url}/metrics`)).text()
      for (const chain of ['l1', 'l2', 'l2-1', 'l2-2']) expect(body).toContain(`reenact_head_number{chain="${chain}"}`)
      for (const chain of ['l2', 'l2-1', 'l2-2']) expect(body).toContain(`reenact_rollup_settling{chain="${chain}"} 1`)
    }
    for (const { l2, index } of rollups) {
      const health = await (await fetch(`${l2.url}/health`)).json()
      expect(health).toMatchObject({
        chain: index === 0 ? 'l2' : `l2-${index}`,
        chainId: String(FIRST_L2_CHAIN_ID + index),
      })
    }
    const { contracts } = await rpc<{ contracts: { l1: { messenger: string } } }>(l1, 'rollup_config', [])
    expect(contracts.l1.messenger.toLowerCase()).toBe(rollups[0]?.deployment.l1.messenger.toLowerCase())
  })

  it('keep a deposit that the messenger of another rollup got', async () => {
    const sent = await l1.reader.getContractEvents({
      address: rollups[1]?.deployment.l1.messenger ?? someone,
      abi: l1Messenger.abi,
      eventName: 'MessageSent',
      fromBlock: 0n,
    })
    // one each from the first test; that of the reverted time is gone
    expect(sent.map(({ args }) => args.value)).toEqual([parseEther('1') + 1n])
  })
})

describe('a data directory of several rollups', () => {
  const { newFolder, run } = workshop()

  it('keeps their number, and says so when another is asked for', async () => {
    const dataDir = await newFolder()
    const first = await run(dataDir, { options: { rollups: 2 } })
    const [, second] = first.devnet.summary.rollups
    if (second === undefined) throw new Error('there are two')
    const l2 = clientFor(second.url, second.deployment.l2ChainId, 1)
    await succeeded(l2, await l2.wallet.sendTransaction({ to: someone, value: 7n, gas: 300_000n }))
    await first.devnet.close()

    for (const rollups of [1, 3]) {
      await expect(run(dataDir, { options: { rollups } })).rejects.toMatchObject({
        code: 'BAD_VALUE',
        message: expect.stringMatching(`^--rollups ${rollups}: .* holds 2 rollups; leave --rollups out`),
      })
    }
    const again = await run(dataDir)
    const url = again.devnet.summary.rollups[1]?.url ?? ''
    const balance = await clientFor(url, second.deployment.l2ChainId).reader.getBalance({ address: someone })
    expect(balance).toBe(7n)
  })
})
