import type { Hash } from 'viem'
import { nativeRollupAbi } from '../abis/nativeRollup.ts'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import { NoBondError } from '../forcedErrors.ts'
import { type PreparedCall, prepareCall, type Sender, sendPrepared, type TransactionOptions } from './sendCall.ts'

export type ReclaimBondParameters = TransactionOptions & {
  targetChain: NativeRollupChain
  /** of the forced transaction, as getForcedTransaction tells it */
  id: bigint
}

/**
 * Pays the bond of a forced transaction that is in a settled block back to who paid it. Anyone may send this.
 *
 * @throws NoBondError and what every sending action throws
 * @example const hash = await reclaimBond(l1, { id, targetChain: l2Chain })
 */
export async function reclaimBond(client: Sender, parameters: ReclaimBondParameters): Promise<Hash> {
  return sendPrepared(client, await prepareReclaimBond(client, parameters), parameters)
}

/** What reclaimBond sends, checked and tried. */
export async function prepareReclaimBond(client: Sender, parameters: ReclaimBondParameters): Promise<PreparedCall> {
  const { targetChain, id } = parameters
  const { l1ChainId: chainId, rollup: address } = rollupOf(targetChain)
  const refusals = { NativeRollup_NoBond: (_: unknown, options: ErrorOptions) => new NoBondError(id, options) }
  return prepareCall(
    client,
    { chainId, address, abi: nativeRollupAbi, functionName: 'reclaimBond', args: [id], refusals },
    parameters,
  )
}
