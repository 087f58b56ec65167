import type { ReplayRequest } from '../../execution/types.ts'
import type { Chain, StoredBlock } from '../../node/types.ts'
import type { Block, Hash32 } from '../../stateless/types.ts'
import { RpcError } from '../errors.ts'
import { toData } from '../hex.ts'

/** What the engine needs to run this block again. Throws RpcError NOT_TRACEABLE and ChainError STATE_UNAVAILABLE. */
export function replayRequest(chain: Chain, { block, changes }: StoredBlock, signal: AbortSignal): ReplayRequest {
  return { ...requestOf(chain, block, signal), stored: true, ...(changes === undefined ? {} : { changes }) }
}

/** The same for a block that this chain need not have stored. */
export function foreignReplayRequest(chain: Chain, block: Block, signal: AbortSignal): ReplayRequest {
  return requestOf(chain, block, signal)
}

/** Throws RpcError NOT_TRACEABLE in geth's words. */
export function storedByHash(chain: Chain, blockHash: Hash32): StoredBlock {
  const stored = chain.getBlockByHash(blockHash)
  if (stored === undefined) throw new RpcError('NOT_TRACEABLE', `block ${toData(blockHash)} not found`)
  return stored
}

function requestOf(chain: Chain, block: Block, signal: AbortSignal): ReplayRequest {
  if (block.header.number === 0n) throw new RpcError('NOT_TRACEABLE', 'genesis is not traceable')
  const parent = chain.getBlockByHash(block.header.parentHash)?.block
  if (parent === undefined) {
    throw new RpcError('NOT_TRACEABLE', `parent ${toData(block.header.parentHash)} not found`)
  }
  return {
    parent: parent.header,
    block,
    state: chain.stateAt(parent.header.stateRoot),
    blockHash: chain.ancestorHashes(parent),
    signal,
  }
}
