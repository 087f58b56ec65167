import { encodeFunctionData } from 'viem'
import type { Chain } from '../../node/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { type AnchorProof, fetchAnchorProof } from '../anchor.ts'
import { l2MessengerAbi, readProvenInbox } from '../contracts.ts'
import { MessageError, RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import type { L1MessageRecord, L1View, Message } from '../types.ts'
import { countUntil, type Inbox, inboxLeaf } from './inbox.ts'

type Hex = `0x${string}`

/** What claims a message from L1 on L2. */
export type L1MessageProof = {
  message: Message
  /** its hash */
  leaf: Hex
  /** siblings from the leaf upwards; empty subtrees above are left out */
  path: readonly Hex[]
  /** the inbox root as of an L1 block */
  root: Hex
  l1Block: bigint
  /** under which L2 has that root; absent: the claim proves the root itself, by `inbox` */
  rootId?: bigint
  /** the root in the state of the L1 block whose hash an L2 block carries */
  inbox?: AnchorProof & { anchorTimestamp: bigint }
  /** ready to send to `to` on L2 */
  calldata: Hex
  to: Hex
}

/** `l2Block`: prove by the root that L2 had then; default now. `feeRecipient`: default the sender. */
export type L1MessageProofOptions = { l2Block?: bigint; feeRecipient?: Hex }

export type MessageProofDeps = { chain: Chain; view: L1View; l1: L1Client; inbox: Inbox }

/** contracts/l2/L2Messenger.sol::ROOT_HISTORY */
const ROOT_HISTORY = 64n

/**
 * The proof of a message from L1 as L2Messenger takes it: under a root that it has, else with the proof of one.
 *
 * @throws MessageError NOT_ANCHORED, ROOT_FORGOTTEN, UNKNOWN_BLOCK; RollupError
 */
export async function proveL1Message(
  deps: MessageProofDeps,
  record: L1MessageRecord,
  { l2Block, feeRecipient = record.message.sender }: L1MessageProofOptions,
): Promise<L1MessageProof> {
  const known = provenRoot(deps, record, l2Block)
  if (known !== undefined) return claimUnder(deps, record.message, known, feeRecipient)
  if (l2Block === undefined) return claimWithProof(deps, record, feeRecipient)
  throw notAnchored(`L2 block ${l2Block} has proven no inbox root with message ${record.message.index}`)
}

type KnownRoot = { rootId: bigint; l1Block: bigint; size: number }

/** The newest root of that block's state that holds the message. */
function provenRoot(
  { chain, view, inbox }: MessageProofDeps,
  { message }: L1MessageRecord,
  l2Block: bigint | undefined,
): KnownRoot | undefined {
  const messenger = hexToBytes(view.deployment.l2.messenger)
  const rootAt = (stateRoot: Uint8Array) => readProvenInbox(chain.stateAt(stateRoot), messenger)
  const newest = rootAt(chain.head().header.stateRoot)
  const proven = l2Block === undefined ? newest : rootAt(requireHeader(chain, l2Block).stateRoot)
  if (proven === undefined || newest === undefined) return undefined
  const { rootId, l1Block, root } = proven
  const size = countUntil(view, l1Block)
  if (message.index >= size || inbox.tree().root(size) !== root) return undefined
  if (newest.rootId - rootId >= ROOT_HISTORY) {
    const message = `L2 no longer has the inbox root of its block ${l2Block}: leave the block out`
    throw new MessageError('ROOT_FORGOTTEN', message, { rootId, newest: newest.rootId })
  }
  return { rootId, l1Block, size }
}

function requireHeader(chain: Chain, l2Block: bigint) {
  const header = chain.getHeaderByNumber(l2Block)
  if (header === undefined) throw new MessageError('UNKNOWN_BLOCK', `there is no L2 block ${l2Block}`, { l2Block })
  return header
}

function claimUnder(
  { view, inbox }: MessageProofDeps,
  message: Message,
  { rootId, l1Block, size }: KnownRoot,
  feeRecipient: Hex,
): L1MessageProof {
  const tree = inbox.tree()
  const path = tree.path(Number(message.index), size)
  const args = [message, rootId, path, feeRecipient] as const
  const calldata = encodeFunctionData({ abi: l2MessengerAbi, functionName: 'claim', args })
  const { messenger: to } = view.deployment.l2
  return {
    message,
    leaf: inboxLeaf(view.deployment, message),
    path,
    root: tree.root(size),
    l1Block,
    rootId,
    calldata,
    to,
  }
}

/** By the L1 block whose hash the head carries: L2 keeps that hash for 8,191 seconds. */
async function claimWithProof(
  { chain, view, l1, inbox }: MessageProofDeps,
  { message, l1Block }: L1MessageRecord,
  feeRecipient: Hex,
): Promise<L1MessageProof> {
  const { header } = chain.head()
  const anchor = await l1.getBlock(`0x${bytesToHex(header.parentBeaconBlockRoot ?? new Uint8Array(32))}`)
  if (anchor === undefined || anchor.number < l1Block) {
    throw notAnchored(`message ${message.index} is in L1 block ${l1Block}, which no L2 block has seen yet`)
  }
  const size = countUntil(view, anchor.number)
  if (message.index >= size) throw notAnchored(`L1 block ${anchor.number} has no message ${message.index} any more`)
  const { inboxRoot: root, ...slot } = await fetchAnchorProof(l1, view.deployment.l1.messenger, anchor)
  const tree = inbox.tree()
  if (tree.count < size || tree.root(size) !== root) {
    throw new RollupError('L1_CHANGED', 'the messages of L1 changed while they were read', { l1Block: anchor.number })
  }
  const path = tree.path(Number(message.index), size)
  const { header: l1Header, ...proofs } = slot
  const proof = { anchorTimestamp: header.timestamp, l1Header, ...proofs, path }
  const args = [message, proof, feeRecipient] as const
  const calldata = encodeFunctionData({ abi: l2MessengerAbi, functionName: 'claimWithProof', args })
  const inboxProof = { ...slot, inboxRoot: root, anchorTimestamp: header.timestamp }
  const { messenger: to } = view.deployment.l2
  return {
    message,
    leaf: inboxLeaf(view.deployment, message),
    path,
    root,
    l1Block: anchor.number,
    inbox: inboxProof,
    calldata,
    to,
  }
}

function notAnchored(message: string): MessageError {
  return new MessageError('NOT_ANCHORED', message)
}
