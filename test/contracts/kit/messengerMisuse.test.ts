import { type Hex, zeroAddress } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../../rollup/types.ts'
import { L2_MESSENGER } from '../setup.ts'
import { claimingMocks, type Pair, realPair, type Side } from './pairs.ts'

const CAROL: Hex = '0xca40100000000000000000000000000000000004'

describe.each([
  ['the real contracts', realPair],
  ['the mocks', claimingMocks],
] as const)('%s deliver nothing but what was sent', (_name, create) => {
  const CHANGES: Partial<Message>[] = [
    { sender: CAROL },
    { to: CAROL },
    { value: 2n },
    { fee: 0n },
    { gasLimit: 99_999n },
    { data: '0x0103' },
    { index: 1n },
  ]
  it.each([
    ['l1', 'l2', 'L2Messenger_NotInInbox'],
    ['l2', 'l1', 'WithdrawalVerifier_NotInOutbox'],
  ] as const)('from %s to %s', async (source, destination, error) => {
    const pair = await create()
    const { message } = await pair[source].send({ value: 1n, fee: 1n, data: '0x0102' })
    await pair[source].send({})
    for (const change of CHANGES) {
      expect((await pair[destination].deliver({ ...message, ...change })).error).toBe(error)
    }
    expect((await pair[destination].deliver(message)).error).toBeUndefined()
  })
})

describe('the messenger mocks alone', () => {
  let pair: Pair
  beforeEach(async () => {
    pair = await claimingMocks()
  })
  const call = ({ chain, messenger, abi }: Side, name: string, ...args: unknown[]) =>
    chain.send(messenger, abi, name, args)

  it('deliver all that wait, each once, and what is sent meanwhile the next time', async () => {
    const { l1, l2 } = pair
    for (const value of [1n, 2n, 3n]) await l1.send({ value, to: CAROL })
    expect((await call(l2, 'deliver', 1n)).error).toBeUndefined()
    expect(BigInt((await call(l2, 'deliverAll')).data)).toBe(2n)
    expect(await l2.chain.balance(CAROL)).toBe(6n)
    expect(BigInt((await call(l2, 'deliverAll')).data)).toBe(0n)
    await l1.send({ value: 4n, to: CAROL })
    expect(BigInt((await call(l2, 'deliverAll')).data)).toBe(1n)
  })

  it('say which message there is not', async () => {
    expect((await call(pair.l2, 'deliver', 0n)).error).toBe('L2Messenger_NotInInbox')
    expect((await call(pair.l1, 'deliver', 0n)).error).toBe('WithdrawalVerifier_NotInOutbox')
    const [down, up] = [(await pair.l1.send({})).message, (await pair.l2.send({})).message]
    expect((await pair.l2.deliver({ ...down, index: 1n })).error).toBe('L2Messenger_NotInInbox')
    expect((await pair.l1.deliver({ ...up, index: 1n })).error).toBe('WithdrawalVerifier_NotInOutbox')
  })

  it('say that L2 has no ETH to pay with, and that it is not connected', async () => {
    const { l1, l2 } = pair
    await l2.chain.setBalance(L2_MESSENGER, 4n)
    const { message } = await l1.send({ value: 4n, fee: 1n })
    expect(await l2.deliver(message)).toMatchObject({ error: 'MessengerMock_InsufficientBalance', errorArgs: [4n, 5n] })
    await call(l2, 'connect', zeroAddress)
    expect((await l2.send({})).outcome.error).toBe('MessengerMock_NotConnected')
    expect((await call(l2, 'deliverAll')).error).toBe('MessengerMock_NotConnected')
    await l1.chain.setCode(L2_MESSENGER, '0x')
    expect((await call(l1, 'deliverAll')).error).toBe('MessengerMock_NotConnected')
  })
})
