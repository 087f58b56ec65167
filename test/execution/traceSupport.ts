import { createEngine } from '../../execution/engine.ts'
import type { GenesisAccount } from '../../execution/genesisJson.ts'
import type { CallFrame, CallRequest, Engine, StructLog, TraceResult, TracerOptions } from '../../execution/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { address, createFixture, ETHER, type Fixture, key } from './callSupport.ts'
import { cryptoOnce, silentLogger } from './support.ts'

export const rich = address(1)
export const main = address(2)
export const callee = address(3)
export const other = address(4)

export const hexOf = (bytes: Uint8Array): string => bytesToHex(bytes)

export const STRUCT = {
  tracer: 'structLogger',
  enableMemory: false,
  disableStack: false,
  disableStorage: false,
  enableReturnData: false,
  limit: 0,
} as const
export const CALLS = { tracer: 'callTracer', onlyTopCall: false, withLog: false } as const
export const PRESTATE = {
  tracer: 'prestateTracer',
  diffMode: false,
  disableCode: false,
  disableStorage: false,
  includeEmpty: false,
} as const

export type Tracing = { engine: Engine; fixture: Fixture }

/** A rich account, `main` with this code and 100 wei, and whatever else is needed. */
export async function createTracing(
  fork: string,
  code: string,
  alloc: Record<string, Partial<GenesisAccount>> = {},
): Promise<Tracing> {
  const fixture = await createFixture(fork, {
    [key(rich)]: { balance: `0x${(10n * ETHER).toString(16)}` },
    [key(main)]: { balance: '0x64', code: `0x${code}` },
    ...alloc,
  })
  const engine = createEngine({ spec: fixture.spec, crypto: await cryptoOnce, logger: silentLogger })
  return { engine, fixture }
}

type Kind<Name extends TraceResult['tracer']> = Extract<TraceResult, { tracer: Name }>

/** Traces a call of `main` by the rich account with 1,000,000 gas unless `call` says otherwise. */
export async function traceMain<Options extends TracerOptions>(
  { engine, fixture }: Tracing,
  options: Options,
  call: CallRequest = {},
): Promise<Kind<Options['tracer']>> {
  const request = { from: rich, to: main, gas: 1_000_000n, ...call }
  const result = await engine.traceCall(request, { ...fixture.context, options })
  if (result.tracer !== options.tracer) throw new Error(`asked for ${options.tracer}, got ${result.tracer}`)
  return result as Kind<Options['tracer']>
}

const NAMES = new Map(
  [rich, main, callee, other].map((each, i) => [hexOf(each), ['rich', 'main', 'callee', 'other'][i]]),
)

/** One line for each frame, inner ones indented: type, parties, value, gas used of gas, output, error. */
export function lines(frame: CallFrame, indent = ''): string[] {
  const name = (bytes: Uint8Array | undefined) =>
    bytes === undefined ? 'nobody' : (NAMES.get(hexOf(bytes)) ?? (hexOf(bytes).replace(/^0+/, '') || '0'))
  const parts = [
    `${indent}${frame.type} ${name(frame.from)} -> ${name(frame.to)}`,
    ...(frame.value === undefined ? [] : [`value ${frame.value}`]),
    `gas ${frame.gasUsed} of ${frame.gas}`,
    ...(frame.input.length === 0 ? [] : [`input ${hexOf(frame.input)}`]),
    ...(frame.output === undefined ? [] : [`output ${hexOf(frame.output)}`]),
    ...(frame.error === undefined ? [] : [`error ${frame.error}`]),
    ...frame.logs.map(({ position, topics, data }) => `log@${position}/${topics.length}/${data.length}`),
  ]
  return [parts.join(', '), ...frame.calls.flatMap((inner) => lines(inner, `${indent}  `))]
}

/** "depth pc op gas cost" with the error, if any. */
export function stepLines(steps: readonly StructLog[]): string[] {
  return steps.map(({ depth, pc, op, gas, gasCost, error }) =>
    [depth, pc, op, gas, gasCost, ...(error === undefined ? [] : [error])].join(' '),
  )
}
