import { createWalletClient, http, parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { DEV_ADDRESSES } from '../../genesis/accounts.ts'
import { offDevMethods } from '../../rpc/dev/off.ts'
import { withDiscovery } from '../../rpc/openrpc/document.ts'
import { METHOD_DOCS } from '../../rpc/openrpc/methodDocs.ts'
import { offRollupMethods } from '../../rpc/rollup/off.ts'
import type { JsonSchema } from '../../rpc/schema.ts'
import { type Access, accessTo } from '../e2e/chainAccess.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { account } from '../node/support/devChain.ts'

type Document = {
  openrpc: string
  info: { title: string; version: string }
  methods: {
    name: string
    summary: string
    params: { name: string; required: boolean; schema: JsonSchema }[]
    result: { name: string; schema: JsonSchema }
    errors?: { code: number; message: string }[]
    'x-refused'?: string
  }[]
  components: { schemas: Record<string, JsonSchema> }
}

let devnet: TestDevnet
let chains: { l1: Access; l2: Access }
let documents: { l1: Document; l2: Document }
let txHash: string
beforeAll(async () => {
  devnet = await startTestDevnet()
  chains = { l1: accessTo(devnet.l1Url), l2: accessTo(devnet.l2Url) }
  documents = {
    l1: await chains.l1.call<Document>('rpc.discover'),
    l2: await chains.l2.call<Document>('rpc.discover'),
  }
  const wallet = createWalletClient({ account: account(0), transport: http(devnet.l1Url) })
  txHash = await wallet.sendTransaction({ chain: null, to: account(1).address, value: parseEther('1') })
})
afterAll(() => devnet.close())

describe.each(['l1', 'l2'] as const)('rpc.discover on %s', (side) => {
  test('is an OpenRPC document that names itself', () => {
    const { openrpc, info, methods } = documents[side]
    expect(openrpc).toMatch(/^1\.\d+\.\d+$/)
    expect(info).toMatchObject({ title: 'Reenact JSON-RPC' })
    expect(methods.map(({ name }) => name)).toContain('rpc.discover')
  })

  test('lists each method once, in order, with what it takes and answers', () => {
    const names = documents[side].methods.map(({ name }) => name)
    expect(names).toEqual([...new Set(names)].sort())
    const undescribed = documents[side].methods.filter(({ name, summary }) => summary === '' || summary === name)
    expect(undescribed).toEqual([])
    const open = documents[side].methods.flatMap(({ name, params }) =>
      params.filter(({ schema }) => Object.keys(schema).length === 0).map((param) => `${name}: ${param.name}`),
    )
    // Any value: its form depends on the subscription.
    expect(open).toEqual(['eth_subscribe: options'])
  })

  test('required parameters come before optional ones', () => {
    for (const { name, params } of documents[side].methods) {
      const sorted = params.toSorted((a, b) => Number(b.required) - Number(a.required))
      expect([name, params]).toEqual([name, sorted])
    }
  })

  test('every reference leads to a component', () => {
    const { components, ...rest } = documents[side]
    const references = [...JSON.stringify({ components, ...rest }).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)]
    const missing = references.map(([, name = '']) => name).filter((name) => components.schemas[name] === undefined)
    expect(references.length).toBeGreaterThan(50)
    expect(missing).toEqual([])
  })

  test('a method of the document is one that answers, and the other way round', async () => {
    for (const { name } of documents[side].methods) {
      const answer = await rawError(chains[side], name, { not: 'positional' })
      expect([name, answer]).toEqual([name, -32602])
    }
    expect(await rawError(chains[side], 'eth_nothing', [])).toBe(-32601)
  })
})

test('what is documented is served by one of the chains', () => {
  const served = new Set([...documents.l1.methods, ...documents.l2.methods].map(({ name }) => name))
  expect(Object.keys(METHOD_DOCS).filter((name) => !served.has(name))).toEqual([])
})

describe('methods that are there only to say why not', () => {
  const refusedBy = ({ methods }: Document) =>
    methods.filter((method) => method['x-refused'] !== undefined).map(({ name }) => name)

  test('have the reason instead of a result, and no others have one', async () => {
    for (const side of ['l1', 'l2'] as const) {
      const refused = new Set(refusedBy(documents[side]))
      for (const { name, result, errors } of documents[side].methods) {
        if (!name.startsWith('hardhat_set') && !refused.has(name)) continue
        expect([name, errors !== undefined, 'not' in result.schema]).toEqual([
          name,
          refused.has(name),
          refused.has(name),
        ])
        const code = await rawError(chains[side], name, [])
        expect([name, code === -32004]).toEqual([name, refused.has(name)])
      }
    }
  })

  test('on L1 they are those of other chains only, on L2 those that would make it unprovable too', () => {
    expect(refusedBy(documents.l1)).toEqual([
      'anvil_setChainId',
      'anvil_setRpcUrl',
      'hardhat_setChainId',
      'hardhat_setRpcUrl',
    ])
    const onL2 = documents.l2.methods.find(({ name }) => name === 'hardhat_setBalance')
    expect(onL2).toMatchObject({ params: [], errors: [{ code: -32004 }], 'x-refused': expect.stringContaining('L1') })
    expect(refusedBy(documents.l2)).not.toContain('evm_mine')
  })

  test('a node without development methods says so of all of them, and has no such modules', async () => {
    const table = withDiscovery({ ...offDevMethods(), eth_chainId: { params: [], call: () => '0x1' } }, INFO)
    const { methods = [] } = (table['rpc.discover']?.call([], NOBODY) ?? {}) as Partial<Document>
    expect(methods.find(({ name }) => name === 'evm_mine')).toMatchObject({
      errors: [{ code: -32601 }],
      'x-refused': expect.stringContaining('off on this node'),
    })
    expect(methods.find(({ name }) => name === 'eth_chainId')).not.toHaveProperty('x-refused')
    expect(table.rpc_modules?.call([], NOBODY)).toEqual({ eth: '1.0', rpc: '1.0' })
  })
})

test('an L1 node alone says of the methods of a rollup who has them, and has no such modules', () => {
  const table = withDiscovery({ ...offRollupMethods(), eth_chainId: { params: [], call: () => '0x1' } }, INFO)
  for (const name of ['rollup_status', 'rollup_methods', 'optimism_syncStatus', 'admin_stopSequencer']) {
    expect(table[name]?.refused).toMatchObject({ code: -32601, reason: expect.stringContaining('`reenact l2`') })
    expect(() => table[name]?.call([], NOBODY)).toThrow(`${name}: this is an L1 node alone`)
  }
  expect(table.rpc_modules?.call([], NOBODY)).toEqual({ eth: '1.0', rpc: '1.0' })
})

const INFO = { title: 'test', version: '0' }
const NOBODY = { requestId: '1', signal: new AbortController().signal, restartTime: () => undefined }

const ALICE = DEV_ADDRESSES[0]
const TRANSFER = { from: DEV_ADDRESSES[0], to: DEV_ADDRESSES[1], value: '0x1' }

/** Answers of a live node against the document; "TX" stands for the hash of a mined transaction. */
const CALLS: readonly [method: string, params: readonly unknown[]][] = [
  ['eth_chainId', []],
  ['eth_blockNumber', []],
  ['eth_syncing', []],
  ['eth_gasPrice', []],
  ['eth_feeHistory', ['0x2', 'latest', [10, 50]]],
  ['eth_getBalance', [ALICE, 'latest']],
  ['eth_getCode', [ALICE]],
  ['eth_getStorageAt', [ALICE, '0x0', 'latest']],
  ['eth_getTransactionCount', [ALICE, 'pending']],
  ['eth_getProof', [ALICE, ['0x0'], 'latest']],
  ['eth_getBlockByNumber', ['latest', false]],
  ['eth_getBlockByNumber', ['latest', true]],
  ['eth_getBlockByNumber', ['pending', true]],
  ['eth_getBlockByNumber', ['0xffff', true]],
  ['eth_getBlockReceipts', ['latest']],
  ['eth_getTransactionByHash', ['TX']],
  ['eth_getTransactionReceipt', ['TX']],
  ['eth_getRawTransactionByHash', ['TX']],
  ['eth_call', [TRANSFER, 'latest']],
  ['eth_estimateGas', [TRANSFER]],
  ['eth_getLogs', [{ fromBlock: 'earliest', toBlock: 'latest' }]],
  ['eth_newBlockFilter', []],
  ['net_version', []],
  ['net_peerCount', []],
  ['web3_clientVersion', []],
  ['web3_sha3', ['0x']],
  ['debug_getRawHeader', ['latest']],
  ['debug_getRawReceipts', ['latest']],
  ['txpool_status', []],
  ['txpool_content', []],
  ['rollup_config', []],
  ['rollup_status', []],
  ['rollup_getWithdrawals', []],
]

test.each(CALLS)('%s answers in the documented form (%j)', async (method, params) => {
  const document = documents.l1
  const doc = document.methods.find(({ name }) => name === method)
  const schema = z.fromJSONSchema(withDefinitions(doc?.result.schema ?? false, document) as never)
  const result = await chains.l1.call(
    method,
    params.map((param) => (param === 'TX' ? txHash : param)),
  )
  const parsed = schema.safeParse(result)
  expect(parsed.error?.issues ?? []).toEqual([])
})

/** The schema on its own: components as definitions, which the validator knows. */
function withDefinitions(schema: JsonSchema | false, { components }: Document): unknown {
  const text = JSON.stringify({ allOf: [schema], $defs: components.schemas })
  return JSON.parse(text.replaceAll('#/components/schemas/', '#/$defs/'))
}

async function rawError(chain: Access, method: string, params: unknown): Promise<number | undefined> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(chain.url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  return ((await response.json()) as { error?: { code: number } }).error?.code
}
