import type { BlockOutcome } from '../../execution/types.ts'
import { recordExecution } from '../../node/executionWitness.ts'
import type { Chain, StoredBlock } from '../../node/types.ts'
import type { InputSize } from '../../precompiles/index.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { blockToPayloadRequest } from '../../stateless/payload.ts'
import { encodeStatelessInput } from '../../stateless/ssz.ts'
import { SCHEMA_ID_AMSTERDAM } from '../../stateless/sszSchema.ts'
import type { Block, Hash32, StatelessInput } from '../../stateless/types.ts'
import { RollupError } from '../errors.ts'
import { readRecord, writeRecord } from '../json.ts'

/** What an L2 block needs on its way to L1. */
export type Settleable = {
  /** v21 StatelessInput, as EXECUTE takes it */
  input: Uint8Array
  /** R of the block */
  regularGas: bigint
  /** L1 block whose hash the block carries */
  anchorBlock: bigint
}

/** Without a size for a block that was imported, until somebody asks. */
type StoredSettleable = Pick<Settleable, 'regularGas' | 'anchorBlock'> & Partial<Omit<InputSize, 'regularGas'>>

/** Runs a block once more and puts what it read into the input that EXECUTE takes. Throws InvalidBlock. */
export async function recordInput(
  chain: Chain,
  block: Block,
  blockAccessList?: Uint8Array,
): Promise<{ input: Uint8Array; outcome: BlockOutcome }> {
  const { outcome, witness } = await recordExecution(chain, {
    block,
    ...(blockAccessList === undefined ? {} : { blockAccessList }),
  })
  if (outcome.blockAccessList === undefined) throw new Error('an L2 block has a block access list')
  const input: StatelessInput = {
    schemaId: SCHEMA_ID_AMSTERDAM,
    dialect: 'v21',
    newPayloadRequest: blockToPayloadRequest({
      block,
      blockAccessList: outcome.blockAccessList,
      requests: outcome.requests,
    }),
    witness,
    chainId: chain.chainId,
  }
  return { input: encodeStatelessInput(input), outcome }
}

/** Inputs by block hash, in the chain's own store, so that settling goes on after a restart. */
export type InputStore = {
  put(hash: Hash32, settleable: Settleable): Promise<void>
  /** L1 block number of the anchor; undefined for genesis and for blocks that this node knows nothing about */
  anchorBlock(hash: Hash32): bigint | undefined
  /** an imported block: only its anchor is worth keeping, the input can be made again */
  putAnchor(hash: Hash32, anchorBlock: bigint): Promise<void>
  /** only to look at: of any stored block on a stored parent, kept or recorded again. Throws as `recordInput`. */
  read(stored: StoredBlock): Promise<Uint8Array>
  /** stored or recorded again; throws RollupError INPUT_UNAVAILABLE */
  require(hash: Hash32): Promise<Settleable>
  /** runs the block again when nothing is known, without keeping the input; throws RollupError INPUT_UNAVAILABLE */
  measure(hash: Hash32): Promise<InputSize>
  /** forgets the stored bytes and records the input again */
  regenerate(hash: Hash32): Promise<Settleable>
  /** frees the space of a settled block; `require` can still make it again */
  release(hash: Hash32): Promise<void>
}

export function createInputStore(chain: Chain): InputStore {
  const inputKey = (hash: Hash32) => `input:${bytesToHex(hash)}`
  const aboutKey = (hash: Hash32) => `settle:${bytesToHex(hash)}`
  const about = (hash: Hash32) => readRecord<StoredSettleable>(chain, aboutKey(hash))

  async function record(hash: Hash32): Promise<Settleable> {
    const stored = chain.getBlockByHash(hash)
    const anchorBlock = about(hash)?.anchorBlock
    if (stored === undefined || anchorBlock === undefined) {
      const name = bytesToHex(hash)
      throw new RollupError('INPUT_UNAVAILABLE', `nothing is known about L2 block 0x${name}`, { hash: name })
    }
    const { input, outcome } = await recordInput(chain, stored.block, stored.blockAccessList)
    return { input, regularGas: outcome.regularGas, anchorBlock }
  }

  const store: InputStore = {
    async put(hash, { input, regularGas, anchorBlock }) {
      await chain.putMeta(inputKey(hash), input)
      await writeRecord(chain, aboutKey(hash), { anchorBlock, ...sizeOf(input, regularGas) })
    },
    anchorBlock: (hash) => about(hash)?.anchorBlock,
    async putAnchor(hash, anchorBlock) {
      if (about(hash) === undefined) await writeRecord(chain, aboutKey(hash), { regularGas: 0n, anchorBlock })
    },
    async read({ block, blockAccessList }) {
      const input = chain.getMeta(inputKey(block.hash))
      if (input !== undefined && input.length > 0) return input
      return (await recordInput(chain, block, blockAccessList)).input
    },
    async require(hash) {
      const known = about(hash)
      const input = chain.getMeta(inputKey(hash))
      if (known === undefined || input === undefined || input.length === 0) return store.regenerate(hash)
      return { input, regularGas: known.regularGas, anchorBlock: known.anchorBlock }
    },
    async measure(hash) {
      const { inputBytes, zeroBytes, regularGas } = about(hash) ?? {}
      if (inputBytes !== undefined && zeroBytes !== undefined && regularGas !== undefined) {
        return { inputBytes, zeroBytes, regularGas }
      }
      const { input, anchorBlock, ...recorded } = await record(hash)
      const size = sizeOf(input, recorded.regularGas)
      await writeRecord(chain, aboutKey(hash), { anchorBlock, ...size })
      return size
    },
    async regenerate(hash) {
      const settleable = await record(hash)
      await store.put(hash, settleable)
      return settleable
    },
    async release(hash) {
      const stored = chain.getMeta(inputKey(hash))
      if (stored !== undefined && stored.length > 0) await chain.putMeta(inputKey(hash), new Uint8Array(0))
    },
  }
  return store
}

function sizeOf(input: Uint8Array, regularGas: bigint): InputSize {
  let zeroBytes = 0
  for (const byte of input) if (byte === 0) zeroBytes += 1
  return { regularGas, inputBytes: input.length, zeroBytes }
}
