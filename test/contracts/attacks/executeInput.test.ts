import { keccak256, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { upfrontGas } from '../../../precompiles/gas.ts'
import { withPayload } from '../../../scripts/fixtures/forgery.ts'
import { INPUT_LAYOUT } from '../../../stateless/inputLayout.ts'
import { NO_REQUESTS } from '../../../stateless/payload.ts'
import { encodeStatelessInput } from '../../../stateless/ssz.ts'
import { REQUEST_KINDS, requestItemSize } from '../../../stateless/sszSchema.ts'
import type { StatelessInput } from '../../../stateless/types.ts'
import { FORGERIES, type ForgeryKind, forge } from '../../verify/forge.ts'
import { timed } from '../../verify/support.ts'
import { GAS, type OnL1, type Sealed, startL1 } from './onL1.ts'

/** Inputs that the contract alone would take, or that both it and EXECUTE refuse, against the real EXECUTE of an L1. */
let on: OnL1
let settled: Sealed
/** the next block, never sent before the last test */
let valid: Sealed
beforeAll(async () => {
  on = await startL1()
  const { wallet } = on.l2
  const target = '0x00000000000000000000000000000000000f0123'
  await wallet.sendTransaction({ to: target, value: 1n })
  settled = await on.seal()
  expect((await on.advance(settled.bytes)).status).toBe('success')
  await wallet.sendTransaction({ to: target, value: 2n, nonce: 1, gas: 300_000n })
  await wallet.sendTransaction({ to: target, value: 3n, nonce: 2, gas: 300_000n })
  valid = await on.seal()
  expect(valid.input.newPayloadRequest.executionPayload.transactions).toHaveLength(2)
})
afterAll(() => on?.close())

const FAILED = 'NativeRollup_ExecuteFailed'
const LAYOUT = 'StatelessInput_BadLayout'

/** Refused by the contract with this error, and by EXECUTE itself for this reason. */
async function both(input: Uint8Array, error: string, code: string | RegExp): Promise<void> {
  expect((await on.refused(input)).error).toBe(error)
  expect(await on.execute(input)).toMatchObject({ ok: false, failure: { code: expect.stringMatching(code) } })
}

describe('forged blocks', () => {
  /** The forgeries that a native rollup must refuse, as attacks; what EXECUTE alone says to each is in the table of forgeries. */
  const NUMBERED: Readonly<Record<ForgeryKind, [string, string]>> = {
    'foreign-parent': ['1 foreign parent', 'NativeRollup_WrongParent'],
    replay: ['2 replay of a settled block', 'NativeRollup_WrongParent'],
    'wrong-state-root': ['6 forged state root', FAILED],
    'altered-access-list': ['6 altered access list', FAILED],
    'wrong-chain-id': ['8 wrong chain id', 'NativeRollup_WrongChain'],
    withdrawals: ['19 withdrawals', LAYOUT],
    'blob-transaction': ['20 blob transaction', FAILED],
    'dropped-witness-node': ['33 dropped witness node', FAILED],
  }
  const rows = (Object.keys(NUMBERED) as ForgeryKind[]).map((kind) => [...NUMBERED[kind], kind] as const)
  it.each(rows)('%s', async (_name, error, kind) => {
    if (kind !== 'replay') return both(forge(valid.bytes, kind), error, FORGERIES[kind].code)
    expect((await on.refused(settled.bytes)).error).toBe(error)
    // A replayed block is valid by itself: only the contract, which has moved on, can refuse it.
    expect(await on.execute(settled.bytes)).toMatchObject({ ok: true })
  })

  type Payload = StatelessInput['newPayloadRequest']['executionPayload']
  const parentTimestamp = () => settled.input.newPayloadRequest.executionPayload.timestamp
  /** What is claimed of a block and found out by running it; the block hash is that of the claim. */
  const CLAIMS: [string, (payload: Payload) => Partial<Payload>, string][] = [
    [
      '6 forged receipts root',
      ({ receiptsRoot }) => ({ receiptsRoot: receiptsRoot.toReversed() }),
      'RECEIPTS_ROOT_MISMATCH',
    ],
    ['6 forged logs bloom', () => ({ logsBloom: new Uint8Array(256).fill(1) }), 'LOGS_BLOOM_MISMATCH'],
    ['6 forged gas used', ({ gasUsed }) => ({ gasUsed: gasUsed + 1n }), 'GAS_USED_MISMATCH'],
    ['6 forged base fee', ({ baseFeePerGas }) => ({ baseFeePerGas: baseFeePerGas - 1n }), 'BAD_BASE_FEE'],
    [
      '6 a transaction left out',
      ({ transactions }) => ({ transactions: transactions.slice(0, 1) }),
      'BLOCK_ACCESS_LIST_MISMATCH',
    ],
    [
      '6 transactions in another order',
      ({ transactions }) => ({ transactions: transactions.toReversed() }),
      'BAD_TRANSACTION',
    ],
    ['15 timestamp of the parent', () => ({ timestamp: parentTimestamp() }), 'BAD_TIMESTAMP'],
    ['15 timestamp before the parent', () => ({ timestamp: parentTimestamp() - 1n }), 'BAD_TIMESTAMP'],
  ]
  it.each(CLAIMS)('%s', async (_name, change, code) => {
    const forged = withPayload(valid.input, change(valid.input.newPayloadRequest.executionPayload))
    await both(encodeStatelessInput(forged), FAILED, code)
  })

  it.each(['stateRoot', 'blockHash', 'receiptsRoot'] as const)(
    '6 %s changed in the bytes, nothing else',
    async (field) => {
      const bytes = Uint8Array.from(valid.bytes)
      bytes.set(Buffer.from(keccak256(toHex(field)).slice(2), 'hex'), INPUT_LAYOUT[field])
      await both(bytes, FAILED, 'BLOCK_HASH_MISMATCH')
    },
  )

  const EXTRAS: [string, () => StatelessInput, string][] = [
    ['20 blob gas used', () => withPayload(valid.input, { blobGasUsed: 131_072n }), 'BLOB_GAS_USED'],
    ['20 excess blob gas', () => withPayload(valid.input, { excessBlobGas: 1n }), 'EXCESS_BLOB_GAS'],
    [
      '21 a versioned hash',
      () => withPayload(valid.input, {}, { versionedHashes: [new Uint8Array(32)] }),
      'VERSIONED_HASHES',
    ],
    ...REQUEST_KINDS.map((kind): [string, () => StatelessInput, string] => {
      const executionRequests = { ...NO_REQUESTS, [kind]: [new Uint8Array(requestItemSize(kind))] }
      return [`22 a request: ${kind}`, () => withPayload(valid.input, {}, { executionRequests }), 'EXECUTION_REQUESTS']
    }),
  ]
  it.each(EXTRAS)('%s', async (_name, forged, code) => {
    await both(encodeStatelessInput(forged()), LAYOUT, code)
  })
})

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
const word = (bytes: Uint8Array, at: number) => view(bytes).getUint32(at, true)
function withWords(bytes: Uint8Array, words: readonly (readonly [number, number])[]): Uint8Array {
  const copy = Uint8Array.from(bytes)
  for (const [at, value] of words) view(copy).setUint32(at, value >>> 0, true)
  return copy
}
const insertedAt = (bytes: Uint8Array, at: number, more: Uint8Array) =>
  Uint8Array.from([...bytes.subarray(0, at), ...more, ...bytes.subarray(at)])

describe('SSZ that the contract has no reason to read', () => {
  const at = INPUT_LAYOUT
  const witness = () => 2 + word(valid.bytes, at.offsetWitness)
  /** Places of offsets that the contract does not pin, alone or as a pair that must stay equal. */
  const places: Record<string, () => number[]> = {
    'withdrawals and access list': () => [at.offsetWithdrawals, at.offsetBlockAccessList],
    'the first transaction': () => [at.fixedEnd],
    'the second transaction': () => [at.fixedEnd + 4],
    'witness state': () => [witness()],
    'witness codes': () => [witness() + 4],
    'witness headers': () => [witness() + 8],
    'the first node': () => [witness() + word(valid.bytes, witness())],
    'the first header': () => [witness() + word(valid.bytes, witness() + 8)],
  }
  it.each(Object.keys(places))('23 offset of %s: shifted, decreasing, beyond the end, 2^32 - 1', async (name) => {
    const positions = places[name]?.() ?? []
    const value = word(valid.bytes, positions[0] ?? 0)
    // A border between two byte strings may lie anywhere: what is on either side is then no transaction.
    const code = /^(BAD_SSZ|BAD_TRANSACTION|TRANSACTION_TYPE)$/
    for (const other of [value + 1, value - 1, 0, valid.bytes.length, 0xffffffff]) {
      await both(
        withWords(
          valid.bytes,
          positions.map((position) => [position, other]),
        ),
        FAILED,
        code,
      )
    }
  })

  it('24 decoys in the gaps before the first list of the witness and before the first node', async () => {
    const start = witness()
    const offsets = [start, start + 4, start + 8]
    const later = offsets.map((position) => [position, word(valid.bytes, position) + 32] as const)
    await both(insertedAt(withWords(valid.bytes, later), start + 12, new Uint8Array(32)), FAILED, 'BAD_SSZ')
    const state = start + word(valid.bytes, start)
    const shifted = [
      [start + 4, 4],
      [start + 8, 4],
    ].map(([p = 0, by = 0]) => [p, word(valid.bytes, p) + by] as const)
    const first = word(valid.bytes, state)
    const gap = insertedAt(withWords(valid.bytes, shifted), state + first, new Uint8Array(4))
    await both(withWords(gap, [[state, first + 4]]), FAILED, 'BAD_SSZ')
  })

  it.each([1, 4, 32, 1_024])('25 %i bytes behind the last list', async (count) => {
    const { error } = await on.refused(insertedAt(valid.bytes, valid.bytes.length, new Uint8Array(count)))
    expect(error).toBe(FAILED)
  })

  it('26 a list of 2^30 or 2^32 / 4 - 1 claimed entries', async () => {
    for (const claimed of [0xfffffffc, 0x40000000, 0x3ffffffc]) {
      for (const place of ['the first transaction', 'the first node', 'the first header']) {
        const [position = 0] = places[place]?.() ?? []
        const { ms } = await timed(() => both(withWords(valid.bytes, [[position, claimed]]), FAILED, 'BAD_SSZ'))
        expect(ms).toBeLessThan(2_000)
      }
    }
  })

  it('26 ten thousand empty transactions on L1, a million for EXECUTE', async () => {
    const empty = (count: number) => {
      const { newPayloadRequest } = valid.input
      const transactions = Array.from({ length: count }, () => new Uint8Array())
      const executionPayload = { ...newPayloadRequest.executionPayload, transactions }
      return encodeStatelessInput({ ...valid.input, newPayloadRequest: { ...newPayloadRequest, executionPayload } })
    }
    await both(empty(10_000), FAILED, 'EMPTY_TRANSACTION')
    const million = empty(1_000_000)
    // its bytes alone cost more than a transaction can have
    expect(upfrontGas(million.length)).toBeGreaterThan(3n * 16_777_216n)
    expect(await on.execute(million, 16_777_216n)).toMatchObject({ ok: false, failure: { code: 'OUT_OF_GAS' } })
    const before = process.memoryUsage().rss
    const { ms, result } = await timed(() => on.execute(million, 10n * GAS))
    expect(result).toMatchObject({ ok: false, failure: { code: 'EMPTY_TRANSACTION' }, executedGas: 0n })
    expect(ms).toBeLessThan(2_000)
    expect(process.memoryUsage().rss - before).toBeLessThan(400e6)
  })
})

it('33 junk in the witness is harmless, and paid for', async () => {
  const { witness } = valid.input
  const junk = {
    state: [...witness.state, new Uint8Array(40).fill(7), new Uint8Array([0x80])],
    codes: [...witness.codes, new Uint8Array(100).fill(1)],
    headers: witness.headers,
  }
  const bytes = encodeStatelessInput({ ...valid.input, witness: junk })
  const [plain, more] = [await on.execute(valid.bytes), await on.execute(bytes)]
  if (!plain.ok || !more.ok) throw new Error('a valid block was refused')
  expect(more.output).toEqual(plain.output)
  expect(more.gasUsed - plain.gasUsed).toBe(16n * BigInt(bytes.length - valid.bytes.length))
  // and the untouched block is still what comes next
  expect((await on.advance(bytes)).status).toBe('success')
  expect(await on.headHash()).toBe(toHex(valid.block.hash))
})
