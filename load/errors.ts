import { NodeError } from '../stateless/errors.ts'

export type LoadErrorCode =
  | 'UNREACHABLE' // no answer from a chain, or not one of JSON-RPC
  | 'REFUSED' // a chain answered with an error; data: { method, code }
  | 'NO_ROLLUP' // the two URLs are not a rollup and its L1
  | 'NO_FUNDS' // the account that pays has not enough
  | 'NOT_SETTLED' // L1 does not settle what was measured
  | 'STOPPED' // before there was anything to report

/** Why no load can be driven, or nothing can be said about it. */
export class LoadError extends NodeError<LoadErrorCode> {}
