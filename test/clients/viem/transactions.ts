import { type Hex, parseEther, toHex } from 'viem'
import { expect } from 'vitest'
import { DEV_ADDRESSES, devAccount } from '../../../genesis/accounts.ts'
import { BLOB, BLOB_HASH, rawBlobTransaction } from '../blob.ts'
import { freshAddress } from '../scenes.ts'
import { abi, type Check, creationCode, failure, type Tools } from './tools.ts'

const to = DEV_ADDRESSES[8]
const FRESH_TRANSFER_GAS = 204_600n

/** Reads a transaction and its receipt back. */
async function readsBack({ client, chainId, mined }: Tools, hash: Hex, type: string) {
  const receipt = await mined(hash)
  const tx = await client.getTransaction({ hash })
  expect(receipt).toMatchObject({ type, transactionHash: hash })
  expect(tx).toMatchObject({ type, hash, chainId, blockHash: receipt.blockHash, from: DEV_ADDRESSES[0].toLowerCase() })
  expect(tx.transactionIndex).toBe(receipt.transactionIndex)
  return { receipt, tx }
}

export const transactions: readonly Check[] = [
  {
    name: 'a transfer with no field but to and value',
    async run(tools) {
      const { receipt, tx } = await readsBack(tools, await tools.client.sendTransaction({ to, value: 1n }), 'eip1559')
      expect(receipt.gasUsed).toBe(tx.gas)
      expect(tx).toMatchObject({ to: to.toLowerCase(), value: 1n, input: '0x' })
    },
  },
  {
    name: 'a transfer to a new account, whose estimate holds its state gas',
    async run({ client, mined }) {
      const fresh = freshAddress()
      const receipt = await mined(await client.sendTransaction({ to: fresh, value: parseEther('1') }))
      expect(await client.getBalance({ address: fresh })).toBe(parseEther('1'))
      expect(await client.getBalance({ address: fresh, blockNumber: receipt.blockNumber - 1n })).toBe(0n)
      expect(Number(receipt.gasUsed)).toBeCloseTo(Number(FRESH_TRANSFER_GAS), -3)
    },
  },
  {
    name: 'type 0',
    async run(tools) {
      const gasPrice = (await tools.client.getGasPrice()) * 2n
      const hash = await tools.client.sendTransaction({ to, value: 1n, type: 'legacy', gasPrice })
      const { receipt, tx } = await readsBack(tools, hash, 'legacy')
      expect(tx.gasPrice).toBe(gasPrice)
      expect(receipt.effectiveGasPrice).toBe(gasPrice)
    },
  },
  {
    name: 'type 1 with an access list',
    async run(tools) {
      const accessList = [{ address: tools.probe.address, storageKeys: [toHex(1, { size: 32 })] }]
      const gasPrice = (await tools.client.getGasPrice()) * 2n
      const hash = await tools.client.sendTransaction({ to, value: 1n, type: 'eip2930', accessList, gasPrice })
      const { tx } = await readsBack(tools, hash, 'eip2930')
      expect(tx.accessList).toEqual(accessList)
    },
  },
  {
    name: 'type 2 with fees of its own',
    async run(tools) {
      const fees = { maxFeePerGas: 30n * 10n ** 9n, maxPriorityFeePerGas: 2n * 10n ** 9n }
      const { receipt, tx } = await readsBack(
        tools,
        await tools.client.sendTransaction({ to, value: 1n, ...fees }),
        'eip1559',
      )
      expect(tx).toMatchObject(fees)
      const { baseFeePerGas } = await tools.client.getBlock({ blockHash: receipt.blockHash })
      expect(receipt.effectiveGasPrice).toBe((baseFeePerGas ?? 0n) + fees.maxPriorityFeePerGas)
      expect(tx.gasPrice).toBe(receipt.effectiveGasPrice)
    },
  },
  {
    name: 'type 3 with cell proofs is mined, with its blob gas',
    layer: 'L1',
    async run({ client, chainId, mined, as }) {
      const from = devAccount(6)
      const nonce = await client.getTransactionCount({ address: from.address })
      const serializedTransaction = await rawBlobTransaction(from, { chainId, nonce })
      const receipt = await mined(await as(6).sendRawTransaction({ serializedTransaction }))
      expect(receipt).toMatchObject({ type: 'eip4844', blobGasUsed: 131_072n, blobGasPrice: 1n })
      const tx = await client.getTransaction({ hash: receipt.transactionHash })
      expect(tx).toMatchObject({ type: 'eip4844', blobVersionedHashes: [BLOB_HASH], maxFeePerBlobGas: 10n })
      expect(await client.getBlock({ blockHash: receipt.blockHash })).toMatchObject({ blobGasUsed: 131_072n })
    },
  },
  {
    name: 'type 3 with one proof for the blob, as libraries made it before Osaka, is mined, too',
    layer: 'L1',
    async run({ client, chainId, mined }) {
      const from = devAccount(6)
      const nonce = await client.getTransactionCount({ address: from.address })
      const serializedTransaction = await rawBlobTransaction(from, { chainId, nonce, version: 0 })
      const receipt = await mined(await client.sendRawTransaction({ serializedTransaction }))
      expect(receipt.blobGasUsed).toBe(131_072n)
    },
  },
  {
    name: 'type 3 with a wrong proof is refused',
    layer: 'L1',
    async run({ client, chainId }) {
      const from = devAccount(6)
      const nonce = await client.getTransactionCount({ address: from.address })
      const proof = BLOB.commitment
      const serializedTransaction = await rawBlobTransaction(from, { chainId, nonce, proof })
      const { words } = await failure(client.sendRawTransaction({ serializedTransaction }))
      expect(words).toMatch(/proof/)
    },
  },
  {
    name: 'type 3 is refused with the reason',
    layer: 'L2',
    async run({ client, chainId }) {
      const serializedTransaction = await rawBlobTransaction(devAccount(6), { chainId, nonce: 0 })
      const { words } = await failure(client.sendRawTransaction({ serializedTransaction }))
      expect(words).toContain('transaction type not supported: type 3')
      expect(words).toContain('put the data into calldata')
    },
  },
  {
    name: 'type 4 delegates an account, and takes the delegation back',
    async run({ client, as, mined, probe }) {
      const delegating = as(5)
      const { address } = delegating.account
      const delegate = async (contractAddress: Hex) => {
        const authorizationList = [await delegating.signAuthorization({ contractAddress })]
        return mined(await client.sendTransaction({ to, authorizationList }))
      }
      const receipt = await delegate(probe.address)
      expect(receipt.type).toBe('eip7702')
      const tx = await client.getTransaction({ hash: receipt.transactionHash })
      expect(tx.authorizationList).toMatchObject([{ address: probe.address.toLowerCase() }])
      expect(await client.getCode({ address })).toBe(`0xef0100${probe.address.slice(2).toLowerCase()}`)
      expect((await client.getDelegation({ address }))?.toLowerCase()).toBe(probe.address)
      expect(await client.readContract({ address, abi, functionName: 'count' })).toBe(0n)
      await delegate('0x0000000000000000000000000000000000000000')
      expect(await client.getCode({ address })).toBeUndefined()
    },
  },
  {
    name: 'deploy without explicit gas',
    async run({ client, mined }) {
      const receipt = await mined(await client.deployContract({ abi, bytecode: creationCode, args: [1n] }))
      const address = receipt.contractAddress ?? '0x'
      expect(receipt.to).toBeNull()
      expect((await client.getCode({ address }))?.length).toBeGreaterThan(100)
    },
  },
  {
    name: 'the receipt is there when the hash is answered',
    async run({ client }) {
      for (let round = 0; round < 3; round++) {
        const hash = await client.sendTransaction({ to, value: 1n })
        expect(await client.getTransactionReceipt({ hash })).toMatchObject({ status: 'success' })
      }
    },
  },
  {
    name: 'sending and waiting in one request',
    async run({ client }) {
      const receipt = await client.sendTransactionSync({ to, value: 1n })
      expect(receipt).toMatchObject({ status: 'success', from: DEV_ADDRESSES[0].toLowerCase() })
    },
  },
  {
    name: 'a failed transaction has its receipt',
    async run({ client, probe }) {
      const hash = await client.sendTransaction({ to: probe.address, data: '0xdeadbeef', gas: 100_000n })
      const receipt = await client.waitForTransactionReceipt({ hash })
      expect(receipt).toMatchObject({ status: 'reverted', contractAddress: null, logs: [] })
    },
  },
  {
    name: 'a transaction by block and index, raw, and its confirmations',
    async run({ client, mined }) {
      const receipt = await mined(await client.sendTransaction({ to, value: 1n }))
      const { blockHash, blockNumber, transactionHash: hash } = receipt
      const tx = await client.getTransaction({ hash })
      expect(await client.getTransaction({ blockHash, index: 0 })).toEqual(tx)
      expect(await client.getTransaction({ blockNumber, index: 0 })).toEqual(tx)
      expect(await client.request({ method: 'eth_getRawTransactionByHash', params: [hash] } as never)).toMatch(
        /^0x02f8/,
      )
      expect(await client.getTransactionConfirmations({ hash })).toBeGreaterThan(0n)
    },
  },
  {
    name: 'the receipts of a block',
    async run({ client, mined }) {
      const receipt = await mined(await client.sendTransaction({ to, value: 1n }))
      const found = await client.getBlockReceipts({ blockHash: receipt.blockHash })
      expect(found.map(({ transactionHash }) => transactionHash)).toEqual([receipt.transactionHash])
    },
  },
  {
    name: 'the accounts of the node sign and send',
    async run({ client, mined }) {
      const accounts = await client.request({ method: 'eth_accounts' })
      expect(accounts).toContain(DEV_ADDRESSES[7].toLowerCase())
      const hash = await client.sendTransaction({ account: DEV_ADDRESSES[7], to, value: 5n })
      expect(await mined(hash)).toMatchObject({ from: DEV_ADDRESSES[7].toLowerCase() })
      const message = 'hello'
      const signature = await client.signMessage({ account: DEV_ADDRESSES[7], message })
      expect(signature).toBe(await devAccount(7).signMessage({ message }))
    },
  },
]
