import type { Chain } from '../../node/types.ts'
import type { Block } from '../../stateless/types.ts'
import { formatHydratedBlock } from '../format/block.ts'
import { described, type Parse, property, readObject } from '../params.ts'
import { reference } from '../schema.ts'
import { amount64 } from './values.ts'

export type MineOptions = { timestamp?: bigint; blocks?: bigint }

/** evm_mine takes a timestamp (hardhat), or an object with timestamp and blocks (anvil, ganache). */
export function mineOptions(blockCount: Parse<bigint>): Parse<MineOptions> {
  return described(reference('MineOptions'), (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      const timestamp = amount64(value, path)
      return timestamp === 0n ? {} : { timestamp }
    }
    const read = readObject(value, path)
    return {
      ...property(read, path, 'timestamp', 'timestamp', amount64),
      ...property(read, path, 'blocks', 'blocks', blockCount),
    }
  })
}

/** A block with its transactions in full. */
export async function formatMinedBlock(chain: Chain, block: Block) {
  return formatHydratedBlock(block, await chain.readTransactions(block))
}
