import { getContractAddress, type Hex, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issuanceOf } from '../../rpc/ots/issuance.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import type { Block } from '../../stateless/types.ts'
import { deployer, op, push } from '../execution/programs.ts'
import { account, devGenesis, GWEI, LOGGER_ADDRESS, logCall, signed } from '../node/support/devChain.ts'
import { type DevNode, startDevNode } from './devNode.ts'
import { call, result } from './support.ts'

type Json = Record<string, unknown>
type Page = { txs: { hash: Hex }[]; receipts: Json[]; firstPage: boolean; lastPage: boolean }

/** creates a contract that does nothing, and sends 1 wei to account 7 and (in a frame that fails) to account 8 */
const FACTORY = '0x00000000000000000000000000000000000000f1'
/** sends 1 wei to account 8 and reverts with one byte */
const REFUSER = '0x00000000000000000000000000000000000000f2'
const lower = (index: number): Hex => account(index).address.toLowerCase() as Hex
const CREATED = getContractAddress({ from: FACTORY, nonce: 1n }).toLowerCase() as Hex
const DELEGATED = lower(6)

let node: DevNode
const blocks: Block[] = []
const hashes: Record<string, Hex> = {}

const hex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`
const rpc = <Result = Json>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)
const failure = async (method: string, ...params: unknown[]) => (await call(node.server, method, params)).error

async function send(
  name: string,
  from: number,
  nonce: number,
  to: string,
  fields: { value?: bigint; data?: Hex } = {},
) {
  const raw = await signed(account(from), { nonce, to: to as Hex, value: 0n, gas: 2_000_000n, ...fields })
  hashes[name] = await rpc<Hex>('eth_sendRawTransaction', hex(raw))
}

async function seal() {
  const block = await node.sealer.sealNow()
  if (block === undefined) throw new Error('nothing was sealed')
  blocks.push(block)
}

beforeAll(async () => {
  const genesis = devGenesis()
  const create = op.create(deployer('00'), 2)
  const code = create + op.call(lower(7).slice(2), 1) + op.call(REFUSER.slice(2), 3)
  const refuser = `${op.call(lower(8).slice(2), 1)}${push(1)}${push(0)}fd`
  genesis.alloc[FACTORY] = { balance: '0x64', nonce: '0x1', code: `0x${code}` }
  genesis.alloc[REFUSER] = { balance: '0x64', nonce: '0x1', code: `0x${refuser}` }
  node = await startDevNode({ genesis, sealMode: { kind: 'manual' } })
  await send('make', 0, 0, FACTORY, { value: 5n, data: '0xaabbccddeeff' })
  await send('transfer', 1, 0, lower(2), { value: 9n })
  await seal()
  await send('use', 0, 1, CREATED)
  await seal()
  await send('refused', 0, 2, REFUSER)
  await send('log', 1, 1, LOGGER_ADDRESS, { data: logCall(BigInt(lower(5))) })
  await seal()
})
afterAll(() => node.close())

test('the level', async () => {
  expect(await rpc('ots_getApiLevel')).toBe(8)
})

describe('inside a transaction', () => {
  test('internal operations are those that took place', async () => {
    expect(await rpc('ots_getInternalOperations', hashes.make)).toEqual([
      { type: 2, from: FACTORY, to: CREATED, value: '0x2' },
      { type: 0, from: FACTORY, to: lower(7), value: '0x1' },
    ])
    expect(await rpc('ots_getInternalOperations', hashes.transfer)).toEqual([])
    expect(await rpc('ots_getInternalOperations', hashes.refused)).toEqual([])
  })

  test('all calls as a list', async () => {
    const entry = (type: string, depth: number, from: string, to: string, value: string, rest: Json = {}) => {
      return { type, depth, from, to, value, input: '0x', output: '0x', ...rest }
    }
    expect(await rpc('ots_traceTransaction', hashes.make)).toEqual([
      entry('CALL', 0, lower(0), FACTORY, '0x5', { input: '0xaabbccddeeff' }),
      entry('CREATE', 1, FACTORY, CREATED, '0x2', { input: `0x${deployer('00')}`, output: '0x00' }),
      entry('CALL', 1, FACTORY, lower(7), '0x1'),
      entry('CALL', 1, FACTORY, REFUSER, '0x3', { output: '0x00' }),
      entry('CALL', 2, REFUSER, lower(8), '0x1'),
    ])
  })

  test('the data of a revert, nothing else', async () => {
    expect(await rpc('ots_getTransactionError', hashes.refused)).toBe('0x00')
    expect(await rpc('ots_getTransactionError', hashes.make)).toBe('0x')
  })

  test('an unknown transaction', async () => {
    for (const method of ['ots_getInternalOperations', 'ots_traceTransaction', 'ots_getTransactionError']) {
      expect(await failure(method, `0x${'11'.repeat(32)}`)).toEqual({ code: -32000, message: 'transaction not found' })
    }
  })
})

describe('accounts', () => {
  test('code', async () => {
    expect(await rpc('ots_hasCode', CREATED, 'latest')).toBe(true)
    expect(await rpc('ots_hasCode', CREATED, '0x0')).toBe(false)
    expect(await rpc('ots_hasCode', lower(0))).toBe(false)
  })

  test('who created a contract', async () => {
    expect(await rpc('ots_getContractCreator', CREATED)).toEqual({ hash: hashes.make, creator: FACTORY })
    expect(await rpc('ots_getContractCreator', FACTORY)).toBeNull()
    expect(await rpc('ots_getContractCreator', lower(0))).toBeNull()
  })

  test('a transaction by sender and nonce', async () => {
    expect(await rpc('ots_getTransactionBySenderAndNonce', lower(0), 1)).toBe(hashes.use)
    expect(await rpc('ots_getTransactionBySenderAndNonce', lower(0), '0x2')).toBe(hashes.refused)
    expect(await rpc('ots_getTransactionBySenderAndNonce', lower(0), 3)).toBeNull()
    expect(await rpc('ots_getTransactionBySenderAndNonce', DELEGATED, 0)).toBeNull()
  })
})

describe('blocks', () => {
  test('details: counts and fees beside the header', async () => {
    const details = await rpc<{ block: Json; issuance: Json; totalFees: Hex }>('ots_getBlockDetails', 1)
    const receipts = await rpc<{ gasUsed: Hex; effectiveGasPrice: Hex }[]>('eth_getBlockReceipts', '0x1')
    const fees = receipts.reduce((sum, each) => sum + BigInt(each.gasUsed) * BigInt(each.effectiveGasPrice), 0n)
    expect(fees).toBeGreaterThan(21_000n * GWEI)
    const { transactions: _, ...block } = await rpc('eth_getBlockByNumber', '0x1', false)
    expect(details).toEqual({
      block: { ...block, logsBloom: null, transactionCount: 2 },
      issuance: { blockReward: '0x0', uncleReward: '0x0', issuance: '0x0' },
      totalFees: toHex(fees),
    })
    expect(await rpc('ots_getBlockDetailsByHash', block.hash)).toEqual(details)
    expect(await rpc('ots_getBlockDetails', '0x64')).toBeNull()
  })

  test('transactions page by page from the end, calldata cut to its selector', async () => {
    const page = async (number: number, size: number) => {
      const { fullblock, receipts } = await rpc<{ fullblock: { transactions: Json[] } & Json; receipts: Json[] }>(
        'ots_getBlockTransactions',
        1,
        number,
        size,
      )
      expect(receipts.map(({ transactionHash }) => transactionHash)).toEqual(
        fullblock.transactions.map(({ hash }) => hash),
      )
      for (const receipt of receipts) expect(receipt).toMatchObject({ logs: null, logsBloom: null })
      return fullblock.transactions
    }
    const [first] = await page(1, 1)
    expect(first).toMatchObject({ hash: hashes.make, input: '0xaabbccdd', transactionIndex: '0x0' })
    expect((await page(0, 1)).map(({ hash }) => hash)).toEqual([hashes.transfer])
    expect((await page(0, 25)).map(({ hash }) => hash)).toEqual([hashes.make, hashes.transfer])
    expect(await page(2, 1)).toEqual([])
    expect(await failure('ots_getBlockTransactions', 1, 0, 26)).toEqual({
      code: -32602,
      message: 'invalid argument 2 (page size): expected 1 to 25, got 26',
    })
  })

  test('a header', async () => {
    expect(await rpc('erigon_getHeaderByNumber', 1)).toEqual(await rpc('eth_getHeaderByNumber', '0x1'))
    expect(await rpc('erigon_getHeaderByNumber', 100)).toBeNull()
  })
})

describe('search', () => {
  const below = (address: string, block: number, size: number) =>
    rpc<Page>('ots_searchTransactionsBefore', address, block, size)
  const above = (address: string, block: number, size: number) =>
    rpc<Page>('ots_searchTransactionsAfter', address, block, size)
  const names = ({ txs }: Page) => txs.map(({ hash }) => Object.keys(hashes).find((name) => hashes[name] === hash))

  test.each([
    ['a sender', lower(1), ['log', 'transfer']],
    ['a receiver', lower(2), ['transfer']],
    ['a receiver inside a call', lower(7), ['make']],
    ['a created contract', CREATED, ['use', 'make']],
    ['a contract that logs', LOGGER_ADDRESS, ['log']],
    ['an address in a topic', lower(5), ['log']],
    ['somebody whom only a failed call named', lower(8), []],
    ['the coinbase', '0x0000000000000000000000000000000000000000', []],
  ])('%s', async (_, address, found) => {
    const page = await below(address, 0, 25)
    expect(names(page)).toEqual(found)
    expect(page).toMatchObject({ firstPage: true, lastPage: true })
  })

  test('pages down and up', async () => {
    const first = await below(lower(0), 0, 1)
    expect([names(first), first.firstPage, first.lastPage]).toEqual([['refused'], true, false])
    const second = await below(lower(0), 3, 1)
    expect([names(second), second.firstPage, second.lastPage]).toEqual([['use'], false, false])
    const last = await below(lower(0), 2, 1)
    expect([names(last), last.firstPage, last.lastPage]).toEqual([['make'], false, true])
    const up = await above(lower(0), 0, 2)
    expect([names(up), up.firstPage, up.lastPage]).toEqual([['use', 'make'], false, true])
    const top = await above(lower(0), 2, 2)
    expect([names(top), top.firstPage, top.lastPage]).toEqual([['refused'], true, false])
  })

  test('whole transactions and receipts with their time', async () => {
    const { txs, receipts } = await below(lower(2), 0, 25)
    expect(txs).toEqual([await rpc('eth_getTransactionByHash', hashes.transfer)])
    const receipt = await rpc('eth_getTransactionReceipt', hashes.transfer)
    expect(receipts).toEqual([{ ...receipt, timestamp: Number(blocks[0]?.header.timestamp) }])
  })
})

test('issuance of a proof-of-work block with an uncle', () => {
  const [block] = blocks
  if (block === undefined) throw new Error('no block')
  const header = { ...block.header, number: 10n, difficulty: 1n }
  const ommers = [{ ...header, number: 8n }]
  const reward = 3n * GWEI * GWEI
  const [blockReward, uncleReward] = [reward + reward / 32n, (reward * 6n) / 8n]
  expect(issuanceOf({ blockReward: () => reward }, { ...block, header, ommers })).toEqual({
    blockReward: toHex(blockReward),
    uncleReward: toHex(uncleReward),
    issuance: toHex(blockReward + uncleReward),
  })
})
