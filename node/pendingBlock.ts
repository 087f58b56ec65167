import type { BlockEnv, Engine, Transaction } from '../execution/types.ts'
import { bytesEqual, bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { EMPTY_OMMERS_HASH } from '../stateless/header.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { createStateView, overlayNodes } from '../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../stateless/trie.ts'
import type { Block, BlockHeader, NodeSource, StateView } from '../stateless/types.ts'
import { type BuildBlockRequest, buildBlock } from './blockBuilder.ts'
import type { Chain, Logger, StoredBlock, TxPool } from './types.ts'
import { within } from './within.ts'

/**
 * The block that would be sealed now, executed. Nothing of it is stored, and its hash is that of this candidate only:
 * 32 zero bytes where none can be sealed (proof of work rules).
 */
export type PendingBlock = StoredBlock & {
  readonly parent: Block
  readonly transactions: readonly Transaction[]
  /** nodes and codes of its state: its own, and the chain's below */
  readonly nodes: NodeSource
  /** the state after it */
  state(): StateView
}

export type PendingBlocks = {
  /** The header that a block begun now starts with. Roots, gas and bloom are those of an empty block on the head's state. */
  header(): BlockHeader
  /** no transaction waits for the next block, so the head's state is the pending one */
  isEmpty(): boolean
  /** Builds the block unless it is known. Callers at the same time share one build. */
  get(): Promise<PendingBlock>
  /** Makes way for a seal: a build under way is given up, and new ones wait a while for the end of `seal`. */
  during<Result>(seal: () => Promise<Result>): Promise<Result>
}

export type PendingBlockOptions = {
  /** What the block on `parent` would begin with; undefined where no block can be made (proof of work rules). */
  env(parent: Block): BlockEnv | undefined
  /** transactions are no longer begun after so long; default 2,000 */
  maxBuildMs?: number
  /** as the chain's own builder has them */
  limits?: BuildBlockRequest['limits']
}

export type PendingBlockDeps = {
  chain: Pick<Chain, 'engine' | 'head' | 'nodes' | 'stateAt' | 'ancestorHashes'>
  pool: Pick<TxPool, 'candidates' | 'get' | 'status' | 'onPending'>
  logger: Logger
}

const MAX_BUILD_MS = 2_000
const NO_BYTES = new Uint8Array(0)
/** SHA-256 of nothing (EIP-7685) */
const EMPTY_REQUESTS_HASH = hexToBytes('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
/** A cheap block is built again when its time has passed; one that took longer may be so many seconds old. */
const CHEAP_BUILD_MS = 50
const MAX_AGE_SECONDS = 2n
/** Longest that a build waits for a seal under way. */
const SEAL_WAIT_MS = 500
/** After so many tries a build is no longer given up for a seal, and its answer counts although the pool has moved on. */
const MAX_ATTEMPTS = 3

/** The pending block of a chain, built on demand by the ordinary builder and kept until head, pool or time change. */
export function createPendingBlocks(options: PendingBlockOptions, deps: PendingBlockDeps): PendingBlocks {
  const { chain, pool } = deps
  let version = 0
  let known: Build | undefined
  let building: Promise<Build | undefined> | undefined
  let interrupt: AbortController | undefined
  let sealing: Promise<unknown> | undefined
  let lastHeader: BlockHeader | undefined
  pool.onPending(() => {
    version += 1
  })

  const isCurrent = (build: Build): boolean => {
    const { block, version: builtFor, tookMs } = build
    if (builtFor !== version || !bytesEqual(block.parent.hash, chain.head().hash)) return false
    const next = nextHeader(options, chain)
    if (!beginsAlike(next, block.block.header)) return false
    const age = next.timestamp - block.block.header.timestamp
    if (age !== 0n && (tookMs <= CHEAP_BUILD_MS || age < 0n || age > MAX_AGE_SECONDS)) return false
    // Transactions leave the pool without notice.
    return block.transactions.every((tx) => pool.get(tx.hash) !== undefined)
  }

  async function build(canBeInterrupted: boolean): Promise<Build | undefined> {
    const startedAt = performance.now()
    const builtFor = version
    const stop = new AbortController()
    if (canBeInterrupted) interrupt = stop
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(options.maxBuildMs ?? MAX_BUILD_MS)])
    const block = await buildPending(options, deps, signal)
    if (stop.signal.aborted) return undefined
    known = { block, version: builtFor, tookMs: performance.now() - startedAt }
    return known
  }

  return {
    header() {
      const next = nextHeader(options, chain)
      if (lastHeader === undefined || !isSameHeader(lastHeader, next)) lastHeader = next
      return lastHeader
    },
    isEmpty: () => pool.status().pending === 0,
    async get() {
      for (let attempt = 1; ; attempt++) {
        if (sealing !== undefined) await within(sealing, SEAL_WAIT_MS)
        if (known !== undefined && isCurrent(known)) return known.block
        building ??= build(attempt < MAX_ATTEMPTS).finally(() => {
          building = undefined
        })
        const built = await building
        if (built !== undefined && (attempt >= MAX_ATTEMPTS || isCurrent(built))) return built.block
      }
    },
    async during(seal) {
      interrupt?.abort()
      const run = seal()
      const settled = run.catch(() => undefined)
      sealing = settled
      try {
        return await run
      } finally {
        if (sealing === settled) sealing = undefined
      }
    },
  }
}

type Build = { block: PendingBlock; version: number; tookMs: number }

/** The same environment but for the time: settings of a devnet and the anchor of L2 change between two blocks. */
function beginsAlike(a: BlockHeader, b: BlockHeader): boolean {
  return (
    a.gasLimit === b.gasLimit &&
    a.baseFeePerGas === b.baseFeePerGas &&
    bytesEqual(a.coinbase, b.coinbase) &&
    bytesEqual(a.prevRandao, b.prevRandao) &&
    bytesEqual(a.parentBeaconBlockRoot ?? NO_BYTES, b.parentBeaconBlockRoot ?? NO_BYTES)
  )
}

/** What is not compared follows from the parent and the time. Who asks again gets the same object, and what is kept for it. */
function isSameHeader(a: BlockHeader, b: BlockHeader): boolean {
  return (
    bytesEqual(a.parentHash, b.parentHash) &&
    a.timestamp === b.timestamp &&
    a.slotNumber === b.slotNumber &&
    bytesEqual(a.extraData, b.extraData) &&
    beginsAlike(a, b)
  )
}

async function buildPending(
  { env: envOf, limits }: PendingBlockOptions,
  { chain, pool, logger }: PendingBlockDeps,
  signal: AbortSignal,
): Promise<PendingBlock> {
  const parent = chain.head()
  const env = envOf(parent)
  if (env === undefined) return unexecuted(parent, chain)
  const taken = new Map<string, Transaction>()
  const baseFeePerGas = env.baseFeePerGas ?? chain.engine.nextBaseFee(parent.header, env.timestamp)
  const candidates = remembering(pool.candidates(baseFeePerGas), taken)
  const outcome = await buildBlock(
    { parent, env, candidates, allowEmpty: true, signal, ...(limits === undefined ? {} : { limits }) },
    // What cannot be in this block may be in the sealed one: only the sealer takes transactions out of the pool.
    { chain, logger, drop: () => undefined },
  )
  if (outcome === undefined) throw new Error('an empty block was allowed')
  const { block, receipts, blockAccessList, changes } = outcome
  const nodes = overlayNodes(chain.nodes, outcome.nodes, changes.codes)
  return {
    block,
    receipts,
    ...(blockAccessList === undefined ? {} : { blockAccessList }),
    parent,
    transactions: block.transactions.map((raw) => requireTaken(taken, raw)),
    nodes,
    state: () => createStateView(nodes, block.header.stateRoot),
  }
}

/** The pool's objects, whose senders are known, by hash. */
function* remembering(candidates: Iterable<Transaction>, into: Map<string, Transaction>): Iterable<Transaction> {
  for (const tx of candidates) {
    into.set(bytesToHex(tx.hash), tx)
    yield tx
  }
}

function requireTaken(taken: ReadonlyMap<string, Transaction>, raw: Uint8Array): Transaction {
  const tx = taken.get(bytesToHex(keccak256(raw)))
  if (tx === undefined) throw new Error('the pending block holds a transaction that was no candidate')
  return tx
}

/** Under proof of work rules nothing can be sealed here: an empty block on the head's state. */
function unexecuted(parent: Block, chain: PendingBlockDeps['chain']): PendingBlock {
  const header = emptyHeader(parent, undefined, chain.engine)
  const block: Block = { hash: new Uint8Array(32), header, transactions: [], ommers: [] }
  return {
    block,
    receipts: [],
    parent,
    transactions: [],
    nodes: chain.nodes,
    state: () => chain.stateAt(header.stateRoot),
  }
}

function nextHeader({ env }: PendingBlockOptions, chain: PendingBlockDeps['chain']): BlockHeader {
  const parent = chain.head()
  return emptyHeader(parent, env(parent), chain.engine)
}

function emptyHeader(
  { hash: parentHash, header: parent }: Block,
  env: BlockEnv | undefined,
  engine: Engine,
): BlockHeader {
  const number = parent.number + 1n
  const timestamp = env?.timestamp ?? parent.timestamp + 1n
  const baseFeePerGas = env?.baseFeePerGas ?? engine.nextBaseFee(parent, timestamp)
  const excessBlobGas = engine.nextExcessBlobGas(parent, timestamp)
  const hasEip = (eip: number) => engine.hasEip(eip, { number, timestamp })
  return {
    parentHash,
    ommersHash: EMPTY_OMMERS_HASH,
    coinbase: env?.coinbase ?? parent.coinbase,
    stateRoot: parent.stateRoot,
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: EMPTY_TRIE_ROOT,
    logsBloom: new Uint8Array(256),
    difficulty: env === undefined ? parent.difficulty : 0n,
    number,
    gasLimit: env?.gasLimit ?? parent.gasLimit,
    gasUsed: 0n,
    timestamp,
    extraData: env?.extraData ?? new Uint8Array(0),
    prevRandao: env?.prevRandao ?? parent.prevRandao,
    nonce: new Uint8Array(8),
    ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }),
    ...(hasEip(4895) ? { withdrawalsRoot: EMPTY_TRIE_ROOT } : {}),
    ...(excessBlobGas === undefined ? {} : { excessBlobGas, blobGasUsed: 0n }),
    ...(hasEip(4788) ? { parentBeaconBlockRoot: env?.parentBeaconBlockRoot ?? new Uint8Array(32) } : {}),
    ...(hasEip(7685) ? { requestsHash: EMPTY_REQUESTS_HASH } : {}),
    // The hash of the empty access list is that of any empty RLP list.
    ...(hasEip(7928) ? { blockAccessListHash: EMPTY_OMMERS_HASH } : {}),
    ...(env?.slotNumber === undefined ? {} : { slotNumber: env.slotNumber }),
  }
}
