import { invalidParams, RpcError } from '../errors.ts'
import { filterObject, liveRange } from '../logFilter.ts'
import { bool, describe, method, optional, type Parse, required, text } from '../params.ts'
import type { MethodTable, RpcConnection, RpcContext } from '../types.ts'
import { createBroadcast } from './broadcast.ts'
import type { EthDeps } from './deps.ts'

const NOTIFICATION = 'eth_subscription'
const OPTIONS = 'argument 1 (options)'

type Start = Parameters<RpcConnection['subscribe']>[1]

/** eth_subscribe: newHeads, logs (removed ones too), newPendingTransactions (hashes, or objects when asked with true), syncing. */
export function subscriptionMethods(deps: Pick<EthDeps, 'chain' | 'pool'>): MethodTable {
  const broadcast = createBroadcast(deps)
  const startOf = (kind: string, options: unknown): Start => {
    switch (kind) {
      case 'newHeads':
        noOptions(kind, options)
        return broadcast.heads
      case 'logs': {
        const filter = filterObject(options ?? {}, OPTIONS)
        const range = liveRange(filter)
        return (push) => broadcast.logs(push, filter.criteria, range)
      }
      case 'newPendingTransactions':
        return bool(options ?? false, OPTIONS) ? broadcast.pendingTransactions : broadcast.pendingHashes
      // Without peers there is never anything to catch up with: it is told once, and stays so.
      case 'syncing':
        noOptions(kind, options)
        return (push) => {
          push(false)
          return () => undefined
        }
      default:
        throw invalidParams('argument 0 (subscription)', `no ${describe(kind)} subscription in eth namespace`)
    }
  }
  return {
    eth_subscribe: method([required('subscription', text), optional('options', anything)], ([kind, options], context) =>
      connectionOf(context).subscribe(NOTIFICATION, startOf(kind, options)),
    ),
    eth_unsubscribe: method([required('subscription id', text)], ([id], context) => {
      if (connectionOf(context).unsubscribe(id)) return true
      throw new RpcError('UNKNOWN_FILTER', 'subscription not found')
    }),
  }
}

const anything: Parse<unknown> = (value) => value

function noOptions(kind: string, options: unknown): void {
  if (options !== undefined) throw invalidParams(OPTIONS, `${kind} has none, got ${describe(options)}`)
}

/** Throws RpcError NOTIFICATIONS_UNSUPPORTED over HTTP. */
export function connectionOf({ connection }: RpcContext): RpcConnection {
  if (connection) return connection
  throw new RpcError('NOTIFICATIONS_UNSUPPORTED', 'notifications not supported over HTTP; use a WebSocket on this port')
}
