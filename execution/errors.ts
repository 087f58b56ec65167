import { NodeError } from '../stateless/errors.ts'

/** Messages use geth's wording (viem and ethers match on it) and carry both numbers. */
export type TransactionRejectedCode =
  | 'UNDECODABLE'
  | 'TYPE_NOT_SUPPORTED'
  | 'WRONG_CHAIN_ID'
  | 'INVALID_SIGNATURE'
  | 'NONCE_TOO_LOW'
  | 'NONCE_TOO_HIGH'
  | 'NONCE_MAX'
  | 'INSUFFICIENT_FUNDS'
  | 'INTRINSIC_GAS_TOO_LOW'
  | 'FLOOR_DATA_GAS_TOO_LOW'
  | 'GAS_LIMIT_TOO_HIGH'
  | 'BLOCK_GAS_EXHAUSTED' // does not fit what is left of this block; another block may take it
  | 'FEE_CAP_TOO_LOW'
  | 'TIP_ABOVE_FEE_CAP'
  | 'BLOB_FEE_CAP_TOO_LOW'
  | 'BLOB_GAS_EXHAUSTED'
  | 'SENDER_NOT_EOA'
  | 'INITCODE_TOO_LARGE'
  | 'EMPTY_AUTHORIZATION_LIST'
  | 'ALREADY_KNOWN'
  | 'REPLACEMENT_UNDERPRICED'
  | 'POOL_FULL'
  | 'ACCOUNT_LIMIT'
  | 'ADDRESS_RESERVED' // blob transactions and others of one account exclude each other
  | 'GAPPED_NONCE' // of a delegated account, which has one transaction at a time
  | 'IN_FLIGHT_LIMIT' // of a delegated account
  | 'AUTHORITY_RESERVED' // the signer of an authorization has transactions of its own waiting
  | 'BAD_BLOB_PROOF'
  | 'DATA_TOO_LARGE'
  | 'CENSORED' // L2 only: the node rehearses a censoring sequencer
  | 'UNSETTLEABLE' // L2 only: alone above the regular gas or input size that one settlement can carry
  | 'INVALID' // any other rule of the transaction's type; the message says which

/** A transaction that the pool or a block refuses. */
export class TransactionRejected extends NodeError<TransactionRejectedCode> {}

/** A state override that asks for the impossible (geth internal/ethapi/override). */
export class OverrideRejected extends NodeError<'NOT_A_PRECOMPILE' | 'MOVE_TO_OVERRIDDEN_ACCOUNT'> {}

/** Why eth_simulateV1 as a whole was refused (execution-apis src/eth/execute.yaml). */
export type SimulationRejectedCode =
  | 'SIMULATED_NONCE_TOO_LOW'
  | 'SIMULATED_NONCE_TOO_HIGH'
  | 'SIMULATED_FEE_CAP_TOO_LOW'
  | 'SIMULATED_TIP_ABOVE_FEE_CAP'
  | 'SIMULATED_GAS_TOO_LOW' // intrinsic gas or calldata floor
  | 'SIMULATED_FUNDS_TOO_LOW'
  | 'SIMULATED_BLOCK_GAS_LIMIT'
  | 'SIMULATED_INITCODE_TOO_LARGE'
  | 'SIMULATED_TRANSACTION_INVALID' // any other rule of a transaction
  | 'SIMULATED_BLOCK_NUMBER'
  | 'SIMULATED_BLOCK_TIMESTAMP'
  | 'SIMULATION_TOO_LARGE'

export class SimulationRejected extends NodeError<SimulationRejectedCode> {}

/** A trace that would take more memory than it may. */
export class TraceTooLarge extends NodeError<'TRACE_TOO_LARGE'> {}

/** REENACT_ENGINE names no engine. */
export class UnknownEngine extends NodeError<'UNKNOWN_ENGINE'> {}
