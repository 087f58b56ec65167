import { encodeAbiParameters, getContractAddress, type Hex, keccak256, toHex, zeroAddress } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l1TokenBridge } from '../../genesis/generated/L1TokenBridge.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { rollupFactory } from '../../genesis/generated/RollupFactory.ts'
import {
  ANCHOR_BLOCK,
  createL1,
  createRollup,
  creationCodes,
  defaultConfig,
  encodeInput,
  GENESIS_HASH,
  GENESIS_STATE_ROOT,
  GENESIS_TIMESTAMP,
  type L1,
  L1_CHAIN_ID,
  L2_CHAIN_ID,
  L2_TOKEN_BRIDGE,
  SEQUENCER,
  validFields,
} from './setup.ts'
import type { CallOptions, Outcome } from './vm.ts'

const { abi } = rollupFactory
let l1: L1
beforeEach(async () => {
  l1 = await createL1()
})

function create(change: object = {}, params: object = {}, options: CallOptions = {}): Promise<Outcome> {
  const config = { ...defaultConfig, chainId: 28080n, ...change }
  return l1.chain.send(
    l1.factory,
    abi,
    'create',
    [{ config, maxMessageGas: 8_000_000n, creationCodes, ...params }],
    options,
  )
}

async function refused(error: string, attempt: () => Promise<Outcome>): Promise<Outcome> {
  const before = await l1.chain.stateRoot()
  const outcome = await attempt()
  expect(outcome.error).toBe(error)
  expect(await l1.chain.stateRoot()).toBe(before)
  return outcome
}

describe('RollupFactory', () => {
  it('deploys at predicted addresses that depend on factory and chain id only', async () => {
    const predicted = await l1.chain.read<Hex[]>(l1.factory, abi, 'predict', [28080n])
    const outcome = await create({ sequencer: zeroAddress }, {}, { value: 7n })
    const [rollup, messenger, bridge] = predicted
    expect(outcome.events).toEqual([{ name: 'RollupCreated', args: { chainId: 28080n, rollup, messenger, bridge } }])
    expect(await l1.chain.read(l1.factory, abi, 'rollupOf', [28080n])).toBe(rollup)
    expect(await l1.chain.read(l1.factory, abi, 'rollupOf', [28081n])).toBe(zeroAddress)
    expect(await l1.chain.read(messenger as Hex, l1Messenger.abi, 'ROLLUP')).toBe(rollup)
    expect(await l1.chain.read(messenger as Hex, l1Messenger.abi, 'BACKING')).toBe(7n)
    expect(await l1.chain.balance(messenger as Hex)).toBe(7n)
    expect(await l1.chain.balance(l1.factory)).toBe(0n)
    expect(await l1.chain.read(bridge as Hex, l1TokenBridge.abi, 'MESSENGER')).toBe(messenger)
    expect(rollup).toBe(create3(l1.factory, 28080n, 'rollup'))
    expect(messenger).toBe(create3(l1.factory, 28080n, 'messenger'))
    expect(bridge).toBe(create3(l1.factory, 28080n, 'bridge'))
  })

  it('passes the whole configuration on', async () => {
    const rollup = <T>(name: string) => l1.chain.read<T>(l1.rollup, nativeRollup.abi, name)
    const messenger = <T>(name: string) => l1.chain.read<T>(l1.messenger, l1Messenger.abi, name)
    const expected: Record<string, unknown> = {
      CHAIN_ID: L2_CHAIN_ID,
      GAS_LIMIT: 60_000_000n,
      FEE_RECIPIENT: zeroAddress,
      GENESIS_HASH,
      GENESIS_STATE_ROOT,
      MAX_ANCHOR_AGE: 7_200n,
      MAX_TIMESTAMP_LAG: 604_800n,
      FINALITY_DELAY: 0n,
      SEQUENCER_TIMEOUT: 7_200n,
      FORCED_DEADLINE: 3_600n,
      FORCED_EXPIRY: 86_400n,
      FORCED_BOND: 10n ** 16n,
      SCHEMA_ID: 0x1501,
      headHash: GENESIS_HASH,
      headNumber: 0n,
      headTimestamp: GENESIS_TIMESTAMP,
      anchorBlock: 0n,
      lastAdvance: l1.chain.block.timestamp,
      pendingSequencer: zeroAddress,
      isOpen: false,
    }
    for (const [name, value] of Object.entries(expected)) expect([name, await rollup(name)]).toEqual([name, value])
    expect((await rollup<Hex>('sequencer')).toLowerCase()).toBe(SEQUENCER)
    expect(await l1.chain.read(l1.rollup, nativeRollup.abi, 'stateRootAt', [0n])).toBe(GENESIS_STATE_ROOT)
    expect((await messenger<Hex>('VERIFIER')).toLowerCase()).toBe(l1.verifier)
    expect(await messenger('TOKEN_BRIDGE')).toBe(l1.bridge)
    expect(await messenger('L2_CHAIN_ID')).toBe(L2_CHAIN_ID)
    expect(await messenger('MAX_MESSAGE_GAS')).toBe(8_000_000n)
    const bridge = <T>(name: string) => l1.chain.read<T>(l1.bridge, l1TokenBridge.abi, name)
    expect(await bridge('MESSENGER')).toBe(l1.messenger)
    expect((await bridge<Hex>('TOKEN_IMPLEMENTATION')).toLowerCase()).toBe(l1.tokenImplementation)
    expect(await bridge('peer')).toBe(L2_TOKEN_BRIDGE)
    const implementation = await l1.chain.read<Hex>(l1.factory, abi, 'TOKEN_IMPLEMENTATION')
    expect(implementation.toLowerCase()).toBe(l1.tokenImplementation)
  })

  it('85 refuses a chain id twice, and that of L1', async () => {
    await refused('RollupFactory_ChainIdTaken', () => create({ chainId: L2_CHAIN_ID }))
    await refused('RollupFactory_ChainIdTaken', () => create({ chainId: BigInt(L1_CHAIN_ID) }))
  })

  it('refuses gas limits without room for the largest message, or that no client accepts', async () => {
    await refused('RollupFactory_GasLimitTooLow', () => create({ gasLimit: 10_126_983n }))
    await refused('RollupFactory_GasLimitTooHigh', () => create({ gasLimit: 2n ** 63n }))
    await refused('RollupFactory_GasLimitTooLow', () => create({ gasLimit: 0n }))
    await refused('RollupFactory_MessageGasTooLow', () => create({}, { maxMessageGas: 2_999_999n }))
    expect((await create({ gasLimit: 10_126_984n })).error).toBeUndefined()
    expect((await create({ chainId: 28081n }, { maxMessageGas: 3_000_000n })).error).toBeUndefined()
  })

  it('refuses to accept messages that no transaction could deliver, however large the blocks are', async () => {
    const gasLimit = 2n ** 63n - 1n
    for (const maxMessageGas of [8_000_001n, 2n ** 24n, 2n ** 64n - 1n]) {
      await refused('RollupFactory_MessageGasTooHigh', () => create({ gasLimit }, { maxMessageGas }))
    }
    expect((await create({ gasLimit }, { maxMessageGas: 8_000_000n })).error).toBeUndefined()
  })

  it('refuses an anchor age beyond what EIP-2935 serves', async () => {
    await refused('NativeRollup_BadConfig', () => create({ maxAnchorAge: 8_192n }))
    await refused('NativeRollup_BadConfig', () => create({ maxAnchorAge: 0n }))
    await refused('NativeRollup_BadConfig', () => create({ genesisTimestamp: l1.chain.block.timestamp + 1n }))
  })

  it('refuses any other code', async () => {
    const [rollup, messenger, bridge] = creationCodes
    const cases: [Hex[], bigint][] = [
      [[], 0n],
      [[rollup, messenger], 2n],
      [[rollup, messenger, bridge, '0x'], 4n],
      [[messenger, rollup, bridge], 0n],
      [[rollup, `${messenger}00`, bridge], 1n],
      [[rollup, messenger, messenger], 2n],
    ]
    for (const [codes, position] of cases) {
      const outcome = await refused('RollupFactory_WrongCreationCode', () => create({}, { creationCodes: codes }))
      expect(outcome.errorArgs).toEqual([position])
    }
  })

  it('a block of one rollup is refused by the other', async () => {
    const second = await createRollup(l1.chain, l1.factory, { chainId: 28080n, genesisHash: keccak256('0x02') })
    const input = toHex(encodeInput(validFields()))
    const advance = (rollup: Hex) =>
      l1.chain.send(rollup, nativeRollup.abi, 'advance', [input, ANCHOR_BLOCK], { from: SEQUENCER })
    await refused('NativeRollup_WrongParent', () => advance(second.rollup))
    expect((await advance(l1.rollup)).error).toBeUndefined()
  })
})

/** CREATE3 as its users compute it: CREATE2 of the proxy, then its first CREATE. */
function create3(factory: Hex, chainId: bigint, role: string): Hex {
  const words = [{ type: 'uint64' }, { type: 'bytes32' }] as const
  const salt = keccak256(encodeAbiParameters(words, [chainId, toHex(role, { size: 32 })]))
  const bytecodeHash = '0x57a34f6e879358dd76825d6700df87013ad6a3fb43c0d0c602f70a8772c153bd'
  const proxy = getContractAddress({ opcode: 'CREATE2', from: factory, salt, bytecodeHash })
  return getContractAddress({ opcode: 'CREATE', from: proxy, nonce: 1n })
}
