import type { Block } from '../../stateless/types.ts'
import { type BlockParameter, findBlock, isPending, numberOrTag } from '../blockParameter.ts'
import { hash, index } from '../codec.ts'
import {
  formatBlock,
  formatHeader,
  formatHydratedBlock,
  formatPendingBlock,
  formatPendingHeader,
  formatUncle,
} from '../format/block.ts'
import { toData, toQuantity } from '../hex.ts'
import { bool, method, required } from '../params.ts'
import { createJsonCache } from '../preparedJson.ts'
import type { MethodTable } from '../types.ts'
import { type EthDeps, ethLimits } from './deps.ts'

/** Blocks; null when there is none. */
export function blockMethods(deps: Pick<EthDeps, 'chain' | 'pending' | 'limits'>): MethodTable {
  const { chain, pending } = deps
  // A block never changes under its hash.
  const prepared = createJsonCache(ethLimits(deps).preparedBytes)
  const hashParam = required('block hash', hash)
  const numberParam = required('block', numberOrTag)
  const indexParam = required('uncle index', index)
  const hydratedParam = required('hydrated transactions', bool)
  const byHash = (blockHash: Uint8Array): BlockParameter => ({ kind: 'hash', hash: blockHash, requireCanonical: false })

  const getPending = async (hydrated: boolean) => formatPendingBlock(await pending.get(), hydrated)
  const getBlock = (parameter: BlockParameter, hydrated: boolean) => {
    if (isPending(parameter)) return getPending(hydrated)
    const block = findBlock(chain, parameter)
    if (!block) return null
    return prepared.get(`${toData(block.hash)} ${hydrated}`, async () =>
      hydrated ? formatHydratedBlock(block, await chain.readTransactions(block)) : formatBlock(block),
    )
  }
  const count = (parameter: BlockParameter, countIn: (block: Block) => number) => {
    const block = findBlock(chain, parameter)
    return block ? toQuantity(countIn(block)) : null
  }
  const countTransactions = async (parameter: BlockParameter) => {
    if (isPending(parameter)) return toQuantity((await pending.get()).transactions.length)
    return count(parameter, (block) => block.transactions.length)
  }
  const countUncles = (parameter: BlockParameter) =>
    isPending(parameter) ? toQuantity(0) : count(parameter, (block) => block.ommers.length)

  const getHeader = async (parameter: BlockParameter) => {
    if (isPending(parameter)) return formatPendingHeader(await pending.get())
    const block = findBlock(chain, parameter)
    return block ? formatHeader(block) : null
  }
  /** An uncle as a block of its own, which has no transactions that anybody knows. */
  const getUncle = (parameter: BlockParameter, position: number) => {
    const uncle = isPending(parameter) ? undefined : findBlock(chain, parameter)?.ommers[position]
    return uncle ? formatUncle(uncle) : null
  }

  return {
    eth_getHeaderByHash: method([hashParam], ([blockHash]) => getHeader(byHash(blockHash))),
    eth_getHeaderByNumber: method([numberParam], ([block]) => getHeader(block)),
    eth_getUncleByBlockHashAndIndex: method([hashParam, indexParam], ([blockHash, position]) =>
      getUncle(byHash(blockHash), position),
    ),
    eth_getUncleByBlockNumberAndIndex: method([numberParam, indexParam], ([block, position]) =>
      getUncle(block, position),
    ),
    eth_getBlockByHash: method([hashParam, hydratedParam], ([blockHash, full]) => getBlock(byHash(blockHash), full)),
    eth_getBlockByNumber: method([numberParam, hydratedParam], ([block, full]) => getBlock(block, full)),
    eth_getBlockTransactionCountByHash: method([hashParam], ([blockHash]) => countTransactions(byHash(blockHash))),
    eth_getBlockTransactionCountByNumber: method([numberParam], ([block]) => countTransactions(block)),
    eth_getUncleCountByBlockHash: method([hashParam], ([blockHash]) => countUncles(byHash(blockHash))),
    eth_getUncleCountByBlockNumber: method([numberParam], ([block]) => countUncles(block)),
  }
}
