import { TransactionRejected } from '../../execution/errors.ts'
import type { Transaction } from '../../execution/types.ts'
import type { Chain } from '../../node/types.ts'
import { blockRlp } from '../../stateless/header.ts'
import type { Block } from '../../stateless/types.ts'
import { quantity64 } from '../codec.ts'
import { RpcError } from '../errors.ts'
import { formatBlock, formatHydratedBlock } from '../format/block.ts'
import { toData } from '../hex.ts'
import { method, required } from '../params.ts'
import { mapInSlices } from '../slices.ts'
import type { MethodTable } from '../types.ts'

export type ChainControlDeps = {
  chain: Chain
  /** makes a canonical block the head again, between two seals; absent where the chain is not the caller's to change */
  rewind?: (hash: Uint8Array) => Promise<void>
}

/** debug_getBadBlocks, and on a devnet debug_setHead. */
export function chainControlMethods({ chain, rewind }: ChainControlDeps): MethodTable {
  return {
    debug_getBadBlocks: method([], async () => {
      const formatted: Awaited<ReturnType<typeof formatBadBlock>>[] = []
      for (const block of chain.badBlocks()) formatted.push(await formatBadBlock(chain, block))
      return formatted
    }),
    ...(rewind === undefined
      ? {}
      : {
          /**
           * Transactions of the blocks that are taken back are gone, as in geth: where every transaction gets a block at once,
           * they would bring back the head that was left.
           */
          debug_setHead: method([required('block number', quantity64)], async ([number]) => {
            const target = chain.getHashByNumber(number)
            if (target === undefined) throw new RpcError('UNKNOWN_BLOCK', `header not found: number ${number}`)
            await rewind(target)
            return null
          }),
        }),
  }
}

async function formatBadBlock(chain: Chain, block: Block) {
  const transactions = await decodable(chain, block)
  return {
    block: transactions === undefined ? formatBlock(block) : await formatHydratedBlock(block, transactions),
    hash: toData(block.hash),
    rlp: toData(blockRlp(block)),
  }
}

/** The transactions with their senders, or undefined: a block may be bad because one of them is. */
async function decodable({ engine }: Chain, { transactions, header }: Block): Promise<Transaction[] | undefined> {
  try {
    return await mapInSlices(transactions, (raw) => {
      const tx = engine.decodeTransaction(raw, header)
      requireSender(tx)
      return tx
    })
  } catch (error) {
    if (error instanceof TransactionRejected) return undefined
    throw error
  }
}

/** Recovers the sender now, where a failure is expected; later it is at hand. Throws TransactionRejected. */
function requireSender({ sender }: Transaction): void {
  if (sender.length !== 20) throw new Error('a sender has 20 bytes')
}
