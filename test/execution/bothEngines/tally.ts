import { expect } from 'vitest'
import type { TransactionOutcome } from '../../../execution/types.ts'
import type { Result } from './engines.ts'
import type { Offer, Turn } from './scene.ts'

/** What has come up in the blocks of a file. */
export type Tally = {
  readonly turn: Turn
  add(kind: string): void
  offered(offer: Offer, result: Result<TransactionOutcome | undefined>): void
  /** fails for any of them that has not come up */
  requireAll(kinds: readonly string[]): void
  print(): string
}

export function createTally(): Tally {
  const counts = new Map<string, number>()
  const turns = new Map<string, number>()
  const add = (kind: string): void => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return {
    add,
    turn(name, items) {
      const next = turns.get(name) ?? 0
      turns.set(name, next + 1)
      const item = items[next % items.length]
      if (item === undefined) throw new Error(`nothing to pick from: ${name}`)
      return item
    },
    offered({ kind }, result) {
      if ('error' in result) return add(`rejected: ${result.error.code}`)
      if (result.value === undefined) return add('refused by the builder')
      for (const part of kind.split('; ')) add(part)
      const { receipt, error } = result.value
      add(`type ${receipt.type}`)
      add(error ?? 'success')
    },
    requireAll(kinds) {
      expect(kinds.filter((kind) => !counts.has(kind))).toEqual([])
    },
    print: () =>
      [...counts]
        .sort()
        .map(([kind, count]) => `${kind}: ${count}`)
        .join('\n'),
  }
}
