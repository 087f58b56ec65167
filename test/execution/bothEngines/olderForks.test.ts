import { testBlocks } from './blocks.ts'
import { CANCUN, PARIS, PRAGUE, SHANGHAI } from './forks.ts'

testBlocks([
  { fork: PRAGUE, sample: 4, full: 240 },
  { fork: CANCUN, sample: 4, full: 160 },
  { fork: SHANGHAI, sample: 4, full: 100 },
  { fork: PARIS, sample: 4, full: 100 },
])
