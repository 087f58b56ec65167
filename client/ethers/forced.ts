import type { BytesLike, TransactionResponse } from 'ethers'
import { forceTransaction } from '../actions/forceTransaction.ts'
import {
  type ForcedTransaction,
  type ForcedTransactionSelector,
  getForcedTransaction,
} from '../actions/getForcedTransaction.ts'
import { reclaimBond } from '../actions/reclaimBond.ts'
import type { NativeRollupChain } from '../chains.ts'
import type { Connection, EthersSendOptions } from './connection.ts'
import { receiptOf } from './receipts.ts'
import { type Sent, toHex } from './values.ts'

/** A forced transaction: the transaction on L1 that forced it, or its place in the queue. */
export type ForcedLike = Sent | bigint

/** Transactions of L2 that the sequencer must not pass by. */
export type EthersForced = {
  /** Puts a signed L2 transaction into the queue on L1, with the bond that the contract asks for. */
  create(signedTransaction: BytesLike, options?: EthersSendOptions): Promise<TransactionResponse>
  /** How far it is. */
  status(forced: ForcedLike): Promise<ForcedTransaction>
  /** Pays the bond of one that a settled block contains back to who paid it. */
  reclaimBond(forced: ForcedLike, options?: EthersSendOptions): Promise<TransactionResponse>
}

export function createForced(l1: Connection, targetChain: NativeRollupChain): EthersForced {
  const selectorOf = async (forced: ForcedLike): Promise<ForcedTransactionSelector> =>
    typeof forced === 'bigint' ? { id: forced } : { l1Receipt: await receiptOf(l1, forced) }
  const status = async (forced: ForcedLike) => {
    const selector = await selectorOf(forced)
    return l1.read((client) => getForcedTransaction(client, { ...selector, targetChain }))
  }
  return {
    create: async (signedTransaction, options = {}) => {
      const serializedTransaction = toHex(signedTransaction)
      return l1.send(options, (client, rest) =>
        forceTransaction(client, { ...rest, serializedTransaction, targetChain }),
      )
    },
    status,
    reclaimBond: async (forced, options = {}) => {
      const id = typeof forced === 'bigint' ? forced : (await status(forced)).id
      return l1.send(options, (client, rest) => reclaimBond(client, { ...rest, id, targetChain }))
    },
  }
}
