import * as z from 'zod'
import { SETTLEMENT_FAULTS } from '../../rollup/control/brokenBlocks.ts'
import { BUILD_FAULTS, type Fault } from '../../rollup/control/faults.ts'
import { toQuantity } from '../hex.ts'
import { optional } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { from, named, quantity, quantity64In } from './wire.ts'

const kind = z.enum([...SETTLEMENT_FAULTS, ...BUILD_FAULTS])

export const ArmedFault = named('ArmedFault', { kind, block: quantity.optional() })
export type ArmedFault = z.infer<typeof ArmedFault>

/** `previous`: what was armed before and has not happened */
export const FaultChange = named('FaultChange', { armed: ArmedFault.optional(), previous: ArmedFault.optional() })
export type FaultChange = z.infer<typeof FaultChange>

const faultIn = z.strictObject({ kind, block: quantity64In.optional() })

/** What goes wrong on purpose. */
export function rollupFaultMethods({ rollup }: RollupDeps): MethodTable {
  return {
    rollup_injectFault: rollupMethod(
      {
        summary: 'Breaks the next settlement, or the next block, in one way, once; without a fault: nothing more.',
        params: [optional('fault', from(faultIn))],
        result: FaultChange,
        isControl: true,
      },
      ([given]) => {
        const fault = given && toFault(given)
        const previous = rollup().node.control().injectFault(fault)
        return {
          ...(fault === undefined ? {} : { armed: formatFault(fault) }),
          ...(previous === undefined ? {} : { previous: formatFault(previous) }),
        }
      },
    ),
  }
}

const toFault = ({ kind: of, block }: z.output<typeof faultIn>): Fault =>
  block === undefined ? { kind: of } : { kind: of, block }

const formatFault = ({ kind: of, block }: Fault): ArmedFault =>
  block === undefined ? { kind: of } : { kind: of, block: toQuantity(block) }
