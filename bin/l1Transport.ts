import { setImmediate } from 'node:timers/promises'
import { custom, type Transport } from 'viem'
import type { Logger } from '../node/types.ts'
import { answerBytes } from '../rpc/answer.ts'
import { createControlGate } from '../rpc/control.ts'
import { createDispatch } from '../rpc/dispatch.ts'
import { DEFAULT_LIMITS } from '../rpc/server.ts'
import { createStop } from '../rpc/stop.ts'
import type { MethodTable } from '../rpc/types.ts'

type Answered = { result: unknown } | { error: { code: number; message: string; data?: unknown } }

/** What a JSON-RPC error becomes: code and data are what the rollup's L1 client looks at. */
class L1RpcError extends Error {
  readonly code: number
  readonly data: unknown
  constructor({ code, message, data }: { code: number; message: string; data?: unknown }) {
    super(message)
    this.code = code
    this.data = data
  }
}

/**
 * JSON-RPC to an L1 in this process without a socket: the answers are the texts that its port would send. A rollup stays
 * with its own L1 that way while another one takes over the port.
 */
export function l1Transport(methods: MethodTable, logger: Logger): Transport {
  const dispatch = createDispatch(DEFAULT_LIMITS, { methods, control: createControlGate({ open: true }), logger })
  const stop = createStop()
  return custom(
    {
      async request({ method, params = [] }: { method: string; params?: unknown }) {
        // A row of questions that are answered at once would let nobody else in between.
        await setImmediate()
        const answer = (await dispatch.answer({ jsonrpc: '2.0', id: 1, method, params }, { stop })) ?? ''
        const answered = JSON.parse(answerBytes(answer).toString()) as Answered
        if ('error' in answered) throw new L1RpcError(answered.error)
        return answered.result
      },
    },
    { retryCount: 0 },
  )
}
