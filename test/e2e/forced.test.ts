import { type Hex, keccak256, parseEventLogs } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngines } from '../../bin/engines.ts'
import { devnetGenesis } from '../../bin/genesisCommand.ts'
import { openRollup, type RollupNode } from '../../bin/rollupNode.ts'
import { devAccount, relayerAccount, settlerAccount } from '../../genesis/accounts.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { systemClock, systemTimers } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'
import { type Client, clientFor, rpc, succeeded, until } from './clients.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

const FRESH: Hex = '0x00000000000000000000000000000000f0ced0e2'
const { abi } = nativeRollup
const VICTIM = 1
const HELPER = 4

type Status = {
  queue: { forced: Hex; forcedDeadline?: Hex }
  settler: { lastError?: string }
}

/** What the tests below do over RPC on a running devnet. */
function users(devnet: TestDevnet) {
  const { l1ChainId, l2ChainId, l1, parameters } = devnet.deployment
  const onL1 = (account: number) => clientFor(devnet.l1Url, l1ChainId, account)
  const onL2 = (account: number) => clientFor(devnet.l2Url, l2ChainId, account)
  const reader = onL1(0)
  const address = l1.rollup
  return {
    onL1,
    onL2,
    status: () => rpc<Status>(onL2(0), 'rollup_status', []),
    isOpen: () => reader.reader.readContract({ address, abi, functionName: 'isOpen' }),
    head: () => reader.reader.readContract({ address, abi, functionName: 'headNumber' }),
    balance: (of: Hex) => onL2(0).reader.getBalance({ address: of }),
    /** signs without sending: the victim's node does not listen to it */
    async sign(account: number, value: bigint): Promise<Hex> {
      const { wallet } = onL2(account)
      const request = await wallet.prepareTransactionRequest({ to: FRESH, value, gas: 300_000n })
      return wallet.signTransaction(request)
    },
    async force(signedTx: Hex, payer = HELPER): Promise<bigint> {
      const client = onL1(payer)
      const hash = await client.wallet.writeContract({
        address,
        abi,
        functionName: 'forceTransaction',
        args: [signedTx],
        value: BigInt(parameters.forcedBond),
      })
      const { logs } = await succeeded(client, hash)
      const [forced] = parseEventLogs({ abi, eventName: 'TransactionForced', logs })
      if (forced === undefined) throw new Error('no TransactionForced event')
      expect(forced.args.txHash).toBe(keccak256(signedTx))
      return forced.args.id
    },
    /** anyone asks, the payer gets the bond */
    async reclaim(id: bigint, payer = HELPER): Promise<bigint> {
      const before = await reader.reader.getBalance({ address: onL1(payer).account.address })
      const hash = await onL1(5).wallet.writeContract({ address, abi, functionName: 'reclaimBond', args: [id] })
      await succeeded(onL1(5), hash)
      return (await reader.reader.getBalance({ address: onL1(payer).account.address })) - before
    },
    async transfer(account: number, value: bigint): Promise<void> {
      const client = onL2(account)
      const { blockNumber } = await succeeded(client, await client.wallet.sendTransaction({ to: FRESH, value }))
      await until('settlement', async () => ((await this.head()) >= blockNumber ? true : undefined))
    },
    /** L1 may be some seconds ahead of the clock: a block for each transaction, each a second later */
    async pass(seconds: number): Promise<void> {
      await rpc(reader, 'evm_increaseTime', [seconds])
      await rpc(reader, 'evm_mine', [])
    },
  }
}

describe('an honest sequencer', () => {
  let devnet: TestDevnet
  beforeAll(async () => {
    devnet = await startTestDevnet()
  })
  afterAll(() => devnet?.close())

  it('includes a forced transaction by itself, and the bond comes back', async () => {
    const at = users(devnet)
    const id = await at.force(await at.sign(VICTIM, 7n))
    await until('the forced transfer', async () => ((await at.balance(FRESH)) === 7n ? true : undefined))
    await until('its settlement', async () => ((await at.status()).queue.forced === '0x0' ? true : undefined))
    expect(await at.isOpen()).toBe(false)
    expect(await at.reclaim(id)).toBe(BigInt(devnet.deployment.parameters.forcedBond))
  }, 60_000)

  it('one that can never be included does not disturb it', async () => {
    const at = users(devnet)
    await at.force('0x02c0ffee')
    await at.transfer(2, 1n)
    expect((await at.status()).queue).toMatchObject({ forced: '0x1' })
    await at.pass(24 * 3_600 + 60)
    await at.transfer(2, 1n)
    await until('its expiry', async () => ((await at.status()).queue.forced === '0x0' ? true : undefined))
    expect(await at.isOpen()).toBe(false)
  }, 60_000)
})

describe('a censoring sequencer', () => {
  const genesisTime = Math.floor(Date.now() / 1000) - 60
  const victim = devAccount(VICTIM).address
  let devnet: TestDevnet
  let outsider: RollupNode

  /** Somebody else's node: it knows L1 and the L2 genesis, and has ETH on L1. */
  async function openOutsider(): Promise<RollupNode> {
    const engines = await createEngines(silentLogger)
    const genesis = await devnetGenesis(engines, { timestamp: genesisTime, finalityDelay: 0, rollups: 1 })
    const [rollup] = genesis.rollups
    if (rollup === undefined) throw new Error('no rollup in the genesis')
    const node = await openRollup(
      {
        genesis: rollup.l2,
        deployment: rollup.deployment,
        sealMode: { kind: 'manual' },
        settle: false,
        l1BlockTime: 0,
      },
      {
        engines,
        l1: devnet.l1Url,
        accounts: { settler: devAccount(HELPER), relayer: relayerAccount() },
        clock: systemClock,
        timers: systemTimers,
        logger: silentLogger,
      },
    )
    await node.node.start()
    return node
  }

  beforeAll(async () => {
    devnet = await startTestDevnet({
      options: { 'genesis-time': genesisTime, censor: victim },
    })
    outsider = await openOutsider()
  })
  afterAll(async () => {
    await outsider?.close()
    await devnet?.close()
  })

  it('goes on without the victim, until the forced transaction is overdue and somebody else posts the block', async () => {
    const at = users(devnet)
    const signed = await at.sign(VICTIM, 9n)
    await expect(rpc(at.onL2(VICTIM), 'eth_sendRawTransaction', [signed])).rejects.toThrow(
      /sender censored.*--censor 0x/,
    )
    const id = await at.force(signed)
    await at.transfer(2, 1n)
    expect(await at.balance(FRESH)).toBe(1n)
    const { forced, forcedDeadline } = (await at.status()).queue
    expect(forced).toBe('0x1')

    // the outsider has no way in yet
    await outsider.node.watcher.step()
    await outsider.node.sequencer.reconcile()
    expect(await at.isOpen()).toBe(false)

    await at.pass(3_660)
    // the sequencer is alive: it is not its silence that opens the rollup
    await at.transfer(2, 1n)
    const { timestamp } = await at.onL1(0).reader.getBlock()
    expect(timestamp).toBeGreaterThan(BigInt(forcedDeadline ?? '0x0'))
    expect(await at.balance(FRESH)).toBe(2n)
    expect(await at.isOpen()).toBe(true)

    await outsider.node.watcher.step()
    await outsider.node.sequencer.reconcile()
    const block = await outsider.node.sealer.sealNow()
    expect(block?.transactions.map((raw) => keccak256(raw))).toEqual([keccak256(signed)])
    expect(await outsider.node.settleNow()).toHaveLength(1)

    // the sequencer follows, and the rollup is its own again
    await until('the victim on L2', async () => ((await at.balance(FRESH)) === 11n ? true : undefined))
    expect(await at.isOpen()).toBe(false)
    expect((await at.status()).queue.forced).toBe('0x0')
    expect(await at.reclaim(id)).toBe(BigInt(devnet.deployment.parameters.forcedBond))
    await at.transfer(2, 1n)
  }, 120_000)

  it('an outsider whose turn it is not says when it will be', async () => {
    const at = users(devnet)
    await outsider.node.watcher.step()
    await outsider.node.sequencer.reconcile()
    await outsider.node.sealer.sealNow()
    const reason = await until('the reason', async () => {
      expect(await outsider.node.settleNow()).toEqual([])
      const { lastError } = outsider.node.settler.status()
      // its blocks may be a second ahead of L1, which is said first
      await rpc(at.onL1(0), 'evm_mine', [])
      return lastError?.includes('sequencer') === true ? lastError : undefined
    })
    const sequencer = settlerAccount().address.toLowerCase()
    expect(reason).toMatch(new RegExp(`^the sequencer on L1 is ${sequencer}, not 0x.*when the rollup is open, at 20`))
    expect(await at.isOpen()).toBe(false)
  }, 60_000)
})

describe('rotation', () => {
  let devnet: TestDevnet
  beforeAll(async () => {
    devnet = await startTestDevnet()
  })
  afterAll(() => devnet?.close())

  it('takes two steps, and the old settler says that it is not its turn until the rollup is open', async () => {
    const at = users(devnet)
    await at.transfer(2, 1n)
    const address = devnet.deployment.l1.rollup
    const next = at.onL1(6)
    const old: Client['wallet'] = at.onL1(0).wallet
    const nominate = { address, abi, functionName: 'setSequencer', args: [next.account.address] } as const
    await succeeded(next, await old.writeContract({ ...nominate, account: settlerAccount() }))
    await at.transfer(2, 1n)
    await succeeded(next, await next.wallet.writeContract({ address, abi, functionName: 'acceptSequencer' }))

    const client = at.onL2(2)
    const hash = await client.wallet.sendTransaction({ to: FRESH, value: 1n })
    const { blockNumber } = await succeeded(client, hash)
    const reason = await until('the reason', async () => (await at.status()).settler.lastError)
    expect(reason).toMatch(new RegExp(`^the sequencer on L1 is ${next.account.address.toLowerCase()}, not `))
    expect(await at.head()).toBeLessThan(blockNumber)

    // the new sequencer never comes: after its silence the old one may settle
    await at.pass(2 * 3_600 + 60)
    await until('settlement', async () => ((await at.head()) >= blockNumber ? true : undefined))
    expect((await at.status()).settler.lastError).toBeUndefined()
  }, 60_000)
})
