import { concat, createPublicClient, createWalletClient, type Hex, http, keccak256 } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { RollupConfig } from '../../rpc/rollup/config.ts'
import type { SafeHead, StateRootOnL1 } from '../../rpc/rollup/heads.ts'
import { RollupContracts, RollupDescriptor, RollupVersion } from '../../rpc/rollup/identity.ts'
import type { RollupMethodInfo } from '../../rpc/rollup/methodList.ts'
import { OpOutput, OpRollupConfig, OpSafeHead, SyncStatus } from '../../rpc/rollup/optimism.ts'
import type { Settlement } from '../../rpc/rollup/settlements.ts'
import { RollupStatus } from '../../rpc/rollup/status.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { type Access, accessTo } from '../e2e/chainAccess.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { account } from '../node/support/devChain.ts'

type RpcHead = { number: string; hash: string; parentHash: string; parentBeaconBlockRoot: string }

/** The rollup_ methods about heads and settlement, on a live devnet with a few settled blocks. */
let devnet: TestDevnet
let l1: Access
let l2: Access
beforeAll(async () => {
  devnet = await startTestDevnet()
  l1 = accessTo(devnet.l1Url)
  l2 = accessTo(devnet.l2Url)
  const wallet = createWalletClient({ account: account(0), transport: http(devnet.l2Url) })
  const reader = createPublicClient({ transport: http(devnet.l2Url), pollingInterval: 20 })
  for (let index = 0; index < 3; index++) {
    const hash = await wallet.sendTransaction({ chain: null, to: account(1).address, value: 1n })
    await reader.waitForTransactionReceipt({ hash })
  }
  await devnet.rollup.node.settleNow()
})
afterAll(() => devnet.close())

describe('rollup_getSettlement', () => {
  test('is the same by number, tag and hash, on both nodes', async () => {
    const byTag = await l2.call<Settlement>('rollup_getSettlement', ['safe'])
    expect(byTag).toMatchObject({ status: 'finalized', attempts: [{ outcome: 'settled', l1TxHash: byTag.l1TxHash }] })
    expect(await l2.call('rollup_getSettlement', [byTag.l2Block])).toEqual(byTag)
    expect(await l1.call('rollup_getSettlement', [{ blockHash: byTag.l2Hash }])).toEqual(byTag)
  })

  test('refuses what is no block of the chain', async () => {
    await expect(l2.call('rollup_getSettlement', ['0xffff'])).rejects.toThrow('-32001')
    await expect(l2.call('rollup_getSettlement', [`0x${'11'.repeat(32)}`])).rejects.toThrow('-32001')
    await expect(l2.call('rollup_getSettlement', [])).rejects.toThrow('-32602')
    await expect(l2.call('rollup_getSettlement', ['newest'])).rejects.toThrow('-32602')
  })
})

describe('rollup_getSettlements', () => {
  const list = async (range?: object) =>
    (await l2.call<Settlement[]>('rollup_getSettlements', range === undefined ? [] : [range])).map(({ l2Block }) =>
      Number(l2Block),
    )

  test('gives a range, ascending, or the newest', async () => {
    const head = Number(await l2.call('eth_blockNumber'))
    expect(await list()).toEqual(Array.from({ length: head + 1 }, (_, number) => number))
    expect(await list({ from: '0x1', to: '0x2' })).toEqual([1, 2])
    expect(await list({ from: '0x1', limit: '0x1' })).toEqual([1])
    expect(await list({ limit: '0x1' })).toEqual([head])
    expect(await list({ to: '0x2', limit: '0x1' })).toEqual([2])
    expect(await list({ from: '0xffff' })).toEqual([])
    expect(await list({ to: '0xffffffff', limit: '0x1' })).toEqual([head])
  })

  test.each([
    [{ limit: '0x0' }, 'argument 0 (range).limit'],
    [{ limit: '0x65' }, 'argument 0 (range).limit'],
    [{ limit: 5 }, 'argument 0 (range).limit'],
    [{ from: '0x2', to: '0x1' }, 'argument 0 (range).to'],
    [{ from: '0x01' }, 'argument 0 (range).from'],
    [{ first: '0x1' }, 'argument 0 (range): no such property'],
    ['0x1', 'argument 0 (range)'],
  ])('refuses %j', async (range, words) => {
    await expect(l2.call('rollup_getSettlements', [range])).rejects.toThrow(`-32602 invalid ${words}`)
  })
})

test('rollup_getBlockByL1Tx', async () => {
  const { l1TxHash, batch } = await l2.call<Settlement>('rollup_getSettlement', ['0x1'])
  const numbers = await l1.call<string[]>('rollup_getBlockByL1Tx', [l1TxHash?.toUpperCase().replace('0X', '0x')])
  expect([numbers[0], numbers.at(-1)]).toEqual([batch?.from, batch?.to])
  const unknown = l1.call('rollup_getBlockByL1Tx', [`0x${'11'.repeat(32)}`])
  await expect(unknown).rejects.toThrow('-32001')
  await expect(l1.call('rollup_getBlockByL1Tx', ['0x11'])).rejects.toThrow('-32602')
})

test('rollup_status tells that everything of L1 is here', async () => {
  expect(await l2.call('rollup_status')).toMatchObject({ derivation: { inSync: true }, lag: { blocks: '0x0' } })
  expect(RollupStatus.safeParse(await l1.call('rollup_status')).error).toBeUndefined()
  expect(RollupConfig.safeParse(await l1.call('rollup_config')).error).toBeUndefined()
})

test('rollup_safeHeadAtL1Block follows L1', async () => {
  const { l1Block, l2Hash } = await l2.call<Settlement>('rollup_getSettlement', ['safe'])
  const at = (number: bigint) => l1.call<SafeHead>('rollup_safeHeadAtL1Block', [`0x${number.toString(16)}`])
  const settledIn = BigInt(l1Block ?? 0)
  expect((await at(settledIn)).hash).toBe(l2Hash)
  expect((await at(settledIn - 1n)).hash).not.toBe(l2Hash)
  const genesis = await l2.call<{ hash: string }>('eth_getBlockByNumber', ['0x0', false])
  expect(await at(0n)).toMatchObject({ l2Block: '0x0', hash: genesis.hash })
  expect(await at(0n)).not.toHaveProperty('l1Block')
  await expect(at(1_000_000n)).rejects.toThrow(/-32001 L1 block 1000000 is not read yet/)
  await expect(l1.call('rollup_safeHeadAtL1Block', ['latest'])).rejects.toThrow('-32602')
})

test('rollup_stateRootAt', async () => {
  const { stateRoot } = await l2.call<{ stateRoot: string }>('eth_getBlockByNumber', ['0x1', false])
  const answer = await l2.call<StateRootOnL1>('rollup_stateRootAt', ['0x1'])
  expect(answer).toMatchObject({ l2Block: '0x1', stateRoot, onL1: true, claimable: true })
  expect(Number(answer.ageSeconds)).toBeLessThan(1_000)
})

test('rollup_stateRootAt: the contract was created with the state root of genesis', async () => {
  const { abi, address } = { abi: nativeRollup.abi, address: devnet.deployment.l1.rollup }
  const reader = createPublicClient({ transport: http(devnet.l1Url) })
  const stateRoot = await reader.readContract({ abi, address, functionName: 'stateRootAt', args: [0n] })
  const expected = { l2Block: '0x0', stateRoot, onL1: true, claimable: false }
  expect(await l2.call('rollup_stateRootAt', ['earliest'])).toEqual(expected)
})

test('the pending block has neither a settlement nor a state root on L1', async () => {
  for (const method of ['rollup_getSettlement', 'rollup_stateRootAt']) {
    await expect(l2.call(method, ['pending'])).rejects.toThrow('-32001 the pending block is not sealed yet')
  }
})

describe('rollup_verifyConsistency', () => {
  test('finds nothing on an honest devnet', async () => {
    const safe = await l2.call<{ number: string }>('eth_getBlockByNumber', ['safe', false])
    const all = { from: '0x1', to: safe.number }
    expect(await l1.call('rollup_verifyConsistency')).toMatchObject({ ok: true, ...all, mismatches: [] })
    expect(await l2.call('rollup_verifyConsistency', [{ from: '0x1' }])).toMatchObject({ ok: true, ...all })
    expect(await l2.call('rollup_verifyConsistency', [{ to: '0x1' }])).toMatchObject({ from: '0x1', to: '0x1' })
  })

  test.each([
    [{ from: '0x0' }, 'genesis is never settled'],
    [{ from: '0x2', to: '0x1' }, 'is before from'],
    [{ to: '0xffff' }, 'the newest settled block is'],
    [{ block: '0x1' }, 'no such property'],
  ])('refuses %j', async (range, words) => {
    await expect(l2.call('rollup_verifyConsistency', [range])).rejects.toThrow(new RegExp(`-32602.*${words}`))
  })
})

describe('in the words of an op-node', () => {
  test('heads, with the anchor of each L2 block', async () => {
    const status = await l2.call<SyncStatus>('rollup_syncStatus')
    expect(SyncStatus.safeParse(status).error).toBeUndefined()
    expect(await l1.call('optimism_syncStatus')).toEqual(status)
    const head = await l2.call<RpcHead>('eth_getBlockByNumber', ['latest', false])
    const { unsafe_l2: unsafe, head_l1: l1Head } = status
    expect(unsafe).toMatchObject({ number: Number(head.number), hash: head.hash, parentHash: head.parentHash })
    expect(unsafe.l1origin.hash).toBe(head.parentBeaconBlockRoot)
    const anchor = await l1.call<RpcHead>('eth_getBlockByHash', [unsafe.l1origin.hash, false])
    expect(Number(anchor.number)).toBe(unsafe.l1origin.number)
    expect(l1Head.hash).toBe((await l1.call<RpcHead>('eth_getBlockByNumber', ['latest', false])).hash)
    let [number, same] = [unsafe.number, 0]
    const rootAt = async (at: number) =>
      (await l2.call<RpcHead>('eth_getBlockByNumber', [`0x${at.toString(16)}`, false])).parentBeaconBlockRoot
    while (number > 1 && (await rootAt(number - 1)) === head.parentBeaconBlockRoot)
      [number, same] = [number - 1, same + 1]
    expect(unsafe.sequenceNumber).toBe(same)
  })

  test('an output', async () => {
    const output = await l2.call<OpOutput>('optimism_outputAtBlock', ['0x1'])
    expect(OpOutput.safeParse(output).error).toBeUndefined()
    const parts = [output.version, output.stateRoot, output.withdrawalStorageRoot, output.blockRef.hash] as const
    expect(output.outputRoot).toBe(keccak256(concat(parts)))
    const proof = await l2.call<{ storageHash: string }>('eth_getProof', [devnet.deployment.l2.messenger, [], '0x1'])
    expect(output.withdrawalStorageRoot).toBe(proof.storageHash)
    await expect(l2.call('optimism_outputAtBlock', ['0xffff'])).rejects.toThrow('-32001')
  })

  test('safe head, configuration and version', async () => {
    const settlement = await l2.call<Settlement>('rollup_getSettlement', ['safe'])
    const safeHead = await l2.call<OpSafeHead>('optimism_safeHeadAtL1Block', [settlement.l1Block])
    expect(OpSafeHead.safeParse(safeHead).error).toBeUndefined()
    expect(safeHead.safeHead.hash).toBe(settlement.l2Hash)
    expect(safeHead.l1Block.number).toBe(Number(settlement.l1Block))
    const config = await l2.call<OpRollupConfig>('optimism_rollupConfig')
    expect(OpRollupConfig.safeParse(config).error).toBeUndefined()
    expect(config).toMatchObject({ l2_chain_id: 28079, batch_inbox_address: devnet.deployment.l1.rollup })
    expect(await l2.call('optimism_version')).toMatch(/^reenact\/v/)
  })
})

describe('identity', () => {
  test('rollup_version and rollup_descriptor', async () => {
    expect(RollupVersion.safeParse(await l1.call('rollup_version')).error).toBeUndefined()
    const descriptor = await l1.call<RollupDescriptor>('rollup_descriptor')
    expect(RollupDescriptor.safeParse(descriptor).error).toBeUndefined()
    expect(descriptor.l1?.http).toBe(devnet.l1Url)
    expect(descriptor.l2[0]).toMatchObject({ http: devnet.l2Url, ws: devnet.l2Url.replace('http', 'ws') })
    expect(await l2.call('rollup_descriptor')).toEqual(descriptor)
  })

  test('rollup_contracts and rollup_abi', async () => {
    const contracts = await l2.call<RollupContracts>('rollup_contracts')
    expect(RollupContracts.safeParse(contracts).error).toBeUndefined()
    for (const [name, { chain, address, codeHash, createdBlock, abiId }] of Object.entries(contracts)) {
      const code = await (chain === 'l1' ? l1 : l2).call<Hex>('eth_getCode', [address, 'latest'])
      expect([name, codeHash, createdBlock]).toEqual([name, keccak256(code), '0x0'])
      expect((await l1.call<unknown[]>('rollup_abi', [abiId])).length).toBeGreaterThan(0)
    }
    await expect(l1.call('rollup_abi', ['Ether'])).rejects.toThrow(/-32602.*NativeRollup/)
  })

  test('rollup_genesis makes the same genesis block', async () => {
    const genesis = await l1.call<GenesisJson>('rollup_genesis', ['l2'])
    const { block } = genesisBlock(genesis, devnet.engines.spec(genesis))
    expect(`0x${bytesToHex(block.hash)}`).toBe(devnet.deployment.l2GenesisHash)
    const { rollup } = devnet.deployment.l1
    expect(await l2.call('rollup_genesis', ['l2', rollup.toUpperCase().replace('0X', '0x')])).toEqual(genesis)
    const first = await l1.call<GenesisJson>('rollup_genesis', ['l1'])
    const l1Genesis = await l1.call<RpcHead>('eth_getBlockByNumber', ['0x0', false])
    expect(`0x${bytesToHex(genesisBlock(first, devnet.engines.spec(first)).block.hash)}`).toBe(l1Genesis.hash)
    await expect(l1.call('rollup_genesis', ['l2', `0x${'11'.repeat(20)}`])).rejects.toThrow('-32001')
    await expect(l1.call('rollup_genesis', ['l3'])).rejects.toThrow('-32602')
  })

  test('rollup_methods lists what rpc.discover lists, without references', async () => {
    const methods = await l2.call<RollupMethodInfo[]>('rollup_methods')
    const document = await l2.call<{ methods: { name: string }[] }>('rpc.discover')
    const names = document.methods.map(({ name }) => name).filter((name) => /^(rollup|optimism|admin)_/.test(name))
    expect(methods.map(({ name }) => name)).toEqual(names)
    expect(JSON.stringify(methods)).not.toContain('#/components/')
    expect(methods.find(({ name }) => name === 'rollup_settle')?.control).toBe(true)
    expect(methods.find(({ name }) => name === 'rollup_getSettlement')).toMatchObject({
      control: false,
      result: { type: 'object' },
    })
  })
})
