import { TransactionRejected, type TransactionRejectedCode } from '../execution/errors.ts'
import type { BlockAssembly, BlockEnv, BlockOutcome, Transaction } from '../execution/types.ts'
import type { Chain, Logger, TxPool } from '../node/types.ts'
import { calldataLength, RESOLVE_GAS, settlementGas } from '../precompiles/index.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { createStateView } from '../stateless/stateView.ts'
import type { Block, Hash32 } from '../stateless/types.ts'
import { createRecorder } from '../stateless/witness.ts'
import type { Anchor } from './anchor.ts'
import { type ClaimPlan, type ClaimResult, type Claims, COURTESY_CLAIMS } from './claims.ts'
import { slotKey } from './contracts.ts'
import { RollupError } from './errors.ts'
import type { ForcedCandidate, ForcedTransactions } from './forcedTransactions.ts'
import { createRoom, type Room, unsettleable } from './limits.ts'
import type { ReplayQueue } from './replay.ts'
import { recordInput, type Settleable } from './settling/inputs.ts'
import type { Message, SettlementLimits } from './types.ts'

export type BuildL2Request = {
  parent: Block
  anchor: Anchor
  timestamp: bigint
  /** undefined: nothing to claim, or no proof to be had now */
  claims: ClaimPlan | undefined
  /** claims come behind the transactions; default: before them, since these may spend what claims bring */
  claimsLast?: boolean
  /** make a block although nobody sent anything */
  allowEmpty: boolean
  byHand?: HandMade
}

/** What somebody wants of one block: exactly these transactions in their order, none else; this coinbase (20 bytes). */
export type HandMade = { transactions?: readonly Transaction[]; coinbase?: Uint8Array }

/** A transaction of the old chain that the new one does not take, and why. */
type Displaced = { tx: Transaction; reason: string }

export type BuiltL2Block = {
  outcome: BlockOutcome
  settleable: Settleable
  /** messages of L1 that the block claims */
  delivered: readonly Message[]
  /** what the replay queue can forget once the block is stored */
  replayed: readonly Transaction[]
  displaced: readonly Displaced[]
}

export type L2Builder = {
  /**
   * Seals the next block, checked and with its input; nothing is persisted. undefined: nothing to include. Throws RollupError
   * CANNOT_BUILD when a transaction that is wanted by hand cannot be in it.
   */
  build(request: BuildL2Request): Promise<BuiltL2Block | undefined>
  /** after the block was stored: empties the replay queue and gives the pool what the block did not take */
  finish(built: Pick<BuiltL2Block, 'replayed' | 'displaced'>): Promise<void>
  /** after a restart: the pool gets what it held of an old chain */
  resume(): Promise<void>
}

/** `coinbase` is asked at the beginning of each block. */
export type L2BuilderOptions = { gasLimit: bigint; coinbase(): Uint8Array; limits: SettlementLimits }
export type L2BuilderDeps = {
  chain: Chain
  pool: TxPool
  claims: Claims
  replay: ReplayQueue
  forced: ForcedTransactions
  /** claims of an old chain that the pool took back: they are made anew, for the new anchor */
  isOwn(tx: Transaction): boolean
  /** a transaction that was to be run again, or was given to be run, and is in no block */
  onLeftOut?(tx: Transaction, reason: string): void
  logger: Logger
}

/** A block that came out too large is made again with fewer transactions, this many times at most. */
const MAX_ATTEMPTS = 12
/** Forced transactions that turned out too large while they ran: so many cost build time in one block. */
const MAX_OVERSIZED_FORCED = 2
/** Refusals that a later block may lift; every other one is final. */
const WAITING_CODES: ReadonlySet<TransactionRejectedCode> = new Set([
  'NONCE_TOO_HIGH',
  'NONCE_TOO_LOW',
  'BLOCK_GAS_EXHAUSTED',
  'FEE_CAP_TOO_LOW',
  'INSUFFICIENT_FUNDS',
])

/**
 * Builds L2 blocks that one L1 transaction can settle. Order: transactions that L1 demands, a transaction that did not fit
 * last time, claims of L1 messages, transactions of a chain that had to be rebuilt, the pool.
 */
export function createL2Builder(options: L2BuilderOptions, deps: L2BuilderDeps): L2Builder {
  const deferral: Deferral = { hash: undefined, oversizedForced: 0 }
  return {
    async build(request) {
      deferral.oversizedForced = 0
      let maxTransactions = Number.POSITIVE_INFINITY
      for (let attempt = 0; attempt < MAX_ATTEMPTS; ) {
        const draft = await assemble(options, deps, { ...request, maxTransactions, deferral })
        // each time at least one transaction was given up, so this ends
        if (draft === 'again') continue
        if (draft === 'empty') return undefined
        attempt += 1
        const outcome = await draft.assembly.seal()
        const recorded = await recordInput(deps.chain, outcome.block, outcome.blockAccessList)
        const settleable = {
          input: recorded.input,
          regularGas: outcome.regularGas,
          anchorBlock: request.anchor.number,
        }
        const excess = excessOf(settleable, draft, options.limits)
        if (excess === undefined) return { outcome, settleable, delivered: draft.delivered, ...draft.replay }
        if (request.byHand?.transactions !== undefined) throw tooLarge(excess)
        maxTransactions = await shrink(draft, excess, deps)
      }
      throw new Error('no block within the settlement limits could be built')
    },
    finish: (built) => finishReplay(deps, built),
    async resume() {
      const aside = deps.replay.aside().map((tx) => ({ tx, reason: 'the node was stopped' }))
      await deps.replay.setAside(await giveToPool(deps, aside))
    },
  }
}

type Deferral = { hash: Hash32 | undefined; oversizedForced: number }
type Excess = { what: string; have: bigint; limit: bigint }
type Draft = {
  assembly: BlockAssembly
  replay: Pick<BuiltL2Block, 'replayed' | 'displaced'>
  claims: ClaimPlan | undefined
  delivered: readonly Message[]
  /** forced transactions in the block, which its settlement resolves */
  demanded: number
  /** the only transaction that is not a claim, when there is exactly one */
  single: Transaction | undefined
}
type AssembleRequest = BuildL2Request & { maxTransactions: number; deferral: Deferral }

async function assemble(
  options: L2BuilderOptions,
  deps: L2BuilderDeps,
  request: AssembleRequest,
): Promise<Draft | 'again' | 'empty'> {
  const { chain } = deps
  const { parent, maxTransactions, byHand } = request
  const coinbase = byHand?.coinbase
  const recorder = createRecorder(chain.nodes)
  const assembly = await chain.engine.beginBlock({
    parent: parent.header,
    parentHash: parent.hash,
    env: l2Env(request, coinbase === undefined ? options : { ...options, coinbase: () => coinbase }),
    state: createStateView(recorder, parent.header.stateRoot),
    blockHash: chain.ancestorHashes(parent),
  })
  const given = byHand?.transactions
  const takesForced = given === undefined && request.deferral.oversizedForced < MAX_OVERSIZED_FORCED
  const forced = takesForced ? deps.forced.candidates() : []
  const limits = withResolutions(options.limits, forced.length)
  const room = createRoom(assembly, recorder, { limits, maxTransactions })
  const adder = createAdder(deps, assembly, room, request.deferral)
  if (!(await adder.addForced(forced))) return 'again'
  if (given === undefined && !room.full() && !(await adder.addDeferred())) return 'again'
  const isReplaying = given === undefined && !deps.replay.isEmpty()
  let claimed = request.claimsLast ? NOTHING_CLAIMED : await addClaims(deps, request, assembly, { room, isReplaying })
  if (given !== undefined) await adder.addGiven(given)
  // what is run again may spend what these claims bring
  else if (!(isReplaying && claimed.cutShort)) {
    if (!(await adder.addReplayed())) return 'again'
    if (!room.full() && !(await adder.addPooled())) return 'again'
  }
  if (request.claimsLast) claimed = await addClaims(deps, request, assembly, { room, isReplaying: false })
  const replay = adder.replay()
  if (adder.count() === 0 && claimed.delivered.length === 0 && !request.allowEmpty) {
    await finishReplay(deps, replay)
    return 'empty'
  }
  const single = assembly.transactions.length === 1 && adder.count() === 1 ? assembly.transactions[0] : undefined
  const demanded = adder.demanded()
  return { assembly, replay, claims: request.claims, delivered: claimed.delivered, demanded, single }
}

const NOTHING_CLAIMED: ClaimResult = { delivered: [], cutShort: false }

function addClaims(
  deps: L2BuilderDeps,
  { claims }: AssembleRequest,
  assembly: BlockAssembly,
  { room, isReplaying }: { room: Room; isReplaying: boolean },
): Promise<ClaimResult> {
  if (claims === undefined || room.full()) return Promise.resolve({ delivered: [], cutShort: claims !== undefined })
  const courtesy = isReplaying ? Number.POSITIVE_INFINITY : COURTESY_CLAIMS
  return deps.claims.include(assembly, claims, room, courtesy)
}

/** contracts.md 1.1: what the rollup contract binds besides parent, number and state. */
export function l2Env(
  { parent, anchor, timestamp }: Pick<BuildL2Request, 'parent' | 'timestamp'> & { anchor: Pick<Anchor, 'hash'> },
  options: Pick<L2BuilderOptions, 'coinbase' | 'gasLimit'>,
): BlockEnv {
  const number = parent.header.number + 1n
  const anchorHash = hexToBytes(anchor.hash)
  return {
    number,
    timestamp,
    coinbase: options.coinbase(),
    gasLimit: options.gasLimit,
    prevRandao: keccak256(concatBytes([anchorHash, slotKey(number)])),
    parentBeaconBlockRoot: anchorHash,
    slotNumber: number,
    withdrawals: [],
  }
}

/** Adds transactions of users. The methods return false when the block must be begun anew. */
function createAdder(deps: L2BuilderDeps, assembly: BlockAssembly, room: Room, deferral: Deferral) {
  const { chain, pool, replay, isOwn, logger } = deps
  const replayed: Transaction[] = []
  const displaced: Displaced[] = []
  const demanded = new Set<string>()
  let count = 0

  const drop = ({ hash }: Transaction, reason: string): void => {
    logger.warn('dropped a transaction that no block can hold', { hash, reason })
    pool.drop(hash, reason)
  }

  /** 'unfit': refused by the limits, and the block with it is over or must be begun anew */
  async function add(tx: Transaction): Promise<'added' | 'unfit' | TransactionRejected> {
    const alone = room.untouched()
    const startedAt = performance.now()
    try {
      const outcome = await assembly.addTransaction(tx, (result) => room.take(tx, result))
      logger.debug('ran a transaction', { hash: tx.hash, ms: performance.now() - startedAt })
      if (outcome !== undefined) {
        count += 1
        return 'added'
      }
    } catch (error) {
      if (error instanceof TransactionRejected) return error
      logger.error('a transaction broke the block under construction', { hash: tx.hash, error })
      pool.drop(tx.hash, 'it broke the block builder')
      deps.forced.postpone(tx.hash, 'it broke the block builder', true)
      await replay.remove([tx])
      throw error
    }
    const refusal = room.refusal()
    if (!alone || refusal === undefined) {
      deferral.hash = tx.hash
      return 'unfit'
    }
    await discard(deps, tx, refusal)
    return 'unfit'
  }

  return {
    count: () => count,
    demanded: () => demanded.size,
    replay: () => ({ replayed, displaced }),
    async addForced(candidates: readonly ForcedCandidate[]): Promise<boolean> {
      for (const { tx } of candidates) {
        const alone = room.untouched()
        const result = await add(tx)
        if (result === 'added') demanded.add(bytesToHex(tx.hash))
        else if (result !== 'unfit') deps.forced.postpone(tx.hash, result.message)
        else if (alone) deferral.oversizedForced += 1
        if (result === 'unfit' || room.full()) return result !== 'unfit' || !alone
      }
      return true
    },
    async addDeferred(): Promise<boolean> {
      const hash = deferral.hash
      deferral.hash = undefined
      const tx = hash === undefined || !replay.isEmpty() ? undefined : pool.get(hash)
      if (tx === undefined || demanded.has(bytesToHex(tx.hash))) return true
      const alone = room.untouched()
      return (await add(tx)) !== 'unfit' || !alone
    },
    async addReplayed(): Promise<boolean> {
      for (const tx of replay.pending()) {
        if (room.full()) return true
        if (demanded.has(bytesToHex(tx.hash))) {
          replayed.push(tx)
          continue
        }
        const alone = room.untouched()
        const result = await add(tx)
        if (result === 'unfit') return !alone
        if (result instanceof TransactionRejected && result.code === 'BLOCK_GAS_EXHAUSTED') return true
        if (result instanceof TransactionRejected) displaced.push({ tx, reason: result.message })
        replayed.push(tx)
      }
      return true
    },
    async addGiven(transactions: readonly Transaction[]): Promise<void> {
      for (const [index, tx] of transactions.entries()) {
        const result = await add(tx)
        const refusal = room.refusal()
        if (result === 'added') continue
        const problem =
          result === 'unfit' ? (refusal === undefined ? undefined : tooLarge(refusal).message) : result.message
        const name = `transaction ${index} (0x${bytesToHex(tx.hash)})`
        throw new RollupError('CANNOT_BUILD', `${name} cannot be in the block: ${problem ?? 'it does not fit'}`, {
          index,
        })
      }
    },
    async addPooled(): Promise<boolean> {
      const waiting = new Set<string>()
      for (const tx of pool.candidates(assembly.baseFeePerGas)) {
        if (room.full()) return true
        const sender = bytesToHex(tx.sender)
        if (isOwn(tx)) pool.drop(tx.hash, 'the builder makes its claims anew')
        if (isOwn(tx) || waiting.has(sender) || demanded.has(bytesToHex(tx.hash))) continue
        if (chain.getTransactionLocation(tx.hash) !== undefined) continue
        const alone = room.untouched()
        const result = await add(tx)
        if (result === 'unfit') return !alone
        if (!(result instanceof TransactionRejected)) continue
        waiting.add(sender)
        if (WAITING_CODES.has(result.code))
          logger.debug('skipped a transaction', { hash: tx.hash, reason: result.message })
        else drop(tx, result.message)
      }
      return true
    },
  }
}

/** What no longer fits the rebuilt chain goes back to the pool, or is reported as lost. */
async function finishReplay(
  deps: L2BuilderDeps,
  { replayed, displaced }: Pick<BuiltL2Block, 'replayed' | 'displaced'>,
): Promise<void> {
  const waiting = await giveToPool(deps, displaced)
  if (waiting.length > 0) await deps.replay.setAside([...deps.replay.aside(), ...waiting])
  if (replayed.length > 0) await deps.replay.remove(replayed)
}

/** Gives those that the pool has now. */
async function giveToPool(
  { pool, logger, onLeftOut }: L2BuilderDeps,
  displaced: readonly Displaced[],
): Promise<Transaction[]> {
  const waiting: Transaction[] = []
  for (const { tx, reason } of displaced) {
    const fields = { hash: tx.hash, reason }
    onLeftOut?.(tx, reason)
    try {
      await pool.add(tx.raw)
      logger.warn('a transaction of the old chain went back to the pool', fields)
      waiting.push(tx)
    } catch (error) {
      if (!(error instanceof TransactionRejected)) throw error
      if (error.code === 'ALREADY_KNOWN') {
        logger.warn('a transaction of the old chain waits in the pool', fields)
        waiting.push(tx)
      } else {
        logger.warn('a transaction of the old chain is no longer valid', { ...fields, refusal: error.message })
      }
    }
  }
  return waiting
}

function excessOf(
  settleable: Settleable,
  { assembly, demanded }: Pick<Draft, 'assembly' | 'demanded'>,
  limits: SettlementLimits,
): Excess | undefined {
  const { input, regularGas } = settleable
  if (regularGas > limits.maxRegularGas) return { what: 'regular gas', have: regularGas, limit: limits.maxRegularGas }
  const transactions = assembly.transactions.length
  const settled = { inputLength: input.length, regularGas, transactions, named: demanded }
  const bytes = calldataLength([settled])
  if (bytes > limits.maxCalldataBytes) {
    return { what: 'input bytes', have: BigInt(bytes), limit: BigInt(limits.maxCalldataBytes) }
  }
  const { executionGas } = settlementGas([settled])
  if (executionGas <= limits.maxTransactionGas) return undefined
  return { what: 'execution gas', have: executionGas, limit: limits.maxTransactionGas }
}

function tooLarge({ what, have, limit }: Excess): RollupError {
  return new RollupError('CANNOT_BUILD', `the block needs ${have} ${what}, one settlement carries ${limit}`, {
    have,
    limit,
  })
}

/** How many transactions the next attempt may have. What is alone in its block and still too large is given up. */
async function shrink(draft: Draft, excess: Excess, deps: L2BuilderDeps): Promise<number> {
  const { single, delivered, assembly } = draft
  const count = assembly.transactions.length
  deps.logger.debug('the block is too large to settle', { transactions: count, ...excess })
  if (single !== undefined) {
    await discard(deps, single, excess)
    return Number.POSITIVE_INFINITY
  }
  const proofs = draft.claims?.proof === undefined ? 0 : 1
  if (delivered.length === 1 && count === 1 + proofs) {
    for (const message of delivered) deps.claims.postpone(message, 'no settlement has room for it')
  }
  const fitting = Math.floor((count * Number(excess.limit) * 0.9) / Number(excess.have))
  return Math.max(1, Math.min(count - 1, fitting))
}

/** A transaction that alone is more than one settlement can carry leaves pool and queue. */
async function discard(deps: L2BuilderDeps, tx: Transaction, excess: Excess): Promise<void> {
  const { pool, replay, forced, onLeftOut, logger } = deps
  const { message } = unsettleable(excess.what, excess.have, excess.limit)
  logger.warn('a transaction can never be settled', { hash: tx.hash, reason: message })
  pool.drop(tx.hash, message)
  onLeftOut?.(tx, message)
  forced.postpone(tx.hash, message, true)
  await replay.remove([tx])
}

/** The settlement of the block also resolves what the block includes of the forced transactions. */
function withResolutions(limits: SettlementLimits, forced: number): SettlementLimits {
  return { ...limits, maxRegularGas: limits.maxRegularGas - RESOLVE_GAS * BigInt(forced) }
}
