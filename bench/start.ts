/**
 * Start of the devnet command: from spawn to the ready line and to the first answer of both RPCs, and the memory of the
 * process when both have answered. Median of 7 starts whose files the system has read before.
 */

import { machine } from '../load/statistics.ts'
import { noteFigure } from './support/limits.ts'
import { MIB } from './support/processMemory.ts'
import { measureStarts, spreadLine } from './support/startTimes.ts'

const RUNS = 7
const MAX_START_MS = 1_000
const MAX_RESIDENT_MIB = 250

await measureStarts(1)
const { ready, l1Answer, l2Answer, bothAnswers, resident } = await measureStarts(RUNS)
console.log(machine())
console.log(spreadLine('first answer of L1', l1Answer))
console.log(spreadLine('first answer of L2', l2Answer))
console.log(spreadLine('ready line', ready))
noteFigure({ name: 'start: both RPCs have answered', value: bothAnswers.median, unit: 'ms', below: MAX_START_MS })
if (resident !== undefined) {
  const value = resident.median / MIB
  noteFigure({ name: 'start: resident memory', value, unit: 'MiB', below: MAX_RESIDENT_MIB })
}
