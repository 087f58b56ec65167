import {
  decodeFunctionResult,
  encodeFunctionData,
  getAddress,
  type Hex,
  maxUint256,
  multicall3Abi,
  zeroHash,
} from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { multicall3 } from '../../genesis/generated/Multicall3.ts'
import { weth9 } from '../../genesis/generated/WETH9.ts'
import { MULTICALL3_ADDRESS, WETH9_ADDRESS } from '../../genesis/parameters.ts'
import { ALICE, BOB, type Chain, createChain } from './vm.ts'

let chain: Chain
beforeEach(async () => {
  chain = await createChain({ chainId: 28_079, amsterdam: true })
  await chain.setCode(WETH9_ADDRESS, weth9.runtimeCode)
  await chain.setCode(MULTICALL3_ADDRESS, multicall3.runtimeCode)
  await chain.setBalance(ALICE, 1_000n)
  await chain.setBalance(BOB, 1_000n)
})

/** refuses everything */
const REFUSING: Hex = '0xdead000000000000000000000000000000000001'
const refuse = () => chain.setCode(REFUSING, '0x5f5ffd')

describe('WETH9', () => {
  const send = (name: string, args: unknown[], options: { from?: Hex; value?: bigint } = {}) =>
    chain.send(WETH9_ADDRESS, weth9.abi, name, args, options)
  const read = <T>(name: string, args: unknown[] = []) => chain.read<T>(WETH9_ADDRESS, weth9.abi, name, args)
  const balances = async () => [await read('balanceOf', [ALICE]), await read('balanceOf', [BOB])]

  it('says what it is', async () => {
    expect([await read('name'), await read('symbol'), await read('decimals')]).toEqual(['Wrapped Ether', 'WETH', 18])
  })

  it('turns ETH into tokens, by deposit and by plain sending, and back', async () => {
    const deposit = await send('deposit', [], { value: 60n })
    expect(deposit.events).toContainEqual({ name: 'Deposit', args: { dst: getAddress(ALICE), wad: 60n } })
    expect((await chain.sendRaw(WETH9_ADDRESS, '0x', { value: 40n })).ok).toBe(true)
    expect([await balances(), await read('totalSupply'), await chain.balance(WETH9_ADDRESS)]).toEqual([
      [100n, 0n],
      100n,
      100n,
    ])
    const withdrawal = await send('withdraw', [30n])
    expect(withdrawal.events).toContainEqual({ name: 'Withdrawal', args: { src: getAddress(ALICE), wad: 30n } })
    expect([await balances(), await chain.balance(ALICE), await chain.balance(WETH9_ADDRESS)]).toEqual([
      [70n, 0n],
      930n,
      70n,
    ])
  })

  it('pays nobody more than he has', async () => {
    await send('deposit', [], { value: 5n })
    await send('deposit', [], { value: 5n, from: BOB })
    for (const name of ['withdraw', 'transfer']) {
      const args = name === 'withdraw' ? [6n] : [BOB, 6n]
      expect((await send(name, args)).error).toBe('WETH9_InsufficientBalance')
    }
    expect(await balances()).toEqual([5n, 5n])
  })

  it('undoes a withdrawal whose ETH is refused', async () => {
    await refuse()
    await chain.setBalance(REFUSING, 9n)
    await send('deposit', [], { value: 9n, from: REFUSING })
    expect((await send('withdraw', [9n], { from: REFUSING })).error).toBe('WETH9_WithdrawalRefused')
    expect(await read('balanceOf', [REFUSING])).toBe(9n)
  })

  it('moves tokens of the caller', async () => {
    await send('deposit', [], { value: 10n })
    const { events, data } = await send('transfer', [BOB, 4n])
    expect(BigInt(data)).toBe(1n)
    expect(events).toEqual([{ name: 'Transfer', args: { src: getAddress(ALICE), dst: getAddress(BOB), wad: 4n } }])
    expect(await balances()).toEqual([6n, 4n])
    await send('transfer', [ALICE, 6n])
    expect(await balances()).toEqual([6n, 4n])
  })

  it('lets a spender have as much as it was allowed', async () => {
    await send('deposit', [], { value: 10n })
    const take = (amount: bigint) => send('transferFrom', [ALICE, BOB, amount], { from: BOB })
    expect((await take(1n)).error).toBe('WETH9_InsufficientAllowance')
    const { events } = await send('approve', [BOB, 7n])
    expect(events).toEqual([{ name: 'Approval', args: { src: getAddress(ALICE), guy: getAddress(BOB), wad: 7n } }])
    expect((await take(5n)).ok).toBe(true)
    expect(await read('allowance', [ALICE, BOB])).toBe(2n)
    expect((await take(3n)).error).toBe('WETH9_InsufficientAllowance')
    expect(await balances()).toEqual([5n, 5n])
  })

  it('never uses up the largest allowance, and asks the owner for none', async () => {
    await send('deposit', [], { value: 10n })
    await send('approve', [BOB, maxUint256])
    await send('transferFrom', [ALICE, BOB, 4n], { from: BOB })
    expect(await read('allowance', [ALICE, BOB])).toBe(maxUint256)
    expect((await send('transferFrom', [ALICE, BOB, 1n])).ok).toBe(true)
    expect(await balances()).toEqual([5n, 5n])
  })

  it('does not take an unknown function for a deposit', async () => {
    expect(await chain.sendRaw(WETH9_ADDRESS, '0xd505accf', { value: 1n })).toMatchObject({
      ok: false,
      error: 'revert',
    })
    expect(await balances()).toEqual([0n, 0n])
  })
})

describe('Multicall3', () => {
  const run = <T>(name: string, args: unknown[], value = 0n) =>
    chain.read<T>(MULTICALL3_ADDRESS, multicall3.abi, name, args, { value })
  const balanceOf = (owner: Hex): Hex =>
    encodeFunctionData({ abi: weth9.abi, functionName: 'balanceOf', args: [owner] })
  const deposit = encodeFunctionData({ abi: weth9.abi, functionName: 'deposit' })
  const word = (value: bigint): Hex => `0x${value.toString(16).padStart(64, '0')}`
  const good = { target: WETH9_ADDRESS, callData: balanceOf(ALICE) }
  const bad = { target: REFUSING, callData: '0x12' as Hex }
  const ok = { success: true, returnData: word(7n) }
  const failed = { success: false, returnData: '0x' }

  beforeEach(async () => {
    await refuse()
    await chain.send(WETH9_ADDRESS, weth9.abi, 'deposit', [], { value: 7n })
  })

  it('aggregate: all or nothing, with the block number', async () => {
    expect(await run('aggregate', [[good, good]])).toEqual([1_000n, [word(7n), word(7n)]])
    await expect(run('aggregate', [[good, bad]])).rejects.toThrow('Multicall3: call failed')
  })

  it('tryAggregate: failures are told, or not accepted', async () => {
    expect(await run('tryAggregate', [false, [bad, good]])).toEqual([failed, ok])
    await expect(run('tryAggregate', [true, [good, bad]])).rejects.toThrow('Multicall3: call failed')
  })

  it('tryBlockAndAggregate and blockAndAggregate tell the block too', async () => {
    expect(await run('tryBlockAndAggregate', [false, [bad, good]])).toEqual([1_000n, zeroHash, [failed, ok]])
    expect(await run('blockAndAggregate', [[good]])).toEqual([1_000n, zeroHash, [ok]])
    await expect(run('blockAndAggregate', [[bad]])).rejects.toThrow('Multicall3: call failed')
    await expect(run('tryBlockAndAggregate', [true, [bad]])).rejects.toThrow('Multicall3: call failed')
  })

  it('aggregate3: every call says whether it may fail', async () => {
    const calls = [
      { ...good, allowFailure: false },
      { ...bad, allowFailure: true },
    ]
    expect(await run('aggregate3', [calls])).toEqual([ok, failed])
    await expect(run('aggregate3', [[{ ...bad, allowFailure: false }]])).rejects.toThrow('Multicall3: call failed')
  })

  it('aggregate3Value: carries ETH that must add up', async () => {
    const calls = [
      { target: WETH9_ADDRESS, allowFailure: false, value: 5n, callData: deposit },
      { target: WETH9_ADDRESS, allowFailure: true, value: 0n, callData: balanceOf(MULTICALL3_ADDRESS) },
    ]
    expect(await run('aggregate3Value', [calls], 5n)).toEqual([
      { success: true, returnData: '0x' },
      { success: true, returnData: word(5n) },
    ])
    await expect(run('aggregate3Value', [calls], 6n)).rejects.toThrow('Multicall3: value mismatch')
    const failing = { ...bad, allowFailure: false, value: 1n }
    await expect(run('aggregate3Value', [[failing]], 1n)).rejects.toThrow('Multicall3: call failed')
    expect(await chain.balance(MULTICALL3_ADDRESS)).toBe(0n)
  })

  it('tells about the block and about accounts', async () => {
    chain.hashes.set(999, word(9n))
    chain.hashes.set(998, word(8n))
    expect(await run('getBlockHash', [998n])).toBe(word(8n))
    expect(await run('getLastBlockHash', [])).toBe(word(9n))
    expect(await run('getBlockNumber', [])).toBe(1_000n)
    expect(await run('getCurrentBlockTimestamp', [])).toBe(1_800_000_000n)
    expect(await run('getCurrentBlockGasLimit', [])).toBe(1_000_000_000n)
    expect(await run('getCurrentBlockCoinbase', [])).toBe('0x0000000000000000000000000000000000000000')
    expect(await run('getCurrentBlockDifficulty', [])).toBe(0n)
    expect(await run('getBasefee', [])).toBe(1n)
    expect(await run('getChainId', [])).toBe(28_079n)
    expect(await run('getEthBalance', [BOB])).toBe(1_000n)
  })

  it('is what viem takes it for', () => {
    const calls = [{ target: ALICE, allowFailure: true, callData: '0x01' as Hex }]
    const names = { abi: multicall3Abi, functionName: 'aggregate3' } as const
    expect(encodeFunctionData({ abi: multicall3.abi, functionName: 'aggregate3', args: [calls] as never })).toBe(
      encodeFunctionData({ ...names, args: [calls] }),
    )
    expect(decodeFunctionResult({ ...names, data: `${word(32n)}${word(0n).slice(2)}` })).toEqual([])
  })
})
