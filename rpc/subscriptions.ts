import { randomBytes } from 'node:crypto'
import { RpcError } from './errors.ts'
import { isPreparedJson, preparedText } from './preparedJson.ts'
import type { RpcConnection } from './types.ts'

type Subscription = { stop: () => void; held: string[] | undefined }

export type Subscriptions = {
  /** `opened` collects the ids that one request opens */
  connection(opened: string[]): RpcConnection
  /** the answer that names these subscriptions has been sent: pushes may follow */
  release(ids: readonly string[]): void
  count(): number
  stopAll(): void
}

/** The subscriptions of one connection. Pushes are held back until the answer with the id is on its way. */
export function createSubscriptions(limit: number, sendText: (text: string) => void): Subscriptions {
  const open = new Map<string, Subscription>()

  function subscribe(notification: string, start: Parameters<RpcConnection['subscribe']>[1]): string {
    if (open.size >= limit) {
      throw new RpcError('LIMIT_EXCEEDED', `at most ${limit} subscriptions per connection`, { limit })
    }
    const id = `0x${randomBytes(16).toString('hex')}`
    const head = `{"jsonrpc":"2.0","method":"${notification}","params":{"subscription":"${id}","result":`
    const subscription: Subscription = { stop: () => {}, held: [] }
    open.set(id, subscription)
    const push = (result: unknown) => {
      if (!open.has(id)) return
      const text = `${head}${isPreparedJson(result) ? preparedText(result) : JSON.stringify(result)}}}`
      if (subscription.held) subscription.held.push(text)
      else sendText(text)
    }
    try {
      subscription.stop = start(push)
    } catch (error) {
      open.delete(id)
      throw error
    }
    return id
  }

  function unsubscribe(id: string): boolean {
    const subscription = open.get(id)
    open.delete(id)
    subscription?.stop()
    return subscription !== undefined
  }

  function release(id: string): void {
    const subscription = open.get(id)
    const held = subscription?.held ?? []
    if (subscription) subscription.held = undefined
    for (const text of held) sendText(text)
  }

  return {
    connection: (opened) => ({
      subscribe: (notification, start) => {
        const id = subscribe(notification, start)
        opened.push(id)
        return id
      },
      unsubscribe,
    }),
    release: (ids) => ids.forEach(release),
    count: () => open.size,
    stopAll: () => {
      for (const id of [...open.keys()]) unsubscribe(id)
    },
  }
}
