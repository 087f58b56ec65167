/** Start of the devnet command: from spawn to the ready line and to the first answer of both RPCs. Median of 5. */

import { machine } from '../load/statistics.ts'
import { measureStarts, requireBelow, spreadLine } from './support/startTimes.ts'

const { ready, l1Answer, l2Answer } = await measureStarts(5)
console.log(machine())
console.log(spreadLine('first answer of L1', l1Answer))
console.log(spreadLine('first answer of L2', l2Answer))
requireBelow('ready line', ready, 3_000)
