import { expect, it } from 'vitest'
import type { Transaction } from '../../execution/types.ts'
import { createEvictions, type Evictions } from '../../node/eviction.ts'
import { createSenderQueue, type PooledTransaction, promote, type SenderQueue } from '../../node/senderQueue.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { createRandom } from '../execution/programs.ts'

const SENDERS = 300

function entryOf(sender: number, nonce: bigint, tip: number): PooledTransaction {
  const bytes = new Uint8Array(20)
  bytes[0] = sender >> 8
  bytes[1] = sender & 0xff
  const fields = { type: 2, nonce, maxFeePerGas: 1_000n, maxPriorityFeePerGas: BigInt(tip), sender: bytes }
  const senderKey = bytesToHex(bytes)
  return {
    tx: fields as unknown as Transaction,
    key: `${senderKey}${nonce}`,
    senderKey,
    arrival: 0,
    cost: 0n,
    bytes: 0,
    authorities: [],
    announced: true,
  }
}

/** The first that goes. */
function victimFor(evictions: Evictions, { tx }: PooledTransaction, baseFee: bigint): PooledTransaction | undefined {
  return evictions.victimsFor(tx, baseFee, ({ length }) => length > 0)?.[0]
}

/** By looking at everybody each time. */
function worst(queues: readonly SenderQueue[], own: string): string | undefined {
  const ranks = queues.flatMap(({ entries, pendingCount }) => {
    const last = entries.at(-1)
    if (last === undefined || last.senderKey === own) return []
    const tip = Number(last.tx.maxPriorityFeePerGas).toString().padStart(4, '0')
    return [`${entries.length > pendingCount ? 'waits' : 'xruns'} ${tip}`]
  })
  return ranks.sort()[0]
}

it('gives up what is worth least, whatever came and went since it last looked at all', () => {
  const { below } = createRandom(11)
  const queues = Array.from({ length: SENDERS }, (_, i) => createSenderQueue(entryOf(i, 0n, 1).tx.sender))
  const evictions = createEvictions(() => queues)
  for (let round = 0; round < 4_000; round++) {
    const queue = queues[below(SENDERS)] as SenderQueue
    if (below(3) > 0) {
      const gap = below(10) === 0 ? 1 : 0
      const nonce = (queue.entries.at(-1)?.tx.nonce ?? -1n) + BigInt(1 + gap)
      queue.entries.push(entryOf(queues.indexOf(queue), nonce, 1 + below(40)))
    } else {
      queue.entries.pop()
    }
    promote(queue)
    evictions.note(queue)
    if (round % 3 !== 0) continue
    const own = below(SENDERS)
    const rich = entryOf(own, 0n, 1_000)
    const victim = victimFor(evictions, rich, 0n)
    const owner = queues.find(({ entries }) => victim !== undefined && entries.at(-1) === victim)
    const rank =
      victim === undefined || owner === undefined
        ? undefined
        : `${owner.entries.length > owner.pendingCount ? 'waits' : 'xruns'} ${victim.tx.maxPriorityFeePerGas?.toString().padStart(4, '0')}`
    expect(rank).toBe(worst(queues, rich.senderKey))
  }
})

it('gives up nothing for what is worth no more', () => {
  const queue = createSenderQueue(entryOf(1, 0n, 5).tx.sender)
  const entry = entryOf(1, 0n, 5)
  queue.entries.push(entry)
  promote(queue)
  const evictions = createEvictions(() => [queue])
  expect(victimFor(evictions, entryOf(2, 0n, 5), 0n)).toBeUndefined()
  expect(victimFor(evictions, entryOf(2, 0n, 6), 0n)).toBe(entry)
  expect(victimFor(evictions, entryOf(1, 1n, 6), 0n)).toBeUndefined()
  // Above a base fee of 998 both could give no more than 2.
  expect(victimFor(evictions, entryOf(2, 0n, 6), 998n)).toBeUndefined()
})

it('gives up as many as it takes, or nobody, as if each had left before the next', () => {
  const { below } = createRandom(12)
  for (let round = 0; round < 60; round++) {
    const queues = Array.from({ length: 120 }, (_, i) => createSenderQueue(entryOf(i, 0n, 1).tx.sender))
    for (const [index, queue] of queues.entries()) {
      for (let nonce = 0n; nonce < BigInt(below(5)); nonce++) queue.entries.push(entryOf(index, nonce, 1 + below(40)))
      promote(queue)
    }
    const evictions = createEvictions(() => queues)
    const rich = entryOf(0, 0n, 20)
    const wanted = 1 + below(150)
    const victims = evictions.victimsFor(rich.tx, 0n, ({ length }) => length === wanted)
    const reachable = queues.slice(1).reduce((sum, { entries }) => {
      const kept = entries.findLastIndex(({ tx }) => Number(tx.maxPriorityFeePerGas) >= 20)
      return sum + entries.length - 1 - kept
    }, 0)
    expect(victims?.length).toBe(wanted <= reachable ? wanted : undefined)
    for (const victim of victims ?? []) {
      const queue = queues.find(({ entries }) => entries.at(-1) === victim) as SenderQueue
      expect(`xruns ${String(victim.tx.maxPriorityFeePerGas).padStart(4, '0')}`).toBe(worst(queues, rich.senderKey))
      queue.entries.pop()
      promote(queue)
    }
  }
})

it('gives up no more than 256 for one', () => {
  const queues = Array.from({ length: 257 }, (_, i) => createSenderQueue(entryOf(i + 1, 0n, 1).tx.sender))
  for (const [index, queue] of queues.entries()) {
    queue.entries.push(entryOf(index + 1, 0n, 1))
    promote(queue)
  }
  const evictions = createEvictions(() => queues)
  const { tx } = entryOf(0, 0n, 9)
  expect(evictions.victimsFor(tx, 0n, ({ length }) => length === 257)).toBeUndefined()
  expect(evictions.victimsFor(tx, 0n, ({ length }) => length === 256)).toHaveLength(256)
})
