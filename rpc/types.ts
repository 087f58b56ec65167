import type { JsonSchema } from './schema.ts'

/** What a method is told about the request that it serves. */
export type RpcContext = {
  /** names the request in the log */
  readonly requestId: string
  /** aborted when the caller has gone away or the time for this call is over */
  readonly signal: AbortSignal
  /** the work begins only now, after a wait: the time for a single call counts from here */
  restartTime(): void
  /** present on a WebSocket only */
  readonly connection?: RpcConnection
}

/** One WebSocket connection, as far as methods may use it. */
export type RpcConnection = {
  /**
   * Opens a subscription and returns its id. `start` gets the function that pushes results and returns the one that
   * stops; pushes are held back until the answer with the id has been sent. `notification` is the method name of the
   * pushed messages ("eth_subscription"). Throws RpcError LIMIT_EXCEEDED.
   */
  subscribe(notification: string, start: (push: (result: unknown) => void) => () => void): string
  /** false when there is no such subscription on this connection */
  unsubscribe(id: string): boolean
}

/** A parameter as its method declares it. */
export type RpcParam<Value> = {
  readonly name: string
  readonly required: boolean
  /** `path` names the place in messages; throws RpcError INVALID_PARAMS. Gets undefined when an optional one is absent. */
  parse(value: unknown, path: string): Value
  /** what `parse` takes */
  readonly schema: JsonSchema
}

/** One method: the names of its parameters and the handler, which parses them and may throw any NodeError. */
export type RpcMethod = {
  readonly params: readonly { readonly name: string; readonly required: boolean; readonly schema: JsonSchema }[]
  call(params: readonly unknown[], context: RpcContext): unknown
  /** what it does and answers, where the method itself says so; others are described in openrpc/ */
  readonly doc?: RpcMethodDoc
  /** every call fails here with this JSON-RPC number: such a method is there only to say why */
  readonly refused?: { readonly code: number; readonly reason: string }
}

/** `isControl`: it changes what the node does, so it is for its operator only. `result` is made when it is asked for. */
export type RpcMethodDoc = { readonly summary: string; readonly isControl: boolean; readonly result: JsonSchema }

export type MethodTable = Readonly<Record<string, RpcMethod>>

/** `data`: revert bytes or a transaction hash as hex, or the limit that was hit. */
export type RpcErrorObject = { code: number; message: string; data?: string | { limit: number } }
