/**
 * The stateless path on its own: 20,000 accounts, 2,000 of them read and rewritten from a witness.
 * Run after a build: `node dist/bench/trie.js`, with `noble` behind it for the fallback hash. Prints the median of 15 rounds after 5 warm-ups, in milliseconds.
 */
import { createCrypto } from '../execution/crypto.ts'
import { EMPTY_CODE_HASH } from '../stateless/account.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { setKeccak256 } from '../stateless/keccak.ts'
import { createStateView } from '../stateless/stateView.ts'
import { EMPTY_TRIE_ROOT } from '../stateless/trie.ts'
import type { AccountState, ExecutionWitness, Hash32, NodeSource, StateChanges, StateView } from '../stateless/types.ts'
import { createRecorder, createWitnessView } from '../stateless/witness.ts'

const ACCOUNTS = 20_000
const TOUCHED = 2_000
const WARM_UPS = 5
const ROUNDS = 15

type Changed = Omit<AccountState, 'storageRoot'> | null

function addressOf(index: number): Uint8Array {
  const address = new Uint8Array(20)
  new DataView(address.buffer).setUint32(16, index)
  return address
}

function changesOf(accounts: ReadonlyMap<string, Changed>): StateChanges {
  return { accounts, storage: new Map(), clearedStorage: new Set(), codes: new Map() }
}

function account(nonce: number): Changed {
  return { nonce: BigInt(nonce), balance: 10n ** 18n + BigInt(nonce), codeHash: EMPTY_CODE_HASH }
}

function buildState(): { source: NodeSource; root: Hash32 } {
  const accounts = new Map<string, Changed>()
  for (let i = 0; i < ACCOUNTS; i++) accounts.set(bytesToHex(addressOf(i)), account(i))
  const nothing: NodeSource = { getNode: () => undefined, getCode: () => undefined }
  const { root, nodes } = createStateView(nothing, EMPTY_TRIE_ROOT).commit(changesOf(accounts))
  return { source: { getNode: (hash) => nodes.get(hash), getCode: () => undefined }, root }
}

function touchedAddresses(): Uint8Array[] {
  return Array.from({ length: TOUCHED }, (_, i) => addressOf((i * 7919) % ACCOUNTS))
}

/** Nine in ten are updated, one in ten is deleted. */
function touch(view: StateView, addresses: readonly Uint8Array[]): { readMs: number; writeMs: number; root: Hash32 } {
  const start = performance.now()
  const accounts = new Map<string, Changed>()
  for (const [i, address] of addresses.entries()) {
    const before = view.getAccount(address)
    accounts.set(bytesToHex(address), i % 10 === 0 ? null : account(Number(before?.nonce ?? 0n) + 1))
  }
  const read = performance.now()
  const { root } = view.commit(changesOf(accounts))
  return { readMs: read - start, writeMs: performance.now() - read, root }
}

function median(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[sorted.length >> 1] ?? 0).toFixed(1)
}

function run(witness: ExecutionWitness, root: Hash32, expected: string, addresses: readonly Uint8Array[]): void {
  const loads: number[] = []
  const reads: number[] = []
  const writes: number[] = []
  for (let round = 0; round < WARM_UPS + ROUNDS; round++) {
    const start = performance.now()
    const view = createWitnessView(witness, root)
    const loadMs = performance.now() - start
    const result = touch(view, addresses)
    if (bytesToHex(result.root) !== expected) throw new Error('a round gave another root')
    if (round < WARM_UPS) continue
    loads.push(loadMs)
    reads.push(result.readMs)
    writes.push(result.writeMs)
  }
  const totals = loads.map((load, i) => load + (reads[i] ?? 0) + (writes[i] ?? 0))
  console.log(
    `load and hash ${median(loads)}, read ${median(reads)}, write and root ${median(writes)}, total ${median(totals)}`,
  )
}

const quiet = { info: () => undefined, warn: () => undefined }
if (process.argv[2] !== 'noble') setKeccak256((await createCrypto({ logger: quiet })).keccak256)
const { source, root } = buildState()
const addresses = touchedAddresses()
const recorder = createRecorder(source)
const expected = bytesToHex(touch(createStateView(recorder, root), addresses).root)
const witness = recorder.witness([])
console.log(`${ACCOUNTS} accounts, ${TOUCHED} touched, ${witness.state.length} witness nodes, ${recorder.size()} bytes`)
run(witness, root, expected, addresses)
