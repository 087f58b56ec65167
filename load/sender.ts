import { keccak256, type LocalAccount, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { ask, askMany } from './ask.ts'
import type { ChainTarget, Hex } from './types.ts'

export type Call = { to?: Hex; data?: Hex; value?: bigint; gas: bigint }

export type Signed = { hash: Hex; raw: Hex }

/** An account of one chain that signs with its own count of nonces. */
export type Sender = {
  readonly address: Hex
  /** with the next nonce; what is signed must be sent */
  sign(call: Call): Promise<Signed>
}

const GWEI = 1_000_000_000n
/** No base fee of a devnet under load comes near it. */
const FEES = { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI }

export async function createSender(
  chain: Pick<ChainTarget, 'url' | 'chainId'>,
  account: LocalAccount,
): Promise<Sender> {
  let nonce = Number(await ask<Hex>(chain.url, 'eth_getTransactionCount', [account.address, 'pending']))
  return {
    address: account.address,
    async sign(call) {
      const fields = { type: 'eip1559', chainId: chain.chainId, nonce: nonce++, ...FEES, ...call } as const
      const raw = await account.signTransaction(fields)
      return { hash: keccak256(raw), raw }
    },
  }
}

/** In the order of the calls. */
export const signAll = ({ sign }: Sender, calls: readonly Call[]): Promise<Signed[]> => Promise.all(calls.map(sign))

/** The accounts of one seed, the same in every run, so that a second run finds them funded. */
export function accountsOf(seed: number, count: number): LocalAccount[] {
  return Array.from({ length: count }, (_, index) =>
    privateKeyToAccount(keccak256(toHex(`reenact load ${seed} ${index}`))),
  )
}

/** Hands signed transactions to the node, in their order. Throws LoadError REFUSED with the node's words. */
export async function sendAll(url: string, signed: readonly { raw: Hex }[]): Promise<void> {
  await askMany<Hex>(
    url,
    'eth_sendRawTransaction',
    signed.map(({ raw }) => [raw]),
  )
}

export type Receipt = {
  transactionHash: Hex
  status: Hex
  gasUsed: Hex
  blockNumber: Hex
  contractAddress: Hex | null
  logs: readonly { address: Hex; topics: [Hex, ...Hex[]]; data: Hex }[]
}
