import * as z from 'zod'
import type { CrossAnchor, CrossMessageProof } from '../../rollup/types.ts'
import { toQuantity } from '../hex.ts'
import { required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { ReaderDeps } from './deps.ts'
import { formatMessage, message } from './messageForm.ts'
import { rollupMethod } from './method.ts'
import { address, data, from, hash, hashIn, named, quantity64, quantity64In } from './wire.ts'
import { idOrTransaction } from './withdrawals.ts'

/** `calldata` claims the message when it is sent to `to` on the destination. */
export const crossMessageProof = named('CrossMessageProof', {
  message,
  index: quantity64,
  destinationChainId: quantity64,
  path: z.array(hash).readonly(),
  outboxRoot: hash,
  l2Block: quantity64,
  l1Block: quantity64,
  calldata: data,
  to: address,
})
export type CrossMessageProofForm = z.infer<typeof crossMessageProof>

/** Two fields of an eth_ block; the others may stay. */
const destinationBlock = z
  .looseObject({ timestamp: quantity64In, parentBeaconBlockRoot: hashIn })
  .transform(({ timestamp, parentBeaconBlockRoot }): CrossAnchor => ({ timestamp, l1BlockHash: parentBeaconBlockRoot }))

/**
 * What claims a message to another rollup there, in one hop. Asked of the node of the source; of the destination it needs
 * nothing but a block, so no node has to know another's address.
 */
export function rollupCrossMessageMethods({ reader }: ReaderDeps): MethodTable {
  return {
    rollup_getCrossMessageProof: rollupMethod(
      {
        summary: 'What claims a message to another rollup there, in one hop; a list for a whole transaction.',
        params: [required('message', idOrTransaction), required('block of the destination', from(destinationBlock))],
        result: z.union([crossMessageProof, z.array(crossMessageProof)]),
      },
      async ([selector, anchor]) => {
        const proofs = (await reader().getCrossMessageProof(selector, anchor)).map(formatProof)
        if ('txHash' in selector) return proofs
        const [proof] = proofs
        if (proof === undefined) throw new Error('the reader answered without a proof')
        return proof
      },
    ),
  }
}

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
