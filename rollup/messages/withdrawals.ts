import { encodeFunctionData } from 'viem'
import type { Chain } from '../../node/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { createAccountProof } from '../../stateless/proof.ts'
import { l1MessengerAbi, ROOT_SLOT, slotValueToHash } from '../contracts.ts'
import { WithdrawalError } from '../errors.ts'
import type { Finality } from '../settling/finality.ts'
import type {
  L1View,
  MessageSelector,
  RollupReader,
  SettledBlock,
  Withdrawal,
  WithdrawalFilter,
  WithdrawalProof,
} from '../types.ts'
import { type Outbox, type OutboxEntry, selectEntries, wordsOf } from './outbox.ts'

type Hex = `0x${string}`

export type WithdrawalsDeps = { chain: Chain; view: L1View; outbox: Outbox; finality: Finality }

/** Messages from L2 to L1: where each one stands, and the proof that claims it. */
export function createWithdrawals(deps: WithdrawalsDeps): Pick<RollupReader, 'getWithdrawals' | 'getWithdrawalProof'> {
  return {
    async getWithdrawals(filter) {
      const provable = newestProvable(deps)
      const { from = 0n, limit = Number.POSITIVE_INFINITY } = filter
      const found: Withdrawal[] = []
      for (const entry of deps.outbox.entries().slice(Number(from))) {
        if (found.length >= limit) break
        if (!matches(entry, filter)) continue
        const withdrawal = toWithdrawal(deps, entry, provable)
        if (filter.status === undefined || filter.status === withdrawal.status) found.push(withdrawal)
      }
      return found
    },
    async getWithdrawalProof(selector, options) {
      return select(deps.outbox, selector).map((entry) =>
        prove(deps, entry, provingBlock(deps, entry, options.l2Block), options.feeRecipient),
      )
    },
  }
}

function matches({ message, l2TxHash }: OutboxEntry, { txHash, address }: WithdrawalFilter): boolean {
  if (txHash !== undefined && txHash.toLowerCase() !== l2TxHash) return false
  if (address === undefined) return true
  return [message.sender, message.to].includes(address.toLowerCase() as Hex)
}

/** Number of the newest L2 block that claims are proven in; 0 before the first. A search, so once for a whole list. */
const newestProvable = ({ finality }: WithdrawalsDeps): bigint => finality.newestProvable()?.number ?? 0n

function toWithdrawal({ view, finality }: WithdrawalsDeps, entry: OutboxEntry, provable: bigint): Withdrawal {
  const claimTx = view.claimed(entry.message.index)
  if (claimTx !== undefined) return { ...entry, status: 'claimed', claimTx }
  // the outbox is cumulative, so its own block is the first that proves it, and the first to become final
  const settled = view.settledAt(entry.l2Block)
  if (settled === undefined) return { ...entry, status: 'waiting-to-settle' }
  if (provable >= settled.number) return { ...entry, status: 'ready-to-claim' }
  const readyAt = finality.provableAt(settled)
  return { ...entry, status: 'waiting-for-finality', ...(readyAt === undefined ? {} : { readyAt }) }
}

function select(outbox: Outbox, selector: MessageSelector): OutboxEntry[] {
  const wanted = selectEntries(outbox, selector)
  if (wanted.length > 0) return wanted
  throw new WithdrawalError('NO_SUCH_WITHDRAWAL', `no such withdrawal: ${wordsOf(selector)}`, { ...selector })
}

/** The settled block whose state proves the entry: the one asked for, else the newest one that L1 takes proofs of. */
function provingBlock(deps: WithdrawalsDeps, entry: OutboxEntry, asked: bigint | undefined): SettledBlock {
  const { chain, view, finality } = deps
  const settled = asked === undefined ? finality.newestProvable() : view.settledAt(asked)
  const { index } = entry.message
  const { status } = toWithdrawal(deps, entry, newestProvable(deps))
  const refuse = (why: string): never => {
    throw new WithdrawalError('NOT_SETTLED', `withdrawal ${index} cannot be proven: ${why}`, { index, status })
  }
  if (settled === undefined) return refuse(asked === undefined ? status : `L2 block ${asked} is not settled`)
  if (settled.number < entry.l2Block) {
    return refuse(asked === undefined ? status : `it was sent in L2 block ${entry.l2Block}, after ${asked}`)
  }
  if (!finality.isFinal(settled)) return refuse(`L2 block ${settled.number} is not final yet`)
  const local = chain.getHashByNumber(settled.number)
  if (local === undefined || `0x${bytesToHex(local)}` !== settled.hash) return refuse('this node is behind L1')
  if (!finality.isKept(settled)) return refuse(`L1 no longer has the state root of L2 block ${settled.number}`)
  return settled
}

function prove(
  { chain, view, outbox }: WithdrawalsDeps,
  entry: OutboxEntry,
  settled: SettledBlock,
  feeRecipient: Hex = entry.message.sender,
): WithdrawalProof {
  const { deployment } = view
  const { message } = entry
  const size = outbox.countAt(settled.number)
  const outboxRoot = outbox.tree().root(size)
  const path = outbox.tree().path(Number(message.index), size)
  const messenger = hexToBytes(deployment.l2.messenger)
  const state = createAccountProof(chain.nodes, hexToBytes(settled.stateRoot), messenger, [ROOT_SLOT])
  const [root] = state.storageProof
  if (root === undefined || slotValueToHash(root.value) !== outboxRoot) {
    throw new Error(`the outbox of L2 block ${settled.number} is not the one its logs make`)
  }
  const accountProof = state.accountProof.map((node): Hex => `0x${bytesToHex(node)}`)
  const storageProof = root.proof.map((node): Hex => `0x${bytesToHex(node)}`)
  const calldata = encodeFunctionData({
    abi: l1MessengerAbi,
    functionName: 'claim',
    args: [message, path, settled.number, accountProof, storageProof, feeRecipient],
  })
  return {
    message,
    path,
    outboxRoot,
    l2Block: settled.number,
    stateRoot: settled.stateRoot,
    accountProof,
    storageProof,
    calldata,
    to: deployment.l1.messenger,
  }
}
