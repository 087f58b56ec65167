import { describe, expect, test } from 'vitest'
import { createEngine } from '../../execution/engine.ts'
import type { GenesisAccount } from '../../execution/genesisJson.ts'
import type { EnginePaths } from '../../execution/types.ts'
import { assemble } from './bothEngines/assembler.ts'
import { key } from './callSupport.ts'
import { op, push } from './programs.ts'
import { cryptoOnce, silentLogger } from './support.ts'
import { CALLS, createTracing, main, STRUCT, type Tracing, traceMain } from './traceSupport.ts'

const PATHS: readonly EnginePaths[] = ['fast', 'reference']

async function tracingOn(
  paths: EnginePaths,
  fork: string,
  code: string,
  account: Partial<GenesisAccount> = {},
): Promise<Tracing> {
  const { fixture } = await createTracing(fork, code, { [key(main)]: { code: `0x${code}`, ...account } })
  const engine = createEngine({ spec: fixture.spec, crypto: await cryptoOnce, logger: silentLogger, paths })
  return { engine, fixture }
}

describe.each(PATHS)('traces of the %s engine', (paths) => {
  test('code that just ends has a STOP, which shows the refunds until then', async () => {
    const storage = { [`0x${'00'.repeat(32)}`]: '0x2' }
    const tracing = await tracingOn(paths, 'osakaTime', op.sstore(0, 1) + op.sstore(0, 2), { storage })
    const { steps } = await traceMain(tracing, STRUCT)
    // EIP-3529: a slot that is again what it was gives back 5000 - 2100 - 100.
    expect(steps.map((step) => [step.op, step.refund]).slice(-2)).toEqual([
      ['SSTORE', 0],
      ['STOP', 2800],
    ])
  })

  test('an opcode that no fork defines is named by its byte, after a jump too', async () => {
    const { call } = await traceMain(await tracingOn(paths, 'shanghaiTime', `${push(3)}565b5d`), CALLS)
    expect(call.error).toBe('invalid opcode: opcode 0x5d not defined')
  })

  test.each([
    ['06', 'a point of bn254 that is none', assemble('1 0 MSTORE'), 128],
    ['06', 'a coordinate above the field of bn254', assemble(`0x${'ff'.repeat(32)} 0 MSTORE`), 128],
    ['08', 'a pair of bn254 points that are none', assemble('1 0 MSTORE'), 192],
    ['0b', 'a point of BLS12-381 that is none', assemble('1 32 MSTORE'), 256],
    ['0b', 'a coordinate above the field of BLS12-381', assemble(`0x${'ff'.repeat(32)} 32 MSTORE`), 256],
  ])('%s halts on %s, and takes all its gas', async (number, _, memory, size) => {
    const code = `${memory}${assemble(`0 0 ${size} 0 0 0x${number} ${100_000}`)}f1${push(0)}55`
    const { call } = await traceMain(await tracingOn(paths, 'osakaTime', code), CALLS)
    expect(call.calls[0]).toMatchObject({ error: 'point not on curve', gasUsed: 100_000n, gas: 100_000n })
  })
})
