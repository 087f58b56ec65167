import { runEverywhere } from './scenes.ts'
import { chain } from './web3/chain.ts'
import { contracts } from './web3/contracts.ts'
import { openWeb3 } from './web3/tools.ts'
import { transactions } from './web3/transactions.ts'

runEverywhere('web3', { open: openWeb3, close: (tools) => tools?.close() }, [...transactions, ...contracts, ...chain])
