import type { LocalAccount, Transport } from 'viem'
import type { Transaction } from '../execution/types.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import type { Timers } from '../node/clock.ts'
import type { LiveTxPool } from '../node/txPool.ts'
import type { Chain, Clock, Logger, SealMode } from '../node/types.ts'
import type { ExecuteVerdict, GasSchedule } from '../precompiles/types.ts'
import type { SettlementLimits } from './types.ts'

export type L2NodeOptions = {
  deployment: RollupDeployment
  /** a follower never builds: it rebuilds L2 from what is settled on L1 */
  role: 'sequencer' | 'follower'
  sealMode: SealMode
  /** settle sealed blocks by itself; without, `settleNow` does */
  settle: boolean
  gasSchedule: GasSchedule
  /** seconds, 0 is instant; only told by rollup_config */
  l1BlockTime?: number
  /** L1 runs in this process, on the same clock, which may be set back; default: false */
  sharesClock?: boolean
  /** the relayer also sends transactions of its own: none is taken for a claim; default: false */
  relayerIsUser?: boolean
  /** how often L1 is asked for a new head when nobody pokes; default 1,000 */
  l1PollMs?: number
  limits?: SettlementLimits
  /** 20-byte addresses whose forced transactions are left out, to rehearse a censoring sequencer */
  censored?: readonly Uint8Array[]
}

export type L2NodeDeps = {
  chain: Chain
  pool: LiveTxPool
  /** URL of L1, or a viem transport */
  l1: string | Transport
  /** settler pays on L1; relayer pays claims on L2 and is the coinbase; a follower needs neither */
  accounts?: { settler: LocalAccount; relayer: LocalAccount }
  /** createExecute(...).execute of this node's engine */
  verify(input: Uint8Array, gasLimit: bigint): Promise<ExecuteVerdict>
  /** a transaction given to `sequencer.include` that the builder left out, and why */
  onLeftOut?(tx: Transaction, reason: string): void
  clock: Clock
  timers: Timers
  logger: Logger
}
