import * as z from 'zod'
import { RpcError } from '../errors.ts'
import { toQuantity } from '../hex.ts'
import { required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { DevnetChains, requireDevnet } from './devnet.ts'
import { rollupMethod } from './method.ts'
import { from, onWire, quantity, quantity64In } from './wire.ts'

const TimeTarget = z
  .strictObject({ seconds: quantity64In.optional(), timestamp: quantity64In.optional() })
  .transform(({ seconds, timestamp }, { addIssue }) => {
    if (seconds !== undefined && timestamp === undefined && seconds > 0n) return { seconds }
    if (timestamp !== undefined && seconds === undefined) return { timestamp }
    addIssue({ code: 'custom', message: 'expected either seconds, more than none, or timestamp' })
    return z.NEVER
  })

/** All chains of a devnet back to a moment, or ahead in time, together. */
export function rollupSnapshotMethods(deps: RollupDeps): MethodTable {
  return {
    rollup_snapshot: rollupMethod(
      {
        summary:
          'Remembers L1 and all rollups on it as they are between two blocks; the answer is the id for rollup_revert.',
        params: [],
        result: quantity,
        isControl: true,
      },
      async (_, { signal }) => toQuantity(await requireDevnet(deps, 'rollup_snapshot').snapshot(signal)),
    ),
    rollup_revert: rollupMethod(
      {
        summary:
          'Takes L1 and all rollups back to a snapshot, which is used up with all later ones; answers with their heads.',
        params: [required('id', from(quantity64In))],
        result: DevnetChains,
        isControl: true,
      },
      async ([id], { signal }) => {
        const heads = await requireDevnet(deps, 'rollup_revert').revert(id, signal)
        if (heads !== undefined) return onWire(heads)
        const reason = 'it was used, an earlier one was, or rollup_snapshot never gave it'
        throw new RpcError('UNKNOWN_SNAPSHOT', `no snapshot ${toQuantity(id)}: ${reason}`)
      },
    ),
    rollup_setTime: rollupMethod(
      {
        summary: 'Moves the clock of all chains ahead and makes a block on each; answers with their heads.',
        params: [required('target', from(TimeTarget))],
        result: DevnetChains,
        isControl: true,
      },
      async ([target], { signal }) => onWire(await requireDevnet(deps, 'rollup_setTime').setTime(target, signal)),
    ),
  }
}
