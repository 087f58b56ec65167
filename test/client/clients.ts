import {
  type DevnetChains,
  getDevnetChains,
  type NativeRollupChain,
  publicActionsL1,
  publicActionsL2,
  walletActionsL1,
  walletActionsL2,
} from 'reenact/viem'
import { type Chain, createWalletClient, type HDAccount, http, publicActions } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import type { TestDevnet } from '../e2e/devnet.ts'

const MNEMONIC = 'test test test test test test test test test test test junk'
/** milliseconds: what is waited for takes tens of them */
const POLLING = 20

/** One of the accounts that every devnet funds. */
export function devAccount(addressIndex = 0): HDAccount {
  return mnemonicToAccount(MNEMONIC, { addressIndex })
}

/** A client of L1 with everything, for a dev account. */
export function l1ClientOf(chain: Chain, account = devAccount()) {
  return createWalletClient({ account, chain, transport: http(), pollingInterval: POLLING })
    .extend(publicActions)
    .extend(publicActionsL1())
    .extend(walletActionsL1())
}

/** A client of L2 with everything, for a dev account. */
export function l2ClientOf(chain: NativeRollupChain, account = devAccount()) {
  return createWalletClient({ account, chain, transport: http(), pollingInterval: POLLING })
    .extend(publicActions)
    .extend(publicActionsL2())
    .extend(walletActionsL2())
}

export type Scene = {
  chains: DevnetChains
  l1: ReturnType<typeof l1ClientOf>
  l2: ReturnType<typeof l2ClientOf>
}

/** Clients of both chains of a devnet, as users make them. */
export async function clientsOf({ l1Url }: TestDevnet): Promise<Scene> {
  const chains = await getDevnetChains(l1Url)
  return { chains, l1: l1ClientOf(chains.l1), l2: l2ClientOf(chains.l2) }
}
