import { type Account, type Address, concatHex, type Hex } from 'viem'
import { estimateGas } from 'viem/actions'
import type { NativeRollupChain } from '../chains.ts'
import { rpcCodeOf, rpcMessageOf } from '../rpcFailure.ts'
import { WithdrawalFailingError } from '../withdrawalErrors.ts'
import { rollupFromL1 } from './rollupOfClient.ts'
import { type Sender, senderOf } from './sendCall.ts'

export type BuildInitiateWithdrawalParameters = {
  targetChain: NativeRollupChain
  /** who is called on L1; default: who sends it */
  to?: Address | undefined
  /** wei that the receiver gets */
  value?: bigint | undefined
  data?: Hex | undefined
  /** who sends it on L2; default: the client's account */
  account?: Account | Address | undefined
}

/** What initiateWithdrawal takes. */
export type BuildInitiateWithdrawalReturnType = {
  to: Address
  value: bigint
  data: Hex
  l1GasLimit: bigint
  account: Account | Address
  chain: NativeRollupChain
}

/** contracts/lib/Messages.sol::MAX_GAS */
const MAX_MESSAGE_GAS = 8_000_000n
const REVERTED = 3

/**
 * Tries on L1 what a withdrawal would call there, and gives what initiateWithdrawal takes, with a gas limit that has a quarter
 * to spare. The receiver sees the messenger, which names the sender on L2, as in the claim.
 *
 * @throws WithdrawalFailingError when the receiver would refuse it now, AccountRequiredError, viem's errors
 * @example const hash = await initiateWithdrawal(l2, await buildInitiateWithdrawal(l1, { to, data, targetChain: l2Chain }))
 */
export async function buildInitiateWithdrawal(
  client: Sender,
  { targetChain, value = 0n, data = '0x', ...options }: BuildInitiateWithdrawalParameters,
): Promise<BuildInitiateWithdrawalReturnType> {
  const { l1Messenger } = rollupFromL1(client, targetChain)
  const sender = senderOf(client, options)
  const to = options.to ?? sender.address
  const gas = await estimateGas(client, {
    account: l1Messenger,
    to,
    value,
    data,
    stateOverride: [{ address: l1Messenger, code: answerWith(sender.address) }],
  }).catch((cause: unknown) => {
    if (rpcCodeOf(cause) !== REVERTED) throw cause
    throw new WithdrawalFailingError({ to, reason: rpcMessageOf(cause) }, { cause })
  })
  const spare = (gas * 5n) / 4n
  const l1GasLimit = spare < MAX_MESSAGE_GAS ? spare : MAX_MESSAGE_GAS
  return { to, value, data, l1GasLimit, account: options.account ?? sender, chain: targetChain }
}

/** Code that answers every call with an address: PUSH20, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN. */
function answerWith(address: Address): Hex {
  return concatHex(['0x73', address, '0x5f5260205ff3'])
}
