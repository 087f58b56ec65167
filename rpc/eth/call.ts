import type { CallContext, CallRequest } from '../../execution/types.ts'
import type { PendingBlocks } from '../../node/pendingBlock.ts'
import type { Chain } from '../../node/types.ts'
import { type BlockParameter, blockParameter, isPending, LATEST, PENDING, requireBlock } from '../blockParameter.ts'
import { blockOverrides, type CallObject, callObject, stateOverrides } from '../callObject.ts'
import { invalidParams, RpcError } from '../errors.ts'
import { formatAccess } from '../format/transaction.ts'
import { toData, toQuantity } from '../hex.ts'
import { method, optional, required } from '../params.ts'
import { revertError } from '../revertReason.ts'
import type { MethodTable } from '../types.ts'
import { type EthDeps, ethLimits } from './deps.ts'
import type { RunCall, RunTurns } from './runCall.ts'

const ACCESS_LIST_PARAMS = [
  required('transaction', callObject),
  optional('block', blockParameter),
  optional('state overrides', stateOverrides),
] as const

const TRANSACTION_PATH = 'argument 0 (transaction)'

const CALL_PARAMS = [...ACCESS_LIST_PARAMS, optional('block overrides', blockOverrides)] as const

type CallValues = readonly [
  CallObject,
  BlockParameter | undefined,
  CallContext['stateOverrides'] | undefined,
  CallContext['blockOverride'] | undefined,
]

/** Calls that change nothing. */
export function callMethods(deps: EthDeps, runCall: RunCall): MethodTable {
  const { chain } = deps
  return {
    eth_call: method(CALL_PARAMS, (values, context) =>
      runCall(context, async (turns) => {
        const request = cappedRequest(deps, values[0])
        const outcome = await chain.engine.call(request, await callContext(deps, values, LATEST, turns))
        if (outcome.status === 'reverted') throw revertError(outcome.output)
        if (outcome.status === 'halted') throw new RpcError('EXECUTION_FAILED', outcome.error)
        return toData(outcome.output)
      }),
    ),
    eth_createAccessList: method(ACCESS_LIST_PARAMS, (values, context) =>
      runCall(context, async (turns) => {
        const request = cappedRequest(deps, values[0])
        const at = await callContext(deps, [...values, undefined], LATEST, turns)
        const { accessList, gasUsed, error } = await chain.engine.createAccessList(request, at)
        return {
          accessList: accessList.map(formatAccess),
          gasUsed: toQuantity(gasUsed),
          ...(error === undefined ? {} : { error }),
        }
      }),
    ),
    /**
     * Where blocks are made on demand, in the next block unless another is named: the head may be of long ago, and what
     * only needs time to pass (a withdrawal becomes final) would never be estimated.
     */
    eth_estimateGas: method(CALL_PARAMS, (values, context) =>
      runCall(context, async (turns) => {
        const request = checkedRequest(deps, values[0], TRANSACTION_PATH)
        const block = deps.sealsInstantly?.() ? PENDING : LATEST
        return toQuantity(await estimatedGas(deps, request, await callContext(deps, values, block, turns)))
      }),
    ),
  }
}

/** A request of this chain. Throws RpcError INVALID_PARAMS when it names another one, and what EthDeps.checkRequest throws. */
export function checkedRequest(
  { chain, checkRequest }: Pick<EthDeps, 'chain' | 'checkRequest'>,
  { request, chainId }: CallObject,
  path: string,
): CallRequest {
  if (chainId !== undefined && chainId !== chain.chainId) {
    const message = `chainId does not match this chain (have=${chainId}, want=${chain.chainId})`
    throw invalidParams(`${path}.chainId`, message)
  }
  checkRequest?.(request)
  return request
}

/** The same for one call, with as much gas as it wants and a call may use. */
export function cappedRequest(deps: Pick<EthDeps, 'chain' | 'checkRequest' | 'limits'>, call: CallObject): CallRequest {
  const request = checkedRequest(deps, call, TRANSACTION_PATH)
  const { callGasCap } = ethLimits(deps)
  return request.gas === undefined || request.gas > callGasCap ? { ...request, gas: callGasCap } : request
}

/** The gas that the request needs. Throws RpcError EXECUTION_REVERTED and EXECUTION_FAILED, and what EthDeps.checkRequest throws. */
export async function estimatedGas(
  { chain, checkRequest }: Pick<EthDeps, 'chain' | 'checkRequest'>,
  request: CallRequest,
  context: CallContext,
): Promise<bigint> {
  const outcome = await chain.engine.estimateGas(request, context)
  if (outcome.status === 'reverted') throw revertError(outcome.output)
  if (outcome.status === 'failed') throw new RpcError('EXECUTION_FAILED', outcome.message)
  checkRequest?.(request, outcome)
  return outcome.gas
}

async function callContext(
  deps: Pick<EthDeps, 'chain' | 'pending'>,
  [, block, stateOverrides, blockOverride]: CallValues,
  otherwise: BlockParameter,
  turns: RunTurns,
): Promise<CallContext> {
  return {
    ...(await blockContext(deps, block ?? otherwise)),
    ...(stateOverrides === undefined ? {} : { stateOverrides }),
    ...(blockOverride === undefined ? {} : { blockOverride }),
    ...turns,
  }
}

/** Header, state and ancestors as a call in this block sees them. Throws RpcError UNKNOWN_BLOCK. */
export async function blockContext(
  { chain, pending }: Pick<EthDeps, 'chain' | 'pending'>,
  parameter: BlockParameter,
): Promise<Pick<CallContext, 'header' | 'state' | 'blockHash'>> {
  if (isPending(parameter)) return pendingContext(chain, pending)
  const block = requireBlock(chain, parameter)
  return {
    header: block.header,
    state: chain.stateAt(block.header.stateRoot),
    blockHash: chain.ancestorHashes(block),
  }
}

/** On top of the transactions that wait. When none waits nothing is built: the next header on the head's state. */
async function pendingContext(chain: Chain, pending: PendingBlocks): ReturnType<typeof blockContext> {
  if (pending.isEmpty()) {
    const head = chain.head()
    const state = chain.stateAt(head.header.stateRoot)
    return { header: pending.header(), state, blockHash: chain.ancestorHashes(head) }
  }
  const { block, parent, state } = await pending.get()
  return { header: block.header, state: state(), blockHash: chain.ancestorHashes(parent) }
}
