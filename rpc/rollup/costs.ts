import * as z from 'zod'
import {
  calldataLength,
  EXECUTE_BYTE_GAS,
  executeGas,
  type SettledInput,
  settlementGas,
} from '../../precompiles/index.ts'
import { compareSchedules, SCHEDULE_NAMES } from '../../precompiles/schedules.ts'
import { forcedIdsIn } from '../../rollup/forcedTransactions.ts'
import type { L2Node } from '../../rollup/l2Node.ts'
import { SETTLEMENT_LIMITS } from '../../rollup/limits.ts'
import type { Block } from '../../stateless/types.ts'
import { type BlockParameter, blockParameter, requireExecuted } from '../blockParameter.ts'
import { createGate } from '../gate.ts'
import { toQuantity } from '../hex.ts'
import { described, list, type Parse, required, withDefault } from '../params.ts'
import { reference } from '../schema.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { countIn, from, named, quantity, quantity64In, toJsonSchema } from './wire.ts'

const caps = named('SettlementCaps', { executionGas: quantity, calldataBytes: quantity, regularGas: quantity })

export const SettlementEstimate = named('SettlementEstimate', {
  /** for the gas field of the L1 transaction: execution gas or calldata floor, and the state gas of new slots */
  l1Gas: quantity,
  /** what EIP-7825 caps */
  executionGas: quantity,
  /** the price of EXECUTE alone */
  executeGas: quantity,
  /** every byte counted as one that is not zero */
  calldataGas: quantity,
  calldataBytes: quantity,
  /** of the L2 block */
  regularGas: quantity,
  fits: z.boolean(),
  /** what one settlement carries at most */
  limit: caps,
  /** what is left below each limit; 0 also when it is passed */
  headroom: caps,
  /** the limit that is used up most */
  tightest: z.enum(['executionGas', 'calldataBytes', 'regularGas']),
})
export type SettlementEstimate = z.infer<typeof SettlementEstimate>

export const SchedulePrice = named('SchedulePrice', {
  schedule: z.string(),
  gas: quantity,
  /** the sum with its numbers, such as "100000 + 16 * 4242 input bytes + 1 * 21000 regular gas" */
  formula: z.string(),
})
export type SchedulePrice = z.infer<typeof SchedulePrice>

/** A block that was imported is run for its figures. */
const MAX_RUNNING = 2
const MAX_SCHEDULES = 64

/** What blocks of this rollup cost L1, and would cost if EXECUTE charged otherwise. */
export function rollupCostMethods(deps: RollupDeps): MethodTable {
  const gate = createGate(MAX_RUNNING)
  return {
    rollup_estimateSettlement: rollupMethod(
      {
        summary:
          'What the settlement of an L2 block takes on L1, or of a block of so many transactions, so much regular gas and so many bytes of input, and how far that is from what one settlement carries.',
        params: [required('block or figures', blockOrFigures)],
        result: SettlementEstimate,
      },
      async ([subject], { signal, restartTime }) => {
        if ('figures' in subject) return estimate(subject.figures)
        return estimate(await gate.run(signal, () => measure(deps.rollup().node, subject.block), restartTime))
      },
    ),
    rollup_compareGasSchedules: rollupMethod(
      {
        summary:
          'What EXECUTE would charge for an L2 block by other gas schedules: known ones by name, or sums of your own.',
        params: [
          required('block', blockParameter),
          withDefault('schedules', list(from(schedule), MAX_SCHEDULES), SCHEDULE_NAMES),
        ],
        result: z.array(SchedulePrice),
      },
      async ([block, schedules], { signal, restartTime }) => {
        const run = () => measure(deps.rollup().node, block)
        const { header, inputLength, regularGas, transactions } = await gate.run(signal, run, restartTime)
        const { gasUsed, gasLimit } = header
        const figures = { inputBytes: BigInt(inputLength), transactions: BigInt(transactions), regularGas }
        return compareSchedules({ ...figures, gasUsed, gasLimit }, schedules).map(({ name, gas, formula }) => ({
          schedule: name,
          gas: toQuantity(gas),
          formula,
        }))
      },
    ),
  }
}

const figures = z
  .strictObject({ txs: countIn, gas: quantity64In, bytes: countIn })
  .transform(({ txs, gas, bytes }): SettledInput => ({ transactions: txs, regularGas: gas, inputLength: bytes }))

const readFigures = from(figures)

/** `{ txs, gas, bytes }`: transactions, regular gas, and bytes of the input with its witness. */
const blockOrFigures: Parse<{ block: BlockParameter } | { figures: SettledInput }> = described(
  { anyOf: [reference('BlockParameter'), toJsonSchema(figures, 'input')] },
  (value, path) =>
    typeof value === 'object' && value !== null && !('blockHash' in value || 'blockNumber' in value)
      ? { figures: readFigures(value, path) }
      : { block: blockParameter(value, path) },
)

const rate = quantity64In.optional()
const schedule = z.union(
  [
    z.enum(SCHEDULE_NAMES),
    z.strictObject({
      name: z.string().min(1).max(64),
      base: rate,
      inputBytes: rate,
      transactions: rate,
      regularGas: rate,
      gasUsed: rate,
      gasLimit: rate,
    }),
  ],
  {
    error: `expected ${SCHEDULE_NAMES.join(', ')}, or { name, base?, inputBytes?, transactions?, regularGas?, gasUsed?, gasLimit? } in quantities`,
  },
)

/** Throws RpcError UNKNOWN_BLOCK, and NO_WITNESS for genesis and the pending block. */
async function measure(
  { chain, inputs, watcher }: L2Node,
  parameter: BlockParameter,
): Promise<SettledInput & Pick<Block, 'header'>> {
  const { header, hash, transactions } = requireExecuted(chain, parameter).block
  const { inputBytes, regularGas } = await inputs.measure(hash)
  const named = forcedIdsIn(watcher, transactions).length
  return { header, transactions: transactions.length, named, inputLength: inputBytes, regularGas }
}

type Caps = Record<'executionGas' | 'calldataBytes' | 'regularGas', bigint>

function estimate(block: SettledInput): SettlementEstimate {
  const { executionGas, gasLimit } = settlementGas([block])
  const calldataBytes = BigInt(calldataLength([block]))
  const need: Caps = { executionGas, calldataBytes, regularGas: block.regularGas }
  const limit: Caps = {
    executionGas: SETTLEMENT_LIMITS.maxTransactionGas,
    calldataBytes: BigInt(SETTLEMENT_LIMITS.maxCalldataBytes),
    regularGas: SETTLEMENT_LIMITS.maxRegularGas,
  }
  const left = mapCaps((cap) => (limit[cap] > need[cap] ? limit[cap] - need[cap] : 0n))
  return {
    l1Gas: toQuantity(gasLimit),
    executionGas: toQuantity(executionGas),
    executeGas: toQuantity(executeGas(block.inputLength, block.regularGas)),
    calldataGas: toQuantity(EXECUTE_BYTE_GAS * calldataBytes),
    calldataBytes: toQuantity(calldataBytes),
    regularGas: toQuantity(block.regularGas),
    fits: CAPS.every((cap) => need[cap] <= limit[cap]),
    limit: mapCaps((cap) => toQuantity(limit[cap])),
    headroom: mapCaps((cap) => toQuantity(left[cap])),
    // need / limit compared without fractions
    tightest: CAPS.reduce((worst, cap) => (need[cap] * limit[worst] > need[worst] * limit[cap] ? cap : worst)),
  }
}

const CAPS = ['executionGas', 'calldataBytes', 'regularGas'] as const

function mapCaps<Value>(of: (cap: keyof Caps) => Value): Record<keyof Caps, Value> {
  return { executionGas: of('executionGas'), calldataBytes: of('calldataBytes'), regularGas: of('regularGas') }
}
