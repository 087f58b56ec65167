import { encodeFunctionData, type Hex, keccak256, numberToHex, toHex } from 'viem'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
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
  encodeInput,
  type L1,
  L1_CHAIN_ID,
  L2_CHAIN_ID,
  L2_MESSENGER,
  type RollupConfig,
  SEQUENCER,
  setAnchor,
  validFields,
} from './setup.ts'
import { ALICE, BOB, type CallOptions, type Chain, type Outcome } from './vm.ts'

export const l1Abi = l1Messenger.abi
export const l2Abi = l2Messenger.abi

export type Sending = { to?: Hex; value?: bigint; fee?: bigint; gasLimit?: bigint; data?: Hex; from?: Hex }

type Side = {
  chain: Chain
  messenger: Hex
  abi: readonly unknown[]
  tree: MessageTree
  source: bigint
  destination: bigint
}

/** One rollup on two EVMs: real state roots and proofs cross between them, only EXECUTE is programmed. */
export async function createBridge(
  config: Partial<RollupConfig> = {},
  { backing = 0n, amsterdam = false }: { backing?: bigint; amsterdam?: boolean } = {},
) {
  const l1: L1 = await createL1(config, { backing, amsterdam })
  const { factory, rollup, messenger, bridge } = l1
  const l2 = await createL2({ peers: { factory, rollup, messenger, tokenBridge: bridge }, amsterdam })
  const chainIds = [BigInt(L1_CHAIN_ID), L2_CHAIN_ID] as const
  const inbox: Side = {
    chain: l1.chain,
    messenger: l1.messenger,
    abi: l1Abi,
    tree: createMessageTree(),
    source: chainIds[0],
    destination: chainIds[1],
  }
  const outbox: Side = {
    chain: l2,
    messenger: L2_MESSENGER,
    abi: l2Abi,
    tree: createMessageTree(),
    source: chainIds[1],
    destination: chainIds[0],
  }

  async function send(
    side: Side,
    { to = BOB, value = 0n, fee = 0n, gasLimit = 100_000n, data = '0x', from = ALICE }: Sending,
  ) {
    const outcome = await side.chain.send(side.messenger, side.abi, 'sendMessage', [to, fee, gasLimit, data], {
      from,
      value: value + fee,
    })
    if (!outcome.ok) return { outcome, message: undefined }
    const message: Message = { sender: from, to, value, fee, gasLimit, data, index: BigInt(side.tree.count) }
    side.tree.append(messageHash(message, side.source, side.destination))
    return { outcome, message }
  }

  async function sent(side: Side, sending: Sending): Promise<Message> {
    const { message, outcome } = await send(side, sending)
    if (message === undefined) throw new Error(`sendMessage failed: ${outcome.error}`)
    return message
  }

  let l2Number = 0n
  let parent = validFields().payload.parentHash
  /** Settles the current L2 state by `advance` and returns the block number and the proofs of the outbox root in it. */
  async function settle() {
    const fields = validFields(++l2Number, toHex(parent))
    fields.payload.timestamp = l1.chain.block.timestamp
    fields.payload.stateRoot = bytes(await l2.stateRoot())
    parent = fields.payload.blockHash
    const args = [toHex(encodeInput(fields)), ANCHOR_BLOCK]
    const outcome = await l1.chain.send(l1.rollup, nativeRollup.abi, 'advance', args, { from: SEQUENCER })
    if (!outcome.ok) throw new Error(`advance failed: ${outcome.error}`)
    return { l2Block: l2Number, size: outbox.tree.count, ...(await l2.proof(L2_MESSENGER, 0n)) }
  }
  type Settled = Awaited<ReturnType<typeof settle>>

  let l1Number = 1_000n
  /** An L1 header over the current L1 state, and the proof of the inbox root in it. */
  async function l1Header() {
    const header = encodeHeader({
      parentHash: new Uint8Array(32).fill(1),
      ommersHash: new Uint8Array(32).fill(2),
      coinbase: new Uint8Array(20).fill(3),
      stateRoot: bytes(await l1.chain.stateRoot()),
      transactionsRoot: new Uint8Array(32).fill(4),
      receiptsRoot: new Uint8Array(32).fill(5),
      logsBloom: new Uint8Array(256),
      difficulty: 0n,
      number: l1Number++,
      gasLimit: 60_000_000n,
      gasUsed: 0n,
      timestamp: l1.chain.block.timestamp,
      extraData: new Uint8Array(),
      prevRandao: new Uint8Array(32).fill(6),
      nonce: new Uint8Array(8),
      baseFeePerGas: 7n,
    })
    const proof = await l1.chain.proof(l1.messenger, 0n)
    return { header: toHex(header), hash: keccak256(header), number: l1Number - 1n, ...proof }
  }

  async function proveInbox(
    anchor: Awaited<ReturnType<typeof l1Header>>,
    timestamp = l2.block.timestamp,
  ): Promise<Outcome> {
    await setAnchor(l2, timestamp, anchor.hash)
    const args = [timestamp, anchor.header, anchor.accountProof, anchor.storageProof]
    return l2.send(L2_MESSENGER, l2Abi, 'proveInbox', args)
  }

  /** Proves the current inbox and returns the id of its root with the tree's size. */
  async function anchor() {
    const outcome = await proveInbox(await l1Header())
    if (!outcome.ok) throw new Error(`proveInbox failed: ${outcome.error}`)
    return { rootId: BigInt(await l2.read<bigint>(L2_MESSENGER, l2Abi, 'latestRootId')), size: inbox.tree.count }
  }
  type Anchored = Awaited<ReturnType<typeof anchor>>

  return {
    l1,
    l2,
    inbox,
    outbox,
    deposit: (sending: Sending) => sent(inbox, sending),
    withdraw: (sending: Sending) => sent(outbox, sending),
    tryDeposit: (sending: Sending) => send(inbox, sending),
    tryWithdraw: (sending: Sending) => send(outbox, sending),
    settle,
    anchor,
    l1Header,
    proveInbox,
    claimOnL1: (message: Message, at: Settled, options: CallOptions & { fee?: Hex; path?: readonly Hex[] } = {}) =>
      l1.chain.send(
        l1.messenger,
        l1Abi,
        'claim',
        [
          message,
          options.path ?? outbox.tree.path(Number(message.index), at.size),
          at.l2Block,
          at.accountProof,
          at.storageProof,
          options.fee ?? ALICE,
        ],
        options,
      ),
    /** calldata of `claimOnL1`, with ALICE for the fee */
    claimOnL1Data: (message: Message, at: Settled): Hex =>
      encodeFunctionData({
        abi: l1Abi,
        functionName: 'claim',
        args: [
          message,
          outbox.tree.path(Number(message.index), at.size),
          at.l2Block,
          at.accountProof,
          at.storageProof,
          ALICE,
        ],
      }),
    claimOnL2: (message: Message, at: Anchored, options: CallOptions & { fee?: Hex; path?: readonly Hex[] } = {}) =>
      l2.send(
        L2_MESSENGER,
        l2Abi,
        'claim',
        [message, at.rootId, options.path ?? inbox.tree.path(Number(message.index), at.size), options.fee ?? ALICE],
        options,
      ),
  }
}

export type Bridge = Awaited<ReturnType<typeof createBridge>>

export const word = (value: bigint | number): Hex => numberToHex(value, { size: 32 })

/** Puts a message into the outbox that only a false L2 would have accepted. */
export async function forgeWithdrawal({ l2, outbox }: Bridge, message: Omit<Message, 'index'>): Promise<Message> {
  const forged = { ...message, index: BigInt(outbox.tree.count) }
  outbox.tree.append(messageHash(forged, L2_CHAIN_ID, BigInt(L1_CHAIN_ID)))
  await l2.setStorage(L2_MESSENGER, 0n, outbox.tree.root())
  return forged
}

/** Puts a message into the inbox that only a false L1 would have accepted. */
export async function forgeDeposit({ l1, inbox }: Bridge, message: Omit<Message, 'index'>): Promise<Message> {
  const forged = { ...message, index: BigInt(inbox.tree.count) }
  inbox.tree.append(messageHash(forged, BigInt(L1_CHAIN_ID), L2_CHAIN_ID))
  await l1.chain.setStorage(l1.messenger, 0n, inbox.tree.root())
  return forged
}
