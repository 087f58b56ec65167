import { address } from '../codec.ts'
import { bool, method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { L1DevDeps } from './deps.ts'
import { answering, named } from './values.ts'

/** Who may send without a signature (eth_sendTransaction asks). */
export function senderMethods({ senders }: Pick<L1DevDeps, 'senders'>): MethodTable {
  const account = required('address', address)
  const start = method([account], ([of]) => senders.add(of))
  const stop = method([account], ([of]) => senders.remove(of))
  const all = method([required('enabled', bool)], ([enabled]) => senders.setAll(enabled))
  return {
    anvil_impersonateAccount: answering(null, start),
    hardhat_impersonateAccount: answering(true, start),
    anvil_stopImpersonatingAccount: answering(null, stop),
    hardhat_stopImpersonatingAccount: stop,
    ...named(['anvil_autoImpersonateAccount', 'hardhat_autoImpersonateAccount'], answering(null, all)),
  }
}
