import { parseEther, toQuantity } from 'ethers'
import { expect } from 'vitest'
import { DEV_ADDRESSES } from '../../../genesis/accounts.ts'
import { type Check, failure } from './tools.ts'

const to = DEV_ADDRESSES[8]

export const blocks: readonly Check[] = [
  {
    name: 'a block by tag, number and hash, with its transactions',
    async run({ provider, signer, mined }) {
      const { blockNumber, hash } = await mined(signer.sendTransaction({ to, value: 1n }))
      const block = await provider.getBlock(blockNumber, true)
      expect(block?.prefetchedTransactions.map((tx) => tx.hash)).toEqual([hash])
      const latest = await provider.getBlock('latest')
      expect((await provider.getBlock(block?.hash ?? ''))?.toJSON()).toEqual(latest?.toJSON())
    },
  },
  {
    name: 'earliest, finalized, safe, latest and pending are in this order',
    async run({ provider }) {
      const tags = ['earliest', 'finalized', 'safe', 'latest', 'pending']
      const numbers = await Promise.all(tags.map(async (tag) => (await provider.getBlock(tag))?.number ?? -1))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      expect([numbers[0], numbers[4]]).toEqual([0, (numbers[3] ?? 0) + 1])
    },
  },
  {
    name: 'balance and nonce in blocks of the past and by tag',
    async run({ provider, signer, mined }) {
      const { blockNumber } = await mined(signer.sendTransaction({ to, value: 5n }))
      const before = await provider.getBalance(to, blockNumber - 1)
      expect((await provider.getBalance(to, blockNumber)) - before).toBe(5n)
      const nonce = await provider.getTransactionCount(DEV_ADDRESSES[0], blockNumber)
      expect(await provider.getTransactionCount(DEV_ADDRESSES[0], blockNumber - 1)).toBe(nonce - 1)
      expect(await provider.getTransactionCount(DEV_ADDRESSES[0], 'pending')).toBe(nonce)
    },
  },
  {
    name: 'fee data, fee history',
    async run({ provider }) {
      const fees = await provider.getFeeData()
      expect(fees.maxFeePerGas).toBeGreaterThan(fees.maxPriorityFeePerGas ?? 0n)
      expect(fees.gasPrice).toBeGreaterThan(0n)
      const history = await provider.send('eth_feeHistory', ['0x2', 'latest', [50]])
      expect(history.baseFeePerGas).toHaveLength(3)
    },
  },
  {
    name: 'the network',
    async run({ provider, chainId }) {
      expect((await provider.getNetwork()).chainId).toBe(BigInt(chainId))
      expect(await provider.send('eth_chainId', [])).toBe(toQuantity(chainId))
    },
  },
  {
    name: 'many requests at once are all answered',
    async run({ provider }) {
      const balances = await Promise.all(DEV_ADDRESSES.map((address) => provider.getBalance(address)))
      for (const balance of balances) expect(balance).toBeGreaterThan(parseEther('900'))
      expect(balances).toHaveLength(10)
    },
  },
  {
    name: 'a method that does not exist is an error that names the nearest',
    run: async ({ provider }) =>
      expect((await failure(provider.send('eth_getBalances', []))).message).toContain('eth_getBalance?'),
  },
  {
    name: 'a bad parameter is named',
    run: async ({ provider }) =>
      expect((await failure(provider.send('eth_getBalance', ['0x12', 'latest']))).message).toMatch(/address/),
  },
  {
    name: 'proof of an account',
    async run({ provider, probeAddress }) {
      const proof = await provider.send('eth_getProof', [probeAddress, ['0x0'], 'latest'])
      expect(proof.storageProof).toHaveLength(1)
      expect(BigInt(proof.storageProof[0].value)).toBeGreaterThan(0n)
      expect(proof.accountProof.length).toBeGreaterThan(1)
    },
  },
]
