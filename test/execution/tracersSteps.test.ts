import { describe, expect, test } from 'vitest'
import { key } from './callSupport.ts'
import { deployer, op, push } from './programs.ts'
import { callee, createTracing, hexOf, main, STRUCT, stepLines, traceMain } from './traceSupport.ts'

const FORKS = ['cancunTime', 'amsterdamTime']

describe.each(FORKS)('steps under %s', (fork) => {
  test('pc, opcode, gas before, price and depth; code that just ends has a STOP', async () => {
    const tracing = await createTracing(fork, `${push(2)}${push(3)}01${push(0)}52`)
    const { steps, failed, gasUsed } = await traceMain(tracing, STRUCT, { gas: 50_000n })
    const start = steps[0]?.gas ?? 0
    expect(stepLines(steps)).toEqual([
      `1 0 PUSH1 ${start} 3`,
      `1 2 PUSH1 ${start - 3} 3`,
      `1 4 ADD ${start - 6} 3`,
      `1 5 PUSH0 ${start - 9} 2`,
      `1 6 MSTORE ${start - 11} 6`,
      `1 7 STOP ${start - 17} 0`,
    ])
    expect(steps.map(({ stack }) => stack)).toEqual([[], [2n], [2n, 3n], [5n], [5n, 0n], []])
    expect(failed).toBe(false)
    expect(gasUsed).toBe(50_000n - BigInt(start) + 17n)
  })

  test('an account without code has no steps', async () => {
    const { steps, output } = await traceMain(await createTracing(fork, ''), STRUCT)
    expect(steps).toEqual([])
    expect(output).toHaveLength(0)
  })

  test('a call is priced with what it hands on, and its steps are one deeper', async () => {
    const tracing = await createTracing(fork, op.call(hexOf(callee), 0, 5000), {
      [key(callee)]: { code: `0x${push(1)}` },
    })
    const { steps } = await traceMain(tracing, STRUCT)
    const [call, inner, innerEnd, after] = steps.slice(7)
    // A cold account costs 2,600 under EIP-2929 and 3,000 under EIP-8038.
    const access = fork === 'amsterdamTime' ? 3000 : 2600
    expect(call).toMatchObject({ op: 'CALL', gasCost: access + 5000, depth: 1 })
    expect(inner).toMatchObject({ op: 'PUSH1', gas: 5000, depth: 2, stack: [] })
    expect(innerEnd).toMatchObject({ op: 'STOP', gas: 4997, depth: 2, stack: [1n] })
    expect(after).toMatchObject({ op: 'POP', gas: (call?.gas ?? 0) - access - 3, depth: 1, stack: [1n] })
  })

  test('what cannot be paid shows its price and the error', async () => {
    const { steps, failed } = await traceMain(await createTracing(fork, `${push(0)}${push(100_000)}52`), STRUCT, {
      gas: 25_000n,
    })
    const last = steps.at(-1)
    expect(last).toMatchObject({ op: 'MSTORE', error: 'out of gas' })
    expect(last?.gasCost).toBeGreaterThan(last?.gas ?? 0)
    expect(failed).toBe(true)
  })

  test.each([
    ['fe', 'INVALID', 'invalid opcode: INVALID'],
    ['0c', 'opcode 0xc not defined', 'invalid opcode: opcode 0xc not defined'],
    [`${push(9)}56`, 'JUMP', 'invalid jump destination'],
    ['01', 'ADD', 'stack underflow (0 <=> 2)'],
  ])('%s halts its step', async (code, name, error) => {
    const { steps, failed, output } = await traceMain(await createTracing(fork, code), STRUCT)
    expect(steps.at(-1)).toMatchObject({ op: name, error })
    expect(steps.slice(0, -1).some((step) => 'error' in step)).toBe(false)
    expect(failed).toBe(true)
    expect(output).toHaveLength(0)
  })

  test('a write in a static call is a fault of the step', async () => {
    const tracing = await createTracing(fork, op.plainCall('fa', hexOf(callee), 30_000), {
      [key(callee)]: { code: `0x${op.sstore(1, 1)}` },
    })
    const { steps, failed } = await traceMain(tracing, STRUCT)
    const faults = steps.filter(({ error }) => error !== undefined)
    expect(faults.map(({ op, depth, error }) => [op, depth, error])).toEqual([['SSTORE', 2, 'write protection']])
    expect(failed).toBe(false)
  })

  test('a revert is no error of the step; its data is the output', async () => {
    const tracing = await createTracing(fork, `${push('0badc0de')}${push(0)}52${push(4)}${push(28)}fd`)
    const { steps, failed, output } = await traceMain(tracing, STRUCT)
    expect(steps.at(-1)).toMatchObject({ op: 'REVERT', gasCost: 0 })
    expect(steps.at(-1)).not.toHaveProperty('error')
    expect(failed).toBe(true)
    expect(hexOf(output)).toBe('0badc0de')
  })

  test('storage: all slots of the contract so far, the written value at the write', async () => {
    const code = op.sload(1) + op.sstore(2, 5) + op.sload(2) + op.plainCall('f4', hexOf(callee))
    const tracing = await createTracing(fork, code, { [key(callee)]: { code: `0x${op.sload(3)}` } })
    const { steps } = await traceMain(tracing, STRUCT)
    expect(steps.flatMap(({ op, storage }) => (storage === undefined ? [] : [[op, ...storage]]))).toEqual([
      ['SLOAD', [1n, 0n]],
      ['SSTORE', [1n, 0n], [2n, 5n]],
      ['SLOAD', [1n, 0n], [2n, 5n]],
      ['SLOAD', [1n, 0n], [2n, 5n], [3n, 0n]],
    ])
  })

  test('memory before the step, in whole words; return data of the last call', async () => {
    const code = `${push(1)}${push(33)}53${op.call(hexOf(callee))}`
    const tracing = await createTracing(fork, code, {
      [key(callee)]: { code: `0x${push(7)}${push(0)}52${push(32)}${push(0)}f3` },
    })
    const { steps } = await traceMain(tracing, { ...STRUCT, enableMemory: true, enableReturnData: true })
    expect(steps[2]).not.toHaveProperty('memory')
    expect(hexOf(steps[3]?.memory ?? new Uint8Array())).toBe(`${'00'.repeat(33)}01${'00'.repeat(30)}`)
    const last = steps.at(-1)
    expect(last).toMatchObject({ op: 'STOP', depth: 1 })
    expect(hexOf(last?.returnData ?? new Uint8Array())).toBe('7'.padStart(64, '0'))
  })

  test('options leave things out', async () => {
    const tracing = await createTracing(fork, op.sstore(1, 1))
    const options = { ...STRUCT, disableStack: true, disableStorage: true, limit: 2 }
    const { steps } = await traceMain(tracing, options)
    expect(steps).toHaveLength(2)
    for (const step of steps)
      expect(Object.keys(step).sort()).toEqual(['depth', 'gas', 'gasCost', 'op', 'pc', 'refund'])
  })

  test('refunds are counted', async () => {
    const tracing = await createTracing(fork, op.sstore(1, 0) + op.stop, {
      [key(main)]: { code: `0x${op.sstore(1, 0)}00`, storage: { '0x01': '0x05' } },
    })
    const { steps } = await traceMain(tracing, STRUCT)
    expect(steps.slice(0, 3).map(({ refund }) => refund)).toEqual([0, 0, 0])
    expect(steps.at(-1)?.refund).toBeGreaterThan(0)
  })

  test('prices of the outermost frame add up to its gas, whatever it does', async () => {
    const code =
      op.sstore(1, 1) +
      op.create(deployer('5f')) +
      op.create2('fe', 1) +
      op.log(2) +
      `${push(32)}${push(0)}2050` +
      op.sstore(1, 0) +
      op.sload(9)
    const { steps, failed } = await traceMain(await createTracing(fork, code), STRUCT, { gas: 5_000_000n })
    expect(failed).toBe(false)
    const outer = steps.filter(({ depth }) => depth === 1)
    for (const [index, step] of outer.entries()) {
      const next = outer[index + 1]
      const spent = next === undefined ? step.gasCost : step.gas - next.gas
      if (step.op === 'CREATE' || step.op === 'CREATE2') expect(spent).toBeGreaterThan(step.gasCost)
      // Clearing a slot gives state gas back (EIP-8037): then the step is shown as free.
      else expect(Math.max(spent, 0), step.op).toBe(step.gasCost)
    }
  })
})

test('Amsterdam: state gas that the frame itself must pay is in the price', async () => {
  const { steps } = await traceMain(await createTracing('amsterdamTime', op.sstore(1, 1)), STRUCT)
  const [store, end] = steps.slice(2)
  expect(store).toMatchObject({ op: 'SSTORE', gasCost: (store?.gas ?? 0) - (end?.gas ?? 0) })
  // 64 bytes of state at 1,530 gas (EIP-8037), and the write itself.
  expect(store?.gasCost).toBeGreaterThan(64 * 1530)
})

test('Frontier: a trace of the oldest rules', async () => {
  const tracing = await createTracing('homesteadBlock', `${push(1)}600055`)
  const { steps, failed } = await traceMain(tracing, STRUCT)
  expect(steps.map(({ op, gasCost }) => [op, gasCost])).toEqual([
    ['PUSH1', 3],
    ['PUSH1', 3],
    ['SSTORE', 20_000],
    ['STOP', 0],
  ])
  expect(failed).toBe(false)
})
