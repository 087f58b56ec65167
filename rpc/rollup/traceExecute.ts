import * as z from 'zod'
import type { TracerOptions } from '../../execution/types.ts'
import { executeGas } from '../../precompiles/index.ts'
import { RollupError } from '../../rollup/errors.ts'
import { type ExecuteFrame, executeFrames, readCallTrace } from '../../rollup/settling/executeFrames.ts'
import {
  type ReplayDeps,
  type TimedExecution,
  timedExecute,
  traceInput,
  tryDecode,
} from '../../rollup/settling/replayInput.ts'
import { bytesEqual } from '../../stateless/bytes.ts'
import { InvalidBlock, InvalidWitness } from '../../stateless/errors.ts'
import type { Block, Hash32, StatelessInput } from '../../stateless/types.ts'
import { type BlockParameter, blockParameter, requireExecuted } from '../blockParameter.ts'
import { createRunTrace, traceResult } from '../debug/runTrace.ts'
import { TRACE_PROPERTIES, TRACER_NAMES, type TraceConfig, traceConfig } from '../debug/traceConfig.ts'
import { RpcError } from '../errors.ts'
import { toData, toQuantity } from '../hex.ts'
import { described, type Parse, required, withDefault } from '../params.ts'
import { HASH, objectOf, reference, requiredOf } from '../schema.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps, RollupServices } from './deps.ts'
import { ExecuteFailure, formatFailure } from './executeFailure.ts'
import { rollupMethod } from './method.ts'
import { from, hash, hashIn, named, quantity } from './wire.ts'

type Hex = `0x${string}`

/** What a tracer answers, in geth's form. */
export const trace = z.custom<object>().meta({ title: 'trace', description: "a tracer's answer, in geth's form" })

export const ExecutePhase = named('ExecutePhase', {
  /** absent: the input does not decode */
  l2Block: quantity.optional(),
  name: z.enum([
    'input',
    'decode',
    'constraints',
    'bounds',
    'requestRoot',
    'headers',
    'blockHash',
    'rules',
    'witness',
    'transactions',
    'execution',
    'stateRoot',
    'results',
  ]),
  /** milliseconds on this node, fractions too */
  ms: z.number(),
  gas: quantity,
})
export type ExecutePhase = z.infer<typeof ExecutePhase>

export const ExecuteTrace = named('ExecuteTrace', {
  /** absent: the block is not settled */
  l1TxHash: hash.optional(),
  /** of the L1 transaction; frames of EXECUTE carry `l2Block` when callTracer made it */
  outer: trace.optional(),
  inner: z.array(named('InnerTrace', { l2Block: quantity, txHash: hash, result: trace })),
  phases: z.array(ExecutePhase),
  /** why EXECUTE refused, for each call that it refused */
  failures: z.array(named('TracedRefusal', { l2Block: quantity.optional(), ...ExecuteFailure.shape })),
})
export type ExecuteTrace = z.infer<typeof ExecuteTrace>

/** More calls of EXECUTE than fit into the gas of one transaction. */
const MAX_CALLS = 160
/** Memory that the traces of all inner transactions together may take. */
export const MAX_TRACE_BYTES = 64 * 1024 * 1024

/** rollup_traceExecute: an L1 transaction with what its calls of EXECUTE did inside. */
export function rollupTraceMethods(deps: RollupDeps): MethodTable {
  const runTrace = createRunTrace()
  return {
    rollup_traceExecute: rollupMethod(
      {
        summary:
          'Traces an L1 transaction and, inside its calls of EXECUTE, every L2 transaction, from the input alone, with the time and gas of each part; a settled L2 block is traced with the transaction that settled it.',
        params: [
          required('L1 transaction or L2 block', selector),
          withDefault('trace config', forwardedConfig, DEFAULT_CONFIG),
        ],
        result: ExecuteTrace,
      },
      ([subject, config], context) =>
        runTrace(context, config.parsed, async (signal) => {
          const services = deps.rollup()
          const found = await findCalls(services, subject, config)
          return { ...found.about, ...(await replayAll(services, found.calls, config.parsed, signal)) }
        }),
    ),
  }
}

type Subject = { l1TxHash: Hex } | { block: BlockParameter }

/** 32 bytes are the hash of an L1 transaction, or `{ l1TxHash }`; all else names an L2 block, by its hash as `{ blockHash }`. */
const selector: Parse<Subject> = described(
  { anyOf: [HASH, requiredOf({ l1TxHash: HASH }), reference('BlockParameter')] },
  (value, path) => {
    if (typeof value === 'string' && value.length === 66) return { l1TxHash: l1Hash(value, path) }
    if (typeof value === 'object' && value !== null && 'l1TxHash' in value) return byTransaction(value, path)
    return { block: blockParameter(value, path) }
  },
)

const l1Hash = from(hashIn)
const byTransaction = from(z.strictObject({ l1TxHash: hashIn }))

const ALIASES = ['opcode', 'structLogger', 'prestate']
const PROPERTIES = {
  ...TRACE_PROPERTIES,
  tracer: { type: 'string', enum: [...TRACER_NAMES, ...ALIASES] },
} satisfies typeof TRACE_PROPERTIES

/**
 * `forwarded`: the words in which L1 is asked for its own part. Memory of its steps is left out, each would hold the whole
 * input.
 */
type ForwardedConfig = { parsed: TraceConfig; forwarded: object }

const forwardedConfig: Parse<ForwardedConfig> = described(objectOf(PROPERTIES), (value, path) => {
  const config = inGethsWords(value)
  return { parsed: traceConfig(config, path), forwarded: { ...(config as object), enableMemory: false } }
})

/** Short names; the opcode logger of geth has none and is what runs when no tracer is named. */
function inGethsWords(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('tracer' in value)) return value
  const { tracer, ...options } = value
  if (tracer === 'opcode' || tracer === 'structLogger') return options
  return tracer === 'prestate' ? { tracer: 'prestateTracer', ...options } : value
}

const CALL_TRACER = { tracer: 'callTracer' }
export const DEFAULT_TRACER: TracerOptions = { tracer: 'callTracer', onlyTopCall: false, withLog: false }
const DEFAULT_CONFIG: ForwardedConfig = {
  parsed: { tracer: DEFAULT_TRACER },
  forwarded: CALL_TRACER,
}

type Call = Pick<ExecuteFrame, 'input' | 'gas'> & { decoded: StatelessInput | undefined }
type Found = { about: Pick<ExecuteTrace, 'l1TxHash' | 'outer'>; calls: readonly Call[] }

async function findCalls(services: RollupServices, subject: Subject, config: ForwardedConfig): Promise<Found> {
  if ('l1TxHash' in subject) return callsOf(services, subject.l1TxHash, config)
  const { chain, watcher, inputs } = services.node
  const stored = requireExecuted(chain, subject.block)
  const { block } = stored
  const settled = watcher.settledAt(block.header.number)
  if (settled?.hash !== toData(block.hash)) {
    const input = await inputs.read(stored)
    const { regularGas } = await inputs.measure(block.hash)
    return { about: {}, calls: [{ input, gas: executeGas(input.length, regularGas), decoded: tryDecode(input) }] }
  }
  const found = await callsOf(services, settled.l1TxHash, config)
  return { ...found, calls: found.calls.filter(({ decoded }) => isOf(decoded, block)) }
}

async function callsOf({ node }: RollupServices, l1TxHash: Hex, config: ForwardedConfig): Promise<Found> {
  const { tracer } = config.parsed
  const showsCalls = tracer.tracer === 'callTracer' && !tracer.onlyTopCall
  if ((await node.l1.getReceipt(l1TxHash)) === undefined) {
    const advice = 'the hash of an L2 block is asked for as { blockHash }'
    throw new RollupError('UNKNOWN_L1_TRANSACTION', `no L1 transaction ${l1TxHash} is in a block; ${advice}`, {
      l1TxHash,
    })
  }
  const outer = await node.l1.traceTransaction(l1TxHash, config.forwarded)
  const root = readCallTrace(showsCalls ? outer : await node.l1.traceTransaction(l1TxHash, CALL_TRACER))
  const frames = executeFrames(root)
  if (frames.length > MAX_CALLS) {
    throw new RpcError('LIMIT_EXCEEDED', `more than ${MAX_CALLS} calls of EXECUTE`, { limit: MAX_CALLS })
  }
  const calls = frames.map(({ input, gas, source }) => {
    const decoded = tryDecode(input)
    if (decoded !== undefined) source.l2Block = toQuantity(numberOf(decoded))
    return { input, gas, decoded }
  })
  if (typeof outer !== 'object' || outer === null) throw new RollupError('BAD_L1_DATA', 'L1 answered with a bad trace')
  return { about: { l1TxHash, outer }, calls }
}

type Replayed = Pick<ExecuteTrace, 'inner' | 'phases' | 'failures'>

/** One after the other, so that the time of a part is its own. */
async function replayAll(
  { node, engineOf }: RollupServices,
  calls: readonly Call[],
  config: TraceConfig,
  signal: AbortSignal,
): Promise<Replayed> {
  const deps: ReplayDeps = { engineOf, schedule: node.reader.config().gasSchedule, nodes: node.chain.nodes }
  const all: Replayed = { inner: [], phases: [], failures: [] }
  const maxBytes = Math.floor(MAX_TRACE_BYTES / Math.max(calls.length, 1))
  for (const { input, gas, decoded } of calls) {
    signal.throwIfAborted()
    const execution = await timedExecute(input, gas, deps)
    const block = decoded === undefined ? {} : { l2Block: toQuantity(numberOf(decoded)) }
    for (const { name, ms, gas: charged } of execution.phases) {
      all.phases.push({ ...block, name, ms, gas: toQuantity(charged) })
    }
    if (!execution.verdict.ok) {
      all.failures.push({ ...block, ...formatFailure(execution.verdict.failure, input) })
    }
    if (decoded === undefined || !ranFar(execution)) continue
    const traced = traceInput(decoded, deps, { options: config.tracer, maxBytes, signal })
    for (const { txHash, trace } of await orNone(traced, execution)) {
      all.inner.push({ l2Block: toQuantity(numberOf(decoded)), txHash, result: traceResult(trace) })
    }
  }
  return all
}

/** Traces are not metered: only what EXECUTE itself has run within its gas is run again. */
function ranFar({ verdict }: TimedExecution): boolean {
  return verdict.ok || (verdict.failure.stage === 'validation' && verdict.executedGas > 0n)
}

/** A block that EXECUTE refuses may still run, and then its traces show why; but it need not. */
export async function orNone<Item>(
  traced: Promise<readonly Item[]>,
  { verdict }: TimedExecution,
): Promise<readonly Item[]> {
  try {
    return await traced
  } catch (error) {
    if (!verdict.ok && (error instanceof InvalidBlock || error instanceof InvalidWitness)) return []
    throw error
  }
}

const numberOf = ({ newPayloadRequest }: StatelessInput): bigint => newPayloadRequest.executionPayload.blockNumber

function isOf(input: StatelessInput | undefined, { hash: blockHash }: Block): boolean {
  const claimed: Hash32 | undefined = input?.newPayloadRequest.executionPayload.blockHash
  return claimed !== undefined && bytesEqual(claimed, blockHash)
}
