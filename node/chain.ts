import { type BlockOutcome, type Engine, OMMER_ANCESTORS } from '../execution/types.ts'
import { bytesEqual, bytesToHex } from '../stateless/bytes.ts'
import { InvalidBlock } from '../stateless/errors.ts'
import { hashHeader } from '../stateless/header.ts'
import { EMPTY_TRIE_ROOT } from '../stateless/trie.ts'
import type { Block, Hash32, StateChanges, StateCommit } from '../stateless/types.ts'
import { blockOperations, canonicalOperations, decodeLocation } from './blockCodec.ts'
import { type BlockReader, createBlockReader } from './blockReader.ts'
import { type BloomIndex, createBloomIndex } from './bloomIndex.ts'
import { ChainError } from './errors.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { headChange, headChangeOperations } from './headChange.ts'
import { findLogs } from './logIndex.ts'
import { createSharedStates, type SharedStates } from './sharedState.ts'
import { createStateNodes, type StateNodes, stateOperations } from './stateNodes.ts'
import { bloomByNumberKey, GENESIS_KEY, HEAD_KEY, metaKey, transactionKey } from './storeKeys.ts'
import { l1Tags, resolveTag, type TagResolver } from './tags.ts'
import type { Chain, HeadChange, Logger, Store, StoredBlock, StoreOperation } from './types.ts'

/** A genesis block with the state it commits to (execution/genesisBlock.ts makes it from a geth-format file). */
export type GenesisState = { block: Block; changes: StateChanges; commit: StateCommit }

export type ChainDeps = { store: Store; engine: Engine; logger: Logger }

/**
 * Opens a chain on a store: writes genesis into an empty one, else continues at the stored head.
 *
 * One batch per change of the chain, head pointer last; memory and listeners learn of it only after the batch resolved.
 * @throws ChainError WRONG_GENESIS when the store belongs to another chain
 */
export async function openChain(
  options: { genesis: GenesisState; tags?: TagResolver },
  { store, engine, logger }: ChainDeps,
): Promise<Chain> {
  const reader = createBlockReader(store, engine)
  const nodes = createStateNodes(store)
  await requireGenesis(options.genesis, store)
  const head = await recoverHead(store, reader, nodes, logger)
  return new StoredChain(options.genesis.block, head, options.tags ?? l1Tags, { store, engine, logger, reader, nodes })
}

async function requireGenesis(genesis: GenesisState, store: Store): Promise<void> {
  const stored = store.get(GENESIS_KEY)
  if (stored === undefined) return writeGenesis(genesis, store)
  if (bytesEqual(stored, genesis.block.hash)) return
  const found = bytesToHex(stored)
  const wanted = bytesToHex(genesis.block.hash)
  throw new ChainError('WRONG_GENESIS', `the data belongs to the chain with genesis 0x${found}, not 0x${wanted}`, {
    found: stored,
    wanted: genesis.block.hash,
  })
}

async function writeGenesis({ block, changes, commit }: GenesisState, store: Store): Promise<void> {
  const stored: StoredBlock = { block, receipts: [] }
  await store.batch([
    ...stateOperations(commit.nodes, changes.codes),
    ...blockOperations(stored),
    ...canonicalOperations(stored),
    { type: 'put', key: GENESIS_KEY, value: block.hash },
    { type: 'put', key: HEAD_KEY, value: block.hash },
  ])
}

/** The stored head, or the newest ancestor whose state is complete at its root when the store was cut short. */
async function recoverHead(store: Store, reader: BlockReader, nodes: StateNodes, logger: Logger): Promise<StoredBlock> {
  const hash = store.get(HEAD_KEY)
  const head = hash === undefined ? undefined : reader.block(hash)
  if (head === undefined) throw new Error('the store has a genesis but no readable head')
  let usable = head
  while (!hasState(nodes, usable.block.header.stateRoot)) {
    const parent = reader.block(usable.block.header.parentHash)
    if (parent === undefined) throw new Error('the store holds no block whose state is there')
    usable = parent
  }
  if (usable !== head) {
    logger.warn('stepped back to the last block with its state', {
      from: head.block.header.number,
      to: usable.block.header.number,
    })
    await store.batch(await headChangeOperations(await headChange(head, usable, reader.block)))
  }
  return usable
}

function hasState(nodes: StateNodes, root: Hash32): boolean {
  return bytesEqual(root, EMPTY_TRIE_ROOT) || nodes.getNode(bytesToHex(root)) !== undefined
}

/** Failed imports that are remembered (as geth). */
const MAX_BAD_BLOCKS = 10

function requireState(nodes: StateNodes, root: Hash32): void {
  if (hasState(nodes, root)) return
  throw new ChainError('STATE_UNAVAILABLE', `no state is stored for root 0x${bytesToHex(root)}`, { root })
}

type Parts = ChainDeps & { reader: BlockReader; nodes: StateNodes }

class StoredChain implements Chain {
  readonly genesis: Block
  readonly engine: Engine
  readonly chainId: bigint
  readonly nodes: StateNodes
  readonly #parts: Parts
  readonly #tags: TagResolver
  readonly #listeners = new Set<(change: HeadChange) => void>()
  readonly #blooms: BloomIndex
  readonly #states: SharedStates
  #head: StoredBlock
  #badBlocks: readonly Block[] = []
  /** writes happen one after another; the tail never rejects */
  #writes: Promise<unknown> = Promise.resolve()

  constructor(genesis: Block, head: StoredBlock, tags: TagResolver, parts: Parts) {
    this.genesis = genesis
    this.engine = parts.engine
    this.chainId = parts.engine.chainId
    this.nodes = parts.nodes
    this.#parts = parts
    this.#tags = tags
    this.#head = head
    this.#states = createSharedStates(parts.nodes, (root) => requireState(parts.nodes, root))
    this.#blooms = createBloomIndex((number) => parts.store.get(bloomByNumberKey(number)))
  }

  head(): Block {
    return this.#head.block
  }

  resolveTag(tag: Parameters<Chain['resolveTag']>[0]): bigint {
    return resolveTag(tag, this.genesis.header.number, this.#head.block.header.number, this.#tags)
  }

  getBlockByNumber(number: bigint): StoredBlock | undefined {
    const hash = this.getHashByNumber(number)
    return hash === undefined ? undefined : this.#parts.reader.block(hash)
  }

  getBlockByHash(hash: Hash32): StoredBlock | undefined {
    return this.#parts.reader.block(hash)
  }

  getHeaderByNumber(number: bigint): Block['header'] | undefined {
    const hash = this.getHashByNumber(number)
    return hash === undefined ? undefined : this.#parts.reader.header(hash)
  }

  /** Nothing above the head answers, even while a batch that has already reached the store is being acknowledged. */
  getHashByNumber(number: bigint): Hash32 | undefined {
    return number > this.#head.block.header.number ? undefined : this.#parts.reader.hashByNumber(number)
  }

  isCanonical(hash: Hash32): boolean {
    const header = this.#parts.reader.header(hash)
    const canonical = header === undefined ? undefined : this.getHashByNumber(header.number)
    return canonical !== undefined && bytesEqual(canonical, hash)
  }

  getTransactions(block: Block): ReturnType<Chain['getTransactions']> {
    return this.#parts.reader.transactions(block)
  }

  getTransaction(block: Block, index: number): ReturnType<Chain['getTransaction']> {
    return this.#parts.reader.transaction(block, index)
  }

  readTransactions(block: Block): ReturnType<Chain['readTransactions']> {
    return this.#parts.reader.readTransactions(block)
  }

  getTransactionLocation(hash: Hash32): ReturnType<Chain['getTransactionLocation']> {
    const bytes = this.#parts.store.get(transactionKey(bytesToHex(hash)))
    const location = bytes === undefined ? undefined : decodeLocation(bytes)
    return location !== undefined && this.isCanonical(location.blockHash) ? location : undefined
  }

  stateAt(root: Hash32): ReturnType<Chain['stateAt']> {
    return this.#states.at(root)
  }

  ancestorHashes(parent: Block): (number: bigint) => Hash32 | undefined {
    return this.#parts.reader.ancestorHashes(parent)
  }

  getLogs(filter: Parameters<Chain['getLogs']>[0]): ReturnType<Chain['getLogs']> {
    return findLogs(this.findLogBlocks(filter), filter)
  }

  *findLogBlocks(filter: Parameters<Chain['findLogBlocks']>[0]): ReturnType<Chain['findLogBlocks']> {
    for (const number of this.#blooms.candidates(filter, this.#head.block.header.number)) {
      yield number === undefined ? undefined : this.getBlockByNumber(number)
    }
  }

  append(outcome: BlockOutcome): Promise<void> {
    return this.#exclusively(() => this.#store(outcome))
  }

  async importBlock(block: Block, blockAccessList?: Uint8Array): Promise<void> {
    if (!bytesEqual(hashHeader(block.header), block.hash)) {
      throw new InvalidBlock('BLOCK_HASH_MISMATCH', 'the block hash is not that of the header', { hash: block.hash })
    }
    if (this.isCanonical(block.hash)) return
    if (this.#parts.reader.header(block.hash) !== undefined) return this.rewindTo(block.hash)
    const outcome = await this.#execute(block, blockAccessList).catch((error: unknown) => {
      if (error instanceof InvalidBlock) this.#rememberBad(block)
      throw error
    })
    await this.append(outcome)
  }

  badBlocks(): readonly Block[] {
    return this.#badBlocks
  }

  async #execute(block: Block, blockAccessList: Uint8Array | undefined): Promise<BlockOutcome> {
    const parent = this.#requireParent(block)
    return this.engine.executeBlock({
      parent: parent.header,
      block,
      state: this.stateAt(parent.header.stateRoot),
      blockHash: this.ancestorHashes(parent),
      ancestors: () => this.#ancestors(block),
      ...(blockAccessList === undefined ? {} : { blockAccessList }),
    })
  }

  /** The newest first; one that fails again moves to the front. */
  #rememberBad(block: Block): void {
    const others = this.#badBlocks.filter(({ hash }) => !bytesEqual(hash, block.hash))
    this.#badBlocks = [block, ...others].slice(0, MAX_BAD_BLOCKS)
  }

  rewindTo(hash: Hash32): Promise<void> {
    return this.#exclusively(async () => {
      const next = this.#parts.reader.block(hash)
      if (next === undefined) {
        throw new ChainError('UNKNOWN_BLOCK', `no block 0x${bytesToHex(hash)} is stored`, { hash })
      }
      if (!bytesEqual(hash, this.#head.block.hash)) await this.#write(next, [])
    })
  }

  onHead(listener: (change: HeadChange) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  getMeta(key: string): Uint8Array | undefined {
    return this.#parts.store.get(metaKey(key))
  }

  putMeta(key: string, value: Uint8Array): Promise<void> {
    return this.#exclusively(() => this.#parts.store.batch([{ type: 'put', key: metaKey(key), value }]))
  }

  /** Waits for the write under way, then closes the store. */
  close(): Promise<void> {
    return this.#exclusively(() => this.#parts.store.close())
  }

  async #store(outcome: BlockOutcome): Promise<void> {
    const { block, receipts, nodes, changes, blockAccessList, injected } = outcome
    const parent = this.#requireParent(block)
    const next: StoredBlock = {
      block,
      receipts,
      ...(blockAccessList === undefined ? {} : { blockAccessList }),
      ...(injected === undefined ? {} : { changes: injected }),
    }
    const operations = blockOperations(next)
    if (isTurnOver()) await giveWay()
    await this.#write(next, [...stateOperations(nodes, changes.codes), ...operations], () => {
      this.nodes.remember(nodes, changes.codes)
      this.#states.follow(parent.header.stateRoot, block.header.stateRoot)
    })
  }

  /** The one place where the chain changes; `onStored` is called between the store and everything else that learns of it. */
  async #write(next: StoredBlock, operations: readonly StoreOperation[], onStored?: () => void): Promise<void> {
    const { store, reader } = this.#parts
    const change = await headChange(this.#head, next, reader.block)
    const everything = [...operations, ...(await headChangeOperations(change))]
    if (isTurnOver()) await giveWay()
    await store.batch(everything)
    if (isTurnOver()) await giveWay()
    onStored?.()
    reader.remember(next)
    reader.forgetNumbers()
    this.#blooms.follow(change)
    this.#head = next
    for (const listener of this.#listeners) this.#notify(listener, change)
  }

  /** The chain has already changed when listeners run, so a broken listener must not look like a failed write. */
  #notify(listener: (change: HeadChange) => void, change: HeadChange): void {
    try {
      listener(change)
    } catch (error) {
      this.#parts.logger.error('a head listener failed', { error, number: change.head.header.number })
    }
  }

  /** The last seven, the parent first. */
  #ancestors(block: Block): Block[] {
    const ancestors: Block[] = []
    for (let child = block; ancestors.length < OMMER_ANCESTORS; ) {
      const parent = this.#parts.reader.block(child.header.parentHash)?.block
      if (parent === undefined) break
      ancestors.push(parent)
      child = parent
    }
    return ancestors
  }

  #requireParent(block: Block): Block {
    const parent = this.#parts.reader.block(block.header.parentHash)
    if (parent !== undefined) return parent.block
    throw new ChainError('UNKNOWN_PARENT', `the parent of block ${block.header.number} is not stored`, {
      number: block.header.number,
      parentHash: block.header.parentHash,
    })
  }

  #exclusively<T>(write: () => Promise<T>): Promise<T> {
    const result = this.#writes.then(write)
    this.#writes = result.catch(() => undefined)
    return result
  }
}
