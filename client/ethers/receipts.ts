import { type TransactionReceipt, WaitForTransactionReceiptTimeoutError } from 'viem'
import { waitForTransactionReceipt } from 'viem/actions'
import type { WaitOptions } from '../actions/poll.ts'
import { WaitTimeoutError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { type Sent, toHash } from './values.ts'

/** Milliseconds: for questions about a transaction that may just have been sent. */
const PATIENCE = 60_000

/** Waits until a transaction, or what it was replaced by, is in a block. Throws WaitTimeoutError, the reason of `signal`. */
export async function receiptOf(
  { read }: Connection,
  sent: Sent,
  { signal, timeout = 0, pollingInterval }: WaitOptions = { timeout: PATIENCE },
): Promise<TransactionReceipt> {
  const hash = toHash(sent)
  const polling = pollingInterval === undefined ? {} : { pollingInterval }
  return untilAborted(
    signal,
    read((client) => waitForTransactionReceipt(client, { hash, timeout, ...polling })),
  ).catch((cause: unknown) => {
    if (!(cause instanceof WaitForTransactionReceiptTimeoutError)) throw cause
    const advice = 'Was it sent to this chain, and does it pay enough for the next block?'
    throw new WaitTimeoutError({ timeout, what: `transaction ${hash}`, reached: 'it is in no block', advice })
  })
}

async function untilAborted<Result>(signal: AbortSignal | undefined, work: Promise<Result>): Promise<Result> {
  if (signal === undefined) return work
  let stop = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', stop))
}
