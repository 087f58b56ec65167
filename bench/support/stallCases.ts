import { type Hex, numberToHex, pad } from 'viem'
import { devAccount } from '../../genesis/accounts.ts'
import { ask } from '../../load/ask.ts'
import { signedBlobs } from './blobTransaction.ts'
import type { StallChain } from './stallChain.ts'

/** One thing that may stall. Only `run` is measured. */
export type StallCase = {
  name: string
  run(): Promise<unknown>
  before?(): Promise<unknown>
  after?(): Promise<unknown>
}

const POOLED = 5_000
const LOADED_ACCOUNTS = 20_000

const address = (n: number): Hex => pad(numberToHex(n), { size: 20 })
const word = (n: number): Hex => pad(numberToHex(n))
const words = (...numbers: number[]): Hex => `0x${numbers.map((n) => word(n).slice(2)).join('')}`
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))

/** What is asked for, in this order: the first questions find the chain as it was built. */
export function stallCases(chain: StallChain): StallCase[] {
  return [...reads(chain), ...traces(chain), ...simulations(chain), ...fronts(chain), ...pool(chain), ...states(chain)]
}

function asking(url: string) {
  return (name: string, method: string, ...params: unknown[]): StallCase => ({
    name,
    run: () => ask(url, method, params),
  })
}

function reads({ url, contracts, blocks }: StallChain): StallCase[] {
  const one = asking(url)
  const sender = devAccount(1).address
  return [
    one('eth_getLogs, no match', 'eth_getLogs', { fromBlock: '0x0', toBlock: 'latest', address: address(1) }),
    one('eth_getLogs, 1,650 matches', 'eth_getLogs', { fromBlock: '0x0', address: contracts.token }),
    one('eth_getBlockByNumber, 2,700 objects', 'eth_getBlockByNumber', blocks.transfers, true),
    one('eth_getBlockReceipts, 2,700', 'eth_getBlockReceipts', blocks.transfers),
    one(
      'eth_feeHistory, 1,024 blocks',
      'eth_feeHistory',
      '0x400',
      'latest',
      times(100, (n) => n),
    ),
    one('eth_getProof, 1,024 keys', 'eth_getProof', contracts.sweep, times(1024, word), 'latest'),
    one('debug_executionWitness, 2,700 transfers', 'debug_executionWitness', blocks.transfers),
    one('debug_executionWitness, 1,300 slots', 'debug_executionWitness', blocks.heavy),
    one('debug_storageRangeAt', 'debug_storageRangeAt', blocks.heavy, 1, contracts.sweep, '0x', 4096),
    one('debug_getRawReceipts, 2,700', 'debug_getRawReceipts', blocks.transfers),
    one('ots_searchTransactionsBefore', 'ots_searchTransactionsBefore', address(0x999), 0, 25),
    one('ots_searchTransactionsAfter', 'ots_searchTransactionsAfter', contracts.token, 0, 1_000),
    one('ots_getBlockTransactions', 'ots_getBlockTransactions', blocks.transfers, 0, 25),
    one('ots_getTransactionBySenderAndNonce', 'ots_getTransactionBySenderAndNonce', sender, 100),
  ]
}

function traces({ url, blocks, heavy, contracts }: StallChain): StallCase[] {
  const one = asking(url)
  const [computing, storage] = heavy
  const small = { disableStack: true, disableStorage: true }
  const sweepCall = { from: devAccount(9).address, to: contracts.sweep, data: words(1300, 0) }
  const named = ['callTracer', 'prestateTracer'].flatMap((tracer) => [
    one(`debug_traceTransaction, ${tracer}, computing`, 'debug_traceTransaction', computing, { tracer }),
    one(`debug_traceTransaction, ${tracer}, storage`, 'debug_traceTransaction', storage, { tracer }),
    one(`debug_traceBlockByNumber, ${tracer}, 500`, 'debug_traceBlockByNumber', blocks.tokens, { tracer }),
    one(`debug_traceBlockByNumber, ${tracer}, 2,700`, 'debug_traceBlockByNumber', blocks.transfers, { tracer }),
  ])
  const logged = [
    one('debug_traceTransaction, opcodes, storage', 'debug_traceTransaction', storage, small),
    one('debug_traceBlockByNumber, opcodes, 500', 'debug_traceBlockByNumber', blocks.tokens, {}),
    one('debug_traceTransaction, opcodes, computing', 'debug_traceTransaction', computing, {
      ...small,
      limit: 100_000,
    }),
  ]
  return [
    ...named,
    ...logged,
    {
      name: 'four of them at once',
      run: () => Promise.all([...named.slice(-3), ...logged.slice(1, 2)].map((each) => each.run())),
    },
    one('ots_traceTransaction, storage', 'ots_traceTransaction', storage),
    one('eth_createAccessList, 1,300 slots', 'eth_createAccessList', sweepCall),
  ]
}

function simulations({ url, contracts }: StallChain): StallCase[] {
  const one = asking(url)
  const from = devAccount(9).address
  const overrides = Object.fromEntries(times(4_096, (n) => [address(0x5000 + n), { balance: '0x1', nonce: '0x1' }]))
  const slots = Object.fromEntries(times(4_096, (n) => [word(n), word(n + 1)]))
  const simulate = (name: string, ...blockStateCalls: unknown[]) =>
    one(`eth_simulateV1, ${name}`, 'eth_simulateV1', { blockStateCalls }, 'latest')
  return [
    simulate('256 empty blocks', ...times(256, () => ({}))),
    simulate('3,000 calls', { calls: times(3_000, () => ({ from, to: address(0x77) })) }),
    simulate('1,000 token calls', { calls: times(1_000, (n) => ({ from, to: contracts.token, data: word(n % 9) })) }),
    simulate('4,096 accounts', { stateOverrides: overrides, calls: [{ from, to: from }] }),
    simulate('4,096 slots', { stateOverrides: { [address(0x66)]: { stateDiff: slots } }, calls: [{ from, to: from }] }),
    one('eth_call, 4,096 accounts', 'eth_call', { from, to: from }, 'latest', overrides),
  ]
}

function fronts({ url, contracts, blocks }: StallChain): StallCase[] {
  const one = asking(url)
  const from = devAccount(9).address
  const text = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).text()
  const post = (name: string, body: string, headers: Record<string, string> = {}): StallCase => ({
    name,
    run: () => text('/', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }),
  })
  const request = (method: string, params: unknown[]) => ({ jsonrpc: '2.0', id: 1, method, params })
  const batch = (name: string, count: number, make: (n: number) => object) =>
    post(`a batch of ${name}`, JSON.stringify(times(count, make)))
  const balance = (n: number) => request('eth_getBalance', [address(n), 'latest'])
  const tokenCall = request('eth_call', [{ from, to: contracts.token, data: word(1) }, 'latest'])
  const full = request('eth_getBlockByNumber', [blocks.transfers, true])
  const receipts = JSON.stringify(request('debug_traceBlockByNumber', [blocks.tokens, {}]))
  return [
    one('rpc.discover', 'rpc.discover'),
    { name: 'GET /metrics', run: () => text('/metrics') },
    batch('1,000 eth_getBalance', 1_000, balance),
    batch('200 eth_call', 200, () => tokenCall),
    batch('20 blocks of 2,700 objects', 20, () => full),
    post('a trace of 500, gzip', receipts, { 'accept-encoding': 'gzip' }),
    post('5 MB of one parameter', JSON.stringify(request('web3_sha3', [`0x${'ab'.repeat(2_600_000)}`]))),
    post('5 MB of numbers', JSON.stringify(request('eth_getProof', [from, times(2_600_000, () => 1), 'latest']))),
    post('5 MB of objects', JSON.stringify(request('eth_getProof', [from, times(1_700_000, () => ({})), 'latest']))),
  ]
}

function pool({ url, senders, chainId }: StallChain): StallCase[] {
  const one = asking(url)
  const ids: Hex[] = []
  const blobSender = senders[8]
  if (blobSender === undefined) throw new Error('no sender for blobs')
  let blobs: Hex
  let isFilled = false
  const fill = async () => {
    if (isFilled) return
    isFilled = true
    await ask(url, 'evm_setAutomine', [false])
    for (let n = 0; n < POOLED; n++) await senders[n % 8]?.send({ to: address(0x77), value: 1n, gas: 21_000n })
  }
  const snapshot = async () => ids.push(await ask<Hex>(url, 'evm_snapshot', []))
  const revert = () => ask(url, 'evm_revert', [ids.at(-1)])
  return [
    { ...one('txpool_content, 5,000', 'txpool_content'), before: fill },
    one('txpool_inspect, 5,000', 'txpool_inspect'),
    one('txpool_contentFrom, 600', 'txpool_contentFrom', devAccount(0).address),
    {
      ...one('eth_getBlockByNumber, pending', 'eth_getBlockByNumber', 'pending', true),
      before: () => ask(url, 'anvil_setBalance', [address(0x78), '0x1']),
    },
    { name: 'evm_revert to a pool of 5,000', before: snapshot, run: revert },
    { ...one('anvil_dropAllTransactions, 5,000', 'anvil_dropAllTransactions'), before: snapshot, after: revert },
    {
      name: 'eth_sendRawTransaction, 6 blobs',
      before: async () => {
        await ask(url, 'anvil_dropAllTransactions', [])
        const nonce = Number(await ask<Hex>(url, 'eth_getTransactionCount', [blobSender.account.address, 'latest']))
        blobs = await signedBlobs(blobSender, chainId, nonce, 6)
      },
      run: () => ask(url, 'eth_sendRawTransaction', [blobs]),
    },
  ]
}

function states({ url }: StallChain): StallCase[] {
  const one = asking(url)
  const ids: Hex[] = []
  const accounts = Object.fromEntries(
    times(LOADED_ACCOUNTS, (n) => [address(0x10_0000 + n), { nonce: 0, balance: '0x1', code: '0x', storage: {} }]),
  )
  const state = `0x${Buffer.from(JSON.stringify({ accounts })).toString('hex')}`
  const snapshot = async () => ids.push(await ask<Hex>(url, 'evm_snapshot', []))
  const mine = () => ask(url, 'anvil_mine', ['0x3e8'])
  return [
    one('anvil_mine, 1,000', 'anvil_mine', '0x3e8'),
    {
      name: 'evm_revert, 1,000 blocks',
      before: async () => {
        await snapshot()
        await mine()
      },
      run: () => ask(url, 'evm_revert', [ids.at(-1)]),
    },
    one('anvil_reorg, 500 blocks', 'anvil_reorg', { depth: 500 }),
    one('anvil_loadState, 20,000 accounts', 'anvil_loadState', state),
    one('anvil_dumpState, 20,000 accounts', 'anvil_dumpState'),
  ]
}
