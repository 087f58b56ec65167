import type { Common } from '@ethereumjs/common'
import type { Address } from '@ethereumjs/util'
import { bytesToBigint } from '../stateless/bytes.ts'
import type { OpcodeEntry, RunState } from './opcodeMap.ts'
import type { JournaledState } from './stateManager.ts'
import type { WarmJournal } from './warmJournal.ts'
import { wordToBytes } from './words.ts'

/** What a read of a slot needs of the frame. */
type SlotFrame = Pick<RunState, 'stack'> & {
  env: { readonly address: Address }
  interpreter: { readonly journal: WarmJournal }
}

/** SLOAD as the library has it at any fork, without its promises: most calls read more slots than they do anything else. */
export function slotEntry(entry: OpcodeEntry, state: JournaledState): OpcodeEntry {
  return {
    ...entry,
    gasHandler: (runState, gas, common) => gas + accessGas(runState as unknown as SlotFrame, common),
    opHandler(runState) {
      const { stack, env } = runState as unknown as SlotFrame
      stack.push(bytesToBigint(state.readStorage(env.address.bytes, wordToBytes(stack.pop()))))
    },
  }
}

/** EIP-2929; warm from here on. */
function accessGas({ stack, env, interpreter }: SlotFrame, common: Common): bigint {
  const [slot = 0n] = stack.peek(1)
  if (!common.isActivatedEIP(2929)) return 0n
  const { journal } = interpreter
  const address = env.address.bytes
  const key = wordToBytes(slot)
  if (journal.isWarmedStorage(address, key)) return common.param('warmstoragereadGas')
  journal.addWarmedStorage(address, key)
  return common.param('coldsloadGas')
}
