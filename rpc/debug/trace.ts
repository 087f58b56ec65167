import type { ReplayRequest, TraceResult } from '../../execution/types.ts'
import type { StoredBlock } from '../../node/types.ts'
import { decodeBlock } from '../../stateless/header.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import type { Block } from '../../stateless/types.ts'
import { isPending, type NumberOrTag, numberOrTag, resolveNumber } from '../blockParameter.ts'
import { data, hash } from '../codec.ts'
import { RpcError } from '../errors.ts'
import type { EthDeps } from '../eth/deps.ts'
import { toData } from '../hex.ts'
import { method, required, withDefault } from '../params.ts'
import type { MethodTable, RpcContext } from '../types.ts'
import { foreignReplayRequest, replayRequest, storedByHash } from './replay.ts'
import { createRunTrace, traceResult } from './runTrace.ts'
import { storageRangeMethods } from './storageRange.ts'
import { traceCallMethod } from './traceCall.ts'
import { DEFAULT_TRACE, type TraceConfig, traceConfig } from './traceConfig.ts'

/** debug_trace*: what transactions did, step by step or call by call (geth eth/tracers/api.go). */
export function traceMethods(deps: EthDeps): MethodTable {
  const { chain } = deps
  const runTrace = createRunTrace()
  const config = withDefault('trace config', traceConfig, DEFAULT_TRACE)

  const traceBlock = (find: (signal: AbortSignal) => ReplayRequest, options: TraceConfig, context: RpcContext) =>
    runTrace(context, options, async (signal) => {
      const request = find(signal)
      const traces = await chain.engine.traceBlock({ ...request, options: options.tracer })
      return blockResult(request.block, traces)
    })

  return {
    debug_traceTransaction: method([required('transaction hash', hash), config], ([txHash, options], context) =>
      runTrace(context, options, async (signal) => {
        const found = chain.getTransactionLocation(txHash)
        const stored = found && chain.getBlockByHash(found.blockHash)
        if (!found || !stored) throw new RpcError('NOT_TRACEABLE', 'transaction not found')
        const request = { ...replayRequest(chain, stored, signal), options: options.tracer, only: found.index }
        const [trace] = await chain.engine.traceBlock(request)
        return trace && traceResult(trace)
      }),
    ),
    debug_traceBlockByNumber: method([required('block', numberOrTag), config], async ([block, options], context) => {
      const stored = await storedByNumber(deps, block)
      return traceBlock((signal) => replayRequest(chain, stored, signal), options, context)
    }),
    debug_traceBlockByHash: method([required('block hash', hash), config], ([blockHash, options], context) =>
      traceBlock((signal) => replayRequest(chain, storedByHash(chain, blockHash), signal), options, context),
    ),
    debug_traceBlock: method([required('block', data), config], ([rlp, options], context) =>
      traceBlock((signal) => foreignReplayRequest(chain, decodeBlock(rlp), signal), options, context),
    ),
    debug_traceCall: traceCallMethod(deps, runTrace),
    ...storageRangeMethods(deps, runTrace),
  }
}

function blockResult({ transactions }: Block, traces: readonly TraceResult[]): object {
  return traces.flatMap((trace, index) => {
    const raw = transactions[index]
    return raw === undefined ? [] : [{ txHash: toData(keccak256(raw)), result: traceResult(trace) }]
  })
}

async function storedByNumber(
  { chain, pending }: Pick<EthDeps, 'chain' | 'pending'>,
  block: NumberOrTag,
): Promise<StoredBlock> {
  if (isPending(block)) return pending.get()
  const number = resolveNumber(chain, block)
  const stored = chain.getBlockByNumber(number)
  if (stored === undefined) throw new RpcError('NOT_TRACEABLE', `block #${number} not found`)
  return stored
}
