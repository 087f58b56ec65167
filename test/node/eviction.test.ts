import { expect, it } from 'vitest'
import type { Transaction } from '../../execution/types.ts'
import { createEvictions } from '../../node/eviction.ts'
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
    const victim = evictions.victimFor(rich.tx, 0n)
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
  expect(evictions.victimFor(entryOf(2, 0n, 5).tx, 0n)).toBeUndefined()
  expect(evictions.victimFor(entryOf(2, 0n, 6).tx, 0n)).toBe(entry)
  expect(evictions.victimFor(entryOf(1, 1n, 6).tx, 0n)).toBeUndefined()
  // Above a base fee of 998 both could give no more than 2.
  expect(evictions.victimFor(entryOf(2, 0n, 6).tx, 998n)).toBeUndefined()
})
