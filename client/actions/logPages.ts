import { type Address, type Hex, MethodNotFoundRpcError, numberToHex, RpcError, type RpcLog, TimeoutError } from 'viem'
import { LogsUnavailableError } from '../errors.ts'
import type { Reader } from './reader.ts'

/** What is looked for, in which blocks, both included. */
export type LogQuery = { address: Address; topics: readonly (Hex | null)[]; fromBlock: bigint; toBlock: bigint }

/** questions for one list: where a node answers for 10,000 blocks at once, enough for 10 million */
const MAX_PAGES = 1_000n

/**
 * The logs of a contract, page by page from the newest blocks to the oldest, in each page as the node lists them. All blocks
 * are one page, unless the node refuses so many: then half of them, and so on.
 *
 * @throws LogsUnavailableError when that makes too many pages, the node's own error when it is about something else
 */
export async function* logPages(
  client: Reader,
  { address, topics, fromBlock, toBlock }: LogQuery,
): AsyncGenerator<RpcLog[], void> {
  let span = toBlock - fromBlock + 1n
  let last = toBlock
  while (last >= fromBlock) {
    const first = last - fromBlock < span ? fromBlock : last - span + 1n
    const range = { fromBlock: numberToHex(first), toBlock: numberToHex(last) }
    try {
      yield await client.request({ method: 'eth_getLogs', params: [{ address, topics: [...topics], ...range }] })
      last = first - 1n
    } catch (error) {
      if (first === last || !isRefusal(error)) throw error
      span = (last - first + 2n) / 2n
      if ((last - fromBlock) / span >= MAX_PAGES) {
        throw new LogsUnavailableError({ range: span, fromBlock, toBlock, cause: error })
      }
    }
  }
}

/** Nodes have no common code for a range that is too long, or one that takes too long. */
function isRefusal(error: unknown): boolean {
  return error instanceof TimeoutError || (error instanceof RpcError && !(error instanceof MethodNotFoundRpcError))
}
