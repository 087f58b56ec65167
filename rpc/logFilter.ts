import type { Chain, LogFilter } from '../node/types.ts'
import type { Hash32 } from '../stateless/types.ts'
import { type NumberOrTag, numberOrTag, resolveNumber } from './blockParameter.ts'
import { address, hash } from './codec.ts'
import { invalidParams, invalidRequestOf } from './errors.ts'
import { described, list, type Parse, readObject } from './params.ts'
import { reference } from './schema.ts'

const MAX_ALTERNATIVES = 1_000
const MAX_TOPICS = 4

/** Which logs, without saying in which blocks. */
export type LogCriteria = Pick<LogFilter, 'addresses' | 'topics'>

/** eth_getLogs' filter: logs of one block by hash, or of a range. */
export type FilterObject = {
  criteria: LogCriteria
  blocks:
    | { kind: 'block'; hash: Hash32 }
    | { kind: 'range'; from: NumberOrTag | undefined; to: NumberOrTag | undefined }
}

export const filterObject: Parse<FilterObject> = described(reference('LogFilter'), (value, path) => {
  const read = readObject(value, path)
  const blockHash = read('blockHash')
  const from = read('fromBlock')
  const to = read('toBlock')
  const criteria = { ...addressesOf(read('address'), `${path}.address`), ...topicsOf(read('topics'), `${path}.topics`) }
  if (blockHash !== undefined) {
    if (from !== undefined || to !== undefined) {
      throw invalidParams(path, 'cannot specify both blockHash and fromBlock/toBlock, choose one or the other')
    }
    return { criteria, blocks: { kind: 'block', hash: hash(blockHash, `${path}.blockHash`) } }
  }
  const bound = (side: unknown, name: string) => (side === undefined ? undefined : numberOrTag(side, `${path}.${name}`))
  return { criteria, blocks: { kind: 'range', from: bound(from, 'fromBlock'), to: bound(to, 'toBlock') } }
})

function addressesOf(value: unknown, path: string): Pick<LogCriteria, 'addresses'> {
  if (value === undefined) return {}
  if (!Array.isArray(value)) return { addresses: [address(value, path)] }
  const addresses = list(address, MAX_ALTERNATIVES)(value, path)
  return addresses.length === 0 ? {} : { addresses }
}

function topicsOf(value: unknown, path: string): Pick<LogCriteria, 'topics'> {
  if (value === undefined) return {}
  return { topics: list(topicAlternatives, MAX_TOPICS)(value, path) }
}

/** null is a wildcard, and so is an empty list or one that holds null. */
const topicAlternatives: Parse<readonly Hash32[] | undefined> = (value, path) => {
  if (value === null) return undefined
  if (!Array.isArray(value)) return [hash(value, path)]
  if (value.includes(null)) return undefined
  const alternatives = list(hash, MAX_ALTERNATIVES)(value, path)
  return alternatives.length === 0 ? undefined : alternatives
}

/** Block numbers that logs to come must have; an absent end is open. */
export type LiveRange = { from?: bigint; to?: bigint }

/** What a filter's range means for logs to come: tags do not narrow it. Throws as geth when it can never hold any. */
export function liveRange({ blocks }: FilterObject): LiveRange {
  if (blocks.kind === 'block') return {}
  const { from, to } = blocks
  if (from?.kind === 'number' && to?.kind === 'number' && from.number > to.number) {
    throw invalidRequestOf(`invalid block range params: from ${from.number} to ${to.number}`)
  }
  return {
    ...(from?.kind === 'number' ? { from: from.number } : {}),
    ...(to?.kind === 'number' ? { to: to.number } : {}),
  }
}

/**
 * Both ends of a range as numbers; absent ones are the head, and so is `pending`, whose logs are not searched (as anvil;
 * geth refuses it). Throws when it is reversed or reaches beyond the head.
 */
export function resolveRange(
  chain: Chain,
  { from, to }: { from: NumberOrTag | undefined; to: NumberOrTag | undefined },
): { fromBlock: bigint; toBlock: bigint } {
  const head = chain.head().header.number
  const fromBlock = from === undefined ? head : resolveNumber(chain, from)
  const toBlock = to === undefined ? head : resolveNumber(chain, to)
  if (fromBlock > toBlock) throw invalidRequestOf(`invalid block range params: from ${fromBlock} to ${toBlock}`)
  if (toBlock > head)
    throw invalidRequestOf(`block range extends beyond current head block: to ${toBlock}, head ${head}`)
  return { fromBlock, toBlock }
}
