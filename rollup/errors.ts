import { NodeError } from '../stateless/errors.ts'
import type { CrossMessageErrorCode, MessageErrorCode, WithdrawalErrorCode } from './types.ts'

export type RollupErrorCode =
  | 'WRONG_ROLLUP' // the contracts on L1 are not those of the local L2 genesis; data: { field, expected, actual }
  | 'L1_UNREACHABLE' // no answer, a timeout or an HTTP error; `cause` has it
  | 'L1_REFUSED' // L1 answered with a JSON-RPC error; data: { method, code }
  | 'BAD_L1_DATA' // L1 answered with something that cannot be true; data says what
  | 'L1_CHANGED' // a reorg went through what was being read; reading again helps
  | 'NOT_SETTLEABLE' // an own block is refused by the local EXECUTE; a bug or a damaged store, never sent
  | 'SETTLEMENT_REVERTED' // L1 included the settlement and refused it; data: { reason, txHash }
  | 'INPUT_UNAVAILABLE' // the StatelessInput of a block is neither stored nor reproducible
  | 'FIXED_COINBASE' // the rollup contract names the coinbase of L2 blocks
  | 'NOT_OPEN' // only the sequencer may advance now; the message says when anyone may
  | 'NOTHING_TO_SETTLE' // no transaction can be in a block; the message says why
  | 'CANNOT_CREATE' // a further rollup on this L1; the message says what helps
  | 'CANNOT_BUILD' // a block by hand; the message says why
  | 'CANNOT_BREAK' // a fault to inject; the message says why
  | 'CANNOT_REWIND' // the block is settled or on its way to L1; the message says which
  | 'SEQUENCER_STATE' // to be stopped or started when it is so already, or on another head
  | 'CANNOT_SETTLE' // L1 would take no block now; the message says why
  | 'SETTLER_BUSY' // a transaction of the settler's account is on its way and in no L1 block yet
  | 'FOLLOWS_L1' // asked of a follower, which makes no blocks and has no keys
  | 'REFUSED_BLOCK' // a block that L1 says is settled, and this node cannot have; data: { l2Block, l1TxHash, l1Block }
  | 'UNREAD_L1_BLOCK' // L1 may have it, this node has not read it
  | 'UNKNOWN_GENESIS' // of a chain that this process does not run
  | 'UNKNOWN_L1_TRANSACTION' // L1 has no such transaction in a block
  | 'NOT_A_SETTLEMENT' // the L1 transaction has no call of advance, advanceWithForced or advanceBatch in it
  | 'STARTING' // the rollup of this process does not run yet

/** Everything that can go wrong between the two chains because of L1 or another proposer. */
export class RollupError extends NodeError<RollupErrorCode> {}

/** A withdrawal that does not exist, or that no settled and final block carries yet. */
export class WithdrawalError extends NodeError<WithdrawalErrorCode> {}

/** A message to another rollup that does not exist, or that cannot be proven under the anchor that was named. */
export class CrossMessageError extends NodeError<CrossMessageErrorCode> {}

/** A message from L1 that does not exist, or that cannot be proven on L2 yet. */
export class MessageError extends NodeError<MessageErrorCode> {}
