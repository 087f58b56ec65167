import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEther } from 'viem'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { storedGenesis } from '../../bin/settings.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { type Client, claimable, clientFor, deposit, rpc, succeeded, until, withdraw } from './clients.ts'
import { type Running, workshop } from './lives.ts'
import type { NodeProcess } from './process.ts'

const someone = '0x00000000000000000000000000000000005e7be4'

/** `reenact l2 --follow` as a process beside a devnet: it has no keys and knows L1 and a genesis file. */
describe('a follower', () => {
  const { newFolder, run, spawn } = workshop()
  let devnet: Running
  let genesisFile: string

  beforeEach(async () => {
    const dataDir = await newFolder()
    devnet = await run(dataDir)
    genesisFile = join(dataDir, 'l2.json')
    writeFileSync(genesisFile, JSON.stringify(storedGenesis(dataDir)?.rollups[0]?.l2))
  })
  let node: NodeProcess | undefined
  afterEach(async () => {
    node?.child.kill('SIGTERM')
    await node?.ended
  })

  async function follow(...more: string[]): Promise<Client> {
    const { l1Url, deployment } = devnet.devnet
    const argv = ['l2', '--follow', '--l1', l1Url, '--rollup', deployment.l1.rollup, '--genesis', genesisFile]
    node = spawn([...argv, '--port', '0', ...more])
    const [, url = ''] = /^ready l2=(\S+)/.exec(await node.line('ready ')) ?? []
    return clientFor(url, deployment.l2ChainId, 1)
  }

  const transfer = async ({ l2 }: Running, value: bigint) =>
    succeeded(l2, await l2.wallet.sendTransaction({ to: someone, value, gas: 300_000n }))
  const headOf = async ({ reader }: Client) => (await reader.getBlock()).hash
  /** everything of the sequencer is settled, and the follower has it */
  const caughtUp = (follower: Client) =>
    until('the same head on both', async () => {
      const { l1, l2, devnet: node } = devnet
      const head = await headOf(l2)
      const rollup = { address: node.deployment.l1.rollup, abi: nativeRollup.abi } as const
      const settled = await l1.reader.readContract({ ...rollup, functionName: 'headHash' })
      return settled === head && (await headOf(follower)) === head ? head : undefined
    })

  it('has the same blocks, receipts and balances, from before and after it started', async () => {
    const { l1, l2, devnet: node } = devnet
    await deposit(l1, node.deployment, someone, 5n)
    const before = await transfer(devnet, 7n)
    const follower = await follow()
    await caughtUp(follower)
    const after = await transfer(devnet, 11n)
    await caughtUp(follower)
    await until('the deposit', async () =>
      (await follower.reader.getBalance({ address: someone })) === 23n ? true : undefined,
    )
    for (const { transactionHash: hash } of [before, after]) {
      const [theirs, ours] = await Promise.all(
        [l2, follower].map((client) => client.reader.getTransactionReceipt({ hash })),
      )
      expect(ours).toEqual(theirs)
    }
    for (const tag of ['latest', 'safe', 'finalized'] as const) {
      const [theirs, ours] = await Promise.all(
        [l2, follower].map((client) => client.reader.getBlock({ blockTag: tag, includeTransactions: true })),
      )
      expect(ours).toEqual(theirs)
    }
    const status = await rpc<{ sequencer: object; settler: object }>(follower, 'rollup_status', [])
    expect(status).toMatchObject({
      sequencer: { active: false, reason: 'this node follows the rollup and does not build' },
      settler: { active: false },
      queue: { deposits: '0x0', blocksToSettle: '0x0' },
    })

    const withdrawal = await withdraw(l2, node.deployment, someone, parseEther('0.3'))
    const { to, calldata } = await claimable(follower, withdrawal)
    await succeeded(l1, await l1.wallet.sendTransaction({ to, data: calldata }))
    expect(await l1.reader.getBalance({ address: someone })).toBe(parseEther('0.3'))
  })

  it('follows L1 back when it reorganises, with what is no longer settled gone', async () => {
    const { l1 } = devnet
    await transfer(devnet, 1n)
    const follower = await follow()
    await caughtUp(follower)
    const id = await rpc(l1, 'evm_snapshot', [])
    await deposit(l1, devnet.devnet.deployment, someone, 5n)
    const lost = await until('the deposit', async () => {
      const { number, hash } = await follower.reader.getBlock()
      // of this block: the next one may be there already
      const balance = await follower.reader.getBalance({ address: someone, blockNumber: number })
      return balance === 6n ? { number, hash } : undefined
    })
    expect(await rpc(l1, 'evm_revert', [id])).toBe(true)
    await until('the follower without the deposit', async () =>
      (await follower.reader.getBalance({ address: someone })) === 1n ? true : undefined,
    )
    await transfer(devnet, 2n)
    await caughtUp(follower)
    await until('what is settled now', async () =>
      (await follower.reader.getBalance({ address: someone })) === 3n ? true : undefined,
    )
    expect((await follower.reader.getBlock({ blockNumber: lost.number })).hash).not.toBe(lost.hash)
    expect(node?.errors()).not.toMatch(/ERROR/)
  })

  it('refuses transactions with advice, and hands them on when it knows the sequencer', async () => {
    const { devnet: running } = devnet
    const alone = await follow()
    const signed = await alone.wallet.signTransaction(
      await alone.wallet.prepareTransactionRequest({ to: someone, value: 3n, gas: 300_000n }),
    )
    for (const method of ['eth_sendRawTransaction', 'eth_sendRawTransactionSync']) {
      await expect(rpc(alone, method, [signed])).rejects.toThrow(/follows the rollup.*sequencer's RPC.*--sequencer URL/)
    }
    node?.child.kill('SIGTERM')
    expect(await node?.ended).toBe(0)

    const handing = await follow('--sequencer', running.l2Url)
    const hash = await rpc<`0x${string}`>(handing, 'eth_sendRawTransaction', [signed])
    await succeeded(handing, hash)
    expect(await handing.reader.getBalance({ address: someone })).toBe(3n)
    // in the sequencer's own words
    await expect(rpc(handing, 'eth_sendRawTransaction', [signed])).rejects.toThrow(/nonce too low|already known/)
    await expect(rpc(handing, 'eth_sendRawTransaction', ['0x02'])).rejects.toThrow()
    expect(await headOf(handing)).toBe(await headOf(devnet.l2))
  })
})
