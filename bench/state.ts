/**
 * The state alone, without an EVM: `npm run bench -- state [--rounds N]`. The same reads and writes of the same blocks through
 * what our engine uses (execution/stateManager.ts over stateless/stateView.ts and stateCache.ts) and through the library's
 * MerkleStateManager with its caches, once as it comes from npm and once with our keccak. Nodes are in memory on both sides.
 *
 * A block reads 1,000 accounts and 1,000 slots, writes each of them and computes the root; every root is compared. The first
 * round begins with nothing in memory but the nodes, each of the others with what the blocks before left. Sides take turns.
 */
import { parseArgs } from 'node:util'
import { type Common, createCustomCommon, Hardfork, Mainnet, type StateManagerInterface } from '@ethereumjs/common'
import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { Caches, MerkleStateManager } from '@ethereumjs/statemanager'
import { Account, Address, MapDB } from '@ethereumjs/util'
import { createCrypto } from '../execution/crypto.ts'
import { JournaledState } from '../execution/stateManager.ts'
import { machine, milliseconds, spreadOf } from '../load/statistics.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { setKeccak256 } from '../stateless/keccak.ts'
import { createSteppingView, type SteppingView } from '../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../stateless/trie.ts'
import type { NodeSource } from '../stateless/types.ts'
import { noteFigure } from './support/limits.ts'
import { silentLogger } from './support/silentLogger.ts'
import { timed } from './support/timed.ts'

const ACCOUNTS = 20_000
/** The first accounts have storage. */
const CONTRACTS = 200
const SLOTS = 50
const TOUCHED_ACCOUNTS = 1_000
const TOUCHED_CONTRACTS = 100
const TOUCHED_SLOTS = 10

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } })

/** One side: `begin` gives the state that a block works on, `end` makes it the state of the next one and gives its root. */
type Side = {
  readonly name: string
  begin(): StateManagerInterface
  end(): Promise<string>
  /** forgets everything but the nodes */
  reopen(): void
}

type Phases = { reads: number; writes: number; root: number; total: number }

function ours(): Side {
  const nodes = new Map<string, Uint8Array>()
  const source: NodeSource = { getNode: (hash) => nodes.get(hash), getCode: () => undefined }
  const open = (root: Uint8Array): SteppingView => createSteppingView(source, root, { bytes: 0 })
  let view = open(EMPTY_TRIE_ROOT)
  let state = new JournaledState(view)
  return {
    name: 'ours',
    begin: () => state,
    async end() {
      const commit = await state.commitChanges(state.changes())
      for (const [hash, node] of commit.nodes) nodes.set(hash, node)
      view = view.next(commit.root) ?? open(commit.root)
      state = new JournaledState(view)
      return bytesToHex(commit.root)
    },
    reopen() {
      view = open(view.root)
      state = new JournaledState(view)
    },
  }
}

function library(name: string, common: Common): Side {
  const db = new MapDB<string, string>()
  const open = (root?: Uint8Array): MerkleStateManager => {
    const trie = new MerklePatriciaTrie({ db, useKeyHashing: true, common, ...(root === undefined ? {} : { root }) })
    return new MerkleStateManager({ common, trie, caches: new Caches() })
  }
  let state = open()
  let root = EMPTY_TRIE_ROOT
  return {
    name,
    begin: () => state,
    async end() {
      await state.flush()
      root = await state.getStateRoot()
      return bytesToHex(root)
    },
    reopen() {
      state = open(root)
    },
  }
}

function addressOf(index: number): Address {
  const bytes = new Uint8Array(20)
  new DataView(bytes.buffer).setUint32(16, index + 1)
  return new Address(bytes)
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(28, value)
  return bytes
}

async function fill(side: Side): Promise<string> {
  const state = side.begin()
  for (let i = 0; i < ACCOUNTS; i++) {
    await state.putAccount(addressOf(i), new Account(1n, 10n ** 18n))
    if (i >= CONTRACTS) continue
    for (let slot = 0; slot < SLOTS; slot++) await state.putStorage(addressOf(i), word(slot), word(slot + 1).slice(28))
  }
  return side.end()
}

/** Half of what a block touches has been touched by the one before. */
const touched = (block: number, count: number, of: number): number[] =>
  Array.from({ length: count }, (_, i) => (((i + (block * count) / 2) % of) * 7_919) % of)

async function runBlock(side: Side, block: number): Promise<Phases & { changed: string }> {
  const accounts = touched(block, TOUCHED_ACCOUNTS, ACCOUNTS).map(addressOf)
  const slots = touched(block, TOUCHED_CONTRACTS, CONTRACTS).flatMap((contract) =>
    touched(block, TOUCHED_SLOTS, SLOTS).map((slot) => ({ address: addressOf(contract), key: word(slot) })),
  )
  const state = side.begin()
  const read = await timed(async () => {
    const found: Account[] = []
    for (const address of accounts) found.push((await state.getAccount(address)) ?? new Account())
    for (const { address, key } of slots) await state.getStorage(address, key)
    return found
  })
  const write = await timed(async () => {
    for (const [index, account] of read.result.entries()) {
      account.balance += 12_345n
      account.nonce++
      await state.putAccount(accounts[index] as Address, account)
    }
    for (const { address, key } of slots) await state.putStorage(address, key, Uint8Array.of(1, block))
  })
  const end = await timed(() => side.end())
  const phases = { reads: read.processor, writes: write.processor, root: end.processor }
  return { ...phases, total: read.processor + write.processor + end.processor, changed: end.result }
}

function requireSame(roots: readonly string[], what: string): void {
  if (new Set(roots).size !== 1) throw new Error(`${what} has other roots: ${roots.join(', ')}`)
}

const median = (phases: readonly Phases[], phase: keyof Phases): number =>
  spreadOf(phases.map((one) => one[phase])).median

const crypto = await createCrypto({ logger: silentLogger }, { recoveryThreads: 0, paths: 'fast' })
setKeccak256(crypto.keccak256)
const common = (customCrypto = {}) =>
  createCustomCommon({ chainId: 1 }, Mainnet, { hardfork: Hardfork.Cancun, customCrypto })
const sides = [
  ours(),
  library('MerkleStateManager', common()),
  library('MerkleStateManager with our keccak', common({ keccak256: crypto.keccak256 })),
]
requireSame(await Promise.all(sides.map(fill)), 'the filled state')
for (const side of sides) side.reopen()

const measured = sides.map((): Phases[] => [])
for (let block = 0; block <= Number(values.rounds); block++) {
  const roots: string[] = []
  for (const [index, side] of sides.entries()) {
    const { changed, ...phases } = await runBlock(side, block)
    measured[index]?.push(phases)
    roots.push(changed)
  }
  requireSame(roots, `block ${block}`)
}

console.log(`${machine()}; ${ACCOUNTS} accounts, processor time of one block`)
const summary = sides.map(({ name }, index) => {
  const [first, ...next] = measured[index] ?? []
  if (first === undefined) throw new Error('nothing was measured')
  const [reads, writes, root] = (['reads', 'writes', 'root'] as const).map((phase) => milliseconds(median(next, phase)))
  const total = median(next, 'total')
  console.log(
    `${name}: first block ${milliseconds(first.total)}, the others ${milliseconds(total)} (reads ${reads}, writes ${writes}, root ${root})`,
  )
  return { name, first: first.total, next: total }
})
const [own, ...others] = summary
for (const { name, first, next } of others) {
  noteFigure({ name: `state: first block, ${name} / ours`, value: first / (own?.first ?? 0), unit: 'x', atLeast: 2 })
  noteFigure({
    name: `state: block after block, ${name} / ours`,
    value: next / (own?.next ?? 0),
    unit: 'x',
    atLeast: 4,
  })
}
