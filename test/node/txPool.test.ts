import { createHash } from 'node:crypto'
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
import { bytesToHex, concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { encodeRlp } from '../../stateless/rlp.ts'
import type { Block } from '../../stateless/types.ts'
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
      /^insufficient funds for gas \* price \+ value: have 10000000000000000 want 1003000000000000000$/,
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
  const COMMITMENT = new Uint8Array(48).fill(0xc0)
  const versionedHash = createHash('sha256').update(COMMITMENT).digest()
  versionedHash[0] = 1

  async function blobTransaction(nonce: number, gwei: bigint, blobFee: bigint): Promise<Uint8Array> {
    const serialized = await alice.signTransaction({
      type: 'eip4844',
      chainId: CHAIN_ID,
      nonce,
      to: bob.address,
      gas: 30_000n,
      maxFeePerGas: gwei * GWEI,
      maxPriorityFeePerGas: gwei * GWEI,
      maxFeePerBlobGas: blobFee,
      blobVersionedHashes: [`0x${bytesToHex(versionedHash)}`],
    })
    return hexToBytes(serialized)
  }
  /** The network form of EIP-7594: type || rlp([transaction, 1, blobs, commitments, cell proofs]) */
  function withSidecar(raw: Uint8Array): Uint8Array {
    const proofs = Array.from({ length: 128 }, () => new Uint8Array(48))
    const fields = [{ rawRlp: raw.subarray(1) }, Uint8Array.of(1), [new Uint8Array(131_072)], [COMMITMENT], proofs]
    return concatBytes([Uint8Array.of(3), encodeRlp(fields)])
  }

  it('come with their blobs, which count against the size of the pool', async () => {
    await expect(pool.add(await blobTransaction(0, 1n, 1n))).rejects.toMatchObject({
      code: 'INVALID',
      message: 'missing sidecar in blob transaction',
    })
    await openPool({ maxBytes: 300_000 })
    const first = await pool.add(withSidecar(await blobTransaction(0, 1n, 1n)))
    expect(first.raw.length).toBeLessThan(300)
    expect(pool.get(first.hash)).toBe(first)
    await pool.add(withSidecar(await blobTransaction(1, 1n, 1n)))
    await expect(pool.add(withSidecar(await blobTransaction(2, 1n, 1n)))).rejects.toMatchObject({ code: 'POOL_FULL' })
  })

  it('are replaced only for twice as much in all three fees', async () => {
    const add = async (gwei: bigint, blobFee: bigint) => pool.add(withSidecar(await blobTransaction(0, gwei, blobFee)))
    await add(10n, 10n)
    const refusal = { code: 'REPLACEMENT_UNDERPRICED' }
    await expect(add(20n, 11n)).rejects.toMatchObject(refusal)
    await expect(add(11n, 20n)).rejects.toMatchObject(refusal)
    const tx = await add(20n, 20n)
    expect(order()).toEqual([hex(tx)])
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
