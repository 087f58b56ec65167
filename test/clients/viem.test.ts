import { runEverywhere } from './scenes.ts'
import { blocks } from './viem/blocks.ts'
import { contracts } from './viem/contracts.ts'
import { events } from './viem/events.ts'
import { pool } from './viem/pool.ts'
import { preinstalls } from './viem/preinstalls.ts'
import { openViem } from './viem/tools.ts'
import { transactions } from './viem/transactions.ts'

runEverywhere('viem', { open: openViem, close: (tools) => tools?.close() }, [
  ...transactions,
  ...contracts,
  ...pool,
  ...blocks,
  ...events,
  ...preinstalls,
])
