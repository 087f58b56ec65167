import { type Address, parseEther, toHex } from 'viem'
import { expect } from 'vitest'
import { DEV_ADDRESSES } from '../../../genesis/accounts.ts'
import { hexToBytes } from '../../../stateless/bytes.ts'
import { verifyAccountProof, verifyStorageProof } from '../../../stateless/proof.ts'
import { freshAddress } from '../scenes.ts'
import type { Check, Tools } from './tools.ts'

const word = (value: number) => toHex(value, { size: 32 })
const to = DEV_ADDRESSES[8]

const ask = (tools: Tools, method: string, params: unknown[]) =>
  tools.client.request({ method, params } as never) as Promise<unknown>

/** Checks every part of an eth_getProof answer against the header's state root. */
async function proven({ client }: Tools, address: Address, slots: readonly number[], blockNumber: bigint) {
  const { stateRoot } = await client.getBlock({ blockNumber })
  const storageKeys = slots.map(word)
  const proof = await client.getProof({ address, storageKeys, blockNumber })
  const nodes = proof.accountProof.map(hexToBytes)
  const account = verifyAccountProof(hexToBytes(stateRoot), hexToBytes(address), nodes)
  expect(proof.storageProof.map(({ key }) => key)).toEqual(storageKeys)
  for (const { key, value, proof: path } of proof.storageProof) {
    if (account === undefined) expect([value, path]).toEqual([0n, []])
    else {
      const found = verifyStorageProof(hexToBytes(proof.storageHash), hexToBytes(key), path.map(hexToBytes))
      expect(BigInt(`0x${Buffer.from(found).toString('hex') || '0'}`)).toBe(value)
    }
  }
  return { account, proof }
}

export const blocks: readonly Check[] = [
  {
    name: 'a block by tag, number and hash is the same',
    async run({ client, mined }) {
      await mined(await client.sendTransaction({ to, value: 1n }))
      const latest = await client.getBlock({ includeTransactions: true })
      expect(latest.transactions.length).toBeGreaterThan(0)
      const { hash: blockHash, number: blockNumber } = latest
      expect(await client.getBlock({ blockHash, includeTransactions: true })).toEqual(latest)
      expect(await client.getBlock({ blockNumber, includeTransactions: true })).toEqual(latest)
      expect(latest.transactions.map(({ hash }) => hash)).toEqual((await client.getBlock()).transactions)
      expect(latest).not.toHaveProperty('totalDifficulty', expect.anything())
    },
  },
  {
    name: 'earliest, finalized, safe, latest and pending are in this order',
    async run({ client }) {
      const tags = ['earliest', 'finalized', 'safe', 'latest', 'pending'] as const
      const found = await Promise.all(tags.map((blockTag) => client.getBlock({ blockTag })))
      const numbers = found.map(({ number }) => Number(number))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      expect(numbers[0]).toBe(0)
      expect(numbers[4]).toBe((numbers[3] ?? 0) + 1)
      expect(found[4]).toMatchObject({ hash: null, parentHash: found[3]?.hash })
    },
  },
  {
    name: 'every tag is taken by balance, nonce, code, storage and call',
    async run({ client, probe }) {
      for (const blockTag of ['earliest', 'finalized', 'safe', 'latest', 'pending'] as const) {
        const { address } = probe
        expect(await client.getBalance({ address: to, blockTag })).toBeGreaterThan(0n)
        expect(await client.getTransactionCount({ address: DEV_ADDRESSES[0], blockTag })).toBeGreaterThanOrEqual(0)
        const code = await client.getCode({ address, blockTag })
        expect(code === undefined).toBe(blockTag === 'earliest' || !['latest', 'pending'].includes(blockTag))
        const { data } = await client.call({ to: address, data: '0x06661abd', blockTag })
        expect(data === undefined).toBe(code === undefined)
        expect(await client.getStorageAt({ address, slot: '0x5', blockTag })).toBe(word(0))
      }
    },
  },
  {
    name: 'EIP-1898: a block by hash, canonical or not',
    async run(tools) {
      const head = await tools.client.getBlock()
      const balance = toHex(await tools.client.getBalance({ address: to, blockNumber: head.number }))
      for (const block of [
        { blockHash: head.hash },
        { blockHash: head.hash, requireCanonical: true },
        { blockNumber: toHex(head.number) },
      ]) {
        expect(await ask(tools, 'eth_getBalance', [to, block])).toBe(balance)
      }
    },
  },
  {
    name: 'the block parameter may be left out',
    async run(tools) {
      const balance = toHex(await tools.client.getBalance({ address: to }))
      expect(await ask(tools, 'eth_getBalance', [to])).toBe(balance)
      expect(await ask(tools, 'eth_call', [{ to: tools.probe.address, data: '0x06661abd' }])).toMatch(/^0x0{60}/)
      expect(await ask(tools, 'eth_getTransactionCount', [to])).toMatch(/^0x/)
    },
  },
  {
    name: 'counts of transactions and uncles',
    async run(tools) {
      const { client } = tools
      const block = await client.getBlock()
      expect(await client.getBlockTransactionCount()).toBe(block.transactions.length)
      expect(await client.getBlockTransactionCount({ blockHash: block.hash })).toBe(block.transactions.length)
      expect(await ask(tools, 'eth_getUncleCountByBlockHash', [block.hash])).toBe('0x0')
    },
  },
  {
    name: 'what does not exist is null',
    async run(tools) {
      const nothing = word(0xdead)
      for (const [method, params] of [
        ['eth_getBlockByHash', [nothing, false]],
        ['eth_getBlockByNumber', ['0xffffff', false]],
        ['eth_getTransactionByHash', [nothing]],
        ['eth_getTransactionReceipt', [nothing]],
      ] as const) {
        expect(await ask(tools, method, [...params])).toBeNull()
      }
    },
  },
  {
    name: 'ids and versions',
    async run(tools) {
      expect(await tools.client.getChainId()).toBe(tools.chainId)
      expect(await ask(tools, 'net_version', [])).toBe(String(tools.chainId))
      expect(await ask(tools, 'web3_clientVersion', [])).toMatch(/^reenact\//)
      expect(await ask(tools, 'eth_syncing', [])).toBe(false)
    },
  },
  {
    name: 'fee history',
    async run({ client, mined }) {
      for (let i = 0; i < 3; i++) await mined(await client.sendTransaction({ to, value: 1n }))
      const history = await client.getFeeHistory({ blockCount: 3, rewardPercentiles: [10, 50, 90] })
      const head = await client.getBlock()
      expect(history.oldestBlock).toBe(head.number - 2n)
      expect(history.baseFeePerGas).toHaveLength(4)
      expect(history.baseFeePerGas[2]).toBe(head.baseFeePerGas)
      expect(history.gasUsedRatio[2]).toBeCloseTo(Number(head.gasUsed) / Number(head.gasLimit), 10)
      expect(history.reward?.map((row) => row.length)).toEqual([3, 3, 3])
      expect((await client.getFeeHistory({ blockCount: 1, rewardPercentiles: [] })).reward ?? []).toEqual([])
    },
  },
  {
    name: 'a suggested fee gets a transaction mined',
    async run({ client, mined }) {
      const fees = await client.estimateFeesPerGas()
      expect(fees.maxFeePerGas).toBeGreaterThan(fees.maxPriorityFeePerGas)
      expect(await client.estimateMaxPriorityFeePerGas()).toBeGreaterThanOrEqual(0n)
      expect(await client.getBlobBaseFee()).toBe(1n)
      const gasPrice = await client.getGasPrice()
      await mined(await client.sendTransaction({ to, value: 1n, type: 'legacy', gasPrice }))
    },
  },
  {
    name: 'proofs verify against headers of now and of the past',
    async run(tools) {
      const { client, probe, mined } = tools
      const before = await client.getBlockNumber()
      const count = Number(await client.readContract({ ...probe, functionName: 'count' }))
      const { blockNumber } = await mined(await client.writeContract({ ...probe, functionName: 'bump', args: [1n] }))
      for (const [block, value] of [
        [before, count],
        [blockNumber, count + 1],
      ] as const) {
        const { account, proof } = await proven(tools, probe.address, [0, 77], block)
        expect(account?.storageRoot).toEqual(hexToBytes(proof.storageHash))
        expect(proof.storageProof.map((slot) => slot.value)).toEqual([BigInt(value), 0n])
      }
    },
  },
  {
    name: 'absence is proven, too',
    async run(tools) {
      const nobody = freshAddress()
      const { account, proof } = await proven(tools, nobody, [1], await tools.client.getBlockNumber())
      expect(account).toBeUndefined()
      expect(proof).toMatchObject({ balance: 0n, nonce: 0 })
    },
  },
  {
    name: 'many requests at once are all answered',
    async run({ client }) {
      const balances = await Promise.all(DEV_ADDRESSES.map((address) => client.getBalance({ address })))
      expect(balances).toHaveLength(10)
      for (const balance of balances) expect(balance).toBeGreaterThan(parseEther('900'))
    },
  },
]
