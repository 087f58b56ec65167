import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { devAccount } from '../../genesis/accounts.ts'
import { createAttemptJournal } from '../../rollup/settling/attempts.ts'
import type { Settlement } from '../../rollup/settling/settlements.ts'
import { type Pair, seal, settleAll, startPair } from './support.ts'

const FRESH = '0x00000000000000000000000000000000000f4e54'
const { signal } = new AbortController()

let of: Pair
beforeEach(async () => {
  of = await startPair()
  await of.l2.start()
  await seal(of.l1)
  await of.l2.watcher.step()
})
afterEach(() => of.close())

async function build(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await of.sendL2(devAccount(1), { to: FRESH, value: 1n })
    of.clock.shift(1_000)
    await seal(of.l2)
  }
}

async function settlement(number: bigint): Promise<Settlement> {
  const block = of.l2.chain.getBlockByNumber(number)?.block
  if (block === undefined) throw new Error(`no block ${number}`)
  const [found] = await of.l2.settlements.of([block], signal)
  if (found === undefined) throw new Error('no settlement')
  return found
}

describe('the settlement of a block', () => {
  it('is built, submitted, then settled or finalized, and undone by a reorg', async () => {
    await build(2)
    expect(await settlement(1n)).toMatchObject({ status: 'built', attempts: [] })
    await of.l2.settler.step()
    const submitted = await settlement(1n)
    expect(submitted).toMatchObject({ status: 'submitted', attempts: [{ outcome: 'pending', from: 1n }] })
    expect(submitted).not.toHaveProperty('transaction')
    const l1Block = await seal(of.l1)
    await of.l2.settler.step()
    expect(await settlement(1n)).toMatchObject({ status: 'submitted', attempts: [{ outcome: 'settled' }] })
    await of.l2.watcher.step()
    const settled = await settlement(2n)
    const { number, timestamp } = l1Block.header
    expect(settled).toMatchObject({
      status: 'finalized',
      transaction: { l1Block: number, l1Index: 0n, settledAt: timestamp, from: 1n, to: 2n },
      attempts: [{ outcome: 'settled', l1Block: number }],
    })
    expect(await of.l2.settlements.blocksIn(settled.transaction?.l1TxHash ?? '0x')).toEqual([1n, 2n])

    await of.l1.chain.rewindTo(l1Block.header.parentHash)
    await of.l2.watcher.step()
    // back in the pool of L1
    expect((await settlement(2n)).status).toBe('submitted')
    for (const { hash } of of.l1.pool.content().pending) of.l1.pool.drop(hash, 'lost in the reorg')
    await seal(of.l1)
    await of.l2.watcher.step()
    expect(await settlement(2n)).toMatchObject({ status: 'built', attempts: [{ outcome: 'reorganised' }] })
  })

  it('has shares of gas that add up to the receipt', async () => {
    await build(5)
    await settleAll(of)
    const all = await Promise.all([1n, 2n, 3n, 4n, 5n].map(settlement))
    const transactions = new Map(all.map(({ transaction }) => [transaction?.l1TxHash, transaction?.gasUsed ?? 0n]))
    const sum = (values: readonly (bigint | undefined)[]) => values.reduce<bigint>((total, v) => total + (v ?? 0n), 0n)
    expect(sum(all.map(({ transaction }) => transaction?.share?.used))).toBe(sum([...transactions.values()]))
    for (const { transaction, inputBytes } of all) {
      const share = transaction?.share
      expect(share?.used).toBe(sum([share?.execute, share?.calldata, share?.overhead]))
      expect(share?.execute).toBeGreaterThan(100_000n + 16n * BigInt(inputBytes ?? 0))
      expect(share?.calldata).toBeLessThan(16n * BigInt(inputBytes ?? 0))
      expect(share?.overhead).toBeGreaterThan(0n)
      expect(share?.feeWei).toBeGreaterThan(share?.used ?? 0n)
    }
  })

  it('names the error of the contract when L1 refused it, and what came after', async () => {
    await build(1)
    await of.l2.settler.step()
    // somebody else settles the same block first
    const journal = createAttemptJournal(of.l2.chain)
    const [sent] = journal.of(1n)
    const reason = 'NativeRollup_WrongParent'
    await journal.concluded(sent?.txHash ?? '0x', { outcome: 'reverted', l1Block: 3n, gasUsed: 50_000n, reason })
    expect(await settlement(1n)).toMatchObject({ status: 'reverted', attempts: [{ outcome: 'reverted', reason }] })
  })

  it('is of no use for genesis, which is in the contract from the beginning', async () => {
    const genesis = await settlement(0n)
    expect(genesis).toMatchObject({ number: 0n, status: 'finalized', attempts: [] })
    expect(genesis).not.toHaveProperty('inputBytes')
  })

  it('is asked for by an L1 transaction that settled nothing, or that is unknown', async () => {
    const txHash = await of.deposit(FRESH, 1n)
    await expect(of.l2.settlements.blocksIn(txHash)).rejects.toMatchObject({ code: 'UNKNOWN_L1_TRANSACTION' })
    await seal(of.l1)
    expect(await of.l2.settlements.blocksIn(txHash)).toEqual([])
  })
})

describe('the size of an input', () => {
  it('is the same when it has to be made again', async () => {
    await build(1)
    const { hash } = of.l2.chain.head()
    const size = await of.l2.inputs.measure(hash)
    await of.l2.chain.putMeta(`settle:${Buffer.from(hash).toString('hex')}`, new Uint8Array(0))
    await expect(of.l2.inputs.measure(hash)).rejects.toMatchObject({ code: 'INPUT_UNAVAILABLE' })
    await of.l2.inputs.putAnchor(hash, 1n)
    expect(await of.l2.inputs.measure(hash)).toEqual(size)
    expect(await of.l2.inputs.measure(hash)).toEqual(size)
  })
})
