import type { Chain, SealMode } from '../node/types.ts'
import { EXECUTE_ADDRESS } from '../precompiles/index.ts'
import type { GasSchedule } from '../precompiles/types.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { readUndelivered } from './contracts.ts'
import { RollupError } from './errors.ts'
import type { L1Client } from './l1/l1Client.ts'
import { createCrossMessages } from './messages/crossMessages.ts'
import type { Outbox } from './messages/outbox.ts'
import { createWithdrawals } from './messages/withdrawals.ts'
import type { Finality } from './settling/finality.ts'
import type { SettlerStatus } from './settling/settler.ts'
import type { ChainPoint, Derivation, L1View, RollupReader, RollupStatus } from './types.ts'

export type ReaderOptions = {
  gasSchedule: GasSchedule
  /** seconds, 0 is instant; undefined when this node does not know its L1's */
  l1BlockTime: number
  sealMode(): SealMode
}

export type ReaderDeps = {
  chain: Chain
  view: L1View
  l1: L1Client
  outbox: Outbox
  /** messages to other rollups */
  crossOutbox: Outbox
  finality: Finality
  derivation(): Derivation
  sequencer(): { active: boolean; reason?: string }
  settler(): SettlerStatus
}

/** What the rollup_ methods of rpc/ read. */
export function createRollupReader(options: ReaderOptions, deps: ReaderDeps): RollupReader {
  const { chain, view, l1, finality } = deps
  const { deployment } = view
  const messenger = hexToBytes(deployment.l2.messenger)
  let escrow = 0n

  const pointOf = (number: bigint): ChainPoint => {
    const block = chain.getBlockByNumber(number)?.block ?? chain.genesis
    return { number: block.header.number, hash: `0x${bytesToHex(block.hash)}`, timestamp: block.header.timestamp }
  }
  const depositsWaiting = (): bigint => {
    const state = chain.stateAt(chain.head().header.stateRoot)
    return BigInt(readUndelivered(state, messenger, view.messages().length).length)
  }
  const readEscrow = async (): Promise<bigint> => {
    try {
      escrow = await l1.getBalance(deployment.l1.messenger)
    } catch (error) {
      // the last known value, so that the status can be asked while L1 is away
      if (!(error instanceof RollupError)) throw error
    }
    return escrow
  }

  return {
    ...createWithdrawals(deps),
    ...createCrossMessages({ ...deps, outbox: deps.crossOutbox }),
    config: () => ({
      ...deployment,
      fork: chain.engine.forkAt(chain.head().header),
      executeAddress: EXECUTE_ADDRESS,
      blockTimes: { l1: options.l1BlockTime, l2: blockTime(options.sealMode()) },
      gasSchedule: options.gasSchedule,
    }),
    async status() {
      const unsafe = pointOf(chain.head().header.number)
      const safe = pointOf(settledNumber(chain, view))
      const finalized = pointOf(finalNumber(chain, finality))
      const blocks = unsafe.number - safe.number
      return {
        l1Head: view.head(),
        l2: { unsafe, safe, finalized },
        lag: { blocks, seconds: unsafe.timestamp - safe.timestamp },
        queue: { deposits: depositsWaiting(), blocksToSettle: blocks, ...forcedQueue(view) },
        derivation: deps.derivation(),
        sequencer: deps.sequencer(),
        settler: deps.settler(),
        escrow: await readEscrow(),
      }
    },
  }
}

function forcedQueue(view: L1View): Pick<RollupStatus['queue'], 'forced' | 'forcedDeadline'> {
  const pending = view.pendingForced()
  const forced = BigInt(pending.length)
  const [oldest] = pending
  if (oldest === undefined) return { forced }
  return { forced, forcedDeadline: oldest.since + BigInt(view.deployment.parameters.forcedDeadline) }
}

/** The newest settled block that this node has; 0 before the first. */
export function settledNumber(chain: Pick<Chain, 'head'>, view: L1View): bigint {
  return smaller(view.settledHead()?.number ?? 0n, chain.head().header.number)
}

/** The newest settled and final block that this node has; 0 before the first. */
export function finalNumber(chain: Pick<Chain, 'head'>, finality: Finality): bigint {
  return smaller(finality.newestFinal()?.number ?? 0n, chain.head().header.number)
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function blockTime(mode: SealMode): number {
  return mode.kind === 'interval' ? mode.seconds : 0
}
