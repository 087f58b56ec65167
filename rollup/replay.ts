import type { Transaction } from '../execution/types.ts'
import type { Chain, Logger } from '../node/types.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import { readRecord, writeRecord } from './json.ts'

/**
 * Transactions of blocks that had to be taken back, in their old order, waiting to be in a block again. Durable: it is
 * written before the blocks go, so a crash in between loses nothing.
 */
export type ReplayQueue = {
  /** decoded, without those that are in the chain already */
  pending(): readonly Transaction[]
  isEmpty(): boolean
  /** puts transactions of removed blocks, oldest first, in front of what waits already */
  prepend(transactions: readonly Transaction[]): Promise<void>
  /** takes out what has its place now: in a block, in the pool, or nowhere (which the caller reports) */
  remove(transactions: readonly Transaction[]): Promise<void>
  /** those that left this queue for the pool, which a stop of the node empties, and that no block has taken since */
  aside(): readonly Transaction[]
  /** what `aside` gives from now on, also after a restart */
  setAside(transactions: readonly Transaction[]): Promise<void>
  /** gives the function that brings everything back to now */
  remember(): () => Promise<void>
}

const REPLAY_KEY = 'l2/replay'
const ASIDE_KEY = 'l2/replay/aside'

export function createReplayQueue(chain: Chain, logger: Logger): ReplayQueue {
  let raws = readRecord<string[]>(chain, REPLAY_KEY) ?? []

  async function write(next: string[]): Promise<void> {
    await writeRecord(chain, REPLAY_KEY, next)
    raws = next
  }
  const rawOf = (tx: Transaction): string => bytesToHex(tx.raw)
  const isInChain = (raw: string): boolean => chain.getTransactionLocation(keccak256(hexToBytes(raw))) !== undefined
  const decode = (list: readonly string[]): Transaction[] =>
    list
      .filter((raw) => !isInChain(raw))
      .map((raw) => chain.engine.decodeTransaction(hexToBytes(raw), chain.head().header))

  return {
    isEmpty: () => raws.length === 0 || raws.every(isInChain),
    pending: () => decode(raws),
    async prepend(transactions) {
      const first = transactions.map(rawOf)
      const known = new Set(first)
      await write([...first, ...raws.filter((raw) => !known.has(raw))])
      if (first.length > 0) logger.info('transactions wait to be run again', { transactions: first.length })
    },
    async remove(transactions) {
      const gone = new Set(transactions.map(rawOf))
      const rest = raws.filter((raw) => !gone.has(raw) && !isInChain(raw))
      if (rest.length !== raws.length) await write(rest)
    },
    aside: () => decode(readRecord<string[]>(chain, ASIDE_KEY) ?? []),
    async setAside(transactions) {
      const next = [...new Set(transactions.map(rawOf))]
      const known = readRecord<string[]>(chain, ASIDE_KEY) ?? []
      if (next.length > 0 || known.length > 0) await writeRecord(chain, ASIDE_KEY, next)
    },
    remember() {
      const waiting = [...raws]
      const aside = readRecord<string[]>(chain, ASIDE_KEY) ?? []
      return async () => {
        await write([...waiting])
        await writeRecord(chain, ASIDE_KEY, aside)
      }
    },
  }
}
