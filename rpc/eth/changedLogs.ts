import { logsOfBlock, matchesLog } from '../../node/logIndex.ts'
import type { FoundLog, HeadChange, StoredBlock } from '../../node/types.ts'
import { formatLog } from '../format/receipt.ts'
import type { LiveRange, LogCriteria } from '../logFilter.ts'
import { type PreparedJson, prepareShortJson } from '../preparedJson.ts'

/** Logs between two looks at the time. */
export const LOGS_PER_LOOK = 64

/** A block with logs that left the chain or came to it. */
export type ChangedBlock = { readonly stored: StoredBlock; readonly isRemoved: boolean }

/** A log that a change of the head took away or brought. Formatted once, however many want it. */
export type ChangedLog = { readonly found: FoundLog; json(): PreparedJson }

/** Those that were removed (newest first), then those that were added; blocks without logs are left out. */
export function changedBlocks({ removed, added }: HeadChange): ChangedBlock[] {
  const of = (blocks: readonly StoredBlock[], isRemoved: boolean) =>
    blocks
      .filter(({ receipts }) => receipts.some(({ logs }) => logs.length > 0))
      .map((stored) => ({ stored, isRemoved }))
  return [...of(removed, true), ...of(added, false)]
}

/** All logs of a change, in the order of `changedBlocks`. `pause` lets others in between. */
export async function changedLogs(change: HeadChange, pause: () => Promise<void> | undefined): Promise<ChangedLog[]> {
  const logs: ChangedLog[] = []
  for (const { stored, isRemoved } of changedBlocks(change)) {
    for (const found of logsOfBlock(stored, {})) {
      logs.push(changedLog(found, isRemoved))
      const turn = logs.length % LOGS_PER_LOOK === 0 ? pause() : undefined
      if (turn) await turn
    }
  }
  return logs
}

export function isWanted(found: FoundLog, criteria: LogCriteria, range: LiveRange): boolean {
  return isInRange(found.blockNumber, range) && matchesLog(found.log, criteria)
}

export function isInRange(number: bigint, { from, to }: LiveRange): boolean {
  return (from === undefined || number >= from) && (to === undefined || number <= to)
}

function changedLog(found: FoundLog, isRemoved: boolean): ChangedLog {
  let json: PreparedJson | undefined
  return {
    found,
    json: () => {
      json ??= prepareShortJson(formatLog(found, isRemoved))
      return json
    },
  }
}
