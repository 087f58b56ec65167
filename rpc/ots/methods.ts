import { createRunTrace } from '../debug/runTrace.ts'
import type { EthDeps } from '../eth/deps.ts'
import { method } from '../params.ts'
import type { MethodTable } from '../types.ts'
import { otsAccountMethods } from './accounts.ts'
import { otsBlockMethods } from './blocks.ts'
import { otsCallMethods } from './calls.ts'
import { otsSearchMethods } from './search.ts'

/** Of the interface between Otterscan and its node (docs.otterscan.io, "Otterscan JSON-RPC API extensions"). */
const API_LEVEL = 8

/** ots_ and erigon_: all that the block explorer Otterscan asks for beyond the standard methods. */
export function otsMethods(deps: EthDeps): MethodTable {
  const runTrace = createRunTrace()
  return {
    ots_getApiLevel: method([], () => API_LEVEL),
    ...otsBlockMethods(deps),
    ...otsCallMethods(deps, runTrace),
    ...otsAccountMethods(deps, runTrace),
    ...otsSearchMethods(deps),
  }
}
