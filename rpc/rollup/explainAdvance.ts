import * as z from 'zod'
import { MAX_EXECUTION_GAS } from '../../precompiles/index.ts'
import { advanceChecks } from '../../rollup/explain/advanceChecks.ts'
import { type AdvanceAttempt, findAttempt, readFacts } from '../../rollup/explain/advanceFacts.ts'
import type { AdvanceCheck, ExecuteAnswer } from '../../rollup/explain/advanceTypes.ts'
import { currentSequencer } from '../../rollup/settling/proposer.ts'
import { timedExecute } from '../../rollup/settling/replayInput.ts'
import { createGate } from '../gate.ts'
import { toQuantity } from '../hex.ts'
import { type Parse, required } from '../params.ts'
import { HASH } from '../schema.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps, RollupServices } from './deps.ts'
import { ExecuteInput, executeInput } from './executeInput.ts'
import { rollupMethod } from './method.ts'
import { addressIn, data, describedLater, from, hashIn, named, quantity, quantity64In, toJsonSchema } from './wire.ts'

export const AdvanceRow = named('AdvanceCheck', {
  /** number that the input claims; absent for what concerns the whole call */
  l2Block: quantity.optional(),
  check: z.string(),
  /** path in the input, or what else the contract looks at */
  field: z.string(),
  /** where `expected` comes from */
  source: z.enum(['storage', 'opcode', 'calldata', 'fixed']),
  /** how `actual` must stand to `expected` */
  relation: z.enum(['equal', 'at least', 'at most', 'below']),
  expected: data.or(quantity),
  actual: data.or(quantity),
  ok: z.boolean(),
  /** what the contract reverts with when it does not hold; absent where it never reverts */
  error: z.string().optional(),
  note: z.string().optional(),
})
export type AdvanceRow = z.infer<typeof AdvanceRow>

/** Each asks L1 a dozen questions and may run a block. */
const MAX_RUNNING = 2
const MAX_FORCED = 64

/** rollup_explainAdvance: what the rollup contract compares, and with what. */
export function rollupExplainMethods(deps: RollupDeps): MethodTable {
  const gate = createGate(MAX_RUNNING)
  return {
    rollup_explainAdvance: rollupMethod(
      {
        summary:
          'Every check that the rollup contract makes in an L1 transaction, or would make of an input on the present head, in its order; the first that is not ok is where it reverts.',
        params: [required('L1 transaction or input', subject)],
        result: z.array(AdvanceRow),
      },
      ([asked], { signal, restartTime }) => gate.run(signal, () => explain(deps.rollup(), asked), restartTime),
    ),
  }
}

/** `from`: who would call; default: the sequencer. `forced`: ids for advanceWithForced. */
const proposal = z.strictObject({
  input: z.unknown(),
  anchorBlock: quantity64In,
  from: addressIn.optional(),
  forced: z.array(quantity64In).max(MAX_FORCED).optional(),
})
type Proposal = Omit<z.output<typeof proposal>, 'input'> & { input: Uint8Array }

const l1Hash = from(hashIn)
const readProposal = from(proposal)

/** The hash of an L1 transaction, or a proposal with an input as bytes or JSON. */
const subject: Parse<`0x${string}` | Proposal> = describedLater(
  (value, path) => {
    if (typeof value !== 'object') return l1Hash(value, path)
    const { input, ...rest } = readProposal(value, path)
    return { ...rest, input: executeInput(input, `${path}.input`) }
  },
  () => ({ anyOf: [HASH, toJsonSchema(proposal.extend({ input: z.union([data, ExecuteInput]) }), 'input')] }),
)

async function explain(services: RollupServices, asked: `0x${string}` | Proposal): Promise<AdvanceRow[]> {
  const { l1 } = services.node
  const attempt = typeof asked === 'string' ? await findAttempt(l1, asked) : await attemptOf(services, asked)
  const rows = await advanceChecks(await readFacts(l1, attempt, (input, gas) => answerTo(services, input, gas)))
  return [...rows, ...endOf(attempt, rows)].map(formatRow)
}

async function attemptOf(
  { node }: RollupServices,
  { input, anchorBlock, from: caller, forced }: Proposal,
): Promise<AdvanceAttempt> {
  const { rollup } = node.reader.config().l1
  const sender = caller ?? (await currentSequencer(node.l1, rollup))
  const name = forced === undefined ? 'advance' : 'advanceWithForced'
  const call = { name, inputs: [input], anchorBlocks: [anchorBlock], ids: forced ?? [] } as const
  return { rollup, call, sender, origin: sender }
}

async function answerTo(
  { node, engineOf }: RollupServices,
  input: Uint8Array,
  gas = MAX_EXECUTION_GAS,
): Promise<ExecuteAnswer> {
  const { gasSchedule: schedule } = node.reader.config()
  const { verdict } = await timedExecute(input, gas, { engineOf, schedule })
  if (verdict.ok) return { output: verdict.output }
  const { stage, code, message } = verdict.failure
  return { note: `${stage} ${code}: ${message}` }
}

/** What no check explains: a transaction may also end because its gas does. */
function endOf({ failure }: AdvanceAttempt, rows: readonly AdvanceCheck[]): AdvanceCheck[] {
  if (failure === undefined || rows.some(({ ok }) => !ok)) return []
  const values = { relation: 'equal', expected: '0x1', actual: '0x0', ok: false } as const
  return [{ check: 'nothing else ends the call', field: 'status', source: 'opcode', ...values, error: failure }]
}

function formatRow({ l2Block, ...row }: AdvanceCheck): AdvanceRow {
  return { ...(l2Block === undefined ? {} : { l2Block: toQuantity(l2Block) }), ...row }
}
