import type { Transaction } from '../../execution/types.ts'
import type { Chain, HeadChange, TxPool } from '../../node/types.ts'
import { formatHeader } from '../format/block.ts'
import { formatPooledTransaction } from '../format/transaction.ts'
import { toData } from '../hex.ts'
import type { LiveRange, LogCriteria } from '../logFilter.ts'
import { type PreparedJson, prepareShortJson } from '../preparedJson.ts'
import { createPauses } from '../slices.ts'
import { changedLogs, isWanted, LOGS_PER_LOOK } from './changedLogs.ts'

type Push = (result: unknown) => void
type LogReader = { push: Push; criteria: LogCriteria; range: LiveRange }

/** Tells subscribers of one chain; each result adds one and gives the function that takes it away again. */
export type Broadcast = {
  heads(push: Push): () => void
  logs(push: Push, criteria: LogCriteria, range: LiveRange): () => void
  pendingHashes(push: Push): () => void
  pendingTransactions(push: Push): () => void
}

/** With more changes waiting than this, nobody else gets a turn before they are told. */
const MAX_WAITING = 64

/**
 * What many subscribe to is formatted once, and they are told one after another with pauses for other work: thousands of
 * subscriptions times hundreds of logs would hold up everybody. Each subscriber sees changes in their order.
 */
export function createBroadcast({ chain, pool }: { chain: Chain; pool: TxPool }): Broadcast {
  const heads = new Set<Push>()
  const logs = new Set<LogReader>()
  const hashes = new Set<Push>()
  const transactions = new Set<Push>()
  let waiting = 0
  let told: Promise<void> = Promise.resolve()

  const inTurn = (tell: () => Promise<void>): void => {
    waiting++
    told = told.then(tell).finally(() => {
      waiting--
    })
  }
  const breathe = createPauses()
  const pause = () => (waiting > MAX_WAITING ? undefined : breathe())

  async function tellAll(readers: readonly Push[], results: readonly PreparedJson[]): Promise<void> {
    for (const push of readers) {
      for (const result of results) push(result)
      const turn = pause()
      if (turn) await turn
    }
  }

  async function tellLogs(readers: readonly LogReader[], change: HeadChange): Promise<void> {
    if (readers.length === 0) return
    const changed = await changedLogs(change, pause)
    for (const { push, criteria, range } of readers) {
      for (const [index, log] of changed.entries()) {
        if (isWanted(log.found, criteria, range)) push(log.json())
        const turn = index % LOGS_PER_LOOK === 0 ? pause() : undefined
        if (turn) await turn
      }
    }
  }

  chain.onHead((change) => {
    // Who subscribes from now on has asked too late for this change.
    const headReaders = [...heads]
    const logReaders = [...logs]
    if (headReaders.length + logReaders.length === 0) return
    inTurn(async () => {
      await tellAll(
        headReaders,
        change.added.map(({ block }) => prepareShortJson(formatHeader(block))),
      )
      await tellLogs(logReaders, change)
    })
  })
  pool.onPending((tx: Transaction) => {
    const hashReaders = [...hashes]
    const transactionReaders = [...transactions]
    if (hashReaders.length + transactionReaders.length === 0) return
    inTurn(async () => {
      await tellAll(hashReaders, [prepareShortJson(toData(tx.hash))])
      if (transactionReaders.length > 0) {
        await tellAll(transactionReaders, [prepareShortJson(formatPooledTransaction(tx))])
      }
    })
  })

  return {
    heads: (push) => joined(heads, push),
    logs: (push, criteria, range) => joined(logs, { push, criteria, range }),
    pendingHashes: (push) => joined(hashes, push),
    pendingTransactions: (push) => joined(transactions, push),
  }
}

function joined<Reader>(readers: Set<Reader>, reader: Reader): () => void {
  readers.add(reader)
  return () => void readers.delete(reader)
}
