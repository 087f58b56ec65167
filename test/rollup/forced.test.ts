import { encodeFunctionData, type Hex, hexToBytes, type LocalAccount } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { devAccount } from '../../genesis/accounts.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { balanceOf, force, type Pair, type PairOptions, seal, settleAll, startPair } from './support.ts'

let pair: Pair
afterEach(() => pair.close())

const TO: Hex = '0x00000000000000000000000000000000f0ced001'
const alice = devAccount(1)
const bob = devAccount(2)

async function start(options: PairOptions = {}): Promise<Pair> {
  pair = await startPair(options)
  await seal(pair.l1)
  await pair.l2.watcher.step()
  return pair
}

type Fields = { nonce?: number; value?: bigint; gas?: bigint; chainId?: number; data?: Hex; to?: Hex }

function sign(from: LocalAccount, { nonce = 0, value = 1n, gas = 300_000n, ...fields }: Fields = {}): Promise<Hex> {
  return from.signTransaction({
    type: 'eip1559',
    chainId: pair.deployment.l2ChainId,
    to: TO,
    nonce,
    value,
    gas,
    maxFeePerGas: 20_000_000_000n,
    maxPriorityFeePerGas: 0n,
    ...fields,
  })
}

/** Forces them in this order and lets the L2 node see it. */
async function forceAll(...signed: Hex[]): Promise<void> {
  for (const tx of signed) await force(pair, tx)
  await seal(pair.l1)
  await pair.l2.watcher.step()
}

const hashes = (block: { transactions: readonly Uint8Array[] }) =>
  block.transactions.map((raw) => `0x${Buffer.from(raw).toString('hex')}`)
const waiting = () => pair.l2.watcher.pendingForced().map(({ id }) => id)
const lines = (message: string) => pair.logger.lines.filter((line) => line.event === message)
const queue = async () => (await pair.l2.reader.status()).queue

describe('the sequencer', () => {
  it('puts forced transactions first, in the order of the queue, and names them when it settles', async () => {
    await start()
    const [pooled, first, second] = [await sign(bob), await sign(alice), await sign(alice, { nonce: 1 })]
    await pair.l2.pool.add(hexToBytes(pooled))
    await forceAll(first, second)
    expect(await queue()).toMatchObject({ forced: 2n })
    expect((await queue()).forcedDeadline).toBe(pair.l1.chain.head().header.timestamp + 3_600n)
    const block = await seal(pair.l2)
    expect(hashes(block)).toEqual([first, second, pooled])
    await settleAll(pair)
    expect(waiting()).toEqual([])
    expect(await queue()).toEqual({ deposits: 0n, blocksToSettle: 0n, forced: 0n })
    expect(lines('a forced transaction is in a settled block')).toHaveLength(2)
  })

  it('makes a block for one that nobody sent to its pool', async () => {
    await start({ l2: { kind: 'instant' }, l1: { kind: 'instant' }, settle: true })
    await pair.l2.start()
    await force(pair, await sign(alice, { value: 7n }))
    await expect.poll(() => balanceOf(pair.l2, TO), { timeout: 20_000 }).toBe(7n)
    await expect.poll(waiting, { timeout: 20_000 }).toEqual([])
  })

  it('takes one that is in its pool, too, once', async () => {
    await start()
    const tx = await sign(alice)
    await pair.l2.pool.add(hexToBytes(tx))
    const next = await sign(alice, { nonce: 1 })
    await pair.l2.pool.add(hexToBytes(next))
    await forceAll(tx)
    expect(hashes(await seal(pair.l2))).toEqual([tx, next])
    await settleAll(pair)
    expect(waiting()).toEqual([])
  })

  it('resolves copies that somebody else forced with the same transaction', async () => {
    await start()
    const [tx, other] = [await sign(alice), await sign(bob)]
    await forceAll(tx, tx, other, tx)
    expect(hashes(await seal(pair.l2))).toEqual([tx, other])
    await settleAll(pair)
    expect(waiting()).toEqual([])
  })

  it('resolves what was forced after the block that holds it', async () => {
    await start()
    const tx = await sign(alice)
    await pair.l2.pool.add(hexToBytes(tx))
    await seal(pair.l2)
    await forceAll(await sign(bob, { nonce: 9 }), tx)
    await settleAll(pair)
    expect(waiting()).toEqual([0n])
  })

  it('brings them again when a block that held them is taken back', async () => {
    await start({ settle: true })
    const [forced, pooled] = [await sign(alice), await sign(bob)]
    await pair.l2.pool.add(hexToBytes(pooled))
    await forceAll(forced)
    const block = await seal(pair.l2)
    expect(block.transactions).toHaveLength(2)
    // too late for the window of the contract
    pair.clock.shift(8 * 24 * 3600 * 1000)
    await seal(pair.l1)
    await pair.l2.watcher.step()
    pair.clock.shift(1_000)
    const again = await seal(pair.l2)
    expect(again.header.number).toBe(block.header.number)
    expect(new Set(hashes(again))).toEqual(new Set([pooled, forced]))
    expect(lines('a transaction of the old chain is no longer valid')).toEqual([])
  })
})

describe('what no block can include', () => {
  const useless = async (): Promise<Hex[]> => {
    const valid = await sign(alice)
    return [
      '0x02',
      '0xc0',
      '0x01ffffff',
      valid.slice(0, -20) as Hex,
      await sign(alice, { chainId: 1 }),
      await sign(alice, { nonce: 500 }),
      await sign(alice, { gas: 100n }),
      await sign(alice, { value: 10n ** 30n }),
      await sign(devAccount(3), { gas: 70_000_000n }),
      `0x02${'c1'.repeat(300)}`,
    ]
  }

  it('is skipped with a reason, and keeps nobody else out', async () => {
    await start()
    const good = await sign(bob)
    await forceAll(...(await useless()), good)
    expect(waiting()).toHaveLength(11)
    expect(hashes(await seal(pair.l2))).toEqual([good])
    expect(lines('a forced transaction is ignored')).toHaveLength(6)
    expect(lines('a forced transaction cannot be included now')).toHaveLength(4)
    expect(lines('a forced transaction could not be read')).toEqual([])
    await settleAll(pair)
    expect(waiting()).toHaveLength(10)
    // the chain goes on, and the useless ones are not looked at in every block
    await pair.l2.pool.add(hexToBytes(await sign(bob, { nonce: 1 })))
    expect((await seal(pair.l2)).transactions).toHaveLength(1)
    await settleAll(pair)
    expect(pair.l2.sequencer.hasWork()).toBe(false)
  })

  it('expires, and the queue is empty again', async () => {
    await start()
    await forceAll(await sign(alice, { nonce: 500 }), await sign(bob))
    await seal(pair.l2)
    await settleAll(pair)
    expect(waiting()).toEqual([0n])
    pair.clock.shift(24 * 3600 * 1000 + 1_000)
    await seal(pair.l1)
    await pair.l2.watcher.step()
    await seal(pair.l2)
    await settleAll(pair)
    expect(waiting()).toEqual([])
    expect(lines('a forced transaction expired')).toHaveLength(1)
  })

  it('one that comes too early is tried again', async () => {
    await start()
    const [second, first] = [await sign(alice, { nonce: 1 }), await sign(alice)]
    await forceAll(second, first)
    expect(hashes(await seal(pair.l2))).toEqual([first])
    pair.clock.shift(2_000)
    expect(pair.l2.sequencer.hasWork()).toBe(true)
    expect(hashes(await seal(pair.l2))).toEqual([second])
    await settleAll(pair)
    expect(waiting()).toEqual([])
  })

  it('one that alone needs more than a settlement carries is left out, and the block is made without it', async () => {
    await start()
    // spins: JUMPDEST PUSH0 JUMP, as init code with 16M gas
    const spin = (from: LocalAccount) =>
      from.signTransaction({
        type: 'eip1559',
        chainId: pair.deployment.l2ChainId,
        nonce: 0,
        gas: 16_000_000n,
        data: '0x5b5f56',
        maxFeePerGas: 20_000_000_000n,
        maxPriorityFeePerGas: 0n,
      })
    const good = await sign(bob)
    await forceAll(await spin(alice), await spin(devAccount(3)), await spin(devAccount(4)), good)
    const first = await seal(pair.l2)
    // two of them are run for one block at most; the rest of the queue waits for the next one
    expect(first.transactions).toHaveLength(0)
    pair.clock.shift(1_000)
    expect(hashes(await seal(pair.l2))).toEqual([good])
    await settleAll(pair)
    expect(waiting()).toEqual([0n, 1n, 2n])
  })

  it('comes by the hundred: blocks are made all the same, and the honest one gets its turn', async () => {
    await start()
    const spam = await Promise.all(Array.from({ length: 60 }, (_, i) => sign(alice, { nonce: 1_000 + i })))
    for (const tx of spam.slice(0, 30)) await force(pair, tx, devAccount(6))
    for (const tx of spam.slice(30)) await force(pair, tx, devAccount(7))
    const good = await sign(bob)
    await force(pair, good, devAccount(8))
    while (pair.l1.pool.status().pending > 0) await seal(pair.l1)
    await pair.l2.watcher.step()
    expect(waiting()).toHaveLength(61)
    const blocks: Hex[][] = []
    for (let i = 0; i < 20 && !blocks.flat().includes(good); i++) blocks.push(hashes(await seal(pair.l2)) as Hex[])
    expect(blocks.flat()).toEqual([good])
    await settleAll(pair)
    expect(waiting()).toHaveLength(60)
  })
})

describe('a settlement that is on its way while somebody fills the queue', () => {
  /** Gets into the L1 block before the settlement. */
  async function forceInFront(signedTx: Hex, nonce: number): Promise<void> {
    const raw = await devAccount(5).signTransaction({
      type: 'eip1559',
      chainId: pair.deployment.l1ChainId,
      nonce,
      to: pair.deployment.l1.rollup,
      data: encodeFunctionData({ abi: nativeRollup.abi, functionName: 'forceTransaction', args: [signedTx] }),
      value: BigInt(pair.deployment.parameters.forcedBond),
      gas: 3_000_000n,
      maxFeePerGas: 40_000_000_000n,
      maxPriorityFeePerGas: 20_000_000_000n,
    })
    await pair.l1.pool.add(hexToBytes(raw))
  }

  it('has gas for everything that can be in the queue by then', async () => {
    await start()
    const dead = await Promise.all([500, 501, 502, 503].map((nonce) => sign(alice, { nonce })))
    await forceAll(...dead)
    pair.clock.shift(24 * 3600 * 1000 + 5_000)
    await seal(pair.l1)
    await pair.l2.watcher.step()
    const sent: Hex[] = []
    for (let nonce = 0; nonce < 300; nonce++) sent.push(await sign(bob, { nonce }))
    for (const tx of sent) await pair.l2.pool.add(hexToBytes(tx))
    const block = await seal(pair.l2)
    expect(block.transactions).toHaveLength(300)
    expect(await pair.l2.settler.step()).toBe('sent')
    // four that expired are at the front; then copies of what the block ends with, and one that it does not have
    for (const [index, tx] of [...sent.slice(-4), await sign(alice, { nonce: 9 })].entries()) {
      await forceInFront(tx, 4 + index)
    }
    const { transactions } = await seal(pair.l1)
    expect(transactions).toHaveLength(6)
    expect(await pair.l2.settler.step()).toBe('settled')
    await pair.l2.watcher.step()
    expect(lines('a forced transaction expired')).toHaveLength(4)
    expect(lines('a forced transaction is in a settled block')).toHaveLength(4)
    expect(waiting()).toEqual([8n])
  }, 120_000)
})

describe('a censoring sequencer', () => {
  it('refuses the sender, ignores what it forces, and goes on with others', async () => {
    await start({ censor: [alice.address.toLowerCase() as Hex] })
    const [victim, other] = [await sign(alice), await sign(bob)]
    await expect(pair.l2.pool.add(hexToBytes(victim))).rejects.toMatchObject({
      code: 'CENSORED',
      message: expect.stringContaining(
        '--censor 0x70997970c51812dc3a010c7d01b50e0d17dc79c8; force the transaction on L1',
      ),
    })
    await pair.l2.pool.add(hexToBytes(other))
    await forceAll(victim)
    expect(hashes(await seal(pair.l2))).toEqual([other])
    expect(lines('a forced transaction is ignored')).toHaveLength(1)
    expect(pair.l2.sequencer.hasWork()).toBe(false)
    await settleAll(pair)
    expect(waiting()).toEqual([0n])
  })
})
