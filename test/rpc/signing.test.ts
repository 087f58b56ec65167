import { type Hex, hashTypedData, parseTransaction, recoverAddress, recoverMessageAddress, toHex } from 'viem'
import { signAuthorization } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { devSigner } from '../../bin/signer.ts'
import { RELAYER_ADDRESS, SETTLER_ADDRESS } from '../../genesis/accounts.ts'
import { account, accounts, CHAIN_ID, LOGGER_ADDRESS, logCall } from '../node/support/devChain.ts'
import { type DevNode, startDevNode } from './devNode.ts'
import { hasSchemas, schemaFaults } from './schemas.ts'
import { call, result } from './support.ts'

type Json = Record<string, unknown>

let node: DevNode
let keyless: DevNode
beforeAll(async () => {
  node = await startDevNode({ sealMode: { kind: 'manual' }, rpc: { signer: devSigner() } })
  keyless = await startDevNode({ sealMode: { kind: 'manual' } })
})
afterAll(async () => {
  await node.close()
  await keyless.close()
})

const rpc = <Result = Json>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)
const failure = async (method: string, ...params: unknown[]) => (await call(node.server, method, params)).error
const seal = async () => (await node.sealer.sealNow())?.header.number
const from = account(0).address.toLowerCase()
const to = account(9).address.toLowerCase()

const TYPED_DATA = {
  domain: { name: 'Reenact', chainId: CHAIN_ID },
  types: {
    EIP712Domain: [
      { name: 'name', type: 'string' },
      { name: 'chainId', type: 'uint256' },
    ],
    Note: [{ name: 'text', type: 'string' }],
  },
  primaryType: 'Note',
  message: { text: 'hello' },
} as const

describe('keys', () => {
  test('a devnet lists its ten accounts, never an operator', async () => {
    const listed = await rpc<string[]>('eth_accounts')
    expect(listed).toEqual(accounts.map(({ address }) => address.toLowerCase()))
    expect(listed).not.toContain(SETTLER_ADDRESS.toLowerCase())
    expect(listed).not.toContain(RELAYER_ADDRESS.toLowerCase())
  })

  test('a node without keys lists none and says so', async () => {
    expect(await result(keyless.server, 'eth_accounts', [])).toEqual([])
    const requests: [string, unknown[]][] = [
      ['eth_sign', [from, '0x01']],
      ['personal_sign', ['0x01', from]],
      ['eth_signTransaction', [{ from, to }]],
      ['eth_sendTransaction', [{ from, to }]],
      ['eth_signTypedData_v4', [from, TYPED_DATA]],
    ]
    for (const [method, params] of requests) {
      const { error } = await call(keyless.server, method, params)
      expect(error, method).toMatchObject({ code: -32000, message: expect.stringContaining('holds no keys') })
    }
  })

  test('somebody else is an unknown account', async () => {
    const message = expect.stringContaining('unknown account')
    expect(await failure('eth_sign', LOGGER_ADDRESS, '0x01')).toMatchObject({ code: -32000, message })
    expect(await failure('eth_sendTransaction', { from: LOGGER_ADDRESS, to })).toMatchObject({ code: -32000, message })
    expect(await failure('eth_sendTransaction', { to })).toMatchObject({ code: -32602 })
  })
})

describe('messages', () => {
  test('eth_sign and personal_sign sign by EIP-191', async () => {
    const signature = await rpc<Hex>('eth_sign', from, '0x68656c6c6f')
    expect((await recoverMessageAddress({ message: 'hello', signature })).toLowerCase()).toBe(from)
    expect(await rpc('personal_sign', '0x68656c6c6f', from)).toBe(signature)
    if (hasSchemas) expect(schemaFaults('eth_sign', signature)).toEqual([])
  })

  test('typed data, as an object and as text', async () => {
    const signature = await rpc<Hex>('eth_signTypedData_v4', from, TYPED_DATA)
    const recovered = await recoverAddress({
      hash: hashTypedData({ ...TYPED_DATA, domain: { name: 'Reenact', chainId: BigInt(CHAIN_ID) } }),
      signature,
    })
    expect(recovered.toLowerCase()).toBe(from)
    expect(await rpc('eth_signTypedData_v4', from, JSON.stringify(TYPED_DATA))).toBe(signature)
  })

  test('what is no typed data is refused', async () => {
    for (const wrong of ['{', 5, [], { types: {} }, { ...TYPED_DATA, primaryType: 'Nothing' }]) {
      expect(await failure('eth_signTypedData_v4', from, wrong), JSON.stringify(wrong)).toMatchObject({ code: -32602 })
    }
  })
})

describe('eth_fillTransaction', () => {
  test('adds type, chain, nonce, fees and gas', async () => {
    const filled = await rpc<{ raw: Hex; tx: Json }>('eth_fillTransaction', { from, to, value: '0x5' })
    expect(filled.tx).toMatchObject({
      type: '0x2',
      chainId: toHex(CHAIN_ID),
      nonce: '0x0',
      value: '0x5',
      accessList: [],
    })
    expect(BigInt(filled.tx.gas as Hex)).toBeGreaterThanOrEqual(21_000n)
    expect(BigInt(filled.tx.maxFeePerGas as Hex)).toBeGreaterThan(BigInt(filled.tx.maxPriorityFeePerGas as Hex))
    const { nonce, gas, value } = parseTransaction(stripSignature(filled.raw))
    expect({ nonce: nonce ?? 0, gas, value }).toEqual({ nonce: 0, gas: BigInt(filled.tx.gas as Hex), value: 5n })
    if (hasSchemas) expect(schemaFaults('eth_fillTransaction', filled)).toEqual([])
  })

  test('the fields decide the type; one without its blobs or authorizations is refused', async () => {
    const typeOf = async (fields: Json) =>
      (await rpc<{ tx: Json }>('eth_fillTransaction', { from, to, ...fields })).tx.type
    expect(await typeOf({ gasPrice: '0x77359400' })).toBe('0x0')
    expect(await typeOf({ type: '0x0' })).toBe('0x0')
    expect(await typeOf({ type: '0x1' })).toBe('0x1')
    expect(await typeOf({ gasPrice: '0x77359400', accessList: [] })).toBe('0x1')
    expect(await typeOf({ type: '0x2', gasPrice: '0x77359400' })).toBe('0x0')
    const dynamic = { maxFeePerGas: '0x12a05f200', maxPriorityFeePerGas: '0x3b9aca00' }
    for (const type of ['0x0', '0x1', '0x2']) expect(await typeOf({ type, ...dynamic })).toBe('0x2')
    for (const type of ['0x3', '0x4']) {
      expect(await failure('eth_fillTransaction', { from, to, type, ...dynamic })).toMatchObject({ code: -32602 })
    }
    expect(await failure('eth_fillTransaction', { from, to, type: '0x7' })).toMatchObject({ code: -32602 })
    expect(await failure('eth_fillTransaction', { from, to, chainId: '0x1' })).toMatchObject({ code: -32602 })
    expect(await failure('eth_fillTransaction', { from })).toMatchObject({ code: -32602 })
    expect(await failure('eth_fillTransaction', { from, to, blobVersionedHashes: [] })).toMatchObject({ code: -32602 })
    expect(await failure('eth_fillTransaction', { from, to, blobs: [] })).toMatchObject({ code: -32602 })
  })

  test('a call that reverts cannot be filled', async () => {
    expect(await failure('eth_fillTransaction', { from, data: '0x60006000fd' })).toMatchObject({ code: 3 })
  })
})

describe('eth_signTransaction and eth_sendTransaction', () => {
  test('every type that needs no blobs is signed, sent and mined', async () => {
    const authorization = await signAuthorization({
      privateKey: '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d',
      contractAddress: LOGGER_ADDRESS,
      chainId: CHAIN_ID,
      nonce: 0,
    })
    const list = [
      {
        chainId: toHex(CHAIN_ID),
        address: LOGGER_ADDRESS,
        nonce: '0x0',
        yParity: toHex(authorization.yParity ?? 0),
        r: authorization.r,
        s: authorization.s,
      },
    ]
    const kinds: [string, Json][] = [
      ['0x0', { gasPrice: '0x77359400' }],
      ['0x1', { gasPrice: '0x77359400', accessList: [{ address: LOGGER_ADDRESS, storageKeys: [] }] }],
      ['0x2', {}],
      ['0x4', { authorizationList: list }],
    ]
    for (const [type, fields] of kinds) {
      const signed = await rpc<{ raw: Hex; tx: Json }>('eth_signTransaction', { from, to, value: '0x1', ...fields })
      expect(signed.tx).toMatchObject({ type, from, value: '0x1' })
      if (hasSchemas) expect(schemaFaults('eth_signTransaction', signed), type).toEqual([])
      const hash = await rpc<Hex>('eth_sendTransaction', { from, to, value: '0x1', ...fields })
      await seal()
      expect(await rpc('eth_getTransactionReceipt', hash)).toMatchObject({ type, from, status: '0x1' })
    }
    expect(await rpc('eth_getCode', account(1).address)).toBe(`0xef0100${LOGGER_ADDRESS.slice(2)}`)
  })

  test('a blob transaction with its blobs, commitments and cell proofs', async () => {
    // The commitment to a blob of zeros, and every proof about it, is the point at infinity.
    const infinity = `0xc0${'0'.repeat(94)}`
    const sidecar = { blobs: [`0x${'00'.repeat(131_072)}`], commitments: [infinity], proofs: Array(128).fill(infinity) }
    const filled = await rpc<{ raw: Hex; tx: Json }>('eth_fillTransaction', { from, to, ...sidecar })
    expect(filled.tx).toMatchObject({
      type: '0x3',
      blobVersionedHashes: ['0x010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014'],
      commitments: [infinity],
    })
    const signed = await rpc<{ raw: Hex; tx: Json }>('eth_signTransaction', { from, to, ...sidecar })
    expect(signed.tx).toMatchObject({ type: '0x3', from, proofs: sidecar.proofs })
    const { hash: head, header } = node.chain.head()
    const attributes = {
      timestamp: toHex(header.timestamp + 9n),
      prevRandao: toHex(0, { size: 32 }),
      suggestedFeeRecipient: to,
      withdrawals: [],
      parentBeaconBlockRoot: toHex(0, { size: 32 }),
    }
    const built = await rpc<Json>('testing_buildBlockV1', toHex(head), attributes, [signed.raw])
    expect(built).toMatchObject({ blobsBundle: sidecar, executionPayload: { blobGasUsed: '0x20000' } })
    const hash = await rpc<Hex>('eth_sendTransaction', { from, to, ...sidecar })
    expect(await rpc('eth_getTransactionByHash', hash)).toMatchObject({ type: '0x3', maxFeePerBlobGas: '0x2' })
    await seal()
    expect(await rpc('eth_getTransactionReceipt', hash)).toMatchObject({ status: '0x1', blobGasUsed: '0x20000' })
    const { commitments, ...incomplete } = sidecar
    expect(await failure('eth_sendTransaction', { from, to, ...incomplete })).toMatchObject({ code: -32602 })
    const wrong = { ...sidecar, blobVersionedHashes: [`0x01${'1'.repeat(62)}`], commitments }
    expect(await failure('eth_sendTransaction', { from, to, ...wrong })).toMatchObject({ code: -32602 })
  })

  test('two at the same time get two nonces', async () => {
    const sends = [1, 2, 3].map((value) => rpc<Hex>('eth_sendTransaction', { from, to, value: toHex(value) }))
    const hashes = await Promise.all(sends)
    const nonces = await Promise.all(hashes.map(async (hash) => (await rpc('eth_getTransactionByHash', hash)).nonce))
    expect(new Set(nonces).size).toBe(3)
    await seal()
    for (const hash of hashes) expect(await rpc('eth_getTransactionReceipt', hash)).toMatchObject({ status: '0x1' })
  })

  test('a deployment, and a call of what is there', async () => {
    const data = logCall(7n)
    const hash = await rpc<Hex>('eth_sendTransaction', { from, to: LOGGER_ADDRESS, input: data })
    await seal()
    expect((await rpc<{ logs: Json[] }>('eth_getTransactionReceipt', hash)).logs).toHaveLength(1)
    const created = await rpc<Hex>('eth_sendTransaction', {
      from,
      data: '0x6001600055600a80600c6000396000f3602a60005260206000f3',
    })
    await seal()
    expect(await rpc('eth_getTransactionReceipt', created)).toMatchObject({ status: '0x1', to: null })
  })

  test("the pool's refusals come through", async () => {
    expect(await failure('eth_sendTransaction', { from, to, nonce: '0x0', gas: '0x7530' })).toMatchObject({
      code: -32000,
      message: expect.stringContaining('nonce too low'),
    })
  })

  test('an impersonated sender goes another way, before the keys', async () => {
    const sent: unknown[] = []
    const other = await startDevNode({
      sealMode: { kind: 'manual' },
      rpc: {
        impersonation: {
          has: (address) => toHex(address) === LOGGER_ADDRESS,
          addresses: () => [],
          async send(tx) {
            sent.push(tx)
            return { ...tx, raw: new Uint8Array(0), hash: new Uint8Array(32).fill(7), v: 0n, r: 0n, s: 0n }
          },
        },
      },
    })
    try {
      const hash = await result(other.server, 'eth_sendTransaction', [{ from: LOGGER_ADDRESS, to, gas: '0x7530' }])
      expect(hash).toBe(`0x${'07'.repeat(32)}`)
      expect(sent).toMatchObject([{ type: 2, nonce: 1n, gasLimit: 30_000n, value: 0n }])
    } finally {
      await other.close()
    }
  })
})

/** viem parses unsigned envelopes without the three empty items at the end. */
function stripSignature(raw: Hex): Hex {
  const bytes = Buffer.from(raw.slice(2), 'hex')
  expect(bytes.subarray(-3).toString('hex')).toBe('808080')
  expect(bytes[1]).toBeLessThan(0xf8)
  const body = bytes.subarray(2, -3)
  return `0x${Buffer.concat([bytes.subarray(0, 1), Buffer.of(0xc0 + body.length), body]).toString('hex')}`
}
