import type { BlockAssembly, Transaction } from '../../execution/types.ts'
import { RESOLVE_GAS } from '../../precompiles/index.ts'
import { createStateView } from '../../stateless/stateView.ts'
import { createRecorder } from '../../stateless/witness.ts'
import { type ClaimPlan, type ClaimResult, COURTESY_CLAIMS } from '../claims.ts'
import { createRoom, type Room } from '../limits.ts'
import type { Message, SettlementLimits } from '../types.ts'
import { createAdder, type Deferral } from './adder.ts'
import type { BuildL2Request, BuiltL2Block, L2BuilderDeps, L2BuilderOptions } from './builderTypes.ts'
import { l2Env } from './l2Env.ts'
import { finishReplay } from './returned.ts'

/** Forced transactions that turned out too large while they ran: so many cost build time in one block. */
const MAX_OVERSIZED_FORCED = 2

export type Draft = {
  assembly: BlockAssembly
  replay: Pick<BuiltL2Block, 'replayed' | 'displaced'>
  claims: ClaimPlan | undefined
  delivered: readonly Message[]
  /** forced transactions in the block, which its settlement resolves */
  demanded: number
  /** the only transaction that is not a claim, when there is exactly one */
  single: Transaction | undefined
}
export type AssembleRequest = BuildL2Request & { maxTransactions: number; deferral: Deferral }

export async function assemble(
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

/** The settlement of the block also resolves what the block includes of the forced transactions. */
function withResolutions(limits: SettlementLimits, forced: number): SettlementLimits {
  return { ...limits, maxRegularGas: limits.maxRegularGas - RESOLVE_GAS * BigInt(forced) }
}
