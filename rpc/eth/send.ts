import type { Transaction } from '../../execution/types.ts'
import type { Chain } from '../../node/types.ts'
import { data, index } from '../codec.ts'
import { RpcError } from '../errors.ts'
import { toData } from '../hex.ts'
import { method, required, withDefault } from '../params.ts'
import type { MethodTable, RpcContext } from '../types.ts'
import { type EthDeps, ethLimits } from './deps.ts'
import { receiptOf } from './receipts.ts'

export const DEFAULT_WAIT_MS = 2_000
/** Longest that eth_sendRawTransaction waits for the block of its transaction where every transaction gets one. */
const INSTANT_WAIT_MS = 1_000

export type SendDeps = Pick<EthDeps, 'chain' | 'pool' | 'limits' | 'sealsInstantly'>

/** Puts signed transactions into the pool and waits for what becomes of them. */
export function createSubmission({ chain, pool, sealsInstantly }: SendDeps) {
  return {
    add: (raw: Uint8Array): Promise<Transaction> => pool.add(raw),
    /** Where every transaction gets a block at once: until this one has it. Elsewhere at once. */
    async decided({ hash, nonce, sender }: Transaction, context: Pick<RpcContext, 'signal'>): Promise<void> {
      if (!sealsInstantly?.() || pool.nextNonce(sender) <= nonce) return
      const isDecided = () => chain.getTransactionLocation(hash) !== undefined || pool.get(hash) === undefined
      // Asked for only here: making a signal costs more than reading the transaction.
      await waitUntil(isDecided, (wake) => chain.onHead(wake), INSTANT_WAIT_MS, context.signal)
    },
  }
}

/** Signed transactions into the pool. */
export function sendMethods(deps: SendDeps): MethodTable {
  const { chain, pool } = deps
  const submission = createSubmission(deps)
  const { maxReceiptWaitMs } = ethLimits(deps)
  const rawParam = required('transaction', data)
  return {
    /**
     * Answers with the hash. Where every transaction gets a block at once, after that block: libraries that look for a
     * receipt and then wait for the next block would otherwise wait for a block that nobody makes.
     */
    eth_sendRawTransaction: method([rawParam], async ([raw], context) => {
      const tx = await submission.add(raw)
      await submission.decided(tx, context)
      return toData(tx.hash)
    }),
    /** EIP-7966: answers with the receipt, or with an error that carries the hash when it takes too long */
    eth_sendRawTransactionSync: method(
      [rawParam, withDefault('timeout in ms', index, DEFAULT_WAIT_MS)],
      async ([raw, timeoutMs], { signal }) => {
        const { hash } = await pool.add(raw)
        return receiptWithin(chain, hash, Math.min(timeoutMs, maxReceiptWaitMs), signal)
      },
    ),
  }
}

/** The receipt of a transaction that was sent just now. Throws RpcError NO_RECEIPT_YET after the wait. */
export async function receiptWithin(chain: Chain, hash: Uint8Array, waitMs: number, signal: AbortSignal) {
  await waitUntil(
    () => chain.getTransactionLocation(hash) !== undefined,
    (wake) => chain.onHead(wake),
    waitMs,
    signal,
  )
  const receipt = receiptOf(chain, hash)
  if (receipt) return receipt
  const message = `the transaction was added to the pool but wasn't processed in ${waitMs} ms`
  throw new RpcError('NO_RECEIPT_YET', message, { output: toData(hash) })
}

/** Resolves when `done` holds, looked at now and after every event, or when the time is over or the caller gone. */
export function waitUntil(
  done: () => boolean,
  onEvent: (listener: () => void) => () => void,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  if (done()) return Promise.resolve()
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      stop()
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, timeoutMs)
    const stop = onEvent(() => {
      if (done()) finish()
    })
    signal.addEventListener('abort', finish, { once: true })
  })
}
