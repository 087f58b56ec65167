import type { Chain, StoredBlock } from '../../node/types.ts'
import { decodeStorageValue } from '../../stateless/account.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { toNibbles } from '../../stateless/nibbles.ts'
import { createStateView } from '../../stateless/stateView.ts'
import { createTrie } from '../../stateless/trie.ts'
import type { Hash32, StateChanges } from '../../stateless/types.ts'
import { type BlockParameter, blockParameter, isPending, requireBlock } from '../blockParameter.ts'
import { address, data, numberOrQuantity } from '../codec.ts'
import { invalidParams, RpcError } from '../errors.ts'
import { toData, toWord } from '../hex.ts'
import { described, method, type Parse, required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import { stateBefore } from './changedState.ts'
import { replayRequest, storedByHash } from './replay.ts'
import type { RunTrace } from './runTrace.ts'

/** Slots in one answer; whoever asks for more gets them page by page. */
const MAX_SLOTS = 4_096
/** Solidity lays variables out from slot 0: so many slots are known by name in any contract. */
const LOW_SLOTS = 128

const keyStart: Parse<Hash32> = described(data.schema ?? {}, (value, path) => {
  const start = data(value, path)
  if (start.length > 32) throw invalidParams(path, `expected at most 32 bytes, got ${start.length} bytes`)
  const whole = new Uint8Array(32)
  whole.set(start)
  return whole
})

/**
 * debug_storageRangeAt: a page of a contract's storage before a transaction of a block, in the order of the hashed keys
 * (geth eth/api_debug.go). `key` is the slot where it is known: low slots, and those that the block has written before.
 */
export function storageRangeMethods({ chain }: { chain: Chain }, runTrace: RunTrace): MethodTable {
  const params = [
    required('block', blockParameter),
    required('transaction index', numberOrQuantity),
    required('contract', address),
    required('start', keyStart),
    required('limit', numberOrQuantity),
  ] as const
  return {
    debug_storageRangeAt: method(params, ([block, txIndex, contract, start, limit], context) =>
      runTrace(context, {}, async (signal) => {
        const request = replayRequest(chain, storedAt(chain, block), signal)
        const { length } = request.block.transactions
        if (txIndex > 0 && txIndex >= length) {
          const text = `transaction index ${txIndex} out of range for block ${toData(request.block.hash)}`
          throw new RpcError('NOT_TRACEABLE', text)
        }
        const { root, nodes, changes } = await stateBefore(chain, request, txIndex)
        const account = createStateView(nodes, root).getAccount(contract)
        if (account === undefined) return { storage: {}, nextKey: null }
        const entries = createTrie(nodes, account.storageRoot).entries(toNibbles(start))
        return page(entries, Math.min(limit, MAX_SLOTS), knownSlots(changes, contract))
      }),
    ),
  }
}

function storedAt(chain: Chain, block: BlockParameter): StoredBlock {
  if (isPending(block)) throw new RpcError('UNKNOWN_BLOCK', 'the pending block is not stored')
  const { hash } = block.kind === 'hash' && !block.requireCanonical ? block : requireBlock(chain, block)
  return storedByHash(chain, hash)
}

/** Hashed keys (64 hex digits) of slots that have a name here. */
function knownSlots(changes: StateChanges, contract: Uint8Array): ReadonlyMap<string, string> {
  const written = changes.storage.get(Buffer.from(contract).toString('hex'))?.keys() ?? []
  const low = Array.from({ length: LOW_SLOTS }, (_, slot) => slot.toString(16).padStart(64, '0'))
  return new Map([...low, ...written].map((slot) => [toData(keccak256(hexToBytes(slot))), `0x${slot}`]))
}

function page(
  entries: Iterable<readonly [Uint8Array, Uint8Array]>,
  limit: number,
  known: ReadonlyMap<string, string>,
): { storage: Record<string, { key: string | null; value: string }>; nextKey: string | null } {
  const storage: Record<string, { key: string | null; value: string }> = {}
  let count = 0
  for (const [path, leaf] of entries) {
    const hashed = toData(fromNibbles(path))
    if (count >= limit) return { storage, nextKey: hashed }
    storage[hashed] = { key: known.get(hashed) ?? null, value: toWord(decodeStorageValue(leaf)) }
    count += 1
  }
  return { storage, nextKey: null }
}

function fromNibbles(nibbles: Uint8Array): Uint8Array {
  return Uint8Array.from(
    { length: nibbles.length / 2 },
    (_, i) => (nibbles[2 * i] ?? 0) * 16 + (nibbles[2 * i + 1] ?? 0),
  )
}
