import type { Log, Receipt } from '../execution/types.ts'
import { bytesToBigint, EMPTY_BYTES } from '../stateless/bytes.ts'
import {
  decodeRlpList,
  encodeRlp,
  type RlpItem,
  type RlpValue,
  rlpBytes,
  rlpInteger,
  rlpItems,
} from '../stateless/rlp.ts'

/**
 * Stored form of a block's receipts (ours): an RLP list with one list per receipt
 * [type, status byte or 32-byte state root, cumulative gas, gas, effective price, bloom, logs, contract, blob gas, blob price].
 * The bloom is empty when there are no logs; an absent optional value is an empty list.
 */
export function encodeReceipts(receipts: readonly Receipt[]): Uint8Array {
  return encodeRlp(receipts.map(receiptItems))
}

/** Inverse of `encodeReceipts`. Anything else is a damaged store and throws a plain Error. */
export function decodeReceipts(rlp: Uint8Array): Receipt[] {
  return decodeRlpList(rlp).map(decodeReceipt)
}

const ABSENT: RlpValue = []
const NO_LOGS_BLOOM = new Uint8Array(256)

function receiptItems(receipt: Receipt): RlpValue {
  return [
    rlpInteger(BigInt(receipt.type)),
    receipt.status === undefined ? (receipt.stateRoot ?? ABSENT) : Uint8Array.of(receipt.status),
    rlpInteger(receipt.cumulativeGasUsed),
    rlpInteger(receipt.gasUsed),
    rlpInteger(receipt.effectiveGasPrice),
    receipt.logs.length === 0 ? EMPTY_BYTES : receipt.logsBloom,
    receipt.logs.map(({ address, topics, data }) => [address, topics, data]),
    receipt.contractAddress ?? ABSENT,
    receipt.blobGasUsed === undefined ? ABSENT : rlpInteger(receipt.blobGasUsed),
    receipt.blobGasPrice === undefined ? ABSENT : rlpInteger(receipt.blobGasPrice),
  ]
}

function decodeReceipt(item: RlpItem): Receipt {
  const [type, outcome, cumulativeGasUsed, gasUsed, price, bloom, logs, contract, blobGasUsed, blobGasPrice] =
    rlpItems(item)
  const status = optionalBytes(outcome)
  const contractAddress = optionalBytes(contract)
  const blobGas = optionalBytes(blobGasUsed)
  const blobPrice = optionalBytes(blobGasPrice)
  const storedBloom = rlpBytes(required(bloom))
  return {
    type: Number(integer(type)),
    ...statusOrRoot(status),
    cumulativeGasUsed: integer(cumulativeGasUsed),
    gasUsed: integer(gasUsed),
    effectiveGasPrice: integer(price),
    logsBloom: storedBloom.length === 0 ? NO_LOGS_BLOOM : storedBloom,
    logs: rlpItems(required(logs)).map(decodeLog),
    ...(contractAddress === undefined ? {} : { contractAddress }),
    ...(blobGas === undefined ? {} : { blobGasUsed: bytesToBigint(blobGas) }),
    ...(blobPrice === undefined ? {} : { blobGasPrice: bytesToBigint(blobPrice) }),
  }
}

function statusOrRoot(bytes: Uint8Array | undefined): Pick<Receipt, 'status' | 'stateRoot'> {
  if (bytes === undefined) return {}
  if (bytes.length === 32) return { stateRoot: bytes }
  return { status: bytes[0] === 1 ? 1 : 0 }
}

function decodeLog(item: RlpItem): Log {
  const [address, topics, data] = rlpItems(item)
  return {
    address: rlpBytes(required(address)),
    topics: rlpItems(required(topics)).map(rlpBytes),
    data: rlpBytes(required(data)),
  }
}

function integer(item: RlpItem | undefined): bigint {
  return bytesToBigint(rlpBytes(required(item)))
}

function optionalBytes(item: RlpItem | undefined): Uint8Array | undefined {
  const present = required(item)
  return present.list ? undefined : present.payload
}

function required(item: RlpItem | undefined): RlpItem {
  if (item === undefined) throw new Error('stored receipt with missing fields')
  return item
}
