import { createBlockFromRLP } from '@ethereumjs/block'
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common'
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager'
import { createTxFromRLP } from '@ethereumjs/tx'
import { buildBlock, createVM, runBlock } from '@ethereumjs/vm'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import { bytesEqual } from '../../stateless/bytes.ts'
import { blockRlp } from '../../stateless/header.ts'
import type { Block, Hash32 } from '../../stateless/types.ts'
import { type BenchFork, CHAIN_ID } from './benchGenesis.ts'
import { blockchainOf, putAlloc } from './stockState.ts'

/** Milliseconds of one block: decoded from RLP, senders recovered, run with everything that `runBlock` checks. */
export type StockTimes = { decode: number; senders: number; run: number; total: number }

/** EthereumJS as it comes from npm: its trie in memory, its caches, its JavaScript cryptography. */
export type StockChain = {
  run(block: Block): Promise<StockTimes>
  /** Milliseconds of a block that its BlockBuilder makes of these transactions, on the last one that it made. */
  build(transactions: readonly Uint8Array[]): Promise<number>
}

export async function openStockChain(genesis: GenesisJson, fork: BenchFork, first: Block): Promise<StockChain> {
  const hardfork = fork === 'cancun' ? Hardfork.Cancun : Hardfork.Amsterdam
  const common = createCustomCommon({ chainId: CHAIN_ID }, Mainnet, { hardfork })
  const stateManager = new MerkleStateManager({ common, caches: new Caches() })
  await putAlloc(stateManager, genesis.alloc)
  await stateManager.flush()
  if (!bytesEqual(await stateManager.getStateRoot(), first.header.stateRoot)) throw new Error('another genesis state')
  const hashes = new Map<bigint, Hash32>([[0n, first.hash]])
  const blockchain = blockchainOf((number) => hashes.get(number))
  const vm = await createVM({ common, stateManager, blockchain })
  let parentBlock = createBlockFromRLP(blockRlp(first), { common })
  return {
    async run(sealed) {
      const rlp = blockRlp(sealed)
      const start = performance.now()
      const block = createBlockFromRLP(rlp, { common })
      const decoded = performance.now()
      for (const tx of block.transactions) tx.getSenderAddress()
      const recovered = performance.now()
      await runBlock(vm, { block, skipHeaderValidation: true, skipBlockValidation: true })
      const ran = performance.now()
      hashes.set(sealed.header.number, sealed.hash)
      return { decode: decoded - start, senders: recovered - decoded, run: ran - recovered, total: ran - start }
    },
    async build(transactions) {
      const start = performance.now()
      const { number, timestamp, gasLimit } = parentBlock.header
      const headerData = { number: number + 1n, timestamp: timestamp + 12n, gasLimit }
      const blockOpts = { putBlockIntoBlockchain: false }
      const builder = await buildBlock(vm, { parentBlock, headerData, blockOpts })
      for (const raw of transactions) await builder.addTransaction(createTxFromRLP(raw, { common }))
      parentBlock = (await builder.build()).block
      return performance.now() - start
    },
  }
}
