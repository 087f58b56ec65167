import { decodeFunctionResult, encodeFunctionData } from 'viem'
import type { Chain } from '../../node/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import type { Block } from '../../stateless/types.ts'
import { nativeRollupAbi, STATE_ROOT_HISTORY } from '../contracts.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import { advancedIn } from '../l1/l1Events.ts'
import type { L1View, SettledBlock } from '../types.ts'
import type { InputStore } from './inputs.ts'
import { createSettledBlockReader, type SettledBlockReader } from './settledBlocks.ts'

type Hex = `0x${string}`

export const COMPARED_FIELDS = [
  'head',
  'settlement',
  'hash',
  'stateRoot',
  'storedStateRoot',
  'anchorBlock',
  'anchorHash',
  'calldata',
] as const
export type ComparedField = (typeof COMPARED_FIELDS)[number]

/**
 * `contract`: what L1 says, in events, calldata and storage of the rollup contract. One of the two is left out where that
 * side has nothing. Fields: `head` (newest settled block), `settlement` (the L1 transaction), `hash`, `stateRoot`,
 * `storedStateRoot` (in the contract's ring), `anchorBlock`, `anchorHash`, `calldata` (hash of the block in the transaction).
 */
export type Mismatch = { block: bigint; field: ComparedField; node?: string; contract?: string }

export type Consistency = { from: bigint; to: bigint; l1Block: bigint; mismatches: readonly Mismatch[] }

export type ConsistencyDeps = {
  chain: Chain
  view: L1View
  l1: L1Client
  inputs: InputStore
}

type Reading = ConsistencyDeps & { settledBlocks: SettledBlockReader }

/**
 * Compares settled blocks, as this node has them, with what L1 says now: nothing that was read before is trusted but the
 * name of the L1 transaction. `to` is at most the newest settled block. Throws RollupError when L1 does not answer.
 */
export async function verifyConsistency(
  given: ConsistencyDeps,
  { from, to }: { from: bigint; to: bigint },
  signal: AbortSignal,
): Promise<Consistency> {
  const deps = { ...given, settledBlocks: createSettledBlockReader(given.l1, given.view.deployment) }
  const l1Block = deps.view.head().number
  const contract = await readHead(deps, l1Block)
  const settled = deps.view.settledHead()
  const mismatches = [
    ...differing(settled?.number ?? 0n, 'head', settled?.number.toString() ?? '0', contract.number.toString()),
    ...differing(contract.number, 'hash', hashAt(deps.chain, contract.number), contract.hash),
  ]
  for (let number = from; number <= to; number++) {
    signal.throwIfAborted()
    mismatches.push(...(await verifyBlock(deps, number, contract.number, l1Block)))
  }
  return { from, to, l1Block, mismatches: unique(mismatches) }
}

async function verifyBlock(
  deps: Reading,
  number: bigint,
  contractHead: bigint,
  l1Block: bigint,
): Promise<readonly Mismatch[]> {
  const { chain, view, inputs } = deps
  const block = chain.getBlockByNumber(number)?.block
  const record = view.settledAt(number)
  const stateRoot = block && hexOf(block.header.stateRoot)
  const mismatches: Mismatch[] = []
  const expect = (field: ComparedField, node: string | undefined, contract: string | undefined) =>
    void mismatches.push(...differing(number, field, node, contract))

  if (number + STATE_ROOT_HISTORY > contractHead) {
    expect('storedStateRoot', stateRoot, await readStateRoot(deps, number, l1Block))
  }
  if (record === undefined) {
    expect('settlement', undefined, 'settled in a transaction that this node has not read')
    return mismatches
  }
  const event = await eventOf(deps, record)
  if (event === undefined) {
    expect('settlement', record.l1TxHash, undefined)
    return mismatches
  }
  expect('hash', block && hexOf(block.hash), event.hash)
  expect('stateRoot', stateRoot, event.stateRoot)
  expect('anchorBlock', block && inputs.anchorBlock(block.hash)?.toString(), event.anchorBlock.toString())
  expect('anchorHash', block && anchorHash(block), (await deps.l1.getBlock(event.anchorBlock))?.hash)
  expect('calldata', block && hexOf(block.hash), await publishedHash(deps, record))
  return mismatches
}

/** What the transaction's receipt says of this block now; undefined: the transaction is gone or says nothing of it. */
async function eventOf({ l1, view }: ConsistencyDeps, { l1TxHash, number }: SettledBlock) {
  const receipt = await l1.getReceipt(l1TxHash)
  if (receipt === undefined) return undefined
  return advancedIn(receipt.logs, view.deployment.l1.rollup).find((event) => event.number === number)
}

/** The hash of the block that the calldata carries, or why there is none. */
async function publishedHash({ settledBlocks }: Reading, record: SettledBlock): Promise<string> {
  try {
    return hexOf((await settledBlocks.read(record)).block.hash)
  } catch (error) {
    if (error instanceof RollupError && error.code === 'BAD_L1_DATA') return error.message
    throw error
  }
}

async function readHead({ l1, view }: ConsistencyDeps, at: bigint): Promise<{ number: bigint; hash: Hex }> {
  const { rollup } = view.deployment.l1
  const ask = (functionName: 'headNumber' | 'headHash') =>
    l1.call(rollup, encodeFunctionData({ abi: nativeRollupAbi, functionName }), at)
  const [number, hash] = [await ask('headNumber'), await ask('headHash')]
  return {
    number: decoded(() => decodeFunctionResult({ abi: nativeRollupAbi, functionName: 'headNumber', data: number })),
    hash: decoded(() => decodeFunctionResult({ abi: nativeRollupAbi, functionName: 'headHash', data: hash })),
  }
}

async function readStateRoot({ l1, view }: ConsistencyDeps, number: bigint, at: bigint): Promise<Hex> {
  const call = { abi: nativeRollupAbi, functionName: 'stateRootAt' } as const
  const data = await l1.call(view.deployment.l1.rollup, encodeFunctionData({ ...call, args: [number] }), at)
  return decoded(() => decodeFunctionResult({ ...call, data }))
}

function decoded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new RollupError('BAD_L1_DATA', 'the answer of the rollup contract does not decode', {}, error)
  }
}

function differing(
  block: bigint,
  field: ComparedField,
  node: string | undefined,
  contract: string | undefined,
): Mismatch[] {
  if (node !== undefined && node === contract) return []
  return [
    {
      block,
      field,
      ...(node === undefined ? {} : { node }),
      ...(contract === undefined ? {} : { contract }),
    },
  ]
}

/** The head is looked at by itself, and again where it is in the range. */
function unique(mismatches: readonly Mismatch[]): Mismatch[] {
  return [...new Map(mismatches.map((mismatch) => [`${mismatch.block} ${mismatch.field}`, mismatch])).values()]
}

function anchorHash({ header }: Block): string {
  return hexOf(header.parentBeaconBlockRoot ?? new Uint8Array(0))
}

function hashAt(chain: Chain, number: bigint): string | undefined {
  const hash = chain.getHashByNumber(number)
  return hash && hexOf(hash)
}

function hexOf(bytes: Uint8Array): Hex {
  return `0x${bytesToHex(bytes)}`
}
