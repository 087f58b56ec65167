import {
  type Account,
  type Chain,
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hex,
  http,
  type PublicClient,
  type TransactionReceipt,
  type Transport,
  type WalletClient,
} from 'viem'
import { devAccount } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import type { RollupDeployment } from '../../genesis/types.ts'

/** How often viem asks again while it waits. */
const POLLING_MS = 20
const MESSAGE_GAS = 300_000n
const GIVE_UP_MS = 60_000

export type BenchClient = {
  account: ReturnType<typeof devAccount>
  wallet: WalletClient<Transport, Chain, Account>
  reader: PublicClient<Transport, Chain>
}

/** A viem client over HTTP for one of the dev accounts. */
export function createBenchClient(url: string, chainId: number, accountIndex: number): BenchClient {
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  })
  const transport = http(url, { retryCount: 0, timeout: GIVE_UP_MS })
  const account = devAccount(accountIndex)
  const wallet = createWalletClient({ chain, transport, account, pollingInterval: POLLING_MS })
  const reader = createPublicClient({ chain, transport, pollingInterval: POLLING_MS, cacheTime: 0 })
  return { account, wallet, reader }
}

/** Asks every 20 ms until `check` gives something. */
export async function until<T>(what: string, check: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + GIVE_UP_MS
  for (;;) {
    const found = await check()
    if (found !== undefined) return found
    if (performance.now() > deadline) throw new Error(`gave up waiting for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, POLLING_MS))
  }
}

export async function succeeded({ reader }: BenchClient, hash: Hex): Promise<TransactionReceipt> {
  const receipt = await reader.waitForTransactionReceipt({ hash, timeout: GIVE_UP_MS })
  if (receipt.status !== 'success') throw new Error(`transaction ${hash} failed`)
  return receipt
}

/** Sends ETH to an L2 account; resolves with the transaction's hash, without waiting for it. */
export function deposit(l1: BenchClient, deployment: RollupDeployment, to: Hex, value: bigint): Promise<Hex> {
  return l1.wallet.writeContract({
    address: deployment.l1.messenger,
    abi: l1Messenger.abi,
    functionName: 'sendMessage',
    args: [to, 0n, MESSAGE_GAS, '0x'],
    value,
  })
}

/** Starts a withdrawal to an L1 account; resolves with the transaction's hash, without waiting for it. */
export function withdraw(l2: BenchClient, deployment: RollupDeployment, to: Hex, value: bigint): Promise<Hex> {
  return l2.wallet.writeContract({
    address: deployment.l2.messenger,
    abi: l2Messenger.abi,
    functionName: 'sendMessage',
    args: [to, 0n, MESSAGE_GAS, '0x'],
    value,
  })
}

export type Claim = { calldata: Hex; to: Hex }

/** Waits until the withdrawal of an L2 transaction is settled and final; gives what claims it on L1. */
export function claimable({ reader }: BenchClient, txHash: Hex): Promise<Claim> {
  const ask = <T>(method: string, params: unknown[]) => reader.request({ method, params } as never) as Promise<T>
  return until('a settled withdrawal', async () => {
    const [withdrawal] = await ask<{ status: string }[]>('rollup_getWithdrawals', [{ txHash }])
    if (withdrawal?.status !== 'ready-to-claim') return undefined
    const answer = await ask<Claim | Claim[]>('rollup_getWithdrawalProof', [txHash])
    return Array.isArray(answer) ? answer[0] : answer
  })
}
