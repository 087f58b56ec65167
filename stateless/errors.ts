/**
 * The root of every expected failure in this project: something outside (input, a peer, a file, a flag) was wrong.
 * A bug of ours is never a NodeError; it stays an ordinary Error and fails loudly.
 *
 * `code` is stable and is what tests and callers compare; `data` carries the numbers behind the message.
 */
export class NodeError<Code extends string = string> extends Error {
  readonly code: Code
  readonly data: Readonly<Record<string, unknown>>

  constructor(code: Code, message: string, data: Record<string, unknown> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    this.data = data
  }
}

/** The bytes are not a StatelessInput at all: EXECUTE halts, the guest answers 43 zero bytes, the CLI exits with 2. */
export class UndecodableInput extends NodeError<'UNKNOWN_SCHEMA' | 'BAD_SSZ'> {}

export type InvalidWitnessCode =
  | 'MISSING_NODE' // a trie node that the walk must cross is not in the witness; data: { hash, path }
  | 'MALFORMED_NODE' // a trie node does not decode by the strict rules; data: { hash }
  | 'MALFORMED_ACCOUNT' // an account leaf is not a canonical RLP account
  | 'MISSING_CODE' // code that is really loaded is not in the witness; data: { codeHash }
  | 'MISSING_ANCESTOR' // BLOCKHASH reached a header that was not supplied; data: { number }
  | 'NO_PARENT' // the list of headers is empty
  | 'BAD_HEADER' // a header does not decode
  | 'BROKEN_HEADER_CHAIN' // headers[i].parentHash is not the hash of headers[i-1]

/** The witness does not carry what the block needs, or carries it in a form that is not allowed. */
export class InvalidWitness extends NodeError<InvalidWitnessCode> {}

export type InvalidBlockCode =
  | 'EMPTY_TRANSACTION'
  | 'BAD_TRANSACTION'
  | 'BLOCK_HASH_MISMATCH'
  | 'PARENT_HASH_MISMATCH'
  | 'VERSIONED_HASHES_MISMATCH'
  | 'BLOCK_TOO_LARGE'
  | 'BAD_NUMBER'
  | 'BAD_TIMESTAMP'
  | 'BAD_GAS_LIMIT'
  | 'BAD_BASE_FEE'
  | 'BAD_EXCESS_BLOB_GAS'
  | 'BAD_EXTRA_DATA'
  | 'BAD_HEADER_FIELD'
  | 'BAD_OMMER'
  | 'GAS_USED_EXCEEDS_LIMIT'
  | 'GAS_USED_MISMATCH'
  | 'BLOB_GAS_USED_MISMATCH'
  | 'RECEIPTS_ROOT_MISMATCH'
  | 'LOGS_BLOOM_MISMATCH'
  | 'REQUESTS_MISMATCH'
  | 'BLOCK_ACCESS_LIST_MISMATCH'
  | 'BLOCK_ACCESS_LIST_TOO_LARGE'
  | 'STATE_ROOT_MISMATCH'
  | 'PUBLIC_KEY_MISMATCH'
  | 'SYSTEM_CONTRACT_FAILED'
  | 'SYSTEM_CONTRACT_FOREIGN_CODE'
  | 'EXECUTION_FAILED' // a library threw a known error while running the block; cause has it

/** The block breaks a rule of the execution specification. */
export class InvalidBlock extends NodeError<InvalidBlockCode> {}

/** Notes in `data.executedGas` how much gas had run when a block was refused. */
export function noteExecutedGas<E extends NodeError>(error: E, executedGas: bigint): E {
  return Object.assign(error, { data: { ...error.data, executedGas } })
}

/** Metered execution needed more regular gas than it was given (fixed point 5 of the gas schedule). */
export class OverBudget extends NodeError<'OVER_BUDGET'> {}
