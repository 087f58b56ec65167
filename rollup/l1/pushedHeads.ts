import { toRollupError } from './l1Errors.ts'

/** New heads as a WebSocket tells them. */
export type PushedHeads = {
  /** calls back on every new head, over WebSocket only; undefined: this transport cannot push, poll it */
  subscribeHeads(listener: () => void): Promise<(() => void) | undefined>
  /** ends a WebSocket; nothing else is held open */
  close(): Promise<void>
}

/** What viem's webSocket transport has besides requests. */
export type PushTransport = {
  subscribe?(options: {
    params: ['newHeads']
    onData(): void
    onError(): void
  }): Promise<{ unsubscribe(): Promise<unknown> }>
  getRpcClient?(): Promise<{ close(): void }>
}

export function pushedHeads(transport: PushTransport): PushedHeads {
  return {
    async subscribeHeads(listener) {
      try {
        const subscription = await transport.subscribe?.({ params: ['newHeads'], onData: listener, onError: listener })
        return subscription === undefined ? undefined : () => void subscription.unsubscribe().catch(() => undefined)
      } catch (error) {
        throw toRollupError('eth_subscribe', error)
      }
    },
    async close() {
      const socket = await transport.getRpcClient?.().catch(() => undefined)
      socket?.close()
    },
  }
}
