import { decodeErrorResult, encodeFunctionData, isAddressEqual, type LocalAccount } from 'viem'
import { TransactionRejected } from '../execution/errors.ts'
import type { BlockAssembly, Engine, Transaction, TransactionOutcome } from '../execution/types.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import type { Clock, Logger } from '../node/types.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import type { StateView } from '../stateless/types.ts'
import { type Anchor, type AnchorProof, fetchAnchorProof } from './anchor.ts'
import { l2MessengerAbi, readProvenInbox, readUndelivered } from './contracts.ts'
import { RollupError } from './errors.ts'
import type { L1Client } from './l1/l1Client.ts'
import type { Room } from './limits.ts'
import { countUntil, type Inbox, inboxLeaf } from './messages/inbox.ts'
import type { MessageTree } from './messages/messages.ts'
import { createPostponed, type Postponement } from './postponed.ts'
import type { L1View, Message } from './types.ts'

type Hex = `0x${string}`

/** Zero-fee (or too low fee) deposits of ETH that the builder claims on its own cost in one block. */
export const COURTESY_CLAIMS = 20
/** What a deposit of tokens takes of that: the first one of a token costs 1.6M gas, the token itself may use 2.9M. */
const TOKEN_COURTESY = 4
/** Failing claims cost build time and are not paid for: so many per block. */
const MAX_FAILURES_PER_BLOCK = 4
const FIRST_RETRY_MS = 2_000
const LAST_RETRY_MS = 3_600_000

/** The claims worth trying in one block. */
export type ClaimPlan = {
  messages: readonly Message[]
  /** size of the inbox tree under the root that is used */
  treeSize: number
  rootId: bigint
  /** set: the root is new to L2 and must be proven first */
  proof: AnchorProof | undefined
}

export type ClaimResult = {
  delivered: readonly Message[]
  /** messages were left out for lack of room: more can be done in the next block */
  cutShort: boolean
}

export type Claims = {
  /** is there anything that `plan` would try? */
  hasClaimable(state: StateView, anchor: Anchor): boolean
  /** undefined: nothing to claim. Asks L1 for a proof when needed; throws RollupError. */
  plan(state: StateView, anchor: Anchor): Promise<ClaimPlan | undefined>
  /** adds proveInbox and claims to the block; what fails is left out and retried later */
  include(assembly: BlockAssembly, plan: ClaimPlan, room: Room, courtesy: number): Promise<ClaimResult>
  /** do not try this message again for a while */
  postpone(message: Message, reason?: string): void
  /** undefined: the message has not failed here */
  postponement(message: Message): Postponement | undefined
  /** gives the function that brings back what is postponed now */
  remember(): () => void
}

export type ClaimsDeps = {
  view: L1View
  inbox: Inbox
  l1: L1Client
  engine: Engine
  relayer: LocalAccount
  /** the proven inbox is not the one that the recorded messages make */
  onMismatch(): void
  clock: Clock
  logger: Logger
}

/** Delivers L1's messages on L2: which, under which proven root, and what to do with those that fail. */
export function createClaims(deps: ClaimsDeps): Claims {
  const { view, inbox, clock } = deps
  const { deployment } = view
  const messenger = hexToBytes(deployment.l2.messenger)
  const postponed = createPostponed({ firstMs: FIRST_RETRY_MS, lastMs: LAST_RETRY_MS }, clock)

  const leafOf = (message: Message): Hex => inboxLeaf(deployment, message)
  const isCourteous = (message: Message): boolean => courtesyOf(deployment, message) !== undefined
  const isDue = (message: Message): boolean =>
    (message.fee > 0n || isCourteous(message)) && !postponed.has(leafOf(message))

  function dueMessages(state: StateView, anchor: Anchor): Message[] {
    const records = view.messages()
    return readUndelivered(state, messenger, countUntil(view, anchor.number)).flatMap((index) => {
      const message = records[index]?.message
      return message !== undefined && isDue(message) ? [message] : []
    })
  }

  function postpone(message: Message, reason?: string): void {
    postponed.add(leafOf(message), { reason })
  }

  return {
    postpone,
    postponement: (message) => postponed.get(leafOf(message)),
    remember: () => postponed.remember(),
    hasClaimable: (state, anchor) => dueMessages(state, anchor).length > 0,
    async plan(state, anchor) {
      const messages = dueMessages(state, anchor)
      if (messages.length === 0) return undefined
      const tree = inbox.tree()
      const proven = readProvenInbox(state, messenger)
      const provenSize = proven === undefined ? 0 : countUntil(view, proven.l1Block)
      const usable = proven !== undefined && tree.root(provenSize) === proven.root
      if (usable && messages.every((message) => message.index < provenSize)) {
        return { messages, treeSize: provenSize, rootId: proven.rootId, proof: undefined }
      }
      const treeSize = countUntil(view, anchor.number)
      const expected = tree.root(treeSize)
      const proof = await fetchAnchorProof(deps.l1, deployment.l1.messenger, anchor)
      if (proof.inboxRoot !== expected) {
        const data = { expected, actual: proof.inboxRoot, l1Block: anchor.number }
        // unless the records changed while L1 was asked
        const now = inbox.tree()
        if (now.count >= treeSize && now.root(treeSize) === expected) deps.onMismatch()
        throw new RollupError('BAD_L1_DATA', "L1's inbox root is not that of the messages it showed", data)
      }
      return { messages, treeSize, rootId: (proven?.rootId ?? 0n) + 1n, proof }
    },
    include: (assembly, plan, room, courtesy) =>
      includeClaims({ ...deps, tree: inbox.tree(), isDue, postpone }, assembly, plan, { room, courtesy }),
  }
}

type Inclusion = ClaimsDeps & Pick<Claims, 'postpone'> & { tree: MessageTree; isDue(message: Message): boolean }

async function includeClaims(
  deps: Inclusion,
  assembly: BlockAssembly,
  plan: ClaimPlan,
  bounds: { room: Room; courtesy: number },
): Promise<ClaimResult> {
  const { room } = bounds
  const delivered: Message[] = []
  const due = plan.messages.filter(deps.isDue)
  if (due.length === 0) return { delivered, cutShort: false }
  const relay = createRelay(deps, assembly)
  if (plan.proof !== undefined) {
    const { header, accountProof, storageProof } = plan.proof
    const args = [assembly.env.timestamp, header, accountProof, storageProof] as const
    const data = encodeFunctionData({ abi: l2MessengerAbi, functionName: 'proveInbox', args })
    const proven = await relay(data, 0n, (tx, outcome) => failureOf(outcome) === undefined && room.take(tx, outcome))
    if (proven === undefined) {
      deps.logger.warn('the inbox root could not be proven', { l2Block: assembly.env.number, room: room.refusal() })
      return { delivered, cutShort: room.full() }
    }
  }
  let courtesy = bounds.courtesy
  let failures = 0
  for (const message of due) {
    if (room.full()) return { delivered, cutShort: true }
    if (failures >= MAX_FAILURES_PER_BLOCK) break
    const paysItself = (outcome: TransactionOutcome) => message.fee >= costOf(outcome)
    const weight = courtesyOf(deps.view.deployment, message)
    const isTreated = weight !== undefined && weight <= courtesy
    let problem: string | undefined
    const accept = (tx: Transaction, outcome: TransactionOutcome): boolean => {
      problem = failureOf(outcome)
      if (problem !== undefined) return false
      if (!paysItself(outcome) && !isTreated) {
        problem = `the fee ${message.fee} is below the cost ${costOf(outcome)}`
        return false
      }
      return room.take(tx, outcome)
    }
    const outcome = await relay(encodeClaim(deps, plan, message), message.gasLimit, accept)
    if (outcome !== undefined) {
      delivered.push(message)
      if (!paysItself(outcome)) courtesy -= weight ?? 0
    } else if (room.full()) {
      // alone in the block it would have to fit: it never will
      if (delivered.length === 0 && room.refusal() !== undefined) deps.postpone(message, 'no block has room for it')
      return { delivered, cutShort: true }
    } else if (weight === undefined || isTreated) {
      failures += 1
      deps.postpone(message, problem)
      deps.logger.warn('a message of L1 cannot be delivered now', { index: message.index, problem })
    }
  }
  return { delivered, cutShort: false }
}

type Relay = (
  data: Hex,
  innerGas: bigint,
  accept: (tx: Transaction, outcome: TransactionOutcome) => boolean,
) => Promise<TransactionOutcome | undefined>

/** Signs a call of L2Messenger with the relayer's key and runs it in the block. */
function createRelay(deps: Inclusion, assembly: BlockAssembly): Relay {
  const { relayer, engine, view, logger } = deps
  const sender = hexToBytes(relayer.address)
  return async (data, innerGas, accept) => {
    const account = await assembly.getAccount(sender)
    const signed = await relayer.signTransaction({
      type: 'eip1559',
      chainId: view.deployment.l2ChainId,
      nonce: Number(account?.nonce ?? 0n),
      to: view.deployment.l2.messenger,
      gas: claimGas(data, innerGas),
      maxFeePerGas: assembly.baseFeePerGas ?? 0n,
      maxPriorityFeePerGas: 0n,
      data,
    })
    const tx = engine.decodeTransaction(hexToBytes(signed), assembly.env)
    try {
      return await assembly.addTransaction(tx, (outcome) => accept(tx, outcome))
    } catch (error) {
      if (!(error instanceof TransactionRejected)) throw error
      logger.warn('the relayer cannot claim', { code: error.code, reason: error.message, relayer: relayer.address })
      return undefined
    }
  }
}

/**
 * Gas limit of a claim: calldata at the floor price, the message's own gas with the 1/64 that a call keeps back, and a
 * fixed part for proofs, bitmap, roots and new accounts (183,600 state gas each). Unused gas costs nothing.
 */
export function claimGas(data: Hex, innerGas: bigint): bigint {
  return 1_500_000n + BigInt((data.length - 2) / 2) * 64n + (innerGas * 65n) / 63n
}

function encodeClaim(deps: Inclusion, plan: ClaimPlan, message: Message): Hex {
  const path = deps.tree.path(Number(message.index), plan.treeSize)
  const args = [message, plan.rootId, path, deps.relayer.address] as const
  return encodeFunctionData({ abi: l2MessengerAbi, functionName: 'claim', args })
}

/** The contract's error by name, or the VM's; undefined when the transaction succeeded. */
function failureOf({ error, output, receipt }: TransactionOutcome): string | undefined {
  if (error === undefined && receipt.status === 1) return undefined
  try {
    return decodeErrorResult({ abi: l2MessengerAbi, data: `0x${bytesToHex(output)}` }).errorName
  } catch {
    // no reason, or one of a contract that this code does not know
    return error ?? 'failed without a reason'
  }
}

function costOf({ receipt }: TransactionOutcome): bigint {
  return receipt.gasUsed * receipt.effectiveGasPrice
}

/**
 * How much of the courtesy of a block a claim of this message takes; undefined: none is shown to it. Without fee, a message
 * with data is left to whoever wants it delivered, unless it is one between the token bridges.
 */
export function courtesyOf({ l1, l2 }: RollupDeployment, message: Message): number | undefined {
  if (message.data === '0x') return 1
  const isOfTokens = isAddressEqual(message.to, l2.tokenBridge) && isAddressEqual(message.sender, l1.tokenBridge)
  return isOfTokens ? TOKEN_COURTESY : undefined
}
