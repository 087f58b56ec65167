import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EMPTY_CODE_HASH, encodeAccount } from '../../stateless/account.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { encodeRlp } from '../../stateless/rlp.ts'
import { createStateView } from '../../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { ExecutionWitness, Hash32, StateChanges, StateView } from '../../stateless/types.ts'
import { ancestorHeaders, createAncestorRecorder, createRecorder, createWitnessView } from '../../stateless/witness.ts'
import {
  applySteps,
  extendChain,
  type ModelChain,
  performReads,
  populatedChain,
  type Step,
  startChain,
  stepsArbitrary,
} from './stateModel.ts'
import { branchNode, compact, NO_SOURCE, refOf, sourceOf, witnessError } from './trieSupport.ts'

const SEED = 8079
const RUNS = process.env.REENACT_FULL === '1' ? 600 : 40

/** One block: reads in order, then the changes. */
function runOn(view: StateView, steps: readonly Step[], changes: StateChanges): Hash32 {
  performReads(view, steps)
  return view.commit(changes).root
}

function record(chain: ModelChain, steps: readonly Step[]) {
  const before = structuredClone(chain.model)
  const changes = applySteps(before, steps)
  const recorder = createRecorder(chain.source)
  const root = runOn(createStateView(recorder, chain.root), steps, changes)
  return { recorder, witness: recorder.witness([]), changes, root }
}

function without(witness: ExecutionWitness, list: 'state' | 'codes', index: number): ExecutionWitness {
  return { ...witness, [list]: witness[list].filter((_, i) => i !== index) }
}

/** Every witness with exactly one item less, with the error that must follow. */
function* drops(witness: ExecutionWitness): Iterable<[ExecutionWitness, string]> {
  for (let i = 0; i < witness.state.length; i++) yield [without(witness, 'state', i), 'MISSING_NODE']
  for (let i = 0; i < witness.codes.length; i++) yield [without(witness, 'codes', i), 'MISSING_CODE']
}

function expectCanonical(items: readonly Uint8Array[]): void {
  const hex = items.map(bytesToHex)
  expect(hex).toEqual([...new Set(hex)].sort())
}

describe('recorded witness', () => {
  it('gives the same root, is canonical, and every single item in it is needed', () => {
    let dropped = 0
    fc.assert(
      fc.property(stepsArbitrary, stepsArbitrary, (history, steps) => {
        const chain = extendChain(populatedChain(), history)
        const { recorder, witness, changes, root } = record(chain, steps)
        expect(runOn(createWitnessView(witness, chain.root), steps, changes)).toEqual(root)
        expectCanonical(witness.state)
        expectCanonical(witness.codes)
        for (const item of witness.state) expect(item.length >= 32 && item.length <= 1024).toBe(true)
        for (const item of witness.codes) expect(item.length).toBeGreaterThan(0)
        const bytes = [...witness.state, ...witness.codes].reduce((sum, item) => sum + item.length + 4, 0)
        expect(recorder.size()).toBe(bytes)
        for (const [partial, code] of drops(witness)) {
          expect(witnessError(() => runOn(createWitnessView(partial, chain.root), steps, changes)).code).toBe(code)
          dropped++
        }
      }),
      { seed: SEED, numRuns: RUNS },
    )
    // The property says nothing when states and blocks are tiny.
    expect(dropped).toBeGreaterThan(20 * RUNS)
  })

  it('is not larger when other changes go through the insert-before-delete order than the order demands', () => {
    // Two keys in one branch: one is deleted while a third is inserted beside the survivor. No collapse, no sibling.
    const slots = slotsByFirstNibble()
    const [left, right, added] = [slots[0], slots[1], slots[2]]
    const value = new Uint8Array(32).fill(1)
    const start = commitSlots(NO_SOURCE, EMPTY_TRIE_ROOT, { [left]: value, [right]: value })
    const recorder = createRecorder(sourceOf(start.nodes))
    const changes = slotChanges({ [left]: new Uint8Array(0), [added]: value })
    const { root } = createStateView(recorder, start.root).commit(changes)
    const witness = recorder.witness([])
    // account leaf, storage branch, the deleted leaf; not the surviving one
    expect(witness.state.length).toBe(3)
    expect(createWitnessView(witness, start.root).commit(changes).root).toEqual(root)
    const collapsing = createRecorder(sourceOf(start.nodes))
    createStateView(collapsing, start.root).commit(slotChanges({ [left]: new Uint8Array(0) }))
    expect(collapsing.witness([]).state.length).toBe(4)
  })

  it('records nothing twice and grows while the view is used', () => {
    const chain = [[{ kind: 'write', address: 0, nonce: 1n, balance: 1n, code: 2 } as const]].reduce(
      extendChain,
      startChain(),
    )
    const recorder = createRecorder(chain.source)
    const view = createStateView(recorder, chain.root)
    expect(recorder.size()).toBe(0)
    const account = view.getAccount(new Uint8Array(20).fill(1))
    const afterAccount = recorder.size()
    expect(afterAccount).toBeGreaterThan(0)
    view.getCode(account?.codeHash ?? EMPTY_CODE_HASH)
    view.getCode(account?.codeHash ?? EMPTY_CODE_HASH)
    view.getCode(EMPTY_CODE_HASH)
    expect(recorder.size()).toBe(afterAccount + 304)
    expect(recorder.witness([]).codes.length).toBe(1)
  })

  it('does not hold what the source does not have', () => {
    const recorder = createRecorder(NO_SOURCE)
    expect(witnessError(() => createStateView(recorder, new Uint8Array(32)).getAccount(new Uint8Array(20))).code).toBe(
      'MISSING_NODE',
    )
    expect(recorder.size()).toBe(0)
  })
})

const HOLDER = '11'.repeat(20)

function slotChanges(slots: Record<string, Uint8Array>): StateChanges {
  return {
    accounts: new Map([[HOLDER, { nonce: 1n, balance: 0n, codeHash: EMPTY_CODE_HASH }]]),
    storage: new Map([[HOLDER, new Map(Object.entries(slots))]]),
    clearedStorage: new Set(),
    codes: new Map(),
  }
}

function commitSlots(source: Parameters<typeof createStateView>[0], root: Hash32, slots: Record<string, Uint8Array>) {
  return createStateView(source, root).commit(slotChanges(slots))
}

/** Slot keys whose hashes begin with different nibbles. */
function slotsByFirstNibble(): [string, string, string] {
  const found = new Map<number, string>()
  for (let n = 0; found.size < 3; n++) {
    const slot = new Uint8Array(32).fill(n)
    const nibble = (keccak256(slot)[0] ?? 0) >> 4
    if (!found.has(nibble)) found.set(nibble, bytesToHex(slot))
  }
  const [a = '', b = '', c = ''] = found.values()
  return [a, b, c]
}

describe('hostile witness', () => {
  const chain = [
    Array.from({ length: 20 }, (_, address) => ({ kind: 'write', address, nonce: 1n, balance: 7n, code: 0 }) as const),
  ].reduce(extendChain, startChain())
  const steps: Step[] = [
    { kind: 'read', address: 3 },
    { kind: 'delete', address: 4 },
  ]
  const recorded = record(chain, steps)

  it('surplus items, empty items and duplicates do no harm', () => {
    const { state, codes } = recorded.witness
    const junk = [new Uint8Array(0), Uint8Array.of(0x80), new Uint8Array(1024).fill(0xff)]
    const witness = { state: [...junk, ...state, ...state], codes: [...codes, ...junk] }
    expect(runOn(createWitnessView(witness, chain.root), steps, recorded.changes)).toEqual(recorded.root)
  })

  it('one changed bit in any node makes that node missing', () => {
    const { state } = recorded.witness
    for (let i = 0; i < state.length; i++) {
      for (const bit of [0, 77, 8 * (state[i]?.length ?? 1) - 1]) {
        const changed = state.map((node) => node.slice())
        const node = changed[i] ?? new Uint8Array(1)
        node[bit >> 3] = (node[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        const view = createWitnessView({ state: changed, codes: [] }, chain.root)
        expect(witnessError(() => runOn(view, steps, recorded.changes)).code).toBe('MISSING_NODE')
      }
    }
  })

  it('what no path leads to stays as it is, whatever it holds: a leaf of 67 nibbles (test_witness_state_overlength.py)', () => {
    const address = new Uint8Array(20).fill(1)
    const key = bytesToHex(keccak256(address))
    const nibble = Number.parseInt(key[0] ?? '', 16)
    const account = { nonce: 1n, balance: 7n, storageRoot: EMPTY_TRIE_ROOT, codeHash: EMPTY_CODE_HASH }
    const leafOf = (balance: bigint) => [compact(key.slice(1), true), encodeAccount({ ...account, balance })]
    const overlong = refOf([compact('0'.repeat(67), true), new Uint8Array(0)])
    const rootOf = (balance: bigint) =>
      encodeRlp(branchNode({ [nibble]: refOf(leafOf(balance)), [(nibble + 1) % 16]: overlong }))
    const state = [rootOf(7n), encodeRlp(leafOf(7n)), encodeRlp([compact('0'.repeat(67), true), new Uint8Array(0)])]
    const view = createWitnessView({ state, codes: [] }, keccak256(rootOf(7n)))
    expect(view.getAccount(address)?.balance).toBe(7n)
    const accounts = new Map([[bytesToHex(address), { nonce: 1n, balance: 8n, codeHash: EMPTY_CODE_HASH }]])
    const { root } = view.commit({ accounts, storage: new Map(), clearedStorage: new Set(), codes: new Map() })
    expect(root).toEqual(keccak256(rootOf(8n)))
  })

  it('is bound to the root', () => {
    const view = createWitnessView(recorded.witness, keccak256(chain.root))
    expect(witnessError(() => runOn(view, steps, recorded.changes)).code).toBe('MISSING_NODE')
  })
})

describe('ancestor headers', () => {
  const header = (number: bigint) => Uint8Array.of(Number(number))
  const parent = { number: 200n, rlp: header(200n) }

  it('are the parent alone when BLOCKHASH reached nothing', () => {
    expect(ancestorHeaders({ parent, headerByNumber: header })).toEqual([header(200n)])
    expect(ancestorHeaders({ parent, oldestNumberRead: 200n, headerByNumber: header })).toEqual([header(200n)])
  })

  it('ascend from the oldest one read to the parent', () => {
    const headers = ancestorHeaders({ parent, oldestNumberRead: 198n, headerByNumber: header })
    expect(headers).toEqual([header(198n), header(199n), header(200n)])
  })

  it('number at most 256', () => {
    const late = { number: 300n, rlp: header(0n) }
    expect(ancestorHeaders({ parent: late, oldestNumberRead: 45n, headerByNumber: header }).length).toBe(256)
    expect(() => ancestorHeaders({ parent: late, oldestNumberRead: 44n, headerByNumber: header })).toThrow('window')
    expect(() => ancestorHeaders({ parent: late, oldestNumberRead: 301n, headerByNumber: header })).toThrow('window')
  })

  it('name a header that nobody has', () => {
    const request = { parent, oldestNumberRead: 199n, headerByNumber: () => undefined }
    const { code, data } = witnessError(() => ancestorHeaders(request))
    expect([code, data.number]).toEqual(['MISSING_ANCESTOR', 199n])
  })

  it('come from what BLOCKHASH was asked, not from what it refused', () => {
    const recorder = createAncestorRecorder((number) => (number >= 100n ? keccak256(header(number)) : undefined))
    expect(recorder.oldestNumberRead()).toBeUndefined()
    for (const number of [150n, 120n, 130n, 99n]) recorder.blockHash(number)
    expect(recorder.oldestNumberRead()).toBe(120n)
  })
})
