import type { Chain } from '../../node/types.ts'
import type { Block } from '../../stateless/types.ts'
import { type BlockParameter, isPending, requireBlock } from '../blockParameter.ts'
import { RpcError } from '../errors.ts'
import { toData } from '../hex.ts'

/** Throws RpcError UNKNOWN_BLOCK, also for the pending block, and NOT_CANONICAL for an L2 block that was built again. */
export function requireCanonical(chain: Chain, parameter: BlockParameter): Block {
  if (isPending(parameter)) throw new RpcError('UNKNOWN_BLOCK', 'the pending block is not sealed yet')
  const block = requireBlock(chain, parameter)
  if (chain.isCanonical(block.hash)) return block
  throw new RpcError('NOT_CANONICAL', `L2 block ${toData(block.hash)} was built again and is not in the chain`)
}
