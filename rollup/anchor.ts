import { bytesEqual, bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { NodeError } from '../stateless/errors.ts'
import { decodeHeader, encodeHeader } from '../stateless/header.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { verifyAccountProof, verifyStorageProof } from '../stateless/proof.ts'
import type { BlockHeader } from '../stateless/types.ts'
import { ROOT_SLOT, slotValueToHash } from './contracts.ts'
import { RollupError } from './errors.ts'
import type { L1Client } from './l1/l1Client.ts'
import type { L1Block } from './l1/l1Types.ts'

type Hex = `0x${string}`

/** The L1 block whose hash an L2 block carries. */
export type Anchor = { number: bigint; hash: Hex; timestamp: bigint }

/** A storage slot of L1, proven from the header of an anchor and checked against the anchor's hash. */
export type AnchoredSlot = {
  header: Hex
  accountProof: readonly Hex[]
  storageProof: readonly Hex[]
  /** 32 bytes; zero when the slot is empty */
  value: Hex
}

/** What `L2Messenger.proveInbox` needs. */
export type AnchorProof = Omit<AnchoredSlot, 'value'> & { inboxRoot: Hex }

/** Fetches and checks the proof of L1Messenger's slot 0 under an anchor. Throws RollupError. */
export async function fetchAnchorProof(l1: L1Client, l1Messenger: Hex, anchor: Anchor): Promise<AnchorProof> {
  const { value: inboxRoot, ...proof } = await fetchAnchoredSlot(l1, l1Messenger, ROOT_SLOT, anchor)
  return { ...proof, inboxRoot }
}

/** Fetches and checks the proof of a storage slot of an account under an anchor. Throws RollupError. */
export async function fetchAnchoredSlot(
  l1: L1Client,
  account: Hex,
  slot: Uint8Array,
  anchor: Anchor,
): Promise<AnchoredSlot> {
  const rlp = await fetchHeader(l1, anchor)
  const { stateRoot } = decodeHeader(rlp)
  const proof = await l1.getStorageProof(account, `0x${bytesToHex(slot)}`, anchor.number)
  return { header: `0x${bytesToHex(rlp)}`, ...proof, value: checkProof(stateRoot, account, slot, proof) }
}

function checkProof(
  stateRoot: Uint8Array,
  address: Hex,
  slot: Uint8Array,
  proof: { accountProof: readonly Hex[]; storageProof: readonly Hex[] },
): Hex {
  try {
    const account = verifyAccountProof(stateRoot, hexToBytes(address), proof.accountProof.map(hexToBytes))
    if (account === undefined) throw new RollupError('BAD_L1_DATA', `L1 proves that there is no contract ${address}`)
    return slotValueToHash(verifyStorageProof(account.storageRoot, slot, proof.storageProof.map(hexToBytes)))
  } catch (error) {
    if (!(error instanceof NodeError) || error instanceof RollupError) throw error
    const message = `the proof of a slot of ${address} on L1 does not hold: ${error.message}`
    throw new RollupError('BAD_L1_DATA', message, {}, error)
  }
}

/** The RLP whose hash is the anchor's: from the block's JSON, else as the node keeps it. */
async function fetchHeader(l1: L1Client, anchor: Anchor): Promise<Uint8Array> {
  const block = await l1.getBlock(anchor.hash)
  if (block === undefined) throw new RollupError('L1_CHANGED', `L1 block ${anchor.number} is gone`, { ...anchor })
  const fromFields = headerFromFields(block)
  if (fromFields !== undefined && isPreimage(fromFields, anchor.hash)) return fromFields
  const raw = await l1.getRawHeader(anchor.number)
  if (raw !== undefined && isPreimage(hexToBytes(raw), anchor.hash)) return hexToBytes(raw)
  throw new RollupError('BAD_L1_DATA', `L1 does not give the header of its block ${anchor.number}`, { ...anchor })
}

function isPreimage(rlp: Uint8Array, hash: Hex): boolean {
  return bytesEqual(keccak256(rlp), hexToBytes(hash))
}

/** undefined: the fields do not make a header (a fork this code does not know, or nonsense). */
function headerFromFields({ fields }: L1Block): Uint8Array | undefined {
  try {
    const header: Record<string, Uint8Array | bigint> = {}
    for (const [name, key, kind] of RPC_FIELDS) {
      const value = fields[key]
      if (value === undefined || value === null) continue
      if (typeof value !== 'string') return undefined
      header[name] = kind === 'quantity' ? BigInt(value) : hexToBytes(value)
    }
    return encodeHeader(header as unknown as BlockHeader)
  } catch {
    // whatever a hostile node sends here, the hash decides; a header that cannot be made is simply not there
    return undefined
  }
}

const RPC_FIELDS: readonly (readonly [keyof BlockHeader, string, 'data' | 'quantity'])[] = [
  ['parentHash', 'parentHash', 'data'],
  ['ommersHash', 'sha3Uncles', 'data'],
  ['coinbase', 'miner', 'data'],
  ['stateRoot', 'stateRoot', 'data'],
  ['transactionsRoot', 'transactionsRoot', 'data'],
  ['receiptsRoot', 'receiptsRoot', 'data'],
  ['logsBloom', 'logsBloom', 'data'],
  ['difficulty', 'difficulty', 'quantity'],
  ['number', 'number', 'quantity'],
  ['gasLimit', 'gasLimit', 'quantity'],
  ['gasUsed', 'gasUsed', 'quantity'],
  ['timestamp', 'timestamp', 'quantity'],
  ['extraData', 'extraData', 'data'],
  ['prevRandao', 'mixHash', 'data'],
  ['nonce', 'nonce', 'data'],
  ['baseFeePerGas', 'baseFeePerGas', 'quantity'],
  ['withdrawalsRoot', 'withdrawalsRoot', 'data'],
  ['blobGasUsed', 'blobGasUsed', 'quantity'],
  ['excessBlobGas', 'excessBlobGas', 'quantity'],
  ['parentBeaconBlockRoot', 'parentBeaconBlockRoot', 'data'],
  ['requestsHash', 'requestsHash', 'data'],
  ['blockAccessListHash', 'blockAccessListHash', 'data'],
  ['slotNumber', 'slotNumber', 'quantity'],
]
