import type { Common } from '@ethereumjs/common'
import type { FrameMemory } from './frameMemory.ts'
import type { OpcodeEntry, RunState } from './opcodeMap.ts'
import type { JournaledState } from './stateManager.ts'
import { copyCode, pushCodeSize } from './stateOpcodes.ts'
import { wordToBytes } from './words.ts'

/** What these opcodes of the library work on, beyond the run state as we know it. */
type OlderFrame = Omit<RunState, 'interpreter'> & {
  memory: FrameMemory
  messageGasLimit: bigint | undefined
  interpreter: {
    isStatic(): boolean
    create(gas: bigint | undefined, value: bigint, initCode: Uint8Array): Promise<bigint>
    create2(gas: bigint | undefined, value: bigint, initCode: Uint8Array, salt: Uint8Array): Promise<bigint>
  }
}

const CREATE = 0xf0
const CREATE2 = 0xf5
const EXTCODESIZE = 0x3b
const EXTCODECOPY = 0x3c

/**
 * Opcodes of forks before Amsterdam in which the library sees a bytecode container (EIP-3540, part of no fork) in bytes
 * that begin with `ef00`: such init code runs, and halts at its first opcode; such code is ordinary code to others.
 */
export function olderEntry(entry: OpcodeEntry, state: JournaledState): OpcodeEntry {
  switch (entry.opcodeInfo.code) {
    case EXTCODESIZE:
      return { ...entry, opHandler: (runState) => pushCodeSize(runState, state) }
    case EXTCODECOPY:
      return { ...entry, opHandler: (runState) => copyCode(runState as unknown as OlderFrame, state) }
    case CREATE:
    case CREATE2:
      return { ...entry, opHandler: (runState, common) => create(entry, runState as unknown as OlderFrame, common) }
    default:
      return entry
  }
}

/** The library's own way for all but such init code, and for what it refuses before it looks at that. */
async function create(entry: OpcodeEntry, runState: OlderFrame, common: Common): Promise<void> {
  const { stack, interpreter } = runState
  const [, offset = 0n, size = 0n] = stack.peek(3)
  const isTooLong = common.isActivatedEIP(3860) && size > common.param('maxInitCodeSize')
  if (size < 2n || isTooLong || interpreter.isStatic() || !beginsLikeContainer(runState, offset)) {
    await entry.opHandler(runState as unknown as RunState, common)
    return
  }
  const [value = 0n, , , salt = 0n] = stack.popN(entry.opcodeInfo.code === CREATE ? 3 : 4)
  const gas = runState.messageGasLimit
  runState.messageGasLimit = undefined
  const initCode = runState.memory.read(Number(offset), Number(size))
  const created =
    entry.opcodeInfo.code === CREATE
      ? interpreter.create(gas, value, initCode)
      : interpreter.create2(gas, value, initCode, wordToBytes(salt))
  stack.push(await created)
}

/** The gas function has made room for the whole of it. */
function beginsLikeContainer({ memory }: OlderFrame, offset: bigint): boolean {
  const [first, second] = memory.read(Number(offset), 2)
  return first === 0xef && second === 0x00
}
