import type { StateChanges, StateCommit, StateView } from '../stateless/types.ts'
import { applyStateOverrides } from './callState.ts'
import { giveWay, isTurnOver } from './eventLoop.ts'
import { JournaledState } from './stateManager.ts'
import type { AccountOverride } from './types.ts'

type Overrides = ReadonlyMap<string, AccountOverride>

/** Accounts and slots that are written into the tries in one go: about ten milliseconds. */
const ENTRIES_PER_COMMIT = 128

/**
 * The state with these overrides written into it. Overrides of a simulated block happen just before it: they are in its
 * state root and not in its access list.
 *
 * @param write keeps what was written and gives the state with the new root
 */
export async function overriddenState(
  state: StateView,
  overrides: Overrides,
  write: (commit: StateCommit, changes: StateChanges) => StateView,
): Promise<StateView> {
  let current = state
  for (const part of inParts(overrides)) {
    const journal = new JournaledState(current)
    await applyStateOverrides(journal, part)
    const changes = journal.changes()
    current = write(await journal.commitChanges(changes), changes)
    if (isTurnOver()) await giveWay()
  }
  return current
}

/** The overrides in their order; an account with many slots comes in several parts. */
function* inParts(overrides: Overrides): Generator<Overrides> {
  let part = new Map<string, AccountOverride>()
  let entries = 0
  for (const [address, override] of overrides) {
    for (const piece of inPieces(override)) {
      const more = 1 + (piece.state?.size ?? piece.stateDiff?.size ?? 0)
      if (entries > 0 && entries + more > ENTRIES_PER_COMMIT) {
        yield part
        part = new Map()
        entries = 0
      }
      part.set(address, piece)
      entries += more
    }
  }
  if (part.size > 0) yield part
}

/** Only the first piece may replace the storage. */
function* inPieces(override: AccountOverride): Generator<AccountOverride> {
  const slots = [...(override.state ?? override.stateDiff ?? [])]
  if (slots.length < ENTRIES_PER_COMMIT) return yield override
  const { state, stateDiff, ...fields } = override
  const first = new Map(slots.slice(0, ENTRIES_PER_COMMIT))
  yield { ...fields, ...(state === undefined ? { stateDiff: first } : { state: first }) }
  for (let start = ENTRIES_PER_COMMIT; start < slots.length; start += ENTRIES_PER_COMMIT) {
    yield { stateDiff: new Map(slots.slice(start, start + ENTRIES_PER_COMMIT)) }
  }
}
