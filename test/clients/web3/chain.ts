import { expect } from 'vitest'
import { DEV_ADDRESSES } from '../../../genesis/accounts.ts'
import { stepUntil } from '../scenes.ts'
import { type Check, FROM, failure, type Tools } from './tools.ts'

const GWEI = 10n ** 9n
const to = DEV_ADDRESSES[8]
/** whose transactions wait in the pool */
const WAITING = DEV_ADDRESSES[3]
const fees = (percent: bigint) => ({
  maxFeePerGas: GWEI * percent,
  maxPriorityFeePerGas: (GWEI * percent) / 10n,
  gas: 30_000n,
})
const unchecked = [undefined, { checkRevertBeforeSending: false }] as const

const bump = async ({ probe }: Tools) => probe.methods.bump?.(1n).send({ from: FROM })

/** Signs for the account whose transactions wait; gives the hash that the node answers. */
async function submit({ web3, ask, chainId }: Tools, nonce: bigint, percent: bigint, value = 1n): Promise<string> {
  const request = { from: WAITING, to, value, nonce, chainId, type: 2n, ...fees(percent) }
  const signed = await web3.eth.wallet?.get(WAITING)?.signTransaction(request as never)
  return ask<string>('eth_sendRawTransaction', [signed?.rawTransaction])
}

async function whileQueued(tools: Tools, check: (queued: { nonce: bigint; hash: string }) => Promise<unknown>) {
  const nonce = (await tools.web3.eth.getTransactionCount(WAITING, 'pending')) + 1n
  const hash = await submit(tools, nonce, 100n)
  try {
    await check({ nonce, hash })
  } finally {
    await submit(tools, nonce - 1n, 100n)
    while ((await tools.web3.eth.getTransactionCount(WAITING)) <= nonce) await tools.web3.eth.getChainId()
  }
}

const refused: readonly [name: string, words: string, fields: object][] = [
  ['a nonce that was used', 'nonce too low', { nonce: 0n }],
  ['more value than there is', 'insufficient funds', { value: 10n ** 28n }],
  ['more gas than a block has', 'exceeds block gas limit', { gas: 70_000_000n }],
]

export const chain: readonly Check[] = [
  ...refused.map(
    ([name, words, fields]): Check => ({
      name: `${name} is refused in words`,
      async run({ web3 }) {
        await web3.eth.sendTransaction({ from: FROM, to, value: 1n })
        const request = { from: FROM, to, value: 1n, gas: 30_000n, ...fields }
        const found = await failure(async () => web3.eth.sendTransaction(request, ...unchecked))
        expect(found.names).toContain('InvalidResponseError')
        expect(found.words).toContain(words)
      },
    }),
  ),
  {
    name: 'a 10 % bump replaces, a 1 % bump is refused',
    run: (tools) =>
      whileQueued(tools, async ({ nonce, hash }) => {
        expect((await failure(() => submit(tools, nonce, 101n, 2n))).words).toContain(
          'replacement transaction underpriced',
        )
        expect(await tools.web3.eth.getTransaction(hash)).toMatchObject({ hash, nonce })
        const better = await submit(tools, nonce, 110n, 3n)
        expect(await tools.web3.eth.getTransaction(better)).toMatchObject({ value: 3n })
        expect(await tools.ask('eth_getTransactionByHash', [hash])).toBeNull()
      }),
  },
  {
    name: 'a queued transaction has no receipt yet',
    run: (tools) =>
      whileQueued(tools, async ({ hash }) => {
        expect((await failure(() => tools.web3.eth.getTransactionReceipt(hash))).names).toContain('TransactionNotFound')
      }),
  },
  {
    name: 'blocks by tag and hash',
    async run({ web3 }) {
      const tags = ['earliest', 'finalized', 'safe', 'latest', 'pending'] as const
      const found = await Promise.all(tags.map((tag) => web3.eth.getBlock(tag)))
      const numbers = found.map(({ number }) => Number(number))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      const latest = await web3.eth.getBlock('latest', true)
      expect(await web3.eth.getBlock(latest.hash, true)).toEqual(latest)
      expect(await web3.eth.getBlockTransactionCount('latest')).toBe(BigInt(latest.transactions?.length ?? -1))
    },
  },
  {
    name: 'balances, fees, chain id, fee history, proof',
    async run({ web3, chainId, probe }) {
      expect(await web3.eth.getBalance(to, 'pending')).toBeGreaterThan(0n)
      expect(await web3.eth.getChainId()).toBe(BigInt(chainId))
      expect(await web3.eth.net.getId()).toBe(BigInt(chainId))
      const suggested = await web3.eth.calculateFeeData()
      expect(Number(suggested.maxFeePerGas)).toBeGreaterThan(Number(suggested.maxPriorityFeePerGas))
      expect((await web3.eth.getFeeHistory(2n, 'latest', [50n])).baseFeePerGas).toHaveLength(3)
      const proof = await web3.eth.getProof(probe.options.address as never, [`0x${'00'.repeat(32)}`] as never)
      expect(proof.storageProof).toHaveLength(1)
    },
  },
  {
    name: 'a batch of requests',
    async run({ web3 }) {
      const batch = new web3.BatchRequest()
      const asked = [1, 2, 3].map((id) =>
        batch.add({ jsonrpc: '2.0', id, method: 'eth_getBalance', params: [DEV_ADDRESSES[id] ?? to, 'latest'] }),
      )
      await batch.execute()
      for (const balance of await Promise.all(asked)) expect(balance).toMatch(/^0x[1-9a-f]/)
    },
  },
  {
    name: 'an unknown method and a bad parameter have their codes',
    async run({ ask }) {
      expect((await failure(() => ask('eth_getBalances'))).error).toMatchObject({ cause: { code: -32601 } })
      expect((await failure(() => ask('eth_getBalance', ['0x12']))).error).toMatchObject({ cause: { code: -32602 } })
    },
  },
  {
    name: 'newHeads, logs and pending transactions are pushed',
    transport: 'WebSocket',
    async run(tools) {
      const { web3, probe } = tools
      const heads: unknown[] = []
      const logs: unknown[] = []
      const pending: unknown[] = []
      const subscriptions = [
        await web3.eth.subscribe('newBlockHeaders'),
        await web3.eth.subscribe('logs', { address: probe.options.address }),
        await web3.eth.subscribe('pendingTransactions'),
      ]
      for (const [index, heard] of [heads, logs, pending].entries()) {
        subscriptions[index]?.on('data', (data: unknown) => void heard.push(data))
      }
      await stepUntil(
        () => heads.length > 0 && logs.length > 0 && pending.length > 0,
        () => bump(tools),
      )
      expect(heads[0]).toMatchObject({ parentHash: expect.stringMatching(/^0x/) })
      expect(logs[0]).toMatchObject({ removed: false })
      expect(await web3.eth.getTransaction(String(pending[0]))).toMatchObject({ from: FROM.toLowerCase() })
      for (const subscription of subscriptions) await subscription.unsubscribe()
    },
  },
  {
    name: 'contract events are pushed',
    transport: 'WebSocket',
    async run(tools) {
      const heard: unknown[] = []
      tools.probe.events.Bumped?.({}).on('data', (data) => void heard.push(data))
      await stepUntil(
        () => heard.length > 0,
        () => bump(tools),
      )
      expect(heard[0]).toMatchObject({ event: 'Bumped', returnValues: { by: FROM } })
    },
  },
]
