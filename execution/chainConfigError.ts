import { NodeError } from '../stateless/errors.ts'

export type ChainConfigCode =
  | 'BAD_CHAIN_ID'
  | 'BAD_FORK_VALUE'
  | 'FORK_ORDER'
  | 'UNKNOWN_FORK' // a scheduled fork whose rules this node does not have
  | 'MERGE_BLOCK_UNKNOWN'
  | 'BAD_BLOB_SCHEDULE'
  | 'BAD_ADDRESS'

/** The `config` of a genesis file that describes no chain this node can run; `data.path` says where. */
export class InvalidChainConfig extends NodeError<ChainConfigCode> {}
