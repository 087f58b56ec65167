import { parseEther, type TransactionRequest, ZeroAddress, zeroPadValue } from 'ethers'
import { expect } from 'vitest'
import { DEV_ADDRESSES, devAccount } from '../../../genesis/accounts.ts'
import { BLOB, BLOB_HASH, rawBlobTransaction } from '../blob.ts'
import { freshAddress } from '../scenes.ts'
import { type Check, failure, type Tools } from './tools.ts'

const to = DEV_ADDRESSES[8]
/** A proof about the blob of a constant is the point at infinity; 128 cells have one each. */
const CELL_PROOFS = `0x${`c0${'00'.repeat(47)}`.repeat(128)}`

/** Sends a transaction and reads it back in both ways. */
async function readsBack({ signer, provider, mined, chainId }: Tools, request: TransactionRequest) {
  const receipt = await mined(signer.sendTransaction({ to, value: 1n, ...request }))
  const tx = await provider.getTransaction(receipt.hash)
  expect(tx).toMatchObject({ hash: receipt.hash, from: DEV_ADDRESSES[0], chainId: BigInt(chainId) })
  expect(tx?.blockHash).toBe(receipt.blockHash)
  expect(receipt).toMatchObject({ type: tx?.type, from: DEV_ADDRESSES[0], to })
  return { tx, receipt }
}

const blobTransaction = {
  type: 3,
  to,
  gasLimit: 300_000n,
  maxFeePerBlobGas: 10n,
  blobVersionedHashes: [BLOB_HASH],
  blobWrapperVersion: 1,
  blobs: [{ data: BLOB.blob, commitment: BLOB.commitment, proof: CELL_PROOFS }],
}

export const transactions: readonly Check[] = [
  {
    name: 'a transfer with no field but to and value',
    run: async (tools) => expect((await readsBack(tools, {})).tx).toMatchObject({ type: 2, value: 1n }),
  },
  {
    name: 'a transfer to a new account',
    async run({ signer, provider, mined }) {
      const fresh = freshAddress()
      const { gasUsed } = await mined(signer.sendTransaction({ to: fresh, value: parseEther('1') }))
      expect(await provider.getBalance(fresh)).toBe(parseEther('1'))
      expect(gasUsed).toBeGreaterThan(200_000n)
    },
  },
  { name: 'type 0', run: async (tools) => expect((await readsBack(tools, { type: 0 })).tx?.type).toBe(0) },
  {
    name: 'type 1 with an access list',
    async run(tools) {
      const accessList = [{ address: tools.probeAddress, storageKeys: [zeroPadValue('0x01', 32)] }]
      const { tx } = await readsBack(tools, { type: 1, accessList })
      expect(tx).toMatchObject({ type: 1, accessList })
    },
  },
  {
    name: 'type 2 with fees of its own',
    async run(tools) {
      const fees = { maxFeePerGas: 30n * 10n ** 9n, maxPriorityFeePerGas: 2n * 10n ** 9n }
      const { tx, receipt } = await readsBack(tools, fees)
      expect(tx).toMatchObject({ type: 2, ...fees })
      expect(receipt.gasPrice).toBe(((await receipt.getBlock()).baseFeePerGas ?? 0n) + fees.maxPriorityFeePerGas)
    },
  },
  {
    name: 'type 3 with cell proofs is mined',
    layer: 'L1',
    async run({ wallet, mined }) {
      const receipt = await mined(wallet(6).sendTransaction(blobTransaction))
      expect(receipt).toMatchObject({ type: 3, blobGasUsed: 131_072n, blobGasPrice: 1n })
      expect(await receipt.getTransaction()).toMatchObject({ type: 3, blobVersionedHashes: [BLOB_HASH] })
    },
  },
  {
    name: 'type 3 is refused with the reason',
    layer: 'L2',
    run: async ({ wallet }) =>
      expect((await failure(wallet(6).sendTransaction(blobTransaction))).message).toContain(
        'transaction type not supported: type 3',
      ),
  },
  {
    name: 'a raw type 3 of another library',
    layer: 'L1',
    async run({ provider, chainId, mined }) {
      const nonce = await provider.getTransactionCount(DEV_ADDRESSES[6])
      const raw = await rawBlobTransaction(devAccount(6), { chainId, nonce })
      expect((await mined(provider.broadcastTransaction(raw))).blobGasUsed).toBe(131_072n)
    },
  },
  {
    name: 'type 4 delegates an account, and takes the delegation back',
    async run({ signer, provider, wallet, mined, probeAddress }) {
      const delegating = wallet(5)
      const delegate = async (address: string) => {
        const nonce = await provider.getTransactionCount(delegating.address)
        const authorization = await delegating.authorize({ address, nonce })
        return mined(signer.sendTransaction({ to, type: 4, authorizationList: [authorization] }))
      }
      const receipt = await delegate(probeAddress)
      const tx = await provider.getTransaction(receipt.hash)
      expect(tx?.authorizationList).toMatchObject([{ address: probeAddress }])
      expect(await provider.getCode(delegating.address)).toBe(`0xef0100${probeAddress.slice(2).toLowerCase()}`)
      await delegate(ZeroAddress)
      expect(await provider.getCode(delegating.address)).toBe('0x')
    },
  },
  {
    name: 'deploy, and the code is there',
    async run({ deploy, provider }) {
      const contract = await deploy(41n)
      expect(await contract.getFunction('count')()).toBe(41n)
      expect(await provider.getCode(await contract.getAddress())).toMatch(/^0x60/)
    },
  },
  {
    name: 'a failed transaction has its receipt, and waiting for it says so',
    async run({ signer, provider, probeAddress }) {
      const sent = await signer.sendTransaction({ to: probeAddress, data: '0xdeadbeef', gasLimit: 100_000n })
      const error = await failure(sent.wait())
      expect(error.code).toBe('CALL_EXCEPTION')
      expect(await provider.getTransactionReceipt(sent.hash)).toMatchObject({ status: 0, contractAddress: null })
    },
  },
  {
    name: 'the accounts of the node sign and send',
    async run({ provider, mined }) {
      const signer = await provider.getSigner(7)
      expect(signer.address).toBe(DEV_ADDRESSES[7])
      expect(await mined(signer.sendTransaction({ to, value: 1n }))).toMatchObject({ from: DEV_ADDRESSES[7] })
      const signature = await signer.signMessage('hello')
      expect(signature).toBe(await devAccount(7).signMessage({ message: 'hello' }))
    },
  },
]
