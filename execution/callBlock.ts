import type { Block as LibraryBlock } from '@ethereumjs/block'
import type { BlockHeader } from '../stateless/types.ts'
import { type HeaderBasis, libraryBlock } from './blockContext.ts'
import type { CallTransaction } from './callTransaction.ts'
import { blobBaseFee, effectiveGasPrice } from './fees.ts'
import type { SharedCommon } from './nodeCommon.ts'
import type { BlockOverride, CallContext } from './types.ts'

/** The block that a call runs in. Nobody writes to it: calls share it. */
export type CallBlock = {
  readonly header: HeaderBasis
  readonly block: LibraryBlock
  /** since EIP-4844 */
  readonly blobFee: bigint | undefined
}

type Fees = { readonly baseFee: bigint; readonly blobs: 'priced' | 'free' }
type Known = { readonly common: SharedCommon; readonly fees: Fees; readonly made: CallBlock }

/** Blocks without overrides, by header; at most one for each way to pay. */
const known = new WeakMap<BlockHeader, Known[]>()

/** The context's block as this call sees it: base fee 0 unless the call pays for gas, blobs for nothing likewise. */
export function callBlock(
  call: CallTransaction,
  { header, blockOverride }: Pick<CallContext, 'header' | 'blockOverride'>,
  common: SharedCommon,
): CallBlock {
  const fees = callFees(call, blockOverride?.baseFeePerGas ?? header.baseFeePerGas ?? 0n)
  if (blockOverride !== undefined) return makeBlock(header, blockOverride, fees, common)
  const ofHeader = known.get(header)?.filter((block) => block.common === common) ?? []
  const found = ofHeader.find(({ fees: { baseFee, blobs } }) => baseFee === fees.baseFee && blobs === fees.blobs)
  if (found !== undefined) return found.made
  const made = makeBlock(header, {}, fees, common)
  known.set(header, [...ofHeader, { common, fees, made }])
  return made
}

function callFees({ feeCap, tip, fields, blobFeeCap }: CallTransaction, baseFee: bigint): Fees {
  const pays = effectiveGasPrice({ maxFeePerGas: feeCap, maxPriorityFeePerGas: tip }, baseFee) > 0n
  return { baseFee: pays ? baseFee : 0n, blobs: fields.type === 3 && blobFeeCap === 0n ? 'free' : 'priced' }
}

function makeBlock(header: BlockHeader, override: BlockOverride, fees: Fees, common: SharedCommon): CallBlock {
  const seen = callHeader(header, override, fees, common)
  const block = libraryBlock(seen, common)
  const blobFee = callBlobFee(header, override, fees, common)
  if (blobFee !== undefined) block.header.getBlobGasPrice = () => blobFee
  return { header: seen, block, blobFee }
}

/** The block's header as the call sees it; fields that the fork needs and the block lacks are neutral. */
function callHeader(header: BlockHeader, override: BlockOverride, fees: Fees, common: SharedCommon): HeaderBasis {
  const { parentHash, difficulty, extraData, nonce } = header
  return {
    parentHash,
    difficulty: override.difficulty ?? difficulty,
    extraData,
    nonce,
    number: override.number ?? header.number,
    timestamp: override.timestamp ?? header.timestamp,
    gasLimit: override.gasLimit ?? header.gasLimit,
    coinbase: override.coinbase ?? header.coinbase,
    prevRandao: override.prevRandao ?? header.prevRandao,
    ...(common.isActivatedEIP(1559) ? { baseFeePerGas: fees.baseFee } : {}),
    ...(common.isActivatedEIP(4844) ? { excessBlobGas: header.excessBlobGas ?? 0n } : {}),
    ...(common.isActivatedEIP(4788)
      ? { parentBeaconBlockRoot: header.parentBeaconBlockRoot ?? new Uint8Array(32) }
      : {}),
    ...(common.isActivatedEIP(7843) ? { slotNumber: header.slotNumber ?? 0n } : {}),
  }
}

/** Blobs cost nothing when the call carries some and names no price for them. */
function callBlobFee(
  header: BlockHeader,
  override: BlockOverride,
  { blobs }: Fees,
  common: SharedCommon,
): bigint | undefined {
  if (!common.isActivatedEIP(4844)) return undefined
  if (blobs === 'free') return 0n
  return override.blobBaseFee ?? blobBaseFee({ ...header, excessBlobGas: header.excessBlobGas ?? 0n }, common)
}
