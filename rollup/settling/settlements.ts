import type { Chain } from '../../node/types.ts'
import { type GasShare, shareGas } from '../../precompiles/index.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import type { Block } from '../../stateless/types.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import { advancedIn } from '../l1/l1Events.ts'
import type { L1Receipt } from '../l1/l1Types.ts'
import type { L1View, SettledBlock } from '../types.ts'
import { type Attempt, type AttemptJournal, hashIn } from './attempts.ts'
import type { Finality } from './finality.ts'
import type { InputStore } from './inputs.ts'

type Hex = `0x${string}`

/** `reverted`: L1 refused the last attempt, and there will be another. */
export type SettlementStatus = 'built' | 'submitted' | 'settled' | 'finalized' | 'reverted'

/** An attempt as it stands by what L1 says now: one that was settled may have been reorganised out of L1. */
export type KnownAttempt = Omit<Attempt, 'outcome'> & { outcome: Attempt['outcome'] | 'reorganised'; l2Hash: Hex }

/** The L1 transaction that settled a block; `from` and `to`: the L2 blocks in it. */
export type SettlementTransaction = {
  l1TxHash: Hex
  l1Block: bigint
  /** the transaction's place in its L1 block */
  l1Index: bigint
  /** seconds since the epoch */
  settledAt: bigint
  from: bigint
  to: bigint
  gasUsed: bigint
  /** this block's share; undefined where L1 charges for EXECUTE by another schedule, or lacks a block of the batch */
  share?: GasShare & { feeWei: bigint }
}

export type Settlement = {
  number: bigint
  hash: Hex
  status: SettlementStatus
  transaction?: SettlementTransaction
  attempts: readonly KnownAttempt[]
  /** of the StatelessInput; undefined for genesis, which is never settled */
  inputBytes?: number
}

export type Settlements = {
  /** of canonical L2 blocks, in their order. Throws RollupError. */
  of(blocks: readonly Block[], signal: AbortSignal): Promise<readonly Settlement[]>
  /** the L2 blocks that an L1 transaction settled, ascending; throws RollupError UNKNOWN_L1_TRANSACTION */
  blocksIn(l1TxHash: Hex): Promise<readonly bigint[]>
}

export type SettlementsDeps = {
  chain: Chain
  view: L1View
  l1: L1Client
  inputs: InputStore
  attempts: AttemptJournal
  finality: Finality
}

/** Where each L2 block stands on its way to L1, and what that costs. */
export function createSettlements(deps: SettlementsDeps): Settlements {
  const { view, l1 } = deps
  return {
    async of(blocks, signal) {
      const transactions = new Map<Hex, Promise<ReadTransaction>>()
      const readOnce = (settled: SettledBlock): Promise<ReadTransaction> => {
        const known = transactions.get(settled.l1TxHash) ?? readTransaction(deps, settled)
        transactions.set(settled.l1TxHash, known)
        return known
      }
      const settlements: Settlement[] = []
      for (const block of blocks) {
        signal.throwIfAborted()
        settlements.push(await describe(deps, block, readOnce))
      }
      return settlements
    },
    async blocksIn(l1TxHash) {
      const receipt = await l1.getReceipt(l1TxHash)
      if (receipt === undefined) {
        const message = `no L1 transaction ${l1TxHash} is in a block`
        throw new RollupError('UNKNOWN_L1_TRANSACTION', message, { l1TxHash })
      }
      return advancedIn(receipt.logs, view.deployment.l1.rollup).map(({ number }) => number)
    },
  }
}

type ReadTransaction = { receipt: L1Receipt; from: bigint; to: bigint; shares: readonly GasShare[] | undefined }

async function describe(
  deps: SettlementsDeps,
  block: Block,
  read: (settled: SettledBlock) => Promise<ReadTransaction>,
): Promise<Settlement> {
  const { number } = block.header
  const hash: Hex = `0x${bytesToHex(block.hash)}`
  const attempts = attemptsOf(deps, number)
  if (number === deps.chain.genesis.header.number) return { number, hash, status: 'finalized', attempts }
  const { inputBytes } = await deps.inputs.measure(block.hash)
  const settled = deps.view.settledAt(number)
  if (settled?.hash !== hash) return { number, hash, status: statusOfUnsettled(attempts, hash), attempts, inputBytes }
  const { receipt, from, to, shares } = await read(settled)
  const share = shares?.[Number(number - from)]
  const transaction: SettlementTransaction = {
    l1TxHash: settled.l1TxHash,
    l1Block: settled.l1Block,
    l1Index: receipt.transactionIndex,
    settledAt: settled.l1Timestamp,
    from,
    to,
    gasUsed: receipt.gasUsed,
    ...(share === undefined ? {} : { share: { ...share, feeWei: share.used * receipt.effectiveGasPrice } }),
  }
  const status = deps.finality.isFinal(settled) ? 'finalized' : 'settled'
  return { number, hash, status, transaction, attempts, inputBytes }
}

function statusOfUnsettled(attempts: readonly KnownAttempt[], hash: Hex): SettlementStatus {
  const last = attempts.findLast(({ l2Hash }) => l2Hash === hash)
  // included, but the watcher has not read that L1 block yet
  if (last?.outcome === 'pending' || last?.outcome === 'settled') return 'submitted'
  return last?.outcome === 'reverted' ? 'reverted' : 'built'
}

function attemptsOf({ attempts, view }: SettlementsDeps, number: bigint): KnownAttempt[] {
  const settled = view.settledAt(number)
  return attempts.of(number).map((attempt): KnownAttempt => {
    const l2Hash = hashIn(attempt, number)
    if (l2Hash === undefined) throw new Error(`an attempt without L2 block ${number}`)
    const isRead = attempt.l1Block !== undefined && attempt.l1Block <= view.head().number
    const isGone = attempt.outcome === 'settled' && isRead && settled?.l1TxHash !== attempt.txHash
    return { ...attempt, l2Hash, ...(isGone ? { outcome: 'reorganised' } : {}) }
  })
}

/** Throws RollupError L1_CHANGED when L1 has reorganised since its records were read. */
async function readTransaction(deps: SettlementsDeps, settled: SettledBlock): Promise<ReadTransaction> {
  const { view, l1 } = deps
  const { l1TxHash } = settled
  const receipt = await l1.getReceipt(l1TxHash)
  if (receipt === undefined) throw new RollupError('L1_CHANGED', 'a settlement is gone from L1', { l1TxHash })
  let from = settled.number
  let to = settled.number
  while (view.settledAt(from - 1n)?.l1TxHash === l1TxHash) from -= 1n
  while (view.settledAt(to + 1n)?.l1TxHash === l1TxHash) to += 1n
  return { receipt, from, to, shares: await sharesOf(deps, receipt, { from, to }) }
}

async function sharesOf(
  { chain, view, inputs }: SettlementsDeps,
  { gasUsed }: L1Receipt,
  { from, to }: { from: bigint; to: bigint },
): Promise<readonly GasShare[] | undefined> {
  const sizes = []
  for (let number = from; number <= to; number++) {
    const hash = view.settledAt(number)?.hash
    // not imported yet
    if (hash === undefined || chain.getBlockByHash(hexToBytes(hash)) === undefined) return undefined
    sizes.push(await inputs.measure(hexToBytes(hash)))
  }
  return shareGas(gasUsed, sizes)
}
