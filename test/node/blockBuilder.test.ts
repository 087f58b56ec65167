import { toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Engine, Transaction } from '../../execution/types.ts'
import { type BuildBlockRequest, buildBlock } from '../../node/blockBuilder.ts'
import { type GenesisState, openChain } from '../../node/chain.ts'
import { l1Env, nextTimestamp } from '../../node/l1Env.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import type { Chain } from '../../node/types.ts'
import { constantBlob, signedBlobTransaction } from './support/blobs.ts'
import { account, devEngine, devGenesis, GENESIS_TIME, GWEI, signed, type TransferFields } from './support/devChain.ts'

let engine: Engine
let genesis: GenesisState
let chain: Chain
let dropped: { nonce: bigint; reason: string }[]
beforeAll(async () => {
  ;({ engine, genesis } = await devEngine())
})
beforeEach(async () => {
  dropped = []
  chain = await openChain({ genesis }, { store: await openStore(), engine, logger: silentLogger })
})

const [alice, bob, carol] = [account(0), account(1), account(2)]
const transaction = async (from: typeof alice, fields: TransferFields): Promise<Transaction> =>
  engine.decodeTransaction(await signed(from, fields), genesis.block.header)

function build(candidates: Iterable<Transaction>, rest: Partial<BuildBlockRequest> = {}) {
  const parent = chain.head()
  const timestamp = nextTimestamp(parent.header, (GENESIS_TIME + 10) * 1000)
  const env = l1Env(parent, timestamp, engine, { coinbase: new Uint8Array(20).fill(0xcb), gasLimit: 60_000_000n })
  const drop = ({ nonce }: Transaction, reason: string) => void dropped.push({ nonce, reason })
  return buildBlock({ parent, env, candidates, ...rest }, { chain, logger: silentLogger, drop })
}

const included = async (candidates: Iterable<Transaction>, rest: Partial<BuildBlockRequest> = {}) => {
  const outcome = await build(candidates, rest)
  const transactions = (outcome?.block.transactions ?? []).map((raw) =>
    engine.decodeTransaction(raw, genesis.block.header),
  )
  return transactions.map((tx) => [tx.sender[0], Number(tx.nonce)])
}
const senderOf = (index: number) => privateKeyToAccount(toHex(index + 1_000, { size: 32 }))
const first = (from: typeof alice) => Number.parseInt(from.address.slice(2, 4), 16)

describe('building a block', () => {
  it('gives nothing without transactions, unless an empty block was asked for', async () => {
    await expect(build([])).resolves.toBeUndefined()
    const outcome = await build([], { allowEmpty: true })
    expect(outcome?.block.transactions).toEqual([])
    await chain.append(outcome ?? expect.fail('no block'))
    expect(chain.head().header.number).toBe(1n)
  })

  it('skips a sender whose nonce is ahead and drops what is behind or cannot pay, with reasons', async () => {
    const everything = 9_999n * GWEI * GWEI
    const candidates = [
      await transaction(alice, { nonce: 0, value: everything }),
      await transaction(alice, { nonce: 0, value: 2n }),
      await transaction(alice, { nonce: 1, value: everything }),
      await transaction(bob, { nonce: 3 }),
      await transaction(bob, { nonce: 0 }),
      await transaction(carol, { nonce: 0 }),
    ]
    expect(await included(candidates)).toEqual([
      [first(alice), 0],
      [first(carol), 0],
    ])
    expect(dropped).toEqual([
      { nonce: 0n, reason: expect.stringMatching(/^nonce too low/) },
      { nonce: 1n, reason: expect.stringMatching(/^insufficient funds for gas \* price \+ value/) },
    ])
  })

  it('keeps what does not fit for another block', async () => {
    const gas = 29_000_000n
    const candidates = await Promise.all([alice, bob, carol].map((from) => transaction(from, { nonce: 0, gas })))
    const taken = await included(candidates, { limits: { maxRegularGas: 30_000n } })
    expect(taken).toEqual([[first(alice), 0]])
    const bytes = candidates.reduce((sum, { raw }) => sum + raw.length, 0)
    expect(await included(candidates, { limits: { maxTransactionBytes: bytes - 1 } })).toHaveLength(2)
    expect(dropped).toEqual([])
  })

  it('is not full for others when there is no room for more blobs', async () => {
    const alloc = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [senderOf(i).address, { balance: '0xde0b6b3a7640000' }]),
    )
    const plain = devGenesis()
    const crowded = await devEngine(devGenesis({ alloc: { ...plain.alloc, ...alloc } }))
    chain = await openChain(
      { genesis: crowded.genesis },
      { store: await openStore(), engine: crowded.engine, logger: silentLogger },
    )
    const blobs = [constantBlob(7n)]
    const withBlobs = await Promise.all(
      Array.from({ length: 60 }, async (_, i) =>
        engine.decodeTransaction(await signedBlobTransaction(senderOf(i), { nonce: 0, blobs }), genesis.block.header),
      ),
    )
    const outcome = await build([...withBlobs, await transaction(alice, { nonce: 0 })])
    const types = outcome?.block.transactions.map((raw) => raw[0])
    expect(types?.filter((type) => type === 3)).toHaveLength(21)
    expect(types?.at(-1)).toBe(2)
    expect(dropped).toEqual([])
  })

  it('lets the caller refuse an outcome, without a trace and with the sender waiting', async () => {
    const candidates = [
      await transaction(alice, { nonce: 0 }),
      await transaction(alice, { nonce: 1 }),
      await transaction(bob, { nonce: 0 }),
    ]
    const outcome = await build(candidates, { accept: (tx) => tx.sender[0] !== first(alice) })
    expect(outcome?.block.transactions).toHaveLength(1)
    const alone = await build([candidates[2] ?? expect.fail('no transaction')])
    expect(outcome?.block).toEqual(alone?.block)
  })

  it('stops between two transactions when its time is over', async () => {
    const stop = new AbortController()
    const candidates = await Promise.all([0, 1, 2].map((nonce) => transaction(alice, { nonce })))
    const accept = (tx: Transaction) => {
      if (tx.nonce === 1n) stop.abort()
      return true
    }
    expect(await included(candidates, { signal: stop.signal, accept })).toHaveLength(2)
  })

  it('makes what executeBlock accepts', async () => {
    const outcome = await build([await transaction(alice, { nonce: 0 }), await transaction(bob, { nonce: 0 })])
    if (outcome === undefined) throw new Error('no block')
    await chain.importBlock(outcome.block, outcome.blockAccessList)
    expect(chain.head()).toEqual(outcome.block)
    expect(chain.getBlockByNumber(1n)?.receipts).toEqual(outcome.receipts)
  })

  it('is not possible under proof of work', async () => {
    const { config } = devGenesis()
    const old = await devEngine(
      devGenesis({ config: { chainId: config.chainId, homesteadBlock: 0 }, difficulty: '0x20000' }),
    )
    const options = { coinbase: new Uint8Array(20), gasLimit: 60_000_000n }
    expect(() => l1Env(old.genesis.block, 1n, old.engine, options)).toThrowError(
      expect.objectContaining({ code: 'CANNOT_SEAL' }),
    )
  })

  it('moves the gas limit towards the wanted one in steps that the rules allow', async () => {
    const parent = genesis.block
    const limit = (wanted: bigint) =>
      l1Env(parent, BigInt(GENESIS_TIME) + 1n, engine, { coinbase: new Uint8Array(20), gasLimit: wanted }).gasLimit
    const bound = 60_000_000n / 1024n
    expect(limit(90_000_000n)).toBe(60_000_000n + bound - 1n)
    expect(limit(30_000_000n)).toBe(60_000_000n - bound + 1n)
    expect(limit(60_000_100n)).toBe(60_000_100n)
  })
})
