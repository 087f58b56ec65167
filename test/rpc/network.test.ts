import { hexToBytes as bytes } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HISTORY_ADDRESS } from '../../genesis/systemContracts.ts'
import { forkHash } from '../../rpc/eth/config.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { devGenesis, GENESIS_TIME } from '../node/support/devChain.ts'
import { type DevNode, startDevNode } from './devNode.ts'
import { hasSchemas, schemaFaults } from './schemas.ts'
import { call, result } from './support.ts'

type Json = Record<string, unknown>

let node: DevNode
beforeAll(async () => {
  node = await startDevNode({ sealMode: { kind: 'manual' } })
})
afterAll(() => node.close())

const rpc = <Result = Json>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)

describe('eth_config', () => {
  test('a chain on its last fork has no next one', async () => {
    const config = await rpc('eth_config')
    expect(config).toMatchObject({
      current: {
        activationTime: 0,
        blobSchedule: { baseFeeUpdateFraction: 11_684_671, max: 21, target: 14 },
        chainId: '0x469f',
        precompiles: {
          ECREC: '0x0000000000000000000000000000000000000001',
          P256VERIFY: '0x0000000000000000000000000000000000000100',
        },
        systemContracts: {
          BUILDER_EXIT_CONTRACT_ADDRESS: '0x000064d678505ad48f8ccb093bc65613800e8282',
          DEPOSIT_CONTRACT_ADDRESS: '0x00000000219ab540356cbb839cbe05303d7705fa',
        },
      },
      next: null,
      last: null,
    })
  })

  test('names the forks to come, blob parameter forks among them', async () => {
    const { config } = devGenesis()
    const at = (seconds: number) => GENESIS_TIME + seconds
    const times = { osakaTime: 1, bpo1Time: at(1_000_000_000), bpo2Time: at(2_000_000_000), amsterdamTime: undefined }
    const custom = { target: 8, max: 12, baseFeeUpdateFraction: 7_000_000 }
    const later = await startDevNode({
      sealMode: { kind: 'manual' },
      genesis: devGenesis({
        config: { ...config, ...times, blobSchedule: { bpo1: custom } } as ReturnType<typeof devGenesis>['config'],
      }),
    })
    try {
      const { current, next, last } = await result<Record<string, Json>>(later.server, 'eth_config', [])
      expect(current).toMatchObject({ activationTime: 0, blobSchedule: { max: 9, target: 6 } })
      expect(next).toMatchObject({ activationTime: at(1_000_000_000), blobSchedule: custom })
      expect(last).toMatchObject({ activationTime: at(2_000_000_000), blobSchedule: { max: 21, target: 14 } })
      expect(new Set([current, next, last].map((config) => config?.forkId)).size).toBe(3)
      expect(current?.systemContracts).not.toHaveProperty('BUILDER_EXIT_CONTRACT_ADDRESS')
    } finally {
      await later.close()
    }
  })

  test('fork ids are those of EIP-6122', () => {
    // Hoodi: Cancun at genesis, Prague later (the example of EIP-7910).
    const genesis = bytes('0xbbe312868b376a3001692a646dd2d7d1e4406380dfd86b98aa8a34d1557c971b')
    const forks = [
      { name: 'chainstart', block: 0n },
      { name: 'cancun', time: 0n },
      { name: 'prague', time: 1_742_999_832n },
    ]
    const hashAt = (time: bigint) => bytesToHex(forkHash(genesis, 1_742_212_800n, forks, time))
    expect(hashAt(0n)).toBe('bef71d30')
    expect(hashAt(1_742_999_832n)).toBe('0929e24e')
  })
})

describe('what a node says about itself', () => {
  test('capabilities: everything from genesis on', async () => {
    const genesis = `0x${bytesToHex(node.chain.genesis.hash)}`
    const capabilities = await rpc('eth_capabilities')
    expect(capabilities).toMatchObject({ head: { number: '0x0', hash: genesis } })
    expect(capabilities.stateproofs).toEqual({ disabled: false, oldestBlock: '0x0' })
  })

  test('coinbase, protocol, modules', async () => {
    expect(await rpc('eth_coinbase')).toBe(`0x${'0'.repeat(40)}`)
    expect(await rpc('eth_protocolVersion')).toMatch(/^0x[0-9a-f]+$/)
    expect(await rpc('net_version')).toBe('18079')
  })

  test.skipIf(!hasSchemas)('in the forms of execution-apis', async () => {
    for (const method of ['eth_config', 'eth_capabilities', 'eth_coinbase', 'eth_syncing', 'net_version']) {
      expect(schemaFaults(method, await rpc(method))).toEqual([])
    }
  })
})

describe('eth_getStorageValues', () => {
  const account = `0x${'ab'.repeat(20)}`
  const slot = (index: number) => `0x${index.toString(16).padStart(64, '0')}`
  const failure = async (requests: unknown) => (await call(node.server, 'eth_getStorageValues', [requests])).error

  test('answers every slot that was asked for, by address', async () => {
    const values = await rpc('eth_getStorageValues', { [account]: [slot(1), slot(2)], [HISTORY_ADDRESS]: [slot(0)] })
    expect(values).toEqual({ [account]: [slot(0), slot(0)], [HISTORY_ADDRESS]: [slot(0)] })
    if (hasSchemas) expect(schemaFaults('eth_getStorageValues', values)).toEqual([])
  })

  test('refuses nothing, too much, and what is no slot', async () => {
    expect(await failure({})).toEqual({ code: -32602, message: 'empty request' })
    expect(await failure({ [account]: [] })).toMatchObject({ code: -32602 })
    const many = Array.from({ length: 1_025 }, (_, index) => slot(index))
    expect(await failure({ [account]: many })).toMatchObject({ code: -38026, message: 'too many slots (max 1024)' })
    expect(await failure({ [account]: ['0x1'] })).toMatchObject({ code: -32602 })
    expect(await failure({ '0x1': [slot(1)] })).toMatchObject({ code: -32602 })
    expect(await failure([])).toMatchObject({ code: -32602 })
  })
})
