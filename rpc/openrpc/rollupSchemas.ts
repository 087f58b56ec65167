import { ADDRESS, ANY, type JsonSchema, objectOf, QUANTITY, QUANTITY64, reference, TEXT } from '../schema.ts'

/** What the rollup's node tells. */
export const ROLLUP: Readonly<Record<string, JsonSchema>> = {
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
