import * as z from 'zod'
import type { Submission as RollupSubmission, SubmissionRequest } from '../../rollup/control/submission.ts'
import { type NumberOrTag, numberOrTag, requireExecuted } from '../blockParameter.ts'
import { data } from '../codec.ts'
import { toQuantity } from '../hex.ts'
import { described, optional, type Parse, required, withDefault } from '../params.ts'
import { DATA, reference } from '../schema.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps, RollupServices } from './deps.ts'
import { ExecuteFailure, formatFailure } from './executeFailure.ts'
import { rollupMethod } from './method.ts'
import { from, hash, named, quantity, quantity64In } from './wire.ts'

export const Submission = named('Submission', {
  l1TxHash: hash,
  accepted: z.boolean(),
  /** absent while no L1 block has the transaction */
  l1Block: quantity.optional(),
  gasUsed: quantity.optional(),
  /** the block that was settled */
  l2Block: quantity.optional(),
  /** why it was not accepted, in words */
  reason: z.string().optional(),
  /** name of the contract's error */
  contractError: z.string().optional(),
  /** what this node's own EXECUTE says about an input that L1 refused */
  failure: ExecuteFailure.optional(),
})
export type Submission = z.infer<typeof Submission>

const MAX_FORCED = 64

const submitOptions = z.strictObject({
  anchorBlock: quantity64In.optional(),
  forced: z.array(quantity64In).max(MAX_FORCED).optional(),
})

/** Settlement by hand: when, how far, and what is posted. */
export function rollupSettlingMethods({ rollup }: RollupDeps): MethodTable {
  const control = () => rollup().node.control()
  return {
    rollup_submitBlock: rollupMethod(
      {
        summary: 'Posts an input to the rollup contract from the account of the settler, and tells what became of it.',
        params: [required('input or block', inputOrBlock), withDefault('options', from(submitOptions), {})],
        result: Submission,
        isControl: true,
      },
      async ([wanted, options], { signal }) => {
        const operator = control()
        const known = wanted instanceof Uint8Array ? { input: wanted } : await inputOf(rollup(), wanted)
        return formatSubmission(await operator.submit(withOptions(known, options), signal), known.input)
      },
    ),
    rollup_pauseSettlement: rollupMethod(
      {
        summary: 'Settles nothing by itself until rollup_resumeSettlement; false: it did not before.',
        params: [],
        result: z.boolean(),
        isControl: true,
      },
      () => control().setSettling(false),
    ),
    rollup_resumeSettlement: rollupMethod(
      {
        summary: 'Settles sealed blocks by itself; false: it did already.',
        params: [],
        result: z.boolean(),
        isControl: true,
      },
      () => control().setSettling(true),
    ),
    rollup_settle: rollupMethod(
      {
        summary: 'Settles sealed blocks now, also while settlement is paused; gives the L1 transactions.',
        params: [optional('options', from(z.strictObject({ upTo: quantity64In.optional() })))],
        result: z.array(hash),
        isControl: true,
      },
      async ([options], { signal }) => [...(await control().settle(options?.upTo, signal))],
    ),
  }
}

/** A number has 18 digits at most, an input many more. */
const inputOrBlock: Parse<Uint8Array | NumberOrTag> = described(
  { anyOf: [DATA, reference('BlockNumberOrTag')] },
  (value, path) =>
    typeof value === 'string' && (value === '0x' || value.length > 18) ? data(value, path) : numberOrTag(value, path),
)

/** The input of a block of this chain, and the L1 block that it is anchored to. */
async function inputOf({ node }: RollupServices, wanted: NumberOrTag): Promise<SubmissionRequest> {
  const { block } = requireExecuted(node.chain, wanted)
  const { input, anchorBlock } = await node.inputs.require(block.hash)
  return { input, anchorBlock }
}

function withOptions(
  { input, anchorBlock }: SubmissionRequest,
  options: z.output<typeof submitOptions>,
): SubmissionRequest {
  const anchor = options.anchorBlock ?? anchorBlock
  return {
    input,
    ...(anchor === undefined ? {} : { anchorBlock: anchor }),
    ...(options.forced === undefined ? {} : { forced: options.forced }),
  }
}

function formatSubmission({ l1TxHash, l1Block, gasUsed, ...outcome }: RollupSubmission, input: Uint8Array): Submission {
  return {
    l1TxHash,
    accepted: outcome.accepted,
    ...(l1Block === undefined ? {} : { l1Block: toQuantity(l1Block) }),
    ...(gasUsed === undefined ? {} : { gasUsed: toQuantity(gasUsed) }),
    ...(outcome.accepted ? { l2Block: toQuantity(outcome.l2Block) } : formatRefusal(outcome, input)),
  }
}

function formatRefusal(
  { reason, contractError, failure }: Omit<Extract<RollupSubmission, { accepted: false }>, 'l1TxHash'>,
  input: Uint8Array,
) {
  return {
    reason,
    ...(contractError === undefined ? {} : { contractError }),
    ...(failure === undefined ? {} : { failure: formatFailure(failure, input) }),
  }
}
