import { RollupClientError } from './errors.ts'

/** The node does not have a method, or refuses it on this chain. */
export class MethodNotAvailableError extends RollupClientError {
  override readonly name = 'MethodNotAvailableError'
  readonly code = 'METHOD_NOT_AVAILABLE'
  readonly method: string
  /** in the words of the node; absent when it does not know the method */
  readonly reason: string | undefined

  constructor({ method, reason, cause }: { method: string; reason?: string; cause?: unknown }) {
    super(
      reason === undefined
        ? `The node has no method ${method}: use the RPC URL of a Reenact node that runs the rollup.`
        : `The node refuses ${method}: ${reason}`,
      { cause },
    )
    this.method = method
    this.reason = reason
  }
}

/** A method that changes what the node does, asked without the token that the node wants for it. */
export class ControlTokenRequiredError extends RollupClientError {
  override readonly name = 'ControlTokenRequiredError'
  readonly code = 'CONTROL_TOKEN_REQUIRED'
  readonly method: string

  constructor({ method, cause }: { method: string; cause?: unknown }) {
    super(
      `${method} needs the control token of the node: pass http(url, { fetchOptions: { headers: { authorization: 'Bearer TOKEN' } } }) as the transport.`,
      { cause },
    )
    this.method = method
  }
}

/** An answer without the form that this version of the library knows. */
export class UnexpectedAnswerError extends RollupClientError {
  override readonly name = 'UnexpectedAnswerError'
  readonly code = 'UNEXPECTED_ANSWER'
  readonly method: string
  /** where in the answer */
  readonly path: string

  constructor({ method, path, expected }: { method: string; path: string; expected: string }) {
    const place = path === '' ? '' : ` at ${path}`
    super(
      `${method} answered something else than ${expected}${place}: use the version of this library that came with the node.`,
    )
    this.method = method
    this.path = path
  }
}

/** Something that a node pushes, asked for over a transport on which it cannot. */
export class WebSocketRequiredError extends RollupClientError {
  override readonly name = 'WebSocketRequiredError'
  readonly code = 'WEB_SOCKET_REQUIRED'
  readonly method: string

  constructor(method: string) {
    super(`${method} works over WebSocket only: create the client with the transport webSocket(url).`)
    this.method = method
  }
}
