import { encodeEventTopics, type Hash, type Hex, parseEventLogs, type RpcLog, zeroHash } from 'viem'
import { getProof } from 'viem/actions'
import { l2MessengerAbi } from '../abis/l2Messenger.ts'
import type { Rollup } from '../chains.ts'
import { getWithdrawalHash } from '../messageHash.ts'
import { nextTurn, proveLeaf } from '../messageTree.ts'
import { ProofMismatchError } from '../withdrawalErrors.ts'
import { logPages } from './logPages.ts'
import type { Reader } from './reader.ts'

/** Slot 0 of the messenger: the root of all messages that L2 has sent. */
const ROOT_SLOT = zeroHash
const SENT = { abi: l2MessengerAbi, eventName: 'MessageSent' } as const
/** messages that are hashed before others get their turn */
const SLICE = 200

/** From the state root of an L2 block down to a message in the outbox. */
export type OutboxProof = { path: readonly Hex[]; accountProof: readonly Hex[]; storageProof: readonly Hex[] }

/**
 * Proves that the outbox of L2 holds a message after a block: the state by eth_getProof, the tree over all messages from
 * the logs up to there. Whether both are of the same chain is checked, by the root.
 */
export async function proveInOutbox(
  client: Reader,
  rollup: Rollup,
  { index, blockNumber }: { index: bigint; blockNumber: bigint },
): Promise<OutboxProof> {
  const [{ accountProof, storageProof }, leaves] = await Promise.all([
    getProof(client, { address: rollup.l2Messenger, storageKeys: [ROOT_SLOT], blockNumber }),
    fetchLeaves(client, rollup, blockNumber),
  ])
  if (index >= BigInt(leaves.length)) {
    throw new ProofMismatchError(`The L2 node does not have message ${index} up to block ${blockNumber}`)
  }
  const { root, path } = await proveLeaf(leaves, Number(index))
  const [slot] = storageProof
  if (slot === undefined || slot.value !== BigInt(root)) {
    throw new ProofMismatchError(`The logs of L2 up to block ${blockNumber} do not make the outbox of its state`)
  }
  return { path, accountProof, storageProof: slot.proof }
}

/** Hashes of all messages that L2 has sent up to a block, in their order. */
async function fetchLeaves(client: Reader, rollup: Rollup, toBlock: bigint): Promise<Hash[]> {
  const topics = encodeEventTopics(SENT) as [Hex]
  const pages: Leaf[][] = []
  // from the newest page to the oldest; of each only the hashes are kept
  for await (const page of logPages(client, { address: rollup.l2Messenger, topics, fromBlock: 0n, toBlock })) {
    pages.push(await leavesIn(page, rollup))
  }
  const leaves = pages.reverse().flat()
  const missing = leaves.findIndex(({ index }, place) => index !== BigInt(place))
  if (missing === -1) return leaves.map(({ hash }) => hash)
  throw new ProofMismatchError(`The L2 node does not have message ${missing} of those up to block ${toBlock}`)
}

type Leaf = { index: bigint; hash: Hash }

async function leavesIn(logs: readonly RpcLog[], rollup: Rollup): Promise<Leaf[]> {
  const leaves: Leaf[] = []
  for (let first = 0; first < logs.length; first += SLICE) {
    for (const { args } of parseEventLogs({ ...SENT, logs: logs.slice(first, first + SLICE) })) {
      leaves.push({ index: args.index, hash: getWithdrawalHash(args, rollup) })
    }
    await nextTurn()
  }
  return leaves
}
