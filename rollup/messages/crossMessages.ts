import { encodeFunctionData } from 'viem'
import type { Chain } from '../../node/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { createAccountProof } from '../../stateless/proof.ts'
import { type AnchoredSlot, fetchAnchoredSlot } from '../anchor.ts'
import { crossMessengerAbi, ROOT_SLOT, slotValueToHash, stateRootSlot } from '../contracts.ts'
import { CrossMessageError, RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import { newestSettledWhere } from '../settling/settledSearch.ts'
import type { CrossAnchor, CrossMessageProof, L1View, MessageSelector, RollupReader, SettledBlock } from '../types.ts'
import { type Outbox, type OutboxEntry, selectEntries, wordsOf } from './outbox.ts'

export type CrossMessagesDeps = { chain: Chain; view: L1View; l1: L1Client; outbox: Outbox }

/** Messages from this L2 to other rollups: what claims one there, in one hop. */
export function createCrossMessages(deps: CrossMessagesDeps): Pick<RollupReader, 'getCrossMessageProof'> {
  return {
    async getCrossMessageProof(selector, anchor) {
      const entries = select(deps.outbox, selector)
      const block = await deps.l1.getBlock(anchor.l1BlockHash)
      if (block === undefined) {
        const message = `L1 has no block ${anchor.l1BlockHash}: take timestamp and parentBeaconBlockRoot of one block of the destination`
        throw new CrossMessageError('UNKNOWN_ANCHOR', message, { ...anchor })
      }
      const settled = requireSettled(deps, entries, block.number)
      const { rollup } = deps.view.deployment.l1
      const inRing = await fetchAnchoredSlot(deps.l1, rollup, stateRootSlot(settled.number), block)
      if (inRing.value !== settled.stateRoot) {
        const data = { l2Block: settled.number, l1Block: block.number }
        throw new RollupError('L1_CHANGED', `L1 no longer has the L2 block that it settled as ${settled.number}`, data)
      }
      return entries.map((entry) => prove(deps, entry, { settled, inRing, anchor, l1Block: block.number }))
    },
  }
}

function select(outbox: Outbox, selector: MessageSelector): OutboxEntry[] {
  const entries = selectEntries(outbox, selector)
  if (entries.length > 0) return entries
  const message = `no such message to another rollup: ${wordsOf(selector)}`
  throw new CrossMessageError('NO_SUCH_MESSAGE', message, { ...selector })
}

/** The newest block settled as of an L1 block; it must hold all entries. */
function requireSettled({ chain, view }: CrossMessagesDeps, entries: OutboxEntry[], l1Block: bigint): SettledBlock {
  const settled = newestSettledWhere(view, (block) => block.l1Block <= l1Block)
  for (const { message, l2Block } of entries) {
    if (settled !== undefined && settled.number >= l2Block) continue
    const newest = settled === undefined ? 'no block' : `block ${settled.number}`
    const words = `message ${message.index} was sent in L2 block ${l2Block}; L1 block ${l1Block} has settled ${newest}`
    throw new CrossMessageError('NOT_SETTLED', words, { index: message.index, l2Block, l1Block })
  }
  if (settled === undefined) throw new Error('no message was asked for')
  const local = chain.getHashByNumber(settled.number)
  if (local === undefined || `0x${bytesToHex(local)}` !== settled.hash) {
    throw new CrossMessageError('NOT_SETTLED', 'this node is behind L1', { l2Block: settled.number })
  }
  return settled
}

type Basis = { settled: SettledBlock; inRing: AnchoredSlot; anchor: CrossAnchor; l1Block: bigint }

function prove({ chain, view, outbox }: CrossMessagesDeps, entry: OutboxEntry, basis: Basis): CrossMessageProof {
  const { settled, inRing, anchor } = basis
  const { deployment } = view
  const { message, destinationChainId } = entry
  const size = outbox.countAt(settled.number)
  const outboxRoot = outbox.tree().root(size)
  const path = outbox.tree().path(Number(message.index), size)
  const messenger = hexToBytes(deployment.l2.crossMessenger)
  const state = createAccountProof(chain.nodes, hexToBytes(settled.stateRoot), messenger, [ROOT_SLOT])
  const [root] = state.storageProof
  if (root === undefined || slotValueToHash(root.value) !== outboxRoot) {
    throw new Error(`the messages in the state of L2 block ${settled.number} are not those of its logs`)
  }
  const calldata = encodeFunctionData({
    abi: crossMessengerAbi,
    functionName: 'claim',
    args: [
      message,
      {
        sourceChainId: BigInt(deployment.l2ChainId),
        sourceBlock: settled.number,
        anchorTimestamp: anchor.timestamp,
        l1Header: inRing.header,
        rollupAccountProof: inRing.accountProof,
        rollupStorageProof: inRing.storageProof,
        messengerAccountProof: state.accountProof.map((node) => `0x${bytesToHex(node)}` as const),
        messengerStorageProof: root.proof.map((node) => `0x${bytesToHex(node)}` as const),
        path,
      },
    ],
  })
  return {
    message,
    destinationChainId,
    path,
    outboxRoot,
    l2Block: settled.number,
    l1Block: basis.l1Block,
    calldata,
    to: deployment.l2.crossMessenger,
  }
}
