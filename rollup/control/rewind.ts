import type { Transaction } from '../../execution/types.ts'
import type { LiveTxPool } from '../../node/txPool.ts'
import type { Chain, TxPool } from '../../node/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import type { L1Watcher } from '../l1/l1Watcher.ts'
import { readSettledHead } from '../settling/settledHead.ts'
import type { Settler } from '../settling/settler.ts'

type Hex = `0x${string}`

/** What becomes of the users' transactions in blocks that are taken back. */
export type RewindFate = 'pool' | 'drop'

export type Rewound = {
  head: { number: bigint; hash: Hex }
  /** newest first */
  removed: readonly { number: bigint; hash: Hex }[]
  /**
   * In their old order. `made-anew`: the builder's own claims, which it makes again. `refused`: the pool does not take it any
   * more, so that only its sender can bring it back.
   */
  transactions: readonly { hash: Hex; fate: 'pool' | 'dropped' | 'made-anew' | 'refused' }[]
}

/** The node whose blocks are taken back. */
export type RewoundNode = {
  chain: Chain
  pool: LiveTxPool
  l1: L1Client
  watcher: L1Watcher
  settler: Pick<Settler, 'onItsWay'>
  /** runs `work` while the node does nothing by itself */
  hold<Result>(work: () => Promise<Result>): Promise<Result>
}

/**
 * Takes unsettled blocks back, so that block `toBlock` is the head again.
 *
 * @throws RollupError CANNOT_REWIND when that would take back what is settled or on its way to L1, or there is no such block
 */
export function rewindUnsettled(
  node: RewoundNode,
  { toBlock, fate, isOwn }: { toBlock: bigint; fate: RewindFate; isOwn(tx: Transaction): boolean },
): Promise<Rewound> {
  const { chain, pool } = node
  return node.hold(async () => {
    const target = await targetOf(node, toBlock)
    const { blocks, transactions } = await above(chain, toBlock)
    await chain.rewindTo(target)
    await pool.idle()
    if (fate === 'drop') {
      for (const { hash } of transactions) pool.drop(hash, 'its block was taken back')
    }
    return {
      head: { number: toBlock, hash: hex(target) },
      removed: blocks.toReversed(),
      transactions: transactions.map((tx) => ({
        hash: hex(tx.hash),
        fate: isOwn(tx) ? 'made-anew' : fateIn(pool, tx, fate),
      })),
    }
  })
}

function fateIn(pool: TxPool, tx: Transaction, wanted: RewindFate) {
  if (wanted === 'drop') return 'dropped'
  return pool.get(tx.hash) === undefined ? 'refused' : 'pool'
}

/** Hash of the block, if everything above it is nobody's but this node's. */
async function targetOf({ chain, l1, watcher, settler }: RewoundNode, toBlock: bigint): Promise<Uint8Array> {
  const head = chain.head().header.number
  const refuse = (reason: string, data: Record<string, unknown>) => new RollupError('CANNOT_REWIND', reason, data)
  if (toBlock > head) throw refuse(`L2 has no block ${toBlock}, its head is ${head}`, { head })
  // asked of L1, and not of what was read of it: a settlement may be newer than that
  const { number: settled } = await readSettledHead(l1, watcher.deployment.l1.rollup)
  if (toBlock < settled) throw refuse(`L2 block ${settled} is settled on L1`, { settled })
  const sent = settler.onItsWay()
  if (sent !== undefined && toBlock < sent) {
    throw refuse(`L2 block ${sent} is on its way to L1; wait for it, or pause settlement before`, { sent })
  }
  const target = chain.getHashByNumber(toBlock)
  if (target === undefined) throw refuse(`L2 has no block ${toBlock}`, { toBlock })
  return target
}

async function above(chain: Chain, base: bigint) {
  const blocks: { number: bigint; hash: Hex }[] = []
  const transactions: Transaction[] = []
  for (let number = base + 1n; number <= chain.head().header.number; number++) {
    const block = chain.getBlockByNumber(number)?.block
    if (block === undefined) throw new Error(`L2 block ${number} is not in the chain`)
    blocks.push({ number, hash: hex(block.hash) })
    transactions.push(...(await chain.readTransactions(block)))
  }
  return { blocks, transactions }
}

const hex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`
