import { gzipSync } from 'node:zlib'
import { pad, parseEther, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { l1DevMethods } from '../../rpc/dev/l1.ts'
import { miningMethods } from '../../rpc/dev/mining.ts'
import { offDevMethods } from '../../rpc/dev/off.ts'
import { DEV_DOCS } from '../../rpc/openrpc/devDocs.ts'
import { account } from '../node/support/devChain.ts'
import { type DevToolsNode, startDevToolsNode, testClient } from './devToolsNode.ts'
import { type Answer, call, result, startServer } from './support.ts'

const STRANGER = '0x00000000000000000000000000000000000abcde'
const ZERO_WORD = pad('0x0', { size: 32 })

let node: DevToolsNode
beforeAll(async () => {
  node = await startDevToolsNode()
})
afterAll(() => node.close())

const rpc = <Result = unknown>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)
const failure = async (method: string, ...params: unknown[]) => (await call(node.server, method, params)).error
const blockNumber = async () => Number(await rpc('eth_blockNumber'))
const timeOfHead = async () =>
  Number((await rpc<{ timestamp: string }>('eth_getBlockByNumber', 'latest', false)).timestamp)

describe('answers in the form of their family', () => {
  const cases: [method: string, params: unknown[], answer: unknown][] = [
    ['hardhat_setBalance', [STRANGER, '0x10'], true],
    ['anvil_setBalance', [STRANGER, '0x10'], null],
    ['anvil_setBalance', [STRANGER, 16], null],
    ['anvil_setBalance', [STRANGER, '16'], null],
    ['evm_setAccountBalance', [STRANGER, '0x010'], true],
    ['hardhat_setCode', [STRANGER, '0x6001'], true],
    ['anvil_setCode', [STRANGER, '0x'], null],
    ['evm_setAccountCode', [STRANGER, '0x'], true],
    ['hardhat_setNonce', [STRANGER, '0x5'], true],
    ['evm_setAccountNonce', [STRANGER, '0x6'], true],
    ['hardhat_setStorageAt', [STRANGER, '0x0', ZERO_WORD], true],
    ['anvil_setStorageAt', [STRANGER, 0, ZERO_WORD], true],
    ['evm_setAccountStorageAt', [STRANGER, ZERO_WORD, '0x0'], true],
    ['hardhat_impersonateAccount', [STRANGER], true],
    ['hardhat_stopImpersonatingAccount', [STRANGER], true],
    ['hardhat_stopImpersonatingAccount', [STRANGER], false],
    ['anvil_impersonateAccount', [STRANGER], null],
    ['anvil_stopImpersonatingAccount', [STRANGER], null],
    ['anvil_autoImpersonateAccount', [false], null],
    ['hardhat_mine', [], true],
    ['hardhat_mine', ['0x2', '0x5'], true],
    ['anvil_mine', [1], null],
    ['anvil_mine', ['0x0'], null],
    ['evm_mine', [], '0x0'],
    ['hardhat_getAutomine', [], true],
    ['anvil_getIntervalMining', [], null],
    ['anvil_setIntervalMining', [30], null],
    ['anvil_getIntervalMining', [], 30],
    ['evm_setIntervalMining', [5000], true],
    ['anvil_getIntervalMining', [], 5],
    ['evm_setAutomine', [true], true],
    ['hardhat_setCoinbase', [`0x${'00'.repeat(20)}`], true],
    ['evm_setBlockGasLimit', ['0x3938700'], true],
    ['hardhat_setPrevRandao', [ZERO_WORD], true],
    ['hardhat_setMinGasPrice', ['0x0'], true],
    ['hardhat_setNextBlockBaseFeePerGas', ['0x3b9aca00'], true],
    ['hardhat_dropTransaction', [ZERO_WORD], false],
    ['anvil_dropTransaction', [ZERO_WORD], null],
    ['anvil_dropAllTransactions', [], null],
    ['anvil_removePoolTransactions', [STRANGER], null],
    ['anvil_enableTraces', [], null],
    ['anvil_setLoggingEnabled', [true], null],
    ['evm_revert', ['0x63'], false],
  ]
  it.each(cases)('%s %j', async (method, params, answer) => {
    expect(await call(node.server, method, params)).toEqual({ jsonrpc: '2.0', id: 1, result: answer })
  })
})

describe('a run of blocks', () => {
  it('that takes too long says how far it came, and that the rest can be asked for', async () => {
    const before = await blockNumber()
    const server = await startServer({
      methods: miningMethods(node as never, {
        maxBlocks: 10n,
        maxBlocksHint: '',
        maxRunMs: 0,
        mine: sealOne,
        setNextTimestamp: () => undefined,
      }),
    })
    try {
      const { error } = await call(server, 'hardhat_mine', ['0x3'])
      expect(error?.code).toBe(-32002)
      expect(error?.message).toBe('mined 1 of 3 blocks in the time of one call; call again for the other 2')
      expect(await blockNumber()).toBe(before + 1)
      expect((await call(server, 'hardhat_mine', ['0x1'])).result).toBe(true)
    } finally {
      await server.close()
    }
  })

  it.each(['anvil_mine', 'hardhat_mine'])('%s of too many says how many, and what to do instead', async (method) => {
    const before = await blockNumber()
    const error = await failure(method, 1_000_000)
    expect(error?.code).toBe(-32602)
    expect(error?.message).toMatch(
      /^invalid argument 0 \(blocks\): at most \d+ blocks .* got 1000000; call again for the rest$/,
    )
    expect(await blockNumber()).toBe(before)
  })

  it('evm_mine has the same bound', async () => {
    const error = await failure('evm_mine', { blocks: 1_000_000 })
    expect(error).toMatchObject({ code: -32602, message: expect.stringContaining('call again for the rest') })
  })

  async function sealOne() {
    const block = await node.sealer.sealNow()
    if (block === undefined) throw new Error('no block was sealed')
    return block
  }
})

describe('what anvil and hardhat users expect beside', () => {
  it('nodeInfo and metadata tell of the head', async () => {
    const id = await rpc<string>('evm_snapshot')
    const head = await rpc<{ hash: string; number: string }>('eth_getBlockByNumber', 'latest', false)
    expect(await rpc('anvil_nodeInfo')).toMatchObject({
      currentBlockNumber: head.number,
      currentBlockHash: head.hash,
      hardFork: 'Amsterdam',
      environment: { chainId: 18079, gasLimit: '0x3938700' },
      forkConfig: { forkUrl: null },
    })
    const metadata = await rpc<{ snapshots: Record<string, unknown> }>('hardhat_metadata')
    expect(metadata).toMatchObject({
      chainId: 18079,
      latestBlockNumber: Number(head.number),
      latestBlockHash: head.hash,
    })
    expect(metadata.snapshots[id]).toEqual([Number(head.number), head.hash])
    expect(await rpc('anvil_metadata')).toEqual(metadata)
  })

  it('addBalance adds; above 2^256 it refuses and makes no block', async () => {
    await rpc('anvil_setBalance', STRANGER, '0x5')
    await rpc('anvil_addBalance', STRANGER, '0x6')
    expect(await rpc('eth_getBalance', STRANGER, 'latest')).toBe('0xb')
    const before = await blockNumber()
    expect(await failure('anvil_addBalance', STRANGER, `0x${'f'.repeat(64)}`)).toMatchObject({ code: -32602 })
    expect(await blockNumber()).toBe(before)
  })

  it('dealERC20 and setERC20Allowance find the slot that the token answers from', async () => {
    const token = '0x00000000000000000000000000000000000070c4'
    // Answers sload(keccak256(first argument, 0)), whatever is asked.
    await rpc('anvil_setCode', token, '0x600435600052600060205260406000205460005260206000f3')
    const ask = (of: string) => rpc('eth_call', { to: token, data: `0x70a08231${pad(of as `0x${string}`).slice(2)}` })
    await rpc('anvil_dealERC20', STRANGER, token, '0x64')
    expect(await ask(STRANGER)).toBe(pad('0x64', { size: 32 }))
    expect(await ask(account(1).address)).toBe(ZERO_WORD)
    await rpc('anvil_setERC20Allowance', STRANGER, account(1).address, token, 7)
    expect(await ask(STRANGER)).toBe(pad('0x7', { size: 32 }))
    const before = await blockNumber()
    expect(await failure('anvil_dealERC20', STRANGER, account(1).address, 7)).toMatchObject({ code: -32000 })
    expect(await blockNumber()).toBe(before)
  })

  it('evm_mine takes a timestamp; evm_mine_detailed answers blocks with their transactions', async () => {
    const time = (await timeOfHead()) + 5_000
    await rpc('evm_mine', time)
    expect(await timeOfHead()).toBe(time)
    await rpc('evm_mine', { timestamp: time + 10, blocks: 2 })
    expect(await timeOfHead()).toBeGreaterThan(time + 10)
    await rpc('evm_setAutomine', false)
    const transaction = { from: account(0).address, to: account(1).address, value: '0x1' }
    const hash = await rpc('eth_sendTransaction', transaction)
    const blocks = await rpc<{ transactions: { hash: string }[] }[]>('evm_mine_detailed', { blocks: '0x2' })
    expect(blocks.map(({ transactions }) => transactions.map((tx) => tx.hash))).toEqual([[hash], []])
    await rpc('evm_setAutomine', true)
  })

  it('evm_setTime in seconds and in milliseconds', async () => {
    const time = (await timeOfHead()) + 40_000
    expect(await rpc('evm_setTime', time)).toBeGreaterThan(30_000)
    expect(Math.abs(await rpc<number>('anvil_setTime', time * 1000))).toBeLessThan(1_000)
    await rpc('evm_mine')
    expect((await timeOfHead()) - time).toBeLessThan(1_000)
  })

  it('setPrevRandao is seen by the next block alone', async () => {
    const word = pad('0x77', { size: 32 })
    await rpc('hardhat_setPrevRandao', word)
    await rpc('evm_mine')
    expect(await rpc('eth_getBlockByNumber', 'latest', false)).toMatchObject({ mixHash: word })
    await rpc('evm_mine')
    expect(await rpc('eth_getBlockByNumber', 'latest', false)).not.toMatchObject({ mixHash: word })
  })

  it('rollback and reorg take blocks away with what was in them', async () => {
    await rpc('anvil_setBalance', STRANGER, '0x1')
    await rpc('anvil_setBalance', STRANGER, '0x2')
    const number = await blockNumber()
    await rpc('anvil_rollback')
    expect(await rpc('eth_getBalance', STRANGER, 'latest')).toBe('0x1')
    expect(await blockNumber()).toBe(number - 1)
    const sent = await rpc('eth_sendTransaction', { from: account(0).address, to: STRANGER, value: '0x8' })
    const old = await rpc<{ hash: string }>('eth_getBlockByNumber', 'latest', false)
    await rpc('anvil_reorg', { depth: 1, txBlockPairs: [] })
    expect(await blockNumber()).toBe(number)
    expect((await rpc<{ hash: string }>('eth_getBlockByNumber', 'latest', false)).hash).not.toBe(old.hash)
    expect(await rpc('eth_getTransactionByHash', sent)).toBeNull()
    expect(await failure('anvil_rollback', 900)).toMatchObject({
      code: -32000,
      message: expect.stringContaining('900'),
    })
    expect(await failure('anvil_reorg', { depth: 1, txBlockPairs: [['0x', 0]] })).toMatchObject({ code: -32602 })
  })

  it('autoImpersonateAccount: everybody sends', async () => {
    await rpc('anvil_setBalance', STRANGER, toHex(parseEther('1')))
    const transaction = { from: STRANGER, to: account(1).address, value: '0x1' }
    expect(await failure('eth_sendTransaction', transaction)).toMatchObject({ code: -32000 })
    await rpc('anvil_autoImpersonateAccount', true)
    const hash = await rpc('eth_sendTransaction', transaction)
    expect(await rpc('eth_getTransactionReceipt', hash)).toMatchObject({ status: '0x1', from: STRANGER })
    await rpc('anvil_autoImpersonateAccount', false)
    expect(await failure('eth_sendTransaction', transaction)).toMatchObject({ code: -32000 })
  })

  it.each(['anvil_setChainId', 'hardhat_setRpcUrl'])('%s is refused with the reason', async (method) => {
    expect(await failure(method, '0x1')).toMatchObject({ code: -32004, message: expect.stringContaining(method) })
  })
})

describe('hostile parameters', () => {
  const big = `0x1${'0'.repeat(64)}`
  const cases: [method: string, params: unknown[]][] = [
    ['hardhat_setBalance', []],
    ['hardhat_setBalance', [STRANGER]],
    ['hardhat_setBalance', ['0x12', '0x1']],
    ['hardhat_setBalance', [STRANGER, big]],
    ['hardhat_setBalance', [STRANGER, -1]],
    ['hardhat_setBalance', [STRANGER, 1.5]],
    ['hardhat_setBalance', [STRANGER, '1e3']],
    ['hardhat_setBalance', [STRANGER, '9'.repeat(100_000)]],
    ['hardhat_setBalance', [STRANGER, '0x1', '0x2']],
    ['hardhat_setNonce', [STRANGER, '0x10000000000000000']],
    ['hardhat_setCode', [STRANGER, '0x123']],
    ['hardhat_setCode', [STRANGER, {}]],
    ['hardhat_setStorageAt', [STRANGER, big, ZERO_WORD]],
    ['hardhat_setStorageAt', [STRANGER, '0x0', `${ZERO_WORD}00`]],
    ['hardhat_setStorageAt', [STRANGER, '0x0', 5]],
    ['hardhat_impersonateAccount', [['0x']]],
    ['hardhat_mine', ['0xffffffff']],
    ['anvil_mine', [-1]],
    ['anvil_mine', ['0x1', big]],
    ['evm_mine', [{ blocks: 1e9 }]],
    ['evm_increaseTime', [-5]],
    ['evm_increaseTime', [big]],
    ['evm_increaseTime', ['soon']],
    ['evm_setNextBlockTimestamp', ['0xffffffffffffffff']],
    ['evm_setTime', ['0xffffffffffffffff']],
    ['evm_setIntervalMining', [1e12]],
    ['anvil_setIntervalMining', [86_401]],
    ['evm_setIntervalMining', [[1, 2]]],
    ['evm_setAutomine', ['yes']],
    ['evm_setBlockGasLimit', ['0x1']],
    ['evm_setBlockGasLimit', ['0xffffffffffffffff']],
    ['anvil_setBlockTimestampInterval', [0]],
    ['hardhat_setNextBlockBaseFeePerGas', [big]],
    ['hardhat_setPrevRandao', ['0x1']],
    ['evm_revert', [{}]],
    ['evm_revert', [`0x${'f'.repeat(60)}`]],
    ['anvil_rollback', [0]],
    ['anvil_reorg', [1e6]],
    ['hardhat_reset', ['now']],
    ['anvil_loadState', ['0x']],
    ['anvil_loadState', ['0x1f8b00']],
    ['anvil_loadState', [toHex('{"accounts":')]],
    ['anvil_loadState', [toHex('{"accounts":{}')]],
    ['anvil_loadState', [toHex('[]')]],
    ['anvil_loadState', [toHex('{"accounts":{}} more')]],
    ['anvil_loadState', [toHex('{}')]],
    ['anvil_loadState', [toHex('{"accounts":[]}')]],
    ['anvil_loadState', [toHex('{"accounts":{"0x12":{}}}')]],
    ['anvil_loadState', [toHex(`{"accounts":{"${STRANGER}":7}}`)]],
    ['anvil_loadState', [toHex(`{"accounts":{"${STRANGER}":{"balance":{}}}}`)]],
    ['anvil_loadState', [toHex(`{"accounts":{"${STRANGER}":{"balance":-1}}}`)]],
    ['anvil_loadState', [toHex(`{"accounts":{"${STRANGER}":{"nonce":18446744073709551616}}}`)]],
    ['anvil_loadState', [toHex(`{"accounts":{"${STRANGER}":{"storage":{"0x1":"0x${'f'.repeat(65)}"}}}}`)]],
    ['anvil_loadState', [toHex(`{"accounts":{"${STRANGER}":{"balance":"0x5"},"0x":{}}}`)]],
    ['anvil_loadState', [toHex(`{"blocks":${'['.repeat(50_000)}`)]],
  ]
  it.each(cases)('%s %.80j', async (method, params) => {
    const before = { head: await rpc('eth_getBlockByNumber', 'latest', false), mode: node.sealer.mode }
    const answer: Answer = await call(node.server, method, params)
    expect(answer.error).toMatchObject({ code: -32602 })
    expect({ head: await rpc('eth_getBlockByNumber', 'latest', false), mode: node.sealer.mode }).toEqual(before)
  })

  it('a state that unpacks to more than the limit is refused before it is read', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20))
    expect(bomb.length).toBeLessThan(100_000)
    expect(await failure('anvil_loadState', toHex(bomb))).toMatchObject({ code: -32005 })
  })

  it('time beyond what the clock can hold is refused', async () => {
    expect(await failure('evm_increaseTime', toHex((1n << 40n) - 1n))).toMatchObject({ code: -32000 })
  })
})

describe('anvil_loadState', () => {
  it("takes a dump in anvil's own form, also one of many slots, and changes only what it names", async () => {
    const slots = Object.fromEntries(
      Array.from({ length: 2_500 }, (_, slot) => [toHex(slot + 1, { size: 32 }), toHex(slot + 7, { size: 32 })]),
    )
    const other = '0x00000000000000000000000000000000000abcdf'
    const dump = {
      block: { number: '0x5', coinbase: other, timestamp: '0x1', gas_limit: 30_000_000, basefee: 7, difficulty: '0x0' },
      accounts: {
        [STRANGER]: { nonce: 3, balance: '0x64', code: '0x60016000', storage: slots },
        [other]: { nonce: 18446744073709551614n.toString(), balance: '100', code: '0x', storage: {} },
      },
      best_block_number: 5,
      blocks: [{ header: { text: 'not " read \\' } }],
      transactions: [],
      historical_states: null,
    }
    await rpc('anvil_setStorageAt', STRANGER, '0xffff', pad('0x1', { size: 32 }))
    const before = await blockNumber()
    expect(await rpc('anvil_loadState', toHex(gzipSync(JSON.stringify(dump))))).toBe(true)
    expect(await blockNumber()).toBeGreaterThan(before + 1)
    const client = testClient(node.server.url, 'anvil')
    expect(await client.getBalance({ address: STRANGER })).toBe(100n)
    expect(await client.getCode({ address: STRANGER })).toBe('0x60016000')
    expect(await client.getTransactionCount({ address: STRANGER })).toBe(3)
    expect(await client.getStorageAt({ address: STRANGER, slot: toHex(2_500, { size: 32 }) })).toBe(
      toHex(2_506, { size: 32 }),
    )
    expect(await client.getStorageAt({ address: STRANGER, slot: '0xffff' })).toBe(pad('0x1', { size: 32 }))
    expect(await rpc('eth_getTransactionCount', other, 'latest')).toBe('0xfffffffffffffffe')
  })
})

describe('where development methods are off', () => {
  it('every one of them says how to turn them on', async () => {
    const server = await startServer({ methods: offDevMethods() })
    try {
      for (const method of ['evm_mine', 'hardhat_setBalance', 'anvil_nodeInfo', 'eth_sendUnsignedTransaction']) {
        expect((await call(server, method, [])).error).toMatchObject({
          code: -32601,
          message: expect.stringContaining('`reenact`'),
        })
      }
    } finally {
      await server.close()
    }
  })

  it('the list of them is that of the methods', () => {
    const methods = Object.keys(l1DevMethods({ node, keptAccounts: [] } as never))
    expect([...methods, 'eth_sendUnsignedTransaction'].toSorted()).toEqual(Object.keys(DEV_DOCS).toSorted())
  })
})
