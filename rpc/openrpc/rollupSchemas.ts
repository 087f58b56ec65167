import {
  ADDRESS,
  ANY,
  arrayOf,
  DATA,
  HASH,
  type JsonSchema,
  objectOf,
  QUANTITY,
  QUANTITY64,
  reference,
  requiredOf,
  TEXT,
} from '../schema.ts'

/** What the rollup's node tells. */
export const ROLLUP: Readonly<Record<string, JsonSchema>> = {
  WithdrawalStatus: {
    type: 'string',
    enum: ['waiting-to-settle', 'waiting-for-finality', 'ready-to-claim', 'claimed'],
  },
  RollupWithdrawal: objectOf(
    {
      id: QUANTITY,
      hash: HASH,
      from: ADDRESS,
      to: ADDRESS,
      value: QUANTITY,
      fee: QUANTITY,
      gasLimit: QUANTITY64,
      data: DATA,
      l2Block: QUANTITY64,
      l2TxHash: HASH,
      status: reference('WithdrawalStatus'),
      readyAt: QUANTITY64,
      claimTx: HASH,
    },
    ['id', 'hash', 'from', 'to', 'value', 'l2Block', 'status'],
  ),
  WithdrawalProof: requiredOf({
    message: { type: 'object' },
    index: QUANTITY,
    path: arrayOf(HASH),
    outboxRoot: HASH,
    l2Block: QUANTITY64,
    accountProof: arrayOf(DATA),
    storageProof: arrayOf(DATA),
    calldata: DATA,
    to: ADDRESS,
  }),
  CrossMessageProof: requiredOf({
    message: { type: 'object' },
    index: QUANTITY,
    destinationChainId: QUANTITY64,
    path: arrayOf(HASH),
    outboxRoot: HASH,
    l2Block: QUANTITY64,
    l1Block: QUANTITY64,
    calldata: DATA,
    to: ADDRESS,
  }),
  RollupConfig: objectOf({ l1ChainId: QUANTITY, l2ChainId: QUANTITY, fork: TEXT, executeAddress: ADDRESS }, [
    'l1ChainId',
    'l2ChainId',
    'fork',
    'executeAddress',
  ]),
  /** deposits not claimed yet, blocks not settled yet, forced transactions in no settled block; their deadline: seconds */
  RollupQueue: objectOf(
    { deposits: QUANTITY, blocksToSettle: QUANTITY, forced: QUANTITY, forcedDeadline: QUANTITY64 },
    ['deposits', 'blocksToSettle', 'forced'],
  ),
  RollupStatus: objectOf(
    { l1Head: ANY, l2: ANY, lag: ANY, queue: reference('RollupQueue'), sequencer: ANY, settler: ANY, escrow: QUANTITY },
    ['l1Head', 'l2', 'lag', 'queue', 'sequencer', 'settler', 'escrow'],
  ),
}
