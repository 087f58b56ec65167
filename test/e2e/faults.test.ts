import { decodeFunctionData, encodeFunctionData } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { devAccount } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import type { BuiltBlock } from '../../rpc/rollup/sequencing.ts'
import type { Settlement } from '../../rpc/rollup/settlements.ts'
import { type Access, accessTo } from './chainAccess.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

let devnet: TestDevnet
let l1: Access
let l2: Access
let nonce = 0
beforeAll(async () => {
  devnet = await startTestDevnet({ sealModes: { l1: { kind: 'instant' }, l2: { kind: 'manual' } } })
  l1 = accessTo(devnet.l1Url)
  l2 = accessTo(devnet.l2Url)
  await l2.call('rollup_pauseSettlement')
})
afterAll(() => devnet.close())

const arm = (fault?: object) => l2.call('rollup_injectFault', fault === undefined ? [] : [fault])
const settle = () => l2.call<string[]>('rollup_settle')
const settlementOf = (block: string) => l2.call<Settlement>('rollup_getSettlement', [block])

/** A block with one transfer. */
async function build(): Promise<BuiltBlock> {
  const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n }
  const to = '0x0000000000000000000000000000000000fa0175'
  const request = { chainId: devnet.deployment.l2ChainId, nonce: nonce++, gas: 300_000n, to, value: 1n } as const
  const tx = await devAccount(1).signTransaction({ type: 'eip1559', ...fees, ...request })
  await l2.call('evm_increaseTime', [2])
  return l2.call<BuiltBlock>('rollup_buildBlock', [{ txs: [tx] }])
}

/** What EXECUTE says about the input in a settlement. */
async function executed(l1Tx: string | undefined): Promise<{ failure?: { code: string } }> {
  const { input } = await l1.call<{ input: `0x${string}` }>('eth_getTransactionByHash', [l1Tx])
  const { functionName, args } = decodeFunctionData({ abi: nativeRollup.abi, data: input })
  expect(functionName).toBe('advance')
  return l2.call('rollup_execute', [args?.[0]])
}

describe('a settlement that is broken once', () => {
  test('cannot have an anchor that is too old before there is one', async () => {
    await expect(arm({ kind: 'stale-anchor' })).rejects.toThrow('-32000 no L1 block is too old')
  })

  test.each([
    ['bad-state-root', 'NativeRollup_ExecuteFailed', 'STATE_ROOT_MISMATCH'],
    ['wrong-gas', 'NativeRollup_ExecuteFailed', 'GAS_USED_MISMATCH'],
    ['drop-witness-node', 'NativeRollup_ExecuteFailed', 'MISSING_NODE'],
    ['wrong-anchor', 'NativeRollup_AnchorMismatch'],
    ['stale-anchor', 'NativeRollup_AnchorMovedBack'],
  ])('%s: is refused with %s, and the honest one follows', async (kind, reason, code?: string) => {
    const { number, hash } = await build()
    expect(await arm({ kind })).toEqual({ armed: { kind } })
    const [broken, ...others] = await settle()
    expect(others).toHaveLength(1)
    expect((await executed(broken)).failure?.code).toBe(code)
    const { l2Hash, attempts } = await settlementOf(number)
    expect(l2Hash).toBe(hash)
    expect(attempts).toMatchObject([{ fault: kind, outcome: 'reverted', reason }, { outcome: 'settled' }])
    expect(attempts[1]).not.toHaveProperty('fault')
    expect(await arm()).toEqual({})
  })

  test('waits for the block that it is for, and lets those before it be settled', async () => {
    const [first, second] = [await build(), await build()]
    await arm({ kind: 'wrong-gas', block: second.number })
    expect(await settle()).toHaveLength(3)
    expect((await settlementOf(first.number)).attempts).toMatchObject([{ outcome: 'settled' }])
    expect((await settlementOf(second.number)).attempts).toMatchObject([
      { fault: 'wrong-gas', outcome: 'reverted' },
      { outcome: 'settled' },
    ])
  })

  test('equivocate: L1 takes another block than users saw, and their transactions are in the next one', async () => {
    const told = await build()
    await arm({ kind: 'equivocate' })
    // and perhaps the block that is built again, when that is quick
    expect(await settle()).not.toEqual([])
    await devnet.rollup.node.sequencer.reconcile()
    const { l2Hash, attempts } = await settlementOf(told.number)
    expect(attempts).toMatchObject([{ fault: 'equivocate', outcome: 'settled', l2Hash }])
    expect(l2Hash).not.toBe(told.hash)
    const [hash] = told.transactions
    const receipt = await l2.call<{ blockNumber: string; status: string }>('eth_getTransactionReceipt', [hash])
    const next = `0x${(BigInt(told.number) + 1n).toString(16)}`
    expect(receipt).toMatchObject({ blockNumber: next, status: '0x1' })
    await l2.call('evm_increaseTime', [20])
    await settle()
    expect((await settlementOf(next)).status).toMatch(/^(settled|finalized)$/)
  })
})

describe('a block that is bent once', () => {
  async function deposit(count: number): Promise<void> {
    const args = [devAccount(4).address, 0n, 300_000n, '0x'] as const
    const input = encodeFunctionData({ abi: l1Messenger.abi, functionName: 'sendMessage', args })
    const request = { from: devAccount(0).address, to: devnet.deployment.l1.messenger, value: '0x5', input }
    for (let index = 0; index < count; index++) await l1.call('eth_sendTransaction', [request])
    await devnet.rollup.node.watcher.step()
    await devnet.rollup.node.watcher.step()
  }
  const messages = async () => (await build()).messages.map(Number)

  test('skips a message, which the next one claims', async () => {
    await deposit(2)
    await arm({ kind: 'skip-message' })
    expect(await messages()).toEqual([1])
    expect(await messages()).toEqual([0])
    expect(await arm()).toEqual({})
  })

  test('claims messages the other way round', async () => {
    await deposit(3)
    await arm({ kind: 'reorder-messages' })
    expect(await messages()).toEqual([4, 3, 2])
    expect(await settle()).not.toEqual([])
  })

  test('is not one that was made already', async () => {
    const { number } = await build()
    await expect(arm({ kind: 'skip-message', block: number })).rejects.toThrow('is made already')
    expect(await arm({ kind: 'wrong-gas', block: number })).toEqual({ armed: { kind: 'wrong-gas', block: number } })
    expect(await arm({ kind: 'equivocate' })).toMatchObject({ previous: { kind: 'wrong-gas', block: number } })
    expect(await arm()).toEqual({ previous: { kind: 'equivocate' } })
    await settle()
    await expect(arm({ kind: 'wrong-gas', block: number })).rejects.toThrow('is settled already')
    await expect(arm({ kind: 'lightning' })).rejects.toThrow('-32602')
  })
})

describe('a fault and a snapshot', () => {
  test('what is armed belongs to the moment: a revert arms what was armed then, and nothing else', async () => {
    const clean = await l2.call('rollup_snapshot')
    await arm({ kind: 'wrong-gas' })
    await l2.call('rollup_revert', [clean])
    expect(await arm({ kind: 'bad-state-root' })).toEqual({ armed: { kind: 'bad-state-root' } })
    const armed = await l2.call('rollup_snapshot')
    expect(await arm()).toEqual({ previous: { kind: 'bad-state-root' } })
    await l2.call('rollup_revert', [armed])
    expect(await arm()).toEqual({ previous: { kind: 'bad-state-root' } })
  })
})
