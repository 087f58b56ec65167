import type { CrossAnchor, CrossMessageProof } from '../../rollup/types.ts'
import { quantity64 } from '../codec.ts'
import { toQuantity } from '../hex.ts'
import { described, method, type Parse, readObject, required } from '../params.ts'
import { HASH, QUANTITY64, requiredOf } from '../schema.ts'
import type { MethodTable } from '../types.ts'
import type { ReaderDeps } from './deps.ts'
import { formatMessage, hexHash, idOrTransaction } from './withdrawals.ts'

/**
 * What claims a message to another rollup there, in one hop. Asked of the node of the source; of the destination it needs
 * nothing but a block, so no node has to know another's address.
 */
export function rollupCrossMessageMethods({ reader }: ReaderDeps): MethodTable {
  return {
    rollup_getCrossMessageProof: method(
      [required('message', idOrTransaction), required('block of the destination', destinationBlock)],
      async ([selector, anchor]) => {
        const proofs = (await reader().getCrossMessageProof(selector, anchor)).map(formatProof)
        return 'txHash' in selector ? proofs : proofs[0]
      },
    ),
  }
}

/** Two fields of an eth_ block; the others may stay. */
const destinationBlock: Parse<CrossAnchor> = described(
  requiredOf({ timestamp: QUANTITY64, parentBeaconBlockRoot: HASH }),
  (value, path) => {
    const read = readObject(value, path)
    return {
      timestamp: quantity64(read('timestamp'), `${path}.timestamp`),
      l1BlockHash: hexHash(read('parentBeaconBlockRoot'), `${path}.parentBeaconBlockRoot`),
    }
  },
)

function formatProof({ message, destinationChainId, l2Block, l1Block, ...proof }: CrossMessageProof) {
  return {
    message: formatMessage(message),
    index: toQuantity(message.index),
    destinationChainId: toQuantity(destinationChainId),
    l2Block: toQuantity(l2Block),
    l1Block: toQuantity(l1Block),
    ...proof,
  }
}
