import { encodeFunctionData } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRollup } from '../../bin/rollupNode.ts'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import { devAccount } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { systemClock, systemTimers } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'
import type { BuiltBlock, Rewound } from '../../rpc/rollup/sequencing.ts'
import type { Submission } from '../../rpc/rollup/settling.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { type Access, accessTo } from './chainAccess.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

type Status = {
  lag: { blocks: string }
  sequencer: { active: boolean; reason?: string }
  settler: { active: boolean; lastTx?: string }
}

let devnet: TestDevnet
let l1: Access
let l2: Access
beforeAll(async () => {
  devnet = await startTestDevnet({ sealModes: { l1: { kind: 'instant' }, l2: { kind: 'manual' } } })
  l1 = accessTo(devnet.l1Url)
  l2 = accessTo(devnet.l2Url)
  await l2.call('rollup_pauseSettlement')
})
afterAll(() => devnet.close())

const status = () => l2.call<Status>('rollup_status')
const submit = (...params: unknown[]) => l2.call<Submission>('rollup_submitBlock', params)
const headNumber = async () => BigInt(await l2.call<string>('eth_blockNumber'))
const hex = (number: bigint) => `0x${number.toString(16)}`

/** The input of a new block that nothing has settled yet. */
async function newInput(): Promise<{ number: bigint; input: Uint8Array }> {
  const { node } = devnet.rollup
  await l2.call('rollup_settle')
  await l2.call('evm_mine')
  const number = await headNumber()
  const blockHash = node.chain.getHashByNumber(number)
  if (blockHash === undefined) throw new Error('the head is not in the chain')
  return { number, input: (await node.inputs.require(blockHash)).input }
}

describe('settlement by hand', () => {
  test('waits while it is paused, goes as far as it is told, and goes on by itself', async () => {
    expect((await status()).settler.active).toBe(false)
    expect(await l2.call('rollup_pauseSettlement')).toBe(false)
    for (let block = 0; block < 3; block++) await l2.call('evm_mine')
    const head = await headNumber()
    const [first] = await l2.call<string[]>('rollup_settle', [{ upTo: hex(head - 2n) }])
    expect((await status()).lag.blocks).toBe('0x2')
    expect(await l2.call('rollup_settle', [{ upTo: hex(head - 2n) }])).toEqual([])
    const receipt = await l1.call<{ status: string }>('eth_getTransactionReceipt', [first])
    expect(receipt.status).toBe('0x1')
    expect(await l2.call('rollup_resumeSettlement')).toBe(true)
    expect(await l2.call('rollup_resumeSettlement')).toBe(false)
    await expect.poll(async () => (await status()).lag.blocks).toBe('0x0')
    expect(await l2.call('rollup_pauseSettlement')).toBe(true)
  })
})

describe('a posted input', () => {
  test('is accepted when it is right, and settlement goes on behind it', async () => {
    const { number, input } = await newInput()
    const accepted = await submit(`0x${bytesToHex(input)}`)
    expect(accepted).toMatchObject({ accepted: true, l2Block: hex(number) })
    await devnet.rollup.node.watcher.step()
    expect((await status()).lag.blocks).toBe('0x0')
    await l2.call('evm_mine')
    expect(await l2.call<string[]>('rollup_settle')).toHaveLength(1)
  })

  test('has the name of the rule of the contract that refuses it', async () => {
    const { number, input } = await newInput()
    const anchor = devnet.rollup.node.watcher.head().number
    const cases: [string, unknown[]][] = [
      ['StatelessInput_BadLayout', ['0x']],
      ['StatelessInput_BadLayout', [`0x1501${'00'.repeat(1_000)}`]],
      ['NativeRollup_WrongSchema', [`0x1502${bytesToHex(input.subarray(2))}`]],
      ['NativeRollup_WrongParent', [hex(number - 1n)]],
      ['NativeRollup_AnchorMismatch', [hex(number), { anchorBlock: hex(anchor + 5n) }]],
    ]
    for (const [contractError, params] of cases) {
      const refused = await submit(...params)
      expect(refused).toMatchObject({ accepted: false, contractError, reason: contractError })
      expect(refused.failure).toBeUndefined()
    }
  })

  test('has the words of EXECUTE where that refuses it', async () => {
    const { input } = await newInput()
    const broken = input.slice()
    broken.fill(0xff, broken.length - 4)
    const refused = await submit(`0x${bytesToHex(broken)}`)
    expect(refused).toMatchObject({ accepted: false, contractError: 'NativeRollup_ExecuteFailed' })
    expect(refused.failure?.code).toMatch(/^[A-Z_]+$/)
    expect(refused.reason).toContain(refused.failure?.message)
    expect(await submit('latest')).toMatchObject({ accepted: true })
  })

  test('is told to be of a wrong form, or of a block that nobody has', async () => {
    await expect(submit('0x123456')).rejects.toThrow('-32001')
    await expect(submit('0x0')).rejects.toThrow('-32000 the genesis block has no witness')
    await expect(submit('pending')).rejects.toThrow('-32000 the pending block')
    await expect(submit('soon')).rejects.toThrow('-32602')
    await expect(submit('latest', { anchor: '0x1' })).rejects.toThrow('no such property: "anchor"')
  })
})

/** A transfer on L2, signed. */
function transfer(sender: number, nonce: number, chainId = devnet.deployment.l2ChainId) {
  const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n }
  const to = '0x0000000000000000000000000000000000bee000'
  return devAccount(sender).signTransaction({ type: 'eip1559', chainId, nonce, gas: 300_000n, ...fees, to, value: 1n })
}
const build = (request?: object) => l2.call<BuiltBlock>('rollup_buildBlock', request === undefined ? [] : [request])
const rewind = (to: bigint, options?: object) => l2.call<Rewound>('rollup_rewindL2', [hex(to), options ?? {}])
const inPool = async () => (await l2.call<{ pending: string }>('txpool_status')).pending

describe('the sequencer', () => {
  test('stops, and starts on the head only', async () => {
    const before = await headNumber()
    const head = await l2.call<string>('rollup_stopSequencer')
    expect(await l2.call('admin_sequencerActive')).toBe(false)
    await expect(l2.call('rollup_stopSequencer')).rejects.toThrow('stopped already')
    await expect(l2.call('evm_mine')).rejects.toThrow('rollup_stopSequencer')
    expect(await headNumber()).toBe(before)
    await expect(l2.call('rollup_startSequencer', [`0x${'11'.repeat(32)}`])).rejects.toThrow(`the head is ${head}`)
    expect(await l2.call('rollup_startSequencer', [head])).toBeNull()
    await expect(l2.call('admin_startSequencer')).rejects.toThrow('runs already')
    expect(await l2.call('admin_sequencerActive')).toBe(true)
    await l2.call('evm_mine')
    expect(await headNumber()).toBe(before + 1n)
  })

  test('changes how it makes blocks', async () => {
    const set = (sequencing: object) => l2.call('rollup_setSequencing', [sequencing])
    expect(await set({ mode: 'interval', intervalMs: '0x14' })).toEqual({ mode: 'manual' })
    const before = await headNumber()
    await expect.poll(async () => (await headNumber()) > before).toBe(true)
    expect(await set({ mode: 'manual' })).toEqual({ mode: 'interval', intervalMs: '0x14' })
    await expect(set({ mode: 'interval' })).rejects.toThrow('-32602')
    await expect(set({ mode: 'interval', intervalMs: '0x0' })).rejects.toThrow('1 ms to a day')
    await expect(set({ mode: 'auto', intervalMs: '0x1' })).rejects.toThrow('no such property: "intervalMs"')
  })
})

describe('a block by hand', () => {
  test('holds what is given, in its order, and leaves the pool alone', async () => {
    await l2.call('eth_sendRawTransaction', [await transfer(3, 0)])
    const coinbase = `0x${'c0'.repeat(20)}`
    const block = await build({ txs: [await transfer(2, 0), await transfer(1, 0), await transfer(2, 1)], coinbase })
    expect(block).toMatchObject({ coinbase, messages: [] })
    const { transactions, miner } = await l2.call<{ transactions: { from: string }[]; miner: string }>(
      'eth_getBlockByNumber',
      [block.number, true],
    )
    const [one, two] = [devAccount(1), devAccount(2)].map(({ address }) => address.toLowerCase())
    expect(transactions.map(({ from }) => from)).toEqual([two, one, two])
    expect(miner).toBe(coinbase)
    expect(await inPool()).toBe('0x1')
    expect((await build()).transactions).toHaveLength(1)
    expect(await inPool()).toBe('0x0')
    await l2.call('evm_increaseTime', [20])
    expect(await l2.call<string[]>('rollup_settle')).not.toEqual([])
    expect((await status()).lag.blocks).toBe('0x0')
  })

  test('claims as many messages as it is told', async () => {
    const { node } = devnet.rollup
    for (let index = 0; index < 3; index++) {
      const args = [devAccount(4).address, 0n, 300_000n, '0x'] as const
      const input = encodeFunctionData({ abi: l1Messenger.abi, functionName: 'sendMessage', args })
      const request = { from: devAccount(0).address, to: devnet.deployment.l1.messenger, value: '0x5', input }
      await l1.call('eth_sendTransaction', [request])
    }
    await node.watcher.step()
    await node.watcher.step()
    expect((await build({ messages: '0x0' })).messages).toEqual([])
    expect((await build({ messages: '0x2' })).messages).toEqual(['0x0', '0x1'])
    expect((await build({ txs: [] })).messages).toEqual(['0x2'])
  })

  test('is not made when a transaction cannot be in it, or its time is impossible', async () => {
    const before = await headNumber()
    const cases: [object, string][] = [
      [{ txs: [await transfer(5, 0), await transfer(5, 2)] }, '-32000 transaction 1 (0x'],
      [{ txs: [await transfer(5, 0, 1)] }, '-32000 transaction 0: invalid chain id'],
      [{ txs: ['0x'] }, '-32000 transaction 0: '],
      [{ timestamp: '0x1' }, '-32000 the timestamp 1 is impossible'],
      [{ timestamp: '0xffffffffff' }, '-32000 the timestamp 1099511627775 is impossible'],
      [{ txs: ['0x0'] }, '-32602 invalid argument 0 (options).txs[0]'],
      [{ messages: '0x3e9' }, '-32602 invalid argument 0 (options).messages: expected at most 1000'],
      [{ tx: [] }, 'no such property: "tx"'],
    ]
    for (const [request, problem] of cases) await expect(build(request)).rejects.toThrow(problem)
    expect(await headNumber()).toBe(before)
    expect((await status()).sequencer).toEqual({ active: true })
  })
})

describe('unsettled blocks', () => {
  test('are taken back, and their transactions wait in the pool or are dropped', async () => {
    await l2.call('evm_increaseTime', [20])
    await l2.call('rollup_settle')
    const base = await headNumber()
    const first = await build({ txs: [await transfer(6, 0)] })
    const second = await build({ txs: [await transfer(6, 1)] })
    const back = await rewind(base)
    expect(back.head.number).toBe(hex(base))
    expect(back.removed.map(({ hash }) => hash)).toEqual([second.hash, first.hash])
    expect(back.transactions.map(({ fate }) => fate)).toEqual(['pool', 'pool'])
    expect(await headNumber()).toBe(base)
    expect(await inPool()).toBe('0x2')
    const again = await build()
    expect(again.transactions).toEqual(back.transactions.map(({ hash }) => hash))
    expect((await rewind(base, { transactions: 'drop' })).transactions.map(({ fate }) => fate)).toEqual([
      'dropped',
      'dropped',
    ])
    expect(await inPool()).toBe('0x0')
    await l2.call('evm_mine')
    expect(await l2.call<string[]>('rollup_settle')).toHaveLength(1)
    await expect(rewind(base)).rejects.toThrow(`-32000 L2 block ${base + 1n} is settled on L1`)
    await expect(rewind(base + 5n)).rejects.toThrow(`-32000 L2 has no block ${base + 5n}, its head is ${base + 1n}`)
    await expect(rewind(base, { transactions: 'keep' })).rejects.toThrow('-32602')
  })
})

test('a follower is nobody to be told', async () => {
  const { deployment, engines, l1Url, rollup } = devnet
  const genesis = rollup.services.genesis.l2 as GenesisJson
  const follower = await openRollup(
    { genesis, deployment, sealMode: { kind: 'manual' }, settle: false, follow: {}, l1BlockTime: 0 },
    { engines, l1: l1Url, clock: systemClock, timers: systemTimers, logger: silentLogger },
  )
  try {
    expect(() => follower.node.control()).toThrow('this node follows the rollup')
    expect(follower.node.sequencer.isStopped()).toBe(true)
  } finally {
    await follower.close()
  }
})
