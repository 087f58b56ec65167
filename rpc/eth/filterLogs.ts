import { logsOfBlock } from '../../node/logIndex.ts'
import type { Chain } from '../../node/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { formatLog } from '../format/receipt.ts'
import type { LiveRange, LogCriteria } from '../logFilter.ts'
import { createPauses } from '../slices.ts'
import { isInRange, isWanted, LOGS_PER_LOOK } from './changedLogs.ts'

/** A block with logs that left the chain or came to it. It is read again for each filter that asks. */
export type LogChange = { readonly hash: `0x${string}`; readonly number: bigint; readonly isRemoved: boolean }

export type LogsWanted = { readonly criteria: LogCriteria; readonly range: LiveRange }

/** What one answer may hold: `bytes` are those of its JSON, about. */
export type AnswerLimits = { readonly maxLogs: number; readonly maxBytes: number }

/** `blocks` were read to their end; of the one after them `skip` logs were. */
export type FoundChanges = { logs: ReturnType<typeof formatLog>[]; blocks: number; skip: number }

/** JSON of a log without data. */
const LOG_BYTES = 700

/**
 * The wanted logs of changed blocks, of the first of them without its first `skip` logs. Lets other work in between, and
 * ends early when the answer is full or the caller has gone.
 */
export async function findChangedLogs(
  chain: Chain,
  changes: readonly LogChange[],
  skip: number,
  { criteria, range }: LogsWanted,
  { maxLogs, maxBytes }: AnswerLimits,
  signal: AbortSignal,
): Promise<FoundChanges> {
  const logs: FoundChanges['logs'] = []
  const pause = createPauses()
  let bytes = 0
  let toSkip = skip
  for (const [blocks, { hash, number, isRemoved }] of changes.entries()) {
    const stored = isInRange(number, range) ? chain.getBlockByHash(hexToBytes(hash)) : undefined
    let position = 0
    for (const found of stored === undefined ? [] : logsOfBlock(stored, {})) {
      if (position >= toSkip && isWanted(found, criteria, range)) {
        if (logs.length >= maxLogs || bytes >= maxBytes) return { logs, blocks, skip: position }
        logs.push(formatLog(found, isRemoved))
        bytes += LOG_BYTES + 2 * found.log.data.length
      }
      position++
      const turn = position % LOGS_PER_LOOK === 0 ? pause() : undefined
      if (turn) await turn
    }
    toSkip = 0
    const turn = pause()
    if (turn) await turn
    if (signal.aborted) return { logs, blocks: blocks + 1, skip: 0 }
  }
  return { logs, blocks: changes.length, skip: 0 }
}
