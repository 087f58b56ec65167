import type { Engine } from '../../execution/types.ts'
import type { L2Node } from '../../rollup/l2Node.ts'
import type { RollupReader } from '../../rollup/types.ts'

/** What the rollup_ methods work on: one rollup's node, and what the process around it adds. */
export type RollupServices = {
  readonly node: L2Node
  /** geth-format genesis of each chain; that of L1 is known where L1 runs in this process */
  readonly genesis: { readonly l1?: object; readonly l2: object }
  /** an engine in which EXECUTE is inactive, for blocks of any rollup with this chain id */
  engineOf(chainId: bigint): Engine
}

/** L1 listens a moment before its rollup runs, so methods ask for it when they are called. Throws RollupError STARTING. */
export type RollupDeps = { rollup(): RollupServices }

/** The part of it that the plain questions need. */
export type ReaderDeps = { reader(): RollupReader }
