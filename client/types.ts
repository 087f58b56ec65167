import type { Address, Hash, Hex } from 'viem'

/** A message between the chains, as its `MessageSent` event shows it. Wei; gas, state gas included. */
export type Message = {
  /** its place among all messages of the same direction: what it is known by */
  index: bigint
  sender: Address
  to: Address
  value: bigint
  /** for whoever delivers it */
  fee: bigint
  gasLimit: bigint
  data: Hex
}

/** A message from L1 to L2, and where L1 has it. */
export type SentMessage = Message & { l1BlockNumber: bigint; transactionHash: Hash }

/** A message from L2 to L1, and where L2 has it: what is not settled may move to another block. */
export type Withdrawal = Message & { l2BlockNumber: bigint; l2BlockHash: Hash; transactionHash: Hash }

/**
 * `queued`: no L2 block has seen it yet; `claimable`: anyone may deliver it; `failing`: its receiver would fail now;
 * `claimed`: it was delivered.
 */
export type MessageStatus = 'queued' | 'claimable' | 'failing' | 'claimed'

/**
 * `waiting-to-settle`: L1 does not know the L2 block yet; `waiting-for-finality`: it does, but not for long enough;
 * `ready-to-claim`: anyone may claim it on L1; `claimed`: it was paid out.
 */
export type WithdrawalStatus = 'waiting-to-settle' | 'waiting-for-finality' | 'ready-to-claim' | 'claimed'

/** The newest L2 block that L1 has accepted. */
export type L2Head = {
  blockNumber: bigint
  blockHash: Hash
  stateRoot: Hash
  /** seconds since the epoch */
  timestamp: bigint
}

/** How an L2 block became part of L1: its `BlockAdvanced` event. */
export type Settlement = {
  l2BlockNumber: bigint
  l2BlockHash: Hash
  stateRoot: Hash
  /** the L1 block whose hash the L2 block carries */
  anchorBlockNumber: bigint
  l1BlockNumber: bigint
  l1TransactionHash: Hash
}
