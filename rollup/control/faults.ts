import type { Logger } from '../../node/types.ts'
import type { ClaimPlan } from '../claims.ts'
import { RollupError } from '../errors.ts'
import type { PackedBlock } from '../settling/settlement.ts'
import {
  type BreakerDeps,
  breakBlock,
  cannotBeStale,
  SETTLEMENT_FAULTS,
  type SettlementFault,
  staleAnchor,
} from './brokenBlocks.ts'

/** How the making of a block can be bent. L1 takes such a block: nothing binds the order of messages. */
export const BUILD_FAULTS = ['skip-message', 'reorder-messages'] as const
export type BuildFault = (typeof BUILD_FAULTS)[number]

/** `block`: the L2 block that it is for; default: the next one that it can be done to. */
export type Fault = { kind: SettlementFault | BuildFault; block?: bigint }

/** What goes to L1 now; with `fault` the only block in it is broken by that. */
export type Sending = { blocks: readonly PackedBlock[]; fault?: SettlementFault }

/** One thing that goes wrong once, on purpose: a sequencer to be rehearsed with. Forgotten with the process. */
export type Faults = {
  /** takes the place of what was armed, which it gives; undefined: nothing is. Throws RollupError CANNOT_BREAK. */
  arm(fault: Fault | undefined): Fault | undefined
  /** what is sent in place of these blocks: one broken block, or the honest ones before it */
  ofSettlement(blocks: readonly PackedBlock[]): Promise<Sending>
  /** what is claimed in place of this in the next block; undefined: as planned */
  ofBuild(number: bigint, plan: ClaimPlan | undefined): { fault: BuildFault; claims: ClaimPlan | undefined } | undefined
  /** it has happened; what was armed since stays */
  done(fault: Fault['kind'], block: bigint): void
  /** gives the function that arms again what is armed now, and nothing else */
  remember(): () => void
}

export function createFaults(deps: BreakerDeps & { logger: Logger }): Faults {
  const { chain, view, logger } = deps
  let armed: Fault | undefined

  return {
    arm(fault) {
      if (fault !== undefined) requirePossible(fault, deps)
      const before = armed
      armed = fault
      if (fault !== undefined) logger.warn('a fault is armed', fault)
      return before
    },
    async ofSettlement(blocks) {
      const fault = armed
      if (fault === undefined || !isOneOf(SETTLEMENT_FAULTS, fault.kind)) return { blocks }
      const target = blocks.findIndex(({ number }) => number === (fault.block ?? blocks[0]?.number))
      const honest = blocks[target]
      if (honest === undefined) return { blocks }
      // it goes alone, so that the blocks before it are settled
      if (target > 0) return { blocks: blocks.slice(0, target) }
      try {
        return { blocks: [await breakBlock(fault.kind, honest, deps)], fault: fault.kind }
      } catch (error) {
        if (!(error instanceof RollupError)) throw error
        logger.warn('a fault cannot be made and is given up', { ...fault, reason: error.message })
        armed = undefined
        return { blocks }
      }
    },
    ofBuild(number, plan) {
      const { kind, block = number } = armed ?? {}
      if (plan === undefined || kind === undefined || block !== number || !isOneOf(BUILD_FAULTS, kind)) return undefined
      const messages = kind === 'skip-message' ? plan.messages.slice(1) : plan.messages.toReversed()
      if (kind === 'reorder-messages' && messages.length < 2) return undefined
      return { fault: kind, claims: messages.length === 0 ? undefined : { ...plan, messages } }
    },
    done(fault, block) {
      logger.warn('a fault was injected', {
        fault,
        block,
        head: chain.head().header.number,
        l1Head: view.head().number,
      })
      if (armed?.kind === fault) armed = undefined
    },
    remember() {
      const kept = armed
      return () => {
        armed = kept
      }
    },
  }
}

function requirePossible({ kind, block }: Fault, { chain, view }: BreakerDeps): void {
  const isOfBuild = isOneOf(BUILD_FAULTS, kind)
  const last = isOfBuild ? chain.head().header.number : (view.settledHead()?.number ?? 0n)
  if (block !== undefined && block <= last) {
    throw new RollupError('CANNOT_BREAK', `L2 block ${block} is ${isOfBuild ? 'made' : 'settled'} already`, { last })
  }
  if (kind === 'stale-anchor' && staleAnchor(view) === undefined) throw cannotBeStale()
}

function isOneOf<Name extends string>(names: readonly Name[], name: string): name is Name {
  return names.some((known) => known === name)
}
