import { describe, expect, test, vi } from 'vitest'
import { createAccessList } from '../../execution/accessListSearch.ts'
import { FrameMemory } from '../../execution/frameMemory.ts'
import { createTraceBudget } from '../../execution/tracers/budget.ts'
import { createPrestateTracer } from '../../execution/tracers/prestateTracer.ts'
import type { TracedMemory, TracedStep } from '../../execution/tracers/tracer.ts'
import type { TracerOptions } from '../../execution/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { key } from './callSupport.ts'
import { createDevChain } from './devChain.ts'
import { deployer, loop, op, push } from './programs.ts'
import { CALLS, callee, createTracing, hexOf, main, other, PRESTATE, rich, STRUCT, traceMain } from './traceSupport.ts'

/** Bytes that addresses of CREATE2 were computed from. */
let hashed = 0
vi.mock('../../execution/createdAddress.ts', async (load) => {
  const own = await load<typeof import('../../execution/createdAddress.ts')>()
  const saltedAddress: typeof own.saltedAddress = (creator, salt, initCode) => {
    hashed += initCode.length
    return own.saltedAddress(creator, salt, initCode)
  }
  return { ...own, saltedAddress }
})

/** Bytes that typed arrays copy while this runs. */
async function bytesCopied(run: () => Promise<unknown>): Promise<number> {
  const prototype = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array
  const { set, slice } = prototype
  let copied = 0
  prototype.set = function (source, offset) {
    copied += source.length
    set.call(this, source, offset)
  }
  prototype.slice = function (start, end) {
    const part = slice.call(this, start, end) as Uint8Array<ArrayBuffer>
    copied += part.length
    return part
  }
  try {
    await run()
  } finally {
    Object.assign(prototype, { set, slice })
  }
  return copied
}

const FORKS = ['cancunTime', 'amsterdamTime']
const KILOBYTE = 1024
const MEGABYTE = KILOBYTE * KILOBYTE
const MUX: TracerOptions = { tracer: 'muxTracer', tracers: [{ tracer: '4byteTracer' }, { tracer: 'noopTracer' }] }

/** Hands on a megabyte and a value that nobody has. */
const REFUSED = `${push(0)}${push(0)}${push(MEGABYTE)}${push(0)}${push(1000)}${push(hexOf(callee))}5af150`

describe.each(FORKS)('%s: what nobody has paid for', (fork) => {
  /** CREATE2 of `size` bytes, called ten times with this much gas. */
  const creations = (size: number, gas: number) => {
    const create = `${push(1)}${push(size)}${push(0)}${push(0)}f550`
    return createTracing(fork, loop(0, 10, op.call(hexOf(callee), 0, gas)), { [key(callee)]: { code: `0x${create}` } })
  }

  test.each([
    ['prestateTracer', PRESTATE],
    ['prestateTracer, differences', { ...PRESTATE, diffMode: true }],
    ['structLogger with memory', { ...STRUCT, enableMemory: true, enableReturnData: true }],
    ['callTracer', { ...CALLS, withLog: true }],
  ] as [string, TracerOptions][])('is not hashed, copied or made room for: %s', async (_, options) => {
    const tracing = await creations(0x1ffffe0, 1000)
    hashed = 0
    const extended = vi.spyOn(FrameMemory.prototype, 'extend')
    const copied = await bytesCopied(() => traceMain(tracing, options))
    const largest = Math.max(0, ...extended.mock.calls.map(([offset, size]) => offset + size))
    extended.mockRestore()
    expect(hashed).toBe(0)
    expect(copied).toBeLessThan(MEGABYTE)
    expect(largest).toBeLessThan(KILOBYTE)
  })

  test('is not in a prestate: the slot, account or new contract of a step that ends its frame for want of gas', async () => {
    const poor = `${push(1)}54${push(hexOf(other))}3b`
    const tracing = await createTracing(fork, op.call(hexOf(callee), 0, 50), { [key(callee)]: { code: `0x${poor}` } })
    const { pre } = await traceMain(tracing, { ...PRESTATE, includeEmpty: true })
    expect([...(pre.get(hexOf(callee))?.storage ?? [])]).toEqual([])
    expect(pre.has(hexOf(other))).toBe(false)
  })

  test('a creation that is paid for is hashed as often as without a trace, once more for the trace', async () => {
    const size = 4 * KILOBYTE
    const tracing = await creations(size, 200_000)
    const { engine, fixture } = tracing
    const count = async (run: () => Promise<unknown>) => {
      hashed = 0
      await run()
      return hashed
    }
    const request = { from: rich, to: main, gas: 5_000_000n }
    const traced = await count(() => engine.traceCall(request, { ...fixture.context, options: PRESTATE }))
    expect(traced).toBeGreaterThanOrEqual(10 * size)
    expect(traced).toBeLessThanOrEqual(3 * 10 * size)
  })

  test('a refused write of a static call is in a prestate, as geth has it', async () => {
    const tracing = await createTracing(fork, op.plainCall('fa', hexOf(callee), 50_000), {
      [key(callee)]: { code: `0x${op.sstore(1, 2)}`, storage: { [`0x${'1'.padStart(64, '0')}`]: '0x07' } },
    })
    const { pre } = await traceMain(tracing, PRESTATE)
    expect([...(pre.get(hexOf(callee))?.storage ?? [])]).toEqual([[1n, 7n]])
  })

  test('the prestate is that before the step: a written slot, a heir, a new contract', async () => {
    const runtime = op.sstore(1, 9)
    const code = `${op.sstore(1, 2)}${op.create2(deployer(runtime), 5)}${op.selfdestruct(hexOf(other))}`
    const tracing = await createTracing(fork, code, {
      [key(main)]: { balance: '0x64', code: `0x${code}`, storage: { [`0x${'1'.padStart(64, '0')}`]: '0x07' } },
      [key(other)]: { balance: '0x3' },
    })
    const { pre } = await traceMain(tracing, PRESTATE)
    expect([...(pre.get(hexOf(main))?.storage ?? [])]).toEqual([[1n, 7n]])
    expect(pre.get(hexOf(main))?.balance).toBe(100n)
    expect(pre.get(hexOf(other))?.balance).toBe(3n)
  })
})

describe.each(FORKS)('%s: a megabyte paid for once and refused again and again', (fork) => {
  const request = { from: rich, to: main, gas: 10_000_000n }
  const refusals = () => createTracing(fork, loop(0, 100, REFUSED))

  const untraced = async () => {
    const { engine, fixture } = await refusals()
    return bytesCopied(() => engine.call(request, fixture.context))
  }

  test.each([
    ['noopTracer', { tracer: 'noopTracer' }],
    ['4byteTracer', { tracer: '4byteTracer' }],
    ['prestateTracer', PRESTATE],
    ['structLogger', STRUCT],
    ['callTracer of the top call', { ...CALLS, onlyTopCall: true }],
    ['muxTracer', MUX],
  ] as [string, TracerOptions][])('is not copied for %s', async (_, options) => {
    const tracing = await refusals()
    const copied = await bytesCopied(() => traceMain(tracing, options, { gas: request.gas }))
    // A trace makes the megabyte exist, and the library's memory grows by copying zeros: once, not a hundred times.
    expect(copied).toBeLessThan((await untraced()) + 2 * MEGABYTE)
  })

  test('is not copied for an access list', async () => {
    const { fixture } = await refusals()
    const copied = await bytesCopied(() => createAccessList(request, fixture.context, fixture))
    expect(copied).toBeLessThan(2 * ((await untraced()) + MEGABYTE))
  })

  test('fills the memory budget of a callTracer, which shows it', async () => {
    await expect(traceMain(await refusals(), CALLS, { gas: request.gas })).rejects.toMatchObject({
      code: 'TRACE_TOO_LARGE',
    })
  })
})

test.each([
  ['Osaka', { amsterdamTime: 10 ** 9 }],
  ['Amsterdam', {}],
])('a simulation under %s does not copy what is refused again and again', async (_, config) => {
  const chain = await createDevChain({ config })
  const code = hexToBytes(loop(0, 100, REFUSED))
  const stateOverrides = new Map([[hexOf(main), { code }]])
  const copied = await bytesCopied(() =>
    chain.engine.simulate({
      base: chain.head,
      nodes: chain.memory.source,
      blockHash: chain.memory.blockHash,
      blocks: [{ calls: [{ from: rich, to: main, gas: 10_000_000n }], stateOverrides }],
      traceTransfers: true,
      validation: false,
      gasCap: 10n ** 9n,
    }),
  )
  expect(copied).toBeLessThan(8 * MEGABYTE)
})

test('a prestateTracer asks for memory when the step is paid and not before', () => {
  const tracer = createPrestateTracer({ ...PRESTATE, includeEmpty: true }, createTraceBudget())
  const windows: [bigint, bigint][] = []
  const memory: TracedMemory = {
    window(offset, size) {
      windows.push([offset, size])
      return new Uint8Array(Number(size))
    },
  }
  const state = { getAccount: () => undefined, getStorage: () => 0n, isPrecompile: () => false }
  tracer.onStart?.({ sender: rich, to: main, gasLimit: 1n, coinbase: rich, logsBefore: 0, authorities: [] }, state)
  const words = [0n, 64n, 32n, 7n]
  const step = { opcode: 0xf5, height: 4, address: main, peek: (below: number) => words[below] ?? 0n }
  tracer.onStep?.(step as TracedStep)
  tracer.onFault?.('out of gas')
  tracer.onPaid?.(memory)
  expect(windows).toEqual([])
  tracer.onStep?.(step as TracedStep)
  tracer.onPaid?.(memory)
  expect(windows).toEqual([[64n, 32n]])
})

test('the code of accounts is taken from the budget of a prestateTracer', async () => {
  const contracts = Array.from({ length: 20 }, (_, i) => hexOf(callee).slice(0, 38) + (i + 16).toString(16))
  const code = contracts.map((each) => `${push(each)}3150`).join('')
  const alloc = Object.fromEntries(contracts.map((each) => [`0x${each}`, { code: `0x${'00'.repeat(20_000)}` }]))
  const { engine, fixture } = await createTracing('cancunTime', code, alloc)
  const trace = (disableCode: boolean) =>
    engine.traceCall(
      { from: rich, to: main, gas: 1_000_000n },
      { ...fixture.context, options: { ...PRESTATE, disableCode }, maxBytes: 100_000 },
    )
  await expect(trace(false)).rejects.toMatchObject({ code: 'TRACE_TOO_LARGE' })
  await expect(trace(true)).resolves.toMatchObject({ tracer: 'prestateTracer' })
})
