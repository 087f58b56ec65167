import { type Hash, type Hex, hexToNumber, parseTransaction, size, slice, type TransactionSerialized } from 'viem'
import { readContract } from 'viem/actions'
import { nativeRollupAbi } from '../abis/nativeRollup.ts'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import { InvalidForcedTransactionError } from '../forcedErrors.ts'
import {
  type PreparedCall,
  prepareCall,
  requireChain,
  type Sender,
  sendPrepared,
  type TransactionOptions,
} from './sendCall.ts'

export type ForceTransactionParameters = TransactionOptions & {
  targetChain: NativeRollupChain
  /** a signed transaction for L2, of any type but blobs */
  serializedTransaction: Hex
}

/**
 * Puts a signed L2 transaction into the queue on L1 that the sequencer must not pass by; its bond, which the contract names, is
 * paid along and comes back by reclaimBond once a block contains it. What no block can contain costs the bond, so what can be
 * seen of that is refused here.
 *
 * @throws InvalidForcedTransactionError and what every sending action throws
 * @example const hash = await forceTransaction(l1, { serializedTransaction, targetChain: l2Chain })
 */
export async function forceTransaction(client: Sender, parameters: ForceTransactionParameters): Promise<Hash> {
  return sendPrepared(client, await prepareForceTransaction(client, parameters), parameters)
}

/** What forceTransaction sends, checked and tried. */
export async function prepareForceTransaction(
  client: Sender,
  parameters: ForceTransactionParameters,
): Promise<PreparedCall> {
  const { targetChain, serializedTransaction } = parameters
  const { l1ChainId: chainId, l2ChainId, rollup: address } = rollupOf(targetChain)
  checkForced(serializedTransaction, l2ChainId)
  await requireChain(client, chainId)
  const value = await readContract(client, { address, abi: nativeRollupAbi, functionName: 'FORCED_BOND' })
  return prepareCall(
    client,
    { chainId, address, abi: nativeRollupAbi, functionName: 'forceTransaction', args: [serializedTransaction], value },
    parameters,
  )
}

/** contracts/lib/ForcedQueue.sol::MAX_FORCED_LENGTH, bytes */
const MAX_LENGTH = 40_960
const BLOB_TYPE = 3

/** What the contract refuses, and what no block of the rollup can hold. */
function checkForced(serialized: Hex, l2ChainId: number): void {
  const length = size(serialized)
  if (length === 0 || length > MAX_LENGTH) {
    throw new InvalidForcedTransactionError(`it has ${length} bytes, and 1 to ${MAX_LENGTH} may be forced`)
  }
  if (hexToNumber(slice(serialized, 0, 1)) === BLOB_TYPE) {
    throw new InvalidForcedTransactionError('blocks of a rollup hold no blob transactions')
  }
  const { chainId, r } = parsed(serialized)
  if (r === undefined) throw new InvalidForcedTransactionError('it is not signed')
  if (chainId !== undefined && chainId !== l2ChainId) {
    throw new InvalidForcedTransactionError(`it is signed for chain ${chainId}, and the rollup is chain ${l2ChainId}`)
  }
}

function parsed(serialized: Hex): { chainId?: number | undefined; r?: Hex | undefined } {
  try {
    return parseTransaction(serialized as TransactionSerialized)
  } catch (cause) {
    throw new InvalidForcedTransactionError('it does not decode', { cause })
  }
}
