import { describe, expect, test } from 'vitest'
import type { BlockOutcome } from '../../execution/types.ts'
import { InvalidBlock, OverBudget } from '../../stateless/errors.ts'
import type { RunBlockOutcome, StateView } from '../../stateless/types.ts'
import { CHAIN_ID, createDevChain, type DevChain, sign } from './devChain.ts'
import { deployer, loop, op, push } from './programs.ts'
import { buildRandomBlock, createRandomChain } from './randomBlocks.ts'

const FULL = process.env.REENACT_FULL === '1'
const CONTRACT = `0x${'c1'.repeat(20)}`

type Run = { chain: DevChain; state: StateView; parent: BlockOutcome['block']; outcome: BlockOutcome }

function rerun({ chain, state, parent, outcome }: Run, budget?: bigint): Promise<RunBlockOutcome> {
  return chain.engine.runBlock({
    chainId: BigInt(CHAIN_ID),
    parent: parent.header,
    block: outcome.block,
    state,
    blockAccessList: outcome.blockAccessList ?? new Uint8Array(0),
    blockHash: (number) => chain.memory.blockHash(number) ?? new Uint8Array(32),
    ...(budget === undefined ? {} : { budget }),
  })
}

/** A block of one transaction that calls `code` with `gas`. */
async function blockCalling(code: string, gas: bigint, more: Record<string, string> = {}): Promise<Run> {
  const alloc = Object.fromEntries(
    Object.entries({ [CONTRACT]: code, ...more }).map(([address, text]) => [
      address,
      { balance: '0x64', nonce: '0x1', code: `0x${text}` },
    ]),
  )
  const chain = await createDevChain({ alloc })
  const state = chain.state()
  const parent = chain.head
  const outcome = await chain.seal([chain.decode(await sign(0, { nonce: 0, to: CONTRACT, gas }))])
  return { chain, state, parent, outcome }
}

async function expectExactBudget(run: Run): Promise<void> {
  const needed = run.outcome.regularGas
  const exact = await rerun(run, needed)
  expect(exact.regularGas).toBe(needed)
  expect(exact.executedGas).toBeLessThanOrEqual(needed)
  expect(exact.stateRoot).toEqual(run.outcome.block.header.stateRoot)
  await expect(rerun(run, needed - 1n)).rejects.toBeInstanceOf(OverBudget)
}

describe('budget exact, one less, much less', () => {
  test.each(Array.from({ length: FULL ? 40 : 5 }, (_, i) => 2000 + i))('random block, seed %i', async (seed) => {
    const chain = await createRandomChain(seed)
    const state = chain.state()
    const parent = chain.head
    const { outcome } = await buildRandomBlock(chain, seed, 10)
    const run = { chain, state, parent, outcome }
    await expectExactBudget(run)
    for (const part of [0n, 10n, 40n, 80n, 99n]) {
      await expect(rerun(run, (outcome.regularGas * part) / 100n)).rejects.toBeInstanceOf(OverBudget)
    }
  })

  const nested = (to: string, value: number) => op.call(to, value).repeat(3)
  const cases: [string, string, bigint, Record<string, string>][] = [
    ['jump loop to the end of its gas', `5b${push(0)}56`, 2_000_000n, {}],
    ['counted loop of storage writes', loop(0, 40, op.sstore(1, 1)) + op.stop, 3_000_000n, {}],
    ['1 MiB of memory, then a loop', `${push(1)}${push(0xfffe0)}52${loop(6, 2000, op.sload(0))}`, 6_000_000n, {}],
    ['fresh slot, then invalid', op.sstore(1, 1) + op.invalid, 500_000n, {}],
    ['fresh slot, then revert', op.sstore(1, 1) + op.revert, 500_000n, {}],
    ['state gas from the reservoir', op.sstore(1, 1) + op.sstore(2, 1) + op.stop, 18_000_000n, {}],
    [
      'value calls with stipends',
      nested('c2'.repeat(20), 1) + op.stop,
      1_000_000n,
      { [`0x${'c2'.repeat(20)}`]: op.sstore(1, 2) },
    ],
    [
      'a callee that halts',
      nested('c2'.repeat(20), 0) + op.sstore(3, 3),
      900_000n,
      { [`0x${'c2'.repeat(20)}`]: op.sstore(1, 2) + op.invalid },
    ],
    ['creations', op.create(deployer(op.sstore(1, 1))) + op.create2(op.invalid, 1) + op.stop, 4_000_000n, {}],
    [
      'identity and hash precompiles',
      `${`${push(5000)}${push(0)}${push(3000)}${push(0)}${push(4)}5afa50`.repeat(3)}${op.call('02')}`,
      800_000n,
      {},
    ],
    ['failing precompile', op.plainCall('fa', '08', 60_000) + op.call('09', 0, 40_000) + op.stop, 900_000n, {}],
  ]
  test.each(cases)('%s', async (_name, code, gas, more) => {
    const run = await blockCalling(code, gas, more)
    await expectExactBudget(run)
    for (const budget of [0n, 22_000n, run.outcome.regularGas / 3n, (run.outcome.regularGas * 9n) / 10n]) {
      await expect(rerun(run, budget)).rejects.toBeInstanceOf(OverBudget)
    }
  })
})

test('a large precompile never starts on a small budget', async () => {
  // modexp with a 1,024-byte base, exponent and modulus
  const size = `${push(1024)}${push(0)}52${push(1024)}${push(32)}52${push(1024)}${push(64)}52`
  const ones = `${push('ff'.repeat(32))}${push(1120)}52${push('ff'.repeat(32))}${push(2144)}52`
  const call = `${push(0)}${push(0)}${push(3168)}${push(0)}${push(5)}5afa50`
  const run = await blockCalling(size + ones + call, 16_000_000n)
  expect(run.outcome.regularGas).toBeGreaterThan(1_000_000n)
  await expectExactBudget(run)
  await expect(rerun(run, 200_000n)).rejects.toBeInstanceOf(OverBudget)
})

describe('system calls', () => {
  const REQUEST = '0x00000961ef480eb55e80d19ad83579a64c007002'
  const parts = async (code: string) => {
    const chain = await createDevChain({ alloc: { [REQUEST]: { balance: '0x0', nonce: '0x1', code: `0x${code}` } } })
    return { chain, state: chain.state(), parent: chain.head }
  }

  test('their regular gas is part of R and of the budget', async () => {
    const { chain, state, parent } = await parts(loop(0, 500, op.sload(0)) + op.stop)
    const outcome = await chain.seal([])
    expect(outcome.regularGas).toBeGreaterThan(50_000n)
    await expectExactBudget({ chain, state, parent, outcome })
  })

  test('code that sees the gas it was given sees 30 million, whatever the budget', async () => {
    const { chain, state, parent } = await parts(`5a${push(1)}55${op.stop}`)
    const outcome = await chain.seal([])
    await expectExactBudget({ chain, state, parent, outcome })
  })

  const onPlainBlock = async (code: string): Promise<Run> => {
    const outcome = await (await parts(op.stop)).chain.seal([])
    const { chain, state, parent } = await parts(code)
    const header = { ...outcome.block.header, parentHash: parent.hash }
    return { chain, state, parent, outcome: { ...outcome, block: { ...outcome.block, header } } }
  }

  test('an endless loop is cut off by the budget', async () => {
    const run = await onPlainBlock(`5b${push(0)}56`)
    await expect(rerun(run, 100_000n)).rejects.toBeInstanceOf(OverBudget)
  })

  test.each([
    ['a failing call', op.invalid],
    ['a reverting call', op.revert],
    ['no code', ''],
  ])('%s makes the block invalid', async (_name, code) => {
    const failure = await rerun(await onPlainBlock(code)).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(InvalidBlock)
    expect((failure as InvalidBlock).code).toBe('SYSTEM_CONTRACT_FAILED')
  })
})

test('an unmetered run counts what it executed and says what it would have charged', async () => {
  const run = await blockCalling(loop(0, 100, op.sload(0)) + op.stop, 1_000_000n)
  const free = await rerun(run)
  expect(free.regularGas).toBe(run.outcome.regularGas)
  expect(free.executedGas).toBeGreaterThan(0n)
  expect(free.executedGas).toBeLessThanOrEqual(free.regularGas)
  expect(free.blockAccessList).toEqual(run.outcome.blockAccessList)
})
