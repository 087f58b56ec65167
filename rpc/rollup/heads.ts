import * as z from 'zod'
import { RollupError } from '../../rollup/errors.ts'
import type { L2Node } from '../../rollup/l2Node.ts'
import { COMPARED_FIELDS, type Mismatch, verifyConsistency } from '../../rollup/settling/consistency.ts'
import { newestSettledWhere } from '../../rollup/settling/settledSearch.ts'
import { blockParameter } from '../blockParameter.ts'
import { invalidParams } from '../errors.ts'
import { createGate } from '../gate.ts'
import { toData, toQuantity } from '../hex.ts'
import { required, withDefault } from '../params.ts'
import type { MethodTable } from '../types.ts'
import { requireCanonical } from './canonical.ts'
import type { RollupDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { from, hash, named, quantity64, quantity64In } from './wire.ts'

/** `l1Block` and `l1TxHash`: what settled it; left out while nothing is settled and the safe head is genesis. */
export const SafeHead = named('SafeHead', {
  l2Block: quantity64,
  hash,
  stateRoot: hash,
  l1Block: quantity64.optional(),
  l1TxHash: hash.optional(),
})
export type SafeHead = z.infer<typeof SafeHead>

/**
 * `onL1`: the rollup contract holds it, so that proofs under it can be checked; `claimable`: and takes them for claims.
 * `ageSeconds`: since it was settled, by the time of L1.
 */
export const StateRootOnL1 = named('StateRootOnL1', {
  l2Block: quantity64,
  stateRoot: hash,
  onL1: z.boolean(),
  claimable: z.boolean(),
  l1Block: quantity64.optional(),
  ageSeconds: quantity64.optional(),
})
export type StateRootOnL1 = z.infer<typeof StateRootOnL1>

export const Consistency = named('Consistency', {
  ok: z.boolean(),
  from: quantity64,
  to: quantity64,
  l1Block: quantity64,
  mismatches: z.array(
    named('ConsistencyMismatch', {
      block: quantity64,
      field: z.enum(COMPARED_FIELDS),
      node: z.string().optional(),
      contract: z.string().optional(),
    }),
  ),
})
export type Consistency = z.infer<typeof Consistency>

const MAX_CHECKED = 256n
const DEFAULT_CHECKED = 32n
/** Each asks L1 a few questions for each block. */
const MAX_RUNNING = 2

const CheckedRange = z.strictObject({ from: quantity64In.optional(), to: quantity64In.optional() })

/** What L1 knew and knows of L2's heads, and whether this node agrees. */
export function rollupHeadMethods({ rollup }: RollupDeps): MethodTable {
  const gate = createGate(MAX_RUNNING)
  return {
    rollup_safeHeadAtL1Block: rollupMethod(
      {
        summary: 'The newest L2 block that was settled at an L1 block.',
        params: [required('L1 block number', from(quantity64In))],
        result: SafeHead,
      },
      ([l1Block]) => safeHeadAt(rollup().node, l1Block),
    ),
    rollup_stateRootAt: rollupMethod(
      {
        summary: 'The state root of an L2 block, whether L1 holds it, and whether withdrawals can be claimed under it.',
        params: [required('L2 block', blockParameter)],
        result: StateRootOnL1,
      },
      ([parameter]) => {
        const { node } = rollup()
        const { header, hash: blockHash } = requireCanonical(node.chain, parameter)
        return stateRootOnL1(node, header.number, { stateRoot: toData(header.stateRoot), hash: toData(blockHash) })
      },
    ),
    rollup_verifyConsistency: rollupMethod(
      {
        summary: 'Compares settled blocks of this node with contract, events and calldata on L1, read anew.',
        params: [withDefault('range', from(CheckedRange), {})],
        result: Consistency,
      },
      ([range], { signal }) => gate.run(signal, () => checkRange(rollup().node, range, signal)),
    ),
  }
}

/** Throws RollupError UNREAD_L1_BLOCK. */
export function safeHeadAt({ watcher, chain }: L2Node, l1Block: bigint): SafeHead {
  const read = watcher.head().number
  if (l1Block > read) {
    const message = `L1 block ${l1Block} is not read yet; this node has read L1 up to block ${read}`
    throw new RollupError('UNREAD_L1_BLOCK', message, { l1Block, read })
  }
  const settled = newestSettledWhere(watcher, (candidate) => candidate.l1Block <= l1Block)
  if (settled === undefined) {
    const { header, hash: genesisHash } = chain.genesis
    return { l2Block: toQuantity(header.number), hash: toData(genesisHash), stateRoot: toData(header.stateRoot) }
  }
  return {
    l2Block: toQuantity(settled.number),
    hash: settled.hash,
    stateRoot: settled.stateRoot,
    l1Block: toQuantity(settled.l1Block),
    l1TxHash: settled.l1TxHash,
  }
}

function stateRootOnL1(
  { chain, watcher, finality }: L2Node,
  number: bigint,
  block: { stateRoot: `0x${string}`; hash: `0x${string}` },
): StateRootOnL1 {
  const settled = watcher.settledAt(number)
  const about = { l2Block: toQuantity(number), stateRoot: block.stateRoot }
  if (number === chain.genesis.header.number) return { ...about, onL1: finality.keepsGenesis(), claimable: false }
  if (settled?.hash !== block.hash) return { ...about, onL1: false, claimable: false }
  const onL1 = finality.isKept(settled)
  return {
    ...about,
    onL1,
    claimable: onL1 && finality.isFinal(settled),
    l1Block: toQuantity(settled.l1Block),
    ageSeconds: toQuantity(watcher.head().timestamp - settled.l1Timestamp),
  }
}

async function checkRange(
  { watcher, chain, l1, inputs }: L2Node,
  range: z.output<typeof CheckedRange>,
  signal: AbortSignal,
): Promise<Consistency> {
  const newest = watcher.settledHead()?.number ?? 0n
  const to = range.to ?? (range.from === undefined ? newest : smaller(newest, range.from + MAX_CHECKED - 1n))
  const first = range.from ?? (to > DEFAULT_CHECKED ? to - DEFAULT_CHECKED + 1n : 1n)
  const path = 'argument 0 (range)'
  if (first === 0n) throw invalidParams(`${path}.from`, 'genesis is never settled, expected 1 or more')
  if (to > newest) throw invalidParams(`${path}.to`, `the newest settled block is ${newest}`)
  if (range.from !== undefined && range.to !== undefined && first > to)
    throw invalidParams(`${path}.to`, 'is before from')
  if (to >= first + MAX_CHECKED) throw invalidParams(path, `at most ${MAX_CHECKED} blocks at a time`)
  const found = await verifyConsistency({ view: watcher, chain, l1, inputs }, { from: first, to }, signal)
  const mismatches = found.mismatches.map(formatMismatch)
  return {
    ok: mismatches.length === 0,
    from: toQuantity(found.from),
    to: toQuantity(found.to),
    l1Block: toQuantity(found.l1Block),
    mismatches,
  }
}

function formatMismatch({ block, ...mismatch }: Mismatch) {
  return { block: toQuantity(block), ...mismatch }
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)
