import type { AddressLike, TransactionResponse } from 'ethers'
import { depositErc20 } from '../actions/depositErc20.ts'
import { getL2TokenAddress } from '../actions/getL2TokenAddress.ts'
import { withdrawErc20 } from '../actions/withdrawErc20.ts'
import type { NativeRollupChain } from '../chains.ts'
import type { Connection, EthersSendOptions } from './connection.ts'
import { optionalAddress, toAddress } from './values.ts'

/** Tokens to the other chain. */
export type TokenRequest = {
  /** where they are: on L1 for `deposit`, on L2 for `withdraw` */
  token: AddressLike
  /** units of the token */
  amount: bigint
  /** who gets them on the other chain; default: who sends them */
  to?: AddressLike
  /** wei for whoever delivers them there */
  fee?: bigint
}

/** ERC-20 tokens. A deposit is waited for with `deposits`, a withdrawal is waited for and claimed with `withdrawals`. */
export type EthersTokens = {
  /** Brings tokens to L2; they are approved first, in a transaction of its own, when what is approved is too little. */
  deposit(request: TokenRequest & EthersSendOptions): Promise<TransactionResponse>
  /** Sends tokens of L2 to L1; native ones are approved first, as for `deposit`. */
  withdraw(request: TokenRequest & EthersSendOptions): Promise<TransactionResponse>
  /** Where a token of L1 is on L2, or will be: the contract appears with the first deposit. */
  onL2(l1Token: AddressLike): Promise<string>
}

export function createTokens(l1: Connection, l2: Connection, targetChain: NativeRollupChain): EthersTokens {
  return {
    deposit: async ({ token, amount, to, fee, ...options }) => {
      const transfer = { token: await toAddress(token), amount, to: await optionalAddress(to), fee }
      return l1.send(options, (client, rest) => depositErc20(client, { ...rest, ...transfer, targetChain }))
    },
    withdraw: async ({ token, amount, to, fee, ...options }) => {
      const transfer = { token: await toAddress(token), amount, to: await optionalAddress(to), fee }
      return l2.send(options, (client, rest) => withdrawErc20(client, { ...rest, ...transfer }))
    },
    onL2: async (token) => {
      const l1Token = await toAddress(token)
      return l2.read((client) => getL2TokenAddress(client, { l1Token }))
    },
  }
}
