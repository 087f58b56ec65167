import { type Hex, keccak256, toHex } from 'viem'
import { crossMessenger } from '../../genesis/generated/CrossMessenger.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l1Router } from '../../genesis/generated/L1Router.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { createMessageTree, type MessageTree, messageHash } from '../../rollup/messages/messages.ts'
import type { Message } from '../../rollup/types.ts'
import { encodeHeader } from '../../stateless/header.ts'
import {
  ANCHOR_BLOCK,
  bytes,
  createL1,
  createL2,
  createRollup,
  encodeInput,
  L1_CHAIN_ID,
  L2_MESSENGER,
  SEQUENCER,
  setAnchor,
  validFields,
} from './setup.ts'
import { ALICE, answer, BOB, type CallOptions, type Chain, type Outcome } from './vm.ts'

export const L1_STATE: Hex = '0x8079000000000000000000000000000000000003'
export const CROSS_MESSENGER: Hex = '0x8079000000000000000000000000000000000005'
/** NativeRollup's ring of state roots: first slot and length, written out on purpose */
const RING = { slot: 6n, length: 8192n }

/** wei in the escrow of every rollup from the start */
export const BACKING = 100n * 10n ** 18n

export const crossAbi = crossMessenger.abi
export const routerAbi = l1Router.abi
export const l1Abi = l1Messenger.abi
export const l2Abi = l2Messenger.abi

export type Sending = { to?: Hex; value?: bigint; fee?: bigint; gasLimit?: bigint; data?: Hex; from?: Hex }

/** One rollup: its contracts on L1, its chain, and the trees that its messages make. */
export type Rollup = {
  chainId: bigint
  rollup: Hex
  messenger: Hex
  chain: Chain
  inbox: MessageTree
  outbox: MessageTree
  cross: MessageTree
  head: { number: bigint; hash: Hex }
}

type Proof = { accountProof: Hex[]; storageProof: Hex[] }
/** A settled state of a rollup and the proofs of both its outboxes in it. */
export type Settled = { block: bigint; size: number; outbox: Proof; crossSize: number; cross: Proof }

/** What CrossMessenger.claim takes beside the message. */
export type CrossProof = {
  sourceChainId: bigint
  sourceBlock: bigint
  anchorTimestamp: bigint
  l1Header: Hex
  rollupAccountProof: readonly Hex[]
  rollupStorageProof: readonly Hex[]
  messengerAccountProof: readonly Hex[]
  messengerStorageProof: readonly Hex[]
  path: readonly Hex[]
}

/** Several rollups on one L1: real state roots and proofs cross between all chains, only EXECUTE is programmed. */
export async function createRollups({ amsterdam = false, count = 2 } = {}) {
  const l1 = await createL1({}, { amsterdam, backing: BACKING })
  const { chain, factory } = l1
  const router = (await chain.deploy(l1Router, [factory])).address

  async function connect(chainId: bigint, contracts: { rollup: Hex; messenger: Hex; bridge: Hex }): Promise<Rollup> {
    const peers = { factory, rollup: contracts.rollup, messenger: contracts.messenger, tokenBridge: contracts.bridge }
    const l2 = await createL2({ peers, chainId, amsterdam })
    const [inbox, outbox, cross] = [createMessageTree(), createMessageTree(), createMessageTree()]
    const head = { number: 0n, hash: toHex(validFields().payload.parentHash) }
    return { ...contracts, chainId, chain: l2, inbox, outbox, cross, head }
  }

  /** A further rollup of the factory. */
  async function add(chainId: bigint, options: { maxMessageGas?: bigint } = {}): Promise<Rollup> {
    return connect(chainId, await createRollup(chain, factory, { chainId }, BACKING, options.maxMessageGas))
  }

  const rollups = [await connect(28_079n, l1)]
  for (let index = 1; index < count; index++) rollups.push(await add(28_079n + BigInt(index)))

  async function send(from: Rollup, sending: Sending): Promise<Message> {
    const { to = router, value = 0n, fee = 0n, gasLimit = 1_500_000n, data = '0x', from: sender = ALICE } = sending
    const options = { from: sender, value: value + fee }
    const outcome = await from.chain.send(L2_MESSENGER, l2Abi, 'sendMessage', [to, fee, gasLimit, data], options)
    if (!outcome.ok) throw new Error(`sendMessage failed: ${outcome.error}`)
    return sentMessage(outcome, from.outbox, [from.chainId, BigInt(L1_CHAIN_ID)])
  }

  /** Settles the current state of a rollup by `advance`. */
  async function settle(of: Rollup): Promise<Settled> {
    const number = of.head.number + 1n
    const fields = validFields(number, of.head.hash)
    fields.payload.timestamp = chain.block.timestamp
    fields.payload.stateRoot = bytes(await of.chain.stateRoot())
    fields.chainId = of.chainId
    of.head = { number, hash: toHex(fields.payload.blockHash) }
    await answer(chain, { chainId: of.chainId })
    const args = [toHex(encodeInput(fields)), ANCHOR_BLOCK]
    const outcome = await chain.send(of.rollup, nativeRollup.abi, 'advance', args, { from: SEQUENCER })
    if (!outcome.ok) throw new Error(`advance failed: ${outcome.error}`)
    const [outbox, cross] = [await of.chain.proof(L2_MESSENGER, 0n), await of.chain.proof(CROSS_MESSENGER, 0n)]
    return { block: number, size: of.outbox.count, outbox, crossSize: of.cross.count, cross }
  }

  function claimOnL1(from: Rollup, message: Message, at: Settled, options: CallOptions & { fee?: Hex } = {}) {
    const path = from.outbox.path(Number(message.index), at.size)
    const { accountProof, storageProof } = at.outbox
    const args = [message, path, at.block, accountProof, storageProof, options.fee ?? ALICE]
    return chain.send(from.messenger, [...l1Abi, ...routerAbi], 'claim', args, options)
  }

  let l1Number = 1_000n
  /** An L1 header over the current L1 state. */
  async function l1Header(): Promise<{ header: Hex; hash: Hex; number: bigint }> {
    const header = encodeHeader({
      parentHash: new Uint8Array(32).fill(1),
      ommersHash: new Uint8Array(32).fill(2),
      coinbase: new Uint8Array(20).fill(3),
      stateRoot: bytes(await chain.stateRoot()),
      transactionsRoot: new Uint8Array(32).fill(4),
      receiptsRoot: new Uint8Array(32).fill(5),
      logsBloom: new Uint8Array(256),
      difficulty: 0n,
      number: ++l1Number,
      gasLimit: 60_000_000n,
      gasUsed: 0n,
      timestamp: chain.block.timestamp,
      extraData: new Uint8Array(),
      prevRandao: new Uint8Array(32).fill(6),
      nonce: new Uint8Array(8),
      baseFeePerGas: 7n,
    })
    return { header: toHex(header), hash: keccak256(header), number: l1Number }
  }

  /** Makes the current L1 state the anchor of a rollup's newest block. */
  async function anchor(of: Rollup) {
    const header = await l1Header()
    await setAnchor(of.chain, of.chain.block.timestamp, header.hash)
    return { ...header, timestamp: of.chain.block.timestamp }
  }

  /** Delivers a message of the inbox on L2 under the current L1 state. */
  async function claimOnL2(on: Rollup, message: Message, fee: Hex = ALICE): Promise<Outcome> {
    const { header, timestamp } = await anchor(on)
    const { accountProof, storageProof } = await chain.proof(on.messenger, 0n)
    const args = [timestamp, header, accountProof, storageProof]
    const proven = await on.chain.send(L2_MESSENGER, l2Abi, 'proveInbox', args)
    if (!proven.ok) throw new Error(`proveInbox failed: ${proven.error}`)
    const rootId = await on.chain.read<bigint>(L2_MESSENGER, l2Abi, 'latestRootId')
    const path = on.inbox.path(Number(message.index))
    return on.chain.send(L2_MESSENGER, l2Abi, 'claim', [message, rootId, path, fee])
  }

  async function sendCross(from: Rollup, to: bigint, sending: Omit<Sending, 'value' | 'fee'> = {}): Promise<Message> {
    const { to: receiver = BOB, gasLimit = 500_000n, data = '0x', from: sender = ALICE } = sending
    const args = [to, receiver, gasLimit, data]
    const outcome = await from.chain.send(CROSS_MESSENGER, crossAbi, 'sendMessage', args, { from: sender })
    if (!outcome.ok) throw new Error(`sendMessage failed: ${outcome.error}`)
    const index = BigInt(from.cross.count)
    const message: Message = { sender, to: receiver, value: 0n, fee: 0n, gasLimit, data, index }
    from.cross.append(messageHash(message, from.chainId, to))
    return message
  }

  /** Proves a one-hop message on its destination, under the current L1 state. */
  async function proveCross(from: Rollup, on: Rollup, message: Message, at: Settled): Promise<CrossProof> {
    const { header, timestamp } = await anchor(on)
    const inRing = await chain.proof(from.rollup, RING.slot + (at.block % RING.length))
    return {
      sourceChainId: from.chainId,
      sourceBlock: at.block,
      anchorTimestamp: timestamp,
      l1Header: header,
      rollupAccountProof: inRing.accountProof,
      rollupStorageProof: inRing.storageProof,
      messengerAccountProof: at.cross.accountProof,
      messengerStorageProof: at.cross.storageProof,
      path: from.cross.path(Number(message.index), at.crossSize),
    }
  }

  const claimCross = (on: Rollup, message: Message, proof: CrossProof, options?: CallOptions): Promise<Outcome> =>
    on.chain.send(CROSS_MESSENGER, crossAbi, 'claim', [message, proof], options)

  return {
    l1,
    router,
    rollups,
    add,
    send,
    settle,
    claimOnL1,
    claimOnL2,
    anchor,
    sendCross,
    proveCross,
    claimCross,
  }
}

export type Rollups = Awaited<ReturnType<typeof createRollups>>

/** The message in an outcome's only MessageSent event, entered into the tree of the messenger that accepted it. */
export function sentMessage(outcome: Outcome, tree: MessageTree, [source, destination]: [bigint, bigint]): Message {
  const [sent, ...more] = outcome.events.filter(({ name }) => name === 'MessageSent')
  if (sent === undefined || more.length > 0) throw new Error('expected one message')
  const { sender, to, ...rest } = sent.args as Message
  const message = { ...rest, sender: sender.toLowerCase() as Hex, to: to.toLowerCase() as Hex }
  if (message.index !== BigInt(tree.count)) throw new Error(`message ${message.index} after ${tree.count}`)
  tree.append(messageHash(message, source, destination))
  return message
}
