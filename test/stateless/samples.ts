import { EMPTY_OMMERS_HASH } from '../../stateless/header.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { BlockHeader } from '../../stateless/types.ts'

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill)

/** A well-formed Amsterdam header of an empty block. */
export function sampleHeader(): BlockHeader {
  return {
    parentHash: bytes(32, 1),
    ommersHash: EMPTY_OMMERS_HASH,
    coinbase: bytes(20, 2),
    stateRoot: bytes(32, 3),
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: bytes(32, 4),
    logsBloom: bytes(256, 5),
    difficulty: 0n,
    number: 7n,
    gasLimit: 60_000_000n,
    gasUsed: 0n,
    timestamp: 1_700_000_000n,
    extraData: bytes(3, 6),
    prevRandao: bytes(32, 7),
    nonce: bytes(8, 0),
    baseFeePerGas: 1_000_000_000n,
    withdrawalsRoot: EMPTY_TRIE_ROOT,
    blobGasUsed: 0n,
    excessBlobGas: 393_216n,
    parentBeaconBlockRoot: bytes(32, 8),
    requestsHash: bytes(32, 9),
    blockAccessListHash: bytes(32, 10),
    slotNumber: 128n,
  }
}
