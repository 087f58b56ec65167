import { readFileSync } from 'node:fs'
import { keccak256 } from 'viem'
import { describe, expect, it } from 'vitest'
import { bridgedERC20 } from '../../genesis/generated/BridgedERC20.ts'
import { crossMessenger } from '../../genesis/generated/CrossMessenger.ts'
import { creationCodeHashes } from '../../genesis/generated/creationCodeHashes.ts'
import { inertRequest } from '../../genesis/generated/inertRequest.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l1Router } from '../../genesis/generated/L1Router.ts'
import { l1State } from '../../genesis/generated/L1State.ts'
import { l1TokenBridge } from '../../genesis/generated/L1TokenBridge.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { l2TokenBridge } from '../../genesis/generated/L2TokenBridge.ts'
import { loadTarget } from '../../genesis/generated/LoadTarget.ts'
import { multicall3 } from '../../genesis/generated/Multicall3.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { rollupFactory } from '../../genesis/generated/RollupFactory.ts'
import { weth9 } from '../../genesis/generated/WETH9.ts'
import { withdrawalVerifier } from '../../genesis/generated/WithdrawalVerifier.ts'
import { REQUEST_ADDRESSES } from '../../genesis/systemContracts.ts'
import { INPUT_LAYOUT, INPUT_LAYOUT_VALUES } from '../../stateless/inputLayout.ts'
import { ALICE, createChain } from './vm.ts'

const contracts = {
  nativeRollup,
  l1Messenger,
  l1TokenBridge,
  l2Messenger,
  l2TokenBridge,
  bridgedERC20,
  withdrawalVerifier,
  rollupFactory,
  l1Router,
  l1State,
  crossMessenger,
  multicall3,
  weth9,
  loadTarget,
}

type Layout = { storage: readonly { label: string; slot: string; offset: number }[] }
const places = ({ storage }: Layout) => storage.map(({ label, slot, offset }) => [label, Number(slot), offset])

describe('storage layout', () => {
  it('NativeRollup', () => {
    expect(places(nativeRollup.storageLayout)).toEqual([
      ['_headHash', 0, 0],
      ['_head', 1, 0],
      ['_sequencer', 2, 0],
      ['_pendingSequencer', 3, 0],
      ['_queue', 4, 0],
      ['_stateRoots', 6, 0],
      ['_recordedAt', 8198, 0],
      ['_checkpoints', 10246, 0],
      ['_lastCheckpoint', 10247, 0],
    ])
  })

  const messenger = [
    ['_tree', 0, 0],
    ['_delivered', 34, 0],
  ]
  it('both messengers begin with the tree, and the tree with its root', () => {
    const members = l1Messenger.storageLayout.types['t_struct(Tree)_storage'].members
    expect(places({ storage: members })).toEqual([
      ['root', 0, 0],
      ['count', 1, 0],
      ['branch', 2, 0],
    ])
    expect(l2Messenger.storageLayout.types['t_struct(Tree)_storage'].members).toEqual(members)
    expect(places(l1Messenger.storageLayout)).toEqual([...messenger, ['_totalIn', 35, 0], ['_totalOut', 36, 0]])
    expect(places(l2Messenger.storageLayout)).toEqual([
      ...messenger,
      ['_l1Messenger', 35, 0],
      ['_l1ChainId', 35, 20],
      ['_provenRoots', 36, 0],
      ['_latestRootId', 100, 0],
      ['_provenBlock', 100, 8],
      ['_l1Rollup', 101, 0],
      ['_l1TokenBridge', 102, 0],
    ])
  })

  it('the messenger between rollups begins with the tree too', () => {
    const members = l1Messenger.storageLayout.types['t_struct(Tree)_storage'].members
    expect(crossMessenger.storageLayout.types['t_struct(Tree)_storage'].members).toEqual(members)
    expect(places(crossMessenger.storageLayout)).toEqual([...messenger, ['_factory', 35, 0], ['_l1ChainId', 35, 20]])
  })

  it('router and L1State store nothing', () => {
    expect(l1Router.storageLayout.storage).toEqual([])
    expect(l1State.storageLayout.storage).toEqual([])
  })

  it('both token bridges are the same', () => {
    const bridge = [
      ['_localTokens', 0, 0],
      ['_remoteTokens', 1, 0],
      ['_peer', 2, 0],
      ['_escrowed', 3, 0],
    ]
    expect(places(l1TokenBridge.storageLayout)).toEqual(bridge)
    expect(places(l2TokenBridge.storageLayout)).toEqual(bridge)
    expect(places(bridgedERC20.storageLayout)).toEqual([
      ['_bridge', 0, 0],
      ['_decimals', 0, 20],
    ])
  })

  it('the contracts of an L2 genesis and the verifier need no constructor', () => {
    const placed = [l2Messenger, l2TokenBridge, bridgedERC20, l1State, crossMessenger, withdrawalVerifier]
    for (const { immutableReferences } of placed) expect(immutableReferences).toEqual({})
  })
})

// That they are what the compiler makes of the sources is what `npm run check:contracts` looks at.
describe('generated files', () => {
  it('the Solidity positions are those of stateless/inputLayout.ts', () => {
    const source = readFileSync('contracts/lib/StatelessInputLayout.sol', 'utf8')
    const constants = Object.fromEntries(
      [...source.matchAll(/constant (\w+) = (\w+);/g)].map(([, name, value]) => [name, Number(value)]),
    )
    expect(constants).toMatchObject({
      SCHEMA_ID: INPUT_LAYOUT_VALUES.schemaId,
      FIXED_LENGTH: 602,
      PARENT_HASH_AT: INPUT_LAYOUT.parentHash,
      STATE_ROOT_AT: INPUT_LAYOUT.stateRoot,
      BLOCK_HASH_AT: INPUT_LAYOUT.blockHash,
      PREV_RANDAO_AT: INPUT_LAYOUT.prevRandao,
      TIMESTAMP_AT: INPUT_LAYOUT.timestamp,
      SLOT_NUMBER_AT: INPUT_LAYOUT.slotNumber,
    })
    // contracts.md 1.1
    expect([constants.PARENT_HASH_AT, constants.STATE_ROOT_AT, constants.BLOCK_NUMBER_AT]).toEqual([62, 114, 466])
    expect([constants.BLOCK_HASH_AT, constants.SLOT_NUMBER_AT, constants.TIMESTAMP_AT]).toEqual([534, 594, 490])
  })

  it('the storage positions that are proven are those of the compiler', () => {
    const source = readFileSync('contracts/lib/StoragePositions.sol', 'utf8')
    const constants = Object.fromEntries(
      [...source.matchAll(/constant (\w+) = (\w+);/g)].map(([, name, value]) => [name, Number(value)]),
    )
    const ring = nativeRollup.storageLayout.storage.find(({ label }) => label === '_stateRoots')
    expect(ring?.offset).toBe(0)
    expect(nativeRollup.storageLayout.types['t_array(t_bytes32)8192_storage'].label).toBe('bytes32[8192]')
    expect(constants).toEqual({
      NATIVE_ROLLUP_STATE_ROOTS: Number(ring?.slot),
      NATIVE_ROLLUP_STATE_ROOTS_LENGTH: 8192,
    })
  })

  it('creation code hashes are those of the creation codes', () => {
    for (const [name, hash] of Object.entries(creationCodeHashes)) {
      expect(keccak256(contracts[name as keyof typeof contracts].creationCode)).toBe(hash)
    }
  })

  it('every contract fits the 24 KiB limit of Osaka', () => {
    for (const { runtimeCode } of Object.values(contracts)) {
      expect(runtimeCode.length / 2 - 1).toBeLessThan(24_576)
    }
  })
})

describe('inert request code', () => {
  it('has the hash that is told', () => {
    expect(keccak256(inertRequest.runtimeCode)).toBe(inertRequest.codeHash)
  })

  it('22 answers nothing to the system call and reverts for everyone else', async () => {
    const chain = await createChain({ chainId: 28079, amsterdam: true })
    await chain.setBalance(ALICE, 10n)
    for (const address of REQUEST_ADDRESSES) {
      await chain.setCode(address, inertRequest.runtimeCode)
      const system = await chain.sendRaw(address, '0x', { from: '0xfffffffffffffffffffffffffffffffffffffffe' })
      expect(system).toMatchObject({ ok: true, data: '0x', gasUsed: 22n })
      for (const data of ['0x', `0x${'11'.repeat(56)}`] as const) {
        expect(await chain.sendRaw(address, data, { value: 1n })).toMatchObject({
          ok: false,
          error: 'revert',
          data: '0x',
        })
      }
    }
  })
})
