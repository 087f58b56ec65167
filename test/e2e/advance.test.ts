import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeFunctionData, type Hex, keccak256, parseEther } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { storedGenesis } from '../../bin/settings.ts'
import { DEV_PRIVATE_KEYS, devAccount } from '../../genesis/accounts.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { ROLLUP_DEFAULTS } from '../../genesis/parameters.ts'
import { type Client, claimable, clientFor, deposit, MESSAGE_GAS, rpc, succeeded, until, withdraw } from './clients.ts'
import { type Running, workshop } from './lives.ts'
import { runToEnd } from './process.ts'

const fresh = '0x00000000000000000000000000000000005e7be6'
/** the user who wants out; the key is for gas on L1 */
const USER = 3

/** Genesis is made by blocks of its own, a second apart, so that its contracts are a little ahead of its time. */
const SILENCE = ROLLUP_DEFAULTS.sequencerTimeout + 60

type Answer = {
  blocks: { number: Hex; hash: Hex; transactions: number }[]
  l1Transactions: Hex[]
  transactions: {
    hash: Hex
    block?: Hex
    succeeded?: boolean
    leftOut?: string
    withdrawals?: { status: string; proof?: { to: Hex; calldata: Hex } }[]
  }[]
}

/** The node that sequences is gone for good; L1 is all there is. */
describe('exit with the sequencer gone', () => {
  const { newFolder, run, spawn } = workshop()
  let devnet: Running
  let l1: Client
  let genesisFile: string

  beforeEach(async () => {
    const dataDir = await newFolder()
    devnet = await run(dataDir)
    l1 = devnet.l1
    genesisFile = join(await newFolder(), 'l2.json')
    writeFileSync(genesisFile, JSON.stringify(storedGenesis(dataDir)?.rollups[0]?.l2))
  })

  const signed = (request: { to: Hex; value: bigint; data?: Hex; nonce: number; chainId?: number }, index = USER) =>
    devAccount(index).signTransaction({
      type: 'eip1559',
      chainId: devnet.devnet.deployment.l2ChainId,
      gas: 2_000_000n,
      maxFeePerGas: 10_000_000_000n,
      maxPriorityFeePerGas: 0n,
      ...request,
    })
  const withdrawal = (to: Hex, value: bigint) =>
    signed({
      nonce: 0,
      to: devnet.devnet.deployment.l2.messenger,
      value,
      data: encodeFunctionData({
        abi: l2Messenger.abi,
        functionName: 'sendMessage',
        args: [to, 0n, MESSAGE_GAS, '0x'],
      }),
    })
  const argvOf = (...more: string[]) => {
    const { l1Url, deployment } = devnet.devnet
    return ['--l1', l1Url, '--rollup', deployment.l1.rollup, '--genesis', genesisFile, ...more]
  }
  const advance = (raws: readonly Hex[], ...more: string[]) =>
    runToEnd(['advance', ...argvOf(...raws.flatMap((raw) => ['--tx', raw]), ...more)], undefined, {
      env: { REENACT_KEY: DEV_PRIVATE_KEYS[USER] },
    })
  async function advanced(raws: readonly Hex[], ...more: string[]): Promise<Answer> {
    const { exit, output, errors } = await advance(raws, '--json', ...more)
    expect(errors).toBe('')
    expect(exit).toBe(0)
    return JSON.parse(output)
  }
  const settledHead = () =>
    l1.reader.readContract({
      address: devnet.devnet.deployment.l1.rollup,
      abi: nativeRollup.abi,
      functionName: 'headHash',
    })
  const quiet = () =>
    until('settlement', async () =>
      (await devnet.l2.reader.getBlock()).hash === (await settledHead()) ? true : undefined,
    )
  const sequencerGone = () => devnet.devnet.rollup.close()
  const time = async (seconds: number) => {
    await rpc(l1, 'evm_increaseTime', [seconds])
    await rpc(l1, 'evm_mine', [])
  }
  async function follow(): Promise<Client> {
    const node = spawn(['l2', '--follow', ...argvOf('--port', '0')])
    const [, url = ''] = /^ready l2=(\S+)/.exec(await node.line('ready ')) ?? []
    return clientFor(url, devnet.devnet.deployment.l2ChainId, USER)
  }

  it('87 lets an ordinary user rebuild L2 from L1, settle their withdrawal and claim it', async () => {
    const { deployment } = devnet.devnet
    // some history, and a deposit that nobody claims any more
    const earlier = await withdraw(devnet.l2, deployment, fresh, 1n)
    await quiet()
    await sequencerGone()
    await deposit(l1, deployment, fresh, 77n)

    const raw = await withdrawal(fresh, parseEther('900'))
    const early = await advance([raw])
    expect(early.exit).toBe(1)
    expect(early.errors.trim().split('\n')).toHaveLength(1)
    const { timestamp: lastAdvance } = await l1.reader.getBlock({ blockNumber: 2n })
    expect(early.errors).toMatch(/^reenact: the sequencer is 0x\w+, not 0x\w+; anyone may advance from /)
    const [, opensAt = ''] = / from (\S+) on/.exec(early.errors) ?? []
    expect(Date.parse(opensAt) / 1_000 - Number(lastAdvance)).toBeGreaterThanOrEqual(
      ROLLUP_DEFAULTS.sequencerTimeout - 60,
    )

    await time(SILENCE)
    const answer = await advanced([raw])
    expect(answer.transactions).toMatchObject([{ hash: keccak256(raw), succeeded: true }])
    expect(answer.l1Transactions).toHaveLength(1)
    expect(answer.blocks.at(-1)?.hash).toBe(await settledHead())

    const [{ proof } = {}] = answer.transactions[0]?.withdrawals ?? []
    if (proof === undefined) throw new Error('no proof')
    await succeeded(l1, await l1.wallet.sendTransaction({ to: proof.to, data: proof.calldata }))
    expect(await l1.reader.getBalance({ address: fresh })).toBe(parseEther('900'))
    // and from any follower, also for a withdrawal that the sequencer had settled itself
    const follower = await follow()
    expect((await follower.reader.getBlock()).hash).toBe(await settledHead())
    const older = await claimable(follower, earlier)
    await succeeded(l1, await l1.wallet.sendTransaction({ to: older.to, data: older.calldata }))
    expect(await l1.reader.getBalance({ address: fresh })).toBe(parseEther('900') + 1n)
    // the waiting deposit was delivered behind the user's transaction
    expect(await follower.reader.getBalance({ address: fresh })).toBe(77n)
  }, 120_000)

  it('keeps the order of transactions, tells what was left out and why, and goes on from there', async () => {
    await quiet()
    await sequencerGone()
    await time(SILENCE)
    const poor = await signed({ to: fresh, value: parseEther('5'), nonce: 0 }, 4)
    const first = await signed({ to: fresh, value: parseEther('1'), nonce: 0 })
    const second = await signed({ to: fresh, value: parseEther('2'), nonce: 1 })
    const tooMuch = await signed({ to: fresh, value: parseEther('5000'), nonce: 1 })
    const answer = await advance([first, tooMuch, second, poor], '--json')
    expect(answer.exit).toBe(1)
    const { transactions, blocks } = JSON.parse(answer.output) as Answer
    expect(transactions.map(({ succeeded: ok, leftOut }) => ok ?? leftOut)).toEqual([
      true,
      expect.stringContaining('insufficient funds'),
      true,
      true,
    ])
    expect(blocks).toHaveLength(1)
    const third = await signed({ to: fresh, value: 1n, nonce: 2 })
    // still open: only the sequencer's own blocks end its silence
    const dataDir = await newFolder()
    expect((await advanced([third], '--data-dir', dataDir)).blocks).toHaveLength(1)
    const known = await advance([third], '--data-dir', dataDir)
    expect(known.exit).toBe(1)
    expect(known.errors).toMatch(/no block was made: 0x\w+: it is in L2 block 2 already/)
  }, 120_000)

  it('refuses with one line what cannot be a transaction of this L2, before anything is sent', async () => {
    await sequencerGone()
    await time(SILENCE)
    const before = await l1.reader.getBlockNumber()
    const cases: [string[], number, RegExp][] = [
      [['--tx', '0x02'], 2, /--tx 1 \(for L2 chain id 28079\)/],
      [['--tx', await signed({ to: fresh, value: 1n, nonce: 0, chainId: 1 })], 2, /--tx 1 .*have 1 want 28079/],
      [['--tx', 'deadbeef'], 2, /--tx .*must be a signed transaction/],
      [[], 1, /nothing is due; give a signed L2 transaction with --tx/],
      [['--tx', await signed({ to: fresh, value: 1n, nonce: 9 })], 1, /no block was made: 0x\w+: .*nonce/],
      [['--genesis', 'package.json'], 2, /genesis/],
    ]
    for (const [argv, exit, said] of cases) {
      const result = await runToEnd(['advance', ...argvOf(...argv)])
      expect(result.errors).toMatch(said)
      expect(result.errors.trim().split('\n')).toHaveLength(1)
      expect(result.exit).toBe(exit)
    }
    expect(await l1.reader.getBlockNumber()).toBe(before)
  }, 120_000)

  it('includes what the sequencer was told to leave out, when it is overdue; the sequencer goes on behind it', async () => {
    await devnet.devnet.close()
    const dataDir = await newFolder()
    devnet = await run(dataDir, { options: { censor: devAccount(USER).address } })
    l1 = devnet.l1
    writeFileSync(genesisFile, JSON.stringify(storedGenesis(dataDir)?.rollups[0]?.l2))
    const { deployment } = devnet.devnet
    const raw = await withdrawal(fresh, parseEther('900'))
    await expect(rpc(devnet.l2, 'eth_sendRawTransaction', [raw])).rejects.toThrow()
    const contract = { address: deployment.l1.rollup, abi: nativeRollup.abi } as const
    await succeeded(
      l1,
      await l1.wallet.writeContract({
        ...contract,
        functionName: 'forceTransaction',
        args: [raw],
        value: ROLLUP_DEFAULTS.forcedBond,
      }),
    )
    // other users are served
    await succeeded(devnet.l2, await devnet.l2.wallet.sendTransaction({ to: fresh, value: 3n, gas: 300_000n }))
    await quiet()
    const early = await advance([])
    expect(early.errors).toMatch(
      /anyone may advance from \S+ on if it neither settles nor includes what was forced before/,
    )

    const beforeHeartbeat = await devnet.l2.reader.getBlockNumber()
    await time(ROLLUP_DEFAULTS.forcedDeadline)
    // After so long a silence the sequencer makes an empty block, which goes first. It is not among those that a user posts.
    await until('the heartbeat', async () =>
      (await devnet.l2.reader.getBlockNumber({ cacheTime: 0 })) > beforeHeartbeat ? true : undefined,
    )
    await quiet()
    const answer = await advanced([])
    expect(answer.blocks).toMatchObject([{ transactions: 1 }])
    expect(await l1.reader.readContract({ ...contract, functionName: 'isOpen' })).toBe(false)
    const [, , , length] = await l1.reader.readContract({ ...contract, functionName: 'forcedTransaction', args: [0n] })
    expect(length).toBeGreaterThan(0)
    await succeeded(l1, await l1.wallet.writeContract({ ...contract, functionName: 'reclaimBond', args: [0n] }))

    await until('the sequencer with the block', async () =>
      (await devnet.l2.reader.getBlock()).hash === answer.blocks[0]?.hash ? true : undefined,
    )
    const { to, calldata } = await claimable(devnet.l2, keccak256(raw))
    await succeeded(l1, await l1.wallet.sendTransaction({ to, data: calldata }))
    expect(await l1.reader.getBalance({ address: fresh })).toBe(parseEther('900'))
    await succeeded(devnet.l2, await devnet.l2.wallet.sendTransaction({ to: fresh, value: 4n, gas: 300_000n }))
    await quiet()
  }, 120_000)
})
