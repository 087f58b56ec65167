import { keccak256, type LocalAccount } from 'viem'
import type { Chain, Clock, Logger } from '../../node/types.ts'
import { executeGas } from '../../precompiles/index.ts'
import type { ExecuteVerdict } from '../../precompiles/types.ts'
import { bytesEqual, bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import type { Block } from '../../stateless/types.ts'
import type { SettlementFault } from '../control/brokenBlocks.ts'
import type { Faults, Sending } from '../control/faults.ts'
import { RollupError } from '../errors.ts'
import { forcedIdsIn, MAX_FORCED_PER_BLOCK } from '../forcedTransactions.ts'
import { clearRecord, readRecord, writeRecord } from '../json.ts'
import type { L1Client } from '../l1/l1Client.ts'
import { advancedIn } from '../l1/l1Events.ts'
import type { L1Block, L1Receipt } from '../l1/l1Types.ts'
import { createLock } from '../lock.ts'
import { createLoop } from '../loop.ts'
import type { L1View, SettlementLimits } from '../types.ts'
import type { AttemptJournal } from './attempts.ts'
import type { InputStore } from './inputs.ts'
import { proposerTurn } from './proposer.ts'
import { readSettledHead } from './settledHead.ts'
import {
  encodeSettlement,
  executionGasOf,
  type Fees,
  fits,
  gasLimitFor,
  marketFees,
  type PackedBlock,
  replacementFees,
} from './settlement.ts'
import { settlementRefusal } from './settlementRefusal.ts'

type Hex = `0x${string}`

/**
 * What one step came to. `idle`: everything is settled. `waiting`: a transaction is on its way. `blocked`: the next
 * block cannot be sent yet (L1 time, another head on L1, not our turn); `status` says why.
 */
export type SettlerStep = 'idle' | 'sent' | 'settled' | 'waiting' | 'blocked'

export type SettlerStatus = { active: boolean; lastTx?: Hex; lastError?: string; nextAttempt?: bigint }

export type Settler = {
  /**
   * One move towards a chain that is settled, up to block `upTo` if there is one; throws RollupError. Safe to call at any
   * time, also beside the loop.
   */
  step(upTo?: bigint): Promise<SettlerStep>
  /**
   * Sends any call of the rollup contract from this account, and gives its hash; undefined: a transaction is on its way, try
   * again later. It is followed like a settlement, whose place it takes, but what becomes of it is nobody's failure.
   */
  post(call: { data: Hex; gas: bigint }): Promise<Hex | undefined>
  /** runs `work` while nothing is sent or followed, and no step begins before it is done */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result>
  /** gives the function that brings back what is in flight now, for the holder of `exclusively` */
  remember(): () => Promise<void>
  wake(): void
  status(): SettlerStatus
  /** the newest block in the transaction that is on its way to L1, if there is one */
  onItsWay(): bigint | undefined
  /** whether it settles by itself; `step` does in any case, and what is on its way is followed */
  setPaused(isPaused: boolean): void
  start(): void
  close(): Promise<void>
}

export type SettlerOptions = {
  limits: SettlementLimits
  /** a transaction that is not included after this long and 3 L1 blocks is replaced at higher fees; default 30 s */
  bumpAfterMs?: number
  /** wei; default 1 gwei */
  priorityFee?: bigint
  idleMs?: number
}

export type SettlerDeps = {
  chain: Chain
  view: L1View
  l1: L1Client
  inputs: InputStore
  /** remembers what is sent and what becomes of it */
  attempts: AttemptJournal
  /** what is broken on purpose */
  faults: Faults
  account: LocalAccount
  /** EXECUTE as this node knows it: nothing is sent that it refuses */
  verify(input: Uint8Array, gasLimit: bigint): Promise<ExecuteVerdict>
  /** L1 refused a settlement: look whether the blocks must be built again */
  onRefused(reason: string): void
  clock: Clock
  logger: Logger
}

/** The transaction in flight; durable, so that a restart neither sends twice nor waits for nothing. */
type InFlight = Fees & {
  nonce: bigint
  /** every version that was sent with this nonce, newest last */
  versions: Version[]
  sentAtMs: number
  sentAtL1Block: bigint
  gas: bigint
}
/**
 * `posted`: no settlement of this node's making; `fault`: one that is broken on purpose. Whatever becomes of either is as it
 * should be.
 */
type Version = { txHash: Hex; blocks: { number: bigint; hash: Hex }[]; posted?: true; fault?: SettlementFault }
type Sent = Omit<Version, 'txHash'> & { gas: bigint }
/** `isStuck`: L1 knows the old transaction, so that the new one must pay more. */
type Replacement = { inFlight: InFlight; isStuck: boolean }
type L1Head = { block: L1Block; number: bigint; hash: Hex }

const IN_FLIGHT_KEY = 'settler/inFlight'
/** as the last block to settle: what is on its way is followed, and nothing is sent */
const NOTHING_NEW = 0n
const GWEI = 1_000_000_000n
/** L1 blocks that must have passed a transaction by before it counts as stuck, however slow L1 is */
const BLOCKS_BEFORE_BUMP = 3n
/** block hashes that passed the local EXECUTE; forgetting them costs a second run */
const MAX_REMEMBERED = 4_096

/**
 * Carries sealed L2 blocks to L1, as many in one transaction as fit, one transaction at a time. The head is read from
 * the contract each time; an own counter is never trusted.
 */
export function createSettler(options: SettlerOptions, deps: SettlerDeps): Settler {
  const { logger, clock } = deps
  const lock = createLock()
  const verified = new Set<Hex>()
  const status: { lastTx?: Hex; lastError?: string; nextAttemptMs?: number } = {}
  let started = false
  let paused = false
  let isOurTurn = true

  async function step(upTo: bigint | undefined): Promise<SettlerStep> {
    let replacement: Replacement | undefined
    const inFlight = readRecord<InFlight>(deps.chain, IN_FLIGHT_KEY)
    if (inFlight !== undefined) {
      const progress = await follow(options, deps, inFlight)
      if (typeof progress === 'string') return progress
      replacement = progress
    }
    const head = await readHead(deps)
    const blocks = await nextBlocks(options, deps, head, upTo)
    if (typeof blocks === 'string') {
      if (blocks !== 'idle') status.lastError = blocks
      return blocks === 'idle' ? 'idle' : 'blocked'
    }
    const notOurTurn = await turnOf(deps, head)
    if ((notOurTurn === undefined) !== isOurTurn) {
      isOurTurn = notOurTurn === undefined
      if (isOurTurn) logger.info('settling again: the rollup on L1 takes blocks of this node')
      else logger.warn('not settling', { reason: notOurTurn })
    }
    if (notOurTurn !== undefined) {
      status.lastError = notOurTurn
      return 'blocked'
    }
    for (const block of blocks) await verifyOnce(deps, verified, block)
    status.lastTx = await sendBlocks(await deps.faults.ofSettlement(blocks), { head, replacement })
    return 'sent'
  }

  async function sendBlocks({ blocks, ...about }: Sending, place: Place): Promise<Hex> {
    const gas = gasLimitFor(blocks)
    const ids = blocks.map(({ number, hash }) => ({ number, hash }))
    const { txHash, nonce } = await send(
      options,
      deps,
      { data: encodeSettlement(blocks), gas, blocks: ids, ...about },
      place,
    )
    const [from, to] = [ids[0]?.number ?? 0n, ids.at(-1)?.number]
    logger.info('settlement sent', { txHash, from, to, gas, nonce })
    if (about.fault !== undefined) deps.faults.done(about.fault, from)
    return txHash
  }

  async function post(call: { data: Hex; gas: bigint }): Promise<Hex | undefined> {
    const inFlight = readRecord<InFlight>(deps.chain, IN_FLIGHT_KEY)
    const progress = inFlight === undefined ? 'settled' : await followReporting(inFlight)
    if (progress === 'waiting') return undefined
    const replacement = typeof progress === 'string' ? undefined : progress
    const { txHash, nonce } = await send(
      options,
      deps,
      { ...call, blocks: [], posted: true },
      { head: await readHead(deps), replacement },
    )
    logger.info('an input was posted', { txHash, gas: call.gas, nonce })
    return txHash
  }

  /** A refused settlement is the settler's own trouble, not that of whoever waits for its nonce. */
  async function followReporting(inFlight: InFlight): Promise<SettlerStep | Replacement> {
    try {
      return await follow(options, deps, inFlight)
    } catch (error) {
      if (!(error instanceof RollupError) || error.code !== 'SETTLEMENT_REVERTED') throw error
      noteRefusal(error)
      return 'settled'
    }
  }

  function noteRefusal({ message }: RollupError): void {
    status.lastError = message
    deps.onRefused(message)
  }

  async function reportingStep(upTo: bigint | undefined): Promise<SettlerStep> {
    try {
      const result = await step(upTo)
      if (result !== 'blocked') delete status.lastError
      delete status.nextAttemptMs
      return result
    } catch (error) {
      if (error instanceof RollupError && error.code === 'SETTLEMENT_REVERTED') noteRefusal(error)
      else status.lastError = error instanceof Error ? error.message : String(error)
      throw error
    }
  }

  const loop = createLoop(
    {
      name: 'settler',
      idleMs: options.idleMs ?? 500,
      minBackoffMs: 500,
      maxBackoffMs: 30_000,
      onBackoff: (backoffMs) => {
        status.nextAttemptMs = clock.nowMs() + backoffMs
      },
    },
    async () => {
      const next = () => settler.step(paused ? NOTHING_NEW : undefined)
      const first = await next()
      let last = first
      while (last === 'settled') last = await next()
      // a settlement that L1 refuses costs gas each time: to have sent it again does not shorten the growing pauses
      return first === 'sent' || first === 'waiting' ? 'undecided' : last
    },
    logger,
  )
  const settler: Settler = {
    step: (upTo) => lock(() => reportingStep(upTo)),
    post: (call) => lock(() => post(call)),
    exclusively: lock,
    remember() {
      const inFlight = deps.chain.getMeta(IN_FLIGHT_KEY) ?? new Uint8Array(0)
      const { lastTx } = status
      return async () => {
        await deps.chain.putMeta(IN_FLIGHT_KEY, inFlight)
        for (const fact of Object.keys(status) as (keyof typeof status)[]) delete status[fact]
        if (lastTx !== undefined) status.lastTx = lastTx
        loop.restart()
      }
    },
    wake: loop.wake,
    status: () => {
      const { nextAttemptMs, ...facts } = status
      const nextAttempt = nextAttemptMs === undefined ? undefined : BigInt(Math.ceil(nextAttemptMs / 1000))
      return { active: started && !paused, ...facts, ...(nextAttempt === undefined ? {} : { nextAttempt }) }
    },
    onItsWay() {
      const inFlight = readRecord<InFlight>(deps.chain, IN_FLIGHT_KEY)
      return inFlight?.versions
        .flatMap(({ blocks }) => blocks.map(({ number }) => number))
        .reduce<bigint | undefined>(later, undefined)
    },
    setPaused(isPaused) {
      paused = isPaused
      if (!paused) loop.wake()
    },
    start() {
      started = true
      loop.start()
    },
    async close() {
      started = false
      await loop.close()
    },
  }
  return settler
}

function later(latest: bigint | undefined, number: bigint): bigint {
  return latest === undefined || number > latest ? number : latest
}

/** Looks after the transaction in flight; the answer says when another one must take its nonce. */
async function follow(
  options: SettlerOptions,
  deps: SettlerDeps,
  inFlight: InFlight,
): Promise<SettlerStep | Replacement> {
  // asked before the receipts: what is included in between must not look like somebody else's transaction
  const nextNonce = await deps.l1.getTransactionCount(deps.account.address)
  for (const { txHash, ...version } of inFlight.versions.toReversed()) {
    const receipt = await deps.l1.getReceipt(txHash)
    if (receipt !== undefined) return finish(deps, { ...version, gas: inFlight.gas }, receipt)
  }
  if (nextNonce !== inFlight.nonce) {
    // Lower: a reorg took an earlier transaction away, and what is in flight would wait for that one for ever. In both
    // cases the contract's head tells what is left to do.
    const what = nextNonce > inFlight.nonce ? 'was used by another transaction' : 'is ahead of L1 after a reorg'
    deps.logger.warn(`the settler's nonce ${what}`, { nonce: inFlight.nonce, nextNonce })
    await deps.attempts.abandoned(`nonce ${inFlight.nonce} ${what}`)
    await clearRecord(deps.chain, IN_FLIGHT_KEY)
    return 'settled'
  }
  const waitedMs = deps.clock.nowMs() - inFlight.sentAtMs
  const newest = inFlight.versions.at(-1)
  const isStuck = newest !== undefined && (await deps.l1.getTransactionInput(newest.txHash)) !== undefined
  const passedBy = deps.view.head().number - inFlight.sentAtL1Block
  const isPatient = waitedMs < (options.bumpAfterMs ?? 30_000) || passedBy < BLOCKS_BEFORE_BUMP
  if (isStuck && isPatient) return 'waiting'
  const fields = { waitedMs, l1Blocks: passedBy, isStuck, nonce: inFlight.nonce }
  deps.logger.warn('the settlement is not included, sending it again', fields)
  return { inFlight, isStuck }
}

async function finish(deps: SettlerDeps, sent: Sent, receipt: L1Receipt): Promise<SettlerStep> {
  const { transactionHash, blockNumber, gasUsed } = receipt
  const { rollup } = deps.view.deployment.l1
  const call = { from: deps.account.address, rollup, gas: sent.gas }
  const reason = receipt.succeeded || sent.posted ? undefined : await settlementRefusal(deps.l1, call, receipt)
  await clearRecord(deps.chain, IN_FLIGHT_KEY)
  const advanced = advancedIn(receipt.logs, rollup)
  for (const { hash } of advanced) await deps.inputs.release(hexToBytes(hash))
  const outcome = receipt.succeeded ? 'settled' : 'reverted'
  const about = { l1Block: blockNumber, gasUsed, ...(reason === undefined ? {} : { reason }) }
  await deps.attempts.concluded(transactionHash, { outcome, ...about })
  if (sent.posted) return 'settled'
  if (sent.fault !== undefined) {
    deps.logger.warn('L1 has judged a broken settlement', {
      fault: sent.fault,
      outcome,
      reason,
      txHash: transactionHash,
    })
    deps.onRefused(sent.fault)
    return 'settled'
  }
  if (reason !== undefined) {
    const data = { reason, txHash: transactionHash, blocks: sent.blocks.map(({ number }) => number) }
    throw new RollupError('SETTLEMENT_REVERTED', `L1 refused the settlement: ${reason}`, data)
  }
  for (const { number, hash } of sent.blocks) {
    if (!advanced.some((event) => event.number === number && event.hash === hash)) {
      throw new RollupError('BAD_L1_DATA', `the settlement of L2 block ${number} has no BlockAdvanced`, { number })
    }
  }
  const last = sent.blocks.at(-1)?.number
  deps.logger.info('settled on L1', { blocks: sent.blocks.length, upTo: last, l1Block: blockNumber, gasUsed })
  return 'settled'
}

async function readHead({ l1, view }: SettlerDeps): Promise<L1Head> {
  const block = await l1.getBlock('latest')
  if (block === undefined) throw new RollupError('BAD_L1_DATA', 'L1 has no latest block')
  return { block, ...(await readSettledHead(l1, view.deployment.l1.rollup, block.number)) }
}

/** The blocks for the next transaction, or 'idle', or why there are none. */
async function nextBlocks(
  options: SettlerOptions,
  { chain, view, inputs, clock }: SettlerDeps,
  head: L1Head,
  upTo: bigint | undefined,
): Promise<PackedBlock[] | string> {
  const settledHash = chain.getHashByNumber(head.number)
  if (settledHash === undefined || !bytesEqual(settledHash, hexToBytes(head.hash))) {
    return `the head on L1, block ${head.number}, is not in this chain yet`
  }
  const newest = chain.head().header.number
  const tip = upTo !== undefined && upTo < newest ? upTo : newest
  if (tip <= head.number) return 'idle'
  const l1Time = nextL1Time(head, clock)
  const packed: PackedBlock[] = []
  for (let number = head.number + 1n; number <= tip; number++) {
    const block = chain.getBlockByNumber(number)?.block
    if (block === undefined || block.header.timestamp > l1Time) break
    const ids = forcedIdsIn(view, block.transactions)
    // named ones go with a call of their own
    if (packed.length > 0 && ids.length > 0) break
    const transactions = block.transactions.length
    const facts = { number, hash: hashOf(block), transactions }
    const next: PackedBlock = { ...(await inputs.require(block.hash)), ...facts, forced: [] }
    if (packed.length > 0 && !fits([...packed, next], options.limits)) break
    packed.push({ ...next, forced: nameable(next, ids, options.limits) })
    if (ids.length > 0) break
  }
  return packed.length > 0 ? packed : `L2 block ${head.number + 1n} is ahead of the time of L1`
}

/**
 * As many ids as the settlement can pay for. The builder leaves room for what it puts in; more are copies that somebody
 * forced afterwards, and the queue's own steps or expiry get rid of them.
 */
function nameable(block: PackedBlock, ids: readonly bigint[], limits: SettlementLimits): readonly bigint[] {
  let count = Math.min(ids.length, 2 * MAX_FORCED_PER_BLOCK)
  const gasWith = (forced: readonly bigint[]) => executionGasOf([{ ...block, forced }])
  while (count > 0 && gasWith(ids.slice(0, count)) > limits.maxTransactionGas) count -= 1
  return ids.slice(0, count)
}

function hashOf(block: Block): Hex {
  return `0x${bytesToHex(block.hash)}`
}

/** Why this account may not settle now; undefined: it may. */
async function turnOf(deps: SettlerDeps, head: L1Head): Promise<string | undefined> {
  const { account, clock } = deps
  const turn = await proposerTurn(deps, account.address, nextL1Time(head, clock))
  if (turn.mayAdvance) return undefined
  const opensAt = new Date(Number(turn.opensAt) * 1000).toISOString()
  const who = `the sequencer on L1 is ${turn.sequencer}, not ${account.address.toLowerCase()}`
  return `${who}; this node settles again when the rollup is open, at ${opensAt} if nothing happens`
}

/** The time of an L1 block that begins now. */
function nextL1Time({ block }: L1Head, clock: Clock): bigint {
  const now = BigInt(Math.floor(clock.nowMs() / 1000))
  return now > block.timestamp ? now : block.timestamp + 1n
}

/** Runs EXECUTE here before L1 is asked to; a damaged stored input is recorded again once. */
async function verifyOnce(deps: SettlerDeps, verified: Set<Hex>, block: PackedBlock): Promise<void> {
  if (verified.has(block.hash)) return
  let verdict = await verifyBlock(deps, block)
  if (!verdict.ok) {
    Object.assign(block, await deps.inputs.regenerate(hexToBytes(block.hash)))
    verdict = await verifyBlock(deps, block)
  }
  if (!verdict.ok) {
    const { stage, code, message } = verdict.failure
    const text = `L2 block ${block.number} does not pass the local EXECUTE: ${stage} ${code}: ${message}`
    deps.logger.error('an own block is not settleable', {
      number: block.number,
      hash: block.hash,
      stage,
      code,
      message,
    })
    throw new RollupError('NOT_SETTLEABLE', text, { number: block.number, stage, code })
  }
  block.regularGas = verdict.regularGas
  if (verified.size >= MAX_REMEMBERED) verified.clear()
  verified.add(block.hash)
}

function verifyBlock({ verify }: SettlerDeps, { input, regularGas }: PackedBlock): Promise<ExecuteVerdict> {
  return verify(input, executeGas(input.length, regularGas))
}

type Call = { data: Hex; gas: bigint } & Omit<Version, 'txHash'>
type Place = { head: L1Head; replacement: Replacement | undefined }

/** Signs and sends a call of the rollup contract, with the nonce of the one that it replaces, and remembers it as in flight. */
async function send(
  options: SettlerOptions,
  { l1, account, view, chain, attempts, clock }: SettlerDeps,
  { data, gas, ...about }: Call,
  { head, replacement }: Place,
): Promise<{ txHash: Hex; nonce: bigint }> {
  const previous = replacement?.inFlight
  const market = marketFees(head.block.baseFeePerGas, options.priorityFee ?? GWEI)
  const fees = replacement?.isStuck === true ? replacementFees(market, replacement.inFlight) : market
  if (fees === undefined) throw new RollupError('L1_REFUSED', 'the settlement is stuck although it pays far too much')
  const nonce = previous?.nonce ?? (await l1.getTransactionCount(account.address))
  const signed = await account.signTransaction({
    type: 'eip1559',
    chainId: view.deployment.l1ChainId,
    nonce: Number(nonce),
    to: view.deployment.l1.rollup,
    gas,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.priorityFee,
    data,
  })
  const txHash = keccak256(signed)
  // written before it is sent: after a crash in between there is a hash to look for, and nobody knowing it sends again
  const older = (previous?.versions ?? []).filter((version) => version.txHash !== txHash)
  const inFlight: InFlight = {
    nonce,
    ...fees,
    versions: [...older, { txHash, ...about }],
    sentAtMs: clock.nowMs(),
    sentAtL1Block: head.block.number,
    gas,
  }
  await writeRecord(chain, IN_FLIGHT_KEY, inFlight)
  const from = about.blocks[0]?.number ?? 0n
  const hashes = about.blocks.map(({ hash }) => hash)
  const fault = about.fault === undefined ? {} : { fault: about.fault }
  await attempts.sent({ txHash, nonce, from, hashes, sentAtMs: inFlight.sentAtMs, gas, ...fees, ...fault })
  await l1.sendRawTransaction(signed)
  return { txHash, nonce }
}
