import { concatHex, encodeFunctionData, keccak256, numberToHex, size, slice, toHex } from 'viem'
import { l1Messenger } from '../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../genesis/generated/L2Messenger.ts'
import { loadTarget } from '../genesis/generated/LoadTarget.ts'
import { weth9 } from '../genesis/generated/WETH9.ts'
import type { Call, Sender } from './sender.ts'
import type { ChainTarget, Hex, Target, TrafficKind, WorkKind } from './types.ts'

/** A chain that is ready for traffic. */
export type Place = {
  readonly chain: ChainTarget
  /** accounts with ETH and tokens */
  readonly senders: readonly Sender[]
  readonly token: Hex
  readonly loadTarget: Hex
  /** gas limit of one transaction of each kind */
  readonly gas: Readonly<Record<WorkKind, bigint>>
}

/** Accounts with ETH and tokens that nobody has the key of: LoadTarget.recipient. */
export const RECIPIENTS = 512
/** Slots of LoadTarget that exist from the start, and how many one transaction changes. */
export const PREPARED_SLOTS = 1_024n
const SLOTS_EACH = 8n
const SPIN_ROUNDS = 1_000n
const CODE_BYTES = 2_000
/** what a message may use when it is delivered */
const MESSAGE_GAS = 300_000n
/** a message can begin new slots of the tree */
const SEND_MESSAGE_GAS = 1_000_000n
export const CLAIM_GAS = 2_000_000n
/** PUSH3 size, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN: answers the code behind these 11 bytes */
const DEPLOY_PREFIX = (length: number): Hex => concatHex(['0x62', numberToHex(length, { size: 3 }), '0x80600b5f395ff3'])

/** Transaction `n` of a kind. Accounts, balances and slots exist: nothing is new but deployed code. */
export function workCall(kind: WorkKind, n: number, place: Pick<Place, 'token' | 'loadTarget'>): Omit<Call, 'gas'> {
  const { token } = place
  const to = recipient(n % RECIPIENTS)
  switch (kind) {
    case 'transfer':
      return { to, value: 1n }
    case 'erc20':
      return { to: token, data: encodeFunctionData({ abi: weth9.abi, functionName: 'transfer', args: [to, 1n] }) }
    case 'storage': {
      const first = (BigInt(n) * SLOTS_EACH) % PREPARED_SLOTS
      return { to: place.loadTarget, data: touch(first, SLOTS_EACH) }
    }
    case 'compute':
      return {
        to: place.loadTarget,
        data: encodeFunctionData({ abi: loadTarget.abi, functionName: 'spin', args: [SPIN_ROUNDS] }),
      }
    case 'deployment':
      return { data: concatHex([DEPLOY_PREFIX(CODE_BYTES), codeOf(n)]) }
  }
}

const recipient = (index: number): Hex => slice(keccak256(numberToHex(index, { size: 32 })), 12)

export const touch = (first: bigint, count: bigint): Hex =>
  encodeFunctionData({ abi: loadTarget.abi, functionName: 'touch', args: [first, count] })

/** A wei to the own account on the other chain. */
export function messageCall(layer: 'l1' | 'l2', to: Hex, { contracts }: Target): Call {
  const [abi, address] =
    layer === 'l1' ? [l1Messenger.abi, contracts.l1.messenger] : [l2Messenger.abi, contracts.l2.messenger]
  const data = encodeFunctionData({ abi, functionName: 'sendMessage', args: [to, 0n, MESSAGE_GAS, '0x'] })
  return { to: address, data, value: 1n, gas: SEND_MESSAGE_GAS }
}

/** STOP and bytes that no other deployment has: code compresses badly, so the zeros of a filler would be too cheap. */
function codeOf(n: number): Hex {
  const parts: Hex[] = ['0x00']
  for (let word = keccak256(toHex(n)); size(concatHex(parts)) < CODE_BYTES; word = keccak256(word)) parts.push(word)
  return slice(concatHex(parts), 0, CODE_BYTES)
}

export const isWork = (kind: TrafficKind): kind is WorkKind =>
  kind !== 'deposit' && kind !== 'withdrawal' && kind !== 'claim'
