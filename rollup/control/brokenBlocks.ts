import type { Chain } from '../../node/types.ts'
import { bytesEqual, bytesToHex } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { withTrueHash } from '../../stateless/payload.ts'
import { decodeStatelessInput, encodeStatelessInput } from '../../stateless/ssz.ts'
import type { Block, ExecutionPayload, StatelessInput } from '../../stateless/types.ts'
import type { Anchor } from '../anchor.ts'
import { l2Env } from '../building/l2Env.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import { recordInput } from '../settling/inputs.ts'
import type { PackedBlock } from '../settling/settlement.ts'
import type { L1View } from '../types.ts'

/** How a settlement can be broken. All but `equivocate` are refused by L1. */
export const SETTLEMENT_FAULTS = [
  'bad-state-root',
  'wrong-gas',
  'drop-witness-node',
  'wrong-anchor',
  'stale-anchor',
  'equivocate',
] as const
export type SettlementFault = (typeof SETTLEMENT_FAULTS)[number]

export type BreakerDeps = { chain: Chain; l1: Pick<L1Client, 'getBlock'>; view: L1View }

/**
 * What goes to L1 in place of an honest block. Each breaks one rule and keeps the others, so that it is this rule that L1
 * names: claims of the header come with the block hash that is then true. Throws RollupError CANNOT_BREAK.
 */
export async function breakBlock(kind: SettlementFault, honest: PackedBlock, deps: BreakerDeps): Promise<PackedBlock> {
  switch (kind) {
    case 'bad-state-root':
      return withPayload(honest, ({ stateRoot }) => ({ stateRoot: stateRoot.map((byte) => byte ^ 0xff) }))
    case 'wrong-gas':
      return withPayload(honest, ({ gasUsed }) => ({ gasUsed: gasUsed + 1n }))
    case 'drop-witness-node':
      return withoutRoot(honest, blockOf(deps.chain, honest.number - 1n))
    case 'wrong-anchor':
      return { ...honest, anchorBlock: honest.anchorBlock + 1n }
    case 'stale-anchor':
      return withAnchor(honest, deps)
    case 'equivocate':
      return anotherBlock(honest, deps)
  }
}

function withPayload(
  honest: PackedBlock,
  change: (payload: ExecutionPayload) => Partial<ExecutionPayload>,
): PackedBlock {
  const input = decodeStatelessInput(honest.input)
  const { newPayloadRequest: request } = input
  const executionPayload = { ...request.executionPayload, ...change(request.executionPayload) }
  return encoded(honest, { ...input, newPayloadRequest: withTrueHash({ ...request, executionPayload }) })
}

/** Every walk through the state begins at its root. */
function withoutRoot(honest: PackedBlock, parent: Block): PackedBlock {
  const input = decodeStatelessInput(honest.input)
  const state = input.witness.state.filter((node) => !bytesEqual(keccak256(node), parent.header.stateRoot))
  return encoded(honest, { ...input, witness: { ...input.witness, state } })
}

function encoded(honest: PackedBlock, input: StatelessInput): PackedBlock {
  const { blockHash } = input.newPayloadRequest.executionPayload
  return { ...honest, hash: `0x${bytesToHex(blockHash)}`, input: encodeStatelessInput(input) }
}

/** An empty block on an anchor that the contract does not take any more. */
async function withAnchor(honest: PackedBlock, deps: BreakerDeps): Promise<PackedBlock> {
  const number = staleAnchor(deps.view)
  const anchor = number === undefined ? undefined : await deps.l1.getBlock(number)
  if (anchor === undefined) throw cannotBeStale()
  const { timestamp } = blockOf(deps.chain, honest.number).header
  return sibling(honest, deps, { anchor, timestamp })
}

/** The newest L1 block that is too old for an anchor, by its age or because the settled one is newer; undefined: none is. */
export function staleAnchor(view: L1View): bigint | undefined {
  const settled = view.settledHead()?.anchorBlock ?? 0n
  const aged = view.head().number - BigInt(view.deployment.parameters.maxAnchorAge)
  const newest = aged > settled - 1n ? aged : settled - 1n
  return newest < 0n ? undefined : newest
}

export function cannotBeStale(): RollupError {
  return new RollupError(
    'CANNOT_BREAK',
    'no L1 block is too old for an anchor yet; settle a block with a newer one first',
  )
}

/** A valid block in place of the one that users were told about: empty, and when that is empty too, of another time. */
async function anotherBlock(honest: PackedBlock, deps: BreakerDeps): Promise<PackedBlock> {
  const { header, transactions } = blockOf(deps.chain, honest.number)
  const parent = blockOf(deps.chain, honest.number - 1n)
  const isEarliest = header.timestamp === parent.header.timestamp + 1n
  const timestamp = transactions.length > 0 ? header.timestamp : header.timestamp + (isEarliest ? 1n : -1n)
  const hash = `0x${bytesToHex(header.parentBeaconBlockRoot ?? new Uint8Array(32))}` as const
  return sibling(honest, deps, { anchor: { number: honest.anchorBlock, hash }, timestamp })
}

async function sibling(
  honest: PackedBlock,
  { chain }: BreakerDeps,
  { anchor, timestamp }: { anchor: Pick<Anchor, 'number' | 'hash'>; timestamp: bigint },
): Promise<PackedBlock> {
  const parent = blockOf(chain, honest.number - 1n)
  const { coinbase, gasLimit } = blockOf(chain, honest.number).header
  const assembly = await chain.engine.beginBlock({
    parent: parent.header,
    parentHash: parent.hash,
    env: l2Env({ parent, anchor, timestamp }, { coinbase: () => coinbase, gasLimit }),
    state: chain.stateAt(parent.header.stateRoot),
    blockHash: chain.ancestorHashes(parent),
  })
  const { block, blockAccessList, regularGas } = await assembly.seal()
  const { input } = await recordInput(chain, block, blockAccessList)
  const facts = { number: honest.number, hash: `0x${bytesToHex(block.hash)}` as const, transactions: 0 }
  return { ...facts, input, regularGas, anchorBlock: anchor.number }
}

function blockOf(chain: Chain, number: bigint): Block {
  const block = chain.getBlockByNumber(number)?.block
  if (block === undefined) throw new RollupError('CANNOT_BREAK', `L2 block ${number} is not in the chain any more`)
  return block
}
