import { bls12_381 } from '@noble/curves/bls12-381.js'
import type { PrivateKeyAccount } from 'viem/accounts'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TransactionRejected } from '../../execution/errors.ts'
import type { Engine, Transaction } from '../../execution/types.ts'
import { type GenesisState, openChain } from '../../node/chain.ts'
import { manualClock } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import { createTxPool, type LiveTxPool, type TxPoolOptions } from '../../node/txPool.ts'
import type { Chain } from '../../node/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import type { Block } from '../../stateless/types.ts'
import { blobTransaction, constantBlob, signedBlobTransaction, withSidecar } from './support/blobs.ts'
import {
  account,
  addressBytes,
  CHAIN_ID,
  devEngine,
  devGenesis,
  GENESIS_TIME,
  GWEI,
  LOGGER_ADDRESS,
  signed,
  type TransferFields,
} from './support/devChain.ts'
import { type AccountChange, outcomeOn } from './support/outcomes.ts'

const ETHER = GWEI * GWEI
const alice = account(0)
const bob = account(1)
const carol = account(2)
const poor = account(7)
const contractSender = account(8)
const delegated = account(6)

let engine: Engine
let genesis: GenesisState
beforeAll(async () => {
  const base = devGenesis()
  const alloc = {
    ...base.alloc,
    [poor.address.toLowerCase()]: { balance: '0x2386f26fc10000' },
    [contractSender.address.toLowerCase()]: { balance: '0xde0b6b3a7640000', code: '0x00' },
    [delegated.address.toLowerCase()]: { balance: '0xde0b6b3a7640000', code: `0xef0100${'11'.repeat(20)}` },
  }
  ;({ engine, genesis } = await devEngine(devGenesis({ alloc })))
})

let chain: Chain
let pool: LiveTxPool
let pending: string[]

async function openPool(options: TxPoolOptions = {}, accepts?: (tx: Transaction) => void): Promise<void> {
  chain = await openChain({ genesis }, { store: await openStore(), engine, logger: silentLogger })
  const clock = manualClock(GENESIS_TIME * 1000)
  pool = createTxPool(options, { chain, clock, logger: silentLogger, ...(accepts ? { accepts } : {}) })
  pending = []
  pool.onPending((tx) => pending.push(bytesToHex(tx.hash)))
}
beforeEach(() => openPool())

const add = async (from: PrivateKeyAccount, fields: TransferFields) => pool.add(await signed(from, fields))
const nonces = (transactions: Iterable<Transaction>) => [...transactions].map(({ nonce }) => Number(nonce))
const order = (baseFee = GWEI) => [...pool.candidates(baseFee)].map(({ hash }) => bytesToHex(hash))
const hex = ({ hash }: Transaction) => bytesToHex(hash)

/** A block with these transactions on top of `parent`; nonces and balances are as given. */
async function mine(parent: Block, transactions: readonly Transaction[], accounts: readonly AccountChange[], salt = 1) {
  const raw = transactions.map((tx) => tx.raw)
  const outcome = outcomeOn(chain, parent, { salt, transactions: raw, accounts })
  await chain.append(outcome)
  await pool.idle()
  return outcome.block
}

describe('pending and queued', () => {
  it('orders a sender by nonce and promotes what follows a filled gap', async () => {
    const third = await add(alice, { nonce: 2 })
    const second = await add(alice, { nonce: 1 })
    expect(pool.status()).toEqual({ pending: 0, queued: 2 })
    expect(pool.nextNonce(addressBytes(alice.address))).toBe(0n)
    expect(order()).toEqual([])
    const first = await add(alice, { nonce: 0 })
    expect(pool.status()).toEqual({ pending: 3, queued: 0 })
    expect(pool.nextNonce(addressBytes(alice.address))).toBe(3n)
    expect(pending).toEqual([hex(first), hex(second), hex(third)])
    expect(nonces(pool.candidates(GWEI))).toEqual([0, 1, 2])
    expect(pool.get(second.hash)).toBe(second)
    expect(pool.get(keccak256(second.hash))).toBeUndefined()
  })

  it('lets what follows a dropped transaction wait', async () => {
    const transactions = await Promise.all([0, 1, 2, 3].map((nonce) => add(alice, { nonce })))
    pool.drop(transactions[1]?.hash ?? new Uint8Array(), 'test')
    expect(pool.status()).toEqual({ pending: 1, queued: 2 })
    expect(nonces(pool.content().pending)).toEqual([0])
    expect(nonces(pool.content().queued)).toEqual([2, 3])
    await add(alice, { nonce: 1, value: 5n })
    expect(pool.status()).toEqual({ pending: 4, queued: 0 })
    expect(pending).toHaveLength(5)
  })

  it('knows the nonce of strangers from the state', () => {
    expect(pool.nextNonce(addressBytes(LOGGER_ADDRESS))).toBe(1n)
    expect(pool.nextNonce(new Uint8Array(20).fill(0x77))).toBe(0n)
  })
})

describe("refusals, by code and in wallets' words", () => {
  type Case = [name: string, from: PrivateKeyAccount, fields: TransferFields, code: string, words: RegExp]
  it.each<Case>([
    ['a contract as sender', contractSender, { nonce: 0 }, 'SENDER_NOT_EOA', /^sender not an eoa: address 0x/],
    [
      'no funds',
      poor,
      { nonce: 0, value: ETHER },
      'INSUFFICIENT_FUNDS',
      /^insufficient funds for gas \* price \+ value: balance 10000000000000000, tx cost 1003000000000000000, overshot 993000000000000000$/,
    ],
    [
      'too little gas',
      alice,
      { nonce: 0, gas: 20_000n },
      'INTRINSIC_GAS_TOO_LOW',
      /^intrinsic gas too low: have 20000, want \d+$/,
    ],
    ['more gas than a block', alice, { nonce: 0, gas: 60_000_001n }, 'GAS_LIMIT_TOO_HIGH', /^exceeds block gas limit/],
    [
      'no fee at all',
      alice,
      { nonce: 0, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n },
      'FEE_CAP_TOO_LOW',
      /^transaction underpriced/,
    ],
    ['another chain', alice, { nonce: 0, chainId: 1 }, 'WRONG_CHAIN_ID', /^invalid chain id/],
    [
      'too much data',
      alice,
      { nonce: 0, gas: 20_000_000n, data: `0x${'01'.repeat(131_072)}` },
      'DATA_TOO_LARGE',
      /^oversized data: transaction size 131\d\d\d, limit 131072$/,
    ],
  ])('%s', async (_name, from, fields, code, words) => {
    const refused = add(from, fields)
    await expect(refused).rejects.toBeInstanceOf(TransactionRejected)
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(words) })
    expect(pool.status()).toEqual({ pending: 0, queued: 0 })
  })

  it('bytes that are no transaction', async () => {
    await expect(pool.add(new Uint8Array())).rejects.toMatchObject({ code: 'UNDECODABLE' })
    await expect(pool.add(Uint8Array.of(2, 0xc0))).rejects.toMatchObject({ code: 'UNDECODABLE' })
    await expect(pool.add(new Uint8Array(200_000).fill(2))).rejects.toMatchObject({ code: 'DATA_TOO_LARGE' })
  })

  it('tip above the fee cap', async () => {
    const valid = await signed(alice, { nonce: 0, maxFeePerGas: 2n * GWEI, maxPriorityFeePerGas: 2n * GWEI })
    // 2 gwei appears first as the tip, then as the cap: lower the cap by one byte
    const at = bytesToHex(valid).lastIndexOf('8477359400') / 2
    const broken = Uint8Array.from(valid)
    broken[at + 1] = 0x10
    await expect(pool.add(broken)).rejects.toMatchObject({
      code: 'TIP_ABOVE_FEE_CAP',
      message: expect.stringMatching(/^max priority fee per gas higher than max fee per gas/),
    })
  })

  it('a transaction that is already there', async () => {
    await add(alice, { nonce: 0 })
    await expect(add(alice, { nonce: 0 })).rejects.toMatchObject({ code: 'ALREADY_KNOWN', message: 'already known' })
  })

  it('a nonce that the state has passed', async () => {
    await mine(genesis.block, [], [{ address: alice.address, nonce: 5n, balance: ETHER }])
    await expect(add(alice, { nonce: 3 })).rejects.toMatchObject({
      code: 'NONCE_TOO_LOW',
      message: 'nonce too low: next nonce 5, tx nonce 3',
    })
    await expect(add(alice, { nonce: 5 })).resolves.toBeDefined()
  })

  it('an extra rule of the chain', async () => {
    await openPool({}, () => {
      throw new TransactionRejected('UNSETTLEABLE', 'too large to settle')
    })
    await expect(add(alice, { nonce: 0 })).rejects.toMatchObject({ code: 'UNSETTLEABLE' })
  })

  it('but not a delegated sender (EIP-7702)', async () => {
    await expect(add(delegated, { nonce: 0 })).resolves.toBeDefined()
  })
})

describe('funds', () => {
  it('count over all pooled transactions of the sender', async () => {
    const cost = 30_000n * 100n * GWEI
    await mine(genesis.block, [], [{ address: bob.address, nonce: 0n, balance: 2n * cost + 10n }])
    await add(bob, { nonce: 0, value: 4n })
    await add(bob, { nonce: 1, value: 6n })
    const third = add(bob, { nonce: 2, value: 0n })
    await expect(third).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS', data: { pooled: 2n * cost + 10n } })
    expect(pool.status()).toEqual({ pending: 2, queued: 0 })
  })

  it('that shrink turn later transactions into waiting ones, and growing funds bring them back', async () => {
    const cost = 30_000n * 100n * GWEI
    await add(bob, { nonce: 0 })
    await add(bob, { nonce: 1 })
    const first = await mine(genesis.block, [], [{ address: bob.address, nonce: 0n, balance: cost + 1n }])
    expect(pool.status()).toEqual({ pending: 1, queued: 1 })
    await mine(first, [], [{ address: bob.address, nonce: 0n, balance: ETHER }])
    expect(pool.status()).toEqual({ pending: 2, queued: 0 })
    expect(pending).toHaveLength(2)
  })
})

describe('replacement', () => {
  const fees = (cap: bigint, tip: bigint) => ({ maxFeePerGas: cap, maxPriorityFeePerGas: tip })
  it.each([
    ['the same fees', 100n * GWEI, 10n * GWEI, false],
    ['1 % more', 101n * GWEI, (101n * GWEI) / 10n, false],
    ['10 % more fee cap alone', 110n * GWEI, 10n * GWEI, false],
    ['10 % more tip alone', 100n * GWEI, 11n * GWEI, false],
    ['10 % more of both', 110n * GWEI, 11n * GWEI, true],
    ['one wei less than that', 110n * GWEI - 1n, 11n * GWEI, false],
  ])('with %s', async (_name, cap, tip, accepted) => {
    const old = await add(alice, { nonce: 0, ...fees(100n * GWEI, 10n * GWEI) })
    const replacement = add(alice, { nonce: 0, value: 2n, ...fees(cap, tip) })
    if (accepted) {
      const tx = await replacement
      expect(order()).toEqual([hex(tx)])
      expect(pool.get(old.hash)).toBeUndefined()
    } else {
      await expect(replacement).rejects.toMatchObject({
        code: 'REPLACEMENT_UNDERPRICED',
        message: 'replacement transaction underpriced',
      })
      expect(order()).toEqual([hex(old)])
    }
    expect(pool.status()).toEqual({ pending: 1, queued: 0 })
  })
})

describe('limits', () => {
  it('of waiting transactions per sender; a lower nonce takes the place of the last', async () => {
    await openPool({ maxQueuedPerSender: 3 })
    for (const nonce of [10, 11, 12]) await add(alice, { nonce })
    await expect(add(alice, { nonce: 13 })).rejects.toMatchObject({ code: 'ACCOUNT_LIMIT' })
    await add(alice, { nonce: 5 })
    expect(nonces(pool.content().queued)).toEqual([5, 10, 11])
    await add(alice, { nonce: 0 })
    expect(pool.status()).toEqual({ pending: 1, queued: 3 })
  })

  it('of all transactions per sender', async () => {
    await openPool({ maxPerSender: 2 })
    await add(alice, { nonce: 0 })
    await add(alice, { nonce: 1 })
    await expect(add(alice, { nonce: 2 })).rejects.toMatchObject({ code: 'ACCOUNT_LIMIT' })
    await expect(add(bob, { nonce: 0 })).resolves.toBeDefined()
  })

  it('of the pool: waiting ones leave first, then worse tips, never for less', async () => {
    await openPool({ maxTransactions: 3 })
    const tip = (gwei: bigint) => ({ maxPriorityFeePerGas: gwei * GWEI })
    await add(alice, { nonce: 0, ...tip(5n) })
    const waiting = await add(bob, { nonce: 4, ...tip(9n) })
    const cheap = await add(bob, { nonce: 0, ...tip(2n) })
    await add(carol, { nonce: 0, ...tip(3n) })
    expect(pool.get(waiting.hash)).toBeUndefined()
    await expect(add(account(3), { nonce: 0, ...tip(1n) })).rejects.toMatchObject({ code: 'POOL_FULL' })
    await add(account(3), { nonce: 0, ...tip(4n) })
    expect(pool.get(cheap.hash)).toBeUndefined()
    expect(pool.status()).toEqual({ pending: 3, queued: 0 })
  })

  it('counts a replacement by what it adds', async () => {
    await openPool({ maxBytes: 1_000 })
    const fees = (gwei: bigint) => ({ maxPriorityFeePerGas: gwei * GWEI, maxFeePerGas: (gwei + 100n) * GWEI })
    const { hash } = await add(alice, { nonce: 0, ...fees(10n) })
    const larger = { nonce: 0, ...fees(200n), gas: 200_000n, data: `0x${'11'.repeat(1_000)}` as const }
    await expect(add(alice, larger)).rejects.toMatchObject({ code: 'POOL_FULL' })
    expect(pool.get(hash)).toBeDefined()
    await add(alice, { ...larger, data: '0x11' })
    expect(pool.get(hash)).toBeUndefined()
  })
})

describe('blob transactions', () => {
  const blob = (nonce: number, gwei = 10n, blobFee = 10n) => blobTransaction(alice, { nonce, gwei, blobFee })

  it('come with their blobs, which count against the size of the pool', async () => {
    await expect(pool.add(await signedBlobTransaction(alice, { nonce: 0 }))).rejects.toMatchObject({
      code: 'INVALID',
      message: 'missing sidecar in blob transaction',
    })
    await openPool({ maxBytes: 300_000 })
    const first = await pool.add(await blob(0))
    expect(first.raw.length).toBeLessThan(300)
    expect(pool.get(first.hash)).toBe(first)
    const second = await pool.add(await blob(1))
    await expect(pool.add(await blob(2))).rejects.toMatchObject({ code: 'POOL_FULL' })
    // They count just as much when they come in as what the pool held before.
    pool.drop(second.hash, 'test')
    await pool.admit(second)
    await expect(pool.add(await blob(2))).rejects.toMatchObject({ code: 'POOL_FULL' })
  })

  it('are replaced only for twice as much in all three fees', async () => {
    await pool.add(await blob(0, 10n, 10n))
    const refusal = { code: 'REPLACEMENT_UNDERPRICED', message: 'replacement transaction underpriced' }
    await expect(pool.add(await blob(0, 20n, 19n))).rejects.toMatchObject(refusal)
    await expect(pool.add(await blob(0, 19n, 20n))).rejects.toMatchObject(refusal)
    const tx = await pool.add(await blob(0, 20n, 20n))
    expect(order()).toEqual([hex(tx)])
  })

  it('prove their blobs, in either form of the sidecar', async () => {
    const blobs = [constantBlob(7n), constantBlob(9n)]
    const raw = await signedBlobTransaction(alice, { nonce: 0, blobs })
    const generator = hexToBytes(bls12_381.G1.Point.BASE.toHex())
    for (const [version, words] of [
      [1, 'KZG verification error: invalid cell proof of blob 0'],
      [0, 'KZG verification error: invalid blob proof of blob 0'],
    ] as const) {
      const wrong = pool.add(withSidecar(raw, blobs, version, generator))
      await expect(wrong).rejects.toMatchObject({ code: 'BAD_BLOB_PROOF', message: words })
      const noPoint = pool.add(withSidecar(raw, blobs, version, new Uint8Array(48)))
      await expect(noPoint).rejects.toMatchObject({ code: 'BAD_BLOB_PROOF' })
    }
    expect(pool.status()).toEqual({ pending: 0, queued: 0 })
    await pool.add(withSidecar(raw, blobs, 0))
    await pool.add(withSidecar(await signedBlobTransaction(bob, { nonce: 0, blobs }), blobs, 1))
    expect(pool.status()).toEqual({ pending: 2, queued: 0 })
  })

  it('are known while they are verified, and not many at a time are', async () => {
    const raw = await blob(0)
    const first = pool.add(raw)
    await expect(pool.add(raw)).rejects.toMatchObject({ code: 'ALREADY_KNOWN' })
    await first
    const crowd = await Promise.all(
      Array.from({ length: 68 }, (_, index) => blobTransaction(bob, { nonce: 0, blobFee: 10n + BigInt(index) })),
    )
    const results = await Promise.allSettled(crowd.map((each) => pool.add(each)))
    const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'added'))
    expect(codes.filter((code) => code === 'added')).toHaveLength(1)
    expect(codes.filter((code) => code === 'POOL_FULL')).toHaveLength(4)
  })

  it('that follow each other may come at once', async () => {
    const raws = await Promise.all([0, 1, 2].map((nonce) => blob(nonce)))
    const results = raws.map((raw) => pool.add(raw))
    await Promise.all(results)
    expect(pool.status()).toEqual({ pending: 3, queued: 0 })
    expect(nonces(pool.candidates(GWEI))).toEqual([0, 1, 2])
  })

  it('need a blob fee', async () => {
    await expect(pool.add(await blob(0, 10n, 0n))).rejects.toMatchObject({
      code: 'BLOB_FEE_CAP_TOO_LOW',
      message: 'transaction underpriced: blob fee cap 0, minimum needed 1',
    })
  })

  it('leave no nonce out, and go with the one before them', async () => {
    await expect(pool.add(await blob(1))).rejects.toMatchObject({
      code: 'NONCE_TOO_HIGH',
      message: 'nonce too high: tx nonce 1, gapped nonce 0',
    })
    const [first] = [await pool.add(await blob(0)), await pool.add(await blob(1))]
    pool.drop(first.hash, 'test')
    expect(pool.status()).toEqual({ pending: 0, queued: 0 })
  })

  it('are at most sixteen of one sender', async () => {
    for (let nonce = 0; nonce < 16; nonce++) await pool.add(await blob(nonce))
    await expect(pool.add(await blob(16))).rejects.toMatchObject({
      code: 'ACCOUNT_LIMIT',
      message: 'account limit exceeded: pooled 16 txs',
    })
  })

  it('and others of one account exclude each other', async () => {
    const refusal = { code: 'ADDRESS_RESERVED', message: 'address already reserved' }
    await pool.add(await blob(0))
    await expect(add(alice, { nonce: 1 })).rejects.toMatchObject(refusal)
    await expect(add(alice, { nonce: 0, maxFeePerGas: 500n * GWEI })).rejects.toMatchObject(refusal)
    await add(bob, { nonce: 0 })
    await expect(pool.add(await blobTransaction(bob, { nonce: 1 }))).rejects.toMatchObject(refusal)
  })

  it('cost their blobs too', async () => {
    const blobCost = 131_072n * GWEI
    const cost = 300_000n * 10n * GWEI + blobCost
    await mine(genesis.block, [], [{ address: alice.address, nonce: 0n, balance: 2n * cost - 1n }])
    await pool.add(await blob(0, 10n, GWEI))
    await expect(pool.add(await blob(1, 10n, GWEI))).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
      message: `insufficient funds for gas * price + value: balance ${2n * cost - 1n}, queued cost ${cost}, tx cost ${cost}, overshot 1`,
    })
  })

  it('come back with their blobs when their block leaves the chain, as long as those are kept', async () => {
    const tx = await pool.add(await blob(0))
    const spent = [{ address: alice.address, nonce: 1n, balance: ETHER }]
    await mine(genesis.block, [tx], spent)
    expect(pool.get(tx.hash)).toBeUndefined()
    await mine(genesis.block, [], [], 2)
    expect(pool.get(tx.hash)).toBe(tx)

    await openPool({ maxKeptBytes: 100_000 })
    const lost = await pool.add(await blob(0))
    await mine(genesis.block, [lost], spent)
    await mine(genesis.block, [], [], 2)
    expect(pool.get(lost.hash)).toMatchObject({ hash: lost.hash })
    expect(pool.get(lost.hash)).not.toHaveProperty('blobs')
  })
})

describe('delegated accounts (EIP-7702)', () => {
  const inFlight = {
    code: 'IN_FLIGHT_LIMIT',
    message: 'in-flight transaction limit reached for delegated accounts',
  }
  async function delegation(from: PrivateKeyAccount, nonce: number, of: readonly PrivateKeyAccount[]) {
    const address = `0x${'11'.repeat(20)}` as const
    const authorizationList = await Promise.all(
      of.map((signer) => signer.signAuthorization({ chainId: CHAIN_ID, address, nonce: 0 })),
    )
    const serialized = await from.signTransaction({
      type: 'eip7702',
      chainId: CHAIN_ID,
      nonce,
      to: from.address,
      gas: 400_000n,
      maxFeePerGas: 100n * GWEI,
      maxPriorityFeePerGas: GWEI,
      authorizationList,
    })
    return hexToBytes(serialized)
  }

  it('have one transaction at a time, at their next nonce, which they may replace', async () => {
    await expect(add(delegated, { nonce: 1 })).rejects.toMatchObject({
      code: 'GAPPED_NONCE',
      message: 'gapped-nonce tx from delegated accounts',
    })
    await add(delegated, { nonce: 0, value: 2n })
    await expect(add(delegated, { nonce: 1 })).rejects.toMatchObject(inFlight)
    const better = await add(delegated, { nonce: 0, maxFeePerGas: 200n * GWEI, maxPriorityFeePerGas: 9n * GWEI })
    expect(order()).toEqual([hex(better)])
  })

  it('so have those whose authorization waits, until it is gone', async () => {
    const tx = await pool.add(await delegation(alice, 0, [bob]))
    await add(bob, { nonce: 0 })
    await expect(add(bob, { nonce: 1 })).rejects.toMatchObject(inFlight)
    pool.drop(tx.hash, 'test')
    await expect(add(bob, { nonce: 1 })).resolves.toBeDefined()
  })

  it('are not made of accounts with more than one transaction, or with blobs', async () => {
    const reserved = { code: 'AUTHORITY_RESERVED', message: 'authority already reserved' }
    await add(bob, { nonce: 0 })
    await pool.add(await delegation(alice, 0, [bob]))
    await add(carol, { nonce: 0 })
    await add(carol, { nonce: 1 })
    await expect(pool.add(await delegation(account(3), 0, [bob, carol]))).rejects.toMatchObject(reserved)
    await pool.add(await blobTransaction(account(4), { nonce: 0 }))
    await expect(pool.add(await delegation(account(3), 0, [account(4)]))).rejects.toMatchObject(reserved)
    await expect(pool.add(await delegation(account(3), 0, [account(5)]))).resolves.toBeDefined()
  })
})

describe('candidates', () => {
  const tip = (gwei: bigint, cap = 100n) => ({ maxPriorityFeePerGas: gwei * GWEI, maxFeePerGas: cap * GWEI })

  it('come by effective tip, then by arrival, each sender in nonce order', async () => {
    const a0 = await add(alice, { nonce: 0, ...tip(2n) })
    const a1 = await add(alice, { nonce: 1, ...tip(50n) })
    const b0 = await add(bob, { nonce: 0, ...tip(3n) })
    const c0 = await add(carol, { nonce: 0, ...tip(2n) })
    expect(order()).toEqual([b0, a0, a1, c0].map(hex))
    // a high base fee leaves less of the tips: 10 gwei of cap, 9 of base fee
    const capped = await add(account(3), { nonce: 0, ...tip(8n, 10n) })
    expect(order(9n * GWEI)).toEqual([b0, a0, a1, c0, capped].map(hex))
  })

  it('leave out what cannot pay the base fee, and what follows it', async () => {
    await add(alice, { nonce: 0, ...tip(1n, 5n) })
    await add(alice, { nonce: 1, ...tip(1n) })
    const b0 = await add(bob, { nonce: 0, ...tip(1n) })
    expect(order(6n * GWEI)).toEqual([hex(b0)])
    expect(order(undefined)).toHaveLength(3)
  })

  it('are live: what is dropped or replaced meanwhile does not come', async () => {
    await add(alice, { nonce: 0, ...tip(9n) })
    const a1 = await add(alice, { nonce: 1, ...tip(9n) })
    await add(alice, { nonce: 2, ...tip(9n) })
    const b0 = await add(bob, { nonce: 0, ...tip(2n) })
    const seen: string[] = []
    let better: Transaction | undefined
    for (const tx of pool.candidates(GWEI)) {
      seen.push(`${bytesToHex(tx.sender).slice(0, 4)}:${tx.nonce}`)
      if (seen.length > 1) continue
      pool.drop(a1.hash, 'test')
      better = await add(bob, { nonce: 0, ...tip(4n, 200n) })
    }
    const sender = bytesToHex(b0.sender).slice(0, 4)
    expect(seen).toEqual([`${bytesToHex(a1.sender).slice(0, 4)}:0`, `${sender}:0`])
    expect(pool.get(b0.hash)).toBeUndefined()
    expect(better).toBeDefined()
  })

  it('a walk that outlives its senders takes nothing of theirs that came later', async () => {
    const first = await add(alice, { nonce: 0 })
    await add(bob, { nonce: 0, maxPriorityFeePerGas: 2n * GWEI })
    const walk = pool.candidates(GWEI)[Symbol.iterator]()
    walk.next()
    await mine(chain.genesis, [first], [{ address: alice.address, nonce: 1n, balance: 10_000n * ETHER }])
    await pool.idle()
    const second = await add(alice, { nonce: 1 })
    // The walk still holds alice's queue of before the block, which is empty now.
    while (walk.next().done !== true);
    expect(order()).toContain(hex(second))
    expect(pool.status()).toEqual({ pending: 2, queued: 0 })
  })
})

describe('following the chain', () => {
  it('takes mined transactions out and goes on behind them', async () => {
    const [first, second] = [await add(alice, { nonce: 0 }), await add(alice, { nonce: 1 })]
    const stranger = engine.decodeTransaction(await signed(bob, { nonce: 0 }), genesis.block.header)
    const competing = await add(bob, { nonce: 0, value: 2n })
    await mine(
      genesis.block,
      [first, stranger],
      [
        { address: alice.address, nonce: 1n, balance: ETHER },
        { address: bob.address, nonce: 1n, balance: ETHER },
      ],
    )
    expect(pool.get(first.hash)).toBeUndefined()
    expect(pool.get(competing.hash)).toBeUndefined()
    expect(order()).toEqual([hex(second)])
    expect(pool.nextNonce(addressBytes(alice.address))).toBe(2n)
    expect(pool.status()).toEqual({ pending: 1, queued: 0 })
  })

  it('takes transactions of a removed block back, unless the new chain has them', async () => {
    const [a0, a1] = [await add(alice, { nonce: 0 }), await add(alice, { nonce: 1 })]
    const b0 = await add(bob, { nonce: 0 })
    const spent = [
      { address: alice.address, nonce: 2n, balance: ETHER },
      { address: bob.address, nonce: 1n, balance: ETHER },
    ]
    await mine(genesis.block, [a0, a1, b0], spent)
    expect(pool.status()).toEqual({ pending: 0, queued: 0 })
    await mine(genesis.block, [b0], [{ address: bob.address, nonce: 1n, balance: ETHER }], 2)
    expect(order()).toEqual([hex(a0), hex(a1)])
    expect(pool.get(b0.hash)).toBeUndefined()
  })

  it('gives nothing back when the owner of the chain does that itself', async () => {
    const own = createTxPool(
      {},
      { chain, clock: manualClock(GENESIS_TIME * 1000), logger: silentLogger, returns: () => false },
    )
    const tx = await own.add(await signed(alice, { nonce: 0 }))
    await mine(genesis.block, [tx], [{ address: alice.address, nonce: 1n, balance: ETHER }])
    await chain.rewindTo(genesis.block.hash)
    await own.idle()
    expect(own.status()).toEqual({ pending: 0, queued: 0 })
    own.close()
  })

  it('says nothing any more once closed', async () => {
    pool.close()
    const tx = await add(alice, { nonce: 0 })
    await mine(genesis.block, [tx], [{ address: alice.address, nonce: 1n, balance: ETHER }])
    expect(pending).toEqual([])
    expect(pool.get(tx.hash)).toBeDefined()
  })

  it('follows a head change among hundreds of transactions', async () => {
    const transactions: Transaction[] = []
    for (let nonce = 0; nonce < 100; nonce++) {
      for (const from of [alice, bob, carol]) transactions.push(await add(from, { nonce }))
    }
    expect(pool.status()).toEqual({ pending: 300, queued: 0 })
    const mined = transactions.slice(0, 150)
    await mine(
      genesis.block,
      mined,
      [alice, bob, carol].map(({ address }) => ({ address, nonce: 50n, balance: 1000n * ETHER })),
    )
    expect(pool.status()).toEqual({ pending: 150, queued: 0 })
    expect(order()).toHaveLength(150)
  })
})
