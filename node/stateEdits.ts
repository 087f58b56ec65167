import type { AccountOverride, InjectedChanges } from '../execution/types.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import type { Block, StateView } from '../stateless/types.ts'
import type { L1Node } from './l1Node.ts'

/** What is to be changed of an account that has this nonce and balance now. May throw a NodeError. */
export type Edit = (now: { nonce: bigint; balance: bigint }) => AccountOverride

export type StateEdits = {
  /** Resolves with the block that holds the change, the head by then. Edits that come while a block is made share the next. */
  edit(address: Uint8Array, edit: Edit): Promise<Block>
  /**
   * All of these changes, in as many blocks as they need; all or none, unless the process is killed meanwhile. Throws when
   * `signal` is aborted.
   */
  apply(changes: InjectedChanges, signal: AbortSignal): Promise<void>
}

type Waiting = { key: string; edit: Edit; resolve(block: Block): void; reject(error: unknown): void }

/** Accounts and slots in one block: its access list has a limit, and its roots are computed in one turn. */
const MAX_ITEMS = 300
/** code in one block */
const MAX_CODE_BYTES = 1024 * 1024

/** Changes the state of an L1 by hand, always as part of a block. */
export function createStateEdits({ chain, producer, between, rewindTo }: L1Node): StateEdits {
  const waiting: Waiting[] = []
  let isFlushing = false

  async function flush(): Promise<void> {
    const { merged, accepted } = mergeEdits(waiting.splice(0, MAX_ITEMS), chain.stateAt(chain.head().header.stateRoot))
    if (accepted.length === 0) return
    try {
      const block = await producer.sealChanges(merged)
      for (const { resolve } of accepted) resolve(block)
    } catch (error) {
      await separately(accepted, error)
    }
  }

  /** No block can hold all of these edits: each gets one of its own, and only those that spoil theirs are refused. */
  async function separately(edits: readonly Waiting[], reason: unknown): Promise<void> {
    const [only] = edits
    if (only !== undefined && edits.length === 1) return only.reject(reason)
    for (const item of edits) {
      const { merged, accepted } = mergeEdits([item], chain.stateAt(chain.head().header.stateRoot))
      if (accepted.length === 0) continue
      await producer.sealChanges(merged).then(item.resolve, item.reject)
    }
  }

  async function flushAll(): Promise<void> {
    if (isFlushing) return
    isFlushing = true
    while (waiting.length > 0) await between(flush)
    isFlushing = false
  }

  return {
    edit: (address, edit) =>
      new Promise((resolve, reject) => {
        waiting.push({ key: bytesToHex(address), edit, resolve, reject })
        void flushAll()
      }),
    apply: (changes, signal) =>
      between(async () => {
        const before = chain.head().hash
        try {
          for (const part of partsOf(changes)) {
            signal.throwIfAborted()
            await producer.sealChanges(part)
          }
        } catch (error) {
          await rewindTo(before)
          throw error
        }
      }),
  }
}

/** Several edits of one account become one; an edit that refuses is told so and left out. */
function mergeEdits(batch: readonly Waiting[], state: StateView): { merged: InjectedChanges; accepted: Waiting[] } {
  const merged = new Map<string, AccountOverride>()
  const accepted: Waiting[] = []
  for (const item of batch) {
    const before = merged.get(item.key)
    const account = state.getAccount(hexToBytes(item.key))
    const now = { nonce: before?.nonce ?? account?.nonce ?? 0n, balance: before?.balance ?? account?.balance ?? 0n }
    try {
      merged.set(item.key, join(before, item.edit(now)))
      accepted.push(item)
    } catch (error) {
      item.reject(error)
    }
  }
  return { merged, accepted }
}

function join(before: AccountOverride | undefined, next: AccountOverride): AccountOverride {
  if (before?.stateDiff === undefined || next.stateDiff === undefined) return { ...before, ...next }
  return { ...before, ...next, stateDiff: new Map([...before.stateDiff, ...next.stateDiff]) }
}

/** The changes in parts that fit into a block each; an account with many slots is in several. */
function* partsOf(changes: InjectedChanges): Iterable<InjectedChanges> {
  let part = new Map<string, AccountOverride>()
  let [items, codeBytes] = [0, 0]
  const take = (): InjectedChanges => {
    const full = part
    part = new Map()
    ;[items, codeBytes] = [0, 0]
    return full
  }
  for (const [key, { stateDiff = new Map<string, Uint8Array>(), ...fields }] of changes) {
    const code = fields.code?.length ?? 0
    if (items > 0 && (items >= MAX_ITEMS || codeBytes + code > MAX_CODE_BYTES)) yield take()
    part.set(key, fields)
    items += 1
    codeBytes += code
    const slots = [...stateDiff]
    while (slots.length > 0) {
      if (items >= MAX_ITEMS) yield take()
      const some = slots.splice(0, MAX_ITEMS - items)
      part.set(key, { ...part.get(key), stateDiff: new Map(some) })
      items += some.length
    }
  }
  if (part.size > 0) yield take()
}
