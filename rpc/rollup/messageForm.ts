import type { z } from 'zod'
import type { Message } from '../../rollup/types.ts'
import { toQuantity } from '../hex.ts'
import { address, countIn, data, hash, named, quantity, quantity64 } from './wire.ts'

const contents = { value: quantity, fee: quantity, gasLimit: quantity64, data }

/** contracts/lib/Messages.sol::Message. Value and fee are wei; the gas limit is that of the call on the other chain. */
export const message = named('Message', { sender: address, to: address, ...contents, index: quantity64 })
export type MessageForm = z.infer<typeof message>

/** The same in a list: under its id, which is its index, and with its hash, which is its leaf in the tree. */
export const listedMessage = { id: quantity64, hash, from: address, to: address, ...contents }

export function formatMessage({ sender, to, data, index, ...numbers }: Message): MessageForm {
  return { sender, to, ...formatNumbers(numbers), data, index: toQuantity(index) }
}

export function formatListed({ sender, to, data, index, ...numbers }: Message, hash: `0x${string}`) {
  return { id: toQuantity(index), hash, from: sender, to, ...formatNumbers(numbers), data }
}

function formatNumbers({ value, fee, gasLimit }: Pick<Message, 'value' | 'fee' | 'gasLimit'>) {
  return { value: toQuantity(value), fee: toQuantity(fee), gasLimit: toQuantity(gasLimit) }
}

/** How many items an answer may have, at most `most`. */
export const limitIn = (most: number) =>
  countIn.refine((limit) => limit >= 1 && limit <= most, { error: `expected 1 to ${most}` })
