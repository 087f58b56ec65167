import { encodeAbiParameters, type Hex, keccak256, toHex } from 'viem'
import { encodeHeader } from '../../../stateless/header.ts'
import { bytes, encodeInput, GENESIS_HASH, L2_CHAIN_ID, L2_MESSENGER, setAnchor, validFields } from '../setup.ts'
import { emptyL2 } from './model.ts'
import { BACKING, count, type L1Block, type L2Block, type World } from './world.ts'

/** Ends the open L1 block: its hash is that of a true header, so that L2 can prove what is in it. */
export async function sealL1(world: World, seconds = 12n): Promise<L1Block> {
  const { chain, messenger } = world.l1
  const { number, timestamp } = chain.block
  const { accountProof, storageProof } = await chain.proof(messenger, 0n)
  const stateRoot = await chain.stateRoot()
  const header = encodeHeader({
    parentHash: bytes(world.l1Blocks.at(-1)?.hash ?? GENESIS_HASH),
    ommersHash: new Uint8Array(32),
    coinbase: new Uint8Array(20),
    stateRoot: bytes(stateRoot),
    transactionsRoot: new Uint8Array(32),
    receiptsRoot: new Uint8Array(32),
    logsBloom: new Uint8Array(256),
    difficulty: 0n,
    number,
    gasLimit: 60_000_000n,
    gasUsed: 0n,
    timestamp,
    extraData: new Uint8Array(),
    prevRandao: new Uint8Array(32),
    nonce: new Uint8Array(8),
    baseFeePerGas: 7n,
  })
  const hash = keccak256(header)
  const model = structuredClone(world.m1)
  const block = { number, timestamp, hash, header: toHex(header), stateRoot, accountProof, storageProof, model }
  world.l1Blocks.push(block)
  chain.hashes.set(Number(number), hash)
  chain.block.number += 1n
  chain.block.timestamp += seconds
  return block
}

/** Begins an L2 block if none is open, anchored to a recent L1 block. */
export async function openL2(world: World, back = 0): Promise<L1Block> {
  if (world.open !== undefined) return world.open
  const last = world.l2Blocks.at(-1)
  // Time has to pass on L1 before L2 may go on.
  if (last !== undefined && last.timestamp >= world.l1.chain.block.timestamp) await sealL1(world)
  const candidates = world.l1Blocks.filter(({ number }) => number >= (last?.anchor.number ?? 0n)).slice(-1 - back)
  const anchor = candidates[0] ?? (await sealL1(world))
  const { chain } = world.l2
  chain.block.number = BigInt(world.l2Blocks.length + 1)
  chain.block.timestamp = world.l1.chain.block.timestamp
  await setAnchor(chain, chain.block.timestamp, anchor.hash)
  world.open = anchor
  return anchor
}

/** Ends the open L2 block; it can be settled from now on. */
export async function sealL2(world: World, transactions: Hex[] = []): Promise<L2Block> {
  const anchor = await openL2(world)
  const { chain } = world.l2
  const { accountProof, storageProof } = await chain.proof(L2_MESSENGER, 0n)
  const stateRoot = await chain.stateRoot()
  const parent = world.l2Blocks.at(-1)?.hash ?? GENESIS_HASH
  const number = world.l2Blocks.length + 1
  const words = [stateRoot, parent, anchor.hash, BigInt(number)] as const
  const types = [{ type: 'bytes32' }, { type: 'bytes32' }, { type: 'bytes32' }, { type: 'uint256' }] as const
  const block: L2Block = {
    number,
    timestamp: chain.block.timestamp,
    hash: keccak256(encodeAbiParameters(types, words)),
    parent,
    anchor,
    stateRoot,
    accountProof,
    storageProof,
    transactions,
    model: structuredClone(world.m2),
  }
  world.l2Blocks.push(block)
  world.open = undefined
  return block
}

/** The StatelessInput of an L2 block, for the rollup or (with changes) for another one. */
export function inputOf(
  block: L2Block,
  changes: { number?: bigint; parent?: Hex; chainId?: bigint; hash?: Hex; timestamp?: bigint } = {},
): Hex {
  const fields = validFields(changes.number ?? BigInt(block.number), changes.parent ?? block.parent, block.anchor.hash)
  fields.chainId = changes.chainId ?? L2_CHAIN_ID
  const { payload } = fields
  payload.timestamp = changes.timestamp ?? block.timestamp
  payload.stateRoot = bytes(block.stateRoot)
  payload.blockHash = bytes(changes.hash ?? block.hash)
  if (block.transactions.length > 0) payload.transactions = block.transactions.map((tx) => bytes(tx))
  return toHex(encodeInput(fields))
}

/** L2 goes back to the state after its block `number`; what was on top is lost to it. */
export async function rewindL2(world: World, number: number): Promise<void> {
  const block = world.l2Blocks[number - 1]
  world.orphans.push(...world.l2Blocks.slice(number))
  world.orphans = world.orphans.slice(-8)
  world.l2Blocks.length = number
  world.open = undefined
  world.l2.chain.restore(block?.stateRoot ?? world.genesis.l2)
  world.m2 = block === undefined ? emptyL2(BACKING) : structuredClone(block.model)
  world.outboxTree.truncate(world.m2.sent.length)
}

/** A reorg: L1 goes back to one of its blocks, and L2 to its last block whose anchor is still there. */
export async function reorgL1(world: World, depth: number): Promise<void> {
  const { chain } = world.l1
  const keep = Math.max(1, world.l1Blocks.length - depth)
  const top = world.l1Blocks[keep - 1]
  if (top === undefined) return
  count(world, 'reorgs')
  for (const { number } of world.l1Blocks.slice(keep)) chain.hashes.delete(Number(number))
  world.l1Blocks.length = keep
  chain.restore(top.stateRoot)
  world.m1 = structuredClone(top.model)
  world.inboxTree.truncate(world.m1.sent.length)
  chain.block.number = top.number + 1n
  // Another second than before, so that the new branch has other hashes.
  chain.block.timestamp = top.timestamp + 1n + BigInt(world.calls % 11)
  const firstLost = world.l2Blocks.findIndex(({ anchor }) => !world.l1Blocks.includes(anchor))
  await rewindL2(world, firstLost === -1 ? world.l2Blocks.length : firstLost)
}
