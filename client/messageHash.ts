import { encodeAbiParameters, type Hash, keccak256 } from 'viem'
import type { Message } from './types.ts'

/** Chain ids of the chain that a message is sent on and the one that it is delivered on. */
export type MessageRoute = { sourceChainId: number; destinationChainId: number }

/** keccak256('reenact.message.v1') */
const TAG = '0x28f7a8d7e1e66916cb9730730f090ae296d19865db9223238b14fc407fc32778'
const WORDS = [
  { type: 'bytes32' },
  { type: 'uint256' },
  { type: 'uint256' },
  { type: 'address' },
  { type: 'address' },
  { type: 'uint256' },
  { type: 'uint256' },
  { type: 'uint64' },
  { type: 'bytes32' },
  { type: 'uint64' },
] as const

/** The leaf of a message in its tree, as contracts/lib/Messages.sol hashes it: another one for every route. */
export function getMessageHash(message: Message, { sourceChainId, destinationChainId }: MessageRoute): Hash {
  const { sender, to, value, fee, gasLimit, data, index } = message
  const route = [BigInt(sourceChainId), BigInt(destinationChainId)] as const
  return keccak256(
    encodeAbiParameters(WORDS, [TAG, ...route, sender, to, value, fee, gasLimit, keccak256(data), index]),
  )
}

/** The leaf of a withdrawal in the outbox of its L2. */
export function getWithdrawalHash(
  withdrawal: Message,
  { l1ChainId, l2ChainId }: { l1ChainId: number; l2ChainId: number },
): Hash {
  return getMessageHash(withdrawal, { sourceChainId: l2ChainId, destinationChainId: l1ChainId })
}
