import { concatBytes, hexToBytes } from '../stateless/bytes.ts'
import type { Watcher } from './tracers/tracer.ts'
import type { Log, SimulatedLog } from './types.ts'
import { wordToBytes } from './words.ts'

/** Where a transfer of ether appears as a log (ERC-7528), in the form of an ERC-20 Transfer event. */
const ETHER_ADDRESS = new Uint8Array(20).fill(0xee)
const TRANSFER_TOPIC = hexToBytes('ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef')

/** The logs of a block, transaction by transaction. */
export type LogTrace = {
  readonly watcher: Watcher
  /** before the next transaction */
  begin(): void
  /** of the last transaction */
  logs(): readonly SimulatedLog[]
}

/**
 * Logs of a block in the order in which they were made, transfers of ether among them when asked for: the value of a
 * transaction, call or creation, and what SELFDESTRUCT sends. A failed frame takes its logs with it, but their numbers
 * stay used (geth internal/ethapi/logtracer.go).
 */
export function createLogTrace({ transfers }: { transfers: boolean }): LogTrace {
  let count = 0
  let frames: SimulatedLog[][] = []
  let finished: readonly SimulatedLog[] = []
  const add = (log: Log): void => {
    frames.at(-1)?.push({ log, index: count++ })
  }
  return {
    watcher: {
      onEnter({ type, from, to, value = 0n }) {
        frames.push([])
        // Of CALLCODE too, although nothing moves (geth).
        if (transfers && value > 0n && type !== 'DELEGATECALL') add(transferLog(from, to, value))
      },
      onLog: add,
      onExit({ reverted }) {
        const frame = frames.pop() ?? []
        const kept = reverted ? [] : frame
        const outer = frames.at(-1)
        if (outer === undefined) finished = kept
        else for (const log of kept) outer.push(log)
      },
    },
    begin() {
      frames = []
      finished = []
    },
    logs: () => finished,
  }
}

function transferLog(from: Uint8Array, to: Uint8Array, value: bigint): Log {
  const data = wordToBytes(value)
  return { address: ETHER_ADDRESS, topics: [TRANSFER_TOPIC, asTopic(from), asTopic(to)], data }
}

function asTopic(address: Uint8Array): Uint8Array {
  return concatBytes([new Uint8Array(12), address])
}
