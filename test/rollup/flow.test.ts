import { parseEther } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { devAccount } from '../../genesis/accounts.ts'
import { type Pair, seal, settleAll, startPair } from './support.ts'

describe('one rollup, sealed by hand', () => {
  let pair: Pair | undefined
  afterEach(async () => {
    await pair?.close()
    pair = undefined
  })

  it('claims a deposit, settles the block through EXECUTE, proves and claims a withdrawal', async () => {
    pair = await startPair()
    const { l1, l2, deployment } = pair
    const fresh = '0x00000000000000000000000000000000000f4e54'
    await l2.start()
    await pair.deposit(fresh, parseEther('1'))
    await seal(l1)
    await l2.watcher.step()
    expect(l2.watcher.messages()).toHaveLength(1)
    const block = await seal(l2)
    expect(block.transactions).toHaveLength(2)
    expect(pair.l2Balance(fresh)).toBe(parseEther('1'))

    const txHash = await pair.withdraw(devAccount(1), devAccount(2).address, parseEther('0.4'))
    await seal(l2)
    expect((await l2.reader.getWithdrawals({}))[0]).toMatchObject({ status: 'waiting-to-settle', l2TxHash: txHash })
    await settleAll(pair)
    expect(l2.settlement()).toEqual({ settled: 2n, final: 2n })
    expect((await l2.reader.getWithdrawals({ txHash }))[0]).toMatchObject({ status: 'ready-to-claim' })

    const [proof] = await l2.reader.getWithdrawalProof({ txHash }, {})
    if (proof === undefined) throw new Error('no proof')
    const before = l1.chain.stateAt(l1.chain.head().header.stateRoot)
    const recipient = Buffer.from(devAccount(2).address.slice(2), 'hex')
    const balanceBefore = before.getAccount(recipient)?.balance ?? 0n
    const claimTx = await pair.sendL1(devAccount(3), { to: proof.to, data: proof.calldata })
    await seal(l1)
    const after = l1.chain.stateAt(l1.chain.head().header.stateRoot)
    expect(after.getAccount(recipient)?.balance).toBe(balanceBefore + parseEther('0.4'))
    await l2.watcher.step()
    expect((await l2.reader.getWithdrawals({}))[0]).toMatchObject({ status: 'claimed', claimTx })
    expect(deployment.l1.messenger.toLowerCase()).toBe(proof.to.toLowerCase())
  })
})
