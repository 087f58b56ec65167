import { bytesEqual, bytesToHex, concatBytes, hexToBytes } from '../stateless/bytes.ts'
import type { Log } from './types.ts'

/** DepositEvent(bytes,bytes,bytes,bytes,bytes) */
const DEPOSIT_TOPIC = '649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5'
export const MAINNET_DEPOSIT_CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa'
/** ABI encoding of five byte strings: head words, then length word and padded content of each. */
const FIELDS = [
  { offset: 160, size: 48 },
  { offset: 256, size: 32 },
  { offset: 320, size: 8 },
  { offset: 384, size: 96 },
  { offset: 512, size: 8 },
] as const
const LOG_SIZE = 576

/** A deposit log that is not laid out as EIP-6110 demands: it makes its block invalid. */
export class BadDepositLog extends Error {}

/** EIP-6110 request data of the deposits among `logs`: 192 bytes each, in log order. */
export function depositRequests(logs: readonly Log[], contract = MAINNET_DEPOSIT_CONTRACT): Uint8Array {
  const address = hexToBytes(contract)
  const deposits = logs.filter((log) => {
    const [topic] = log.topics
    return bytesEqual(log.address, address) && topic !== undefined && bytesToHex(topic) === DEPOSIT_TOPIC
  })
  return concatBytes(deposits.map((log) => depositOf(log.data)))
}

function depositOf(data: Uint8Array): Uint8Array {
  if (data.length !== LOG_SIZE) throw new BadDepositLog(`deposit log of ${data.length} bytes`)
  FIELDS.forEach(({ offset, size }, i) => {
    if (word(data, 32 * i) !== BigInt(offset) || word(data, offset) !== BigInt(size)) {
      throw new BadDepositLog(`deposit log with a foreign layout of field ${i}`)
    }
  })
  return concatBytes(FIELDS.map(({ offset, size }) => data.subarray(offset + 32, offset + 32 + size)))
}

function word(data: Uint8Array, offset: number): bigint {
  return BigInt(`0x${bytesToHex(data.subarray(offset, offset + 32))}`)
}
