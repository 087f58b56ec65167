import type { EVMResult, EVMRunCallOpts, Log as LibraryLog } from '@ethereumjs/evm'
import { concatBytes, hexToBytes } from '../stateless/bytes.ts'
import type { OpcodeWatch, RunState } from './opcodeMap.ts'
import type { Log, SimulatedLog } from './types.ts'

/** Where a transfer of ether appears as a log (ERC-7528), in the form of an ERC-20 Transfer event. */
const ETHER_ADDRESS = new Uint8Array(20).fill(0xee)
const TRANSFER_TOPIC = hexToBytes('ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef')
const SELFDESTRUCT = 0xff
const LOG_CODES = [0xa0, 0xa1, 0xa2, 0xa3, 0xa4]

/**
 * Logs of a block in the order in which they were made, transfers of ether among them when asked for: the value of a
 * transaction, call or creation, and what SELFDESTRUCT sends. A failed frame takes its logs with it, but their numbers
 * stay used (geth internal/ethapi/logtracer.go).
 */
export type LogTrace = {
  readonly opcodes: ReadonlyMap<number, OpcodeWatch>
  /** before the next transaction */
  begin(): void
  enter(call: EVMRunCallOpts): void
  leave(result: EVMResult): void
  /** of the last transaction */
  logs(): readonly SimulatedLog[]
}

export type LogTraceOptions = { transfers: boolean; balanceOf(address: Uint8Array): bigint }

/** `to` is known only when a creation has ended. */
type Transfer = { from: Uint8Array; to: Uint8Array | undefined; value: bigint }
type Traced = { index: number; log: Log } | { index: number; transfer: Transfer }

export function createLogTrace({ transfers, balanceOf }: LogTraceOptions): LogTrace {
  let count = 0
  let frames: Traced[][] = []
  let finished: readonly Traced[] = []
  const current = () => frames.at(-1)
  const addTransfer = (transfer: Transfer) => {
    if (transfers && transfer.value > 0n) current()?.push({ index: count++, transfer })
  }
  const afterLog = (runState: RunState) => {
    const log = lastLog(runState)
    if (log !== undefined) current()?.push({ index: count++, log })
  }
  const beforeSelfDestruct = (runState: RunState) => {
    const { address, isStatic } = environment(runState)
    if (isStatic) return
    const [beneficiary = 0n] = runState.stack.peek(1)
    addTransfer({ from: address, to: addressOf(beneficiary), value: balanceOf(address) })
  }
  return {
    opcodes: new Map<number, OpcodeWatch>([
      ...LOG_CODES.map((code): [number, OpcodeWatch] => [code, { after: afterLog }]),
      [SELFDESTRUCT, { before: beforeSelfDestruct }],
    ]),
    begin() {
      frames = []
      finished = []
    },
    enter(call) {
      frames.push([])
      const transfer = transferOf(call)
      if (transfer !== undefined) addTransfer(transfer)
    },
    leave({ execResult, createdAddress }) {
      const frame = frames.pop() ?? []
      if (createdAddress !== undefined) nameReceiver(frame[0], createdAddress.bytes)
      const kept = execResult.exceptionError === undefined ? frame : []
      const outer = current()
      if (outer === undefined) finished = kept
      else for (const traced of kept) outer.push(traced)
    },
    logs: () => finished.map(toSimulatedLog),
  }
}

function transferOf({ message, caller, to, value = 0n }: EVMRunCallOpts): Transfer | undefined {
  if (message === undefined) return caller && { from: caller.bytes, to: to?.bytes, value }
  if (message.delegatecall) return undefined
  // For CALLCODE the account whose code runs, although nothing moves (geth).
  const receiver = message.to === undefined ? undefined : message.codeAddress
  return { from: message.caller.bytes, to: receiver?.bytes, value: message.value }
}

/** The first entry of the frame of a creation is its own value. */
function nameReceiver(traced: Traced | undefined, address: Uint8Array): void {
  if (traced !== undefined && 'transfer' in traced && traced.transfer.to === undefined) traced.transfer.to = address
}

function toSimulatedLog(traced: Traced): SimulatedLog {
  if ('log' in traced) return { index: traced.index, log: traced.log }
  const { from, to = new Uint8Array(20), value } = traced.transfer
  const topics = [TRANSFER_TOPIC, leftPad(from), leftPad(to)]
  return { index: traced.index, log: { address: ETHER_ADDRESS, topics, data: word(value) } }
}

function lastLog(runState: RunState): Log | undefined {
  const { _result } = runState.interpreter as { _result: { logs: LibraryLog[] } }
  const last = _result.logs.at(-1)
  if (last === undefined) return undefined
  const [address, topics, data] = last
  return { address, topics, data }
}

function environment(runState: RunState): { address: Uint8Array; isStatic: boolean } {
  const { _env } = runState.interpreter as { _env: { address: { bytes: Uint8Array }; isStatic: boolean } }
  return { address: _env.address.bytes, isStatic: _env.isStatic }
}

function addressOf(value: bigint): Uint8Array {
  return word(BigInt.asUintN(160, value)).subarray(12)
}

function leftPad(bytes: Uint8Array): Uint8Array {
  return concatBytes([new Uint8Array(32 - bytes.length), bytes])
}

function word(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(64, '0'))
}
