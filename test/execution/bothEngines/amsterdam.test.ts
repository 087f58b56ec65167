import { testBlocks } from './blocks.ts'
import { AMSTERDAM } from './forks.ts'

testBlocks([{ fork: AMSTERDAM, sample: 8, full: 500 }])
