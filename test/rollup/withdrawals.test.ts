import { decodeFunctionData, encodeFunctionData, type Hex, parseEther } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { devAccount } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { createMessageTree, rootFromPath } from '../../rollup/messages/messages.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { MESSAGE_GAS, type Pair, type PairOptions, seal, settleAll, startPair } from './support.ts'

let pair: Pair | undefined
afterEach(async () => {
  await pair?.close()
  pair = undefined
})

async function start(options: PairOptions = {}): Promise<Pair> {
  pair = await startPair(options)
  await pair.l2.start()
  await seal(pair.l1)
  await pair.l2.watcher.step()
  return pair
}

/** Sends one withdrawal in an L2 block of its own. */
async function withdrawOne(of: Pair, index: number): Promise<Hex> {
  const hash = await of.withdraw(devAccount(index), devAccount(index).address, BigInt(index + 1))
  of.clock.shift(1_000)
  await seal(of.l2)
  return hash
}

async function receiptStatus(of: Pair, hash: Hex): Promise<number | undefined> {
  await seal(of.l1)
  const location = of.l1.chain.getTransactionLocation(hexToBytes(hash))
  if (location === undefined) throw new Error('not included')
  return of.l1.chain.getBlockByHash(location.blockHash)?.receipts[location.index]?.status
}

describe('withdrawals', () => {
  it('are listed by transaction, address and status, in their order', async () => {
    const of = await start()
    const { reader } = of.l2
    const hashes = [await withdrawOne(of, 0), await withdrawOne(of, 1)]
    await settleAll(of)
    hashes.push(await withdrawOne(of, 2))
    const all = await reader.getWithdrawals({})
    expect(all.map(({ message, status, l2Block, l2TxHash }) => [message.index, status, l2Block, l2TxHash])).toEqual([
      [0n, 'ready-to-claim', 1n, hashes[0]],
      [1n, 'ready-to-claim', 2n, hashes[1]],
      [2n, 'waiting-to-settle', 3n, hashes[2]],
    ])
    expect(await reader.getWithdrawals({ txHash: hashes[1] as Hex })).toEqual([all[1]])
    expect(await reader.getWithdrawals({ address: devAccount(2).address })).toEqual([all[2]])
    expect(await reader.getWithdrawals({ status: 'ready-to-claim' })).toEqual(all.slice(0, 2))
    expect(await reader.getWithdrawals({ address: devAccount(2).address, status: 'claimed' })).toEqual([])
  })

  it('are proven at any settled block that holds them, out of order, each only once', async () => {
    const of = await start()
    const { reader } = of.l2
    for (let index = 0; index < 5; index++) await withdrawOne(of, index)
    await settleAll(of)
    for (const [index, l2Block] of [
      [3n, undefined],
      [0n, 1n],
      [1n, 4n],
    ] as const) {
      const [proof] = await reader.getWithdrawalProof({ index }, l2Block === undefined ? {} : { l2Block })
      if (proof === undefined) throw new Error('no proof')
      expect(proof.l2Block).toBe(l2Block ?? 5n)
      const all = await reader.getWithdrawals({})
      const leaf = all[Number(index)]?.hash ?? '0x'
      expect(rootFromPath(leaf, Number(index), proof.path)).toBe(proof.outboxRoot)
      expect(createMessageTree(all.slice(0, Number(proof.l2Block)).map(({ hash }) => hash)).root()).toBe(
        proof.outboxRoot,
      )
      const { args } = decodeFunctionData({ abi: l1Messenger.abi, data: proof.calldata })
      expect(args?.[0]).toMatchObject({ index, value: index + 1n })
      const hash = await of.sendL1(devAccount(8), { to: proof.to, data: proof.calldata })
      expect(await receiptStatus(of, hash)).toBe(1)
      const again = await of.sendL1(devAccount(8), { to: proof.to, data: proof.calldata })
      expect(await receiptStatus(of, again)).toBe(0)
    }
    await of.l2.watcher.step()
    expect((await reader.getWithdrawals({ status: 'claimed' })).map(({ message }) => message.index)).toEqual([
      0n,
      1n,
      3n,
    ])
  })

  it('several of one transaction have one proof each', async () => {
    const of = await start()
    const { reader } = of.l2
    // calls the messenger twice with the calldata it was created with, paying 1 wei each time
    const { messenger } = of.deployment.l2
    const data = encodeFunctionData({
      abi: l1Messenger.abi,
      functionName: 'sendMessage',
      args: [devAccount(3).address, 0n, MESSAGE_GAS, '0x'],
    }).slice(2)
    const size = (data.length / 2).toString(16)
    const call = `5f5f60${size}5f600173${messenger.slice(2)}5af150`
    // PUSH1 size PUSH1 offset PUSH0 CODECOPY, two calls, STOP, then the calldata
    const offset = (6 + call.length + 1).toString(16).padStart(2, '0')
    const init: Hex = `0x60${size}60${offset}5f39${call}${call}00${data}`
    const txHash = await of.sendL2(devAccount(1), { to: undefined, data: init, value: 2n })
    await seal(of.l2)
    await settleAll(of)
    const proofs = await reader.getWithdrawalProof({ txHash }, {})
    expect(proofs.map(({ message }) => message.index)).toEqual([0n, 1n])
    expect((await reader.getWithdrawalProof({ txHash, ordinal: 1 }, {}))[0]?.message.index).toBe(1n)
    for (const { to, calldata } of proofs) {
      expect(await receiptStatus(of, await of.sendL1(devAccount(8), { to, data: calldata }))).toBe(1)
    }
  })

  it('wait for finality when the rollup has a delay, as the contract does', async () => {
    const of = await start({ finalityDelay: 600 })
    const { reader } = of.l2
    await withdrawOne(of, 0)
    await settleAll(of)
    const [waiting] = await reader.getWithdrawals({})
    expect(waiting?.status).toBe('waiting-for-finality')
    expect(waiting?.readyAt).toBe((of.l2.watcher.settledHead()?.l1Timestamp ?? 0n) + 600n)
    expect(of.l2.settlement()).toEqual({ settled: 1n, final: 0n })
    await expect(reader.getWithdrawalProof({ index: 0n }, {})).rejects.toMatchObject({
      code: 'NOT_SETTLED',
      data: { status: 'waiting-for-finality' },
    })
    await expect(reader.getWithdrawalProof({ index: 0n }, { l2Block: 1n })).rejects.toMatchObject({
      code: 'NOT_SETTLED',
    })
    of.clock.shift(300_000)
    await withdrawOne(of, 1)
    await settleAll(of)
    of.clock.shift(301_000)
    expect(of.l2.settlement()).toEqual({ settled: 2n, final: 1n })
    const [proof] = await reader.getWithdrawalProof({ index: 0n }, {})
    expect(proof?.l2Block).toBe(1n)
    const hash = await of.sendL1(devAccount(8), { to: proof?.to ?? '0x', data: proof?.calldata ?? '0x' })
    expect(await receiptStatus(of, hash)).toBe(1)
  })

  it('are refused by name when there is no such one or none that is settled', async () => {
    const of = await start()
    const { reader } = of.l2
    const txHash = await withdrawOne(of, 0)
    await expect(reader.getWithdrawalProof({ index: 7n }, {})).rejects.toMatchObject({
      code: 'NO_SUCH_WITHDRAWAL',
      message: 'no such withdrawal: with id 7',
    })
    await expect(reader.getWithdrawalProof({ txHash: `0x${'ab'.repeat(32)}` }, {})).rejects.toMatchObject({
      code: 'NO_SUCH_WITHDRAWAL',
      message: `no such withdrawal: in transaction 0x${'ab'.repeat(32)}`,
    })
    await expect(reader.getWithdrawalProof({ txHash, ordinal: 1 }, {})).rejects.toMatchObject({
      code: 'NO_SUCH_WITHDRAWAL',
      message: `no such withdrawal: 1 in transaction ${txHash}`,
    })
    await expect(reader.getWithdrawalProof({ txHash }, {})).rejects.toMatchObject({ code: 'NOT_SETTLED' })
    await settleAll(of)
    await withdrawOne(of, 1)
    await expect(reader.getWithdrawalProof({ index: 1n }, { l2Block: 1n })).rejects.toMatchObject({
      code: 'NOT_SETTLED',
    })
    await expect(reader.getWithdrawalProof({ index: 0n }, { l2Block: 2n })).rejects.toMatchObject({
      code: 'NOT_SETTLED',
    })
  })

  it('follow the chain when it is rewound', async () => {
    const of = await start()
    await withdrawOne(of, 0)
    const { chain, reader } = of.l2
    const first = chain.head().hash
    await withdrawOne(of, 1)
    await chain.rewindTo(first)
    expect(await reader.getWithdrawals({})).toHaveLength(1)
    const txHash = await of.withdraw(devAccount(4), devAccount(4).address, parseEther('1'))
    await seal(of.l2)
    expect((await reader.getWithdrawals({ txHash }))[0]?.message.index).toBeGreaterThan(0n)
  })
})
