import { concatHex, erc20Abi, type Hex, hashTypedData, keccak256, pad, zeroAddress } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bridgedERC20 } from '../../genesis/generated/BridgedERC20.ts'
import { L2_BRIDGED_ERC20_ADDRESS } from '../../genesis/parameters.ts'
import { L2_CHAIN_ID, L2_MESSENGER, L2_TOKEN_BRIDGE } from './setup.ts'
import {
  compileTokens,
  createTokenBridge,
  deployToken,
  type TokenArtifacts,
  type TokenBridge,
  type Transfer,
  tokenAbi,
} from './tokens.ts'
import { ALICE, BOB, type CallOptions, type Chain, type Outcome } from './vm.ts'

const CAROL: Hex = '0xca40100000000000000000000000000000000004'

let artifacts: TokenArtifacts
let bridge: TokenBridge
beforeAll(() => {
  artifacts = compileTokens()
})
beforeEach(async () => {
  bridge = await createTokenBridge()
})

const other = { l1: 'l2', l2: 'l1' } as const
const lower = (value: string) => value.toLowerCase()
const tokenRead = <T>(chain: Chain, token: Hex, name: string, args: unknown[] = []) =>
  chain.read<T>(token, tokenAbi, name, args)

async function refused(chain: Chain, error: string, attempt: () => Promise<Outcome>): Promise<Outcome> {
  const before = await chain.stateRoot()
  const outcome = await attempt()
  expect(outcome.error).toBe(error)
  expect(await chain.stateRoot()).toBe(before)
  return outcome
}

/** A plain token of one chain, and its clone on the other after a first transfer of 1,000 to Bob. */
async function mirrored(home: 'l1' | 'l2') {
  const away = other[home]
  const token = await deployToken(bridge.chains[home], artifacts.PlainToken)
  await bridge.claimed(away, await bridge.send(home, token))
  return { home, away, token, clone: await bridge.localToken(away, token) } as const
}

describe.each(['l1', 'l2'] as const)('a token of %s', (home) => {
  it('goes to the other chain and back', async () => {
    const away = other[home]
    const { chains, addresses } = bridge
    const token = await deployToken(chains[home], artifacts.PlainToken)
    const predicted = await bridge.predict(away, token)
    expect(await bridge.localToken(away, token)).toBe(zeroAddress)
    const message = await bridge.send(home, token, { amount: 700n, fee: 9n })
    expect(message).toMatchObject({ value: 0n, fee: 9n, gasLimit: 3_000_000n, index: 0n })
    expect([message.sender, message.to].map(lower)).toEqual([addresses[home], addresses[away]].map(lower))
    expect(await bridge.escrowed(home, token)).toBe(700n)
    expect(await bridge.balance(home, token, addresses[home])).toBe(700n)
    await bridge.claimed(away, message)
    const clone = await bridge.localToken(away, token)
    expect(clone).toBe(predicted)
    expect(lower(await bridge.remoteToken(away, clone))).toBe(token)
    expect(await bridge.balance(away, clone, BOB)).toBe(700n)
    expect(await tokenRead(chains[away], clone, 'totalSupply')).toBe(700n)
    expect(lower(await tokenRead(chains[away], clone, 'remoteToken'))).toBe(token)
    expect(lower(await tokenRead(chains[away], clone, 'bridge'))).toBe(lower(addresses[away]))
    const metadata = ['name', 'symbol', 'decimals'].map((name) => tokenRead(chains[away], clone, name))
    expect(await Promise.all(metadata)).toEqual(['Gold Coin', 'GLD', 6])

    await bridge.claimed(away, await bridge.send(home, token, { amount: 50n, to: CAROL }))
    expect(await bridge.localToken(away, token)).toBe(clone)
    expect(await bridge.balance(away, clone, CAROL)).toBe(50n)

    const back = await bridge.send(away, clone, { from: BOB, to: CAROL, amount: 300n, approve: false })
    expect(await tokenRead(chains[away], clone, 'totalSupply')).toBe(450n)
    expect(await bridge.escrowed(away, clone)).toBe(0n)
    await bridge.claimed(home, back)
    expect(await bridge.balance(home, token, CAROL)).toBe(300n)
    expect(await bridge.escrowed(home, token)).toBe(450n)
    expect(await bridge.balance(home, token, addresses[home])).toBe(450n)
  })

  it('arrives whatever the order of claims, the first one made with the last message', async () => {
    const away = other[home]
    const token = await deployToken(bridge.chains[home], artifacts.PlainToken)
    const first = await bridge.send(home, token, { amount: 1n })
    const second = await bridge.send(home, token, { amount: 2n })
    await bridge.claimed(away, second)
    await bridge.claimed(away, first)
    expect(await bridge.balance(away, await bridge.localToken(away, token), BOB)).toBe(3n)
  })

  it('tells what happened', async () => {
    const away = other[home]
    const token = await deployToken(bridge.chains[home], artifacts.PlainToken)
    const { outcome } = await bridge.trySend(home, token, { amount: 5n })
    const sent = outcome.events.find(({ name }) => name === 'TokensSent')?.args as Record<string, unknown>
    expect(JSON.stringify(sent, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)).toLowerCase()).toBe(
      JSON.stringify({ index: '0', token, from: ALICE, to: BOB, amount: '5' }).toLowerCase(),
    )
    expect(away).not.toBe(home)
  })
})

describe('what is refused at send', () => {
  it.each(['l1', 'l2'] as const)('on %s', async (home) => {
    const chain = bridge.chains[home]
    const token = await deployToken(chain, artifacts.PlainToken)
    await chain.send(token, erc20Abi, 'approve', [bridge.addresses[home], 10n ** 30n])
    const attempt = async (transfer: Transfer, of: Hex = token) => {
      const before = await chain.stateRoot()
      const { outcome, message } = await bridge.trySend(home, of, { approve: false, ...transfer })
      expect(message).toBeUndefined()
      expect(await chain.stateRoot()).toBe(before)
      return outcome.error
    }
    expect(await attempt({ fee: 5n, value: 4n })).toBe('TokenBridge_WrongValue')
    expect(await attempt({ fee: 0n, value: 1n })).toBe('TokenBridge_WrongValue')
    expect(await attempt({ amount: 0n })).toBe('TokenBridge_ZeroAmount')
    expect(await attempt({ to: zeroAddress })).toBe('TokenBridge_ForbiddenReceiver')
    expect(await attempt({ to: bridge.addresses[other[home]] })).toBe('TokenBridge_ForbiddenReceiver')
    const messengers: Hex[] =
      home === 'l1' ? [L2_MESSENGER, '0x8079000000000000000000000000000000000005'] : [bridge.l1.messenger]
    for (const to of messengers) expect(await attempt({ to })).toBe('TokenBridge_ForbiddenReceiver')
    expect(await attempt({ amount: 10n ** 30n + 1n })).toBe('ERC20InsufficientAllowance')
    expect(await attempt({ from: BOB })).toBe('ERC20InsufficientAllowance')
    // addresses that hold no token
    expect(await attempt({}, CAROL)).toBe('revert')
    expect(await attempt({}, bridge.addresses[home])).toBe('revert')
  })

  it('a release to the token itself, which many tokens refuse', async () => {
    const { token, clone } = await mirrored('l1')
    const { outcome } = await bridge.trySend('l2', clone, { from: BOB, to: token, approve: false })
    expect(outcome.error).toBe('TokenBridge_ForbiddenReceiver')
  })

  it('more than one has of a token of the other chain', async () => {
    const { clone } = await mirrored('l1')
    const { outcome } = await bridge.trySend('l2', clone, { from: BOB, amount: 1_001n, approve: false })
    expect(outcome.error).toBe('ERC20InsufficientBalance')
    expect(await bridge.balance('l2', clone, BOB)).toBe(1_000n)
  })
})

describe('registries', () => {
  it('a token address that exists on both chains is two tokens', async () => {
    const { l1, l2 } = bridge.chains
    // the same deployer and nonce give the same address
    const onL1 = await deployToken(l1, artifacts.PlainToken, ['One', 'ONE', 18, 10n ** 20n])
    const code = await l1.read<Hex>(onL1, erc20Abi, 'name')
    expect(code).toBe('One')
    const onL2 = await deployToken(l2, artifacts.PlainToken, ['Two', 'TWO', 8, 10n ** 20n])
    const same = await placeSame(onL1)
    await bridge.claimed('l2', await bridge.send('l1', onL1, { amount: 7n }))
    await bridge.claimed('l1', await bridge.send('l2', same, { amount: 5n }))
    const clones = [await bridge.localToken('l2', onL1), await bridge.localToken('l1', same)] as const
    expect(await tokenRead(l2, clones[0], 'totalSupply')).toBe(7n)
    expect(await tokenRead(l1, clones[1], 'totalSupply')).toBe(5n)
    expect(await bridge.escrowed('l1', onL1)).toBe(7n)
    expect(await bridge.escrowed('l2', same)).toBe(5n)
    // each goes home to its own chain
    await bridge.claimed('l1', await bridge.send('l2', clones[0], { from: BOB, to: CAROL, amount: 7n, approve: false }))
    expect(await bridge.balance('l1', onL1, CAROL)).toBe(7n)
    expect(await bridge.escrowed('l1', onL1)).toBe(0n)
    expect(await bridge.escrowed('l2', same)).toBe(5n)

    /** The L2 token once more, with its balances, at an address that L1 uses for another one. */
    async function placeSame(address: Hex): Promise<Hex> {
      if (lower(onL2) === lower(address)) return onL2
      await l2.setCode(address, artifacts.HookToken.runtimeCode)
      const holder = mappingSlot(ALICE, 0n)
      await l2.setStorage(address, holder, `0x${(10n ** 20n).toString(16).padStart(64, '0')}`)
      await l2.setStorage(address, 2n, `0x${(10n ** 20n).toString(16).padStart(64, '0')}`)
      return address
    }
  })

  it('a clone is burned and never kept, so it cannot be mirrored again', async () => {
    const { clone } = await mirrored('l1')
    await bridge.l2.send(clone, erc20Abi, 'approve', [L2_TOKEN_BRIDGE, 10n], { from: BOB })
    await bridge.send('l2', clone, { from: BOB, amount: 10n })
    expect(await bridge.escrowed('l2', clone)).toBe(0n)
    expect(await bridge.balance('l2', clone, L2_TOKEN_BRIDGE)).toBe(0n)
    // the allowance was not needed
    expect(await bridge.l2.read(clone, erc20Abi, 'allowance', [BOB, L2_TOKEN_BRIDGE])).toBe(10n)
  })

  it('a token of L1 has the same address on every L2', async () => {
    const second = await createTokenBridge()
    const token = await deployToken(bridge.l1.chain, artifacts.PlainToken)
    expect(await second.predict('l2', token)).toBe(await bridge.predict('l2', token))
  })
})

describe('BridgedERC20', () => {
  const initialize = (chain: Chain, token: Hex) => chain.send(token, tokenAbi, 'initialize', ['x', 'y', 1])

  it('is initialized once, and the implementation never', async () => {
    const { clone } = await mirrored('l1')
    await refused(bridge.l2, 'InvalidInitialization', () => initialize(bridge.l2, clone))
    await refused(bridge.l2, 'InvalidInitialization', () => initialize(bridge.l2, L2_BRIDGED_ERC20_ADDRESS))
    const { chain, tokenImplementation } = bridge.l1
    await refused(chain, 'InvalidInitialization', () => initialize(chain, tokenImplementation))
  })

  it('is an ERC-1167 clone of 45 bytes', async () => {
    const { clone } = await mirrored('l1')
    const length = await bridge.l2.deploy({ abi: [], creationCode: codeSizeOf(clone) })
    expect(await bridge.l2.sendRaw(length.address, '0x')).toMatchObject({
      data: `0x${(45).toString(16).padStart(64, '0')}`,
    })
  })

  it('mints and burns for its bridge only', async () => {
    const { clone } = await mirrored('l1')
    for (const name of ['mint', 'burn']) {
      for (const from of [ALICE, BOB, L2_MESSENGER]) {
        await refused(bridge.l2, 'BridgedERC20_NotBridge', () =>
          bridge.l2.send(clone, tokenAbi, name, [BOB, 1n], { from }),
        )
      }
    }
  })

  it('takes permits under its own name, chain and address', async () => {
    const owner = privateKeyToAccount(`0x${'42'.repeat(32)}`)
    const { clone } = await mirrored('l1')
    const token2 = await deployToken(bridge.l1.chain, artifacts.PlainToken, ['Gold Coin', 'GLD', 6, 10n ** 30n])
    await bridge.claimed('l2', await bridge.send('l1', token2))
    const clone2 = await bridge.localToken('l2', token2)
    const permit = { owner: owner.address, spender: CAROL, value: 77n, nonce: 0n, deadline: 2_000_000_000n }
    const typed = (verifyingContract: Hex) => ({
      domain: { name: 'Gold Coin', version: '1', chainId: Number(L2_CHAIN_ID), verifyingContract },
      types: {
        Permit: [
          { name: 'owner', type: 'address' },
          { name: 'spender', type: 'address' },
          { name: 'value', type: 'uint256' },
          { name: 'nonce', type: 'uint256' },
          { name: 'deadline', type: 'uint256' },
        ],
      } as const,
      primaryType: 'Permit' as const,
      message: permit,
    })
    expect(hashTypedData(typed(clone))).not.toBe(hashTypedData(typed(clone2)))
    const domain = await tokenRead<readonly unknown[]>(bridge.l2, clone, 'eip712Domain')
    expect(domain.slice(1, 5)).toEqual(['Gold Coin', '1', L2_CHAIN_ID, clone])

    const signature = await owner.signTypedData(typed(clone))
    const [r, s, v] = [signature.slice(0, 66), `0x${signature.slice(66, 130)}`, Number(`0x${signature.slice(130)}`)]
    const args = [permit.owner, permit.spender, permit.value, permit.deadline, v, r, s]
    const send = (to: Hex, options?: CallOptions) => bridge.l2.send(to, tokenAbi, 'permit', args, options)
    await refused(bridge.l2, 'ERC2612InvalidSigner', () => send(clone2))
    expect((await send(clone, { from: CAROL })).error).toBeUndefined()
    expect(await tokenRead(bridge.l2, clone, 'allowance', [owner.address, CAROL])).toBe(77n)
    expect(await tokenRead(bridge.l2, clone, 'nonces', [owner.address])).toBe(1n)
    await refused(bridge.l2, 'ERC2612InvalidSigner', () => send(clone))
    bridge.l2.block.timestamp = permit.deadline + 1n
    await refused(bridge.l2, 'ERC2612ExpiredSignature', () => send(clone))
  })

  it('has no name longer than what its bridge cuts off, and no function that nobody expects', () => {
    const functions = bridgedERC20.abi
      .filter(({ type }) => type === 'function')
      .map((item) => ('name' in item ? item.name : ''))
    expect(functions.sort()).toEqual(
      [
        ...['DOMAIN_SEPARATOR', 'allowance', 'approve', 'balanceOf', 'bridge', 'burn', 'decimals', 'eip712Domain'],
        ...['initialize', 'mint', 'name', 'nonces', 'permit', 'remoteToken', 'symbol', 'totalSupply', 'transfer'],
        'transferFrom',
      ].sort(),
    )
  })
})

/** Creation code of a contract that answers with the code size of an address. */
function codeSizeOf(address: Hex): Hex {
  const runtime = `73${address.slice(2)}3b5f5260205ff3`
  const size = (runtime.length / 2).toString(16).padStart(2, '0')
  return `0x60${size}600a5f3960${size}5ff3${runtime}`
}

function mappingSlot(key: Hex, slot: bigint): bigint {
  return BigInt(keccak256(concatHex([pad(key), pad(`0x${slot.toString(16).padStart(2, '0')}`)])))
}
