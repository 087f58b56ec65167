import { decodeFunctionResult, encodeFunctionData } from 'viem'
import type { Transaction } from '../execution/types.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import type { Clock } from '../node/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import type { Block } from '../stateless/types.ts'
import { nativeRollupAbi } from './contracts.ts'
import { RollupError } from './errors.ts'
import type { L1Client } from './l1/l1Client.ts'
import { requireLatest } from './l1/l1Transaction.ts'
import type { L2Node } from './l2Node.ts'
import { proposerTurn } from './settling/proposer.ts'
import type { Withdrawal, WithdrawalProof } from './types.ts'

type Hex = `0x${string}`

/** What became of one given transaction. */
export type AdvancedTransaction = { hash: Hex } & (
  | { block: bigint; succeeded: boolean; withdrawals: readonly (Withdrawal & { proof?: WithdrawalProof })[] }
  | { leftOut: string }
)

export type Advanced = {
  /** made and settled now, in their order */
  blocks: readonly { number: bigint; hash: Hex; transactions: number }[]
  l1Transactions: readonly Hex[]
  transactions: readonly AdvancedTransaction[]
}

/** Entries of the queue looked at: as many as the contract itself. */
const MAX_QUEUE_STEPS = 32

/** Throws RollupError NOT_OPEN, with the time from which on anyone may, while only the sequencer may advance. */
export async function requireOpen(
  l1: L1Client,
  { deployment, clock }: { deployment: RollupDeployment; clock: Clock },
  account: Hex,
): Promise<void> {
  const oldest = await oldestForced(l1, deployment.l1.rollup)
  const view = { deployment, pendingForced: () => (oldest === undefined ? [] : [oldest]) }
  const { timestamp } = await requireLatest(l1)
  const now = BigInt(Math.floor(clock.nowMs() / 1_000))
  const turn = await proposerTurn({ l1, view }, account, now > timestamp ? now : timestamp + 1n)
  if (turn.mayAdvance) return
  const { sequencer, opensAt } = turn
  const when = new Date(Number(opensAt) * 1_000).toISOString()
  const what = oldest === undefined ? 'it settles nothing' : 'it neither settles nor includes what was forced'
  const message = `the sequencer is ${sequencer}, not ${account.toLowerCase()}; anyone may advance from ${when} on if ${what} before`
  throw new RollupError('NOT_OPEN', message, { sequencer, opensAt })
}

/** When the oldest forced transaction that still waits was forced; undefined: none waits. */
async function oldestForced(l1: L1Client, rollup: Hex): Promise<{ since: bigint } | undefined> {
  const read = async (functionName: 'forcedHead' | 'forcedTail') => {
    const data = await l1.call(rollup, encodeFunctionData({ abi: nativeRollupAbi, functionName }))
    return decoded(() => decodeFunctionResult({ abi: nativeRollupAbi, functionName, data }))
  }
  const [head, tail] = [await read('forcedHead'), await read('forcedTail')]
  for (let id = head; id < tail && id < head + BigInt(MAX_QUEUE_STEPS); id++) {
    const entry = { abi: nativeRollupAbi, functionName: 'forcedTransaction' } as const
    const data = await l1.call(rollup, encodeFunctionData({ ...entry, args: [id] }))
    const [txHash, , since] = decoded(() => decodeFunctionResult({ ...entry, data }))
    if (BigInt(txHash) !== 0n) return { since }
  }
  return undefined
}

function decoded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new RollupError('BAD_L1_DATA', "the rollup's queue of forced transactions does not decode", {}, error)
  }
}

/**
 * Settles given transactions in a node that was started and is in line with L1: puts them into blocks behind what the
 * contract demands, and carries these to L1 with the node's own key. `leftOut`: the builder's reasons by transaction hash.
 *
 * @throws RollupError NOT_OPEN, NOTHING_TO_SETTLE; SETTLEMENT_REVERTED when somebody was faster; what asking L1 may throw
 */
export async function advanceOnce(
  node: L2Node,
  transactions: readonly Transaction[],
  leftOut: ReadonlyMap<string, string>,
): Promise<Advanced> {
  const base = node.settlement().settled
  const made = await node.sequencer.include(transactions)
  const isIncluded = ({ hash }: Transaction) => node.chain.getTransactionLocation(hash) !== undefined
  if (made.length === 0 || (transactions.length > 0 && !transactions.some(isIncluded))) {
    throw nothing(transactions.map((tx) => `${nameOf(tx)}: ${reasonOf(node, tx, leftOut)}`))
  }
  const l1Transactions = await node.settleNow()
  const tip = node.chain.head().header.number
  if (node.settlement().settled < tip || l1Transactions.length === 0) {
    const reason = node.settler.status().lastError ?? `L1 is at L2 block ${node.settlement().settled}`
    throw new RollupError('NOT_OPEN', `not settled: ${reason}`, { tip, base })
  }
  return {
    blocks: settledBy(node, l1Transactions, base).map(({ header, hash, transactions: inside }) => ({
      number: header.number,
      hash: `0x${bytesToHex(hash)}`,
      transactions: inside.length,
    })),
    l1Transactions,
    transactions: await Promise.all(transactions.map((tx) => describe(node, tx, leftOut))),
  }
}

/**
 * Those behind `base` that these L1 transactions settled: what was made may have been made anew in between, and the
 * sequencer may have settled blocks of its own.
 */
function settledBy({ chain, watcher }: L2Node, l1Transactions: readonly Hex[], base: bigint): Block[] {
  const blocks: Block[] = []
  for (let number = base + 1n; number <= chain.head().header.number; number++) {
    const l1TxHash = watcher.settledAt(number)?.l1TxHash
    if (l1TxHash === undefined || !l1Transactions.includes(l1TxHash)) continue
    const block = chain.getBlockByNumber(number)?.block
    if (block !== undefined) blocks.push(block)
  }
  return blocks
}

async function describe(
  node: L2Node,
  tx: Transaction,
  leftOut: ReadonlyMap<string, string>,
): Promise<AdvancedTransaction> {
  const hash = nameOf(tx)
  const location = node.chain.getTransactionLocation(tx.hash)
  if (location === undefined) return { hash, leftOut: reasonOf(node, tx, leftOut) }
  const stored = node.chain.getBlockByHash(location.blockHash)
  const status = stored?.receipts[location.index]?.status
  const withdrawals = await node.reader.getWithdrawals({ txHash: hash })
  return {
    hash,
    block: location.blockNumber,
    succeeded: status === 1,
    withdrawals: await Promise.all(withdrawals.map((withdrawal) => withProof(node, withdrawal))),
  }
}

/** A proof goes along where L1 takes it already; with a finality delay it does not. */
async function withProof(
  { reader }: L2Node,
  withdrawal: Withdrawal,
): Promise<Withdrawal & { proof?: WithdrawalProof }> {
  if (withdrawal.status !== 'ready-to-claim') return withdrawal
  const [proof] = await reader.getWithdrawalProof({ index: withdrawal.message.index }, {})
  return proof === undefined ? withdrawal : { ...withdrawal, proof }
}

function reasonOf({ chain, pool }: L2Node, tx: Transaction, leftOut: ReadonlyMap<string, string>): string {
  const location = chain.getTransactionLocation(tx.hash)
  if (location !== undefined) return `it is in L2 block ${location.blockNumber} already`
  const reason = leftOut.get(bytesToHex(tx.hash))
  if (reason !== undefined) return reason
  return pool.get(tx.hash) === undefined ? 'no block took it' : 'it waits for an earlier nonce of its sender'
}

const nameOf = (tx: Transaction): Hex => `0x${bytesToHex(tx.hash)}`

function nothing(reasons: readonly string[]): RollupError {
  const why = reasons.length === 0 ? 'nothing is due; give a signed L2 transaction with --tx' : reasons.join('; ')
  return new RollupError('NOTHING_TO_SETTLE', `no block was made: ${why}`)
}
