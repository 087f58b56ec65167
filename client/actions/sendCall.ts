import type {
  Abi,
  Account,
  Address,
  Chain,
  Client,
  ContractFunctionArgs,
  ContractFunctionName,
  Hash,
  Transport,
} from 'viem'
import { estimateContractGas, getChainId, writeContract } from 'viem/actions'
import { parseAccount } from 'viem/utils'
import { AccountRequiredError, WrongChainError } from '../errors.ts'

/** A client that may send: with an account, or with one in the parameters. */
export type Sender = Client<Transport, Chain | undefined, Account | undefined>

/** What every action that sends a transaction takes; what is left out is asked of the node. Wei and gas. */
export type TransactionOptions = {
  account?: Account | Address
  gas?: bigint
  maxFeePerGas?: bigint
  maxPriorityFeePerGas?: bigint
  nonce?: number
}

type Mutability = 'nonpayable' | 'payable'

/** One call of a contract; `chainId` is where the contract is. */
export type ContractCall<abi extends Abi, name extends ContractFunctionName<abi, Mutability>> = {
  chainId: number
  address: Address
  abi: abi
  functionName: name
  args: ContractFunctionArgs<abi, Mutability, name>
  value?: bigint
}

/**
 * Sends a call whose gas was estimated first, so that a refusal is known, with its reason, before anything is paid.
 *
 * @throws AccountRequiredError, WrongChainError, and viem's ContractFunctionExecutionError with the contract's error in it
 */
export async function sendCall<const abi extends Abi, name extends ContractFunctionName<abi, Mutability>>(
  client: Sender,
  { chainId, ...call }: ContractCall<abi, name>,
  { account = client.account, gas, ...options }: TransactionOptions,
): Promise<Hash> {
  if (account === undefined) throw new AccountRequiredError()
  const actual = await getChainId(client)
  if (actual !== chainId) throw new WrongChainError({ expected: chainId, actual })
  const request = { ...call, account: parseAccount(account), ...options }
  const limit = gas ?? (await estimateContractGas(client, request as never))
  return writeContract(client, { ...request, gas: limit, chain: null } as never)
}
