import { decodeAccount, decodeStorageValue } from '../../stateless/account.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { NodeError } from '../../stateless/errors.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { type ProofStep, type ProofWalk, walkProof } from '../../stateless/proofSteps.ts'
import { ROOT_SLOT, slotValueToHash } from '../contracts.ts'
import type { Finality } from '../settling/finality.ts'
import type { L1View, Message } from '../types.ts'
import { hashPair, messageHash, rootFromPath, TREE_DEPTH } from './messages.ts'

type Hex = `0x${string}`

/** What `L1Messenger.claim` is given, and what the proof says about itself. */
export type WithdrawalClaim = {
  message: Message
  path: readonly Hex[]
  l2Block: bigint
  stateRoot?: Hex
  outboxRoot?: Hex
  accountProof: readonly Hex[]
  storageProof: readonly Hex[]
}

/**
 * state-root: what L1 holds for the block; account, storage: trie nodes from there to the slot of the outbox root; message:
 * its hash; outbox: siblings from that hash upwards (`nibbles`: 0 when the message is on the left, else 1), at last the root.
 */
export type WithdrawalStep = {
  part: 'state-root' | 'account' | 'storage' | 'outbox-root' | 'message' | 'outbox'
  /** RLP of a trie node, or a sibling; absent where there is neither */
  node?: Hex
  kind?: NonNullable<ProofStep['kind']>
  nibbles: string
  hash: Hex
  expected?: Hex
  ok: boolean
}

/** `reason`: why the last step is wrong. */
export type WithdrawalVerdict = { steps: readonly WithdrawalStep[]; reason?: string }

export type WithdrawalStepsDeps = { view: L1View; finality: Finality }

/**
 * Checks a proof as the contracts on L1 do, step by step up to the first that is wrong: the state root that L1 holds, the
 * trie nodes down to the outbox root, the message's way up to it. Whether it was claimed before is not part of it.
 */
export function verifyWithdrawal(deps: WithdrawalStepsDeps, claim: WithdrawalClaim): WithdrawalVerdict {
  const steps: WithdrawalStep[] = []
  try {
    const stateRoot = checkStateRoot(deps, claim, steps)
    const outboxRoot = checkState(deps, stateRoot, claim, steps)
    checkMessage(deps, outboxRoot, claim, steps)
    return { steps }
  } catch (error) {
    if (!(error instanceof WrongStep)) throw error
    return { steps, reason: error.message }
  }
}

/** Ends the walk; the step that is wrong is the last one. */
class WrongStep extends Error {}

/** A step that compares two hashes. Throws WrongStep with `reason` when they differ. */
function compare(steps: WithdrawalStep[], step: Omit<WithdrawalStep, 'ok'>, reason: string): void {
  const ok = step.expected === undefined || step.expected === step.hash
  steps.push({ ...step, ok })
  if (!ok) throw new WrongStep(reason)
}

function checkStateRoot({ view, finality }: WithdrawalStepsDeps, claim: WithdrawalClaim, steps: WithdrawalStep[]): Hex {
  const { l2Block } = claim
  const settled = view.settledAt(l2Block)
  if (settled === undefined) throw new WrongStep(`NativeRollup_UnknownBlock: L2 block ${l2Block} is not settled`)
  const { stateRoot } = settled
  const step = { part: 'state-root', nibbles: '', hash: claim.stateRoot ?? stateRoot, expected: stateRoot } as const
  compare(steps, step, `L1 has another state root for L2 block ${l2Block}`)
  if (!finality.isKept(settled)) {
    throw new WrongStep(`NativeRollup_UnknownBlock: L1 no longer has the state root of L2 block ${l2Block}`)
  }
  if (!finality.isFinal(settled)) {
    throw new WrongStep(`NativeRollup_NotFinal: L2 block ${l2Block} is final at ${finality.finalAt(settled)}`)
  }
  return stateRoot
}

/** The outbox root in the state; zero when it was never set. */
function checkState(deps: WithdrawalStepsDeps, stateRoot: Hex, claim: WithdrawalClaim, steps: WithdrawalStep[]): Hex {
  const messenger = keccak256(hexToBytes(deps.view.deployment.l2.messenger))
  const account = walk('account', walkProof(hexToBytes(stateRoot), messenger, bytesOf(claim.accountProof)), steps)
  if (account === undefined) {
    if (claim.storageProof.length > 0) throw new WrongStep('Mpt_InvalidProof: there is no account to prove a slot of')
    return slotValueToHash(new Uint8Array(0))
  }
  const { storageRoot } = decoded(() => decodeAccount(account))
  const slot = walk('storage', walkProof(storageRoot, keccak256(ROOT_SLOT), bytesOf(claim.storageProof)), steps)
  const outboxRoot = slotValueToHash(slot === undefined ? new Uint8Array(0) : decoded(() => decodeStorageValue(slot)))
  const named = claim.outboxRoot === undefined ? {} : { expected: claim.outboxRoot }
  const step = { part: 'outbox-root', nibbles: '', hash: outboxRoot, ...named } as const
  compare(steps, step, 'the proof names another outbox root than its state has')
  return outboxRoot
}

function walk(part: 'account' | 'storage', result: ProofWalk, steps: WithdrawalStep[]): Uint8Array | undefined {
  for (const { node, hash, expected, ...rest } of result.steps) {
    const named = expected === undefined ? {} : { expected: hexOf(expected) }
    steps.push({ part, node: hexOf(node), hash: hexOf(hash), ...named, ...rest })
  }
  if ('problem' in result) throw new WrongStep(`Mpt_InvalidProof: ${part} proof: ${result.problem}`)
  return result.value
}

/** From the hash of the message upwards; above its path all siblings are empty subtrees, which is one last step. */
function checkMessage(deps: WithdrawalStepsDeps, outboxRoot: Hex, claim: WithdrawalClaim, steps: WithdrawalStep[]) {
  const { message, path } = claim
  const { l1ChainId, l2ChainId } = deps.view.deployment
  const index = Number(message.index)
  const notInside = 'WithdrawalVerifier_NotInOutbox: the message is not in the outbox of that state'
  if (path.length > TREE_DEPTH || index >= 2 ** TREE_DEPTH) throw new WrongStep(notInside)
  let hash = messageHash(message, BigInt(l2ChainId), BigInt(l1ChainId))
  steps.push({ part: 'message', nibbles: '', hash, ok: true })
  for (const [level, sibling] of path.entries()) {
    const isRight = Math.floor(index / 2 ** level) % 2 === 1
    hash = isRight ? hashPair(sibling, hash) : hashPair(hash, sibling)
    steps.push({ part: 'outbox', node: sibling, nibbles: isRight ? '1' : '0', hash, ok: true })
  }
  const root = rootFromPath(messageHash(message, BigInt(l2ChainId), BigInt(l1ChainId)), index, path)
  compare(steps, { part: 'outbox', nibbles: '', hash: root, expected: outboxRoot }, notInside)
}

function decoded<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (!(error instanceof NodeError)) throw error
    throw new WrongStep(`Mpt_InvalidProof: ${error.message}`)
  }
}

const bytesOf = (proof: readonly Hex[]): Uint8Array[] => proof.map(hexToBytes)
const hexOf = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`
