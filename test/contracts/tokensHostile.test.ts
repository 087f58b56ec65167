import {
  encodeAbiParameters,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  stringToHex,
  toFunctionSelector,
  toHex,
} from 'viem'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { messageHash } from '../../rollup/messages/messages.ts'
import { l1Abi } from './bridge.ts'
import { L2_CHAIN_ID } from './setup.ts'
import {
  bridgeAbi,
  compileTokens,
  createTokenBridge,
  deployToken,
  messageOf,
  type TokenArtifacts,
  type TokenBridge,
  tokenAbi,
} from './tokens.ts'
import { ALICE, BOB, type Outcome } from './vm.ts'

let artifacts: TokenArtifacts
let bridge: TokenBridge
beforeAll(() => {
  artifacts = compileTokens()
})
beforeEach(async () => {
  bridge = await createTokenBridge()
})

/** Nothing changed but what the attempt approved beforehand. */
async function refusedSend(token: Hex, error: string): Promise<Outcome> {
  const { chain } = bridge.l1
  await chain.send(token, erc20Abi, 'approve', [bridge.addresses.l1, 10n ** 30n])
  const before = await chain.stateRoot()
  const { outcome } = await bridge.trySend('l1', token, { approve: false })
  expect(outcome.error).toBe(error)
  expect(await chain.stateRoot()).toBe(before)
  return outcome
}

async function refusedClaim(end: 'l1' | 'l2', claim: () => Promise<Outcome>, error = 'Messages_DeliveryFailed') {
  const before = await bridge.chains[end].stateRoot()
  expect((await claim()).error).toBe(error)
  expect(await bridge.chains[end].stateRoot()).toBe(before)
}

describe('79 tokens that move another amount', () => {
  it.each([
    [true, false],
    [false, true],
  ])('a fee (inside: %s, on top: %s) is refused or costs the sender alone', async (inside, onTop) => {
    const token = await deployToken(bridge.l1.chain, artifacts.FeeToken, [])
    await bridge.l1.chain.send(token, artifacts.FeeToken.abi, 'set', [inside, onTop])
    if (inside) {
      const { errorArgs } = await refusedSend(token, 'TokenBridge_WrongAmount')
      expect(String(errorArgs[0]).toLowerCase()).toBe(token)
      return
    }
    // what it takes from the sender on top is no business of the bridge, which got exactly the amount
    await bridge.claimed('l2', await bridge.send('l1', token))
    expect(await bridge.escrowed('l1', token)).toBe(1_000n)
    expect(await bridge.balance('l1', token, bridge.addresses.l1)).toBe(1_000n)
  })

  it('a fee that is switched on later cannot take what others have in escrow', async () => {
    const { chain } = bridge.l1
    const token = await deployToken(chain, artifacts.FeeToken, [])
    await bridge.claimed('l2', await bridge.send('l1', token))
    const clone = await bridge.localToken('l2', token)
    const back = await bridge.send('l2', clone, { from: BOB, amount: 500n, approve: false })
    await chain.send(token, artifacts.FeeToken.abi, 'set', [false, true])
    const at = await bridge.settle()
    await refusedClaim('l1', () => bridge.claimOnL1(back, at))
    // a fee inside is the receiver's loss alone
    await chain.send(token, artifacts.FeeToken.abi, 'set', [true, false])
    expect((await bridge.claimOnL1(back, at)).error).toBeUndefined()
    expect(await bridge.balance('l1', token, BOB)).toBe(495n)
    expect(await bridge.escrowed('l1', token)).toBe(500n)
    expect(await bridge.balance('l1', token, bridge.addresses.l1)).toBe(500n)
  })

  it('a balance that shrinks makes the last claims wait, one that grows is nobody’s', async () => {
    const { chain } = bridge.l1
    const token = await deployToken(chain, artifacts.RebasingToken, [])
    await bridge.claimed('l2', await bridge.send('l1', token))
    const clone = await bridge.localToken('l2', token)
    const rebase = (percent: bigint) => chain.send(token, artifacts.RebasingToken.abi, 'rebase', [percent])
    const first = await bridge.send('l2', clone, { from: BOB, amount: 400n, approve: false })
    const second = await bridge.send('l2', clone, { from: BOB, amount: 600n, approve: false })
    await rebase(50n)
    const at = await bridge.settle()
    expect((await bridge.claimOnL1(first, at)).error).toBeUndefined()
    await refusedClaim('l1', () => bridge.claimOnL1(second, at))
    expect(await bridge.escrowed('l1', token)).toBe(600n)
    await rebase(1_000n)
    expect((await bridge.claimOnL1(second, at)).error).toBeUndefined()
    expect(await bridge.escrowed('l1', token)).toBe(0n)
    expect(await bridge.balance('l1', token, bridge.addresses.l1)).toBeGreaterThan(0n)
    // nobody can take the rest: there is no clone left that could be burned for it
    expect((await bridge.trySend('l2', clone, { from: BOB, amount: 1n, approve: false })).outcome.error).toBe(
      'ERC20InsufficientBalance',
    )
  })
})

describe('79 tokens that answer strangely', () => {
  it('one whose transfers return nothing, and that has no metadata', async () => {
    const token = await deployToken(bridge.l1.chain, artifacts.QuietToken, [false])
    await bridge.claimed('l2', await bridge.send('l1', token, { approve: false }))
    const clone = await bridge.localToken('l2', token)
    expect(await metadata(clone)).toEqual(['', '', 0])
    await bridge.claimed('l1', await bridge.send('l2', clone, { from: BOB, approve: false }))
    expect(await bridge.balance('l1', token, BOB)).toBe(1_000n)
  })

  it('one whose transfers return false', async () => {
    const { chain } = bridge.l1
    const token = await deployToken(chain, artifacts.QuietToken, [true])
    const before = await chain.stateRoot()
    const { outcome } = await bridge.trySend('l1', token, { approve: false })
    expect(outcome.error).toBe('SafeERC20FailedOperation')
    expect(await chain.stateRoot()).toBe(before)
  })
})

const string = (value: string): Hex => encodeAbiParameters([{ type: 'string' }], [value])
const uint = (value: bigint): Hex => encodeAbiParameters([{ type: 'uint256' }], [value])
const bytes32 = (value: string): Hex => stringToHex(value, { size: 32 })
const Mode = { Answer: 0, Revert: 1, RevertBomb: 2, Burn: 3, Long: 4 } as const
const MODES: Record<string, number> = {
  revert: Mode.Revert,
  'revert bomb': Mode.RevertBomb,
  burn: Mode.Burn,
  long: Mode.Long,
}
type Reply = Hex | 'revert' | 'revert bomb' | 'burn' | 'long'

async function metadata(clone: Hex): Promise<unknown[]> {
  const read = (name: string) => bridge.l2.read(clone, tokenAbi, name)
  return [await read('name'), await read('symbol'), await read('decimals')]
}

/** What arrives on L2 of the metadata that a token of L1 answers with. */
async function arrives(replies: { name?: Reply; symbol?: Reply; decimals?: Reply }): Promise<unknown[]> {
  const { chain } = bridge.l1
  const token = await deployToken(chain, artifacts.MetadataToken, [])
  for (const [name, reply = '0x'] of Object.entries(replies)) {
    const mode = MODES[reply] ?? Mode.Answer
    const answer = mode === Mode.Answer ? reply : '0x'
    await chain.send(token, artifacts.MetadataToken.abi, 'set', [toFunctionSelector(`${name}()`), mode, answer])
  }
  await bridge.claimed('l2', await bridge.send('l1', token))
  return metadata(await bridge.localToken('l2', token))
}

describe('79 metadata', () => {
  it.each<[string, Reply, string]>([
    ['an ordinary string', string('Gold'), 'Gold'],
    ['64 bytes', string('x'.repeat(64)), 'x'.repeat(64)],
    ['65 bytes', string('x'.repeat(65)), 'x'.repeat(64)],
    ['1 kB', string('y'.repeat(1_024)), 'y'.repeat(64)],
    ['10 kB', 'long', 'y'.repeat(64)],
    ['10 kB of storage, more than the gas for an answer reads', string('y'.repeat(10_240)), ''],
    ['a character cut in half', string(`${'x'.repeat(63)}é`), 'x'.repeat(63)],
    ['a character of four bytes at the cut', string(`${'x'.repeat(61)}🪙🪙`), 'x'.repeat(61)],
    ['a character that ends at the cut', string(`${'x'.repeat(60)}🪙z`), `${'x'.repeat(60)}🪙`],
    ['nothing but continuation bytes', `0x${uint(32n).slice(2)}${uint(80n).slice(2)}${'80'.repeat(96)}`, ''],
    ['bytes32', bytes32('Maker'), 'Maker'],
    ['bytes32 without a zero', bytes32('m'.repeat(32)), 'm'.repeat(32)],
    ['an empty string', string(''), ''],
    ['no answer', '0x', ''],
    ['33 bytes', `${bytes32('Maker')}00`, ''],
    ['an offset beyond the end', `0x${uint(4096n).slice(2)}${uint(4n).slice(2)}${'61'.repeat(32)}`, ''],
    ['an offset of zero', `0x${uint(0n).slice(2)}${uint(4n).slice(2)}${'61'.repeat(32)}`, ''],
    ['a length beyond the end', `0x${uint(32n).slice(2)}${uint(2n ** 256n - 1n).slice(2)}${'61'.repeat(5)}`, 'aaaaa'],
    ['a revert', 'revert', ''],
    ['a revert of 20 kB', 'revert bomb', ''],
    ['all gas burned', 'burn', ''],
  ])('%s as name and symbol', async (_case, reply, expected) => {
    expect(await arrives({ name: reply, symbol: reply, decimals: uint(18n) })).toEqual([expected, expected, 18])
  })

  it.each<[string, Reply, number]>([
    ['0', uint(0n), 0],
    ['77', uint(77n), 77],
    ['255', uint(255n), 255],
    ['256', uint(256n), 0],
    ['all bits', uint(2n ** 256n - 1n), 0],
    ['31 bytes', `0x${'01'.repeat(31)}`, 0],
    ['a revert', 'revert', 0],
    ['all gas burned', 'burn', 0],
  ])('%s as decimals', async (_case, reply, expected) => {
    expect(await arrives({ name: string('n'), symbol: string('s'), decimals: reply })).toEqual(['n', 's', expected])
  })

  it('is never lost by a deposit with little gas: such a deposit fails', async () => {
    const { chain } = bridge.l1
    const token = await deployToken(chain, artifacts.PlainToken, ['n'.repeat(70), 's'.repeat(70), 18, 10n ** 30n])
    await chain.send(token, erc20Abi, 'approve', [bridge.addresses.l1, 10n ** 30n])
    let accepted = 0
    for (let gas = 100_000n; gas < 420_000n; gas += 3_001n) {
      const { outcome, message } = await bridge.trySend('l1', token, { approve: false, gas })
      if (message === undefined) {
        expect(['TokenMetadata_InsufficientGas', 'out of gas', 'revert']).toContain(outcome.error)
        continue
      }
      accepted += 1
      // both texts are in the message whole
      for (const letter of ['n', 's']) expect(message.data).toContain(toHex(letter.repeat(64)).slice(2))
      if (accepted > 5) break
    }
    expect(accepted).toBeGreaterThan(5)
  })
})

describe('79 hooks that reenter', () => {
  const call = (name: string, args: readonly unknown[]): Hex =>
    encodeFunctionData({ abi: bridgeAbi, functionName: name, args } as Parameters<typeof encodeFunctionData>[0])
  const SEND = toFunctionSelector('tokensToSend()')
  const RECEIVE = toFunctionSelector('tokensReceived()')

  /** A holder of 10,000 of a token that calls it back. */
  async function holderOf() {
    const { chain, bridge: address } = bridge.l1
    const token = await deployToken(chain, artifacts.HookToken, [])
    const holder = (await chain.deploy(artifacts.HookHolder)).address
    await chain.send(token, erc20Abi, 'transfer', [holder, 10_000n])
    const { abi } = artifacts.HookHolder
    const execute = (to: Hex, data: Hex) =>
      chain.send(holder, [...abi, ...bridgeAbi.filter(({ type }) => type === 'event')], 'execute', [to, data])
    const approve = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [address, 10n ** 20n] })
    await execute(token, approve)
    return {
      token,
      holder,
      execute,
      deposit: (amount: bigint) => execute(address, call('deposit', [token, BOB, amount, 0n])),
      on: (selector: Hex, to: Hex, data: Hex, strict = true) =>
        chain.send(holder, abi, 'set', [selector, to, data, strict]),
      read: <T>(name: string) => chain.read<T>(holder, abi, name),
    }
  }

  it('a deposit within a deposit', async () => {
    const of = await holderOf()
    await of.on(SEND, bridge.addresses.l1, call('deposit', [of.token, BOB, 5n, 0n]))
    expect((await of.deposit(10n)).error).toBe('ReentrancyGuardReentrantCall')
    await of.on(SEND, bridge.addresses.l1, call('deposit', [of.token, BOB, 5n, 0n]), false)
    const outcome = await of.deposit(10n)
    expect(messageOf(outcome)?.index).toBe(0n)
    expect(await of.read('lastOk')).toBe(false)
    expect(await bridge.escrowed('l1', of.token)).toBe(10n)
    expect(await bridge.l1.chain.read(bridge.l1.messenger, l1Abi, 'inboxCount')).toBe(1n)
  })

  it('a transfer to the bridge within a deposit does not count as the deposit', async () => {
    const of = await holderOf()
    const gift = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [bridge.addresses.l1, 5n] })
    // by another account, whose transfer does not run the hook of this one
    const { address: giver } = await bridge.l1.chain.deploy(artifacts.HookHolder)
    await bridge.l1.chain.send(of.token, erc20Abi, 'transfer', [giver, 100n])
    const { abi } = artifacts.HookHolder
    await of.on(SEND, giver, encodeFunctionData({ abi, functionName: 'execute', args: [of.token, gift] }))
    expect((await of.deposit(10n)).error).toBe('TokenBridge_WrongAmount')
    expect(await bridge.escrowed('l1', of.token)).toBe(0n)
  })

  it('a claim or a deposit within a release', async () => {
    const of = await holderOf()
    const { chain, messenger } = bridge.l1
    const message = messageOf(await of.deposit(1_000n))
    if (message === undefined) throw new Error('no deposit')
    bridge.inbox.tree.append(hashOf(message))
    await bridge.claimed('l2', message)
    const clone = await bridge.localToken('l2', of.token)
    const back = await bridge.send('l2', clone, { from: BOB, to: of.holder, amount: 100n, approve: false })
    const next = await bridge.send('l2', clone, { from: BOB, to: of.holder, amount: 200n, approve: false })
    const at = await bridge.settle()
    const path = bridge.outbox.tree.path(Number(next.index), at.size)
    const args = [next, path, at.l2Block, at.accountProof, at.storageProof, of.holder] as const
    const claimNext = encodeFunctionData({ abi: l1Abi, functionName: 'claim', args })
    await of.on(RECEIVE, messenger, claimNext, false)
    expect((await bridge.claimOnL1(back, at)).error).toBeUndefined()
    expect([await of.read('runs'), await of.read('lastOk')]).toEqual([1n, false])
    expect(await bridge.escrowed('l1', of.token)).toBe(900n)

    await of.on(RECEIVE, bridge.addresses.l1, call('deposit', [of.token, BOB, 50n, 0n]), false)
    expect((await bridge.claimOnL1(next, at)).error).toBeUndefined()
    expect(await of.read('lastOk')).toBe(false)
    expect(await bridge.escrowed('l1', of.token)).toBe(700n)
    expect(await bridge.balance('l1', of.token, bridge.addresses.l1)).toBe(700n)
    expect(await chain.read(messenger, l1Abi, 'inboxCount')).toBe(1n)
  })

  it('a receiver that refuses keeps its message claimable, and nobody else’s suffers', async () => {
    const of = await holderOf()
    const message = messageOf(await of.deposit(1_000n))
    if (message === undefined) throw new Error('no deposit')
    bridge.inbox.tree.append(hashOf(message))
    await bridge.claimed('l2', message)
    const clone = await bridge.localToken('l2', of.token)
    const stubborn = await bridge.send('l2', clone, { from: BOB, to: of.holder, amount: 100n, approve: false })
    const other = await bridge.send('l2', clone, { from: BOB, to: ALICE, amount: 100n, approve: false })
    const at = await bridge.settle()
    await of.on(RECEIVE, bridge.addresses.l1, call('deposit', [of.token, BOB, 50n, 0n]), true)
    await refusedClaim('l1', () => bridge.claimOnL1(stubborn, at))
    expect((await bridge.claimOnL1(other, at)).error).toBeUndefined()
    await of.on(RECEIVE, bridge.addresses.l1, '0x', false)
    expect((await bridge.claimOnL1(stubborn, at)).error).toBeUndefined()
  })

  const hashOf = (message: Parameters<typeof messageHash>[0]) => messageHash(message, 18_079n, L2_CHAIN_ID)
})
