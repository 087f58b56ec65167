import { createPublicClient, type Transport } from 'viem'
import { RollupError } from '../errors.ts'
import { type BlockQuestions, blockQuestions } from './blockQuestions.ts'
import { toRollupError } from './l1Errors.ts'
import type { L1Request } from './l1Request.ts'
import { type PushedHeads, type PushTransport, pushedHeads } from './pushedHeads.ts'
import { type StateQuestions, stateQuestions } from './stateQuestions.ts'
import { type TraceQuestions, traceQuestions } from './traceQuestions.ts'
import { type TransactionQuestions, transactionQuestions } from './transactionQuestions.ts'

/** Every question that rollup/ asks L1. Answers are checked for shape, never for truth; all failures are RollupErrors. */
export type L1Client = BlockQuestions & StateQuestions & TransactionQuestions & TraceQuestions & PushedHeads

/** `timeoutMs` bounds every single request, whatever the transport does. */
export type L1ClientOptions = { timeoutMs?: number }

const DEFAULT_TIMEOUT_MS = 15_000

export function createL1Client(transport: Transport, options: L1ClientOptions = {}): L1Client {
  const client = createPublicClient({ transport, cacheTime: 0 })
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS
  // one loosely typed door: viem's own schema would promise shapes that a hostile node need not deliver
  const send = client.request as (request: { method: string; params: readonly unknown[] }) => Promise<unknown>
  const request: L1Request = async (method, ...params) => {
    try {
      return await withTimeout(send({ method, params }), timeoutMs, method)
    } catch (error) {
      throw toRollupError(method, error)
    }
  }
  return {
    ...blockQuestions(request),
    ...stateQuestions(request),
    ...transactionQuestions(request),
    ...traceQuestions(request),
    ...pushedHeads(client.transport as PushTransport),
  }
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number, method: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new RollupError('L1_UNREACHABLE', `L1 did not answer ${method} within ${timeoutMs} ms`, { method })),
      timeoutMs,
    )
    timer.unref()
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}
