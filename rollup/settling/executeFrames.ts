import { EXECUTE_ADDRESS } from '../../precompiles/address.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { RollupError } from '../errors.ts'

type Hex = `0x${string}`

/** A call as callTracer tells it; other properties are passed on as they are. */
export type TracedCall = {
  from: Hex
  to: Hex | undefined
  input: Hex
  gas: bigint
  output: Hex | undefined
  error: string | undefined
  calls: readonly TracedCall[]
  /** the object that this was read from */
  readonly source: Record<string, unknown>
}

/** A call of EXECUTE: what it was given, and 43 bytes when it succeeded. */
export type ExecuteFrame = {
  input: Uint8Array
  gas: bigint
  output: Uint8Array | undefined
  readonly source: Record<string, unknown>
}

/** The answer of callTracer, checked for shape. Throws RollupError BAD_L1_DATA. */
export function readCallTrace(answer: unknown): TracedCall {
  const root = readFrame(answer)
  // A list of work, not recursion: frames nest 1,024 deep.
  const waiting = [root]
  for (let frame = waiting.pop(); frame !== undefined; frame = waiting.pop()) {
    const { calls } = frame.source
    if (calls === undefined) continue
    if (!Array.isArray(calls)) throw bad()
    const inner = calls.map(readFrame)
    frame.calls = inner
    waiting.push(...inner)
  }
  return root
}

/** All calls of a trace in the order in which they began. */
export function* eachCall(root: TracedCall): Generator<TracedCall> {
  const waiting = [root]
  for (let frame = waiting.pop(); frame !== undefined; frame = waiting.pop()) {
    yield frame
    waiting.push(...frame.calls.toReversed())
  }
}

export function executeFrames(root: TracedCall): ExecuteFrame[] {
  return [...eachCall(root)]
    .filter(({ to }) => to === EXECUTE_ADDRESS)
    .map(({ input, gas, output, error, source }) => ({
      input: hexToBytes(input),
      gas,
      output: error === undefined && output !== undefined ? hexToBytes(output) : undefined,
      source,
    }))
}

function readFrame(answer: unknown): TracedCall {
  if (typeof answer !== 'object' || answer === null) throw bad()
  const source = answer as Record<string, unknown>
  const { from, to, input, gas, output, error } = source
  return {
    from: hexOf(from),
    to: to === undefined ? undefined : hexOf(to),
    input: hexOf(input),
    gas: BigInt(hexOf(gas, /^0x[0-9a-f]{1,64}$/)),
    output: output === undefined ? undefined : hexOf(output),
    error: typeof error === 'string' ? error : undefined,
    calls: [],
    source,
  }
}

function hexOf(value: unknown, form = /^0x([0-9a-f]{2})*$/): Hex {
  const text = typeof value === 'string' ? value.toLowerCase() : ''
  if (!form.test(text)) throw bad()
  return text as Hex
}

function bad(): RollupError {
  return new RollupError('BAD_L1_DATA', 'L1 answered with something that is no trace of calls')
}
