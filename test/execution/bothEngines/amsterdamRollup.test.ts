import { testBlocks } from './blocks.ts'
import { ROLLUP } from './forks.ts'

testBlocks([{ fork: ROLLUP, sample: 8, full: 500 }])
