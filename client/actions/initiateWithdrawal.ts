import type { Address, Hash, Hex } from 'viem'
import { l2MessengerAbi } from '../abis/l2Messenger.ts'
import type { NativeRollupChain } from '../chains.ts'
import { rollupFromL2 } from './rollupOfClient.ts'
import {
  type ContractCall,
  estimateGas,
  type PreparedCall,
  prepareCall,
  type Sender,
  senderOf,
  sendPrepared,
  TREE_LEVEL_GAS,
  type TransactionOptions,
} from './sendCall.ts'

export type InitiateWithdrawalParameters = TransactionOptions & {
  /** who is called on L1; default: who sends it */
  to?: Address | undefined
  /** wei that the receiver gets */
  value?: bigint | undefined
  data?: Hex | undefined
  /** wei for whoever claims it on L1, on top of `value` */
  fee?: bigint | undefined
  /** gas that the call gets on L1, state gas included; default: 300,000, with `data` 2,000,000 */
  l1GasLimit?: bigint | undefined
  /** for a client without a chain */
  chain?: NativeRollupChain | undefined
}
export type InitiateWithdrawalReturnType = Hash
export type EstimateInitiateWithdrawalGasParameters = InitiateWithdrawalParameters
export type EstimateInitiateWithdrawalGasReturnType = bigint

/**
 * Gas that nobody pays unless it is used, but that the claim must bring along. Too little makes a message undeliverable, so
 * these are generous: enough for a contract wallet that notes what it gets, and for a call that writes a dozen slots.
 */
const PLAIN_GAS = 300_000n
export const CALL_GAS = 2_000_000n

/**
 * Sends ETH, and a call if there is `data`, to L1, where it is claimed once its block is settled.
 *
 * @throws RollupClientError, viem's errors
 * @example const hash = await initiateWithdrawal(l2, { value: parseEther('0.5') })
 */
export async function initiateWithdrawal(
  client: Sender,
  parameters: InitiateWithdrawalParameters,
): Promise<InitiateWithdrawalReturnType> {
  return sendPrepared(client, await prepareInitiateWithdrawal(client, parameters), parameters)
}

/** What initiateWithdrawal sends, checked and tried. */
export async function prepareInitiateWithdrawal(
  client: Sender,
  parameters: InitiateWithdrawalParameters,
): Promise<PreparedCall> {
  return prepareCall(client, withdrawalCall(client, parameters), parameters)
}

/** Gas that initiateWithdrawal takes on L2. Throws what it throws. */
export async function estimateInitiateWithdrawalGas(
  client: Sender,
  parameters: EstimateInitiateWithdrawalGasParameters,
): Promise<EstimateInitiateWithdrawalGasReturnType> {
  return estimateGas(client, withdrawalCall(client, parameters), parameters)
}

function withdrawalCall(
  client: Sender,
  parameters: InitiateWithdrawalParameters,
): ContractCall<typeof l2MessengerAbi, 'sendMessage'> {
  const { to, value = 0n, data = '0x', fee = 0n, l1GasLimit, chain } = parameters
  const { l2ChainId, l2Messenger } = rollupFromL2(client, chain)
  const gasLimit = l1GasLimit ?? (data === '0x' ? PLAIN_GAS : CALL_GAS)
  return {
    chainId: l2ChainId,
    address: l2Messenger,
    abi: l2MessengerAbi,
    functionName: 'sendMessage',
    args: [to ?? senderOf(client, parameters).address, fee, gasLimit, data],
    value: value + fee,
    spareGas: TREE_LEVEL_GAS,
  }
}
