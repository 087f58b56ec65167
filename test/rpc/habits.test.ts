import { type Hex, keccak256, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { devSigner } from '../../bin/signer.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { account, LOGGER_ADDRESS, signed } from '../node/support/devChain.ts'
import { type DevNode, startDevNode } from './devNode.ts'
import { call, result } from './support.ts'

/** What wallets, libraries and tools do that no specification asks for, and that other nodes answer. */

const NOBODY = `0x${'99'.repeat(20)}`
const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'

let node: DevNode
beforeAll(async () => {
  node = await startDevNode({ sealMode: { kind: 'manual' }, rpc: { signer: devSigner() } })
})
afterAll(() => node.close())

const rpc = <Result = Record<string, unknown>>(method: string, ...params: unknown[]) =>
  result<Result>(node.server, method, params)
const failure = async (method: string, ...params: unknown[]) => (await call(node.server, method, params)).error

describe('accounts in one request', () => {
  test('eth_getAccount: as in the state trie; one that does not exist is empty', async () => {
    const proof = await rpc('eth_getProof', LOGGER_ADDRESS, [], 'latest')
    const { balance, nonce, storageHash, codeHash } = proof
    expect(await rpc('eth_getAccount', LOGGER_ADDRESS)).toEqual({ balance, nonce, storageRoot: storageHash, codeHash })
    expect(await rpc('eth_getAccount', NOBODY, 'pending')).toEqual({
      balance: '0x0',
      nonce: '0x0',
      storageRoot: EMPTY_ROOT,
      codeHash: keccak256('0x'),
    })
  })

  test('eth_getAccountInfo: what eth_getBalance, eth_getTransactionCount and eth_getCode say', async () => {
    for (const address of [LOGGER_ADDRESS, account(0).address, NOBODY]) {
      expect(await rpc('eth_getAccountInfo', address, 'latest')).toEqual({
        balance: await rpc('eth_getBalance', address),
        nonce: await rpc('eth_getTransactionCount', address),
        code: await rpc('eth_getCode', address),
      })
    }
    expect(await failure('eth_getAccountInfo', NOBODY, '0xffff')).toMatchObject({ code: -32001 })
  })

  test('eth_requestAccounts lists the same as eth_accounts', async () => {
    expect(await rpc('eth_requestAccounts')).toEqual(await rpc('eth_accounts'))
    expect(await rpc<string[]>('eth_requestAccounts')).toHaveLength(10)
  })
})

test('personal_sign takes the password of the days when keys had one', async () => {
  const [address] = await rpc<string[]>('eth_accounts')
  const signature = await rpc('eth_sign', address, '0x1234')
  for (const more of [[], [''], ['secret'], [null]]) {
    expect(await rpc('personal_sign', '0x1234', address, ...more)).toBe(signature)
  }
  expect(await failure('personal_sign', '0x1234', address, 1)).toMatchObject({ code: -32602 })
})

describe('forms of values', () => {
  test('an empty string where data is wanted is no data, and nothing else', async () => {
    for (const name of ['data', 'input']) {
      expect(await rpc('eth_call', { to: NOBODY, [name]: '' }, 'latest')).toBe('0x')
    }
    expect(
      await rpc('eth_call', { to: LOGGER_ADDRESS, data: '0x' }, 'latest', { [LOGGER_ADDRESS]: { code: '' } }),
    ).toBe('0x')
    expect(await rpc('web3_sha3', '')).toBe(keccak256('0x'))
    expect(await failure('eth_getBalance', '')).toMatchObject({ code: -32602 })
    expect(await failure('eth_getTransactionByHash', '')).toMatchObject({ code: -32602 })
    expect(await failure('eth_call', { to: NOBODY, value: '' })).toMatchObject({ code: -32602 })
  })

  test('the block count of a fee history is hex or decimal, as a string or a number', async () => {
    const wanted = await rpc('eth_feeHistory', '0x1', 'latest', [50])
    for (const count of [1, '1', '01']) expect(await rpc('eth_feeHistory', count, 'latest', [50])).toEqual(wanted)
    for (const count of [-1, 1.5, '-1', '1.5', '', 'one', true]) {
      expect(await failure('eth_feeHistory', count, 'latest', [50])).toMatchObject({ code: -32602 })
    }
  })

  test('whether a block comes with its transactions must be said, as every other node wants it', async () => {
    const { hash } = await rpc('eth_getBlockByNumber', 'latest', false)
    for (const [method, block] of [
      ['eth_getBlockByNumber', 'latest'],
      ['eth_getBlockByHash', hash],
    ] as const) {
      for (const params of [[], [null]]) {
        expect(await failure(method, block, ...params)).toEqual({
          code: -32602,
          message: 'missing value for required argument 1 (hydrated transactions)',
        })
      }
      expect(await failure(method, block, 'false')).toMatchObject({ code: -32602 })
      expect(await rpc(method, block, true)).toMatchObject({ hash })
    }
  })

  test('no percentiles: no rewards', async () => {
    expect(await rpc('eth_feeHistory', '0x1', 'latest', [])).not.toHaveProperty('reward')
    expect(await rpc('eth_feeHistory', '0x1', 'latest', null)).not.toHaveProperty('reward')
  })
})

test('a filter of pending transactions collects hashes, or transactions when asked to', async () => {
  const hashes = await rpc<string>('eth_newPendingTransactionFilter', false)
  const transactions = await rpc<string>('eth_newPendingTransactionFilter', true)
  expect(await failure('eth_newPendingTransactionFilter', 'yes')).toMatchObject({ code: -32602 })
  const raw: Hex = `0x${bytesToHex(await signed(account(0), { nonce: 0, value: 7n }))}`
  const hash = await rpc('eth_sendRawTransaction', raw)
  expect(await rpc('eth_getFilterChanges', hashes)).toEqual([hash])
  expect(await rpc('eth_getFilterChanges', transactions)).toEqual([await rpc('eth_getTransactionByHash', hash)])
  expect(await rpc('eth_getFilterChanges', transactions)).toEqual([])
  expect(toHex(7)).toBe((await rpc('eth_getTransactionByHash', hash)).value)
})
