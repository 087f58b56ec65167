import type { CallRequest, UnsignedTransaction } from '../../execution/types.ts'
import { suggestTip } from '../../node/fees.ts'
import { EMPTY_BYTES } from '../../stateless/bytes.ts'
import { LATEST, PENDING } from '../blockParameter.ts'
import { invalidParams } from '../errors.ts'
import { blockContext, estimatedGas } from './call.ts'
import type { EthDeps } from './deps.ts'
import type { TransactionObject } from './transactionObject.ts'

export type FillDeps = Pick<EthDeps, 'chain' | 'pool' | 'pending' | 'sealsInstantly' | 'checkRequest'>

const NOBODY = new Uint8Array(20)

/**
 * Adds what a transaction lacks: type, chain id, nonce (the pool counts), fees, gas.
 *
 * Fees as geth: a tip as the last blocks paid it, and twice the base fee above it. @throws RpcError INVALID_PARAMS,
 * EXECUTION_REVERTED and EXECUTION_FAILED when it cannot be estimated
 */
export async function fillTransaction(
  deps: FillDeps,
  { request, chainId, type: wanted }: TransactionObject,
  signal: AbortSignal,
): Promise<UnsignedTransaction> {
  const { chain, pool } = deps
  if (chainId !== undefined && chainId !== chain.chainId) {
    const message = `chainId does not match node's (have=${chainId}, want=${chain.chainId})`
    throw invalidParams('argument 0 (transaction).chainId', message)
  }
  deps.checkRequest?.(request)
  const sender = request.from ?? NOBODY
  const fees = feesOf(deps, request, wanted)
  const type = typeOf(request, fees, wanted)
  const gasLimit = request.gas ?? (await estimate(deps, { ...request, ...fees }, signal))
  const { to, accessList, blobVersionedHashes, authorizationList } = request
  return {
    type,
    chainId: chain.chainId,
    nonce: request.nonce ?? pool.nextNonce(sender),
    gasLimit,
    ...(to === undefined ? {} : { to }),
    value: request.value ?? 0n,
    data: request.data ?? EMPTY_BYTES,
    ...fees,
    ...(type === 0 ? {} : { accessList: accessList ?? [] }),
    ...(type === 3 ? { blobVersionedHashes: blobVersionedHashes ?? [] } : {}),
    ...(type === 4 ? { authorizationList: authorizationList ?? [] } : {}),
    sender,
  }
}

type Fees = Pick<UnsignedTransaction, 'gasPrice' | 'maxFeePerGas' | 'maxPriorityFeePerGas' | 'maxFeePerBlobGas'>

function feesOf({ chain, pending }: FillDeps, request: CallRequest, wanted: TransactionObject['type']): Fees {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = request
  const header = pending.header()
  const baseFee = header.baseFeePerGas
  const isDynamic = maxFeePerGas !== undefined || maxPriorityFeePerGas !== undefined
  if (gasPrice !== undefined) return { gasPrice }
  if (baseFee === undefined && isDynamic) {
    const message = 'maxFeePerGas or maxPriorityFeePerGas specified but london is not active yet'
    throw invalidParams('argument 0 (transaction)', message)
  }
  const usesGasPrice = !isDynamic && (wanted === 0 || wanted === 1)
  if (baseFee === undefined || usesGasPrice) return { gasPrice: (baseFee ?? 0n) + suggestTip(chain) }
  const tip = maxPriorityFeePerGas ?? capped(suggestTip(chain), maxFeePerGas)
  return {
    maxFeePerGas: maxFeePerGas ?? tip + 2n * baseFee,
    maxPriorityFeePerGas: tip,
    ...(request.blobVersionedHashes === undefined
      ? {}
      : { maxFeePerBlobGas: request.maxFeePerBlobGas ?? 2n * (chain.engine.blobBaseFee(header) ?? 1n) }),
  }
}

/** A tip that nobody named must not make the fee cap that somebody did name invalid. */
function capped(tip: bigint, cap: bigint | undefined): bigint {
  return cap !== undefined && cap < tip ? cap : tip
}

/** The type that the fields ask for. Throws when a named one lacks its blobs or authorizations. */
function typeOf(request: CallRequest, fees: Fees, wanted: TransactionObject['type']): UnsignedTransaction['type'] {
  const needed = neededType(request, fees, wanted)
  if (needed >= 3 && fees.gasPrice !== undefined) {
    throw invalidParams('argument 0 (transaction).gasPrice', `a transaction of type ${needed} has no gas price`)
  }
  // Types 0 to 2 differ by fee fields alone, and tools add those without a look at the type; the fields count (as geth).
  if (wanted !== undefined && wanted >= 3 && wanted !== needed) {
    throw invalidParams('argument 0 (transaction).type', `type ${wanted} does not fit the fields, which want ${needed}`)
  }
  return needed
}

function neededType({ accessList, blobVersionedHashes, authorizationList }: CallRequest, fees: Fees, wanted?: number) {
  if (authorizationList) return 4
  if (blobVersionedHashes) return 3
  if (fees.gasPrice === undefined) return 2
  return accessList || wanted === 1 ? 1 : 0
}

async function estimate(deps: FillDeps, request: CallRequest, signal: AbortSignal): Promise<bigint> {
  const context = await blockContext(deps, deps.sealsInstantly?.() ? PENDING : LATEST)
  return estimatedGas(deps, request, { ...context, signal })
}
