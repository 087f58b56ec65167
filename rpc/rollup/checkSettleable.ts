import type { CallRequest } from '../../execution/types.ts'
import { calldataLength } from '../../precompiles/index.ts'
import { blobsRefused, SETTLEMENT_LIMITS, unsettleable } from '../../rollup/limits.ts'

/**
 * The condition that an L2 adds to calls and transactions (EthDeps.checkRequest): no blobs, and when the cost is
 * estimated, one settlement must be able to carry it. Throws TransactionRejected TYPE_NOT_SUPPORTED for blobs, and
 * UNSETTLEABLE with the figure.
 */
export function checkSettleable(request: CallRequest, estimate?: { regularGas: bigint }): void {
  const { maxRegularGas, maxCalldataBytes } = SETTLEMENT_LIMITS
  if (request.blobVersionedHashes !== undefined) throw blobsRefused()
  if (estimate === undefined) return
  const { regularGas } = estimate
  if (regularGas > maxRegularGas) throw unsettleable('regular gas', regularGas, maxRegularGas)
  const bytes = calldataLength([{ inputLength: request.data?.length ?? 0 }])
  if (bytes > maxCalldataBytes) throw unsettleable('input bytes', BigInt(bytes), BigInt(maxCalldataBytes))
}
