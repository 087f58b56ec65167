import type {
  Message,
  MessageSelector,
  Withdrawal,
  WithdrawalFilter,
  WithdrawalProof,
  WithdrawalStatus,
} from '../../rollup/types.ts'
import { address, hash, index, quantity } from '../codec.ts'
import { invalidParams } from '../errors.ts'
import { toData, toQuantity } from '../hex.ts'
import { describe, described, method, optional, type Parse, property, readObject, required } from '../params.ts'
import { HASH, objectOf, QUANTITY, quantitySchema, reference } from '../schema.ts'
import type { MethodTable } from '../types.ts'
import type { ReaderDeps } from './deps.ts'

/** Messages from L2 to L1: where each one stands, and what claims it. */
export function rollupWithdrawalMethods({ reader }: ReaderDeps): MethodTable {
  return {
    rollup_getWithdrawals: method([optional('filter', filter)], async ([wanted]) =>
      (await reader().getWithdrawals(wanted ?? {})).map(formatWithdrawal),
    ),
    /**
     * (id), (transaction hash) or (transaction hash, index), each with options last. One proof for one withdrawal, a
     * list for a whole transaction.
     */
    rollup_getWithdrawalProof: method(
      [
        required('withdrawal', idOrTransaction),
        optional('index or options', indexOrOptions),
        optional('options', proofOptions),
      ],
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

export const hexHash: Parse<`0x${string}`> = (value, path) => toData(hash(value, path))
const hexAddress: Parse<`0x${string}`> = (value, path) => toData(address(value, path))

/** A message by its id, or all messages of a transaction. */
export const idOrTransaction: Parse<IdOrTransaction> = described({ anyOf: [HASH, QUANTITY] }, (value, path) =>
  typeof value === 'string' && value.length === 66
    ? { txHash: hexHash(value, path) }
    : { index: quantity(value, path) },
)

const PROOF_OPTIONS = objectOf({ l2Block: QUANTITY })

const proofOptions: Parse<{ l2Block?: bigint }> = described(PROOF_OPTIONS, (value, path) =>
  property(readObject(value, path), path, 'l2Block', 'l2Block', quantity),
)

const INDEX_OR_OPTIONS = { anyOf: [quantitySchema(52), PROOF_OPTIONS] }

const indexOrOptions: Parse<number | { l2Block?: bigint }> = described(INDEX_OR_OPTIONS, (value, path) =>
  typeof value === 'object' ? proofOptions(value, path) : index(value, path),
)

function select(selector: IdOrTransaction, ordinal: number | undefined): MessageSelector {
  if (ordinal === undefined) return selector
  if ('txHash' in selector) return { ...selector, ordinal }
  throw invalidParams('argument 1 (index or options)', 'an index goes with a transaction hash, not with an id')
}

const STATUSES: readonly WithdrawalStatus[] = ['waiting-to-settle', 'waiting-for-finality', 'ready-to-claim', 'claimed']

const status: Parse<WithdrawalStatus> = (value, path) => {
  const known = STATUSES.find((name) => name === value)
  if (!known) throw invalidParams(path, `expected one of ${STATUSES.join(', ')}, got ${describe(value)}`)
  return known
}

const filter: Parse<WithdrawalFilter> = described(reference('WithdrawalFilter'), (value, path) => {
  const read = readObject(value, path)
  return {
    ...property(read, path, 'txHash', 'txHash', hexHash),
    ...property(read, path, 'address', 'address', hexAddress),
    ...property(read, path, 'status', 'status', status),
  }
})

function formatWithdrawal({ message, hash, l2Block, l2TxHash, status, readyAt, claimTx }: Withdrawal) {
  return {
    id: toQuantity(message.index),
    hash,
    from: message.sender,
    to: message.to,
    value: toQuantity(message.value),
    fee: toQuantity(message.fee),
    gasLimit: toQuantity(message.gasLimit),
    data: message.data,
    l2Block: toQuantity(l2Block),
    l2TxHash,
    status,
    ...(readyAt === undefined ? {} : { readyAt: toQuantity(readyAt) }),
    ...(claimTx === undefined ? {} : { claimTx }),
  }
}

function formatProof({ message, l2Block, ...proof }: WithdrawalProof) {
  return {
    message: formatMessage(message),
    index: toQuantity(message.index),
    ...proof,
    l2Block: toQuantity(l2Block),
  }
}

export function formatMessage(message: Message) {
  return {
    sender: message.sender,
    to: message.to,
    value: toQuantity(message.value),
    fee: toQuantity(message.fee),
    gasLimit: toQuantity(message.gasLimit),
    data: message.data,
    index: toQuantity(message.index),
  }
}
