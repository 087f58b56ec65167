import type { Engine } from '../../execution/types.ts'
import type { LogRing } from '../../node/logRing.ts'
import type { RollupFeeds } from '../../rollup/feeds/feeds.ts'
import type { HealthCheck } from '../../rollup/health.ts'
import type { L2Node } from '../../rollup/l2Node.ts'
import type { RollupReader } from '../../rollup/types.ts'
import type { DevnetControl } from './devnet.ts'
import type { RollupDescriptor } from './identity.ts'

/** `client`: as web3_clientVersion; `commit`: when it runs from a checkout; `node`: version of Node.js */
export type Software = { readonly client: string; readonly commit?: string; readonly node: string }

/** What the rollup_ methods work on: one rollup's node, and what the process around it adds. */
export type RollupServices = {
  readonly node: L2Node
  /** geth-format genesis of each chain; that of L1 is known where L1 runs in this process */
  readonly genesis: {
    readonly l1?: object
    readonly l2: object
    /** of any rollup that runs in this process, by the lower-case address of its contract */
    ofRollup(address: `0x${string}`): object | undefined
  }
  readonly software: Software
  /** an engine in which EXECUTE is inactive, for blocks of any rollup with this chain id */
  engineOf(chainId: bigint): Engine
  /** where both chains run in this process */
  readonly devnet?: DevnetControl
  readonly feeds: RollupFeeds
  /** is everything as it should be? */
  health(): Promise<readonly HealthCheck[]>
  /** what the process around it tells about itself; absent where nobody can ask it */
  readonly process?: ProcessFacts
  /** on a devnet only: all its chains as one file */
  readonly archive?: DevnetArchive
}

/** A block that a chain has as its head. */
export type LoadedHead = { chainId: bigint; number: bigint; hash: `0x${string}` }

export type DevnetArchive = {
  /** all chains as of one moment. Throws DumpError DUMP_TOO_LARGE. */
  dump(signal: AbortSignal): Promise<Uint8Array>
  /**
   * Other chains take the place of these, behind the same ports; L1 comes first in the result. When anything about it
   * fails, these go on as if nothing had been. Throws DumpError.
   */
  load(dump: Uint8Array, signal: AbortSignal): Promise<readonly LoadedHead[]>
}

/** One figure of a process in all its variants; a histogram has several figures under names of their own. */
export type MetricFamily = {
  name: string
  help: string
  type: string
  samples: readonly { name: string; labels: Readonly<Record<string, string>>; value: number }[]
}

export type ProcessFacts = {
  metrics(): Promise<readonly MetricFamily[]>
  readonly logs: LogRing
  /** what tools set themselves up with; throws RollupError STARTING */
  descriptor(): RollupDescriptor
}

/** L1 listens a moment before its rollup runs, so methods ask for it when they are called. Throws RollupError STARTING. */
export type RollupDeps = { rollup(): RollupServices }

/** The part of it that the plain questions need. */
export type ReaderDeps = { reader(): RollupReader }
