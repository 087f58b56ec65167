import type { CallRequest } from '../../execution/types.ts'
import { calldataLength } from '../../precompiles/index.ts'
import { blobsRefused, SETTLEMENT_LIMITS, unsettleable } from '../../rollup/limits.ts'

/**
 * The condition that eth_estimateGas of an L2 adds (EthDeps.checkEstimate): one settlement must be able to carry the
 * transaction. Throws TransactionRejected UNSETTLEABLE, with the figure, and TYPE_NOT_SUPPORTED for blobs.
 */
export function checkSettleable(request: CallRequest, { regularGas }: { regularGas: bigint }): void {
  const { maxRegularGas, maxCalldataBytes } = SETTLEMENT_LIMITS
  if (request.blobVersionedHashes !== undefined) throw blobsRefused()
  if (regularGas > maxRegularGas) throw unsettleable('regular gas', regularGas, maxRegularGas)
  const bytes = calldataLength([{ inputLength: request.data?.length ?? 0, regularGas: 0n }])
  if (bytes > maxCalldataBytes) throw unsettleable('input bytes', BigInt(bytes), BigInt(maxCalldataBytes))
}
