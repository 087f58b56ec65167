import type { RollupReader } from '../../rollup/types.ts'
import type { MethodTable } from '../types.ts'
import { rollupConfigMethods } from './config.ts'
import { rollupCrossMessageMethods } from './crossMessages.ts'
import { rollupStatusMethods } from './status.ts'
import { rollupWithdrawalMethods } from './withdrawals.ts'

/** The rollup_ methods, the same on the nodes of both chains. */
export function rollupMethods(deps: { rollup: RollupReader }): MethodTable {
  return {
    ...rollupConfigMethods(deps),
    ...rollupStatusMethods(deps),
    ...rollupWithdrawalMethods(deps),
    ...rollupCrossMessageMethods(deps),
  }
}
