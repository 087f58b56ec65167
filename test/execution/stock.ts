import { createBlockFromRLP } from '@ethereumjs/block'
import { createCustomCommon, Hardfork, Mainnet } from '@ethereumjs/common'
import { MerkleStateManager } from '@ethereumjs/statemanager'
import { Account, Address, type BlockLevelAccessList } from '@ethereumjs/util'
import { createVM, runBlock } from '@ethereumjs/vm'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import type { BlockOutcome } from '../../execution/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
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
  for (const [key, entry] of Object.entries(genesis.alloc)) {
    const address = new Address(hexToBytes(key))
    await stateManager.putAccount(address, new Account(BigInt(entry.nonce ?? 0), BigInt(entry.balance)))
    if (entry.code !== undefined) await stateManager.putCode(address, hexToBytes(entry.code))
    for (const [slot, value] of Object.entries(entry.storage ?? {})) {
      const digits = value.slice(2)
      await stateManager.putStorage(
        address,
        hexToBytes(slot),
        hexToBytes(digits.padStart(2 * Math.ceil(digits.length / 2), '0')),
      )
    }
  }
  await stateManager.checkpoint()
  await stateManager.commit()
  await stateManager.flush()
  const blockchain = {
    getBlock: async (number: number) => ({ hash: () => memory.blockHash(BigInt(number)) }),
    putBlock: async () => {},
    validateHeader: async () => {},
    shallowCopy: () => blockchain,
  }
  const vm = await createVM({ common, stateManager, blockchain: blockchain as never })
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
