import type { CallFrame } from '../../execution/types.ts'
import type { Chain, StoredBlock } from '../../node/types.ts'
import type { Hash32 } from '../../stateless/types.ts'
import { hash } from '../codec.ts'
import { replayRequest } from '../debug/replay.ts'
import type { RunTrace } from '../debug/runTrace.ts'
import { RpcError } from '../errors.ts'
import { toData, toQuantity } from '../hex.ts'
import { method, required } from '../params.ts'
import type { MethodTable, RpcContext } from '../types.ts'

/** Kinds of ots_getInternalOperations. */
const OPERATIONS = { CALL: 0, SELFDESTRUCT: 1, CREATE: 2, CREATE2: 3 } as const

/** What happened inside a transaction, from its calls. Throws RpcError NOT_TRACEABLE for an unknown one. */
export function otsCallMethods({ chain }: { chain: Chain }, runTrace: RunTrace): MethodTable {
  const params = [required('transaction hash', hash)] as const
  const callOf = (txHash: Hash32, context: RpcContext): Promise<CallFrame> =>
    runTrace(context, {}, async (signal) => {
      const location = chain.getTransactionLocation(txHash)
      const stored = location && chain.getBlockByHash(location.blockHash)
      if (!location || !stored) throw new RpcError('NOT_TRACEABLE', 'transaction not found')
      const [call] = await traceCalls(chain, stored, signal, location.index)
      if (call === undefined) throw new Error('a traced transaction without a trace')
      return call
    })
  return {
    ots_getInternalOperations: method(params, async ([txHash], context) => operationsOf(await callOf(txHash, context))),
    ots_getTransactionError: method(params, async ([txHash], context) => {
      const { error, output } = await callOf(txHash, context)
      return error === undefined || output === undefined ? '0x' : toData(output)
    }),
    ots_traceTransaction: method(params, async ([txHash], context) =>
      [...walk(await callOf(txHash, context))].map(({ frame, depth }) => entryOf(frame, depth)),
    ),
  }
}

/** The calls of each transaction of a block, or of one. */
export async function traceCalls(
  chain: Chain,
  stored: StoredBlock,
  signal: AbortSignal,
  only?: number,
): Promise<CallFrame[]> {
  const options = { tracer: 'callTracer', onlyTopCall: false, withLog: false } as const
  const request = { ...replayRequest(chain, stored, signal), options, ...(only === undefined ? {} : { only }) }
  const traces = await chain.engine.traceBlock(request)
  return traces.flatMap((trace) => (trace.tracer === 'callTracer' ? [trace.call] : []))
}

type Visited = { frame: CallFrame; depth: number; failed: boolean }

/** All frames, each before those inside it; `failed`: it or one around it did. */
export function* walk(outermost: CallFrame): Generator<Visited> {
  const waiting: Visited[] = [{ frame: outermost, depth: 0, failed: outermost.error !== undefined }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next
    const { frame, depth, failed } = next
    for (const inner of frame.calls.toReversed()) {
      waiting.push({ frame: inner, depth: depth + 1, failed: failed || inner.error !== undefined })
    }
  }
}

/** Transfers, creations and self-destructions below the outermost frame that took place. */
function operationsOf(outermost: CallFrame): object[] {
  const operations: object[] = []
  for (const { frame, depth, failed } of walk(outermost)) {
    const { type, from, to, value = 0n } = frame
    const isTransfer = type === 'CALL' && value > 0n
    if (depth === 0 || failed || to === undefined || !(isTransfer || (type !== 'CALL' && type in OPERATIONS))) continue
    const kind = OPERATIONS[type as keyof typeof OPERATIONS]
    operations.push({ type: kind, from: toData(from), to: toData(to), value: toQuantity(value) })
  }
  return operations
}

function entryOf({ type, from, to, value, input, output }: CallFrame, depth: number): object {
  return {
    type,
    depth,
    from: toData(from),
    to: to === undefined ? null : toData(to),
    value: value === undefined || type === 'DELEGATECALL' ? null : toQuantity(value),
    input: toData(input),
    output: output === undefined ? '0x' : toData(output),
  }
}
