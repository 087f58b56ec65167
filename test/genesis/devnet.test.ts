import { decodeFunctionResult, encodeFunctionData, type Hex, keccak256, toHex } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import { createEngines, type Engines } from '../../bin/engines.ts'
import { devnetGenesis } from '../../bin/genesisCommand.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import { bridgedERC20 } from '../../genesis/generated/BridgedERC20.ts'
import { crossMessenger } from '../../genesis/generated/CrossMessenger.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l1Router } from '../../genesis/generated/L1Router.ts'
import { l1State } from '../../genesis/generated/L1State.ts'
import { l1TokenBridge } from '../../genesis/generated/L1TokenBridge.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { l2Backing } from '../../genesis/l2Genesis.ts'
import {
  CROSS_MESSENGER_ADDRESS,
  L1_STATE_ADDRESS,
  L2_BRIDGED_ERC20_ADDRESS,
  L2_MESSENGER_ADDRESS,
  L2_TOKEN_BRIDGE_ADDRESS,
  MESSENGER_SUPPLY,
} from '../../genesis/parameters.ts'
import type { DevnetGenesis } from '../../genesis/types.ts'
import { silentLogger } from '../../node/logger.ts'
import { createStateView } from '../../stateless/stateView.ts'

const TIMESTAMP = 1_700_000_000

describe('devnet genesis', () => {
  let engines: Engines
  let genesis: DevnetGenesis

  beforeAll(async () => {
    engines = await createEngines(silentLogger)
    genesis = await devnetGenesis(engines, { timestamp: TIMESTAMP, finalityDelay: 60, rollups: 2 })
  })

  /** An eth_call on the state of the L1 genesis. */
  async function read(to: Hex, data: Hex): Promise<Hex> {
    const engine = engines.l1(genesis.l1)
    const { block, changes, commit } = genesisBlock(genesis.l1, engine)
    const state = createStateView(
      { getNode: (hash) => commit.nodes.get(hash), getCode: (hash) => changes.codes.get(hash) },
      commit.root,
    )
    const bytes = (hex: Hex) => Buffer.from(hex.slice(2), 'hex')
    const answer = await engine.call(
      { to: bytes(to), data: bytes(data) },
      { header: block.header, state, blockHash: () => undefined },
    )
    if (answer.status !== 'success') throw new Error(`call failed: ${answer.status}`)
    return `0x${Buffer.from(answer.output).toString('hex')}`
  }

  it('is the same for the same timestamp and another for another', async () => {
    const again = await devnetGenesis(engines, { timestamp: TIMESTAMP, finalityDelay: 60, rollups: 2 })
    expect(again).toEqual(genesis)
    const later = await devnetGenesis(engines, { timestamp: TIMESTAMP + 1, finalityDelay: 60, rollups: 1 })
    expect(later.rollups[0]?.deployment.l2GenesisHash).not.toBe(genesis.rollups[0]?.deployment.l2GenesisHash)
  })

  it('gives every rollup its own chain id, contracts and genesis hash', () => {
    const [a, b] = genesis.rollups.map(({ deployment }) => deployment)
    expect([a?.l2ChainId, b?.l2ChainId]).toEqual([28_079, 28_080])
    expect(a?.l1.rollup).not.toBe(b?.l1.rollup)
    expect(a?.l1.messenger).not.toBe(b?.l1.messenger)
    expect(a?.l2GenesisHash).not.toBe(b?.l2GenesisHash)
    expect(a?.l1.withdrawalVerifier).toBe(b?.l1.withdrawalVerifier)
  })

  it('starts each rollup at the hash and state root of its L2 genesis', async () => {
    for (const { l2, deployment } of genesis.rollups) {
      const { block } = genesisBlock(l2, engines.spec(l2))
      for (const [functionName, expected] of [
        ['GENESIS_HASH', block.hash],
        ['GENESIS_STATE_ROOT', block.header.stateRoot],
        ['headHash', block.hash],
      ] as const) {
        const answer = await read(deployment.l1.rollup, encodeFunctionData({ abi: nativeRollup.abi, functionName }))
        expect(answer).toBe(`0x${Buffer.from(expected).toString('hex')}`)
      }
      const delay = await read(
        deployment.l1.rollup,
        encodeFunctionData({ abi: nativeRollup.abi, functionName: 'FINALITY_DELAY' }),
      )
      expect(BigInt(delay)).toBe(60n)
    }
  })

  it('backs every L2 balance outside the messenger with escrow on L1', async () => {
    for (const { l2, deployment } of genesis.rollups) {
      const escrow = genesis.l1.alloc[deployment.l1.messenger.toLowerCase()]
      expect(BigInt(escrow?.balance ?? 0)).toBe(l2Backing(l2))
      const backing = await read(
        deployment.l1.messenger,
        encodeFunctionData({ abi: l1Messenger.abi, functionName: 'BACKING' }),
      )
      expect(decodeFunctionResult({ abi: l1Messenger.abi, functionName: 'BACKING', data: backing })).toBe(l2Backing(l2))
      expect(BigInt(l2.alloc[L2_MESSENGER_ADDRESS]?.balance ?? 0)).toBe(MESSENGER_SUPPLY)
    }
  })

  it('gives every rollup a token bridge that knows its messenger, its peer and what tokens are clones of', async () => {
    const implementations = new Set<string>()
    for (const { l2, deployment } of genesis.rollups) {
      const { tokenBridge, messenger, tokenImplementation } = deployment.l1
      const address = async (name: 'MESSENGER' | 'TOKEN_IMPLEMENTATION' | 'peer') =>
        (await read(tokenBridge, encodeFunctionData({ abi: l1TokenBridge.abi, functionName: name }))).slice(-40)
      expect(await address('MESSENGER')).toBe(messenger.slice(2).toLowerCase())
      expect(await address('TOKEN_IMPLEMENTATION')).toBe(tokenImplementation.slice(2).toLowerCase())
      expect(await address('peer')).toBe(L2_TOKEN_BRIDGE_ADDRESS.slice(2))
      const peer = l2.alloc[L2_TOKEN_BRIDGE_ADDRESS]?.storage ?? {}
      expect(Object.entries(peer).map((pair) => pair.map(BigInt))).toEqual([[2n, BigInt(tokenBridge)]])
      implementations.add(tokenImplementation)
    }
    expect(implementations.size).toBe(1)
  })

  it('leaves the token implementation without an initializer on both chains', () => {
    // ERC-7201: keccak256 of (keccak256 of the namespace minus 1), last byte zero
    const inner = BigInt(keccak256(toHex('openzeppelin.storage.Initializable'))) - 1n
    const slot = `${keccak256(toHex(inner, { size: 32 })).slice(0, -2)}00`
    const disabled = { [slot]: `0x${'f'.repeat(16).padStart(64, '0')}` }
    const [first] = genesis.rollups
    const onL1 = genesis.l1.alloc[first?.deployment.l1.tokenImplementation.toLowerCase() ?? '']
    const onL2 = first?.l2.alloc[L2_BRIDGED_ERC20_ADDRESS]
    for (const account of [onL1, onL2]) {
      expect(account?.code === bridgedERC20.runtimeCode).toBe(true)
      expect(account?.storage).toEqual(disabled)
    }
  })

  it('puts chain id and contracts of L1 where L2Messenger looks for them', () => {
    const at = (name: string) => l2Messenger.storageLayout.storage.find(({ label }) => label === name)
    expect(at('_l1Messenger')).toMatchObject({ slot: '35', offset: 0 })
    expect(at('_l1ChainId')).toMatchObject({ slot: '35', offset: 20 })
    expect(at('_l1Rollup')).toMatchObject({ slot: '101', offset: 0 })
    expect(at('_l1TokenBridge')).toMatchObject({ slot: '102', offset: 0 })
    for (const { l2, deployment } of genesis.rollups) {
      const storage = l2.alloc[L2_MESSENGER_ADDRESS]?.storage ?? {}
      expect(Object.entries(storage).map(([slot, value]) => [BigInt(slot), BigInt(value)])).toEqual([
        [35n, (18_079n << 160n) | BigInt(deployment.l1.messenger)],
        [101n, BigInt(deployment.l1.rollup)],
        [102n, BigInt(deployment.l1.tokenBridge)],
      ])
    }
  })

  it('gives every L2 the messenger between rollups, which knows the factory, and L1State', () => {
    const at = (name: string) => crossMessenger.storageLayout.storage.find(({ label }) => label === name)
    expect(at('_factory')).toMatchObject({ slot: '35', offset: 0 })
    expect(at('_l1ChainId')).toMatchObject({ slot: '35', offset: 20 })
    for (const { l2, deployment } of genesis.rollups) {
      expect(deployment.l2).toEqual({
        messenger: L2_MESSENGER_ADDRESS,
        tokenBridge: L2_TOKEN_BRIDGE_ADDRESS,
        l1State: L1_STATE_ADDRESS,
        crossMessenger: CROSS_MESSENGER_ADDRESS,
      })
      const { code, balance, storage = {} } = l2.alloc[CROSS_MESSENGER_ADDRESS] ?? {}
      expect([code, BigInt(balance ?? -1)]).toEqual([crossMessenger.runtimeCode, 0n])
      expect(Object.entries(storage).map(([slot, value]) => [BigInt(slot), BigInt(value)])).toEqual([
        [35n, (18_079n << 160n) | BigInt(deployment.l1.factory)],
      ])
      expect(l2.alloc[L1_STATE_ADDRESS]).toMatchObject({ balance: '0x0', code: l1State.runtimeCode })
    }
  })

  it('puts one router for all rollups on L1', async () => {
    const [a, b] = genesis.rollups.map(({ deployment }) => deployment.l1)
    expect(a?.router).toBe(b?.router)
    const answer = await read(a?.router ?? '0x', encodeFunctionData({ abi: l1Router.abi, functionName: 'FACTORY' }))
    expect(BigInt(answer)).toBe(BigInt(a?.factory ?? 0))
  })

  it('leaves nothing of the deployer or of the deployment blocks behind', () => {
    const { l1 } = genesis
    const rings = ['0x0000f90827f1c53a10cb7a02335b175320002935', '0x000f3df6d732807ef1319fb7b8bb8522d0beac02']
    for (const ring of rings) expect(l1.alloc[ring]?.storage).toBeUndefined()
    const richest = Object.values(l1.alloc).map(({ balance }) => BigInt(balance))
    expect(richest.every((balance) => balance < 10n ** 24n)).toBe(true)
    // system contracts, CREATE2 factory, preinstalls, dev accounts; verifier, token implementation, factory, router; per
    // rollup its settler, three contracts and their CREATE3 proxies
    expect(Object.keys(l1.alloc)).toHaveLength(7 + 2 + 10 + 4 + 2 * 7)
  })
})
