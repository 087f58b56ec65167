import {
  type Address,
  encodeEventTopics,
  type Hash,
  type Hex,
  isAddressEqual,
  parseEventLogs,
  zeroAddress,
  zeroHash,
} from 'viem'
import { getBlock, readContract } from 'viem/actions'
import { nativeRollupAbi } from '../abis/nativeRollup.ts'
import type { NativeRollupChain, Rollup } from '../chains.ts'
import { ForcedTransactionNotFoundError } from '../forcedErrors.ts'
import type { MessageReceipt } from '../getMessages.ts'
import { logPages } from './logPages.ts'
import type { Reader } from './reader.ts'
import { rollupFromL1 } from './rollupOfClient.ts'

/** A forced transaction: by its place in the queue, its hash on L2 (the newest with it), or what forceTransaction gave. */
export type ForcedTransactionSelector =
  | { id: bigint; hash?: undefined; l1Receipt?: undefined }
  | { hash: Hash; id?: undefined; l1Receipt?: undefined }
  | { l1Receipt: MessageReceipt; id?: undefined; hash?: undefined }
export type GetForcedTransactionParameters = ForcedTransactionSelector & { targetChain: NativeRollupChain }

/**
 * `pending`: the sequencer must include it until `deadline`; `overdue`: it has not, so anyone may make blocks; `included`: a
 * settled block has it, and reclaimBond pays the bond back; `reclaimed`: that was done; `expired`: no block had it in time, the bond is lost.
 */
export type ForcedTransactionStatus = 'pending' | 'overdue' | 'included' | 'reclaimed' | 'expired'

/** Wei; seconds since the epoch. */
export type ForcedTransaction = {
  /** its place in the queue */
  id: bigint
  /** on L2 */
  hash: Hash
  status: ForcedTransactionStatus
  /** who gets the bond back */
  payer: Address
  bond: bigint
  /** L1 time at which it was forced, from which the rollup is open to anyone, and at which it is dropped */
  since: bigint
  deadline: bigint
  expiry: bigint
  /** included: in which block */
  l2BlockNumber: bigint | undefined
}
export type GetForcedTransactionReturnType = ForcedTransaction

/**
 * How far a forced transaction is, from L1 alone.
 *
 * @throws ForcedTransactionNotFoundError
 * @example const { status } = await getForcedTransaction(l1, { l1Receipt, targetChain: l2Chain })
 */
export async function getForcedTransaction(
  client: Reader,
  { targetChain, ...selector }: GetForcedTransactionParameters,
): Promise<GetForcedTransactionReturnType> {
  const rollup = rollupFromL1(client, targetChain)
  const head = await getBlock(client)
  const events = await eventsOf(client, rollup, selector, head.number)
  const contract = { address: rollup.rollup, abi: nativeRollupAbi, blockNumber: head.number } as const
  const { id, txHash: hash, payer } = events.forced.args
  const [bond, toDeadline, toExpiry, [pendingHash, owner], { timestamp: since }] = await Promise.all([
    readContract(client, { ...contract, functionName: 'FORCED_BOND' }),
    readContract(client, { ...contract, functionName: 'FORCED_DEADLINE' }),
    readContract(client, { ...contract, functionName: 'FORCED_EXPIRY' }),
    readContract(client, { ...contract, functionName: 'forcedTransaction', args: [id] }),
    getBlock(client, { blockNumber: events.forced.blockNumber ?? 0n }),
  ])
  const [deadline, expiry] = [since + toDeadline, since + toExpiry]
  const isPending = pendingHash !== zeroHash
  const stored = isPending ? 'pending' : isAddressEqual(owner, zeroAddress) ? 'gone' : 'included'
  const status = statusOf(stored, events.includedIn !== undefined, { now: head.timestamp, deadline, expiry })
  return { id, hash, status, payer, bond, since, deadline, expiry, l2BlockNumber: events.includedIn }
}

/** `gone`: the contract has forgotten it, because its bond was paid back or lost. */
function statusOf(
  stored: 'pending' | 'included' | 'gone',
  wasIncluded: boolean,
  { now, deadline, expiry }: { now: bigint; deadline: bigint; expiry: bigint },
): ForcedTransactionStatus {
  if (stored === 'included') return 'included'
  if (stored === 'gone') return wasIncluded ? 'reclaimed' : 'expired'
  if (now >= expiry) return 'expired'
  return now >= deadline ? 'overdue' : 'pending'
}

/** What the queue has said about it. Throws ForcedTransactionNotFoundError. */
async function eventsOf(
  client: Reader,
  rollup: Rollup,
  { id, hash, l1Receipt }: ForcedTransactionSelector,
  toBlock: bigint,
) {
  const given = l1Receipt === undefined ? id : idIn(l1Receipt, rollup)
  const wanted = given === undefined ? { txHash: hash } : { id: given }
  const forced = await newestEvent(client, rollup, 'TransactionForced', wanted, toBlock)
  if (forced === undefined) {
    throw new ForcedTransactionNotFoundError(
      given === undefined
        ? `Nobody has forced a transaction with the hash ${hash} on L2`
        : `The queue has no transaction ${given}`,
    )
  }
  const included = await newestEvent(client, rollup, 'ForcedIncluded', { id: forced.args.id }, toBlock)
  return { forced, includedIn: included?.args.number }
}

function idIn({ logs, transactionHash }: MessageReceipt, { rollup }: Rollup): bigint {
  const ours = logs.filter(({ address }) => isAddressEqual(address, rollup))
  const [log] = parseEventLogs({ abi: nativeRollupAbi, eventName: 'TransactionForced', logs: ours })
  if (log !== undefined) return log.args.id
  throw new ForcedTransactionNotFoundError(`L1 transaction ${transactionHash} has forced nothing on this rollup`)
}

async function newestEvent<name extends 'TransactionForced' | 'ForcedIncluded'>(
  client: Reader,
  { rollup: address, deployBlock: fromBlock }: Rollup,
  eventName: name,
  args: { id: bigint } | { txHash: Hash | undefined },
  toBlock: bigint,
) {
  const event = { abi: nativeRollupAbi, eventName } as const
  const topics = encodeEventTopics({ ...event, args } as never) as readonly (Hex | null)[]
  for await (const logs of logPages(client, { address, topics, fromBlock, toBlock })) {
    const found = parseEventLogs({ ...event, logs }).at(-1)
    if (found !== undefined) return found
  }
  return undefined
}
