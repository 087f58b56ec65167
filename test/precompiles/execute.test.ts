import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { BEACON_ROOTS_ADDRESS } from '../../genesis/systemContracts.ts'
import { createExecutionCache, NO_CACHE } from '../../precompiles/cache.ts'
import { createExecute, type Execute } from '../../precompiles/execute.ts'
import { EXECUTE_BYTE_GAS, executeGas, upfrontGas } from '../../precompiles/gas.ts'
import type { ExecuteVerdict, GasSchedule } from '../../precompiles/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { InvalidBlock } from '../../stateless/errors.ts'
import { NO_REQUESTS } from '../../stateless/payload.ts'
import { decodeResult, encodeStatelessInput } from '../../stateless/ssz.ts'
import { newPayloadRequestRoot } from '../../stateless/sszRoots.ts'
import { REQUEST_KINDS, requestItemSize } from '../../stateless/sszSchema.ts'
import type { RunBlock, StatelessInput } from '../../stateless/types.ts'
import { verifyStatelessNewPayload } from '../../stateless/verify.ts'
import { mutation, SEED } from '../stateless/arbitraries.ts'
import { type BuiltBlock, createTestL2, type TestL2, words } from '../stateless/l2.ts'
import { buildMixedBlock, type Contracts, prepare } from '../stateless/mixedBlock.ts'
import { type RequestChanges, reseal } from '../stateless/reseal.ts'

const FULL = process.env.REENACT_FULL === '1'
const PLENTY = 60_000_000n

let l2: TestL2
let contracts: Contracts
let mixed: BuiltBlock
let small: BuiltBlock
beforeAll(async () => {
  l2 = await createTestL2()
  contracts = await prepare(l2)
  mixed = await buildMixedBlock(l2, contracts)
  small = await l2.build([
    await l2.sign(0, { to: contracts.store, data: words(7, 8) }),
    await l2.sign(1, { to: `0x${'fe'.repeat(20)}`, value: 1n }),
  ])
})

const execute = (schedule: GasSchedule = 'metered', runBlock: RunBlock = l2.engine.runBlock): Execute =>
  createExecute({ runBlock, schedule, cache: NO_CACHE })

/** A runner that tells how often it ran: what is refused earlier costs no signature recovery. */
function counting(): { runBlock: RunBlock; runs: () => number } {
  let runs = 0
  return {
    runs: () => runs,
    runBlock: (request) => {
      runs++
      return l2.engine.runBlock(request)
    },
  }
}

const failureOf = (verdict: ExecuteVerdict) => (verdict.ok ? 'ok' : `${verdict.failure.stage}:${verdict.failure.code}`)

describe('a valid block', () => {
  test('gives the 43 bytes of its verification and costs base + 16 per byte + R', async () => {
    const bytes = encodeStatelessInput(mixed.input)
    const verdict = await execute().execute(bytes, PLENTY)
    expect(failureOf(verdict)).toBe('ok')
    if (!verdict.ok) return
    expect(verdict.output.length).toBe(43)
    expect(decodeResult(verdict.output)).toEqual({
      newPayloadRequestRoot: newPayloadRequestRoot(mixed.input.newPayloadRequest),
      successfulValidation: true,
      chainId: BigInt(l2.chainId),
      schemaId: 0x1501,
    })
    expect(verdict.regularGas).toBe(mixed.regularGas)
    expect(verdict.gasUsed).toBe(executeGas(bytes.length, mixed.regularGas))
    expect(verdict.executedGas).toBeLessThanOrEqual(verdict.regularGas)
    expect(verdict.executedGas).toBeGreaterThan(0n)
  })

  test.each([['mixed'], ['small']])('%s: exactly enough gas is enough, one less is a halt', async (name) => {
    const { input, regularGas } = name === 'mixed' ? mixed : small
    const bytes = encodeStatelessInput(input)
    const price = executeGas(bytes.length, regularGas)
    expect(await execute().precompile(bytes, price)).toMatchObject({ ok: true, gasUsed: price })
    expect(await execute().precompile(bytes, price - 1n)).toEqual({ ok: false })
    expect(failureOf(await execute().execute(bytes, price - 1n))).toBe('metering:OVER_BUDGET')
  })

  test('the keyed dialect is decoded too', async () => {
    const { input } = await l2.build([])
    const bytes = encodeStatelessInput({ ...input, dialect: 'keyed', publicKeys: [] })
    expect(failureOf(await execute().execute(bytes, PLENTY))).toBe('ok')
  })
})

describe('order of charges and checks', () => {
  test('base and bytes are charged before anything is looked at', async () => {
    const nonsense = new Uint8Array(1_000)
    const upfront = upfrontGas(nonsense.length)
    expect(failureOf(await execute().execute(nonsense, upfront - 1n))).toBe('gas:OUT_OF_GAS')
    expect(failureOf(await execute().execute(nonsense, upfront))).toBe('decode:UNKNOWN_SCHEMA')
    expect(failureOf(await execute().execute(new Uint8Array(0), 99_999n))).toBe('gas:OUT_OF_GAS')
    expect(failureOf(await execute().execute(new Uint8Array(0), 100_000n))).toBe('decode:BAD_SSZ')
  })

  test.each<[string, RequestChanges]>([
    ['constraints:BLOB_GAS_USED', { payload: { blobGasUsed: 1n } }],
    ['constraints:EXCESS_BLOB_GAS', { payload: { excessBlobGas: 1n } }],
    [
      'constraints:WITHDRAWALS',
      { payload: { withdrawals: [{ index: 0n, validatorIndex: 0n, address: new Uint8Array(20), amount: 1n }] } },
    ],
    ...REQUEST_KINDS.map((kind): [string, RequestChanges] => [
      'constraints:EXECUTION_REQUESTS',
      { request: { executionRequests: { ...NO_REQUESTS, [kind]: [new Uint8Array(requestItemSize(kind))] } } },
    ]),
    ['constraints:VERSIONED_HASHES', { request: { versionedHashes: [new Uint8Array(32)] } }],
    ['constraints:EMPTY_TRANSACTION', { payload: { transactions: [new Uint8Array(0)] } }],
    ['constraints:TRANSACTION_TYPE', { payload: { transactions: [Uint8Array.of(0x00)] } }],
    ['constraints:TRANSACTION_TYPE', { payload: { transactions: [Uint8Array.of(0x03, 0xc0)] } }],
    ['constraints:TRANSACTION_TYPE', { payload: { transactions: [Uint8Array.of(0x05)] } }],
    ['constraints:TRANSACTION_TYPE', { payload: { transactions: [Uint8Array.of(0x06)] } }],
    ['constraints:TRANSACTION_TYPE', { payload: { transactions: [Uint8Array.of(0x7e)] } }],
    ['constraints:TRANSACTION_TYPE', { payload: { transactions: [Uint8Array.of(0x80)] } }],
    ['constraints:TRANSACTION_TYPE', { payload: { transactions: [Uint8Array.of(0xbf)] } }],
    ['bounds:BAD_TRANSACTION', { payload: { transactions: [Uint8Array.of(0x02)] } }],
    ['bounds:BAD_TRANSACTION', { payload: { transactions: [Uint8Array.of(0xc0)] } }],
    ['validation:BLOCK_HASH_MISMATCH', { payload: {} }],
  ])('%s', async (expected, changes) => {
    const counter = counting()
    const input = reseal(small.input, changes)
    if (expected.endsWith('BLOCK_HASH_MISMATCH'))
      input.newPayloadRequest.executionPayload.blockHash = new Uint8Array(32)
    const bytes = encodeStatelessInput(input)
    expect(failureOf(await execute('metered', counter.runBlock).execute(bytes, PLENTY))).toBe(expected)
    expect(counter.runs()).toBe(0)
    expect(await execute('metered', counter.runBlock).precompile(bytes, PLENTY)).toEqual({ ok: false })
  })
})

describe('what validation refuses is a halt', () => {
  const forgeries: [string, (input: StatelessInput) => StatelessInput][] = [
    ['validation:STATE_ROOT_MISMATCH', (input) => reseal(input, { payload: { stateRoot: new Uint8Array(32) } })],
    [
      'validation:MISSING_NODE',
      (input) => ({ ...input, witness: { ...input.witness, state: input.witness.state.slice(1) } }),
    ],
    ['validation:PARENT_HASH_MISMATCH', (input) => reseal(input, { payload: { parentHash: new Uint8Array(32) } })],
    [
      'validation:BLOCK_ACCESS_LIST_MISMATCH',
      (input) => reseal(input, { payload: { blockAccessList: Uint8Array.of(0xc0) } }),
    ],
    ['validation:BAD_TRANSACTION', (input) => ({ ...input, chainId: 1n })],
    ['validation:GAS_USED_MISMATCH', (input) => reseal(input, { payload: { gasUsed: 0n } })],
    ['validation:NO_PARENT', (input) => ({ ...input, witness: { ...input.witness, headers: [] } })],
  ]
  test.each(forgeries)('%s', async (expected, forge) => {
    const bytes = encodeStatelessInput(forge(small.input))
    const verdict = await execute().execute(bytes, PLENTY)
    expect(failureOf(verdict)).toBe(expected)
    // What was found only after the block had run tells how much that was.
    if (/STATE_ROOT|GAS_USED/.test(expected)) {
      expect(verdict.executedGas).toBeGreaterThan(0n)
      expect(verdict.executedGas).toBeLessThanOrEqual(small.regularGas)
    }
    if (/PARENT|BAD_TRANSACTION/.test(expected)) expect(verdict.executedGas).toBe(0n)
    expect(verdict.executedGas).toBeLessThanOrEqual(PLENTY)
    expect(await execute().precompile(bytes, PLENTY)).toEqual({ ok: false })
  })

  test('every dropped witness item of the mixed block', async () => {
    const step = FULL ? 1 : 11
    const { state, codes, headers } = mixed.input.witness
    const run = execute()
    const refused = async (witness: StatelessInput['witness']) =>
      await run.precompile(encodeStatelessInput({ ...mixed.input, witness }), PLENTY)
    for (let i = 0; i < state.length; i += step) {
      expect(await refused({ state: state.toSpliced(i, 1), codes, headers }), `state[${i}]`).toEqual({ ok: false })
    }
    for (let i = 0; i < codes.length; i += step) {
      expect(await refused({ state, codes: codes.toSpliced(i, 1), headers }), `codes[${i}]`).toEqual({ ok: false })
    }
    for (let i = 0; i < headers.length; i++) {
      expect(await refused({ state, codes, headers: headers.toSpliced(i, 1) }), `headers[${i}]`).toEqual({ ok: false })
    }
  })

  test('a bug of ours is not an input failure: it propagates', async () => {
    const broken: RunBlock = () => Promise.reject(new Error('invariant broken'))
    const bytes = encodeStatelessInput(small.input)
    await expect(execute('metered', broken).execute(bytes, PLENTY)).rejects.toThrow('invariant broken')
    await expect(execute('metered', broken).precompile(bytes, PLENTY)).rejects.toThrow('invariant broken')
  })
})

test.each([['metered'], ['gas-limit']] as const)(
  'schedule %s: code of its own at the EIP-4788 address is refused, which verification alone runs (spec-gaps 14)',
  async (schedule) => {
    const foreign = await createTestL2(l2.chainId, (genesis) => {
      const address = Object.keys(genesis.alloc).find((key) => key.endsWith(BEACON_ROOTS_ADDRESS.slice(2)))
      if (address === undefined) throw new Error('no beacon roots contract')
      genesis.alloc[address] = { balance: '0x0', nonce: '0x1', code: '0x00' }
    })
    const { input } = await foreign.build([])
    const verification = await verifyStatelessNewPayload(input, { runBlock: foreign.engine.runBlock })
    expect(verification.valid).toBe(true)
    const verdict = await execute(schedule, foreign.engine.runBlock).execute(encodeStatelessInput(input), 10n * PLENTY)
    expect(failureOf(verdict)).toBe('validation:SYSTEM_CONTRACT_FOREIGN_CODE')
  },
)

describe('any bytes, any gas', () => {
  const gas = fc.oneof(
    fc.bigInt({ min: 0n, max: 200_000n }),
    fc.bigInt({ min: 0n, max: 3_000_000n }),
    fc.constant(PLENTY),
  )

  const checkVerdict = (bytes: Uint8Array, forwarded: bigint, verdict: ExecuteVerdict) => {
    if (verdict.ok) {
      expect(verdict.output.length).toBe(43)
      expect(verdict.output[32]).toBe(1)
      expect(verdict.gasUsed).toBeLessThanOrEqual(forwarded)
      expect(verdict.gasUsed).toBe(executeGas(bytes.length, verdict.regularGas))
      expect(verdict.executedGas).toBeLessThanOrEqual(verdict.gasUsed)
    } else {
      expect(verdict.executedGas).toBeLessThanOrEqual(forwarded)
    }
  }

  test('random bytes', async () => {
    const run = execute()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), fc.boolean(), gas, async (tail, prefixed, forwarded) => {
        const bytes = prefixed ? Uint8Array.from([0x15, 0x01, ...tail]) : tail
        const verdict = await run.execute(bytes, forwarded)
        expect(verdict.ok).toBe(false)
        checkVerdict(bytes, forwarded, verdict)
      }),
      { seed: SEED, numRuns: FULL ? 1_000 : 200 },
    )
  })

  test('mutated inputs', async () => {
    const run = execute()
    const originals = [encodeStatelessInput(small.input), encodeStatelessInput(mixed.input)]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...originals),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        gas,
        async (original, mutations, forwarded) => {
          const bytes = mutations.reduce((current, mutate) => mutate(current), original)
          checkVerdict(bytes, forwarded, await run.execute(bytes, forwarded))
        },
      ),
      { seed: SEED, numRuns: FULL ? 1_000 : 150 },
    )
  })

  test('mutations inside the header fields, block hash made true again', async () => {
    const run = execute()
    const { executionPayload } = small.input.newPayloadRequest
    const numbers = ['blockNumber', 'gasLimit', 'gasUsed', 'timestamp', 'baseFeePerGas', 'slotNumber'] as const
    const bytes32 = ['parentHash', 'stateRoot', 'receiptsRoot', 'prevRandao'] as const
    const change: fc.Arbitrary<RequestChanges['payload']> = fc.oneof(
      fc
        .tuple(fc.constantFrom(...numbers), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))
        .map(([name, value]) => ({ [name]: value })),
      fc.tuple(fc.constantFrom(...bytes32), fc.nat({ max: 31 })).map(([name, at]) => ({
        [name]: executionPayload[name].map((byte, i) => (i === at ? byte ^ 1 : byte)),
      })),
    )
    await fc.assert(
      fc.asyncProperty(change, async (payload) => {
        const forged = reseal(small.input, payload === undefined ? {} : { payload })
        const bytes = encodeStatelessInput(forged)
        const verdict = await run.execute(bytes, PLENTY)
        checkVerdict(bytes, PLENTY, verdict)
        // Only what nothing in this block reads may differ: randomness and slot.
        const differs = Object.entries(payload ?? {}).some(([key, value]) => {
          if (key === 'prevRandao' || key === 'slotNumber') return false
          return value !== executionPayload[key as keyof typeof executionPayload]
        })
        expect(verdict.ok).toBe(!differs)
      }),
      { seed: SEED, numRuns: FULL ? 500 : 80 },
    )
  })
})

describe('metering', () => {
  test('at any budget: the same result as with plenty, or a halt; never more gas run than forwarded', async () => {
    const bytes = encodeStatelessInput(mixed.input)
    const price = executeGas(bytes.length, mixed.regularGas)
    const run = execute()
    await fc.assert(
      fc.asyncProperty(fc.bigInt({ min: upfrontGas(bytes.length), max: price + 100_000n }), async (forwarded) => {
        const verdict = await run.execute(bytes, forwarded)
        expect(verdict.ok).toBe(forwarded >= price)
        if (verdict.ok) expect(verdict.gasUsed).toBe(price)
        else expect(['OVER_BUDGET', 'BOUND_OVER_BUDGET']).toContain(verdict.failure.code)
        expect(verdict.executedGas).toBeLessThanOrEqual(forwarded)
      }),
      { seed: SEED, numRuns: FULL ? 200 : 25 },
    )
  })
})

describe('cache', () => {
  const cached = () => {
    const counter = counting()
    const run = createExecute({
      runBlock: counter.runBlock,
      schedule: 'metered',
      cache: createExecutionCache({ maxEntries: 8 }),
    })
    return { ...counter, ...run }
  }

  test('a valid result is run once; the budget is checked each time', async () => {
    const { execute: run, runs } = cached()
    const bytes = encodeStatelessInput(small.input)
    const price = executeGas(bytes.length, small.regularGas)
    const first = await run(bytes, PLENTY)
    const second = await run(bytes, price)
    expect(first.ok && second.ok).toBe(true)
    if (first.ok && second.ok) {
      expect(bytesToHex(second.output)).toBe(bytesToHex(first.output))
      expect(second.gasUsed).toBe(first.gasUsed)
      // What a caller does to its copy stays with the caller.
      second.output.fill(0)
      first.output.fill(0)
      const third = await run(bytes, price)
      expect(third.ok && third.output[32]).toBe(1)
    }
    expect(failureOf(await run(bytes, price - 1n))).toBe('metering:OVER_BUDGET')
    expect(runs()).toBe(1)
  })

  test('"over" is remembered for smaller budgets and tried again for larger ones', async () => {
    const { execute: run, runs } = cached()
    const bytes = encodeStatelessInput(small.input)
    const price = executeGas(bytes.length, small.regularGas)
    expect(failureOf(await run(bytes, price - 5n))).toBe('metering:OVER_BUDGET')
    expect(failureOf(await run(bytes, price - 5n))).toBe('metering:OVER_BUDGET')
    expect(failureOf(await run(bytes, price - 9n))).toBe('metering:OVER_BUDGET')
    expect(runs()).toBe(1)
    expect(failureOf(await run(bytes, price - 1n))).toBe('metering:OVER_BUDGET')
    expect(runs()).toBe(2)
    expect(failureOf(await run(bytes, price))).toBe('ok')
    expect(runs()).toBe(3)
  })

  test('a schedule for study neither takes nor leaves results in it', async () => {
    const counter = counting()
    const cache = createExecutionCache({ maxEntries: 8 })
    const of = (schedule: GasSchedule) => createExecute({ runBlock: counter.runBlock, schedule, cache }).execute
    const bytes = encodeStatelessInput(small.input)
    const claimed = small.block.header.gasLimit + EXECUTE_BYTE_GAS * BigInt(bytes.length)
    const metered = executeGas(bytes.length, small.regularGas)
    expect(await of('metered')(bytes, PLENTY)).toMatchObject({ ok: true, gasUsed: metered })
    expect(await of('gas-limit')(bytes, claimed)).toMatchObject({ ok: true, gasUsed: claimed })
    expect(await of('metered')(bytes, PLENTY)).toMatchObject({ ok: true, gasUsed: metered })
    expect(counter.runs()).toBe(2)
  })

  test('an invalid input is judged once', async () => {
    const { execute: run, runs } = cached()
    const bytes = encodeStatelessInput(reseal(small.input, { payload: { stateRoot: new Uint8Array(32) } }))
    const first = await run(bytes, PLENTY)
    expect(await run(bytes, PLENTY * 2n)).toMatchObject({ ok: false, failure: first.ok ? {} : first.failure })
    expect(runs()).toBe(1)
  })
})

describe('schedules for study', () => {
  test.each<[GasSchedule, (built: BuiltBlock) => bigint]>([
    ['gas-limit', ({ block }) => block.header.gasLimit],
    ['gas-used', ({ block }) => block.header.gasUsed],
  ])('%s charges a claim of the payload and 16 per byte', async (schedule, claim) => {
    const bytes = encodeStatelessInput(small.input)
    const price = claim(small) + EXECUTE_BYTE_GAS * BigInt(bytes.length)
    const run = execute(schedule)
    expect(await run.execute(bytes, price)).toMatchObject({ ok: true, gasUsed: price, regularGas: small.regularGas })
    expect(failureOf(await run.execute(bytes, price - 1n))).toBe('gas:OUT_OF_GAS')
    const forged = encodeStatelessInput(reseal(small.input, { payload: { stateRoot: new Uint8Array(32) } }))
    expect(failureOf(await run.execute(forged, PLENTY * 2n))).toBe('validation:STATE_ROOT_MISMATCH')
    expect(failureOf(await run.execute(new Uint8Array(3), PLENTY))).toBe('decode:UNKNOWN_SCHEMA')
  })
})

test('a library failure is told to the logger with the hash of the input', async () => {
  const events: unknown[] = []
  const { execute: run } = createExecute({
    runBlock: () => Promise.reject(new InvalidBlock('EXECUTION_FAILED', 'odd')),
    schedule: 'metered',
    cache: NO_CACHE,
    logger: { error: (event, fields) => events.push([event, fields]) },
  })
  expect(failureOf(await run(encodeStatelessInput(small.input), PLENTY))).toBe('validation:EXECUTION_FAILED')
  expect(events).toMatchObject([
    [expect.any(String), { message: 'odd', inputHash: expect.stringMatching(/^[0-9a-f]{64}$/) }],
  ])
})
