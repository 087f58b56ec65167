import { bad, hex, list, quantity, toQuantity } from './answerShapes.ts'
import { toBlock, toCall, toLog } from './l1Answers.ts'
import { ifOffered } from './l1Errors.ts'
import type { L1Request } from './l1Request.ts'
import type { L1Block, L1Call, L1Log, L1LogQuery, L1Tag } from './l1Types.ts'

type Hex = `0x${string}`

/** What is asked about L1 and its blocks. */
export type BlockQuestions = {
  chainId(): Promise<bigint>
  /** the genesis of a rollup, in any form; L1_REFUSED: L1 does not know it */
  getRollupGenesis(rollup: Hex): Promise<unknown>
  /** undefined: L1 has no such block */
  getBlock(at: bigint | Hex | L1Tag): Promise<L1Block | undefined>
  /** a block with its transactions to one address; undefined: L1 has no such block */
  getCallsTo(address: Hex, blockNumber: bigint): Promise<{ block: L1Block; calls: readonly L1Call[] } | undefined>
  getLogs(query: L1LogQuery): Promise<readonly L1Log[]>
  /** undefined when the node does not offer debug_getRawHeader */
  getRawHeader(blockNumber: bigint): Promise<Hex | undefined>
}

export function blockQuestions(request: L1Request): BlockQuestions {
  return {
    chainId: async () => quantity(await request('eth_chainId'), 'chainId'),
    getRollupGenesis: (rollup) => request('rollup_genesis', 'l2', rollup),
    async getBlock(at) {
      const byHash = typeof at === 'string' && at.startsWith('0x')
      const answer = byHash
        ? await request('eth_getBlockByHash', at, false)
        : await request('eth_getBlockByNumber', typeof at === 'bigint' ? toQuantity(at) : at, false)
      if (answer === null || answer === undefined) return undefined
      const block = toBlock(answer)
      if (typeof at === 'bigint' && block.number !== at) throw bad('block number', { asked: at, got: block.number })
      if (byHash && block.hash !== at) throw bad('block hash', { asked: at, got: block.hash })
      return block
    },
    async getCallsTo(to, blockNumber) {
      const answer = await request('eth_getBlockByNumber', toQuantity(blockNumber), true)
      if (answer === null || answer === undefined) return undefined
      const block = toBlock(answer)
      if (block.number !== blockNumber) throw bad('block number', { asked: blockNumber, got: block.number })
      return { block, calls: list(block.fields.transactions, 'transactions').flatMap((tx) => toCall(tx, to)) }
    },
    async getLogs(query) {
      const range =
        'blockHash' in query
          ? { blockHash: query.blockHash }
          : { fromBlock: toQuantity(query.fromBlock), toBlock: toQuantity(query.toBlock) }
      const logs = list(await request('eth_getLogs', { address: query.addresses, ...range }), 'logs').map(toLog)
      for (const log of logs) requireInside(log, query)
      return logs
    },
    getRawHeader: (blockNumber) =>
      ifOffered(async () => hex(await request('debug_getRawHeader', toQuantity(blockNumber)), 'raw header')),
  }
}

/** A log outside what was asked would smuggle records in from another block or another contract. */
function requireInside(log: L1Log, query: L1LogQuery): void {
  const inRange =
    'blockHash' in query
      ? log.blockHash === query.blockHash
      : log.blockNumber >= query.fromBlock && log.blockNumber <= query.toBlock
  if (!inRange) throw bad('log outside the range asked for', { blockNumber: log.blockNumber })
  if (!query.addresses.some((wanted) => wanted.toLowerCase() === log.address)) {
    throw bad('log of another contract', { address: log.address })
  }
}
