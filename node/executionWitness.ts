import type { BlockOutcome } from '../execution/types.ts'
import { encodeHeader } from '../stateless/header.ts'
import { createStateView } from '../stateless/stateView.ts'
import type { ExecutionWitness } from '../stateless/types.ts'
import { ancestorHeaders, createAncestorRecorder, createRecorder } from '../stateless/witness.ts'
import { ChainError } from './errors.ts'
import type { Chain, StoredBlock } from './types.ts'

/**
 * Runs a block that stands on a stored parent once more, over nothing but its parent's state, and writes down what it
 * read: the smallest witness, in canonical form (EIP-8025). It is also a check that builder and verifier agree.
 *
 * @throws ChainError UNKNOWN_PARENT (genesis has none), STATE_UNAVAILABLE; InvalidBlock; the signal's reason
 */
export async function recordExecution(
  chain: Pick<Chain, 'engine' | 'nodes' | 'getBlockByHash' | 'ancestorHashes' | 'stateAt'>,
  { block, blockAccessList, changes }: Pick<StoredBlock, 'block' | 'blockAccessList' | 'changes'>,
  options: { stored?: boolean; signal?: AbortSignal } = {},
): Promise<{ outcome: BlockOutcome; witness: ExecutionWitness }> {
  const { parentHash, number } = block.header
  const parent = chain.getBlockByHash(parentHash)?.block
  if (parent === undefined) {
    throw new ChainError('UNKNOWN_PARENT', `the parent of block ${number} is not stored`, { number, parentHash })
  }
  // Without its root the state is not there at all; deeper gaps show while the block runs.
  chain.stateAt(parent.header.stateRoot)
  const ancestorHashes = chain.ancestorHashes(parent)
  const ancestors = createAncestorRecorder(ancestorHashes)
  const recorder = createRecorder(chain.nodes)
  const outcome = await chain.engine.executeBlock({
    parent: parent.header,
    block,
    state: createStateView(recorder, parent.header.stateRoot),
    blockHash: ancestors.blockHash,
    ...(blockAccessList === undefined ? {} : { blockAccessList }),
    ...(changes === undefined ? {} : { changes }),
    ...options,
  })
  const oldestNumberRead = ancestors.oldestNumberRead()
  const headers = ancestorHeaders({
    parent: { number: parent.header.number, rlp: encodeHeader(parent.header) },
    ...(oldestNumberRead === undefined ? {} : { oldestNumberRead }),
    headerByNumber(ancestorNumber) {
      const hash = ancestorHashes(ancestorNumber)
      const ancestor = hash === undefined ? undefined : chain.getBlockByHash(hash)
      return ancestor === undefined ? undefined : encodeHeader(ancestor.block.header)
    },
  })
  return { outcome, witness: recorder.witness(headers) }
}
