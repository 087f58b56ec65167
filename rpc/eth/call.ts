import type { CallContext } from '../../execution/types.ts'
import type { Chain, Clock } from '../../node/types.ts'
import { type BlockParameter, blockParameter, LATEST, PENDING, requireBlock } from '../blockParameter.ts'
import { blockOverrides, type CallObject, callObject, stateOverrides } from '../callObject.ts'
import { invalidParams, RpcError } from '../errors.ts'
import { toData, toQuantity } from '../hex.ts'
import { method, optional, required } from '../params.ts'
import { revertError } from '../revertReason.ts'
import type { MethodTable } from '../types.ts'
import { type EthDeps, ethLimits } from './deps.ts'
import { pendingHeader } from './pendingBlock.ts'

const CALL_PARAMS = [
  required('transaction', callObject),
  optional('block', blockParameter),
  optional('state overrides', stateOverrides),
  optional('block overrides', blockOverrides),
] as const

type CallValues = readonly [
  CallObject,
  BlockParameter | undefined,
  CallContext['stateOverrides'] | undefined,
  CallContext['blockOverride'] | undefined,
]

/** Calls that change nothing. */
export function callMethods(deps: EthDeps): MethodTable {
  const { chain, checkEstimate } = deps
  const { callGasCap } = ethLimits(deps)
  return {
    eth_call: method(CALL_PARAMS, async (values, { signal }) => {
      const { request } = forThisChain(values[0], chain)
      const gas = request.gas === undefined || request.gas > callGasCap ? callGasCap : request.gas
      const outcome = await chain.engine.call({ ...request, gas }, callContext(deps, values, LATEST, signal))
      if (outcome.status === 'reverted') throw revertError(outcome.output)
      if (outcome.status === 'halted') throw new RpcError('EXECUTION_FAILED', outcome.error)
      return toData(outcome.output)
    }),
    /**
     * Where blocks are made on demand, in the next block unless another is named: the head may be of long ago, and what
     * only needs time to pass (a withdrawal becomes final) would never be estimated.
     */
    eth_estimateGas: method(CALL_PARAMS, async (values, { signal }) => {
      const { request } = forThisChain(values[0], chain)
      const block = deps.sealsInstantly?.() ? PENDING : LATEST
      const outcome = await chain.engine.estimateGas(request, callContext(deps, values, block, signal))
      if (outcome.status === 'reverted') throw revertError(outcome.output)
      if (outcome.status === 'failed') throw new RpcError('EXECUTION_FAILED', outcome.message)
      checkEstimate?.(request, outcome)
      return toQuantity(outcome.gas)
    }),
  }
}

function forThisChain(call: CallObject, chain: Chain): CallObject {
  if (call.chainId !== undefined && call.chainId !== chain.chainId) {
    throw invalidParams(
      'argument 0 (transaction).chainId',
      `chainId does not match this chain (have=${call.chainId}, want=${chain.chainId})`,
    )
  }
  return call
}

function callContext(
  deps: { chain: Chain; clock: Clock },
  [, block, stateOverrides, blockOverride]: CallValues,
  otherwise: BlockParameter,
  signal: AbortSignal,
): CallContext {
  return {
    ...blockContext(deps, block ?? otherwise),
    ...(stateOverrides === undefined ? {} : { stateOverrides }),
    ...(blockOverride === undefined ? {} : { blockOverride }),
    signal,
  }
}

/** Header, state and ancestors as a call in this block sees them. Throws RpcError UNKNOWN_BLOCK. */
export function blockContext(
  { chain, clock }: { chain: Chain; clock: Clock },
  parameter: BlockParameter,
): Pick<CallContext, 'header' | 'state' | 'blockHash'> {
  const block = requireBlock(chain, parameter)
  const pending = parameter.kind === 'tag' && parameter.tag === 'pending'
  return {
    header: pending ? pendingHeader(chain, clock) : block.header,
    state: chain.stateAt(block.header.stateRoot),
    blockHash: chain.ancestorHashes(block),
  }
}
