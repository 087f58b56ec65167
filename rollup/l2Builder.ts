import type { Deferral } from './building/adder.ts'
import type { BuildL2Request, BuiltL2Block, L2BuilderDeps, L2BuilderOptions } from './building/builderTypes.ts'
import { tooLarge } from './building/discard.ts'
import { assemble } from './building/draft.ts'
import { finishReplay, giveToPool } from './building/returned.ts'
import { excessOf, shrink } from './building/shrink.ts'
import { recordInput } from './settling/inputs.ts'

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

/** A block that came out too large is made again with fewer transactions, this many times at most. */
const MAX_ATTEMPTS = 12

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
