import { EMPTY_BYTES } from './bytes.ts'
import { InvalidBlock } from './errors.ts'
import { decodeRlpItem, RlpError, type RlpItem, rlpBytes, rlpFields, rlpFixedBytes, rlpItems, rlpUint } from './rlp.ts'
import type { Hash32 } from './types.ts'

/** What can be known of a transaction without any signature work. */
export type Envelope = {
  type: 0 | 1 | 2 | 3 | 4
  /** absent for legacy transactions without EIP-155 */
  chainId?: bigint
  gasLimit: bigint
  /** no recipient: contract creation */
  create: boolean
  dataLength: number
  zeroBytes: number
  accessListAddresses: number
  accessListKeys: number
  authorizations: number
  /** type 3 only, else empty */
  blobVersionedHashes: readonly Hash32[]
}

/**
 * Reads one EIP-2718 envelope strictly by structure: canonical RLP, field counts and field sizes of types 0 to 4 (EELS
 * amsterdam/transactions.py). Signatures, fees and nonces are not judged. Throws InvalidBlock EMPTY_TRANSACTION or
 * BAD_TRANSACTION; `data.type` holds the first byte.
 */
export function readEnvelope(raw: Uint8Array): Envelope {
  const first = raw[0]
  if (first === undefined) throw new InvalidBlock('EMPTY_TRANSACTION', 'empty transaction in payload')
  try {
    if (first >= 0xc0) return readLegacy(decodeRlpItem(raw))
    return readTyped(first, raw)
  } catch (error) {
    if (!(error instanceof RlpError)) throw error
    throw new InvalidBlock('BAD_TRANSACTION', `transaction does not decode: ${error.message}`, { type: first }, error)
  }
}

/** Those of a block in order; an error names the place in `data.index`. */
export function readEnvelopes(transactions: readonly Uint8Array[]): Envelope[] {
  return transactions.map((raw, index) => {
    try {
      return readEnvelope(raw)
    } catch (error) {
      if (!(error instanceof InvalidBlock)) throw error
      throw new InvalidBlock(error.code, `transaction ${index}: ${error.message}`, { ...error.data, index }, error)
    }
  })
}

function readTyped(type: number, raw: Uint8Array): Envelope {
  if (type !== 1 && type !== 2 && type !== 3 && type !== 4) throw new RlpError(`unknown transaction type ${type}`)
  const item = decodeRlpItem(raw.subarray(1))
  switch (type) {
    case 1:
      return readAccessList(item)
    case 2:
      return readFeeMarket(item)
    case 3:
      return readBlob(item)
    case 4:
      return readSetCode(item)
  }
}

/** [nonce, gasPrice, gas, to, value, data, v, r, s] */
function readLegacy(item: RlpItem): Envelope {
  const [nonce, gasPrice, gas, to, value, data, v, r, s] = rlpFields(item, 9)
  checkUints(nonce, gasPrice, value, r, s)
  const envelope: Envelope = { type: 0, ...readCommon(gas, to, data), ...NO_LISTS }
  const vValue = rlpUint(v)
  if (vValue === 27n || vValue === 28n) return envelope
  if (vValue < 35n) throw new RlpError(`legacy signature with v ${vValue}`)
  return { ...envelope, chainId: (vValue - 35n) / 2n }
}

/** [chainId, nonce, gasPrice, gas, to, value, data, accessList, yParity, r, s] */
function readAccessList(item: RlpItem): Envelope {
  const [chainId, nonce, gasPrice, gas, to, value, data, accessList, yParity, r, s] = rlpFields(item, 11)
  checkUints(nonce, gasPrice, value, yParity, r, s)
  return {
    type: 1,
    chainId: rlpUint(chainId),
    ...readCommon(gas, to, data),
    ...NO_LISTS,
    ...countAccessList(accessList),
  }
}

/** [chainId, nonce, maxPriorityFee, maxFee, gas, to, value, data, accessList, yParity, r, s] */
function readFeeMarket(item: RlpItem): Envelope {
  const [chainId, nonce, tip, fee, gas, to, value, data, accessList, yParity, r, s] = rlpFields(item, 12)
  checkUints(nonce, tip, fee, value, yParity, r, s)
  return {
    type: 2,
    chainId: rlpUint(chainId),
    ...readCommon(gas, to, data),
    ...NO_LISTS,
    ...countAccessList(accessList),
  }
}

/** [chainId, nonce, maxPriorityFee, maxFee, gas, to, value, data, accessList, maxFeePerBlobGas, hashes, yParity, r, s] */
function readBlob(item: RlpItem): Envelope {
  const [chainId, nonce, tip, fee, gas, to, value, data, accessList, blobFee, hashes, yParity, r, s] = rlpFields(
    item,
    14,
  )
  checkUints(nonce, tip, fee, value, blobFee, yParity, r, s)
  return {
    type: 3,
    chainId: rlpUint(chainId),
    ...readCall(gas, to, data),
    ...NO_LISTS,
    ...countAccessList(accessList),
    blobVersionedHashes: rlpItems(hashes).map((hash) => rlpFixedBytes(hash, 32)),
  }
}

/** [chainId, nonce, maxPriorityFee, maxFee, gas, to, value, data, accessList, authorizations, yParity, r, s] */
function readSetCode(item: RlpItem): Envelope {
  const [chainId, nonce, tip, fee, gas, to, value, data, accessList, authorizations, yParity, r, s] = rlpFields(
    item,
    13,
  )
  checkUints(nonce, tip, fee, value, yParity, r, s)
  return {
    type: 4,
    chainId: rlpUint(chainId),
    ...readCall(gas, to, data),
    ...NO_LISTS,
    ...countAccessList(accessList),
    authorizations: rlpItems(authorizations).map(checkAuthorization).length,
  }
}

const NO_LISTS = { accessListAddresses: 0, accessListKeys: 0, authorizations: 0, blobVersionedHashes: [] }

type CommonFields = Pick<Envelope, 'gasLimit' | 'create' | 'dataLength' | 'zeroBytes'>

function readCommon(gas: RlpItem, to: RlpItem, data: RlpItem): CommonFields {
  const recipient = rlpBytes(to)
  if (recipient.length !== 0 && recipient.length !== 20) throw new RlpError(`recipient of ${recipient.length} bytes`)
  const bytes = rlpBytes(data)
  let zeroBytes = 0
  for (const byte of bytes) if (byte === 0) zeroBytes++
  return { gasLimit: rlpUint(gas), create: recipient.length === 0, dataLength: bytes.length, zeroBytes }
}

/** Types 3 and 4 cannot create contracts (EIP-4844, EIP-7702). */
function readCall(gas: RlpItem, to: RlpItem, data: RlpItem): CommonFields {
  rlpFixedBytes(to, 20)
  return readCommon(gas, to, data)
}

function countAccessList(list: RlpItem): { accessListAddresses: number; accessListKeys: number } {
  const entries = rlpItems(list)
  let accessListKeys = 0
  for (const entry of entries) {
    const [address, keys] = rlpFields(entry, 2)
    rlpFixedBytes(address, 20)
    for (const key of rlpItems(keys)) {
      rlpFixedBytes(key, 32)
      accessListKeys++
    }
  }
  return { accessListAddresses: entries.length, accessListKeys }
}

/** [chainId, address, nonce, yParity, r, s] */
function checkAuthorization(item: RlpItem): void {
  const [chainId, address, nonce, yParity, r, s] = rlpFields(item, 6)
  checkUints(chainId, r, s)
  rlpFixedBytes(address, 20)
  rlpUint(nonce, 8)
  rlpUint(yParity, 1)
}

function checkUints(...items: readonly RlpItem[]): void {
  for (const item of items) rlpUint(item)
}

/** For readers of raw payloads that only need the type byte: 0 for legacy, undefined for an empty transaction. */
export function envelopeType(raw: Uint8Array = EMPTY_BYTES): number | undefined {
  const first = raw[0]
  return first === undefined ? undefined : first >= 0xc0 ? 0 : first
}
