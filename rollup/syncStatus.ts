import type { Chain } from '../node/types.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { Block } from '../stateless/types.ts'
import { slotValueToHash } from './contracts.ts'
import { RollupError } from './errors.ts'
import type { L1Client } from './l1/l1Client.ts'
import type { L1Tag } from './l1/l1Types.ts'
import type { InputStore } from './settling/inputs.ts'
import type { L1View } from './types.ts'

type Hex = `0x${string}`

export type L1Ref = { number: bigint; hash: Hex; parentHash: Hex; timestamp: bigint }
/** `l1Origin`: the anchor; `sequenceNumber`: how many L2 blocks before this one have the same */
export type L2Ref = L1Ref & { l1Origin: { number: bigint; hash: Hex }; sequenceNumber: bigint }

/** Heads as an OP Stack node tells them; `currentL1`: read by this node. */
export type SyncStatus = {
  currentL1: L1Ref
  headL1: L1Ref
  safeL1: L1Ref
  finalizedL1: L1Ref
  unsafeL2: L2Ref
  safeL2: L2Ref
  finalizedL2: L2Ref
}

/** A block in the form of an OP Stack output; our contract keeps the state root itself. */
export type Output = {
  outputRoot: Hex
  blockRef: L2Ref
  /** storage root of L2Messenger, which holds the outbox */
  withdrawalStorageRoot: Hex
  stateRoot: Hex
}

export type SyncStatusReader = {
  syncStatus(): Promise<SyncStatus>
  output(block: Block): Output
}

export type SyncStatusDeps = {
  chain: Chain
  view: L1View
  l1: L1Client
  inputs: InputStore
  settlement(): { settled: bigint; final: bigint }
}

/** What tools of OP Stack chains ask a rollup's node, answered from ours. */
export function createSyncStatus({ chain, view, l1, inputs, settlement }: SyncStatusDeps): SyncStatusReader {
  const anchorNumber = (block: Block): bigint => inputs.anchorBlock(block.hash) ?? 0n
  const blockAt = (number: bigint): Block => chain.getBlockByNumber(number)?.block ?? chain.genesis

  /** Anchors never go back, so the first block with the same one is found by bisection. */
  function sequenceNumber(block: Block): bigint {
    const anchor = anchorNumber(block)
    let first = block.header.number
    let other = chain.genesis.header.number
    if (first === other) return 0n
    while (first - other > 1n) {
      const middle = (first + other) / 2n
      if (anchorNumber(blockAt(middle)) === anchor) first = middle
      else other = middle
    }
    return block.header.number - first
  }

  const refOf = (block: Block): L2Ref => ({
    number: block.header.number,
    hash: hexOf(block.hash),
    parentHash: hexOf(block.header.parentHash),
    timestamp: block.header.timestamp,
    l1Origin: { number: anchorNumber(block), hash: slotValueToHash(block.header.parentBeaconBlockRoot ?? EMPTY) },
    sequenceNumber: sequenceNumber(block),
  })

  async function l1Ref(at: bigint | L1Tag): Promise<L1Ref> {
    const block = await l1.getBlock(at)
    if (block === undefined) throw new RollupError('L1_CHANGED', `L1 has no block ${at}`, { at })
    const { number, hash, parentHash, timestamp } = block
    return { number, hash, parentHash, timestamp }
  }

  return {
    async syncStatus() {
      const { settled, final } = settlement()
      return {
        currentL1: await l1Ref(view.head().number),
        headL1: await l1Ref('latest'),
        safeL1: await l1Ref('safe'),
        finalizedL1: await l1Ref('finalized'),
        unsafeL2: refOf(chain.head()),
        safeL2: refOf(blockAt(settled)),
        finalizedL2: refOf(blockAt(final)),
      }
    },
    output(block) {
      const messenger = hexToBytes(view.deployment.l2.messenger)
      const account = chain.stateAt(block.header.stateRoot).getAccount(messenger)
      if (account === undefined) throw new Error('an L2 has its messenger')
      const { stateRoot } = block.header
      return {
        outputRoot: hexOf(keccak256(Buffer.concat([EMPTY, stateRoot, account.storageRoot, block.hash]))),
        blockRef: refOf(block),
        withdrawalStorageRoot: hexOf(account.storageRoot),
        stateRoot: hexOf(stateRoot),
      }
    },
  }
}

/** also the version that an output begins with */
const EMPTY = new Uint8Array(32)

function hexOf(bytes: Uint8Array): Hex {
  return `0x${bytesToHex(bytes)}`
}
