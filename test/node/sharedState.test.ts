import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSharedStates, type SharedStates } from '../../node/sharedState.ts'
import { EMPTY_CODE_HASH } from '../../stateless/account.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { createStateView } from '../../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../../stateless/trie.ts'
import type { Hash32, NodeSource, StateChanges, StateView } from '../../stateless/types.ts'
import {
  ADDRESSES,
  applySteps,
  changesOf,
  expectModel,
  type Model,
  modelRoot,
  SLOTS,
  type Step,
  stepsArbitrary,
} from '../stateless/stateModel.ts'
import { sourceOf } from '../stateless/trieSupport.ts'

const SEED = 8079
const RUNS = process.env.REENACT_FULL === '1' ? 300 : 12
const EMPTY = new Uint8Array(0)
const ALICE = new Uint8Array(20).fill(0xa1)

type Stored = { root: Hash32; model: Model }

/** What a full node stores, with what is read of it counted. */
function memoryStore() {
  const nodes = new Map<string, Uint8Array>()
  const codes = new Map<string, Uint8Array>()
  let reads = 0
  const below = sourceOf(nodes, codes)
  const source: NodeSource = {
    getNode: (hash) => {
      reads++
      return below.getNode(hash)
    },
    getCode: below.getCode,
  }
  const statesWith = (maxBytes?: number): SharedStates => createSharedStates(source, () => undefined, maxBytes)
  return {
    source,
    statesWith,
    reads: () => reads,
    /** Commits through the shared view, stores, and lets the states follow. */
    extend(states: SharedStates, parent: Hash32, changes: StateChanges): Hash32 {
      const made = states.at(parent).commit(changes)
      for (const [hash, node] of made.nodes) nodes.set(hash, node)
      for (const [hash, code] of changes.codes) codes.set(hash, code)
      states.follow(parent, made.root)
      return made.root
    },
  }
}

const copyOf = (model: Model): Model =>
  new Map([...model].map(([key, account]) => [key, { ...account, storage: new Map(account.storage) }]))

function readAhead(view: StateView, steps: readonly Step[]): void {
  for (const step of steps) {
    const address = ADDRESSES[step.address] ?? ALICE
    if (step.kind === 'readSlot' || step.kind === 'writeSlot') view.getStorage(address, SLOTS[step.slot] ?? EMPTY)
    else view.getAccount(address)
  }
}

/** Each block is on the newest state, or (`back`) on an earlier one: a fork or a rewind. */
const blocks = fc.array(fc.record({ steps: stepsArbitrary, back: fc.oneof(fc.constant(0), fc.nat({ max: 4 })) }), {
  minLength: 2,
  maxLength: 8,
})

describe('shared states', () => {
  it.each([
    ['with room for all', undefined],
    ['that are forgotten all the time', 20_000],
  ])(
    '%s: agree with fresh views, with a model and with @ethereumjs/mpt over forks and rewinds',
    async (_, maxBytes) => {
      await fc.assert(
        fc.asyncProperty(blocks, async (all) => {
          const store = memoryStore()
          const states = store.statesWith(maxBytes)
          const known: Stored[] = [{ root: EMPTY_TRIE_ROOT, model: new Map() }]
          for (const { steps, back } of all) {
            const parent = known[Math.max(0, known.length - 1 - back)] ?? { root: EMPTY_TRIE_ROOT, model: new Map() }
            const model = copyOf(parent.model)
            readAhead(states.at(parent.root), steps)
            const changes = applySteps(model, steps)
            const fresh = createStateView(store.source, parent.root).commit(changes)
            const shared = states.at(parent.root).commit(changes)
            expect(new Map(shared.nodes)).toEqual(new Map(fresh.nodes))
            const root = store.extend(states, parent.root, changes)
            expect(bytesToHex(root)).toBe(await modelRoot(model))
            expectModel(states.at(root), model)
            expectModel(states.at(parent.root), parent.model)
            known.push({ root, model })
          }
          for (const { root, model } of known) {
            expectModel(states.at(root), model)
            expectModel(createStateView(store.source, root), model)
          }
        }),
        { seed: SEED, numRuns: RUNS },
      )
    },
  )

  const addressOf = (n: number) => new Uint8Array(20).fill(n)
  const balances = (count: number, balance: bigint): StateChanges => {
    const account = { nonce: 0n, balance, codeHash: EMPTY_CODE_HASH }
    return changesOf({
      accounts: new Map(Array.from({ length: count }, (_, n) => [bytesToHex(addressOf(n + 1)), account])),
    })
  }

  it('read nothing again in the block after', () => {
    const store = memoryStore()
    const states = store.statesWith()
    const first = store.extend(states, EMPTY_TRIE_ROOT, balances(200, 1n))
    const second = store.extend(states, first, balances(200, 2n))
    expect(states.at(second).getAccount(addressOf(7))?.balance).toBe(2n)
    expect(states.at(first).getAccount(addressOf(7))?.balance).toBe(1n)
    expect(store.reads()).toBe(0)
  })

  it.each([
    ['0000f90827f1c53a10cb7a02335b175320002935', 'EIP-2935'],
    ['000f3df6d732807ef1319fb7b8bb8522d0beac02', 'EIP-4788'],
  ])('do not keep the slots of %s (%s), which every block writes', (address) => {
    const store = memoryStore()
    const states = store.statesWith()
    const slots = Array.from({ length: 200 }, (_, n) => new Uint8Array(32).fill(n))
    const written = (value: number): StateChanges => ({
      ...balances(0, 0n),
      accounts: new Map([[address, { nonce: 1n, balance: 0n, codeHash: EMPTY_CODE_HASH }]]),
      storage: new Map([[address, new Map(slots.map((slot) => [bytesToHex(slot), Uint8Array.of(value)]))]]),
    })
    const first = store.extend(states, EMPTY_TRIE_ROOT, written(1))
    const second = store.extend(states, first, written(2))
    const before = store.reads()
    for (const slot of slots) expect(states.at(second).getStorage(hexToBytes(address), slot)).toEqual(Uint8Array.of(2))
    expect(store.reads() - before).toBeGreaterThan(slots.length)
    expect(states.at(first).getStorage(hexToBytes(address), SLOTS[0] ?? EMPTY)).toEqual(
      createStateView(store.source, first).getStorage(hexToBytes(address), SLOTS[0] ?? EMPTY),
    )
  })

  it('read again what was forgotten for its size', () => {
    const store = memoryStore()
    const states = store.statesWith(1_000)
    const root = store.extend(states, EMPTY_TRIE_ROOT, balances(200, 1n))
    expect(states.at(root).getAccount(addressOf(7))?.balance).toBe(1n)
    expect(store.reads()).toBeGreaterThan(0)
  })

  it('a commit that no block came of changes nothing', () => {
    const store = memoryStore()
    const states = store.statesWith()
    const root = store.extend(states, EMPTY_TRIE_ROOT, balances(20, 1n))
    states.at(root).commit(balances(20, 9n))
    const next = store.extend(states, root, balances(10, 2n))
    expect(states.at(next).getAccount(addressOf(5))?.balance).toBe(2n)
    expect(states.at(next).getAccount(addressOf(15))?.balance).toBe(1n)
  })
})
