import type { TransactionFields } from '../stateless/transactionFields.ts'
import { TransactionRejected } from './errors.ts'
import type { NodeCommon } from './nodeCommon.ts'

const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const MAX_NONCE = (1n << 64n) - 1n
/** EIP-8037: TX_MAX_TOTAL_GAS_LIMIT (EELS vm/gas.py). */
const MAX_TOTAL_GAS_LIMIT = (1n << 32n) - 1n
const MAX_UINT256 = (1n << 256n) - 1n
const TYPE_EIPS: Readonly<Record<number, number>> = { 1: 2930, 2: 1559, 3: 4844, 4: 7702 }

/**
 * The rules that a transaction must keep by itself, whatever the state: what makes a block with it invalid under
 * `common`'s fork. Everything that needs the sender, the base fee or the state comes later.
 *
 * @throws TransactionRejected in geth's wording
 */
export function requireTransactionRules(
  tx: TransactionFields,
  common: NodeCommon,
  requireSignature: (tx: TransactionFields, common: NodeCommon) => void = requireSignatureForm,
): void {
  requireTypeSupported(tx, common)
  requireChainId(tx, common)
  requireSignature(tx, common)
  if (tx.nonce >= MAX_NONCE) throw new TransactionRejected('NONCE_MAX', `nonce has max value: nonce ${tx.nonce}`)
  requireGasRules(tx, common)
  if (tx.type === 3) requireBlobRules(tx, common)
  if (tx.type === 4) requireSetCodeRules(tx)
}

/** Is this transaction type part of the fork? */
export function requireTypeSupported(tx: { type: number }, common: NodeCommon): void {
  const eip = TYPE_EIPS[tx.type]
  if (tx.type === 0 || (eip !== undefined && common.isActivatedEIP(eip))) return
  throw new TransactionRejected('TYPE_NOT_SUPPORTED', `transaction type not supported: type ${tx.type}`, {
    type: tx.type,
    fork: common.hardfork(),
  })
}

function requireChainId(tx: TransactionFields, common: NodeCommon): void {
  if (tx.chainId === undefined || tx.chainId === common.chainId()) return
  throw new TransactionRejected(
    'WRONG_CHAIN_ID',
    `invalid chain id for signer: have ${tx.chainId} want ${common.chainId()}`,
    { have: tx.chainId, want: common.chainId() },
  )
}

/** EIP-2 (low s), EIP-155 (v), EIP-2718 (parity); the range of r and s. Recovery itself comes with the first use. */
function requireSignatureForm(tx: TransactionFields, common: NodeCommon): void {
  const highest = common.gteHardfork('homestead') ? SECP256K1_ORDER / 2n : SECP256K1_ORDER - 1n
  const inRange = tx.r > 0n && tx.r < SECP256K1_ORDER && tx.s > 0n && tx.s <= highest
  if (inRange && hasValidV(tx, common)) return
  throw new TransactionRejected('INVALID_SIGNATURE', `invalid transaction v, r, s values: v ${tx.v}`)
}

function hasValidV(tx: TransactionFields, common: NodeCommon): boolean {
  if (tx.type !== 0) return tx.v === 0n || tx.v === 1n
  if (tx.chainId !== undefined) return common.gteHardfork('spuriousDragon')
  return tx.v === 27n || tx.v === 28n
}

function requireGasRules(tx: TransactionFields, common: NodeCommon): void {
  const tip = tx.maxPriorityFeePerGas ?? 0n
  const feeCap = tx.maxFeePerGas ?? tx.gasPrice ?? 0n
  if (tip > feeCap) {
    throw new TransactionRejected(
      'TIP_ABOVE_FEE_CAP',
      `max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: ${tip}, maxFeePerGas: ${feeCap}`,
      { maxPriorityFeePerGas: tip, maxFeePerGas: feeCap },
    )
  }
  if (tx.gasLimit * feeCap > MAX_UINT256) {
    // No account can hold this, so nothing is refused that could ever be paid.
    throw new TransactionRejected('INSUFFICIENT_FUNDS', 'insufficient funds for gas * price + value: above 2^256')
  }
  requireGasLimitCap(tx, common)
  requireInitcodeSize(tx, common)
}

/** EIP-7825; EIP-8037 allows more in all, since state gas comes on top of the capped regular gas. */
function requireGasLimitCap(tx: TransactionFields, common: NodeCommon): void {
  if (!common.isActivatedEIP(7825)) return
  const cap = common.isActivatedEIP(8037) ? MAX_TOTAL_GAS_LIMIT : common.param('maxTransactionGasLimit')
  if (tx.gasLimit <= cap) return
  throw new TransactionRejected(
    'GAS_LIMIT_TOO_HIGH',
    `transaction gas limit too high (cap: ${cap}, tx: ${tx.gasLimit})`,
    { cap, gasLimit: tx.gasLimit },
  )
}

/** EIP-3860, EIP-7954. */
export function requireInitcodeSize(tx: Pick<TransactionFields, 'to' | 'data'>, common: NodeCommon): void {
  if (tx.to !== undefined || !common.isActivatedEIP(3860)) return
  const limit = Number(common.param('maxInitCodeSize'))
  if (tx.data.length <= limit) return
  throw new TransactionRejected(
    'INITCODE_TOO_LARGE',
    `max initcode size exceeded: code size ${tx.data.length} limit ${limit}`,
    { size: tx.data.length, limit },
  )
}

/** EIP-4844, EIP-7594. */
export function requireBlobRules(tx: Pick<TransactionFields, 'to' | 'blobVersionedHashes'>, common: NodeCommon): void {
  const hashes = tx.blobVersionedHashes ?? []
  if (tx.to === undefined) throw new TransactionRejected('INVALID', 'blob transaction of type create')
  if (hashes.length === 0) throw new TransactionRejected('INVALID', 'blob transaction missing blob hashes')
  const limit = maxBlobsPerTransaction(common)
  if (hashes.length > limit) {
    throw new TransactionRejected(
      'INVALID',
      `blob transaction has too many blobs (have ${hashes.length}, max ${limit})`,
      { blobs: hashes.length, limit },
    )
  }
  const wrong = hashes.findIndex((hash) => hash[0] !== 1)
  if (wrong !== -1) throw new TransactionRejected('INVALID', `blob ${wrong} has invalid hash version`)
}

/** Blobs that one transaction may carry: its own limit since EIP-7594, a whole block before. */
export function maxBlobsPerTransaction(common: NodeCommon): number {
  const perBlock = Number(common.param('maxBlobGasPerBlock') / common.param('blobGasPerBlob'))
  return common.isActivatedEIP(7594) ? Math.min(perBlock, Number(common.param('maxBlobsPerTx'))) : perBlock
}

/** EIP-7702. */
export function requireSetCodeRules(tx: Pick<TransactionFields, 'to' | 'authorizationList'>): void {
  if (tx.to === undefined) throw new TransactionRejected('INVALID', 'EIP-7702 transaction of type create')
  if ((tx.authorizationList ?? []).length === 0) {
    throw new TransactionRejected('EMPTY_AUTHORIZATION_LIST', 'EIP-7702 transaction with empty auth list')
  }
}
