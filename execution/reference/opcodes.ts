import type { YieldClock } from '../eventLoop.ts'
import type { OpcodeEntry, OpcodeMap, RunState } from '../opcodeMap.ts'

/** State gas that a frame begins with; the library's loop knows of none. */
export type FrameEntry = { stateGasSpilled: bigint }

/**
 * A table for the library's own loop: it awaits only handlers that say so, asks nobody for the time and starts every frame
 * without spilled state gas. The price is the first that it asks for in a step, so all this goes in front of it.
 *
 * @param enter gives what the frame that starts at this step begins with; undefined inside a frame
 */
export function forLibraryLoop(map: OpcodeMap, clock: YieldClock, enter: () => FrameEntry | undefined): OpcodeMap {
  return map.map((entry, opcode) => steppedEntry(entry, opcode, clock, enter))
}

/** After a jump the library reads the opcode from its entry, and that of what no fork defines says INVALID: errors name the byte. */
function steppedEntry(
  entry: OpcodeEntry,
  code: number,
  clock: YieldClock,
  enter: () => FrameEntry | undefined,
): OpcodeEntry {
  const { fullName, feeBigInt, dynamicGas, isInvalid } = entry.opcodeInfo
  const price = dynamicGas ? entry.gasHandler : undefined
  const opcodeInfo = { code, feeBigInt, dynamicGas: true, isInvalid, isAsync: true }
  return {
    opcodeInfo: fullName === undefined ? opcodeInfo : { ...opcodeInfo, fullName },
    opHandler: entry.opHandler,
    async gasHandler(runState: RunState, gas, common) {
      const entered = enter()
      if (entered !== undefined) runState.stateGasSpilled = entered.stateGasSpilled
      if (clock.due()) await clock.pause()
      return price === undefined ? gas : price(runState, gas, common)
    },
  }
}
