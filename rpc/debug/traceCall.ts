import type { CallContext } from '../../execution/types.ts'
import { createStateView } from '../../stateless/stateView.ts'
import type { StateView } from '../../stateless/types.ts'
import { blockParameter, isPending, LATEST, requireBlock } from '../blockParameter.ts'
import { blockOverrides, callObject, stateOverrides } from '../callObject.ts'
import { index } from '../codec.ts'
import { RpcError } from '../errors.ts'
import { blockContext, cappedRequest } from '../eth/call.ts'
import type { EthDeps } from '../eth/deps.ts'
import { toData } from '../hex.ts'
import { described, method, type Parse, property, readObject, required, withDefault } from '../params.ts'
import { reference } from '../schema.ts'
import type { RpcMethod } from '../types.ts'
import { stateBefore } from './changedState.ts'
import { replayRequest } from './replay.ts'
import { type RunTrace, traceResult } from './runTrace.ts'
import { DEFAULT_TRACE, type TraceConfig, traceConfig } from './traceConfig.ts'

type TraceCallConfig = TraceConfig & Pick<CallContext, 'stateOverrides' | 'blockOverride'> & { txIndex?: number }

/** TraceCallConfig of geth: that of the other methods, with overrides, and how many transactions of the block come first. */
const traceCallConfig: Parse<TraceCallConfig> = described(reference('TraceOptions'), (value, path) => {
  const read = readObject(value, path)
  return {
    ...traceConfig(value, path),
    ...property(read, path, 'stateOverrides', 'stateOverrides', stateOverrides),
    ...property(read, path, 'blockOverrides', 'blockOverride', blockOverrides),
    ...property(read, path, 'txIndex', 'txIndex', index),
  }
})

/** debug_traceCall: eth_call on the state after the block, or before its transaction `txIndex`, watched. */
export function traceCallMethod(deps: EthDeps, runTrace: RunTrace): RpcMethod {
  const { chain } = deps
  const params = [
    required('transaction', callObject),
    withDefault('block', blockParameter, LATEST),
    withDefault<TraceCallConfig>('trace config', traceCallConfig, DEFAULT_TRACE),
  ] as const
  return method(params, ([call, block, config], context) =>
    runTrace(context, config, async (signal) => {
      const request = cappedRequest(deps, call)
      const { stateOverrides: accounts, blockOverride, txIndex } = config
      const at = await blockContext(deps, block)
      const state = txIndex === undefined ? at.state : await stateInside(deps, block, txIndex, signal)
      const trace = await chain.engine.traceCall(request, {
        ...at,
        state,
        ...(accounts === undefined ? {} : { stateOverrides: accounts }),
        ...(blockOverride === undefined ? {} : { blockOverride }),
        signal,
        options: config.tracer,
      })
      return traceResult(trace)
    }),
  )
}

async function stateInside(
  deps: Pick<EthDeps, 'chain' | 'pending'>,
  parameter: Parameters<typeof blockContext>[1],
  txIndex: number,
  signal: AbortSignal,
): Promise<StateView> {
  const { chain, pending } = deps
  const stored = isPending(parameter) ? await pending.get() : chain.getBlockByHash(requireBlock(chain, parameter).hash)
  if (stored === undefined) throw new RpcError('UNKNOWN_BLOCK', 'header not found')
  if (txIndex >= stored.block.transactions.length) {
    const text = `transaction index ${txIndex} out of range for block ${toData(stored.block.hash)}`
    throw new RpcError('NOT_TRACEABLE', text)
  }
  const { nodes, root } = await stateBefore(chain, replayRequest(chain, stored, signal), txIndex)
  return createStateView(nodes, root)
}
