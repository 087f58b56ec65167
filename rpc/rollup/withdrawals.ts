import * as z from 'zod'
import type { MessageSelector, Withdrawal, WithdrawalProof } from '../../rollup/types.ts'
import { hash as hashBytes, index, quantity as quantityValue } from '../codec.ts'
import { invalidParams } from '../errors.ts'
import { toData, toQuantity } from '../hex.ts'
import { described, optional, type Parse, required } from '../params.ts'
import { HASH, QUANTITY, quantitySchema } from '../schema.ts'
import type { MethodTable } from '../types.ts'
import type { ReaderDeps } from './deps.ts'
import { formatListed, formatMessage, limitIn, listedMessage, message } from './messageForm.ts'
import { rollupMethod } from './method.ts'
import { address, addressIn, data, from, hash, hashIn, named, quantity64, quantity64In } from './wire.ts'

export const withdrawalStatus = z
  .enum(['waiting-to-settle', 'waiting-for-finality', 'ready-to-claim', 'claimed'])
  .meta({ title: 'WithdrawalStatus' })

/** A message from L2 to L1. `readyAt`: seconds since the epoch, while it waits for finality. */
export const withdrawal = named('RollupWithdrawal', {
  ...listedMessage,
  l2Block: quantity64,
  l2TxHash: hash,
  status: withdrawalStatus,
  readyAt: quantity64.optional(),
  claimTx: hash.optional(),
})
export type RollupWithdrawal = z.infer<typeof withdrawal>

/** `calldata` claims the withdrawal when it is sent to `to` on L1. `l2Block`: the settled block whose state proves it. */
export const withdrawalProof = named('WithdrawalProof', {
  message,
  index: quantity64,
  path: z.array(hash).readonly(),
  outboxRoot: hash,
  l2Block: quantity64,
  stateRoot: hash,
  accountProof: z.array(data).readonly(),
  storageProof: z.array(data).readonly(),
  calldata: data,
  to: address,
})
export type WithdrawalProofForm = z.infer<typeof withdrawalProof>

const MAX_LISTED = 1_000
const withdrawalFilter = z
  .strictObject({
    txHash: hashIn.exactOptional(),
    address: addressIn.exactOptional(),
    status: withdrawalStatus.exactOptional(),
    from: quantity64In.exactOptional(),
    limit: limitIn(MAX_LISTED).exactOptional(),
  })
  .meta({ title: 'WithdrawalFilter' })

const proofOptions = z.strictObject({ l2Block: quantity64In.exactOptional(), feeRecipient: addressIn.exactOptional() })

/** Messages from L2 to L1: where each one stands, and what claims it. */
export function rollupWithdrawalMethods({ reader }: ReaderDeps): MethodTable {
  return {
    rollup_getWithdrawals: rollupMethod(
      {
        summary: 'Messages from L2 to L1 and where they stand, at most 1,000; `from` is the first id.',
        params: [optional('filter', from(withdrawalFilter))],
        result: z.array(withdrawal),
      },
      async ([filter]) => {
        const { from: first = 0n, limit = MAX_LISTED, ...wanted } = filter ?? {}
        return (await reader().getWithdrawals({ ...wanted, from: first, limit })).map(formatWithdrawal)
      },
    ),
    /**
     * (id), (transaction hash) or (transaction hash, index), each with options last. One proof for one withdrawal, a
     * list for a whole transaction.
     */
    rollup_getWithdrawalProof: rollupMethod(
      {
        summary: 'What claims a withdrawal on L1; a list for a whole transaction.',
        params: [
          required('withdrawal', idOrTransaction),
          optional('index or options', indexOrOptions),
          optional('options', from(proofOptions)),
        ],
        result: z.union([withdrawalProof, z.array(withdrawalProof)]),
      },
      async ([selector, second, third]) => {
        const ordinal = typeof second === 'number' ? second : undefined
        const options = (typeof second === 'object' ? second : third) ?? {}
        const proofs = await reader().getWithdrawalProof(select(selector, ordinal), options)
        if ('txHash' in selector && ordinal === undefined) return proofs.map(formatProof)
        const [proof] = proofs
        if (!proof) throw new Error('the reader answered without a proof')
        return formatProof(proof)
      },
    ),
  }
}

export type IdOrTransaction = { index: bigint } | { txHash: `0x${string}` }

/** A message by its id, or all messages of a transaction. */
export const idOrTransaction: Parse<IdOrTransaction> = described({ anyOf: [HASH, QUANTITY] }, (value, path) =>
  typeof value === 'string' && value.length === 66
    ? { txHash: toData(hashBytes(value, path)) }
    : { index: quantityValue(value, path) },
)

const parseOptions = from(proofOptions)

const indexOrOptions: Parse<number | z.output<typeof proofOptions>> = Object.defineProperty(
  (value: unknown, path: string) => (typeof value === 'object' ? parseOptions(value, path) : index(value, path)),
  'schema',
  { get: () => ({ anyOf: [quantitySchema(52), parseOptions.schema] }) },
)

function select(selector: IdOrTransaction, ordinal: number | undefined): MessageSelector {
  if (ordinal === undefined) return selector
  if ('txHash' in selector) return { ...selector, ordinal }
  throw invalidParams('argument 1 (index or options)', 'an index goes with a transaction hash, not with an id')
}

function formatWithdrawal({ message, hash, l2Block, readyAt, ...facts }: Withdrawal): RollupWithdrawal {
  const { l2TxHash, status, claimTx } = facts
  return {
    ...formatListed(message, hash),
    l2Block: toQuantity(l2Block),
    l2TxHash,
    status,
    ...(readyAt === undefined ? {} : { readyAt: toQuantity(readyAt) }),
    ...(claimTx === undefined ? {} : { claimTx }),
  }
}

function formatProof({ message, l2Block, ...proof }: WithdrawalProof): z.input<typeof withdrawalProof> {
  return {
    message: formatMessage(message),
    index: toQuantity(message.index),
    ...proof,
    l2Block: toQuantity(l2Block),
  }
}
