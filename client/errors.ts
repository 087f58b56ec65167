import { type Address, formatEther } from 'viem'

/**
 * Base of everything that this library refuses: `code` is stable, the message says what is wrong and what to do about it.
 */
export abstract class RollupClientError extends Error {
  /** spelled out in every class: minifiers shorten the names of classes */
  abstract override readonly name: string
  abstract readonly code: string
}

/** A client of another chain than the action is for. */
export class WrongChainError extends RollupClientError {
  override readonly name = 'WrongChainError'
  readonly code = 'WRONG_CHAIN'
  readonly expected: number
  readonly actual: number

  constructor({ expected, actual }: { expected: number; actual: number }) {
    super(`This goes to chain ${expected}, and the client is on chain ${actual}: use a client of chain ${expected}.`)
    this.expected = expected
    this.actual = actual
  }
}

/** A chain without the contracts of a native rollup. */
export class NotARollupError extends RollupClientError {
  override readonly name = 'NotARollupError'
  readonly code = 'NOT_A_ROLLUP'

  constructor(what: string) {
    super(`${what}: pass a chain made with defineNativeRollupChain, getRollupChain or getDevnetChains.`)
  }
}

/** An account has too little ETH for a transaction. Wei; `needed` is value and gas, or the value alone when that is too much. */
export class InsufficientFundsError extends RollupClientError {
  override readonly name = 'InsufficientFundsError'
  readonly code = 'INSUFFICIENT_FUNDS'
  readonly address: Address
  readonly chainId: number
  readonly balance: bigint
  readonly needed: bigint

  constructor({
    address,
    chainId,
    balance,
    needed,
  }: { address: Address; chainId: number; balance: bigint; needed: bigint }) {
    const [has, takes] = [balance, needed].map((wei) => formatEther(wei))
    super(
      `${address} has ${has} ETH on chain ${chainId}, and this takes ${takes}: send it the rest first (on a devnet: rollup_faucet).`,
    )
    this.address = address
    this.chainId = chainId
    this.balance = balance
    this.needed = needed
  }
}

/** An account has too few of a token. Units of the token. */
export class InsufficientTokensError extends RollupClientError {
  override readonly name = 'InsufficientTokensError'
  readonly code = 'INSUFFICIENT_TOKENS'
  readonly address: Address
  readonly token: Address
  readonly balance: bigint
  readonly needed: bigint

  constructor({
    address,
    token,
    chainId,
    balance,
    needed,
  }: {
    address: Address
    token: Address
    chainId: number
    balance: bigint
    needed: bigint
  }) {
    super(
      `${address} has ${balance} units of token ${token} on chain ${chainId}, and this takes ${needed}: send a smaller amount, or get the rest first.`,
    )
    this.address = address
    this.token = token
    this.balance = balance
    this.needed = needed
  }
}

/** A node that serves one chain alone. */
export class NotADevnetError extends RollupClientError {
  override readonly name = 'NotADevnetError'
  readonly code = 'NOT_A_DEVNET'

  constructor(rpcUrl: string) {
    super(
      `The node at ${rpcUrl} does not run L1 and L2 itself: make the chain with getRollupChain or defineNativeRollupChain.`,
    )
  }
}

/** A transaction needs somebody who sends it. */
export class AccountRequiredError extends RollupClientError {
  override readonly name = 'AccountRequiredError'
  readonly code = 'ACCOUNT_REQUIRED'

  constructor(advice = 'give the wallet client an `account`, or pass one') {
    super(`Nobody to send this transaction: ${advice}.`)
  }
}

/** An ethers provider that knows no JSON-RPC, or a signer without a provider. */
export class ProviderRequiredError extends RollupClientError {
  override readonly name = 'ProviderRequiredError'
  readonly code = 'PROVIDER_REQUIRED'

  constructor() {
    super('No node to ask: pass a JsonRpcProvider, WebSocketProvider or BrowserProvider, or a signer connected to one.')
  }
}

/** A wait took longer than its `timeout`. */
export class WaitTimeoutError extends RollupClientError {
  override readonly name = 'WaitTimeoutError'
  readonly code = 'WAIT_TIMEOUT'
  /** milliseconds */
  readonly timeout: number

  constructor({ timeout, what, reached, advice }: { timeout: number; what: string; reached: string; advice: string }) {
    super(`Waited ${timeout} ms for ${what}; ${reached}. ${advice}`)
    this.timeout = timeout
  }
}

/** A node answers for too few blocks at once to find logs in a chain as long as this. */
export class LogsUnavailableError extends RollupClientError {
  override readonly name = 'LogsUnavailableError'
  readonly code = 'LOGS_UNAVAILABLE'
  /** blocks that the node answered for at once */
  readonly range: bigint

  constructor({
    range,
    fromBlock,
    toBlock,
    cause,
  }: { range: bigint; fromBlock: bigint; toBlock: bigint; cause?: unknown }) {
    super(
      `The node refuses eth_getLogs for more than ${range} blocks at once, too few to look through blocks ${fromBlock} to ${toBlock}: use a node that allows longer ranges.`,
      { cause },
    )
    this.range = range
  }
}
