import {
  type Chain,
  type Client,
  createClient,
  type HttpTransport,
  http,
  type LocalAccount,
  type PublicActions,
  publicActions,
  type TestActions,
  testActions,
  type WalletActions,
  walletActions,
} from 'viem'
import {
  type DevnetActions,
  devnetActions,
  type NativeRollupChain,
  type PublicActionsL1,
  type PublicActionsL2,
  publicActionsL1,
  publicActionsL2,
  type RollupActions,
  rollupActions,
  type WalletActionsL1,
  type WalletActionsL2,
  walletActionsL1,
  walletActionsL2,
} from '../client/viem.ts'

/** A client of L1 with everything: viem's public, wallet and test actions, and all of this package. */
export type DevnetL1Client = Client<
  HttpTransport,
  Chain,
  LocalAccount,
  undefined,
  PublicActions<HttpTransport, Chain, LocalAccount> &
    WalletActions<Chain, LocalAccount> &
    TestActions &
    RollupActions &
    DevnetActions &
    PublicActionsL1 &
    WalletActionsL1
>

/** A client of a rollup with everything: viem's public, wallet and test actions, and all of this package. */
export type DevnetL2Client = Client<
  HttpTransport,
  NativeRollupChain,
  LocalAccount,
  undefined,
  PublicActions<HttpTransport, NativeRollupChain, LocalAccount> &
    WalletActions<NativeRollupChain, LocalAccount> &
    TestActions &
    RollupActions &
    DevnetActions &
    PublicActionsL2 &
    WalletActionsL2
>

/** The chains answer at once: asking every 20 ms is soon enough, and nothing may come from a cache. */
const SETTINGS = { pollingInterval: 20, cacheTime: 0 } as const
/** A call changes a devnet once, and some take longer than viem waits by itself. Milliseconds. */
const HTTP = { retryCount: 0, timeout: 60_000 } as const

/** Sends for `account` on L1. */
export function devnetL1Client(chain: Chain, account: LocalAccount): DevnetL1Client {
  return createClient({ ...SETTINGS, chain, account, transport: http(undefined, HTTP) })
    .extend(publicActions)
    .extend(walletActions)
    .extend(testActions({ mode: 'anvil' }))
    .extend(rollupActions())
    .extend(devnetActions())
    .extend(publicActionsL1())
    .extend(walletActionsL1())
}

/** Sends for `account` on a rollup. */
export function devnetL2Client(chain: NativeRollupChain, account: LocalAccount): DevnetL2Client {
  return createClient({ ...SETTINGS, chain, account, transport: http(undefined, HTTP) })
    .extend(publicActions)
    .extend(walletActions)
    .extend(testActions({ mode: 'anvil' }))
    .extend(rollupActions())
    .extend(devnetActions())
    .extend(publicActionsL2())
    .extend(walletActionsL2())
}
