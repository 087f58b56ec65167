import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getContractAddress } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEV_ADDRESSES, DEV_PRIVATE_KEYS } from '../../genesis/accounts.ts'
import { FIRST_L2_CHAIN_ID, L1_CHAIN_ID } from '../../genesis/parameters.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'
import { type Foundry, hasFoundry, openFoundry } from './foundry/tools.ts'

const [KEY] = DEV_PRIVATE_KEYS
const [FROM, SECOND] = DEV_ADDRESSES
const TO = DEV_ADDRESSES[8]
/** The first contract of dev account 0: on both chains the same. */
const COUNTER = getContractAddress({ from: FROM, nonce: 0n })

describe.skipIf(!hasFoundry)('Foundry (skipped where @foundry-rs has no binary for this platform)', () => {
  let devnet: TestDevnet
  let foundry: Foundry
  const urls = { L1: '', L2: '' }
  const chainIds = { L1: L1_CHAIN_ID, L2: FIRST_L2_CHAIN_ID }
  const layers = ['L1', 'L2'] as const

  /** What a tool prints; it must succeed. */
  async function run(tool: 'forge' | 'cast', argv: readonly string[], env: Record<string, string> = {}) {
    const { exit, output, errors } = await foundry[tool](argv, env)
    if (exit !== 0) throw new Error(`${tool} ${argv.join(' ')} ended with ${exit}:\n${output}\n${errors}`)
    return output.trim()
  }
  const castAt = (layer: 'L1' | 'L2', ...argv: string[]) => run('cast', [...argv, '--rpc-url', urls[layer]])
  const sendAt = async (layer: 'L1' | 'L2', ...argv: string[]) =>
    JSON.parse(
      // `--create` ends the options
      await run('cast', ['send', '--rpc-url', urls[layer], '--json', '--private-key', KEY, ...argv]),
    ) as Record<string, string>

  beforeAll(async () => {
    devnet = await startTestDevnet({ options: { settle: false } })
    urls.L1 = devnet.l1Url
    urls.L2 = devnet.l2Url
    foundry = openFoundry()
    for (const layer of layers) {
      const deployment = ['src/Counter.sol:Counter', '--constructor-args', '7']
      await run('forge', ['create', '--rpc-url', urls[layer], '--private-key', KEY, '--broadcast', ...deployment])
      await sendAt(layer, COUNTER, 'add(uint256)', '5')
    }
  }, 120_000)
  afterAll(() => devnet?.close())

  describe.each(layers)('%s', (layer) => {
    const cast = (...argv: string[]) => castAt(layer, ...argv)
    const send = (...argv: string[]) => sendAt(layer, ...argv)

    test('forge create has deployed, cast send has called', async () => {
      expect(await cast('call', COUNTER, 'count()(uint256)')).toBe('12')
      expect(await cast('storage', COUNTER, '0')).toBe(`0x${'c'.padStart(64, '0')}`)
    })

    test('forge test --fork-url: reads, calls, deploys, rolls, forks the other chain', async () => {
      const other = layer === 'L1' ? 'L2' : 'L1'
      const output = await run('forge', ['test', '--fork-url', urls[layer]], {
        COUNTER,
        HEAD: await cast('block-number'),
        CHAIN_ID: String(chainIds[layer]),
        OTHER_URL: urls[other],
        OTHER_CHAIN_ID: String(chainIds[other]),
      })
      expect(output).toContain('7 tests passed, 0 failed, 0 skipped')
    })

    test('forge script --broadcast --skip-simulation', async () => {
      const flags = ['--private-key', KEY, '--broadcast', '--skip-simulation']
      await run('forge', ['script', 'script/Deploy.s.sol:Deploy', '--rpc-url', urls[layer], ...flags])
      const file = join(foundry.folder, `broadcast/Deploy.s.sol/${chainIds[layer]}/run-latest.json`)
      const { receipts, transactions } = JSON.parse(readFileSync(file, 'utf8'))
      expect(receipts.map(({ status }: { status: string }) => status)).toEqual(['0x1', '0x1'])
      expect(await cast('call', transactions[0].contractAddress, 'count()(uint256)')).toBe('22')
    })

    test.each([
      ['type 2', [], '0x2'],
      ['type 0', ['--legacy'], '0x0'],
      ['type 1', ['--legacy', '--access-list', JSON.stringify([{ address: COUNTER, storageKeys: [] }])], '0x1'],
    ])('cast send, %s', async (_name, flags, type) => {
      expect(await send(TO, '--value', '1', ...flags)).toMatchObject({ status: '0x1', type, to: TO.toLowerCase() })
    })

    test('cast send --auth, type 4', async () => {
      const nonce = await cast('nonce', SECOND)
      const signing = ['--private-key', DEV_PRIVATE_KEYS[1], '--nonce', nonce]
      const authorization = await cast('wallet', 'sign-auth', COUNTER, ...signing)
      expect(await send(TO, '--auth', authorization)).toMatchObject({ status: '0x1', type: '0x4' })
      expect(await cast('code', SECOND)).toBe(`0xef0100${COUNTER.slice(2).toLowerCase()}`)
    })

    test('cast send --blob, type 3 with cell proofs: mined on L1, refused on L2', async () => {
      const file = join(foundry.folder, 'blob.txt')
      writeFileSync(file, 'hello, blob')
      const sent = send(TO, '--blob', '--path', file, '--blob-gas-price', '1000')
      if (layer === 'L2') await expect(sent).rejects.toThrow('transaction type not supported: type 3')
      else expect(await sent).toMatchObject({ status: '0x1', type: '0x3', blobGasUsed: '0x20000' })
    })

    test('cast send --create, and to a new account', async () => {
      const { contractAddress = '' } = await send('--create', '0x600a600c600039600a6000f3602a60005260206000f3')
      expect(BigInt(await cast('call', contractAddress))).toBe(42n)
      expect(await send(`0x${'f7'.repeat(20)}`, '--value', '1')).toMatchObject({ status: '0x1' })
    })

    test('cast call, estimate and access-list', async () => {
      expect(Number(await cast('estimate', '--from', FROM, COUNTER, 'add(uint256)', '5'))).toBeGreaterThan(21_000)
      expect(await cast('access-list', COUNTER, 'add(uint256)', '5')).toContain(COUNTER)
      const { exit, errors } = await foundry.cast(['call', COUNTER, 'add(uint256)', '0', '--rpc-url', urls[layer]])
      expect(errors).toContain('execution reverted')
      expect(exit).toBe(1)
    })

    test('cast logs, block, tx, receipt, nonce, balance, fees', async () => {
      const [log] = JSON.parse(await cast('logs', '--json', '--from-block', '0', '--address', COUNTER))
      expect(log).toMatchObject({ address: COUNTER.toLowerCase(), logIndex: '0x0' })
      const { transactionHash } = log
      expect(JSON.parse(await cast('block', '--json', log.blockNumber))).toMatchObject({ hash: log.blockHash })
      expect(JSON.parse(await cast('tx', '--json', transactionHash))).toMatchObject({ hash: transactionHash })
      expect(JSON.parse(await cast('receipt', '--json', transactionHash))).toMatchObject({ status: '0x1' })
      for (const tag of ['latest', 'safe', 'finalized', 'earliest', 'pending']) await cast('block', tag)
      expect(await cast('chain-id')).toBe(String(chainIds[layer]))
      expect(await cast('client')).toMatch(/^reenact\//)
      expect(Number(await cast('nonce', FROM))).toBeGreaterThan(1)
      for (const asked of ['gas-price', 'base-fee']) expect(BigInt(await cast(asked))).toBeGreaterThan(0n)
      expect(BigInt(await cast('balance', FROM))).toBeGreaterThan(9n * 10n ** 20n)
    })

    test('cast proof, storage-root, codehash, rpc', async () => {
      const proof = JSON.parse(await cast('proof', COUNTER, '0'))
      expect(proof).toMatchObject({ storageProof: [{ value: '0xc' }] })
      expect(await cast('storage-root', COUNTER)).toBe(proof.storageHash)
      expect(await cast('codehash', COUNTER)).toBe(proof.codeHash)
      expect(JSON.parse(await cast('rpc', 'eth_chainId'))).toBe(`0x${chainIds[layer].toString(16)}`)
    })

    test('cast run executes a transaction again on what the node gives, cast call --trace a call', async () => {
      const { transactionHash = '' } = await send(COUNTER, 'add(uint256)', '1')
      for (const output of [
        await cast('run', transactionHash),
        await cast('call', '--trace', COUNTER, 'add(uint256)', '1'),
      ]) {
        expect(output).toContain('Transaction successfully executed')
      }
      const [trace] = [
        JSON.parse(await cast('rpc', 'debug_traceTransaction', transactionHash, '{"tracer":"callTracer"}')),
      ]
      expect(trace).toMatchObject({ from: FROM.toLowerCase(), to: COUNTER.toLowerCase(), type: 'CALL' })
    })
  })
})
