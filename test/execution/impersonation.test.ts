import { describe, expect, it } from 'vitest'
import { createChainSpec } from '../../execution/chainSpec.ts'
import { createCrypto } from '../../execution/crypto.ts'
import { createEngine } from '../../execution/engine.ts'
import type { UnsignedTransaction } from '../../execution/types.ts'
import { silentLogger } from '../../node/logger.ts'
import { bytesToBigint } from '../../stateless/bytes.ts'
import { decodeRlpList, encodeRlp, rlpInteger } from '../../stateless/rlp.ts'
import { devGenesis } from '../node/support/devChain.ts'

const SENDER = new Uint8Array(20).fill(0xab)
const AT = { number: 1n, timestamp: 1_800_000_000n }

async function engines() {
  const genesis = devGenesis()
  const crypto = await createCrypto({ logger: silentLogger })
  const options = { spec: createChainSpec(genesis.config, { crypto }), crypto, logger: silentLogger }
  const devnet = createEngine({ ...options, impersonation: true })
  if (devnet.impersonate === undefined) throw new Error('the option gives the method')
  return { devnet, impersonate: devnet.impersonate, ordinary: createEngine(options) }
}

const common = {
  chainId: 18079n,
  nonce: 3n,
  gasLimit: 50_000n,
  to: SENDER,
  value: 1n,
  data: new Uint8Array(2),
  sender: SENDER,
}
const dynamic = { maxFeePerGas: 9n, maxPriorityFeePerGas: 2n, accessList: [] }
const authorization = { chainId: 0n, address: SENDER, nonce: 1n, yParity: 1, r: 5n, s: 6n }
const types: UnsignedTransaction[] = [
  { ...common, type: 0, gasPrice: 9n },
  { ...common, type: 1, gasPrice: 9n, accessList: [{ address: SENDER, storageKeys: [new Uint8Array(32)] }] },
  { ...common, ...dynamic, type: 2 },
  { ...common, ...dynamic, type: 4, authorizationList: [authorization] },
]

describe('transactions of impersonated senders', () => {
  it.each(types)('type $type: read back by a devnet alone, and by its strict decoder never', async (unsigned) => {
    const { devnet, impersonate, ordinary } = await engines()
    const tx = impersonate(unsigned, AT)
    const { chainId, ...rest } = unsigned
    expect(tx).toMatchObject({ ...rest, ...(tx.type === 0 ? {} : { chainId }), impersonated: true, v: 0n, s: 0n })
    expect(tx.r).toBe(bytesToBigint(SENDER))
    const again = devnet.decodeStored(tx.raw, AT)
    expect([again.hash, again.sender, again.impersonated]).toEqual([tx.hash, SENDER, true])
    const refusal = expect.objectContaining({ code: 'INVALID_SIGNATURE' })
    expect(() => devnet.decodeTransaction(tx.raw, AT)).toThrow(refusal)
    expect(() => ordinary.decodeTransaction(tx.raw, AT)).toThrow(refusal)
    expect(() => ordinary.decodeStored(tx.raw, AT)).toThrow(refusal)
    expect(ordinary.impersonate).toBeUndefined()
  })

  it('two senders, one content: two hashes', async () => {
    const { impersonate } = await engines()
    const [one, other] = [SENDER, new Uint8Array(20)].map((sender) =>
      impersonate({ ...common, type: 0, gasPrice: 1n, sender }, AT),
    )
    expect(one?.hash).not.toEqual(other?.hash)
    expect(other?.sender).toEqual(new Uint8Array(20))
  })

  it('the mark has one form: a longer r, another v or an s make it a bad signature', async () => {
    const { devnet, impersonate } = await engines()
    const { raw } = impersonate({ ...common, type: 0, gasPrice: 9n }, AT)
    const items = decodeRlpList(raw).map((item) => ({ rawRlp: item.raw }))
    const marks: [v: bigint, r: bigint, s: bigint][] = [
      [0n, 1n << 160n, 0n],
      [27n, 5n, 0n],
      [1n, 5n, 0n],
      [0n, 5n, 1n],
    ]
    for (const [v, r, s] of marks) {
      const other = encodeRlp([...items.slice(0, 6), ...[v, r, s].map(rlpInteger)])
      expect(() => devnet.decodeStored(other, AT)).toThrow(expect.objectContaining({ code: 'INVALID_SIGNATURE' }))
    }
  })

  it('keeps every other rule, and carries no blobs', async () => {
    const { impersonate } = await engines()
    const code = (tx: UnsignedTransaction) => {
      try {
        return impersonate(tx, AT).hash
      } catch (error) {
        return (error as { code?: string }).code
      }
    }
    expect(code({ ...common, ...dynamic, type: 2, chainId: 1n })).toBe('WRONG_CHAIN_ID')
    expect(code({ ...common, ...dynamic, type: 2, maxPriorityFeePerGas: 10n })).toBe('TIP_ABOVE_FEE_CAP')
    expect(code({ ...common, ...dynamic, type: 4, authorizationList: [] })).toBe('EMPTY_AUTHORIZATION_LIST')
    expect(code({ ...common, ...dynamic, type: 3, maxFeePerBlobGas: 1n, blobVersionedHashes: [] })).toBe('INVALID')
  })
})
