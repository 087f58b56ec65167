import { encodeFunctionData, type LocalAccount } from 'viem'
import { devAccount } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import type { RollupDeployment } from '../../genesis/types.ts'
import type { Random } from '../../scripts/fixtures/random.ts'
import { type Access, type Hex, NodeGone, nonceOf, type Receipt, receiptOf } from './chainAccess.ts'
import { until } from './clients.ts'

export type Layer = 'l1' | 'l2'
export type Chains = Record<Layer, Access>

/** A transaction whose receipt the node has handed out: it may never be lost again. */
export type Receipted = { layer: Layer; hash: Hex; sender: Hex; nonce: number; receipt: Receipt }
/** A message between the layers, to an account that nobody else pays. */
export type Transfer = { txHash: Hex; to: Hex; value: bigint }

/** What the load has been told so far, over all lives of the node. */
export type Ledger = {
  readonly receipts: Receipted[]
  readonly deposits: Transfer[]
  readonly withdrawals: Transfer[]
}

export const emptyLedger = (): Ledger => ({ receipts: [], deposits: [], withdrawals: [] })

/** Each worker has an account of its own, so that nonces need no coordination. */
const SENDERS = { l1Transfers: 2, l2Transfers: 3, deposits: 4, withdrawals: 5, claims: 6 } as const
export const LOAD_ACCOUNTS: readonly { layer: Layer; address: Hex }[] = [
  { layer: 'l1', address: devAccount(SENDERS.l1Transfers).address },
  { layer: 'l2', address: devAccount(SENDERS.l2Transfers).address },
  { layer: 'l1', address: devAccount(SENDERS.deposits).address },
  { layer: 'l2', address: devAccount(SENDERS.withdrawals).address },
  { layer: 'l1', address: devAccount(SENDERS.claims).address },
]

const GWEI = 1_000_000_000n
const FEE_CAP = 100n * GWEI
const MESSAGE_GAS = 300_000n

export type Load = {
  /** ends when the node is gone or `stop` was called; rejects when the node refuses what it should take */
  over: Promise<void>
  stop(): void
}

export type LoadParts = {
  chains: Chains
  deployment: RollupDeployment
  ledger: Ledger
  random: Random
}

/** Transfers on both chains, deposits, withdrawals and their claims, all at once, until stopped or cut off. */
export function startLoad(parts: LoadParts): Load {
  let stopped = false
  const whileUp = async (step: () => Promise<void>): Promise<void> => {
    try {
      while (!stopped) await step()
    } catch (error) {
      stopped = true
      if (!(error instanceof NodeGone)) throw error
    }
  }
  const workers = [
    whileUp(() => transfers(parts, 'l1', SENDERS.l1Transfers)),
    whileUp(() => transfers(parts, 'l2', SENDERS.l2Transfers)),
    whileUp(() => deposits(parts)),
    whileUp(() => withdrawals(parts)),
    whileUp(() => claims(parts)),
  ]
  return {
    over: Promise.all(workers).then(() => undefined),
    stop() {
      stopped = true
    },
  }
}

type Call = { to: Hex; value?: bigint; data?: Hex; gas: bigint }

async function transfers(parts: LoadParts, layer: Layer, sender: number): Promise<void> {
  const calls = Array.from({ length: 1 + parts.random.int(6) }, () => ({
    to: freshAddress(parts.random),
    value: 1_000n,
    gas: 300_000n,
  }))
  await sendAll(parts, layer, sender, calls)
}

async function deposits(parts: LoadParts): Promise<void> {
  const { deployment, ledger, random } = parts
  const wanted = Array.from({ length: 1 + random.int(3) }, () => ({ to: freshAddress(random), value: 10n ** 15n }))
  const calls = wanted.map(({ to, value }) => ({
    to: deployment.l1.messenger,
    value,
    gas: 1_000_000n,
    data: encodeFunctionData({ abi: l1Messenger.abi, functionName: 'sendMessage', args: [to, 0n, MESSAGE_GAS, '0x'] }),
  }))
  await sendAll(parts, 'l1', SENDERS.deposits, calls, (index, txHash) => {
    const transfer = wanted[index]
    if (transfer !== undefined) ledger.deposits.push({ ...transfer, txHash })
  })
}

async function withdrawals(parts: LoadParts): Promise<void> {
  const { deployment, ledger, random } = parts
  const to = freshAddress(random)
  const value = 10n ** 14n
  const data = encodeFunctionData({
    abi: l2Messenger.abi,
    functionName: 'sendMessage',
    args: [to, 0n, MESSAGE_GAS, '0x'],
  })
  const call = { to: deployment.l2.messenger, value, gas: 1_000_000n, data }
  await sendAll(parts, 'l2', SENDERS.withdrawals, [call], (_, txHash) => {
    ledger.withdrawals.push({ to, value, txHash })
  })
}

type Listed = { id: Hex; status: string }

/** Claims what is ready, a few at a time; asks again until something is. */
async function claims(parts: LoadParts): Promise<void> {
  const ready = await readyWithdrawals(parts)
  if (ready.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return
  }
  await claimAll(parts, ready.slice(0, 3))
}

const readyWithdrawals = ({ chains }: LoadParts): Promise<Listed[]> =>
  chains.l2.call<Listed[]>('rollup_getWithdrawals', [{ status: 'ready-to-claim' }])

async function claimAll(parts: LoadParts, ready: readonly Listed[]): Promise<void> {
  const proofs = await parts.chains.l2.batch<{ to: Hex; calldata: Hex }>(
    'rollup_getWithdrawalProof',
    ready.map(({ id }) => [id]),
  )
  const calls = proofs.map(({ to, calldata }) => ({ to, data: calldata, gas: 2_000_000n }))
  await sendAll(parts, 'l1', SENDERS.claims, calls)
  // the claims are on L1; until the node has read them it would name the same withdrawals again
  const claimed = new Set(ready.map(({ id }) => id))
  await until('the claims to be seen', async () =>
    (await readyWithdrawals(parts)).some(({ id }) => claimed.has(id)) ? undefined : true,
  )
}

/** Claims everything that is left, also what has yet to settle. */
export async function claimRest(parts: LoadParts): Promise<void> {
  await until('all withdrawals to be claimed', async () => {
    const listed = await parts.chains.l2.call<Listed[]>('rollup_getWithdrawals', [{}])
    const ready = listed.filter(({ status }) => status === 'ready-to-claim')
    if (ready.length > 0) await claimAll(parts, ready.slice(0, 20))
    return listed.every(({ status }) => status === 'claimed') ? true : undefined
  })
}

/** Sends calls with consecutive nonces, then waits for all receipts and writes them down. */
export async function sendAll(
  { chains, deployment, ledger }: LoadParts,
  layer: Layer,
  sender: number,
  calls: readonly Call[],
  onSuccess: (index: number, hash: Hex) => void = () => undefined,
): Promise<void> {
  const account = devAccount(sender)
  const chain = chains[layer]
  const chainId = layer === 'l1' ? deployment.l1ChainId : deployment.l2ChainId
  const first = await nonceOf(chain, account.address, 'pending')
  const signed = await Promise.all(calls.map((call, index) => sign(account, chainId, first + index, call)))
  const hashes = await chain.batch<Hex>(
    'eth_sendRawTransaction',
    signed.map((raw) => [raw]),
  )
  for (const [index, hash] of hashes.entries()) {
    const receipt = await until(
      `the receipt of ${hash} on ${layer}`,
      async () => (await receiptOf(chain, hash)) ?? undefined,
    )
    ledger.receipts.push({ layer, hash, sender: account.address, nonce: first + index, receipt })
    if (receipt.status === '0x1') onSuccess(index, hash)
  }
}

function sign(account: LocalAccount, chainId: number, nonce: number, { to, value, data, gas }: Call): Promise<Hex> {
  return account.signTransaction({
    type: 'eip1559',
    chainId,
    nonce,
    to,
    gas,
    maxFeePerGas: FEE_CAP,
    maxPriorityFeePerGas: GWEI,
    ...(value === undefined ? {} : { value }),
    ...(data === undefined ? {} : { data }),
  })
}

/** An address that holds nothing: what it has later, it was paid once. */
function freshAddress(random: Random): Hex {
  return `0x${Buffer.from(random.bytes(20)).toString('hex')}`
}
