import { chainControlMethods } from './debug/chain.ts'
import { rawMethods } from './debug/raw.ts'
import { traceMethods } from './debug/trace.ts'
import { witnessMethods } from './debug/witness.ts'
import type { EthDeps } from './eth/deps.ts'
import { ethMethods } from './eth/methods.ts'
import { netMethods } from './net/methods.ts'
import { otsMethods } from './ots/methods.ts'
import { txpoolMethods } from './txpool/methods.ts'
import type { MethodTable } from './types.ts'
import { web3Methods } from './web3/methods.ts'

/** Every method that any chain serves: eth_, net_, web3_, debug_, txpool_ and ots_. `clientVersion` as web3_clientVersion gives it. */
export function chainMethods(deps: EthDeps & { clientVersion: string }): MethodTable {
  return {
    ...ethMethods(deps),
    ...netMethods(deps),
    ...web3Methods(deps),
    ...rawMethods(deps),
    ...witnessMethods(deps),
    ...chainControlMethods(deps),
    ...traceMethods(deps),
    ...txpoolMethods(deps),
    ...otsMethods(deps),
  }
}
