import { blocks } from './ethers/blocks.ts'
import { contracts } from './ethers/contracts.ts'
import { events } from './ethers/events.ts'
import { pool } from './ethers/pool.ts'
import { openEthers } from './ethers/tools.ts'
import { transactions } from './ethers/transactions.ts'
import { runEverywhere } from './scenes.ts'

runEverywhere('ethers', { open: openEthers, close: (tools) => tools?.close() }, [
  ...transactions,
  ...contracts,
  ...pool,
  ...blocks,
  ...events,
])
