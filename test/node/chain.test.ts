import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Engine, Log } from '../../execution/types.ts'
import { type GenesisState, openChain } from '../../node/chain.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import type { Chain, HeadChange, Store } from '../../node/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import type { Block } from '../../stateless/types.ts'
import { devEngine, devGenesis } from './support/devChain.ts'
import { type OutcomeParts, outcomeOn } from './support/outcomes.ts'

let engine: Engine
let genesis: GenesisState
beforeAll(async () => {
  ;({ engine, genesis } = await devEngine())
})

const open = (store: Store) => openChain({ genesis }, { store, engine, logger: silentLogger })
const topic = (n: number) => keccak256(Uint8Array.of(n))
const log = (address: number, ...topics: number[]): Log => ({
  address: new Uint8Array(20).fill(address),
  topics: topics.map(topic),
  data: Uint8Array.of(address),
})

async function append(chain: Chain, parent: Block, parts: OutcomeParts): Promise<Block> {
  const outcome = outcomeOn(chain, parent, parts)
  await chain.append(outcome)
  return outcome.block
}

async function appendMany(chain: Chain, parent: Block, salt: number, count: number): Promise<Block[]> {
  const blocks: Block[] = []
  for (let i = 0; i < count; i++) {
    blocks.push(await append(chain, blocks.at(-1) ?? parent, { salt, logs: [[log(salt, i)]] }))
  }
  return blocks
}

const hashes = (blocks: readonly { block: Block }[]) => blocks.map(({ block }) => bytesToHex(block.hash))
const hexOf = (blocks: readonly Block[]) => blocks.map(({ hash }) => bytesToHex(hash))
const at = <T>(items: readonly T[], index: number): T => {
  const item = items.at(index)
  if (item === undefined) throw new RangeError(`no item ${index}`)
  return item
}

describe('chain in memory', () => {
  let store: Store
  let chain: Chain
  beforeEach(async () => {
    store = await openStore()
    chain = await open(store)
  })

  it('starts at genesis, with its state', () => {
    expect(chain.head()).toEqual(genesis.block)
    expect(chain.chainId).toBe(18079n)
    expect(chain.getBlockByNumber(0n)?.block).toEqual(genesis.block)
    expect(chain.getHashByNumber(1n)).toBeUndefined()
    expect(chain.getHashByNumber(-1n)).toBeUndefined()
    expect(chain.resolveTag('finalized')).toBe(0n)
    const [address] = genesis.changes.accounts.keys()
    const state = chain.stateAt(chain.head().header.stateRoot)
    expect(state.getAccount(Buffer.from(address ?? '', 'hex'))?.balance).toBe(10_000n * 10n ** 18n)
  })

  it('appends: block, receipts, access list, index and state appear together', async () => {
    const changes: HeadChange[] = []
    const unsubscribe = chain.onHead((change) => {
      changes.push(change)
      expect(chain.head()).toBe(change.head)
    })
    const outcome = outcomeOn(chain, genesis.block, { salt: 1, logs: [[log(1, 1)], []] })
    const appended = chain.append(outcome)
    expect(chain.head()).toEqual(genesis.block)
    await appended
    const { block } = outcome
    expect(chain.head()).toBe(block)
    const stored = chain.getBlockByHash(block.hash)
    expect(stored).toEqual({ block, receipts: outcome.receipts, blockAccessList: outcome.blockAccessList })
    expect(chain.getHeaderByNumber(1n)).toEqual(block.header)
    const second = at(block.transactions, 1)
    expect(chain.getTransactionLocation(keccak256(second))).toEqual({
      blockHash: block.hash,
      blockNumber: 1n,
      index: 1,
    })
    expect(chain.getTransactionLocation(topic(9))).toBeUndefined()
    expect(chain.stateAt(block.header.stateRoot).getAccount(new Uint8Array(20).fill(0xaa))?.balance).toBe(1_001n)
    expect(changes).toHaveLength(1)
    expect(changes[0]?.removed).toEqual([])
    expect(hashes(changes[0]?.added ?? [])).toEqual(hexOf([block]))
    unsubscribe()
    await append(chain, block, { salt: 2 })
    expect(changes).toHaveLength(1)
  })

  it('refuses a block whose parent is not stored, and a state that is not there', async () => {
    const outcome = outcomeOn(chain, genesis.block, { salt: 1 })
    const orphan = {
      ...outcome,
      block: { ...outcome.block, header: { ...outcome.block.header, parentHash: topic(1) } },
    }
    await expect(chain.append(orphan)).rejects.toMatchObject({ code: 'UNKNOWN_PARENT' })
    expect(() => chain.stateAt(topic(1))).toThrowError(expect.objectContaining({ code: 'STATE_UNAVAILABLE' }))
    await expect(chain.rewindTo(topic(1))).rejects.toMatchObject({ code: 'UNKNOWN_BLOCK' })
    expect(chain.head()).toEqual(genesis.block)
  })

  it('keeps working after a listener that throws', async () => {
    chain.onHead(() => {
      throw new Error('broken listener')
    })
    const [first] = await appendMany(chain, genesis.block, 1, 1)
    expect(chain.head()).toBe(first)
  })

  it('writes one after another what is asked for at once', async () => {
    const first = outcomeOn(chain, genesis.block, { salt: 1 })
    const sibling = outcomeOn(chain, genesis.block, { salt: 2 })
    const changes: HeadChange[] = []
    chain.onHead((change) => changes.push(change))
    await Promise.all([chain.append(first), chain.putMeta('cursor', Uint8Array.of(7)), chain.append(sibling)])
    expect(chain.head()).toBe(sibling.block)
    expect(hashes(changes[1]?.removed ?? [])).toEqual(hexOf([first.block]))
    expect(chain.getMeta('cursor')).toEqual(Uint8Array.of(7))
    expect(chain.getMeta('other')).toBeUndefined()
  })

  it('rewinds: index, logs and places of transactions above leave the canonical chain, blocks stay', async () => {
    const old = await appendMany(chain, genesis.block, 1, 5)
    const changes: HeadChange[] = []
    chain.onHead((change) => changes.push(change))
    await chain.rewindTo(at(old, 1).hash)
    expect(chain.head()).toEqual(at(old, 1))
    expect(hashes(changes[0]?.removed ?? [])).toEqual(hexOf(old.slice(2).toReversed()))
    expect(changes[0]?.added).toEqual([])
    const gone = at(old, 3)
    expect(chain.getHashByNumber(gone.header.number)).toBeUndefined()
    expect(chain.isCanonical(gone.hash)).toBe(false)
    expect(chain.getTransactionLocation(keccak256(at(gone.transactions, 0)))).toBeUndefined()
    expect(chain.getBlockByHash(gone.hash)?.receipts[0]?.logs).toHaveLength(1)
    expect([...chain.getLogs({ fromBlock: 0n, toBlock: 100n })].map(({ blockNumber }) => blockNumber)).toEqual([1n, 2n])
  })

  it('reorganises to a longer side chain and back, with removed and added blocks in order', async () => {
    const a = await appendMany(chain, genesis.block, 1, 4)
    const fork = at(a, 1)
    const changes: HeadChange[] = []
    chain.onHead((change) => changes.push(change))
    const shared = at(at(a, 2).transactions, 0)
    const b3 = await append(chain, fork, { salt: 2, transactions: [shared], logs: [[log(2, 7)]] })
    const b = [b3, ...(await appendMany(chain, b3, 2, 3))]
    expect(hashes(changes[0]?.removed ?? [])).toEqual(hexOf([at(a, 3), at(a, 2)]))
    expect(hashes(changes[0]?.added ?? [])).toEqual(hexOf([b3]))
    expect(chain.getTransactionLocation(keccak256(shared))).toMatchObject({ blockHash: b3.hash, blockNumber: 3n })
    expect([...chain.getLogs({ fromBlock: 3n, toBlock: 6n })].map(({ log: { address } }) => address[0])).toEqual([
      2, 2, 2, 2,
    ])

    await chain.rewindTo(at(a, 3).hash)
    const back = at(changes, -1)
    expect(hashes(back.removed)).toEqual(hexOf(b.toReversed()))
    expect(hashes(back.added)).toEqual(hexOf([at(a, 2), at(a, 3)]))
    expect(chain.getHashByNumber(5n)).toBeUndefined()
    expect(chain.getTransactionLocation(keccak256(shared))).toMatchObject({ blockHash: at(a, 2).hash })
    expect(chain.isCanonical(b3.hash)).toBe(false)
    expect([...chain.getLogs({ fromBlock: 3n, toBlock: 6n })].map(({ log: { address } }) => address[0])).toEqual([1, 1])
  })

  it('answers BLOCKHASH by ancestry, not by what is canonical, within 256 blocks', async () => {
    const a = await appendMany(chain, genesis.block, 1, 3)
    const b = await append(chain, at(a, 0), { salt: 2 })
    const ofSide = chain.ancestorHashes(at(a, 2))
    expect(chain.head()).toBe(b)
    expect(ofSide(3n)).toEqual(at(a, 2).hash)
    expect(ofSide(2n)).toEqual(at(a, 1).hash)
    expect(ofSide(0n)).toEqual(genesis.block.hash)
    expect(ofSide(4n)).toBeUndefined()
    expect(ofSide(-1n)).toBeUndefined()
    const long = await appendMany(chain, b, 3, 260)
    const ofLong = chain.ancestorHashes(at(long, -1))
    const head = at(long, -1).header.number
    expect(ofLong(head - 255n)).toEqual(chain.getHashByNumber(head - 255n))
    expect(ofLong(head - 256n)).toBeUndefined()
    expect([chain.resolveTag('safe'), chain.resolveTag('finalized')]).toEqual([head - 32n, head - 64n])
  })

  it('finds logs by address and topics, with their places', async () => {
    const logs = [[log(1, 1), log(2, 1, 2)], [], [log(1, 3, 2), log(1, 1)]]
    const first = await append(chain, genesis.block, { salt: 1, logs })
    await append(chain, first, { salt: 2, logs: [] })
    await append(chain, chain.head(), { salt: 3, logs: [[log(2, 2)]] })
    const find = (filter: object) =>
      [...chain.getLogs({ fromBlock: 0n, toBlock: 3n, ...filter })].map((found) => [
        found.blockNumber,
        found.transactionIndex,
        found.logIndex,
      ])
    expect(find({})).toHaveLength(5)
    expect(find({ addresses: [new Uint8Array(20).fill(2)] })).toEqual([
      [1n, 0, 1],
      [3n, 0, 0],
    ])
    expect(find({ topics: [undefined, [topic(2)]] })).toEqual([
      [1n, 0, 1],
      [1n, 2, 2],
    ])
    expect(find({ topics: [[topic(1)]], addresses: [new Uint8Array(20).fill(1)] })).toEqual([
      [1n, 0, 0],
      [1n, 2, 3],
    ])
    expect(find({ topics: [[topic(9)]] })).toEqual([])
    expect(find({ fromBlock: 2n, toBlock: 2n })).toEqual([])
    const [found] = chain.getLogs({ fromBlock: 3n, toBlock: 3n })
    const block = chain.getBlockByNumber(3n)?.block
    expect(found?.transactionHash).toEqual(keccak256(block?.transactions[0] ?? new Uint8Array()))
    expect(found?.blockTimestamp).toBe(block?.header.timestamp)
  })
})

describe('chain on disk', () => {
  const inDirectory = async (run: (dataDir: string) => Promise<void>) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'reenact-chain-'))
    try {
      await run(dataDir)
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  }

  it('continues where it was, side blocks included', () =>
    inDirectory(async (dataDir) => {
      const chain = await open(await openStore({ dataDir }))
      const a = await appendMany(chain, genesis.block, 1, 3)
      const b = await appendMany(chain, at(a, 0), 2, 1)
      await chain.close()
      const again = await open(await openStore({ dataDir }))
      expect(again.head()).toEqual(at(b, 0))
      expect(again.getBlockByHash(at(a, 2).hash)?.block).toEqual(at(a, 2))
      await again.rewindTo(at(a, 2).hash)
      expect(again.getHashByNumber(3n)).toEqual(at(a, 2).hash)
      await again.close()
    }))

  it('refuses the data of another chain', () =>
    inDirectory(async (dataDir) => {
      await (await open(await openStore({ dataDir }))).close()
      const other = await devEngine(devGenesis({ extraData: '0x01' }))
      const store = await openStore({ dataDir })
      const opened = openChain({ genesis: other.genesis }, { store, engine: other.engine, logger: silentLogger })
      await expect(opened).rejects.toMatchObject({ code: 'WRONG_GENESIS' })
      await store.close()
    }))

  it('steps back to the last block whose state is there, and says so', () =>
    inDirectory(async (dataDir) => {
      const chain = await open(await openStore({ dataDir }))
      const blocks = await appendMany(chain, genesis.block, 1, 4)
      await chain.close()
      const store = await openStore({ dataDir })
      await store.batch(blocks.slice(2).map(({ header }) => ({ type: 'del', key: `n${bytesToHex(header.stateRoot)}` })))
      const warnings: Record<string, unknown>[] = []
      const logger = { ...silentLogger, warn: (_: string, fields = {}) => void warnings.push(fields) }
      const again = await openChain({ genesis }, { store, engine, logger })
      expect(again.head()).toEqual(at(blocks, 1))
      expect(warnings).toEqual([{ from: 4n, to: 2n }])
      expect(again.getHashByNumber(3n)).toBeUndefined()
      const replacement = await append(again, again.head(), { salt: 9 })
      expect(again.getHashByNumber(3n)).toEqual(replacement.hash)
      await again.close()
    }))
})
