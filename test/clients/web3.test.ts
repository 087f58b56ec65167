import { runEverywhere } from './scenes.ts'
import { chain } from './web3/chain.ts'
import { contracts } from './web3/contracts.ts'
import { openWeb3, type Tools } from './web3/tools.ts'
import { transactions } from './web3/transactions.ts'

const library = {
  open: openWeb3,
  close: (tools: Tools | undefined) => tools?.close(),
  // Batches are objects of their own there, not a kind of transport.
  transports: ['HTTP', 'WebSocket'],
} as const

runEverywhere('web3', library, [...transactions, ...contracts, ...chain])
