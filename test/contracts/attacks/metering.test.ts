import { beforeAll, describe, expect, test } from 'vitest'
import { REQUEST_ADDRESSES } from '../../../genesis/systemContracts.ts'
import { executeGas, upfrontGas } from '../../../precompiles/gas.ts'
import { assemble } from '../../../scripts/fixtures/assembler.ts'
import {
  createFixtureChain,
  FIXTURE_CHAIN_ID,
  type FixtureChain,
  fixtureGenesis,
  signerAt,
} from '../../../scripts/fixtures/fixtureChain.ts'
import { withPayload } from '../../../scripts/fixtures/forgery.ts'
import { callProgram, mixedTransactions } from '../../../scripts/fixtures/mixedBlock.ts'
import {
  addressOf,
  signAuthorization,
  signTransaction,
  type TransactionRequest,
} from '../../../scripts/fixtures/signing.ts'
import { bytesEqual, bytesToHex } from '../../../stateless/bytes.ts'
import { decodeStatelessInput, encodeStatelessInput, RESULT_SIZE } from '../../../stateless/ssz.ts'
import type { StatelessInput } from '../../../stateless/types.ts'
import { type CountingRunner, createCountingRunner } from '../../verify/countingCrypto.ts'
import { rehashed } from '../../verify/mutate.ts'
import { executeOf, FULL, MAX_GAS, timed } from '../../verify/support.ts'

describe('a rollup whose request contracts loop', () => {
  const COUNTED = assemble('5000 again: 1 SWAP1 SUB DUP1 @again JUMPI STOP')
  const LOOPS: [string, Uint8Array][] = [
    ['jumps', assemble('loop: @loop JUMP')],
    ['storage reads', assemble('loop: DUP1 SLOAD POP 1 ADD @loop JUMP')],
    ['calls to themselves', assemble('loop: PUSH0 PUSH0 PUSH0 PUSH0 PUSH0 ADDRESS GAS CALL POP @loop JUMP')],
    ['memory', assemble('loop: DUP1 MLOAD POP 32 ADD @loop JUMP')],
    ['a hash of much memory', assemble('loop: 0x100000 PUSH0 KECCAK256 POP @loop JUMP')],
    ['a precompile', assemble('loop: PUSH0 PUSH0 0x8000 PUSH0 2 GAS STATICCALL POP @loop JUMP')],
  ]
  let chain: FixtureChain
  let input: StatelessInput

  beforeAll(async () => {
    const account = { balance: '0x0', nonce: '0x1', code: `0x${bytesToHex(COUNTED)}` }
    chain = await createFixtureChain(fixtureGenesis(Object.fromEntries(REQUEST_ADDRESSES.map((at) => [at, account]))))
    input = decodeStatelessInput((await chain.seal([])).input)
  })

  /** The same block on a parent whose state has this code at all four addresses. */
  function withLoop(code: Uint8Array): Uint8Array {
    const counted = input.witness.codes.find((known) => bytesEqual(known, COUNTED))
    if (counted === undefined) throw new Error('the witness holds the code that is called')
    return encodeStatelessInput(rehashed(input, counted, code, true))
  }

  test.each(LOOPS)('91 %s: halts within the gas given, whatever it is', async (_, code) => {
    const bytes = withLoop(code)
    const most = FULL ? 12_000_000n : 4_000_000n
    for (const budget of [0n, 1n, 1_000n, 100_000n, most]) {
      const verdict = await executeOf(chain.runBlock).execute(bytes, upfrontGas(bytes.length) + budget)
      expect(verdict, `budget ${budget}`).toMatchObject({ ok: false, failure: { code: 'OVER_BUDGET' } })
      expect(verdict.executedGas, `budget ${budget}`).toBeLessThanOrEqual(budget)
    }
  })

  test('91 a loop of jumps runs on all the gas of a transaction and no further', async () => {
    const bytes = withLoop(assemble('loop: @loop JUMP'))
    const budget = MAX_GAS - upfrontGas(bytes.length)
    const verdict = await executeOf(chain.runBlock).execute(bytes, MAX_GAS)
    expect(verdict.executedGas).toBeGreaterThan(budget - 100n)
    expect(verdict.executedGas).toBeLessThanOrEqual(budget)
  })

  test('91 calls that end are charged: four times what one runs, exactly', async () => {
    const bytes = encodeStatelessInput(input)
    const verdict = await executeOf(chain.runBlock).execute(bytes, MAX_GAS)
    if (!verdict.ok) throw new Error(verdict.failure.message)
    expect(verdict.regularGas).toBeGreaterThan(4n * 5_000n * 20n)
    expect(verdict.executedGas).toBe(verdict.regularGas)
    expect(await executeOf(chain.runBlock).execute(bytes, verdict.gasUsed)).toMatchObject({ ok: true })
    expect(await executeOf(chain.runBlock).execute(bytes, verdict.gasUsed - 1n)).toMatchObject({ ok: false })
  })
})

describe('signatures are not recovered before they are paid for', () => {
  const COUNT = 1_100
  let chain: FixtureChain
  let empty: StatelessInput
  let runner: CountingRunner

  beforeAll(async () => {
    chain = await createFixtureChain()
    empty = decodeStatelessInput((await chain.seal([])).input)
    runner = await createCountingRunner()
  })

  /** An input with many transactions of one signer, each with its own nonce and so its own signature. */
  function many(fields: Partial<TransactionRequest>, count = COUNT): Uint8Array {
    const signer = signerAt(0)
    const transactions = Array.from({ length: count }, (_, nonce) =>
      signTransaction(
        {
          type: 2,
          chainId: FIXTURE_CHAIN_ID,
          nonce: BigInt(nonce),
          fee: 100_000_000_000n,
          to: signer.address,
          gasLimit: 12_000n,
          ...fields,
        },
        signer,
      ),
    )
    return encodeStatelessInput(withPayload(empty, { transactions }))
  }

  const run = (bytes: Uint8Array, gas: bigint) => {
    runner.reset()
    return executeOf(runner.runBlock).execute(bytes, gas)
  }

  test('the counter counts: a valid block recovers', async () => {
    const { input } = await chain.seal([chain.sign(signerAt(0), { to: signerAt(1).address, gasLimit: 15_000n })])
    expect(await run(input, MAX_GAS)).toMatchObject({ ok: true })
    expect(runner.recoveries()).toBeGreaterThan(0)
  })

  test('92 gas limit 0: refused without a recovery, whatever gas there is', async () => {
    const bytes = many({ gasLimit: 0n })
    for (const gas of [upfrontGas(bytes.length), MAX_GAS, 100_000_000n]) {
      expect(await run(bytes, gas)).toMatchObject({
        ok: false,
        failure: { stage: 'bounds', code: 'GAS_LIMIT_TOO_LOW' },
        executedGas: 0n,
      })
      expect(runner.recoveries()).toBe(0)
    }
  })

  test('92 self-transfers of 12,000 gas: each passes, together they are over the budget', async () => {
    const bytes = many({})
    const bound = 12_000n * BigInt(COUNT)
    for (const budget of [1n, bound - 1n]) {
      expect(await run(bytes, upfrontGas(bytes.length) + budget)).toMatchObject({
        ok: false,
        failure: { stage: 'bounds', code: 'BOUND_OVER_BUDGET', data: { lowerBound: bound, budget } },
      })
      expect(runner.recoveries()).toBe(0)
    }
    expect(await run(bytes, upfrontGas(bytes.length) + bound)).toMatchObject({ failure: { stage: 'validation' } })
  })

  test('92 authorizations are prepaid too', async () => {
    const tuple = signAuthorization({ chainId: 0n, address: new Uint8Array(20), nonce: 0n }, signerAt(1))
    const authorizations = Array.from({ length: 40 }, () => tuple)
    const bytes = many({ type: 4, gasLimit: 30_000n, authorizations }, 20)
    expect(await run(bytes, MAX_GAS)).toMatchObject({ ok: false, failure: { code: 'GAS_LIMIT_TOO_LOW' } })
    expect(runner.recoveries()).toBe(0)
  })
})

describe('a block whose last transaction exceeds what is left', () => {
  test('93 halts, although all before it fitted', async () => {
    const chain = await createFixtureChain()
    const transfers = Array.from({ length: 20 }, () =>
      chain.sign(signerAt(1), { to: signerAt(2).address, value: 1n, gasLimit: 21_000n }),
    )
    const spin = chain.sign(signerAt(3), callProgram('spin', new Uint8Array(0), { gasLimit: 2_000_000n }))
    const { input, outcome } = await chain.seal([...transfers, spin])
    const all = upfrontGas(input.length) + outcome.regularGas
    expect(await executeOf(chain.runBlock).execute(input, all)).toMatchObject({ ok: true })
    for (const missing of [1n, 1_000n, 1_000_000n, 1_979_000n]) {
      const verdict = await executeOf(chain.runBlock).execute(input, all - missing)
      expect(verdict, `${missing} short`).toMatchObject({ ok: false, failure: { stage: 'metering' } })
      expect(verdict.executedGas).toBeLessThanOrEqual(outcome.regularGas - missing)
    }
  })
})

describe('a block that exceeds what is left within one opcode', () => {
  const HUGE: [string, string][] = [
    ['a hash of 2.7 MB', '0x2a0000 PUSH0 KECCAK256'],
    ['a copy of 2.7 MB', '0x2a0000 PUSH0 PUSH0 CALLDATACOPY'],
    ['a word at 2.7 MB', 'PUSH0 0x2a0000 MSTORE'],
    ['a log of 1 MB', '0x100000 PUSH0 LOG0'],
    ['a call with 2.7 MB of data', 'PUSH0 PUSH0 0x2a0000 PUSH0 PUSH0 4 GAS CALL'],
  ]

  test.each(HUGE)('93 %s on a small budget: halts, quickly', async (_name, code) => {
    const main = `0x${'c0'.repeat(20)}`
    const account = { balance: '0x0', nonce: '0x1', code: `0x${bytesToHex(assemble(code))}` }
    const chain = await createFixtureChain(fixtureGenesis({ [main]: account }))
    const call = chain.sign(signerAt(0), { to: addressOf(main), gasLimit: MAX_GAS })
    const { input, outcome } = await chain.seal([call])
    expect(outcome.regularGas).toBeGreaterThan(2_000_000n)
    for (const budget of [15_000n, 100_000n, outcome.regularGas - 1n]) {
      const { ms, result } = await timed(() =>
        executeOf(chain.runBlock).execute(input, upfrontGas(input.length) + budget),
      )
      expect(result).toMatchObject({ ok: false, failure: { stage: 'metering' } })
      expect(result.executedGas).toBeLessThanOrEqual(budget)
      expect(ms).toBeLessThan(500)
    }
  })
})

describe('exactly enough gas, and one less', () => {
  test.each([
    ['an empty block', 0],
    ['one of every kind of transaction', 30],
    ['mixed transactions, 90 of them', 90],
  ])('94 %s', async (_name, count) => {
    const chain = await createFixtureChain()
    const { input, outcome } = await chain.seal(mixedTransactions(chain, count, 1))
    const { execute } = executeOf(chain.runBlock)
    const exact = executeGas(input.length, outcome.regularGas)
    const enough = await execute(input, exact)
    if (!enough.ok) throw new Error(enough.failure.message)
    expect(enough.gasUsed).toBe(exact)
    expect(enough.output.length).toBe(RESULT_SIZE)
    const short = await execute(input, exact - 1n)
    expect(short).toMatchObject({ ok: false, failure: { stage: 'metering', code: 'OVER_BUDGET' } })
    expect(await execute(input, exact + 1n)).toMatchObject({ ok: true, gasUsed: exact })
  })
})
