import { decodeEventLog, encodeEventTopics } from 'viem'
import { expect } from 'vitest'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { L2_DEV_BALANCE } from '../../genesis/parameters.ts'
import type { RollupDeployment } from '../../genesis/types.ts'
import { type Access, balanceOf, type Hex, nonceOf, type Receipt, type RpcLog } from './chainAccess.ts'
import { until } from './clients.ts'
import { type Chains, type Layer, type Ledger, LOAD_ACCOUNTS, type Receipted, type Transfer } from './load.ts'

/** Checks of a devnet that was stopped in some rough way, against what it had told before. */

/**
 * Every receipt that was handed out is there. On L1 it is the same, byte for byte; on L2 a block that was not settled
 * may have been built again, so that the transaction may be in another block, but it is in one, with the same status.
 */
export async function checkReceipts(chains: Chains, ledger: Ledger): Promise<void> {
  const ofL1 = ledger.receipts.filter(({ layer }) => layer === 'l1')
  expect(await receiptsOf(chains.l1, ofL1)).toEqual(ofL1.map(({ receipt }) => receipt))
  const ofL2 = ledger.receipts.filter(({ layer }) => layer === 'l2')
  const found = await until('all receipts on L2', async () => {
    const receipts = await receiptsOf(chains.l2, ofL2)
    return receipts.includes(null) ? undefined : receipts
  })
  const facts = (receipt: Receipt | null) => [receipt?.transactionHash, receipt?.status, receipt?.logs.length]
  expect(found.map(facts)).toEqual(ofL2.map(({ receipt }) => facts(receipt)))
}

const receiptsOf = (chain: Access, receipts: readonly Receipted[]): Promise<(Receipt | null)[]> =>
  chain.batch<Receipt | null>(
    'eth_getTransactionReceipt',
    receipts.map(({ hash }) => [hash]),
  )

type Status = { queue: { deposits: Hex; blocksToSettle: Hex }; settler: { lastError?: string } }

/** Waits until everything is settled and every deposit has arrived. */
export async function quiet({ l2 }: Chains): Promise<void> {
  let status: Status | undefined
  await until('everything to be settled and delivered', async () => {
    status = await l2.call<Status>('rollup_status')
    const { deposits, blocksToSettle } = status.queue
    return BigInt(deposits) === 0n && BigInt(blocksToSettle) === 0n ? true : undefined
  }).catch((error: unknown) => {
    throw new Error(`not quiet: ${JSON.stringify(status)}`, { cause: error })
  })
}

/** Every deposit and withdrawal arrived once, and the escrow on L1 holds what is on L2. Ask of a quiet devnet. */
export async function checkBridge(chains: Chains, deployment: RollupDeployment, ledger: Ledger): Promise<void> {
  const { messenger } = deployment.l1
  const [sentOnL1, deliveredOnL2, sentOnL2, deliveredOnL1] = await Promise.all([
    eventsOf(chains.l1, messenger, 'MessageSent'),
    eventsOf(chains.l2, deployment.l2.messenger, 'MessageDelivered'),
    eventsOf(chains.l2, deployment.l2.messenger, 'MessageSent'),
    eventsOf(chains.l1, messenger, 'MessageDelivered'),
  ])
  for (const sent of [sentOnL1, sentOnL2]) expect(indices(sent)).toEqual(sent.map((_, index) => BigInt(index)))
  expect(indices(deliveredOnL2)).toEqual(indices(sentOnL1))
  expect(indices(deliveredOnL1)).toEqual(indices(sentOnL2))
  await checkPaid(chains.l2, ledger.deposits)
  await checkPaid(chains.l1, ledger.withdrawals)
  const backing = 11n * L2_DEV_BALANCE
  expect(await balanceOf(chains.l1, messenger)).toBe(backing + totalOf(sentOnL1) - totalOf(sentOnL2))
}

async function checkPaid(chain: Access, transfers: readonly Transfer[]): Promise<void> {
  const balances = await chain.batch<Hex>(
    'eth_getBalance',
    transfers.map(({ to }) => [to, 'latest']),
  )
  expect(balances.map(BigInt)).toEqual(transfers.map(({ value }) => value))
}

type Event = { index: bigint; value: bigint }

async function eventsOf(chain: Access, address: Hex, eventName: 'MessageSent' | 'MessageDelivered'): Promise<Event[]> {
  const topics = encodeEventTopics({ abi: l1Messenger.abi, eventName })
  const logs = await chain.call<RpcLog[]>('eth_getLogs', [{ address, topics, fromBlock: '0x0' }])
  return logs.map((log) => {
    const { args } = decodeEventLog({ abi: l2Messenger.abi, topics: log.topics, data: log.data })
    const { index, value = 0n } = args as { index: bigint; value?: bigint }
    return { index, value }
  })
}

const indices = (events: readonly Event[]): bigint[] =>
  events.map(({ index }) => index).sort((a, b) => (a < b ? -1 : 1))
const totalOf = (events: readonly Event[]): bigint => events.reduce((sum, { value }) => sum + value, 0n)

/** Each nonce was used once, and nothing is left over from an earlier life. Ask of a quiet devnet. */
export async function checkAccounts(chains: Chains, ledger: Ledger): Promise<void> {
  for (const { layer, address } of LOAD_ACCOUNTS) {
    const count = await nonceOf(chains[layer], address, 'latest')
    expect(await nonceOf(chains[layer], address, 'pending')).toBe(count)
    const nonces = noncesOf(ledger, layer, address)
    expect(new Set(nonces).size).toBe(nonces.length)
    expect(Math.max(-1, ...nonces)).toBeLessThan(count)
  }
}

const noncesOf = ({ receipts }: Ledger, layer: Layer, address: Hex): number[] =>
  receipts.filter((entry) => entry.layer === layer && entry.sender === address).map(({ nonce }) => nonce)

/**
 * Errors, and what is no log line at all, in the log of a process with `--json`: a node that was cut off starts as if it
 * had been stopped. The last line may have been cut, too.
 */
export function errorLines(log: string): string[] {
  const lines = log.split('\n').slice(0, -1)
  return lines.filter((line) => !line.startsWith('{') || JSON.parse(line).level >= ERROR_LEVEL)
}
const ERROR_LEVEL = 50
