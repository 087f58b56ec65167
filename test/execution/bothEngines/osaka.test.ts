import { testBlocks } from './blocks.ts'
import { OSAKA } from './forks.ts'

testBlocks([{ fork: OSAKA, sample: 8, full: 400 }])
