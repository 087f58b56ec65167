import { NodeError } from '../stateless/errors.ts'

/** The data directory cannot be used. */
export class StoreError extends NodeError<
  | 'DATA_DIR_LOCKED' // another process has it open
  | 'DATA_DIR_UNUSABLE' // not a directory, no permission, damaged database
  | 'UNKNOWN_FORMAT' // written by something else or by another format version
> {}

export class ChainError extends NodeError<
  | 'WRONG_GENESIS' // the store belongs to another chain
  | 'STATE_UNAVAILABLE' // no state is stored under this root
  | 'UNKNOWN_PARENT' // the parent block is not stored
  | 'UNKNOWN_TRANSACTION' // no transaction of the blocks in question
  | 'TOO_MANY_TRANSACTIONS' // in the blocks that are to be taken back
  | 'UNKNOWN_BLOCK' // no block with this hash is stored
  | 'TOO_SHORT' // fewer blocks above genesis than are to be taken back
  | 'BAD_TIMESTAMP' // not after the head's
  | 'BAD_CHAIN_FILE' // not a row of block RLPs
  | 'CANNOT_SEAL' // proof of work rules at this point: blocks can be imported, not made
> {}

/** The chains of a devnet in one file. */
export class DumpError extends NodeError<
  | 'NOT_A_DUMP'
  | 'DUMP_VERSION' // written by another version of this software
  | 'DUMP_DAMAGED'
  | 'DUMP_TOO_LARGE' // data: { limit }
  | 'DUMP_UNFIT' // sound, but this devnet cannot take it; the message says why
  | 'DUMP_BUSY' // another one is being loaded
> {}
