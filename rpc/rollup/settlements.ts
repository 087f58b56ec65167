import * as z from 'zod'
import type { Chain } from '../../node/types.ts'
import type { KnownAttempt, Settlement as Settled, SettlementTransaction } from '../../rollup/settling/settlements.ts'
import type { Block } from '../../stateless/types.ts'
import { blockParameter } from '../blockParameter.ts'
import { invalidParams } from '../errors.ts'
import { createGate } from '../gate.ts'
import { toQuantity } from '../hex.ts'
import { required, withDefault } from '../params.ts'
import type { MethodTable } from '../types.ts'
import { requireCanonical } from './canonical.ts'
import type { RollupDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { from, hash, hashIn, named, quantity, quantity64, quantity64In } from './wire.ts'

/** `sentAt`: seconds since the epoch; `l2Hash`: of the block as this transaction carries it, which may have been built again. */
export const SettlementAttempt = named('SettlementAttempt', {
  l1TxHash: hash,
  l2Hash: hash,
  outcome: z.enum(['pending', 'replaced', 'settled', 'reverted', 'reorganised']),
  sentAt: quantity64,
  blocks: named('L2Range', { from: quantity64, to: quantity64 }),
  nonce: quantity64,
  gas: quantity64,
  maxFeePerGas: quantity,
  maxPriorityFeePerGas: quantity,
  l1Block: quantity64.optional(),
  gasUsed: quantity64.optional(),
  reason: z.string().optional(),
  fault: z.string().optional(),
})
export type SettlementAttempt = z.infer<typeof SettlementAttempt>

/** One block's share of its settlement: `used` = `execute` + `calldata` + `overhead`; `fee` in wei. */
export const SettlementGas = named('SettlementGas', {
  used: quantity64,
  execute: quantity64,
  calldata: quantity64,
  overhead: quantity64,
  fee: quantity,
})
export type SettlementGas = z.infer<typeof SettlementGas>

export const Settlement = named('Settlement', {
  l2Block: quantity64,
  l2Hash: hash,
  status: z.enum(['built', 'submitted', 'settled', 'finalized', 'reverted']),
  l1TxHash: hash.optional(),
  l1Block: quantity64.optional(),
  l1Index: quantity64.optional(),
  settledAt: quantity64.optional(),
  batch: named('SettlementBatch', { from: quantity64, to: quantity64, gasUsed: quantity64 }).optional(),
  gas: SettlementGas.optional(),
  inputBytes: quantity64.optional(),
  attempts: z.array(SettlementAttempt),
})
export type Settlement = z.infer<typeof Settlement>

const MAX_LIST = 100n
const DEFAULT_LIST = 25n
/** A list on a follower may have to run every block in it. */
const MAX_RUNNING = 4

const SettlementRange = z.strictObject({
  from: quantity64In.optional(),
  to: quantity64In.optional(),
  limit: quantity64In.refine((limit) => limit > 0n && limit <= MAX_LIST, 'expected 1 to 100').optional(),
})

/** How L2 blocks get to L1: which transactions carried them, at what price, and which L2 blocks one carried. */
export function rollupSettlementMethods({ rollup }: RollupDeps): MethodTable {
  const gate = createGate(MAX_RUNNING)
  return {
    rollup_getSettlement: rollupMethod(
      {
        summary: 'Where an L2 block stands on its way to L1, every attempt, and its share of the gas.',
        params: [required('L2 block', blockParameter)],
        result: Settlement,
      },
      ([parameter], { signal }) =>
        gate.run(signal, async () => {
          const { chain, settlements } = rollup().node
          const [settlement] = await settlements.of([requireCanonical(chain, parameter)], signal)
          if (settlement === undefined) throw new Error('a block without a settlement')
          return formatSettlement(settlement)
        }),
    ),
    rollup_getSettlements: rollupMethod(
      {
        summary: 'The same for a range of L2 blocks, ascending; without one, for the newest.',
        params: [withDefault('range', from(SettlementRange), {})],
        result: z.array(Settlement),
      },
      ([range], { signal }) =>
        gate.run(signal, async () => {
          const { chain, settlements } = rollup().node
          return (await settlements.of(blocksIn(chain, range), signal)).map(formatSettlement)
        }),
    ),
    rollup_getBlockByL1Tx: rollupMethod(
      {
        summary: 'The numbers of the L2 blocks that an L1 transaction settled; none for any other transaction.',
        params: [required('L1 transaction hash', from(hashIn))],
        result: z.array(quantity64),
      },
      async ([l1TxHash]) => (await rollup().node.settlements.blocksIn(l1TxHash)).map(toQuantity),
    ),
  }
}

function blocksIn(chain: Chain, { limit = DEFAULT_LIST, ...range }: z.output<typeof SettlementRange>): Block[] {
  const head = chain.head().header.number
  const to = range.to === undefined || range.to > head ? head : range.to
  const newest = to >= limit ? to - limit + 1n : 0n
  const first = range.from ?? newest
  if (range.to !== undefined && first > range.to) throw invalidParams('argument 0 (range).to', 'is before from')
  const blocks: Block[] = []
  for (let number = first; number <= to && number < first + limit; number++) {
    const block = chain.getBlockByNumber(number)?.block
    if (block !== undefined) blocks.push(block)
  }
  return blocks
}

function formatSettlement({ number, hash: l2Hash, status, transaction, attempts, inputBytes }: Settled): Settlement {
  return {
    l2Block: toQuantity(number),
    l2Hash,
    status,
    ...(transaction === undefined ? {} : formatTransaction(transaction)),
    ...(inputBytes === undefined ? {} : { inputBytes: toQuantity(inputBytes) }),
    attempts: attempts.map(formatAttempt),
  }
}

function formatTransaction({ share, ...transaction }: SettlementTransaction) {
  const { l1TxHash, l1Block, l1Index, settledAt } = transaction
  return {
    l1TxHash,
    l1Block: toQuantity(l1Block),
    l1Index: toQuantity(l1Index),
    settledAt: toQuantity(settledAt),
    batch: {
      from: toQuantity(transaction.from),
      to: toQuantity(transaction.to),
      gasUsed: toQuantity(transaction.gasUsed),
    },
    ...(share === undefined
      ? {}
      : {
          gas: {
            used: toQuantity(share.used),
            execute: toQuantity(share.execute),
            calldata: toQuantity(share.calldata),
            overhead: toQuantity(share.overhead),
            fee: toQuantity(share.feeWei),
          },
        }),
  }
}

function formatAttempt({ l1Block, gasUsed, reason, fault, ...attempt }: KnownAttempt): SettlementAttempt {
  const { txHash, l2Hash, outcome, hashes, nonce, gas, maxFeePerGas, priorityFee } = attempt
  return {
    l1TxHash: txHash,
    l2Hash,
    outcome,
    sentAt: toQuantity(Math.floor(attempt.sentAtMs / 1_000)),
    blocks: { from: toQuantity(attempt.from), to: toQuantity(attempt.from + BigInt(hashes.length - 1)) },
    nonce: toQuantity(nonce),
    gas: toQuantity(gas),
    maxFeePerGas: toQuantity(maxFeePerGas),
    maxPriorityFeePerGas: toQuantity(priorityFee),
    ...(l1Block === undefined ? {} : { l1Block: toQuantity(l1Block) }),
    ...(gasUsed === undefined ? {} : { gasUsed: toQuantity(gasUsed) }),
    ...(reason === undefined ? {} : { reason }),
    ...(fault === undefined ? {} : { fault }),
  }
}
