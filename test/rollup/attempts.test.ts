import { describe, expect, it } from 'vitest'
import { type Attempt, createAttemptJournal } from '../../rollup/settling/attempts.ts'

const hash = (byte: number): `0x${string}` => `0x${byte.toString(16).padStart(64, '0')}`

function memory() {
  const values = new Map<string, Uint8Array>()
  return {
    values,
    getMeta: (key: string) => values.get(key),
    putMeta: async (key: string, value: Uint8Array) => void values.set(key, value),
  }
}

const attempt = (id: number, overrides: Partial<Attempt> = {}): Omit<Attempt, 'outcome'> => ({
  txHash: hash(id),
  nonce: 7n,
  from: 1n,
  hashes: [hash(0xb1), hash(0xb2)],
  sentAtMs: 1_000 * id,
  gas: 1_000_000n,
  maxFeePerGas: 2n,
  priorityFee: 1n,
  ...overrides,
})

describe('the journal of settlement attempts', () => {
  it('tells those of a block, from the store alone', async () => {
    const meta = memory()
    await createAttemptJournal(meta).sent(attempt(1))
    const journal = createAttemptJournal(meta)
    expect(journal.of(1n)).toEqual([{ ...attempt(1), outcome: 'pending' }])
    expect(journal.of(2n)).toEqual(journal.of(1n))
    expect(journal.of(3n)).toEqual([])
    expect(journal.of(0n)).toEqual([])
  })

  it('replaces what has the same nonce, and lets L1 include any of them', async () => {
    const journal = createAttemptJournal(memory())
    await journal.sent(attempt(1))
    await journal.sent(attempt(2, { hashes: [hash(0xb1)] }))
    expect(journal.of(1n).map(({ outcome }) => outcome)).toEqual(['replaced', 'pending'])
    await journal.concluded(hash(1), { outcome: 'settled', l1Block: 9n, gasUsed: 5n })
    expect(journal.of(1n)).toMatchObject([{ outcome: 'settled', l1Block: 9n, gasUsed: 5n }, { outcome: 'replaced' }])
    expect(journal.of(2n)).toMatchObject([{ outcome: 'settled' }])
  })

  it('says why one was reverted or given up', async () => {
    const journal = createAttemptJournal(memory())
    await journal.sent(attempt(1))
    const reason = 'NativeRollup_ExecuteFailed'
    await journal.concluded(hash(1), { outcome: 'reverted', l1Block: 9n, gasUsed: 5n, reason })
    await journal.sent(attempt(2, { nonce: 8n }))
    await journal.abandoned('the nonce was used')
    expect(journal.of(1n)).toMatchObject([
      { outcome: 'reverted', reason },
      { outcome: 'replaced', reason: 'the nonce was used' },
    ])
  })

  it('counts a transaction that is sent again once, also when the crash came before the head was written', async () => {
    const meta = memory()
    const journal = createAttemptJournal(meta)
    await journal.sent(attempt(1))
    await journal.sent(attempt(1))
    expect(journal.of(1n)).toHaveLength(1)
    const head = meta.values.get('settler/attempts') ?? new Uint8Array(0)
    await journal.sent(attempt(2))
    meta.values.set('settler/attempts', head)
    await journal.sent(attempt(3))
    expect(journal.of(1n).map(({ txHash }) => txHash)).toEqual([hash(1), hash(3)])
  })

  it('keeps the last 16 of a block and the last 4,096 in all', async () => {
    const meta = memory()
    const journal = createAttemptJournal(meta)
    for (let id = 1; id <= 20; id++) await journal.sent(attempt(id, { hashes: [hash(0xb1)] }))
    expect(journal.of(1n).map(({ sentAtMs }) => sentAtMs / 1_000)).toEqual(Array.from({ length: 16 }, (_, i) => i + 5))
    const size = () => [...meta.values.keys()].filter((key) => key.startsWith('settler/attempt/')).length
    for (let id = 21; id <= 4_200; id++)
      await journal.sent(attempt(id, { nonce: BigInt(id), from: 2n, hashes: [hash(0xb2)] }))
    expect(size()).toBe(4_096)
    expect(journal.of(1n)).toEqual([])
    expect(journal.of(2n)).toHaveLength(16)
  })
})
