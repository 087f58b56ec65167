import type { BeginBlockRequest, BlockOutcome, Transaction } from '../execution/types.ts'
import type { Block } from '../stateless/types.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import type { Chain } from './types.ts'

/**
 * Builds a block of exactly these transactions in this order on any stored block. Nothing is persisted.
 * @throws TransactionRejected for the first one that cannot be in it
 */
export async function buildExactBlock(
  chain: Pick<Chain, 'engine' | 'stateAt' | 'ancestorHashes'>,
  { parent, env, transactions }: { parent: Block; env: BeginBlockRequest['env']; transactions: readonly Transaction[] },
): Promise<BlockOutcome> {
  const assembly = await chain.engine.beginBlock({
    parent: parent.header,
    parentHash: parent.hash,
    env,
    state: chain.stateAt(parent.header.stateRoot),
    blockHash: chain.ancestorHashes(parent),
  })
  for (const tx of transactions) {
    await assembly.addTransaction(tx)
    if (isTurnOver()) await giveWay()
  }
  return assembly.seal()
}
