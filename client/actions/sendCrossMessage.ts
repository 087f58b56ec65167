import type { Address, Hash, Hex } from 'viem'
import { crossMessengerAbi } from '../abis/crossMessenger.ts'
import type { NativeRollupChain } from '../chains.ts'
import { CALL_GAS } from './initiateWithdrawal.ts'
import { rollupFromL2 } from './rollupOfClient.ts'
import {
  type PreparedCall,
  prepareCall,
  type Sender,
  sendPrepared,
  TREE_LEVEL_GAS,
  type TransactionOptions,
} from './sendCall.ts'

export type SendCrossMessageParameters = TransactionOptions & {
  /** chain id of another rollup of the same L1; whether it exists nobody can tell here */
  destination: number
  /** who is called there */
  to: Address
  data?: Hex | undefined
  /** gas that the call gets there, state gas included; default 2,000,000 */
  gasLimit?: bigint | undefined
  /** for a client without a chain */
  chain?: NativeRollupChain | undefined
}
export type SendCrossMessageReturnType = Hash

/**
 * Sends a call, without ETH, to another rollup of the same L1 in one hop. It is claimed there (buildClaimCrossMessage,
 * claimCrossMessage) once its block is settled and the other rollup has seen an L1 block after that.
 *
 * @throws RollupClientError, viem's errors
 * @example const hash = await sendCrossMessage(source, { destination: other.id, to, data })
 */
export async function sendCrossMessage(
  client: Sender,
  parameters: SendCrossMessageParameters,
): Promise<SendCrossMessageReturnType> {
  return sendPrepared(client, await prepareSendCrossMessage(client, parameters), parameters)
}

/** What sendCrossMessage sends, checked and tried. */
export async function prepareSendCrossMessage(
  client: Sender,
  parameters: SendCrossMessageParameters,
): Promise<PreparedCall> {
  const { destination, to, data = '0x', gasLimit = CALL_GAS, chain } = parameters
  const { l2ChainId, crossMessenger } = rollupFromL2(client, chain)
  return prepareCall(
    client,
    {
      chainId: l2ChainId,
      address: crossMessenger,
      abi: crossMessengerAbi,
      functionName: 'sendMessage',
      args: [BigInt(destination), to, gasLimit, data],
      spareGas: TREE_LEVEL_GAS,
    },
    parameters,
  )
}
