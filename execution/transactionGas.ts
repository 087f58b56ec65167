import { bytesEqual } from '../stateless/bytes.ts'
import { countZeros } from '../stateless/lowerBoundGas.ts'
import type { TransactionFields } from '../stateless/transactionFields.ts'
import type { NodeCommon } from './nodeCommon.ts'

/**
 * What a transaction's own content costs before anything runs (EELS transactions.py calculate_intrinsic_cost). `floor`:
 * the least that it pays for its data (EIP-7623), 0 before that EIP. Its gas limit must cover both.
 */
export type TransactionGas = { readonly intrinsic: bigint; readonly floor: bigint }

type Priced = Pick<TransactionFields, 'type' | 'to' | 'value' | 'data' | 'accessList' | 'authorizationList'> & {
  /** only asked for under EIP-2780 */
  readonly sender: Uint8Array
}

type Prices = Readonly<{
  transaction: bigint
  creation: bigint
  zeroByte: bigint
  nonZeroByte: bigint
  /** EIP-3860 */
  initCodeWord: bigint
  listedAddress: bigint
  listedSlot: bigint
  authorization: bigint
  /** EIP-2780; undefined before */
  recipient: { access: bigint; value: bigint } | undefined
  /** EIP-7623; undefined before */
  floorToken: bigint | undefined
  /** EIP-7976: zero bytes weigh as much as others in the floor */
  uniformTokens: boolean
  /** EIP-7981: access lists count as data */
  listsAreData: boolean
}>

const TOKENS_PER_BYTE = 4n
const ADDRESS_BYTES = 20n
const SLOT_BYTES = 32n

const pricesByRules = new WeakMap<NodeCommon, { fork: string; prices: Prices }>()
const priced = new WeakMap<Priced, { common: NodeCommon; gas: TransactionGas }>()

/** Counted once per transaction and fork: pool, inclusion and execution ask for it. */
export function transactionGas(tx: Priced, common: NodeCommon): TransactionGas {
  const known = priced.get(tx)
  if (known?.common === common) return known.gas
  const gas = countGas(tx, pricesOf(common))
  priced.set(tx, { common, gas })
  return gas
}

/**
 * The least gas limit that the transaction may have. Under EIP-2780 this depends on the sender, which is recovered then.
 * @throws TransactionRejected when there is none
 */
export function minimumGas(tx: Priced, common: NodeCommon): bigint {
  const { intrinsic, floor } = transactionGas(tx, common)
  return intrinsic > floor ? intrinsic : floor
}

function countGas(tx: Priced, prices: Prices): TransactionGas {
  const size = BigInt(tx.data.length)
  const zeros = BigInt(countZeros(tx.data))
  const list = listSize(tx)
  const listData = prices.listsAreData ? list.bytes * TOKENS_PER_BYTE : 0n
  const creates = tx.to === undefined
  const recipient = recipientGas(tx, prices)
  const base = prices.transaction + (creates ? prices.creation : 0n) + recipient
  const data = zeros * prices.zeroByte + (size - zeros) * prices.nonZeroByte
  const initCode = creates ? prices.initCodeWord * ((size + 31n) / 32n) : 0n
  const token = prices.floorToken ?? 0n
  const listed = list.addresses * prices.listedAddress + list.slots * prices.listedSlot + token * listData
  const authorizations = BigInt(tx.authorizationList?.length ?? 0) * prices.authorization
  const intrinsic = base + data + initCode + listed + authorizations
  if (prices.floorToken === undefined) return { intrinsic, floor: 0n }
  const tokens = (prices.uniformTokens ? size * TOKENS_PER_BYTE : zeros + (size - zeros) * TOKENS_PER_BYTE) + listData
  const floorBase = prices.recipient === undefined ? prices.transaction : base
  return { intrinsic, floor: floorBase + token * tokens }
}

/** EIP-2780: nothing for a transfer to oneself; a creation has its own price. */
function recipientGas(tx: Priced, { recipient }: Prices): bigint {
  if (recipient === undefined || tx.to === undefined || bytesEqual(tx.to, tx.sender)) return 0n
  return recipient.access + (tx.value > 0n ? recipient.value : 0n)
}

function listSize({ accessList = [] }: Priced): { addresses: bigint; slots: bigint; bytes: bigint } {
  if (accessList.length === 0) return { addresses: 0n, slots: 0n, bytes: 0n }
  const addresses = BigInt(accessList.length)
  const slots = BigInt(accessList.reduce((sum, { storageKeys }) => sum + storageKeys.length, 0))
  return { addresses, slots, bytes: addresses * ADDRESS_BYTES + slots * SLOT_BYTES }
}

function pricesOf(common: NodeCommon): Prices {
  const fork = common.hardfork()
  const known = pricesByRules.get(common)
  if (known?.fork === fork) return known.prices
  const prices = readPrices(common)
  pricesByRules.set(common, { fork, prices })
  return prices
}

function readPrices(common: NodeCommon): Prices {
  const since = (eip: number, name: string) => (common.isActivatedEIP(eip) ? common.param(name) : undefined)
  const perAccount = since(7702, 'perEmptyAccountCost') ?? 0n
  return {
    transaction: common.param('txGas'),
    creation: common.gteHardfork('homestead') ? common.param('txCreationGas') : 0n,
    zeroByte: common.param('txDataZeroGas'),
    nonZeroByte: common.param('txDataNonZeroGas'),
    initCodeWord: since(3860, 'initCodeWordGas') ?? 0n,
    listedAddress: common.param('accessListAddressGas'),
    listedSlot: common.param('accessListStorageKeyGas'),
    // EIP-8037 moves what depends on the state of the authority to where it is looked at.
    authorization: perAccount + (common.isActivatedEIP(8037) ? common.param('perAuthBaseGas') : 0n),
    recipient: common.isActivatedEIP(2780)
      ? { access: common.param('txRecipientAccessGas'), value: common.param('txValueCost') }
      : undefined,
    floorToken: since(7623, 'totalCostFloorPerToken'),
    uniformTokens: common.isActivatedEIP(7976),
    listsAreData: common.isActivatedEIP(7981),
  }
}
