import {
  type RollupEventName,
  type WatchRollupParameters,
  type WatchRollupReturnType,
  watchRollup,
} from '../actions/watchRollup.ts'
import { type RollupQuestions, rollupQuestions } from '../generated/decorators.ts'
import type { RollupClient } from '../rollupRequest.ts'

/** What a node tells about its rollup: the rollup_ methods that change nothing. */
export type RollupActions = RollupQuestions & {
  /** Hears of what happens between the chains, over WebSocket, until the function that it answers with is called. */
  watchRollup: <name extends RollupEventName>(parameters: WatchRollupParameters<name>) => WatchRollupReturnType
}

/** Adds the rollup_ methods that change nothing to a client of either chain: `createPublicClient(...).extend(rollupActions())`. */
export function rollupActions(): (client: RollupClient) => RollupActions {
  return (client) => ({
    ...rollupQuestions()(client),
    watchRollup: (parameters) => watchRollup(client, parameters),
  })
}
