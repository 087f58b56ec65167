import { NodeError } from '../stateless/errors.ts'
import type { RpcErrorObject } from './types.ts'

export type RpcErrorCode =
  | 'PARSE_ERROR'
  | 'INVALID_REQUEST'
  | 'METHOD_NOT_FOUND'
  | 'METHOD_REFUSED' // known, but not on this chain; the message says why and what to do instead
  | 'UNAUTHORIZED' // a control method without the control token
  | 'INVALID_PARAMS'
  | 'NOTIFICATIONS_UNSUPPORTED' // eth_subscribe over HTTP
  | 'LIMIT_EXCEEDED'
  | 'RESPONSE_TOO_LARGE'
  | 'TIMEOUT'
  | 'UNKNOWN_BLOCK'
  | 'NOT_CANONICAL' // EIP-1898 requireCanonical
  | 'UNKNOWN_FILTER'
  | 'TOO_MANY_SLOTS' // eth_getStorageValues
  | 'NO_WITNESS' // genesis and the pending block
  | 'NO_KEYS' // asked to sign, without a signer
  | 'UNKNOWN_ACCOUNT' // asked to sign for somebody else
  | 'NOT_TRACEABLE' // in geth's words: unknown block or transaction, genesis
  | 'EXECUTION_REVERTED' // data: { output: 0x hex }
  | 'EXECUTION_FAILED' // any other end of a call; message in geth's words
  | 'VM_ERROR' // the same inside eth_simulateV1
  | 'OVERRIDE_CONFLICT' // a state override that contradicts itself
  | 'NO_SUCH_BASE' // eth_simulateV1 on a block that is not known
  | 'SIMULATION_TOO_LARGE'
  | 'NO_RECEIPT_YET' // EIP-7966; data: { output: transaction hash }
  | 'SEQUENCER_REFUSED' // of a follower: in the sequencer's words
  | 'SEQUENCER_AWAY'
  | 'ALREADY_CLAIMED' // a withdrawal, on L1
  | 'UNKNOWN_SNAPSHOT' // none with this id, or no longer

/** A failure that belongs to the RPC edge itself. Other rooms throw their own NodeErrors. */
export class RpcError extends NodeError<RpcErrorCode> {}

/** The server cannot listen. */
export class RpcServerError extends NodeError<'PORT_TAKEN' | 'CANNOT_LISTEN'> {}

/**
 * The one table from error codes to JSON-RPC numbers. Expected failures that are not listed are -32000, with their own
 * message: clients match on geth's wording there.
 */
const NUMBERS: Readonly<Record<string, number>> = {
  PARSE_ERROR: -32700,
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  METHOD_REFUSED: -32004,
  FOLLOWS_L1: -32004,
  UNAUTHORIZED: -32011,
  NOTIFICATIONS_UNSUPPORTED: -32601,
  INVALID_PARAMS: -32602,
  LIMIT_EXCEEDED: -32005,
  DUMP_TOO_LARGE: -32005,
  RESPONSE_TOO_LARGE: -32003,
  TRACE_TOO_LARGE: -32003,
  TIMEOUT: -32002,
  UNKNOWN_BLOCK: -32001,
  STATE_UNAVAILABLE: -32001,
  NO_SUCH_WITHDRAWAL: -32001,
  NO_SUCH_MESSAGE: -32001,
  UNKNOWN_ANCHOR: -32001,
  UNKNOWN_L1_TRANSACTION: -32001,
  UNKNOWN_SNAPSHOT: -32001,
  UNKNOWN_TRANSACTION: -32001,
  UNREAD_L1_BLOCK: -32001,
  UNKNOWN_GENESIS: -32001,
  EXECUTION_REVERTED: 3,
  NO_RECEIPT_YET: 4,
  // execution-apis src/eth/execute.yaml
  VM_ERROR: -32015,
  SIMULATED_NONCE_TOO_LOW: -38010,
  SIMULATED_NONCE_TOO_HIGH: -38011,
  SIMULATED_FEE_CAP_TOO_LOW: -38012,
  SIMULATED_GAS_TOO_LOW: -38013,
  SIMULATED_FUNDS_TOO_LOW: -38014,
  SIMULATED_BLOCK_GAS_LIMIT: -38015,
  SIMULATED_BLOCK_NUMBER: -38020,
  SIMULATED_BLOCK_TIMESTAMP: -38021,
  SIMULATED_INITCODE_TOO_LARGE: -38025,
  SIMULATION_TOO_LARGE: -38026,
  TOO_MANY_SLOTS: -38026, // as geth
  SIMULATED_TIP_ABOVE_FEE_CAP: -32602,
  SIMULATED_TRANSACTION_INVALID: -32603,
}

const SERVER_ERROR = -32000

/** The codes whose JSON-RPC error carries data: the bytes in `data.output`. */
const WITH_OUTPUT: ReadonlySet<string> = new Set(['EXECUTION_REVERTED', 'NO_RECEIPT_YET'])

/** The codes whose JSON-RPC error carries the limit: `{ limit }`. */
const WITH_LIMIT: ReadonlySet<string> = new Set(['LIMIT_EXCEEDED', 'RESPONSE_TOO_LARGE', 'DUMP_TOO_LARGE'])

export const INTERNAL_ERROR: RpcErrorObject = { code: -32603, message: 'internal error' }

/** The JSON-RPC number of a code. */
export const rpcNumber = (code: string): number => NUMBERS[code] ?? SERVER_ERROR

/** The JSON-RPC error of an expected failure; undefined for anything else, which is a bug and belongs in the log. */
export function toRpcError(error: unknown): RpcErrorObject | undefined {
  if (!(error instanceof NodeError)) return undefined
  const code = rpcNumber(error.code)
  const data = errorData(error)
  return data === undefined ? { code, message: error.message } : { code, message: error.message, data }
}

function errorData({ code, data }: NodeError): RpcErrorObject['data'] {
  if (WITH_OUTPUT.has(code) && typeof data.output === 'string') return data.output
  if (WITH_LIMIT.has(code) && typeof data.limit === 'number') return { limit: data.limit }
  return undefined
}

/** `path` names the parameter and the place inside it: "argument 0 (transaction).to". */
export function invalidParams(path: string, reason: string): RpcError {
  return new RpcError('INVALID_PARAMS', `invalid ${path}: ${reason}`, { path })
}

/** A parameter combination that is wrong as a whole. */
export function invalidRequestOf(reason: string): RpcError {
  return new RpcError('INVALID_PARAMS', reason)
}
