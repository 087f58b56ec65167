import { executeGas } from '../../precompiles/gas.ts'
import { MAX_EXECUTION_GAS } from '../../precompiles/index.ts'
import type { ExecuteFailure, ExecuteVerdict } from '../../precompiles/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { UndecodableInput } from '../../stateless/errors.ts'
import { decodeStatelessInput } from '../../stateless/ssz.ts'
import type { StatelessInput } from '../../stateless/types.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import { advancedIn } from '../l1/l1Events.ts'
import type { L1Receipt } from '../l1/l1Types.ts'
import { SETTLEMENT_LIMITS } from '../limits.ts'
import { encodeSettlement, executionGasOf, gasLimitFor } from '../settling/settlement.ts'
import { settlementRefusal } from '../settling/settlementRefusal.ts'
import type { Settler } from '../settling/settler.ts'
import type { L1View } from '../types.ts'

type Hex = `0x${string}`

/** Bytes for EXECUTE, right or wrong. Without `anchorBlock`: the L1 block whose hash they carry. */
export type SubmissionRequest = { input: Uint8Array; anchorBlock?: bigint; forced?: readonly bigint[] }

/** What L1 made of it. `l1Block` is absent while no block has the transaction. */
export type Submission = { l1TxHash: Hex; l1Block?: bigint; gasUsed?: bigint } & (
  | { accepted: true; l2Block: bigint }
  | {
      accepted: false
      /** in words */
      reason: string
      /** name of the contract's error */
      contractError?: string
      /** what the EXECUTE of this node says about the same bytes */
      failure?: ExecuteFailure
    }
)

export type SubmitterDeps = {
  l1: L1Client
  view: L1View
  settler: Pick<Settler, 'post'>
  verify(input: Uint8Array, gasLimit: bigint): Promise<ExecuteVerdict>
}

const POLL_MS = 50
/** less than the time of a call */
const PATIENCE_MS = 20_000

/**
 * Posts an input to L1 with the settler's account and tells what became of it; settlement goes on behind it.
 *
 * @throws RollupError L1_REFUSED when L1 does not take the transaction, SETTLER_BUSY when the one before it is in no block in
 * time; what asking L1 may throw
 */
export async function submitInput(
  deps: SubmitterDeps,
  { input, forced, ...request }: SubmissionRequest,
  { account, signal }: { account: Hex; signal: AbortSignal },
): Promise<Submission> {
  const endsAtMs = performance.now() + PATIENCE_MS
  const until = <T>(ask: () => Promise<T | undefined>) => poll(ask, { endsAtMs, signal })
  const decoded = decode(input)
  const anchorBlock = request.anchorBlock ?? (await anchorOf(deps, decoded))
  const transactions = decoded?.newPayloadRequest.executionPayload.transactions.length ?? 0
  const weight = { input, transactions, ...(forced === undefined ? {} : { forced }) }
  const budget = budgetFor(weight)
  const verdict = await deps.verify(input, executeGas(input.length, budget))
  const gas = gasLimitFor([{ ...weight, regularGas: verdict.ok ? verdict.regularGas : budget }])
  const data = encodeSettlement([{ ...weight, anchorBlock }])
  const l1TxHash = await until(() => deps.settler.post({ data, gas }))
  if (l1TxHash === undefined) {
    throw new RollupError(
      'SETTLER_BUSY',
      'the settlement on its way is in no L1 block yet; mine one, or ask again later',
    )
  }
  const receipt = await until(() => deps.l1.getReceipt(l1TxHash))
  if (receipt === undefined) return { l1TxHash, accepted: false, reason: 'it is in no L1 block yet' }
  return { l1TxHash, ...(await outcomeOf(deps, receipt, { from: account, gas, verdict })) }
}

async function outcomeOf(
  { l1, view }: SubmitterDeps,
  receipt: L1Receipt,
  { from, gas, verdict }: { from: Hex; gas: bigint; verdict: ExecuteVerdict },
) {
  const { rollup } = view.deployment.l1
  const where = { l1Block: receipt.blockNumber, gasUsed: receipt.gasUsed }
  const [advanced] = advancedIn(receipt.logs, rollup)
  if (receipt.succeeded && advanced !== undefined)
    return { ...where, accepted: true as const, l2Block: advanced.number }
  const contractError = await settlementRefusal(l1, { from, rollup, gas }, receipt)
  const failure = verdict.ok ? undefined : verdict.failure
  const refused = { ...where, accepted: false as const, contractError }
  if (failure === undefined || contractError !== 'NativeRollup_ExecuteFailed')
    return { ...refused, reason: contractError }
  return { ...refused, reason: `${contractError}: ${failure.stage} ${failure.code}: ${failure.message}`, failure }
}

/** Regular gas for an input of which nobody knows how much it needs: as much as one settlement carries. */
function budgetFor(weight: { input: Uint8Array; transactions: number }): bigint {
  const rest = MAX_EXECUTION_GAS - executionGasOf([{ ...weight, regularGas: 0n }])
  const most = (rest * 63n) / 64n
  if (most < 0n) return 0n
  return most < SETTLEMENT_LIMITS.maxRegularGas ? most : SETTLEMENT_LIMITS.maxRegularGas
}

function decode(input: Uint8Array): StatelessInput | undefined {
  try {
    return decodeStatelessInput(input)
  } catch (error) {
    if (error instanceof UndecodableInput) return undefined
    throw error
  }
}

/** Where L1 does not know the hash, or there is none, the contract refuses the input whatever is said here. */
async function anchorOf({ l1, view }: SubmitterDeps, input: StatelessInput | undefined): Promise<bigint> {
  const root = input?.newPayloadRequest.parentBeaconBlockRoot
  const block = root === undefined ? undefined : await l1.getBlock(`0x${bytesToHex(root)}`)
  return block?.number ?? view.settledHead()?.anchorBlock ?? 0n
}

/** Asks until there is an answer; undefined when the time is over or nobody waits any more. */
async function poll<T>(
  ask: () => Promise<T | undefined>,
  { endsAtMs, signal }: { endsAtMs: number; signal: AbortSignal },
): Promise<T | undefined> {
  for (;;) {
    const answer = await ask()
    if (answer !== undefined || signal.aborted || performance.now() >= endsAtMs) return answer
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
