import { logsOfBlock, matchesLog } from '../../node/logIndex.ts'
import type { FoundLog, HeadChange, StoredBlock } from '../../node/types.ts'
import { formatLog } from '../format/receipt.ts'
import type { LiveRange, LogCriteria } from '../logFilter.ts'
import { type PreparedJson, prepareShortJson } from '../preparedJson.ts'

/** A log that a change of the head took away or brought. Formatted once, however many want it. */
export type ChangedLog = {
  readonly found: FoundLog
  value(): ReturnType<typeof formatLog>
  json(): PreparedJson
}

/** All of them: those that were removed (newest block first), then those that were added. */
export function changedLogs({ removed, added }: HeadChange): ChangedLog[] {
  const of = (stored: StoredBlock, isRemoved: boolean) =>
    [...logsOfBlock(stored, {})].map((found) => changedLog(found, isRemoved))
  return [...removed.flatMap((stored) => of(stored, true)), ...added.flatMap((stored) => of(stored, false))]
}

export function isWanted({ found }: ChangedLog, criteria: LogCriteria, { from, to }: LiveRange): boolean {
  if (from !== undefined && found.blockNumber < from) return false
  if (to !== undefined && found.blockNumber > to) return false
  return matchesLog(found.log, criteria)
}

function changedLog(found: FoundLog, isRemoved: boolean): ChangedLog {
  let value: ReturnType<typeof formatLog> | undefined
  let json: PreparedJson | undefined
  const formatted = () => {
    value ??= formatLog(found, isRemoved)
    return value
  }
  return {
    found,
    value: formatted,
    json: () => {
      json ??= prepareShortJson(formatted())
      return json
    },
  }
}
