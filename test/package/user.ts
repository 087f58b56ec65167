// A user's program, compiled in projects that have nothing but the package (`npm run check:package`), with every check of
// libraries on and declarations emitted. It is never run.
import { nativeRollupAbi } from 'reenact/abi'
import {
  defineNativeRollupChain,
  getDevnetChains,
  type L2Head,
  type NativeRollupChain,
  type PublicActionsL1,
  publicActionsL1,
  RollupClientError,
  type WalletActionsL1,
  walletActionsL1,
} from 'reenact/viem'
import { type Client, createClient, createWalletClient, type Hash, http } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'

/** Inferred types of what ours return can be named in declarations of others. */
export const extended = () => createClient({ transport: http() }).extend(publicActionsL1())
export const abi = nativeRollupAbi
export const chain = (options: Parameters<typeof defineNativeRollupChain>[0]) => defineNativeRollupChain(options)

export type Reader = Client & PublicActionsL1
export type Writer = WalletActionsL1

export async function send(url: string, mnemonic: string): Promise<Hash> {
  const { l1, l2 } = await getDevnetChains(url)
  const target: NativeRollupChain = l2
  const account = mnemonicToAccount(mnemonic)
  const wallet = createWalletClient({ account, chain: l1, transport: http() }).extend(walletActionsL1())
  return wallet.sendMessage({ targetChain: target, to: account.address, value: 1n, l2GasLimit: 100_000n })
}

export async function head(targetChain: NativeRollupChain): Promise<L2Head | string> {
  try {
    return await extended().getL2Head({ targetChain })
  } catch (error) {
    if (error instanceof RollupClientError) return `${error.code}: ${error.message}`
    throw error
  }
}
