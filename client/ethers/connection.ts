import type { JsonRpcApiProvider, Signer, TransactionResponse } from 'ethers'
import { type Chain, createClient, type Hash } from 'viem'
import type { Reader } from '../actions/reader.ts'
import type { Sender, TransactionOptions } from '../actions/sendCall.ts'
import type { NativeRollupChain } from '../chains.ts'
import { AccountRequiredError, ProviderRequiredError } from '../errors.ts'
import { withEthersErrors } from './failure.ts'
import { readTransport, sendTransport } from './transport.ts'
import { toAddress } from './values.ts'

/** One chain as ethers knows it: a provider, or a signer that has one. Without a signer it can only be read. */
export type EthersPeer = Signer | JsonRpcApiProvider

/** What every method that sends takes besides; what is left out is asked of the node. Wei and gas. */
export type EthersSendOptions = {
  /** who sends, instead of the signer that the SDK was made with: a browser's wallet, for instance */
  signer?: Signer
  gasLimit?: bigint
  maxFeePerGas?: bigint
  maxPriorityFeePerGas?: bigint
  nonce?: number
}

/** An action of viem that sends, and tells the hash of what it sent last. */
export type Sending = (client: Sender, options: TransactionOptions) => Promise<Hash>

/** One chain, for reading and sending. */
export type Connection = {
  /** who sends, unless another signer is given */
  signer: Signer | undefined
  /** Reads by actions of viem. */
  read<Result>(action: (client: Reader) => Promise<Result>): Promise<Result>
  /** Actions as methods, as a decorator of viem gives them. */
  actions<Actions extends object>(decorate: (client: Sender) => Actions): Actions
  /** Sends by an action of viem: the transaction of ethers. */
  send(options: EthersSendOptions, action: Sending): Promise<TransactionResponse>
}

/** @param chain of the rollup, on its own side */
export function connect(peer: EthersPeer, chain?: NativeRollupChain): Connection {
  const provider = providerOf(peer)
  const about = { chain: chain as Chain | undefined, ...pollingOf(provider) }
  const own = isSigner(peer) ? peer : undefined
  const reader = createClient({ ...about, transport: readTransport(provider) })
  return {
    signer: own,
    read: (action) => withEthersErrors(() => action(reader)),
    actions: (decorate) => guarded(decorate(reader)),
    send: ({ signer = own, gasLimit, ...fees }, action) =>
      withEthersErrors(async () => {
        if (signer === undefined) throw new AccountRequiredError('pass a Signer of ethers as `signer`')
        let last: TransactionResponse | undefined
        const transport = sendTransport(providerOf(signer), signer, (response) => {
          last = response
        })
        const client = createClient({ ...about, account: await toAddress(signer), transport })
        await action(client, { ...fees, ...(gasLimit === undefined ? {} : { gas: gasLimit }) })
        if (last === undefined) throw new Error('the action sent nothing')
        return last
      }),
  }
}

/** The same methods; what fails in them is told as ethers tells it. */
function guarded<Actions extends object>(actions: Actions): Actions {
  type Method = (...parameters: unknown[]) => Promise<unknown>
  const methods = Object.entries(actions).map(([name, action]: [string, Method]) => [
    name,
    (...parameters: unknown[]) => withEthersErrors(() => action(...parameters)),
  ])
  return Object.fromEntries(methods)
}

function isSigner(peer: EthersPeer): peer is Signer {
  return typeof peer === 'object' && 'signTransaction' in peer
}

/** Throws ProviderRequiredError. */
export function providerOf(peer: EthersPeer): JsonRpcApiProvider {
  const provider = isSigner(peer) ? peer.provider : peer
  if (typeof provider !== 'object' || provider === null || !('send' in provider)) throw new ProviderRequiredError()
  return provider as JsonRpcApiProvider
}

/** As often as the provider asks by itself. */
function pollingOf(provider: JsonRpcApiProvider): { pollingInterval?: number } {
  if (!('pollingInterval' in provider) || typeof provider.pollingInterval !== 'number') return {}
  return { pollingInterval: provider.pollingInterval }
}
