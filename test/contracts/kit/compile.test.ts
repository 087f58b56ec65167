import { readFileSync } from 'node:fs'
import { type Abi, type AbiParameter, toFunctionSelector } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import { bridgedERC20 } from '../../../genesis/generated/BridgedERC20.ts'
import { crossMessenger } from '../../../genesis/generated/CrossMessenger.ts'
import { l1Messenger } from '../../../genesis/generated/L1Messenger.ts'
import { l1Router } from '../../../genesis/generated/L1Router.ts'
import { l1State } from '../../../genesis/generated/L1State.ts'
import { l1TokenBridge } from '../../../genesis/generated/L1TokenBridge.ts'
import { l2Messenger } from '../../../genesis/generated/L2Messenger.ts'
import { l2TokenBridge } from '../../../genesis/generated/L2TokenBridge.ts'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import { rollupFactory } from '../../../genesis/generated/RollupFactory.ts'
import { withdrawalVerifier } from '../../../genesis/generated/WithdrawalVerifier.ts'
import {
  CROSS_MESSENGER_ADDRESS,
  L1_STATE_ADDRESS,
  L2_BRIDGED_ERC20_ADDRESS,
  L2_MESSENGER_ADDRESS,
  L2_TOKEN_BRIDGE_ADDRESS,
} from '../../../genesis/parameters.ts'
import { type CompiledKit, compileKit } from './compileKit.ts'

const ROOT = new URL('../../../', import.meta.url)

const COMPILERS = [
  ['the oldest compiler that it allows', 'solc-floor'],
  ['the newest', 'solc'],
] as const

const compiled = new Map<string, CompiledKit>()
beforeAll(() => {
  for (const [, name] of COMPILERS) compiled.set(name, compileKit(name))
}, 120_000)

it.each(COMPILERS)('compiles without a word from %s', (_what, name) => {
  expect(compiled.get(name)?.problems).toEqual([])
})

describe('an interface is the ABI of its contract', () => {
  const CONTRACTS: [string, { abi: Abi }][] = [
    ['IL1Messenger', l1Messenger],
    ['IL2Messenger', l2Messenger],
    ['ICrossMessenger', crossMessenger],
    ['INativeRollup', nativeRollup],
    ['IL1TokenBridge', l1TokenBridge],
    ['IL2TokenBridge', l2TokenBridge],
    ['IWithdrawalVerifier', withdrawalVerifier],
    ['IL1State', l1State],
    ['IL1Router', l1Router],
    ['IRollupFactory', rollupFactory],
  ]
  it.each(CONTRACTS)('%s', (name, { abi }) => {
    expect(members(abiOf(name))).toEqual(members(abi))
    expect(members(abi).length).toBeGreaterThan(3)
  })

  it('IMessenger and ITokenBridge are what both sides have', () => {
    for (const [name, sides] of [
      ['IMessenger', ['IL1Messenger', 'IL2Messenger']],
      ['ITokenBridge', ['IL1TokenBridge', 'IL2TokenBridge']],
      ['IForcedQueue', ['INativeRollup', 'INativeRollup']],
    ] as const) {
      const [left = [], right = []] = sides.map((side) => members(abiOf(side)))
      const own = members(abiOf(name))
      expect(own.filter((member) => !left.includes(member) || !right.includes(member))).toEqual([])
      if (name !== 'IForcedQueue') expect(left.filter((member) => right.includes(member))).toEqual(own)
    }
  })

  it('tokens that the bridges make are ordinary ERC-20 tokens, so there is no interface of them', () => {
    expect(members(bridgedERC20.abi)).toEqual(expect.arrayContaining([expect.stringMatching(/^function transfer\(/)]))
  })

  it('a mock has all that its contract has', () => {
    for (const [mock, name] of [
      ['L1MessengerMock', 'IL1Messenger'],
      ['L2MessengerMock', 'IL2Messenger'],
      ['CrossMessengerMock', 'ICrossMessenger'],
    ] as const) {
      const [has, needs] = [mock, name].map((one) =>
        members(abiOf(one)).map((member) => member.replace(' pure ', ' view ')),
      )
      expect(has).toEqual(expect.arrayContaining(needs ?? []))
      expect(abiOf(mock).flatMap(memberLine).length).toBe(has?.length)
    }
  })
})

it('L2Addresses are those of genesis', () => {
  const source = readFileSync(new URL('contracts/kit/L2Addresses.sol', ROOT), 'utf8')
  const constants = Object.fromEntries(
    [...source.matchAll(/constant (\w+) = (0x\w+);/g)].map(([, name = '', value]) => [name, value]),
  )
  expect(constants).toEqual({
    MESSENGER: L2_MESSENGER_ADDRESS,
    TOKEN_BRIDGE: L2_TOKEN_BRIDGE_ADDRESS,
    L1_STATE: L1_STATE_ADDRESS,
    TOKEN_IMPLEMENTATION: L2_BRIDGED_ERC20_ADDRESS,
    CROSS_MESSENGER: CROSS_MESSENGER_ADDRESS,
  })
})

it('no input of EXECUTE is a call of ExecuteMock: inputs begin with their schema id', () => {
  const selectors = abiOf('ExecuteMock').flatMap((item) => (item.type === 'function' ? [toFunctionSelector(item)] : []))
  expect(selectors.length).toBeGreaterThan(5)
  expect(selectors.filter((selector) => /^0x15(01|00)/.test(selector))).toEqual([])
})

function abiOf(name: string): Abi {
  const abi = compiled.get('solc-floor')?.contracts.get(name)?.abi
  if (abi === undefined) throw new Error(`no ${name} in the kit`)
  return abi
}

const typeOf = (parameter: AbiParameter): string =>
  'components' in parameter
    ? `(${parameter.components.map(typeOf).join(',')})${parameter.type.slice(5)}`
    : parameter.type

/** One line for each function, event and error, with everything that callers and decoders depend on. */
function members(abi: Abi): string[] {
  // The compiler lists an error twice when a contract repeats one of a library.
  return [...new Set(abi.flatMap(memberLine))].sort()
}

function memberLine(item: Abi[number]): string[] {
  if (item.type !== 'function' && item.type !== 'event' && item.type !== 'error') return []
  const inputs = item.inputs.map((input) => `${typeOf(input)}${'indexed' in input && input.indexed ? ' indexed' : ''}`)
  const outputs = item.type === 'function' ? ` ${item.stateMutability} -> ${item.outputs.map(typeOf).join(',')}` : ''
  return [`${item.type} ${item.name}(${inputs.join(',')})${outputs}`]
}
