import {
  createPublicClient,
  createWalletClient,
  defineChain,
  encodeFunctionData,
  type Hex,
  http,
  parseEventLogs,
  type TransactionReceipt,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { DEV_PRIVATE_KEYS } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import type { RollupDeployment } from '../../genesis/types.ts'

/** How often viem asks again while it waits; events are awaited, nothing sleeps for a fixed time. */
const POLLING_MS = 20

export type Client = ReturnType<typeof clientFor>

/** A viem public and wallet client in one, over HTTP, for one of the dev accounts. */
export function clientFor(url: string, chainId: number, accountIndex = 0) {
  const key = DEV_PRIVATE_KEYS[accountIndex]
  if (key === undefined) throw new RangeError(`no dev account ${accountIndex}`)
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  })
  const transport = http(url, { retryCount: 0, timeout: 60_000 })
  const account = privateKeyToAccount(key)
  const wallet = createWalletClient({ chain, transport, account, pollingInterval: POLLING_MS })
  const reader = createPublicClient({ chain, transport, pollingInterval: POLLING_MS, cacheTime: 0 })
  return { url, chain, account, wallet, reader }
}

/** Asks until `check` gives something; fails after `timeoutMs`. */
export async function until<T>(what: string, check: () => Promise<T | undefined>, timeoutMs = 30_000): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await check()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, POLLING_MS))
  }
}

/** Waits for a receipt and requires that the transaction succeeded. */
export async function succeeded(client: Client, hash: Hex): Promise<TransactionReceipt> {
  const receipt = await client.reader.waitForTransactionReceipt({ hash, timeout: 60_000 })
  if (receipt.status !== 'success') throw new Error(`transaction ${hash} failed`)
  return receipt
}

export const MESSAGE_GAS = 300_000n

/** Sends ETH to an L2 account through the L1 messenger; gives the message's index. */
export async function deposit(l1: Client, deployment: RollupDeployment, to: Hex, value: bigint): Promise<bigint> {
  const hash = await l1.wallet.writeContract({
    address: deployment.l1.messenger,
    abi: l1Messenger.abi,
    functionName: 'sendMessage',
    args: [to, 0n, MESSAGE_GAS, '0x'],
    value,
  })
  const receipt = await succeeded(l1, hash)
  const [sent] = parseEventLogs({ abi: l1Messenger.abi, eventName: 'MessageSent', logs: receipt.logs })
  if (sent === undefined) throw new Error('no MessageSent event')
  return sent.args.index
}

/** Starts a withdrawal on L2; gives the transaction. */
export async function withdraw(l2: Client, deployment: RollupDeployment, to: Hex, value: bigint): Promise<Hex> {
  const hash = await l2.wallet.writeContract({
    address: deployment.l2.messenger,
    abi: l2Messenger.abi,
    functionName: 'sendMessage',
    args: [to, 0n, MESSAGE_GAS, '0x'],
    value,
  })
  await succeeded(l2, hash)
  return hash
}

export type ProofAnswer = { calldata: Hex; to: Hex; l2Block: Hex }

/** Waits until the withdrawals of an L2 transaction can be claimed; gives what to send to L1. */
export function claimable(l2: Client, txHash: Hex, timeoutMs = 30_000): Promise<ProofAnswer> {
  return until(
    'a claimable withdrawal',
    async () => {
      const [withdrawal] = await rpc<{ status: string }[]>(l2, 'rollup_getWithdrawals', [{ txHash }])
      if (withdrawal?.status !== 'ready-to-claim') return undefined
      const answer = await rpc<ProofAnswer | ProofAnswer[]>(l2, 'rollup_getWithdrawalProof', [txHash])
      return Array.isArray(answer) ? answer[0] : answer
    },
    timeoutMs,
  )
}

/** A call of any method, typed by the caller. */
export function rpc<T>(client: Client, method: string, params: unknown[]): Promise<T> {
  return client.reader.request({ method, params } as never) as Promise<T>
}

export { encodeFunctionData }
