import { type MetaStore, readRecord, writeRecord } from '../json.ts'

type Hex = `0x${string}`

/**
 * What became of a settlement transaction. `replaced`: another one took its nonce, or its blocks; `settled`: L1 included it,
 * which a reorg may undo; `reverted`: L1 included and refused it.
 */
export type AttemptOutcome = 'pending' | 'replaced' | 'settled' | 'reverted'

/** A settlement transaction that this node sent. */
export type Attempt = {
  txHash: Hex
  nonce: bigint
  /** hashes of the L2 blocks in it, which follow each other from number `from` on */
  from: bigint
  hashes: readonly Hex[]
  sentAtMs: number
  /** fields of the transaction: gas, and wei per gas */
  gas: bigint
  maxFeePerGas: bigint
  priorityFee: bigint
  outcome: AttemptOutcome
  /** of one that L1 included */
  l1Block?: bigint
  gasUsed?: bigint
  /** why it was reverted or replaced */
  reason?: string
  /** what was broken in it on purpose */
  fault?: string
}

export type Conclusion = { outcome: 'settled' | 'reverted'; l1Block: bigint; gasUsed: bigint; reason?: string }

/** The settler's memory of what it tried, durable and bounded: the last 4,096 transactions, the last 16 of each block. */
export type AttemptJournal = {
  /** those that carry this L2 block number, oldest first */
  of(number: bigint): readonly Attempt[]
  /** to be called before it is sent; takes the place of those of the same nonce, and of what never got anywhere */
  sent(attempt: Omit<Attempt, 'outcome'>): Promise<void>
  /** L1 included one of those with the nonce in flight: the others are replaced */
  concluded(txHash: Hex, conclusion: Conclusion): Promise<void>
  /** nothing of what is in flight can be included any more */
  abandoned(reason: string): Promise<void>
  /** gives the function that takes those in flight now for in flight again, and nothing else; the rest stays as history */
  remember(): () => Promise<void>
}

type Numbered = Attempt & { sequence: number }
/** `open`: those of the nonce in flight, any of which L1 may include. */
type Head = { next: number; open: readonly number[] }

const MAX_ATTEMPTS = 4_096
const MAX_OF_BLOCK = 16
/** more versions of one nonce are never in flight: each pays 15 % more than the last */
const MAX_OPEN = 32
const HEAD_KEY = 'settler/attempts'
const entryKey = (sequence: number) => `settler/attempt/${sequence % MAX_ATTEMPTS}`
const blockKey = (number: bigint) => `settler/attemptsOf/${number}`

/** Entries are written first and the head that counts them last: what a crash leaves in between is written over. */
export function createAttemptJournal(meta: MetaStore): AttemptJournal {
  const readHead = (): Head => readRecord<Head>(meta, HEAD_KEY) ?? { next: 0, open: [] }
  const read = (sequence: number): Numbered | undefined => {
    const entry = readRecord<Numbered>(meta, entryKey(sequence))
    return entry?.sequence === sequence ? entry : undefined
  }
  const write = (entry: Numbered) => writeRecord(meta, entryKey(entry.sequence), entry)
  const sequencesOf = (number: bigint) => readRecord<readonly number[]>(meta, blockKey(number)) ?? []

  async function replace(sequences: readonly number[], reason?: string): Promise<void> {
    for (const sequence of sequences) {
      const entry = read(sequence)
      if (entry?.outcome !== 'pending') continue
      await write({ ...entry, outcome: 'replaced', ...(reason === undefined ? {} : { reason }) })
    }
  }

  async function abandoned(reason: string): Promise<void> {
    const { next, open } = readHead()
    await replace(open, reason)
    await writeRecord(meta, HEAD_KEY, { next, open: [] })
  }

  return {
    of: (number) =>
      sequencesOf(number).flatMap((sequence) => {
        const entry = read(sequence)
        if (entry === undefined || hashIn(entry, number) === undefined) return []
        const { sequence: _, ...attempt } = entry
        return [attempt]
      }),
    async sent(attempt) {
      const { next, open } = readHead()
      const entries = open.flatMap((sequence) => read(sequence) ?? [])
      if (entries.some(({ txHash }) => txHash === attempt.txHash)) return
      await replace(open)
      await write({ ...attempt, sequence: next, outcome: 'pending' })
      for (const offset of attempt.hashes.keys()) {
        const number = attempt.from + BigInt(offset)
        const earlier = sequencesOf(number).filter((sequence) => sequence < next)
        await writeRecord(meta, blockKey(number), [...earlier, next].slice(-MAX_OF_BLOCK))
      }
      const stillOpen = entries.filter(({ nonce }) => nonce === attempt.nonce).map(({ sequence }) => sequence)
      await writeRecord(meta, HEAD_KEY, { next: next + 1, open: [...stillOpen, next].slice(-MAX_OPEN) })
    },
    async concluded(txHash, conclusion) {
      const { next, open } = readHead()
      const included = open.flatMap((sequence) => read(sequence) ?? []).find((entry) => entry.txHash === txHash)
      if (included !== undefined) await write({ ...included, ...conclusion })
      await replace(open)
      await writeRecord(meta, HEAD_KEY, { next, open: [] })
    },
    abandoned,
    remember() {
      const entries = readHead().open.flatMap((sequence) => read(sequence) ?? [])
      return async () => {
        await abandoned('the devnet went back to a snapshot')
        const { next } = readHead()
        // unless so many came since that their places are taken
        const open = entries.filter(({ sequence }) => next - sequence <= MAX_ATTEMPTS)
        for (const entry of open) await write(entry)
        await writeRecord(meta, HEAD_KEY, { next, open: open.map(({ sequence }) => sequence) })
      }
    },
  }
}

/** The hash of the L2 block with this number in a settlement; undefined: it carries none. */
export function hashIn({ from, hashes }: Pick<Attempt, 'from' | 'hashes'>, number: bigint): Hex | undefined {
  return hashes[Number(number - from)]
}
