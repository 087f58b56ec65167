import { expect, test } from 'vitest'
import { createReferenceTries } from '../../execution/reference/tries.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { createStateView } from '../../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { NodeSource, StateChanges } from '../../stateless/types.ts'

const [OLD, NEW] = ['11', '22'].map((byte) => byte.repeat(20)) as [string, string]
const slot = (number: number) => number.toString(16).padStart(64, '0')
const account = { nonce: 1n, balance: 0n, codeHash: new Uint8Array(32).fill(1) }

/** A store in which `OLD` has slots 0 and 1; `NEW` is not there. */
function stored(): { source: NodeSource; root: Uint8Array } {
  const nodes = new Map<string, Uint8Array>()
  const source: NodeSource = { getNode: (hash) => nodes.get(hash), getCode: () => undefined }
  const { root, nodes: written } = createStateView(source, EMPTY_TRIE_ROOT).commit(changesOf({ [OLD]: [1, 1] }))
  for (const [hash, node] of written) nodes.set(hash, node)
  return { source, root }
}

/** These accounts get values for their slots, from slot 0 on; undefined: untouched. */
function changesOf(values: Readonly<Record<string, readonly (number | undefined)[]>>): StateChanges {
  const slots = (of: readonly (number | undefined)[]) =>
    of.flatMap((value, number) => (value === undefined ? [] : [[slot(number), Uint8Array.of(value)] as const]))
  return {
    accounts: new Map(Object.keys(values).map((address) => [address, account])),
    storage: new Map(Object.entries(values).map(([address, of]) => [address, new Map(slots(of))])),
    clearedStorage: new Set(),
    codes: new Map(),
  }
}

test('two accounts that come to the same storage, one from near it and one from nothing: all that is new is handed over, as by ours', async () => {
  const { source, root } = stored()
  const view = createStateView(source, root)
  const changes = changesOf({ [OLD]: [undefined, 2], [NEW]: [1, 2] })
  const ours = view.commit(changes)
  const theirs = await createReferenceTries(source, root).commit(changes, (address) => view.getAccount(address))
  expect(bytesToHex(theirs.root)).toBe(bytesToHex(ours.root))
  expect([...theirs.nodes.keys()].sort()).toEqual([...ours.nodes.keys()].sort())
})
