import { expect } from 'vitest'
import { DEV_ADDRESSES, devAccount } from '../../../genesis/accounts.ts'
import { rawBlobTransaction } from '../blob.ts'
import { freshAddress } from '../scenes.ts'
import { type Check, FROM, failure, type Tools } from './tools.ts'

const to = DEV_ADDRESSES[8]
const UNCHECKED = [undefined, { checkRevertBeforeSending: false }] as const

/** Sends a transaction, and reads it back. */
async function readsBack({ web3, chainId }: Tools, request: object) {
  const receipt = await web3.eth.sendTransaction({ from: FROM, to, value: 1n, ...request })
  const tx = await web3.eth.getTransaction(receipt.transactionHash)
  expect(receipt).toMatchObject({ status: 1n, from: FROM.toLowerCase(), to: to.toLowerCase(), type: tx.type })
  expect(tx).toMatchObject({ hash: receipt.transactionHash, value: 1n, blockHash: receipt.blockHash })
  if (tx.chainId !== undefined) expect(BigInt(tx.chainId)).toBe(BigInt(chainId))
  return { tx, receipt }
}

export const transactions: readonly Check[] = [
  {
    name: 'a transfer with no field but to and value',
    run: async (tools) => expect((await readsBack(tools, {})).tx.type).toBe(2n),
  },
  {
    // web3 fills in 21,000 by itself for whatever has no data
    name: 'a transfer to a new account with the gas of the estimate',
    async run({ web3 }) {
      const request = { from: FROM, to: freshAddress(), value: 5n }
      const fresh = request.to
      const gas = await web3.eth.estimateGas(request)
      const { gasUsed } = await web3.eth.sendTransaction({ ...request, gas })
      expect(await web3.eth.getBalance(fresh)).toBe(5n)
      expect(gasUsed).toBeGreaterThan(200_000n)
    },
  },
  {
    name: 'type 0',
    async run(tools) {
      const gasPrice = (await tools.web3.eth.getGasPrice()) * 2n
      expect((await readsBack(tools, { type: 0n, gasPrice })).tx).toMatchObject({ type: 0n, gasPrice })
    },
  },
  {
    name: 'type 1 with an access list',
    async run(tools) {
      const accessList = [{ address: tools.probe.options.address, storageKeys: [`0x${'00'.repeat(31)}01`] }]
      const gasPrice = (await tools.web3.eth.getGasPrice()) * 2n
      const { tx } = await readsBack(tools, { type: 1n, gasPrice, accessList, gas: 60_000n })
      expect(tx).toMatchObject({ type: 1n, accessList: [{ storageKeys: accessList[0]?.storageKeys }] })
    },
  },
  {
    name: 'type 2 with fees of its own',
    async run(tools) {
      const fees = { maxFeePerGas: 30n * 10n ** 9n, maxPriorityFeePerGas: 2n * 10n ** 9n }
      expect((await readsBack(tools, fees)).tx).toMatchObject({ type: 2n, ...fees })
    },
  },
  {
    name: 'a raw type 3 of another library is mined',
    layer: 'L1',
    async run({ web3, chainId, ask }) {
      const nonce = Number(await web3.eth.getTransactionCount(DEV_ADDRESSES[6]))
      const raw = await rawBlobTransaction(devAccount(6), { chainId, nonce })
      const hash = await ask<string>('eth_sendRawTransaction', [raw])
      expect(await web3.eth.getTransactionReceipt(hash)).toMatchObject({ status: 1n, type: 3n })
    },
  },
  {
    name: 'a raw type 3 is refused with the reason',
    layer: 'L2',
    async run({ ask, chainId }) {
      const raw = await rawBlobTransaction(devAccount(6), { chainId, nonce: 0 })
      const { words } = await failure(() => ask('eth_sendRawTransaction', [raw]))
      expect(words).toContain('transaction type not supported: type 3')
    },
  },
  {
    name: 'a raw type 4 of another library delegates an account',
    async run({ web3, chainId, probe, ask }) {
      const [sender, delegating] = [devAccount(4), devAccount(5)]
      const nonceOf = async (address: string) => Number(await web3.eth.getTransactionCount(address))
      const delegate = async (address: `0x${string}`) => {
        const nonce = await nonceOf(delegating.address)
        const authorization = await delegating.signAuthorization({ chainId, nonce, address })
        const fees = { maxFeePerGas: 30n * 10n ** 9n, maxPriorityFeePerGas: 10n ** 9n, gas: 500_000n }
        const signed = await sender.signTransaction({
          ...{ type: 'eip7702', chainId, nonce: await nonceOf(sender.address), to, ...fees },
          authorizationList: [authorization],
        })
        return web3.eth.getTransactionReceipt(await ask<string>('eth_sendRawTransaction', [signed]))
      }
      const address = probe.options.address as `0x${string}`
      expect(await delegate(address)).toMatchObject({ status: 1n, type: 4n })
      expect(await web3.eth.getCode(delegating.address)).toBe(`0xef0100${address.slice(2).toLowerCase()}`)
      await delegate(`0x${'00'.repeat(20)}`)
      expect(await web3.eth.getCode(delegating.address)).toBe('0x')
    },
  },
  {
    name: 'deploy, and the code is there',
    async run({ deploy, web3 }) {
      const contract = await deploy(41n)
      expect(await contract.methods.count?.().call()).toBe(41n)
      expect(await web3.eth.getCode(contract.options.address)).toMatch(/^0x60/)
    },
  },
  {
    name: 'a failed transaction has its receipt',
    async run({ web3, chainId, probe }) {
      const sender = devAccount(4)
      const nonce = Number(await web3.eth.getTransactionCount(sender.address))
      const signed = await sender.signTransaction({
        ...{ type: 'legacy', chainId, nonce, gas: 100_000n, gasPrice: 30n * 10n ** 9n },
        to: probe.options.address as `0x${string}`,
        data: '0xdeadbeef',
      })
      const hash = web3.utils.sha3(signed) ?? ''
      await failure(async () => web3.eth.sendSignedTransaction(signed, ...UNCHECKED))
      expect(await web3.eth.getTransactionReceipt(hash)).toMatchObject({ status: 0n, logs: [] })
    },
  },
  {
    name: 'the accounts of the node',
    run: async ({ web3 }) => expect(await web3.eth.getAccounts()).toContain(DEV_ADDRESSES[7]),
  },
]
