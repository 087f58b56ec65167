import { createBlockFromRLP } from '@ethereumjs/block'
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common'
import { MerkleStateManager } from '@ethereumjs/statemanager'
import type { BlockLevelAccessList } from '@ethereumjs/util'
import { createVM, runBlock } from '@ethereumjs/vm'
import { blockchainOf, putAlloc } from '../../bench/blocks/stockState.ts'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import type { BlockOutcome } from '../../execution/types.ts'
import { blockRlp } from '../../stateless/header.ts'
import { CHAIN_ID } from './devChain.ts'
import type { MemoryChain } from './support.ts'

/** An access list as a map of address to whatever changed or was read of its storage. */
export type Accesses = ReadonlyMap<string, string>

/** The unmodified library on its own Merkle state, fed with the same genesis and the same blocks. */
export type StockChain = {
  /** Throws the library's error when it does not come to the block's header; returns its access list. */
  run(outcome: BlockOutcome): Promise<Accesses>
}

export function accessesOf(list: BlockLevelAccessList): Accesses {
  return new Map(list.toJSON().map(({ address, ...rest }) => [address, JSON.stringify(rest)]))
}

export async function createStockChain(genesis: GenesisJson, memory: MemoryChain): Promise<StockChain> {
  const common = createCustomCommon({ chainId: CHAIN_ID }, Mainnet, { hardfork: Hardfork.Amsterdam })
  const stateManager = new MerkleStateManager({ common })
  await putAlloc(stateManager, genesis.alloc)
  await stateManager.checkpoint()
  await stateManager.commit()
  await stateManager.flush()
  const vm = await createVM({ common, stateManager, blockchain: blockchainOf(memory.blockHash) })
  return {
    async run(outcome) {
      const block = createBlockFromRLP(blockRlp(outcome.block), { common })
      await runBlock(vm, { block, skipHeaderValidation: true })
      const list = vm.evm.blockLevelAccessList
      if (list === undefined) throw new Error('an Amsterdam block has an access list')
      return accessesOf(list)
    },
  }
}
