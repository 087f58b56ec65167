import type { Hex } from 'viem'
import type { ChainSpec } from '../../execution/chainSpec.ts'
import { transactionGas } from '../../execution/transactionGas.ts'
import type { StructLog, Transaction, TransactionOutcome } from '../../execution/types.ts'
import type { Chain } from '../../node/types.ts'
import type { Block } from '../../stateless/types.ts'

/** State gas of a storage slot that was empty (EIP-8037). */
export const NEW_SLOT = 97_920

/** What one transaction costs, in gas of Amsterdam. */
export type Usage = {
  /** regular gas of the execution: without intrinsic gas, calldata and what ran in the frame of a delivered call */
  execution: number
  /** EIP-8037 state gas of the whole transaction */
  state: number
  /** EIP-7976 floor of the whole transaction */
  floor: number
  /** regular gas of the whole transaction before refunds: intrinsic, calldata and all that ran, or the floor */
  regular: number
}

export type Measured = {
  chain: Chain
  spec: ChainSpec
  block: Block
  parent: Block
  tx: Transaction
  result: TransactionOutcome
  /** receiver of the delivered message */
  delivery: Hex | undefined
}

/**
 * The gas of the execution is what the trace had at its first step less what was left after its last one, less state gas.
 *
 * @throws Error when the receipt, where the calldata floor does not hide it, says otherwise
 */
export async function measure(measured: Measured): Promise<Usage> {
  const { tx, result, spec, block } = measured
  const { intrinsic, floor } = transactionGas(tx, spec.sharedCommonAt(block.header))
  const steps = await trace(measured)
  const ran = tx.gasLimit > 1n << 24n ? result.regularGas - intrinsic : usedBy(steps) - result.stateGas
  if (ran + intrinsic !== result.regularGas && result.regularGas !== floor) {
    throw new Error(`trace and receipt disagree: ${ran} of ${result.regularGas} regular gas`)
  }
  const delivered =
    measured.delivery === undefined ? 0 : deliveredGas(steps, measured.delivery, Number(result.stateGas))
  return {
    execution: Number(ran) - delivered,
    state: Number(result.stateGas),
    floor: Number(floor),
    regular: Number(result.regularGas),
  }
}

async function trace({ chain, block, parent }: Measured): Promise<readonly StructLog[]> {
  const [traced] = await chain.engine.traceBlock({
    parent: parent.header,
    block,
    state: chain.stateAt(parent.header.stateRoot),
    blockHash: chain.ancestorHashes(parent),
    options: {
      tracer: 'structLogger',
      enableMemory: false,
      disableStack: false,
      disableStorage: true,
      enableReturnData: false,
      limit: 0,
    },
    maxBytes: 2 ** 30,
  })
  if (traced?.tracer !== 'structLogger') throw new Error('there is no trace')
  return traced.steps
}

/** State gas included, as long as none of it came from a reservoir. */
function usedBy(steps: readonly StructLog[]): bigint {
  const [first, last] = [steps[0], steps.at(-1)]
  if (first === undefined || last === undefined) return 0n
  return BigInt(first.gas - (last.gas - last.gasCost))
}

/**
 * Regular gas that ran in the frame of the outermost frame's call of `receiver`. The trace does not tell state gas apart: what
 * the claim itself opens are slots, at one SSTORE each, and the rest of the transaction's state gas is the receiver's.
 */
function deliveredGas(steps: readonly StructLog[], receiver: Hex, stateGas: number): number {
  const isDelivery = ({ depth, op, stack }: StructLog) =>
    depth === 1 && op === 'CALL' && addressOf(stack?.at(-2)) === BigInt(receiver)
  const at = steps.findIndex(isDelivery)
  const first = steps[at + 1]
  if (at < 0) throw new Error('the message was not delivered')
  if (first === undefined || first.depth === 1) return 0
  const end = steps.findIndex(({ depth }, index) => index > at && depth === 1)
  const last = steps[end - 1]
  if (last === undefined) throw new Error('the delivered call does not end')
  const opened = steps.filter(
    ({ op, gasCost }, index) => (index < at || index >= end) && op === 'SSTORE' && gasCost >= NEW_SLOT,
  )
  return first.gas - (last.gas - last.gasCost) - (stateGas - opened.length * NEW_SLOT)
}

const addressOf = (word: bigint | undefined): bigint | undefined =>
  word === undefined ? undefined : word & ((1n << 160n) - 1n)
