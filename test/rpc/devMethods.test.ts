import { encodeFunctionData, type Hash, type Hex, pad, parseEther, parseGwei, toHex } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { manualClock, systemTimers, type Timers } from '../../node/clock.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { verifyAccountProof, verifyStorageProof } from '../../stateless/proof.ts'
import { account, LOGGER_ADDRESS } from '../node/support/devChain.ts'
import { probeArtifact } from './devNode.ts'
import { type DevToolsNode, startDevToolsNode, testClient } from './devToolsNode.ts'
import { call, result } from './support.ts'

const STRANGER = '0x00000000000000000000000000000000000abcde'
const COINBASE = '0x00000000000000000000000000000000000c01b5'
const SLOT = pad('0x0', { size: 32 })
const WORD = pad('0x2a', { size: 32 })

/** Every action of viem's test client, by its effect. Each test goes back to where it began, as test suites do. */
describe.each(['anvil', 'hardhat'] as const)("viem's test client in %s mode", (mode) => {
  let node: DevToolsNode
  let client: ReturnType<typeof testClient>
  let base: Hex
  /** for everything but instant sealing, which waits for no time */
  const later = manualClock()

  beforeAll(async () => {
    const timers: Timers = { after: (ms, callback) => (ms === 0 ? systemTimers : later).after(ms, callback) }
    node = await startDevToolsNode({ timers })
    client = testClient(node.server.url, mode)
  })
  afterAll(() => node.close())
  beforeEach(async () => {
    base = await client.snapshot()
  })
  afterEach(async () => {
    expect(await result(node.server, 'evm_revert', [base])).toBe(true)
  })

  const send = (from: number, fields: { to?: Hex; value?: bigint; data?: Hex; gas?: bigint; gasPrice?: bigint } = {}) =>
    client.sendTransaction({ account: account(from), to: account(9).address, chain: client.chain, ...fields })
  const head = () => client.getBlock()

  /** The sealed header's root holds the account: its proof verifies against it. */
  async function provenAccount(address: Hex, slot: Hex = SLOT) {
    const { stateRoot } = await head()
    const proof = await client.getProof({ address, storageKeys: [slot] })
    const found = verifyAccountProof(hexToBytes(stateRoot), hexToBytes(address), proof.accountProof.map(hexToBytes))
    const [storage] = proof.storageProof
    if (storage === undefined) throw new Error('one slot was asked for')
    const value = verifyStorageProof(hexToBytes(proof.storageHash), hexToBytes(slot), storage.proof.map(hexToBytes))
    return { ...found, value }
  }

  it('setBalance: the balance is there with a true state root', async () => {
    await client.setBalance({ address: STRANGER, value: parseEther('5') })
    expect(await client.getBalance({ address: STRANGER })).toBe(parseEther('5'))
    expect(await provenAccount(STRANGER)).toMatchObject({ balance: parseEther('5'), nonce: 0n })
    await client.setBalance({ address: STRANGER, value: 0n })
    const { accountProof } = await client.getProof({ address: STRANGER, storageKeys: [] })
    const { stateRoot } = await head()
    const gone = verifyAccountProof(hexToBytes(stateRoot), hexToBytes(STRANGER), accountProof.map(hexToBytes))
    expect(gone).toBeUndefined()
  })

  it('setCode and setStorageAt: a contract runs with them', async () => {
    const { abi, runtimeCode } = probeArtifact()
    await client.setCode({ address: STRANGER, bytecode: runtimeCode })
    await client.setStorageAt({ address: STRANGER, index: 0, value: WORD })
    expect(await client.readContract({ address: STRANGER, abi, functionName: 'count' })).toBe(42n)
    expect(await client.getStorageAt({ address: STRANGER, slot: SLOT })).toBe(WORD)
    expect((await provenAccount(STRANGER)).value).toEqual(Uint8Array.of(42))
    const data = encodeFunctionData({ abi, functionName: 'bump', args: [8n] })
    const hash = await send(0, { to: STRANGER, data })
    expect((await client.getTransactionReceipt({ hash })).status).toBe('success')
    expect(await client.readContract({ address: STRANGER, abi, functionName: 'count' })).toBe(50n)
    await client.setStorageAt({ address: STRANGER, index: SLOT, value: pad('0x0', { size: 32 }) })
    expect(await client.readContract({ address: STRANGER, abi, functionName: 'count' })).toBe(0n)
    await client.setCode({ address: STRANGER, bytecode: '0x' })
    expect(await client.getCode({ address: STRANGER })).toBeUndefined()
  })

  it('setNonce: the next transaction has it', async () => {
    await client.setNonce({ address: account(3).address, nonce: 420 })
    const hash = await send(3)
    expect((await client.getTransaction({ hash })).nonce).toBe(420)
    expect((await provenAccount(account(3).address)).nonce).toBe(421n)
  })

  it('impersonateAccount: also a contract sends without a key, until stopped', async () => {
    const to = account(5).address
    const before = await client.getBalance({ address: to })
    await client.setBalance({ address: LOGGER_ADDRESS, value: parseEther('1') })
    const request = { account: LOGGER_ADDRESS, to, value: 7n, chain: client.chain } as const
    await expect(client.sendTransaction(request)).rejects.toThrow(/unknown account/)
    await client.impersonateAccount({ address: LOGGER_ADDRESS })
    const hash = await client.sendTransaction(request)
    expect(await client.getTransactionReceipt({ hash })).toMatchObject({ status: 'success', from: LOGGER_ADDRESS })
    expect(await client.getBalance({ address: to })).toBe(before + 7n)
    expect(await client.getTransaction({ hash })).toMatchObject({
      from: LOGGER_ADDRESS,
      nonce: 1,
      r: toHex(BigInt(LOGGER_ADDRESS)),
      s: '0x0',
      v: 0n,
    })
    expect((await provenAccount(LOGGER_ADDRESS)).nonce).toBe(2n)
    await client.stopImpersonatingAccount({ address: LOGGER_ADDRESS })
    await expect(client.sendTransaction(request)).rejects.toThrow(/unknown account/)
  })

  it('sendUnsignedTransaction: in the name of anybody, of every type', async () => {
    const from = account(4).address
    const common = { from, to: STRANGER, value: 3n, gas: 300_000n } as const
    const legacy = await client.sendUnsignedTransaction({ ...common, gasPrice: parseGwei('20') })
    const listed = await client.sendUnsignedTransaction({ ...common, gasPrice: parseGwei('20'), accessList: [] })
    const dynamic = await client.sendUnsignedTransaction(common)
    const hashes: Hash[] = [legacy, listed, dynamic]
    const types = await Promise.all(hashes.map(async (hash) => (await client.getTransaction({ hash })).type))
    expect(types).toEqual(['legacy', 'eip2930', 'eip1559'])
    for (const hash of hashes) expect((await client.getTransactionReceipt({ hash })).from).toBe(from.toLowerCase())
    expect(await client.getBalance({ address: STRANGER })).toBe(9n)
  })

  it('mine: so many blocks, so far apart', async () => {
    const { number } = await head()
    await client.mine({ blocks: 3 })
    expect(await client.getBlockNumber()).toBe(number + 3n)
    await client.mine({ blocks: 3, interval: 60 })
    const [first, second, third] = await Promise.all(
      [4n, 5n, 6n].map((offset) => client.getBlock({ blockNumber: number + offset })),
    )
    expect((second?.timestamp ?? 0n) - (first?.timestamp ?? 0n)).toBe(60n)
    expect((third?.timestamp ?? 0n) - (second?.timestamp ?? 0n)).toBe(60n)
    await client.mine({ blocks: 1 })
    expect((await head()).timestamp - (third?.timestamp ?? 0n)).toBeLessThan(60n)
  })

  it('setAutomine and getAutomine: transactions wait for a block', async () => {
    expect(await client.getAutomine()).toBe(true)
    await client.setAutomine(false)
    expect(await client.getAutomine()).toBe(false)
    const hash = await send(0)
    expect(await client.getTxpoolStatus()).toEqual({ pending: 1, queued: 0 })
    await expect(client.getTransactionReceipt({ hash })).rejects.toThrow(/could not be found/)
    await client.mine({ blocks: 1 })
    expect((await client.getTransactionReceipt({ hash })).status).toBe('success')
    await client.setAutomine(true)
    const sealed = await send(0)
    expect((await client.getTransactionReceipt({ hash: sealed })).status).toBe('success')
  })

  it('changes by hand leave waiting transactions and what was set for the next block alone', async () => {
    await client.setAutomine(false)
    const hash = await send(0, { gasPrice: parseGwei('10') })
    const time = (await head()).timestamp + 1_000n
    await client.setNextBlockTimestamp({ timestamp: time })
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei('3') })
    await client.setBalance({ address: STRANGER, value: 1n })
    expect((await head()).transactions).toEqual([])
    expect(await client.getTxpoolStatus()).toEqual({ pending: 1, queued: 0 })
    await client.mine({ blocks: 1 })
    expect(await head()).toMatchObject({ timestamp: time, baseFeePerGas: parseGwei('3') })
    expect((await head()).transactions).toEqual([hash])
  })

  it('setIntervalMining: blocks come by themselves; 0 ends it', async () => {
    const before = await client.getBlockNumber()
    const came = new Promise<void>((resolve) => {
      const stop = node.chain.onHead(() => {
        stop()
        resolve()
      })
    })
    await client.setIntervalMining({ interval: 1 })
    expect(node.sealer.mode).toEqual({ kind: 'interval', seconds: 1 })
    later.advance(1_000)
    await came
    expect(await client.getBlockNumber()).toBeGreaterThan(before)
    await client.setIntervalMining({ interval: 0 })
    expect(node.sealer.mode).toEqual({ kind: 'manual' })
  })

  it('dropTransaction, txpool content and inspect', async () => {
    await client.setAutomine(false)
    const hash = await send(0)
    const from = account(0).address
    const { pending } = await client.getTxpoolContent()
    const [waiting] = Object.values(pending[from] ?? {})
    expect(waiting?.hash).toBe(hash)
    expect(Object.keys((await client.inspectTxpool()).pending)).toEqual([from])
    await client.dropTransaction({ hash })
    expect(await client.getTxpoolStatus()).toEqual({ pending: 0, queued: 0 })
  })

  it('increaseTime: the next block is later by it', async () => {
    const before = (await head()).timestamp
    const lead = await client.increaseTime({ seconds: 86_400 })
    expect(Number(lead)).toBeGreaterThanOrEqual(86_400)
    await client.mine({ blocks: 1 })
    expect((await head()).timestamp).toBeGreaterThanOrEqual(before + 86_400n)
  })

  it('setNextBlockTimestamp: exactly, and time goes on from there', async () => {
    const time = (await head()).timestamp + 5_000n
    await client.setNextBlockTimestamp({ timestamp: time })
    await client.mine({ blocks: 1 })
    expect((await head()).timestamp).toBe(time)
    await client.mine({ blocks: 1 })
    expect((await head()).timestamp - time).toBeLessThan(1_000n)
    const past = client.setNextBlockTimestamp({ timestamp: time })
    await expect(past).rejects.toThrow(/is not after the head's/)
  })

  it('setBlockTimestampInterval: every block by it, until removed', async () => {
    const { timestamp } = await head()
    await client.setBlockTimestampInterval({ interval: 7 })
    await client.mine({ blocks: 2 })
    expect((await head()).timestamp).toBe(timestamp + 14n)
    await client.removeBlockTimestampInterval()
    expect(node.producer.settings().timestampInterval).toBeUndefined()
    expect(await result(node.server, `${mode}_removeBlockTimestampInterval`)).toBe(false)
  })

  it('setNextBlockBaseFeePerGas, setBlockGasLimit, setCoinbase: as asked', async () => {
    await client.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei('20') })
    await client.setBlockGasLimit({ gasLimit: 80_000_000n })
    await client.setCoinbase({ address: COINBASE })
    expect(await client.getBlock({ blockTag: 'pending' })).toMatchObject({ baseFeePerGas: parseGwei('20') })
    const history = await client.getFeeHistory({ blockCount: 2, rewardPercentiles: [] })
    expect(history.baseFeePerGas.at(-1)).toBe(parseGwei('20'))
    const hash = await send(0, { gasPrice: parseGwei('25') })
    const receipt = await client.getTransactionReceipt({ hash })
    const block = await client.getBlock({ blockHash: receipt.blockHash })
    expect(block).toMatchObject({ baseFeePerGas: parseGwei('20'), gasLimit: 80_000_000n, miner: COINBASE })
    expect(await client.getBalance({ address: COINBASE })).toBe(parseGwei('5') * receipt.gasUsed)
    await client.mine({ blocks: 1 })
    const next = await head()
    expect(next.baseFeePerGas).toBeLessThan(parseGwei('20'))
    expect(next.gasLimit).toBe(80_000_000n)
  })

  it('setMinGasPrice: what pays less is refused', async () => {
    await client.setMinGasPrice({ gasPrice: parseGwei('50') })
    await expect(send(0, { gasPrice: parseGwei('49') })).rejects.toThrow(/transaction underpriced/)
    const hash = await send(0, { gasPrice: parseGwei('50') })
    expect((await client.getTransactionReceipt({ hash })).status).toBe('success')
  })

  it('snapshot and revert: state, head, clock, pool and modes as they were', async () => {
    await client.setAutomine(false)
    const waiting = await send(0)
    await client.impersonateAccount({ address: STRANGER })
    const before = { number: await client.getBlockNumber(), offset: await result(node.server, 'evm_increaseTime', [0]) }
    const id = await client.snapshot()
    const later = await client.snapshot()
    await client.setAutomine(true)
    await client.setBalance({ address: STRANGER, value: parseEther('1') })
    await client.increaseTime({ seconds: 1_000 })
    const lost = await send(1)
    expect(await client.getTransactionReceipt({ hash: waiting })).toBeDefined()
    expect(await result(node.server, 'evm_revert', [id])).toBe(true)
    expect(await client.getBlockNumber()).toBe(before.number)
    expect(await client.getBalance({ address: STRANGER })).toBe(0n)
    expect(await client.getAutomine()).toBe(false)
    expect(await result(node.server, 'evm_increaseTime', [0])).toBe(before.offset)
    expect(await client.getTxpoolStatus()).toEqual({ pending: 1, queued: 0 })
    await expect(client.getTransaction({ hash: lost })).rejects.toThrow(/could not be found/)
    for (const gone of [id, later, '0xffff']) expect(await result(node.server, 'evm_revert', [gone])).toBe(false)
    await client.mine({ blocks: 1 })
    expect((await client.getTransactionReceipt({ hash: waiting })).blockNumber).toBe(before.number + 1n)
  })

  it('revert: what came after the snapshot is gone, and it reverts only once', async () => {
    const { hash: before } = await head()
    const id = await client.snapshot()
    await client.setBalance({ address: STRANGER, value: 3n })
    const hash = await send(2)
    await client.revert({ id })
    expect((await head()).hash).toBe(before)
    expect(await client.getBalance({ address: STRANGER })).toBe(0n)
    await expect(client.getTransactionReceipt({ hash })).rejects.toThrow(/could not be found/)
    await client.mine({ blocks: 1 })
    const { hash: after } = await head()
    await client.revert({ id })
    expect((await head()).hash).toBe(after)
  })

  it('dumpState and loadState: accounts, code and slots come back on another chain', async () => {
    const { abi, runtimeCode } = probeArtifact()
    await client.setCode({ address: STRANGER, bytecode: runtimeCode })
    await client.setBalance({ address: STRANGER, value: 11n })
    await send(0, { to: STRANGER, data: encodeFunctionData({ abi, functionName: 'fill', args: [20n] }) })
    const state = await client.dumpState()
    const other = await startDevToolsNode()
    try {
      const fresh = testClient(other.server.url, mode)
      const number = await fresh.getBlockNumber()
      await fresh.loadState({ state })
      expect(await fresh.getBalance({ address: STRANGER })).toBe(11n)
      expect(await fresh.readContract({ address: STRANGER, abi, functionName: 'cells', args: [19n] })).toBe(20n)
      expect(await fresh.getTransactionCount({ address: account(0).address })).toBe(
        await client.getTransactionCount({ address: account(0).address }),
      )
      expect(await fresh.getBlockNumber()).toBe(number + 1n)
    } finally {
      await other.close()
    }
  })

  it('setLoggingEnabled is accepted; setRpcUrl and a fork are refused', async () => {
    await client.setLoggingEnabled(true)
    await expect(client.setRpcUrl('http://127.0.0.1:1')).rejects.toThrow(/does not fork other chains/)
    await expect(client.reset({ jsonRpcUrl: 'http://127.0.0.1:1', blockNumber: 1n })).rejects.toThrow(/does not fork/)
    expect((await call(node.server, `${mode}_setRpcUrl`, ['http://127.0.0.1:1'])).error?.code).toBe(-32004)
  })
})

describe.each(['anvil', 'hardhat'] as const)('reset in %s mode', (mode) => {
  it('goes back to genesis; snapshots and settings are forgotten', async () => {
    const node = await startDevToolsNode()
    try {
      const client = testClient(node.server.url, mode)
      const id = await client.snapshot()
      await client.setBalance({ address: STRANGER, value: 1n })
      await client.setCoinbase({ address: COINBASE })
      await client.increaseTime({ seconds: 500 })
      await client.setAutomine(false)
      await client.reset()
      expect(await client.getBlock()).toMatchObject({ number: 0n, hash: toHex(node.chain.genesis.hash) })
      expect(await client.getBalance({ address: STRANGER })).toBe(0n)
      expect(await client.getAutomine()).toBe(true)
      expect(await result(node.server, 'evm_revert', [id])).toBe(false)
      expect(await result(node.server, 'evm_increaseTime', [0])).toBe(0)
      await client.mine({ blocks: 1 })
      expect(await client.getBlock()).toMatchObject({ number: 1n, miner: pad('0x0', { size: 20 }) })
    } finally {
      await node.close()
    }
  })
})
