import {
  type Abi,
  type Account,
  type Address,
  BaseError,
  type Chain,
  type Client,
  type ContractFunctionArgs,
  type ContractFunctionName,
  ContractFunctionRevertedError,
  defineChain,
  encodeFunctionData,
  type Hash,
  type Hex,
  type Transport,
} from 'viem'
import { estimateContractGas, estimateFeesPerGas, getBalance, getChainId, getCode, sendTransaction } from 'viem/actions'
import { parseAccount } from 'viem/utils'
import { ETHER } from '../chains.ts'
import {
  AccountRequiredError,
  InsufficientFundsError,
  NotARollupError,
  type RollupClientError,
  WrongChainError,
} from '../errors.ts'

/** A client that may send: with an account, or with one in the parameters. */
export type Sender = Client<Transport, Chain | undefined, Account | undefined>

/** What every action that sends a transaction takes; what is left out is asked of the node. Wei and gas. */
export type TransactionOptions = {
  account?: Account | Address | undefined
  gas?: bigint | undefined
  maxFeePerGas?: bigint | undefined
  maxPriorityFeePerGas?: bigint | undefined
  nonce?: number | undefined
}

type Mutability = 'nonpayable' | 'payable'

/** Errors of a contract by their names, as errors of this library. */
export type Refusals = {
  readonly [error: string]: (args: readonly unknown[], options: ErrorOptions) => RollupClientError
}

/** One call of a contract; `chainId` is where the contract is. */
export type ContractCall<abi extends Abi, name extends ContractFunctionName<abi, Mutability>> = {
  chainId: number
  address: Address
  abi: abi
  functionName: name
  args: ContractFunctionArgs<abi, Mutability, name>
  value?: bigint
  /** gas on top of the estimate, for what others may do before it runs */
  spareGas?: bigint
  /** the state that it is tried on; default: the node's choice */
  blockTag?: 'pending'
  refusals?: Refusals
}

/** A call that was checked and tried, for any signer on chain `chainId`. Wei and gas. */
export type PreparedCall = { chainId: number; to: Address; data: Hex; value: bigint; gas: bigint }

/** Gas of one more level of a tree of messages, in case others send messages before this one runs. */
export const TREE_LEVEL_GAS = 110_000n

/**
 * Checks account, chain and funds, and tries the call by estimating its gas, so that a refusal is known, with its reason,
 * before anything is paid. With `gas` given it is not tried.
 *
 * @throws AccountRequiredError, WrongChainError, NotARollupError, InsufficientFundsError, one of `refusals`, and viem's
 * ContractFunctionExecutionError with the contract's error in it
 */
export async function prepareCall<const abi extends Abi, name extends ContractFunctionName<abi, Mutability>>(
  client: Sender,
  call: ContractCall<abi, name>,
  options: TransactionOptions,
): Promise<PreparedCall> {
  const { chainId, address: to, value = 0n } = call
  const { address } = senderOf(client, options)
  const [, code, balance] = await Promise.all([
    requireChain(client, chainId),
    getCode(client, { address: to }),
    getBalance(client, { address }),
  ])
  // an address without code takes any call, and keeps the value
  if (code === undefined) throw new NotARollupError(`Chain ${chainId} has no contract at ${to}`)
  if (balance < value) throw new InsufficientFundsError({ address, chainId, balance, needed: value })
  const [gas, price] = await Promise.all([
    options.gas ?? estimateGas(client, call, options),
    options.maxFeePerGas ?? estimateFeesPerGas(client).then(({ maxFeePerGas }) => maxFeePerGas),
  ])
  const needed = value + gas * price
  if (balance < needed) throw new InsufficientFundsError({ address, chainId, balance, needed })
  return { chainId, to, data: encodeFunctionData(call as never), value, gas }
}

/** Signs and sends what was prepared. Throws AccountRequiredError and what viem's sendTransaction throws. */
export function sendPrepared(
  client: Sender,
  { chainId, to, data, value, gas }: PreparedCall,
  { account, maxFeePerGas, maxPriorityFeePerGas, nonce }: TransactionOptions,
): Promise<Hash> {
  const options = { account: senderOf(client, { account }), maxFeePerGas, maxPriorityFeePerGas, nonce }
  return sendTransaction(client, { to, data, value, gas, ...options, chain: chainOf(client, chainId) } as never)
}

/** With it viem signs for this chain alone, whatever the node says then that it is of. */
function chainOf({ chain }: Sender, id: number): Chain {
  if (chain?.id === id) return chain
  return defineChain({ id, name: `chain ${id}`, nativeCurrency: ETHER, rpcUrls: { default: { http: [] } } })
}

/** Prepares a call and sends it. Throws what prepareCall and sendPrepared throw. */
export async function sendCall<const abi extends Abi, name extends ContractFunctionName<abi, Mutability>>(
  client: Sender,
  call: ContractCall<abi, name>,
  options: TransactionOptions,
): Promise<Hash> {
  return sendPrepared(client, await prepareCall(client, call, options), options)
}

/** Who sends. Throws AccountRequiredError. */
export function senderOf(
  client: Sender,
  { account = client.account }: { account?: Account | Address | undefined },
): Account {
  if (account === undefined) throw new AccountRequiredError()
  return parseAccount(account)
}

/** Throws WrongChainError when the node of a client is of another chain. */
export async function requireChain(client: Sender, expected: number): Promise<void> {
  const actual = await getChainId(client)
  if (actual !== expected) throw new WrongChainError({ expected, actual })
}

/** What a call takes, its spare gas included. Throws one of its refusals, or viem's errors. */
export async function estimateGas<const abi extends Abi, name extends ContractFunctionName<abi, Mutability>>(
  client: Sender,
  { address, abi, functionName, args, value, blockTag, spareGas = 0n, refusals = {} }: ContractCall<abi, name>,
  options: { account?: Account | Address | undefined },
): Promise<bigint> {
  // by the address alone: for an account that signs here viem would ask for nonce and fees as well
  const request = { address, abi, functionName, args, value, blockTag, account: senderOf(client, options).address }
  try {
    return (await estimateContractGas(client, request as never)) + spareGas
  } catch (cause) {
    const isRevert = (each: unknown) => each instanceof ContractFunctionRevertedError
    const reverted = cause instanceof BaseError ? (cause.walk(isRevert) as ContractFunctionRevertedError | null) : null
    const { errorName = '', args: values = [] } = reverted?.data ?? {}
    throw refusals[errorName]?.(values, { cause }) ?? cause
  }
}
