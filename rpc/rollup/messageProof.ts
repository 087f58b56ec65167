import * as z from 'zod'
import { type L1MessageProof, proveL1Message } from '../../rollup/messages/messageProof.ts'
import { toQuantity } from '../hex.ts'
import { type Parse, required, withDefault } from '../params.ts'
import { QUANTITY64 } from '../schema.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { formatMessage, message } from './messageForm.ts'
import { messageSelector } from './messages.ts'
import { rollupMethod } from './method.ts'
import {
  address,
  addressIn,
  data,
  describedLater,
  from,
  hash,
  named,
  quantity64,
  quantity64In,
  toJsonSchema,
} from './wire.ts'

/**
 * `siblings`: from the leaf upwards. `calldata` claims the message when it is sent to `to` on L2: under the root that L2
 * knows as `rootId`, else with `inbox`, the proof of the root from an L1 header that L2 keeps for 8,191 seconds.
 */
export const messageProof = named('MessageProof', {
  message,
  index: quantity64,
  leaf: hash,
  siblings: z.array(hash).readonly(),
  root: hash,
  l1Block: quantity64,
  rootId: quantity64.optional(),
  inbox: z
    .object({
      anchorTimestamp: quantity64,
      l1Header: data,
      accountProof: z.array(data).readonly(),
      storageProof: z.array(data).readonly(),
    })
    .optional(),
  calldata: data,
  to: address,
})
export type MessageProof = z.infer<typeof messageProof>

const options = z.strictObject({ l2Block: quantity64In.exactOptional(), feeRecipient: addressIn.exactOptional() })
const parseBlock = from(quantity64In)
const parseOptions = from(options)

/** A number alone is `l2Block`. */
const blockOrOptions: Parse<z.output<typeof options>> = describedLater(
  (value, path) => (typeof value === 'string' ? { l2Block: parseBlock(value, path) } : parseOptions(value, path)),
  () => ({ anyOf: [QUANTITY64, toJsonSchema(options, 'input')] }),
)

/** What claims a message from L1 on L2. */
export function rollupMessageProofMethods({ rollup }: RollupDeps): MethodTable {
  return {
    rollup_getMessageProof: rollupMethod(
      {
        summary: 'What claims a message from L1 on L2, ready to send.',
        params: [required('message', messageSelector), withDefault('L2 block or options', blockOrOptions, {})],
        result: messageProof,
      },
      async ([selector, wanted]) => {
        const { chain, watcher: view, l1, inbox, l1Messages } = rollup().node
        return formatProof(await proveL1Message({ chain, view, l1, inbox }, await l1Messages.find(selector), wanted))
      },
    ),
  }
}

function formatProof({ message, path, l1Block, rootId, inbox, ...proof }: L1MessageProof): MessageProof {
  return {
    message: formatMessage(message),
    index: toQuantity(message.index),
    siblings: path,
    l1Block: toQuantity(l1Block),
    ...(rootId === undefined ? {} : { rootId: toQuantity(rootId) }),
    ...(inbox === undefined ? {} : { inbox: formatInbox(inbox) }),
    ...proof,
  }
}

function formatInbox({ anchorTimestamp, header, accountProof, storageProof }: NonNullable<L1MessageProof['inbox']>) {
  return { anchorTimestamp: toQuantity(anchorTimestamp), l1Header: header, accountProof, storageProof }
}
