import { invalidParams, RpcError } from '../errors.ts'
import { toQuantity } from '../hex.ts'
import { described, list, method, optional, type Parse, readObject, required, withDefault } from '../params.ts'
import { reference } from '../schema.ts'
import type { MethodTable } from '../types.ts'
import type { L1DevDeps } from './deps.ts'
import { action, amount64, amountBetween, answering, named } from './values.ts'

/** deeper reorgs than this are asked for by nobody */
const MAX_DEPTH = 1_000n

/** Going back: snapshots, genesis, a few blocks. L2 follows by its own rules. */
export function historyMethods({ snapshots }: Pick<L1DevDeps, 'snapshots'>): MethodTable {
  const take = method([], async () => toQuantity(await snapshots.take()))
  const revert = method([required('id', amount64)], ([id]) => snapshots.revert(id))
  const rollback = method([withDefault('depth', amountBetween(1n, MAX_DEPTH), 1n)], ([depth]) =>
    snapshots.rollback(depth),
  )
  return {
    ...named(['evm_snapshot', 'anvil_snapshot', 'hardhat_snapshot'], take),
    ...named(['evm_revert', 'anvil_revert', 'hardhat_revert'], revert),
    ...action(
      'reset',
      method([optional('options', noFork)], () => snapshots.reset()),
    ),
    anvil_rollback: answering(null, rollback),
    anvil_reorg: method(
      [
        required('options', reorgDepth),
        optional(
          'transactions',
          list(() => undefined, 0),
        ),
      ],
      async ([depth]) => {
        await snapshots.reorg(depth)
        return null
      },
    ),
  }
}

/** Options that ask for no fork: viem always sends `forking`, without a URL when none is meant. */
const noFork: Parse<undefined> = described(reference('ResetOptions'), (value, path) => {
  const forking = readObject(value, path)('forking')
  if (forking === undefined) return undefined
  const read = readObject(forking, `${path}.forking`)
  if (read('jsonRpcUrl') === undefined && read('blockNumber') === undefined) return undefined
  throw new RpcError(
    'METHOD_REFUSED',
    'this node does not fork other chains; without forking, it goes back to its genesis',
  )
})

/** Depth as a number, or as anvil's options. */
const reorgDepth: Parse<bigint> = described(reference('ReorgOptions'), (value, path) => {
  const depth = amountBetween(1n, MAX_DEPTH)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return depth(value, path)
  const read = readObject(value, path)
  const pairs = read('txBlockPairs') ?? read('tx_block_pairs')
  if (Array.isArray(pairs) && pairs.length > 0) {
    throw invalidParams(`${path}.txBlockPairs`, 'not supported here: send the transactions after the reorg')
  }
  return depth(read('depth'), `${path}.depth`)
})
