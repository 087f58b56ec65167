import { encodeAbiParameters, encodeFunctionData, erc20Abi, type Hex, keccak256, toHex, zeroAddress } from 'viem'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { l1TokenBridge } from '../../genesis/generated/L1TokenBridge.ts'
import { createRollup, L2_CHAIN_ID, L2_MESSENGER, L2_TOKEN_BRIDGE } from './setup.ts'
import {
  bridgeAbi,
  compileTokens,
  createTokenBridge,
  deployToken,
  l1Abi,
  type TokenArtifacts,
  type TokenBridge,
  tokenAbi,
} from './tokens.ts'
import { ALICE, BOB, type Outcome } from './vm.ts'

const ERC20_SLOT = 0x52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00n
const TOTAL_SUPPLY_SLOT = ERC20_SLOT + 2n

let artifacts: TokenArtifacts
let bridge: TokenBridge
beforeAll(() => {
  artifacts = compileTokens()
})
beforeEach(async () => {
  bridge = await createTokenBridge()
})

const metadata = encodeAbiParameters([{ type: 'string' }, { type: 'string' }, { type: 'uint8' }], ['Evil', 'EVL', 18])
const mintCall = (token: Hex, amount = 10n ** 24n): Hex =>
  encodeFunctionData({
    abi: l1TokenBridge.abi,
    functionName: 'finalizeMint',
    args: [token, ALICE, ALICE, amount, metadata],
  })
const releaseCall = (token: Hex, amount: bigint, to: Hex = ALICE): Hex =>
  encodeFunctionData({ abi: l1TokenBridge.abi, functionName: 'finalizeRelease', args: [token, ALICE, to, amount] })

async function refused(end: 'l1' | 'l2', error: string, attempt: () => Promise<Outcome>): Promise<void> {
  const before = await bridge.chains[end].stateRoot()
  expect((await attempt()).error).toBe(error)
  expect(await bridge.chains[end].stateRoot()).toBe(before)
}

/** A token of L1 with 1,000 of it in escrow and on L2, and 5,000 of another deposited by somebody else. */
async function funded() {
  const token = await deployToken(bridge.l1.chain, artifacts.PlainToken)
  await bridge.claimed('l2', await bridge.send('l1', token))
  const other = await deployToken(bridge.l1.chain, artifacts.PlainToken, ['Other', 'OTH', 18, 10n ** 30n])
  await bridge.claimed('l2', await bridge.send('l1', other, { amount: 5_000n }))
  return { token, other, clone: await bridge.localToken('l2', token) }
}

describe('80 a token that only says what it stands for', () => {
  it('is an ordinary token of its own chain: it goes into escrow and releases nothing', async () => {
    const { token } = await funded()
    const fake = await deployToken(bridge.l2, artifacts.FakeBridgedToken, [token, L2_TOKEN_BRIDGE])
    const message = await bridge.send('l2', fake, { amount: 1_000n })
    expect(message.data.slice(0, 10)).toBe(mintCall(token).slice(0, 10))
    await bridge.claimed('l1', message)
    const onL1 = await bridge.localToken('l1', fake)
    expect([onL1.toLowerCase(), onL1]).not.toContain(token)
    expect(await bridge.escrowed('l1', token)).toBe(1_000n)
    expect(await bridge.balance('l1', token, BOB)).toBe(0n)
    expect(await bridge.l1.chain.read(onL1, tokenAbi, 'name')).toBe('Fake')
  })

  it('a clone of the implementation that somebody else made is no token of the bridge', async () => {
    const { token } = await funded()
    const implementation = '8079000000000000000000000000000000000004'
    const creationCode: Hex = `0x3d602d80600a3d3981f3363d3d373d3d3d363d73${implementation}5af43d82803e903d91602b57fd5bf3`
    const { address } = await bridge.l2.deploy({ abi: [], creationCode })
    expect((await bridge.l2.send(address, tokenAbi, 'initialize', ['Gold Coin', 'GLD', 6])).error).toBeUndefined()
    expect((await bridge.l2.send(address, tokenAbi, 'mint', [ALICE, 1_000n])).error).toBeUndefined()
    expect(await bridge.remoteToken('l2', address)).toBe(zeroAddress)
    await bridge.claimed('l1', await bridge.send('l2', address, { amount: 1_000n }))
    expect(await bridge.escrowed('l1', token)).toBe(1_000n)
  })

  it('nobody can take the place of a token before its first transfer', async () => {
    const token = await deployToken(bridge.l1.chain, artifacts.PlainToken)
    const place = await bridge.predict('l2', token)
    // there is no code, so nothing to withdraw
    const { outcome } = await bridge.trySend('l2', place, { approve: false })
    expect(outcome.error).toBe('revert')
    await bridge.l2.setBalance(place, 5n)
    await bridge.claimed('l2', await bridge.send('l1', token))
    expect(await bridge.localToken('l2', token)).toBe(place)
    expect(await bridge.balance('l2', place, BOB)).toBe(1_000n)
  })
})

describe('81 finalize', () => {
  it.each(['l1', 'l2'] as const)('called directly on %s', async (end) => {
    const { token } = await funded()
    const callers = [ALICE, bridge.addresses[end], bridge.addresses[end === 'l1' ? 'l2' : 'l1'], bridge.l1.rollup]
    for (const from of callers) {
      for (const data of [mintCall(token), releaseCall(token, 1n)]) {
        await refused(end, 'TokenBridge_NotPeer', () =>
          bridge.chains[end].sendRaw(bridge.addresses[end], data, { from }),
        )
      }
    }
    // by the messenger, but outside a delivery
    const messenger = end === 'l1' ? bridge.l1.messenger : L2_MESSENGER
    await refused(end, 'Messages_NoMessage', () =>
      bridge.chains[end].sendRaw(bridge.addresses[end], mintCall(token), { from: messenger }),
    )
  })

  it('by a message of another sender cannot be sent, and is not delivered', async () => {
    const { token } = await funded()
    const data = releaseCall(token, 1_000n)
    for (const from of [ALICE, L2_MESSENGER, bridge.l1.bridge]) {
      const { outcome } = await bridge.tryWithdraw({ to: bridge.l1.bridge, from, data, gasLimit: 3_000_000n })
      expect(outcome.error).toBe('Messages_ForbiddenTarget')
    }
    // an L2 that accepted it nevertheless
    await bridge.l2.setStorage(L2_MESSENGER, 102n, toHex(0, { size: 32 }))
    const message = await bridge.withdraw({ to: bridge.l1.bridge, data, gasLimit: 3_000_000n })
    const at = await bridge.settle()
    await refused('l1', 'Messages_ForbiddenTarget', () => bridge.claimOnL1(message, at))
  })

  it('through the messenger of another rollup', async () => {
    const { token } = await funded()
    const { chain, factory } = bridge.l1
    const second = await createRollup(chain, factory, {
      chainId: L2_CHAIN_ID + 1n,
      genesisHash: keccak256('0x02'),
    })
    for (const data of [mintCall(token), releaseCall(token, 1n)]) {
      await refused('l1', 'TokenBridge_NotPeer', () =>
        chain.sendRaw(bridge.l1.bridge, data, { from: second.messenger }),
      )
    }
    // its own bridge has an escrow of its own
    expect(await chain.read(second.bridge, bridgeAbi, 'escrowed', [token])).toBe(0n)
    expect(await chain.read(second.messenger, l1Abi, 'TOKEN_BRIDGE')).toBe(second.bridge)
  })

  it('releases no more than was deposited, even when the peer asks for it', async () => {
    const { token, other } = await funded()
    const greedy = await bridge.forge('l1', releaseCall(token, 1_001n))
    const exact = await bridge.forge('l1', releaseCall(token, 1_000n))
    const again = await bridge.forge('l1', releaseCall(token, 1n))
    const unknown = await bridge.forge('l1', releaseCall(BOB, 1n))
    const at = await bridge.settle()
    await refused('l1', 'Messages_DeliveryFailed', () => bridge.claimOnL1(greedy, at))
    expect((await bridge.claimOnL1(exact, at)).error).toBeUndefined()
    await refused('l1', 'Messages_DeliveryFailed', () => bridge.claimOnL1(again, at))
    await refused('l1', 'Messages_DeliveryFailed', () => bridge.claimOnL1(unknown, at))
    expect(await bridge.escrowed('l1', token)).toBe(0n)
    expect(await bridge.balance('l1', other, bridge.l1.bridge)).toBe(5_000n)
  })

  it('tokens that were sent to the bridge by mistake release nothing', async () => {
    const { token } = await funded()
    await bridge.l1.chain.send(token, erc20Abi, 'transfer', [bridge.l1.bridge, 7_777n])
    expect(await bridge.escrowed('l1', token)).toBe(1_000n)
    const message = await bridge.forge('l1', releaseCall(token, 1_001n))
    const at = await bridge.settle()
    await refused('l1', 'Messages_DeliveryFailed', () => bridge.claimOnL1(message, at))
  })

  it('a token cannot be released twice by one withdrawal', async () => {
    const { clone } = await funded()
    const message = await bridge.send('l2', clone, { from: BOB, amount: 400n, approve: false })
    await bridge.claimed('l1', message)
    const at = await bridge.settle()
    await refused('l1', 'Messages_AlreadyDelivered', () => bridge.claimOnL1(message, at))
  })
})

describe('82 a mint that overflows', () => {
  it('fails and is claimable later', async () => {
    const { token, clone } = await funded()
    const supply = await bridge.l2.getStorage(clone, TOTAL_SUPPLY_SLOT)
    expect(BigInt(supply)).toBe(1_000n)
    const message = await bridge.send('l1', token, { amount: 100n, to: ALICE })
    const at = await bridge.anchor()
    await bridge.l2.setStorage(clone, TOTAL_SUPPLY_SLOT, toHex(2n ** 256n - 50n, { size: 32 }))
    await refused('l2', 'Messages_DeliveryFailed', () => bridge.claimOnL2(message, at))
    await bridge.l2.setStorage(clone, TOTAL_SUPPLY_SLOT, supply)
    expect((await bridge.claimOnL2(message, at)).error).toBeUndefined()
    expect(await bridge.balance('l2', clone, ALICE)).toBe(100n)
  })

  it('cannot be caused by deposits: the escrow would overflow first', async () => {
    const most = 2n ** 256n - 1n
    const token = await deployToken(bridge.l1.chain, artifacts.QuietToken, [false])
    // balances of this token do not have to add up to anything
    const slot = (holder: Hex) =>
      BigInt(keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [holder, 0n])))
    const set = (holder: Hex, amount: bigint) =>
      bridge.l1.chain.setStorage(token, slot(holder), toHex(amount, { size: 32 }))
    await set(ALICE, most)
    await bridge.claimed('l2', await bridge.send('l1', token, { amount: most, approve: false }))
    await set(ALICE, most)
    await set(bridge.l1.bridge, 0n)
    const { outcome } = await bridge.trySend('l1', token, { amount: 1n, approve: false })
    expect(outcome.error).toBe('Panic')
    const clone = await bridge.localToken('l2', token)
    expect(await bridge.balance('l2', clone, BOB)).toBe(most)
    expect(await bridge.escrowed('l1', token)).toBe(most)
  })
})

describe('claims between bridges', () => {
  it('with too little gas fail and can be repeated', async () => {
    const token = await deployToken(bridge.l1.chain, artifacts.PlainToken)
    const message = await bridge.send('l1', token)
    const at = await bridge.anchor()
    for (const gas of [500_000n, 1_500_000n, 3_000_000n]) {
      await refused('l2', 'Messages_InsufficientGas', () => bridge.claimOnL2(message, at, { gas }))
    }
    expect((await bridge.claimOnL2(message, at)).error).toBeUndefined()
  })

  it('61 a message to a token in the name of the messenger moves nothing', async () => {
    const { token } = await funded()
    const steal = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [ALICE, 1n] })
    const drain = encodeFunctionData({
      abi: erc20Abi,
      functionName: 'transferFrom',
      args: [bridge.l1.bridge, ALICE, 1n],
    })
    for (const data of [steal, drain]) {
      const message = await bridge.withdraw({ to: token, data, gasLimit: 200_000n })
      const at = await bridge.settle()
      await refused('l1', 'Messages_DeliveryFailed', () => bridge.claimOnL1(message, at))
    }
    const approve = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [ALICE, 10n ** 30n] })
    await bridge.claimed('l1', await bridge.withdraw({ to: token, data: approve, gasLimit: 200_000n }))
    const take = await bridge.l1.chain.send(token, erc20Abi, 'transferFrom', [bridge.l1.messenger, ALICE, 1n])
    expect(take.ok).toBe(false)
    expect(await bridge.balance('l1', token, bridge.l1.bridge)).toBe(1_000n)
  })
})
