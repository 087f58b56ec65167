import type { Engine, TraceResult, TracerOptions } from '../../execution/types.ts'
import { giveWay, isTurnOver } from '../../node/eventLoop.ts'
import { createExecute, EXECUTE_BYTE_GAS, NO_CACHE, upfrontGas } from '../../precompiles/index.ts'
import type { ExecutePhase, ExecuteVerdict, GasSchedule } from '../../precompiles/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { NodeError } from '../../stateless/errors.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { payloadToBlock } from '../../stateless/payload.ts'
import { decodeStatelessInput } from '../../stateless/ssz.ts'
import { createStateView } from '../../stateless/stateView.ts'
import type { Block, NodeSource, StatelessInput } from '../../stateless/types.ts'
import { createWitnessSource } from '../../stateless/witness.ts'
import { readWitnessHeaders } from '../../stateless/witnessHeaders.ts'

type Hex = `0x${string}`

export type ReplayDeps = {
  /** an engine in which EXECUTE is inactive */
  engineOf(chainId: bigint): Engine
  schedule: GasSchedule
  /** states that may know what only a tracer looks at, such as the code of an account that was paid and not called */
  nodes: NodeSource
}

/** Milliseconds are fractions; gas is what the schedule charges for this part. */
export type TimedPhase = { name: ExecutePhase; ms: number; gas: bigint }

export type TimedExecution = { verdict: ExecuteVerdict; phases: readonly TimedPhase[] }

/** Runs EXECUTE on an input and tells how long each part took, as far as it came. The node's cache, which would skip them, is left out. */
export async function timedExecute(
  input: Uint8Array,
  gas: bigint,
  { engineOf, schedule }: Pick<ReplayDeps, 'engineOf' | 'schedule'>,
): Promise<TimedExecution> {
  const marks: { name: ExecutePhase; at: number }[] = []
  const onPhase = (name: ExecutePhase) => void marks.push({ name, at: performance.now() })
  // The runner takes the chain id from the input.
  const { runBlock } = engineOf(1n)
  const pause = () => (isTurnOver() ? giveWay() : undefined)
  const { execute } = createExecute({ runBlock, schedule, cache: NO_CACHE, pause, onPhase })
  const verdict = await execute(input, gas)
  const end = performance.now()
  const phases = marks.map(({ name, at }, index) => ({
    name,
    ms: (marks[index + 1]?.at ?? end) - at,
    gas: chargedFor(name, input.length, schedule, verdict),
  }))
  return { verdict, phases }
}

/** The input is paid for before anything is done with it, all else by the gas of the block. */
function chargedFor(name: ExecutePhase, length: number, schedule: GasSchedule, verdict: ExecuteVerdict): bigint {
  const forInput = schedule === 'metered' ? upfrontGas(length) : EXECUTE_BYTE_GAS * BigInt(length)
  if (name === 'input') return forInput
  if (name !== 'execution') return 0n
  return verdict.ok ? verdict.gasUsed - forInput : verdict.executedGas
}

export type TracedTransaction = { txHash: Hex; trace: TraceResult }

/**
 * Traces the transactions of the block in an input, on nothing but its own witness. Throws NodeError where the input has
 * no block that can be run, TraceTooLarge, and the reason of the signal.
 */
export async function traceInput(
  input: StatelessInput,
  { engineOf, nodes }: Pick<ReplayDeps, 'engineOf' | 'nodes'>,
  { options, maxBytes, signal }: { options: TracerOptions; maxBytes: number; signal: AbortSignal },
): Promise<readonly TracedTransaction[]> {
  const block = payloadToBlock(input.newPayloadRequest)
  const headers = readWitnessHeaders(input.witness.headers)
  const traces = await engineOf(input.chainId).traceBlock({
    parent: headers.parent,
    block,
    state: createStateView(firstOf(createWitnessSource(input.witness), nodes), headers.parent.stateRoot),
    blockHash: (number) => headers.blockHash(number, block.header.number),
    options,
    maxBytes,
    signal,
  })
  return traces.map((trace, index) => ({ txHash: txHashAt(block, index), trace }))
}

/** The input, or undefined when it does not decode. */
export function tryDecode(input: Uint8Array): StatelessInput | undefined {
  try {
    return decodeStatelessInput(input)
  } catch (error) {
    if (error instanceof NodeError) return undefined
    throw error
  }
}

/** Both are looked up by hash, so that it does not matter which one answers. */
function firstOf(first: NodeSource, second: NodeSource): NodeSource {
  return {
    getNode: (hash) => first.getNode(hash) ?? second.getNode(hash),
    getCode: (hash) => first.getCode(hash) ?? second.getCode(hash),
  }
}

function txHashAt({ transactions }: Block, index: number): Hex {
  const raw = transactions[index]
  if (raw === undefined) throw new Error('more traces than transactions')
  return `0x${bytesToHex(keccak256(raw))}`
}
