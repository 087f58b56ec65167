import type { Common } from '@ethereumjs/common'
import { EVMError, type Log } from '@ethereumjs/evm'
import type { Account, Address } from '@ethereumjs/util'
import { EMPTY_BYTES } from '../stateless/bytes.ts'
import type { FrameMemory } from './frameMemory.ts'
import type { RunState } from './opcodeMap.ts'

/** A running frame of an Amsterdam block: the library's run state, as the handlers of this room use it. */
export type AmsterdamFrame = Omit<RunState, 'interpreter'> & {
  memory: FrameMemory
  memoryWordCount: bigint
  highestMemCost: bigint
  returnBytes: Uint8Array
  wanted?: bigint
  readonly env: {
    readonly address: Address
    readonly caller: Address
    readonly callValue: bigint
    readonly isStatic: boolean
    readonly depth: number
    readonly contract: Account
    readonly blobVersionedHashes: `0x${string}`[]
  }
  readonly interpreter: {
    readonly _result: { logs: Log[]; returnValue: Uint8Array | undefined; selfdestruct: Map<string, string> }
  }
}

/**
 * What charges change of a frame. `stateGasSpilled`: state gas that was paid with `gasLeft`; `wanted`: the price that was
 * not there and ended the frame.
 */
export type FrameGas = { gasLeft: bigint; stateGasSpilled: bigint; wanted?: bigint }

/** EIP-8037: what a transaction has for state alone, and the net state gas it has used. */
export type StateGasPool = { stateGasReservoir: bigint; executionStateGasUsed: bigint }

/** Prices of EELS vm/gas.py GasCosts and StateGasCosts that the handlers of this room charge. */
export type GasCosts = Readonly<{
  warmAccess: bigint
  coldAccount: bigint
  coldSlot: bigint
  callValue: bigint
  callStipend: bigint
  accountWrite: bigint
  storageWrite: bigint
  storageClearRefund: bigint
  createAccess: bigint
  initCodeWord: bigint
  keccakWord: bigint
  codeHashWord: bigint
  copyWord: bigint
  selfdestruct: bigint
  /** state gas */
  newAccount: bigint
  newSlot: bigint
  codeByte: bigint
  maxCodeSize: bigint
  maxInitCodeSize: bigint
}>

/** 2,300 gas must be left for SSTORE to run at all (EIP-2200). */
export const STORAGE_SENTRY = 2301n

export function gasCosts(common: Common): GasCosts {
  const stateByte = common.param('costPerStateByte')
  return {
    warmAccess: common.param('warmstoragereadGas'),
    coldAccount: common.param('coldaccountaccessGas'),
    coldSlot: common.param('coldsloadGas'),
    callValue: common.param('callValueTransferGas'),
    callStipend: common.param('callStipendGas'),
    accountWrite: common.param('accountWriteGas'),
    storageWrite: common.param('storageWriteGas'),
    storageClearRefund: common.param('refundStorageClearGas'),
    createAccess: common.param('createGas'),
    initCodeWord: common.param('initCodeWordGas'),
    keccakWord: common.param('keccak256WordGas'),
    codeHashWord: common.param('codeDepositHashWordGas'),
    copyWord: common.param('copyGas'),
    selfdestruct: common.param('selfdestructGas'),
    newAccount: common.param('stateBytesPerNewAccount') * stateByte,
    newSlot: common.param('stateBytesPerStorageSet') * stateByte,
    codeByte: stateByte,
    maxCodeSize: common.param('maxCodeSize'),
    maxInitCodeSize: common.param('maxInitCodeSize'),
  }
}

export function halt(reason: keyof typeof EVMError.errorMessages): never {
  throw new EVMError(EVMError.errorMessages[reason])
}

/** EELS check_gas: is this much there, without taking it? */
export function requireGas(frame: FrameGas, amount: bigint): void {
  if (frame.gasLeft >= amount) return
  frame.wanted = amount
  halt('OUT_OF_GAS')
}

export function chargeGas(frame: FrameGas, amount: bigint): void {
  requireGas(frame, amount)
  frame.gasLeft -= amount
}

/** State gas comes from the reservoir first, then from the gas of the frame. */
export function chargeStateGas(pool: StateGasPool, frame: FrameGas, amount: bigint): void {
  const fromReservoir = amount < pool.stateGasReservoir ? amount : pool.stateGasReservoir
  const spilled = amount - fromReservoir
  requireGas(frame, spilled)
  pool.stateGasReservoir -= fromReservoir
  pool.executionStateGasUsed += amount
  frame.gasLeft -= spilled
  frame.stateGasSpilled += spilled
}

/** Gives state gas back to where it was taken from last: the gas of the frame, as far as it spilled, then the reservoir. */
export function creditStateGas(pool: StateGasPool, frame: FrameGas, amount: bigint): void {
  const unspilled = amount < frame.stateGasSpilled ? amount : frame.stateGasSpilled
  frame.gasLeft += unspilled
  frame.stateGasSpilled -= unspilled
  pool.stateGasReservoir += amount - unspilled
  pool.executionStateGasUsed -= amount
}

/** After a successful call: what it put into the reservoir first makes up for what had spilled before. */
export function repayStateGasSpill(pool: StateGasPool, frame: FrameGas): void {
  const repaid = pool.stateGasReservoir < frame.stateGasSpilled ? pool.stateGasReservoir : frame.stateGasSpilled
  frame.gasLeft += repaid
  frame.stateGasSpilled -= repaid
  pool.stateGasReservoir -= repaid
}

/** EIP-150: all but one 64th. */
export function callGasLimit(gasLeft: bigint): bigint {
  return gasLeft - gasLeft / 64n
}

/** A piece of memory that an opcode touches; nothing when its size is zero, wherever it lies. */
export type MemoryWindow = readonly [offset: bigint, size: bigint]

/** Price of the memory that these windows add. */
export function memoryGas(frame: AmsterdamFrame, windows: readonly MemoryWindow[]): bigint {
  const words = wordsWith(frame, windows)
  return words === frame.memoryWordCount ? 0n : sizeGas(words) - frame.highestMemCost
}

/** Call it after the price was paid. */
export function extendMemory(frame: AmsterdamFrame, windows: readonly MemoryWindow[]): void {
  const words = wordsWith(frame, windows)
  if (words === frame.memoryWordCount) return
  frame.memoryWordCount = words
  frame.highestMemCost = sizeGas(words)
}

function wordsWith(frame: AmsterdamFrame, windows: readonly MemoryWindow[]): bigint {
  let words = frame.memoryWordCount
  for (const [offset, size] of windows) {
    if (size === 0n) continue
    const needed = wordCount(offset + size)
    if (needed > words) words = needed
  }
  return words
}

function sizeGas(words: bigint): bigint {
  return 3n * words + (words * words) / 512n
}

export function wordCount(bytes: bigint): bigint {
  return (bytes + 31n) / 32n
}

/**
 * A window that has been paid for, as it is: good as long as the frame does not go on. A call pays for its input once, when
 * memory grows, and may hand on the same megabyte again and again for 100 gas.
 */
export function lendMemory(frame: Pick<AmsterdamFrame, 'memory'>, [offset, size]: MemoryWindow): Uint8Array {
  return size === 0n ? EMPTY_BYTES : frame.memory.read(Number(offset), Number(size), true)
}

/** A copy of a window that has been paid for. */
export function readMemory(frame: AmsterdamFrame, [offset, size]: MemoryWindow): Uint8Array {
  return size === 0n ? new Uint8Array(0) : frame.memory.read(Number(offset), Number(size))
}
