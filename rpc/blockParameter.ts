import type { Transaction } from '../execution/types.ts'
import type { PendingBlocks } from '../node/pendingBlock.ts'
import type { Chain, StoredBlock } from '../node/types.ts'
import type { Block, Hash32, StateView } from '../stateless/types.ts'
import { hash, quantity64 } from './codec.ts'
import { invalidParams, RpcError } from './errors.ts'
import { toData, toQuantity } from './hex.ts'
import { bool, describe, described, type Parse, readObject } from './params.ts'
import { reference } from './schema.ts'

export type NumberOrTag =
  | { kind: 'tag'; tag: 'latest' | 'safe' | 'finalized' | 'earliest' | 'pending' }
  | { kind: 'number'; number: bigint }

/** Which block a method is asked about: number, tag, or hash (plain or by EIP-1898). */
export type BlockParameter = NumberOrTag | { kind: 'hash'; hash: Hash32; requireCanonical: boolean }

export const LATEST: NumberOrTag = { kind: 'tag', tag: 'latest' }
export const PENDING: NumberOrTag = { kind: 'tag', tag: 'pending' }

/** A quantity or a tag. */
export const numberOrTag: Parse<NumberOrTag> = described(reference('BlockNumberOrTag'), (value, path) => {
  switch (value) {
    case 'latest':
    case 'safe':
    case 'finalized':
    case 'earliest':
    case 'pending':
      return { kind: 'tag', tag: value }
  }
  if (typeof value === 'string' && value !== '' && !/^(0[xX]|\d)/.test(value)) {
    throw invalidParams(path, `unknown block tag ${describe(value)}`)
  }
  return { kind: 'number', number: quantity64(value, path) }
})

/** A quantity, a tag, a block hash, or an EIP-1898 object. */
export const blockParameter: Parse<BlockParameter> = described(reference('BlockParameter'), (value, path) => {
  if (typeof value === 'object' && value !== null) return eip1898(value, path)
  if (typeof value === 'string' && value.length === 66 && value.startsWith('0x')) {
    return { kind: 'hash', hash: hash(value, path), requireCanonical: false }
  }
  return numberOrTag(value, path)
})

function eip1898(value: object, path: string): BlockParameter {
  const read = readObject(value, path)
  const blockHash = read('blockHash')
  const blockNumber = read('blockNumber')
  if (blockHash !== undefined && blockNumber !== undefined) {
    throw invalidParams(path, 'cannot specify both blockHash and blockNumber, choose one or the other')
  }
  if (blockNumber !== undefined) return numberOrTag(blockNumber, `${path}.blockNumber`)
  if (blockHash === undefined) throw invalidParams(path, 'expected blockHash or blockNumber')
  const requireCanonical = read('requireCanonical')
  return {
    kind: 'hash',
    hash: hash(blockHash, `${path}.blockHash`),
    requireCanonical: requireCanonical === undefined ? false : bool(requireCanonical, `${path}.requireCanonical`),
  }
}

export const isPending = (block: BlockParameter): boolean => block.kind === 'tag' && block.tag === 'pending'

/** Canonical block number; `pending` is the head, for methods that know no pending block. */
export function resolveNumber(chain: Chain, block: NumberOrTag): bigint {
  if (block.kind === 'number') return block.number
  return chain.resolveTag(block.tag === 'pending' ? 'latest' : block.tag)
}

/** The block, or undefined when it is not known. Throws RpcError NOT_CANONICAL as EIP-1898 asks. */
export function findBlock(chain: Chain, parameter: BlockParameter): Block | undefined {
  if (parameter.kind !== 'hash') {
    const number = resolveNumber(chain, parameter)
    const head = chain.head()
    return number === head.header.number ? head : chain.getBlockByNumber(number)?.block
  }
  const found = chain.getBlockByHash(parameter.hash)?.block
  if (found && parameter.requireCanonical && !chain.isCanonical(parameter.hash)) {
    throw new RpcError('NOT_CANONICAL', `block ${toData(parameter.hash)} is not canonical`)
  }
  return found
}

/** The block. Throws RpcError UNKNOWN_BLOCK. */
export function requireBlock(chain: Chain, parameter: BlockParameter): Block {
  const block = findBlock(chain, parameter)
  if (!block) throw new RpcError('UNKNOWN_BLOCK', `header not found: ${nameOf(parameter)}`)
  return block
}

/** A stored block that was executed. Throws RpcError NO_WITNESS for genesis and the pending block, UNKNOWN_BLOCK. */
export function requireExecuted(chain: Chain, parameter: BlockParameter): StoredBlock {
  if (isPending(parameter)) throw new RpcError('NO_WITNESS', 'the pending block has no witness: it is not sealed yet')
  const block = requireBlock(chain, parameter)
  if (block.header.number === chain.genesis.header.number) {
    throw new RpcError('NO_WITNESS', 'the genesis block has no witness: nothing was executed for it')
  }
  const stored = chain.getBlockByHash(block.hash)
  if (stored === undefined) throw new Error('a block that was found is not stored')
  return stored
}

/** State after the block. Throws RpcError UNKNOWN_BLOCK and ChainError STATE_UNAVAILABLE. */
export function requireState(chain: Chain, parameter: BlockParameter): StateView {
  return chain.stateAt(requireBlock(chain, parameter).header.stateRoot)
}

type ReadDeps = { chain: Chain; pending: PendingBlocks }

/**
 * State after the block. For `pending` the transactions that wait are executed; when none waits it is the head's.
 *
 * @throws RpcError UNKNOWN_BLOCK and ChainError STATE_UNAVAILABLE
 */
export function readState({ chain, pending }: ReadDeps, parameter: BlockParameter): StateView | Promise<StateView> {
  if (!isPending(parameter)) return requireState(chain, parameter)
  if (pending.isEmpty()) return chain.stateAt(chain.head().header.stateRoot)
  return pending.get().then((block) => block.state())
}

/** A block with its receipts and decoded transactions. */
export type ReadBlock = StoredBlock & { transactions: readonly Transaction[] }

/** The block, or undefined when it is not known; `pending` is executed. Throws RpcError NOT_CANONICAL. */
export async function readBlock(
  { chain, pending }: ReadDeps,
  parameter: BlockParameter,
): Promise<ReadBlock | undefined> {
  if (isPending(parameter)) return pending.get()
  const block = findBlock(chain, parameter)
  const stored = block && chain.getBlockByHash(block.hash)
  return stored && { ...stored, transactions: await chain.readTransactions(stored.block) }
}

function nameOf(parameter: BlockParameter): string {
  if (parameter.kind === 'tag') return parameter.tag
  return parameter.kind === 'hash' ? `hash ${toData(parameter.hash)}` : `number ${toQuantity(parameter.number)}`
}
