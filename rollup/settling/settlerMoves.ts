import type { LocalAccount } from 'viem'
import type { Chain, Clock, Logger } from '../../node/types.ts'
import type { ExecuteVerdict } from '../../precompiles/types.ts'
import type { Faults, Sending } from '../control/faults.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import type { L1View, SettlementLimits } from '../types.ts'
import type { AttemptJournal } from './attempts.ts'
import { type Followed, follow, type Replacement } from './follow.ts'
import type { InFlight, InFlightStore } from './inFlight.ts'
import type { InputStore } from './inputs.ts'
import { type L1Head, nextL1Time, readHead } from './l1Head.ts'
import { createLocalExecute } from './localExecute.ts'
import { nextBlocks } from './nextBlocks.ts'
import { proposerTurn } from './proposer.ts'
import { type Place, sendCall } from './sendCall.ts'
import { encodeSettlement, gasLimitFor } from './settlement.ts'

type Hex = `0x${string}`

/**
 * What one step came to. `idle`: everything is settled. `waiting`: a transaction is on its way. `blocked`: the next
 * block cannot be sent yet (L1 time, another head on L1, not our turn); `status` says why.
 */
export type SettlerStep = 'idle' | 'sent' | 'settled' | 'waiting' | 'blocked'

/** What the settler tells about itself; each move keeps it up to date. */
export type SettlerFacts = { lastTx?: Hex; lastError?: string; nextAttemptMs?: number }

export type SettlerMovesDeps = {
  chain: Chain
  view: L1View
  l1: L1Client
  inputs: InputStore
  /** remembers what is sent and what becomes of it */
  attempts: AttemptJournal
  inFlight: InFlightStore
  /** what is broken on purpose */
  faults: Faults
  account: LocalAccount
  /** EXECUTE as this node knows it: nothing is sent that it refuses */
  verify(input: Uint8Array, gasLimit: bigint): Promise<ExecuteVerdict>
  /** L1 refused a settlement: look whether the blocks must be built again */
  onRefused(reason: string): void
  facts: SettlerFacts
  limits: SettlementLimits
  bumpAfterMs: number
  /** wei */
  priorityFee: bigint
  clock: Clock
  logger: Logger
}

/** Only one move at a time. They throw RollupError. */
export type SettlerMoves = {
  step(upTo: bigint | undefined): Promise<SettlerStep>
  post(call: { data: Hex; gas: bigint }): Promise<Hex | undefined>
}

export function createSettlerMoves(deps: SettlerMovesDeps): SettlerMoves {
  const { facts, logger } = deps
  const pass = createLocalExecute(deps)
  const turn = createTurn(deps)
  const blocked = (reason: string): SettlerStep => {
    facts.lastError = reason
    return 'blocked'
  }

  async function step(upTo: bigint | undefined): Promise<SettlerStep> {
    const inFlight = deps.inFlight.read()
    const progress = inFlight === undefined ? undefined : await follow(deps, inFlight)
    if (typeof progress === 'string') return progress
    const head = await readHead(deps)
    const blocks = await nextBlocks(deps, head, upTo)
    if (blocks === 'idle') return 'idle'
    if (typeof blocks === 'string') return blocked(blocks)
    const notOurTurn = await turn(head)
    if (notOurTurn !== undefined) return blocked(notOurTurn)
    for (const block of blocks) await pass(block)
    facts.lastTx = await sendBlocks(deps, await deps.faults.ofSettlement(blocks), { head, replacement: progress })
    return 'sent'
  }

  return {
    async step(upTo) {
      try {
        const result = await step(upTo)
        if (result !== 'blocked') delete facts.lastError
        delete facts.nextAttemptMs
        return result
      } catch (error) {
        if (isRefusal(error)) noteRefusal(deps, error)
        else facts.lastError = error instanceof Error ? error.message : String(error)
        throw error
      }
    },
    async post(call) {
      const inFlight = deps.inFlight.read()
      const progress = inFlight === undefined ? 'settled' : await followReporting(deps, inFlight)
      if (progress === 'waiting') return undefined
      const replacement: Replacement | undefined = progress === 'settled' ? undefined : progress
      const place = { head: await readHead(deps), replacement }
      const { txHash, nonce } = await sendCall(deps, { ...call, blocks: [], posted: true }, place)
      logger.info('an input was posted', { txHash, gas: call.gas, nonce })
      return txHash
    },
  }
}

async function sendBlocks(deps: SettlerMovesDeps, { blocks, ...about }: Sending, place: Place): Promise<Hex> {
  const gas = gasLimitFor(blocks)
  const ids = blocks.map(({ number, hash }) => ({ number, hash }))
  const call = { data: encodeSettlement(blocks), gas, blocks: ids, ...about }
  const { txHash, nonce } = await sendCall(deps, call, place)
  const [from, to] = [ids[0]?.number ?? 0n, ids.at(-1)?.number]
  deps.logger.info('settlement sent', { txHash, from, to, gas, nonce })
  if (about.fault !== undefined) deps.faults.done(about.fault, from)
  return txHash
}

/** A refused settlement is the settler's own trouble, not that of whoever waits for its nonce. */
async function followReporting(deps: SettlerMovesDeps, inFlight: InFlight): Promise<Followed> {
  try {
    return await follow(deps, inFlight)
  } catch (error) {
    if (!isRefusal(error)) throw error
    noteRefusal(deps, error)
    return 'settled'
  }
}

function isRefusal(error: unknown): error is RollupError {
  return error instanceof RollupError && error.code === 'SETTLEMENT_REVERTED'
}

function noteRefusal({ facts, onRefused }: SettlerMovesDeps, { message }: RollupError): void {
  facts.lastError = message
  onRefused(message)
}

/** Gives the function that tells why this account may not settle now; undefined: it may. Logs when that changes. */
function createTurn(deps: SettlerMovesDeps): (head: L1Head) => Promise<string | undefined> {
  const { account, clock, logger } = deps
  let isOurs = true
  return async (head) => {
    const turn = await proposerTurn(deps, account.address, nextL1Time(head, clock))
    if (turn.mayAdvance) {
      if (!isOurs) logger.info('settling again: the rollup on L1 takes blocks of this node')
      isOurs = true
      return undefined
    }
    const opensAt = new Date(Number(turn.opensAt) * 1000).toISOString()
    const who = `the sequencer on L1 is ${turn.sequencer}, not ${account.address.toLowerCase()}`
    const reason = `${who}; this node settles again when the rollup is open, at ${opensAt} if nothing happens`
    if (isOurs) logger.warn('not settling', { reason })
    isOurs = false
    return reason
  }
}
