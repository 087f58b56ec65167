import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeAccount, decodeStorageValue, EMPTY_CODE_HASH, encodeAccount } from '../../stateless/account.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { encodeRlp, type RlpValue } from '../../stateless/rlp.ts'
import { createStateView } from '../../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import {
  changesOf,
  codeHashOf,
  expectModel,
  extendChain,
  modelRoot,
  populatedChain,
  startChain,
  stepsArbitrary,
} from './stateModel.ts'
import { NO_SOURCE, sourceOf, witnessError } from './trieSupport.ts'

const SEED = 8079
const RUNS = process.env.REENACT_FULL === '1' ? 500 : 60

const EMPTY = new Uint8Array(0)
const ALICE = new Uint8Array(20).fill(0xa1)
const ALICE_KEY = bytesToHex(ALICE)
const SLOT = new Uint8Array(32).fill(3)
const SLOT_KEY = bytesToHex(SLOT)

const plain = { nonce: 1n, balance: 5n, codeHash: EMPTY_CODE_HASH }
const withSlot = (value: Uint8Array) => ({
  accounts: new Map([[ALICE_KEY, plain]]),
  storage: new Map([[ALICE_KEY, new Map([[SLOT_KEY, value]])]]),
})

/** The state of one account with one slot, 9. */
function oneSlot() {
  const { root, nodes } = createStateView(NO_SOURCE, EMPTY_TRIE_ROOT).commit(changesOf(withSlot(Uint8Array.of(9))))
  return { root, nodes, view: createStateView(sourceOf(nodes), root) }
}

describe('state view', () => {
  it('agrees with a model and with @ethereumjs/mpt over chains of random changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepsArbitrary, { minLength: 2, maxLength: 4 }), async (batches) => {
        let chain = batches.length % 2 === 0 ? startChain() : populatedChain()
        for (const steps of batches) {
          chain = extendChain(chain, steps)
          expect(bytesToHex(chain.root)).toBe(await modelRoot(chain.model))
        }
        expectModel(createStateView(chain.source, chain.root), chain.model)
      }),
      { seed: SEED, numRuns: RUNS },
    )
  })

  it('answers the empty state without a lookup', () => {
    const view = createStateView(NO_SOURCE, EMPTY_TRIE_ROOT)
    expect(view.getAccount(ALICE)).toBeUndefined()
    expect(view.getStorage(ALICE, SLOT)).toEqual(EMPTY)
    expect(view.getCode(EMPTY_CODE_HASH)).toEqual(EMPTY)
  })

  it('commits storage of an account that did not exist', () => {
    const { view } = oneSlot()
    expect(view.getStorage(ALICE, SLOT)).toEqual(Uint8Array.of(9))
    expect(view.getAccount(ALICE)).toMatchObject({ nonce: 1n, balance: 5n })
  })

  it('keeps the storage of an account whose other fields change, and drops it when told', () => {
    const { nodes, view: before } = oneSlot()
    const accounts = new Map([[ALICE_KEY, { ...plain, nonce: 2n }]])
    const kept = before.commit(changesOf({ accounts }))
    const after = createStateView(sourceOf(new Map([...nodes, ...kept.nodes])), kept.root)
    expect(after.getStorage(ALICE, SLOT)).toEqual(Uint8Array.of(9))
    const cleared = before.commit(changesOf({ accounts, clearedStorage: new Set([ALICE_KEY]) }))
    expect(createStateView(sourceOf(cleared.nodes), cleared.root).getAccount(ALICE)).toMatchObject({
      storageRoot: EMPTY_TRIE_ROOT,
    })
  })

  it('applies storage on top of a wipe, not of the old slots, even after they were read', () => {
    const { view: before } = oneSlot()
    before.getStorage(ALICE, SLOT)
    const other = new Map([[ALICE_KEY, new Map([['00'.repeat(32), Uint8Array.of(4)]])]])
    const wiped = before.commit(changesOf({ ...withSlot(EMPTY), storage: other, clearedStorage: new Set([ALICE_KEY]) }))
    const after = createStateView(sourceOf(wiped.nodes), wiped.root)
    expect(after.getStorage(ALICE, SLOT)).toEqual(EMPTY)
    expect(after.getStorage(ALICE, new Uint8Array(32))).toEqual(Uint8Array.of(4))
  })

  it('does not look at the storage of an account that is deleted', () => {
    const first = oneSlot()
    const onlyAccount = new Map([...first.nodes].filter(([hash]) => hash === bytesToHex(first.root)))
    const accounts = new Map([[ALICE_KEY, null]])
    const { root } = createStateView(sourceOf(onlyAccount), first.root).commit(
      changesOf({ ...withSlot(EMPTY), accounts }),
    )
    expect(root).toEqual(EMPTY_TRIE_ROOT)
  })

  it('gives the same answers before and after a commit', () => {
    const { root, view } = oneSlot()
    const once = view.commit(changesOf(withSlot(Uint8Array.of(1))))
    expect(view.getStorage(ALICE, SLOT)).toEqual(Uint8Array.of(9))
    expect(view.commit(changesOf(withSlot(Uint8Array.of(1))))).toEqual(once)
    expect(view.commit(changesOf({})).root).toEqual(root)
  })

  it('freezes the accounts it hands out', () => {
    const account = oneSlot().view.getAccount(ALICE)
    expect(() => Object.assign(account ?? {}, { nonce: 9n })).toThrow(TypeError)
  })

  it('reads code by its hash and names code that is missing', () => {
    const code = Uint8Array.of(1, 2, 3)
    const key = bytesToHex(codeHashOf(code))
    const view = createStateView(sourceOf(new Map(), new Map([[key, code]])), EMPTY_TRIE_ROOT)
    expect(view.getCode(codeHashOf(code))).toEqual(code)
    const { code: errorCode, data } = witnessError(() => view.getCode(SLOT))
    expect([errorCode, data.codeHash]).toEqual(['MISSING_CODE', SLOT_KEY])
  })

  it('treats storage changes of an account that is not in the changes as a bug', () => {
    const view = createStateView(NO_SOURCE, EMPTY_TRIE_ROOT)
    expect(() => view.commit(changesOf({ storage: withSlot(Uint8Array.of(1)).storage }))).toThrow('not in the changes')
    expect(() => view.commit(changesOf(withSlot(Uint8Array.of(0, 1))))).toThrow('storage value is not minimal')
  })
})

describe('account leaves', () => {
  const root = new Uint8Array(32).fill(1)
  const code = new Uint8Array(32).fill(2)
  const byte = (n: number) => Uint8Array.of(n)

  it('round-trip, extremes included', () => {
    for (const nonce of [0n, 1n, 127n, 128n, 2n ** 64n - 1n]) {
      for (const balance of [0n, 127n, 255n, 256n, 2n ** 256n - 1n]) {
        const account = { nonce, balance, storageRoot: root, codeHash: code }
        expect(decodeAccount(encodeAccount(account))).toEqual(account)
      }
    }
  })

  const good: RlpValue[] = [byte(1), byte(2), root, code]
  const refused: [string, Uint8Array][] = [
    ['no bytes', EMPTY],
    ['a byte string', encodeRlp(root)],
    ['three items', encodeRlp([byte(1), byte(2), root])],
    ['five items', encodeRlp([...good, EMPTY])],
    ['a byte behind', concatBytes([encodeRlp(good), byte(0)])],
    ['a nonce of nine bytes', encodeRlp([new Uint8Array(9).fill(1), byte(2), root, code])],
    ['a nonce with a leading zero', encodeRlp([byte(0), byte(2), root, code])],
    ['a nonce that is a list', encodeRlp([[], byte(2), root, code])],
    ['a balance of 33 bytes', encodeRlp([byte(1), new Uint8Array(33).fill(1), root, code])],
    ['a balance with a leading zero', encodeRlp([byte(1), Uint8Array.of(0, 1), root, code])],
    ['a prefixed single byte', encodeRlp([{ rawRlp: Uint8Array.of(0x81, 1) }, byte(2), root, code])],
    ['a storage root of 31 bytes', encodeRlp([byte(1), byte(2), root.subarray(1), code])],
    ['a code hash of 33 bytes', encodeRlp([byte(1), byte(2), root, new Uint8Array(33).fill(2)])],
    ['an empty code hash', encodeRlp([byte(1), byte(2), root, EMPTY])],
    ['a list for a root', encodeRlp([byte(1), byte(2), [root], code])],
    ['a leaf of more than 1,024 bytes', encodeRlp([byte(1), byte(2), root, code, new Uint8Array(1024)])],
  ]

  it.each(refused)('refuse %s', (_, rlp) => {
    expect(witnessError(() => decodeAccount(rlp)).code).toBe('MALFORMED_ACCOUNT')
  })

  it('are checked when a view reads one', () => {
    const leaf = encodeRlp([concatBytes([byte(0x20), keccak256(ALICE)]), encodeRlp([byte(0), byte(0), root, code])])
    const source = sourceOf(new Map([[bytesToHex(keccak256(leaf)), leaf]]))
    const view = createStateView(source, keccak256(leaf))
    expect(witnessError(() => view.getAccount(ALICE)).code).toBe('MALFORMED_ACCOUNT')
  })
})

describe('storage leaves', () => {
  it.each([
    ['an empty value', encodeRlp(EMPTY)],
    ['a zero byte', Uint8Array.of(0)],
    ['a leading zero', encodeRlp(Uint8Array.of(0, 1))],
    ['33 bytes', encodeRlp(new Uint8Array(33).fill(1))],
    ['a list', encodeRlp([])],
    ['a prefixed single byte', Uint8Array.of(0x81, 1)],
    ['a byte behind', Uint8Array.of(1, 1)],
    ['nothing', EMPTY],
  ])('refuse %s', (_, rlp) => {
    expect(witnessError(() => decodeStorageValue(rlp)).code).toBe('MALFORMED_NODE')
  })

  it('give the minimal value', () => {
    expect(decodeStorageValue(Uint8Array.of(0x7f))).toEqual(Uint8Array.of(0x7f))
    expect(decodeStorageValue(hexToBytes('8180'))).toEqual(Uint8Array.of(0x80))
    expect(decodeStorageValue(encodeRlp(new Uint8Array(32).fill(1)))).toEqual(new Uint8Array(32).fill(1))
  })
})
