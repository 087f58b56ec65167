import { encodeFunctionData } from 'viem'
import { TraceTooLarge } from '../../execution/errors.ts'
import type { BlockEnv, CallContext, CallFrame, CallRequest, Log, TracedLog } from '../../execution/types.ts'
import type { RollupDeployment } from '../../genesis/types.ts'
import type { Chain } from '../../node/types.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import type { Block } from '../../stateless/types.ts'
import { claimGas } from '../claims.ts'
import { l2MessengerAbi, provenInboxSlots } from '../contracts.ts'
import type { Message } from '../types.ts'
import { inboxLeaf } from './inbox.ts'
import { rootFromPath, ZERO_SUBTREES } from './messages.ts'

/** How a run of the EVM for one caller goes on: it ends with the signal, and waits for what `onPause` gives. */
export type RunTurns = Pick<CallContext, 'signal' | 'onPause'>

/** `by`: whose frame ended the delivery. `error`: in geth's words. `output`: what it reverted with. */
export type DeliveryFailure = { by: 'receiver' | 'messenger'; error: string; output: Uint8Array }

/** What a delivery of a message on L2 would do now. */
export type SimulatedDelivery = {
  /** of the call that the receiver gets; the message's gas limit counts against this */
  gasUsed: bigint
  /** of the whole claim, as its sender would pay for it */
  claimGasUsed: bigint
  /** what the receiver returned; empty when it was not called or failed */
  output: Uint8Array
  /** of the whole claim, as its receipt would have them; none when it fails */
  logs: readonly Log[]
  failure?: DeliveryFailure
}

export type DeliverySimulation = {
  /** the real `claim` in the next block, under an inbox root that holds the message */
  deliver(message: Message, turns: RunTurns): Promise<SimulatedDelivery>
  /**
   * The least gas limit with which the message is delivered; undefined: none up to the highest that L1 takes. `tried`: what
   * `deliver` gave for it.
   */
  leastGas(message: Message, tried: SimulatedDelivery, turns: RunTurns): Promise<bigint | undefined>
}

export type DeliverySimulationDeps = {
  chain: Chain
  deployment: RollupDeployment
  /** what a block on `parent` would begin with now */
  envOf(parent: Block): BlockEnv
  /** how many messages L1 has accepted: the inbox proof is as long as theirs */
  inboxSize(): number
}

/** Runs L2Messenger's own code on the state of the head. Nothing is kept. */
export function createDeliverySimulation(deps: DeliverySimulationDeps): DeliverySimulation {
  const { chain, deployment } = deps
  const { engine } = chain

  async function deliver(message: Message, turns: RunTurns): Promise<SimulatedDelivery> {
    const { request, context } = claimCall(deps, message, turns)
    try {
      const options = { tracer: 'callTracer', onlyTopCall: false, withLog: true } as const
      const trace = await engine.traceCall(request, { ...context, options })
      if (trace.tracer !== 'callTracer') throw new Error('asked for calls, got another trace')
      return fromFrames(trace.call)
    } catch (error) {
      if (!(error instanceof TraceTooLarge)) throw error
      return fromOutcome(await engine.call(request, context))
    }
  }

  async function isDelivered(message: Message, turns: RunTurns): Promise<boolean> {
    const { request, context } = claimCall(deps, message, turns)
    return (await engine.call(request, context)).status === 'success'
  }

  return {
    deliver,
    leastGas(message, tried, turns) {
      const works = (gasLimit: bigint) => isDelivered({ ...message, gasLimit }, turns)
      // what a receiver has used is what it needs, unless it looks at its gas or calls others
      const guess = tried.gasUsed > 0n ? tried.gasUsed : 1n
      return leastWorking(works, guess, BigInt(deployment.parameters.maxMessageGas))
    },
  }
}

/** The least number from 1 to `most` that works; `guess` and the numbers next to it are tried first. */
async function leastWorking(
  works: (value: bigint) => Promise<boolean>,
  guess: bigint,
  most: bigint,
): Promise<bigint | undefined> {
  let failing = 0n
  let working = guess < most ? guess : most
  if (await works(working)) {
    if (working === 1n || !(await works(working - 1n))) return working
    working -= 1n
  } else {
    failing = working
    if (failing === most || !(await works(most))) return undefined
    working = most
  }
  while (working - failing > 1n) {
    const middle = (working + failing) / 2n
    if (await works(middle)) working = middle
    else failing = middle
  }
  return working
}

function claimCall(deps: DeliverySimulationDeps, message: Message, turns: RunTurns) {
  const { chain, deployment } = deps
  const head = chain.head()
  const { number, timestamp, coinbase, prevRandao } = deps.envOf(head)
  const leaf = inboxLeaf(deployment, message)
  // a proof as long as a real one; that its siblings are empty subtrees costs the same
  const path = ZERO_SUBTREES.slice(0, Math.ceil(Math.log2(Math.max(deps.inboxSize(), Number(message.index) + 1))))
  const args = [message, 1n, path, `0x${bytesToHex(coinbase)}`] as const
  const data = encodeFunctionData({ abi: l2MessengerAbi, functionName: 'claim', args })
  const messenger = hexToBytes(deployment.l2.messenger)
  const request: CallRequest = {
    from: coinbase,
    to: messenger,
    data: hexToBytes(data),
    gas: claimGas(data, message.gasLimit),
  }
  const slots = provenInboxSlots({ rootId: 1n, root: rootFromPath(leaf, Number(message.index), path), l1Block: 0n })
  const context: CallContext = {
    header: head.header,
    state: chain.stateAt(head.header.stateRoot),
    blockHash: chain.ancestorHashes(head),
    stateOverrides: new Map([[bytesToHex(messenger), { stateDiff: slots }]]),
    blockOverride: { number, timestamp, coinbase, prevRandao },
    ...turns,
  }
  return { request, context }
}

/** The claim's first call is the delivery; a second one pays the fee. */
function fromFrames(claim: CallFrame): SimulatedDelivery {
  const [receiver] = claim.calls
  const failed = receiver?.error === undefined ? claim : receiver
  return {
    gasUsed: receiver?.gasUsed ?? 0n,
    claimGasUsed: claim.gasUsed,
    output: (receiver?.error === undefined ? receiver?.output : undefined) ?? NOTHING,
    logs: logsOf(claim),
    ...(claim.error === undefined ? {} : { failure: failureOf(failed, failed === claim ? 'messenger' : 'receiver') }),
  }
}

const NOTHING = new Uint8Array(0)

function failureOf({ error = '', output = NOTHING }: CallFrame, by: DeliveryFailure['by']): DeliveryFailure {
  return { by, error, output }
}

/** A list of work, not recursion: frames nest 1,024 deep. */
function logsOf(claim: CallFrame): Log[] {
  const logs: TracedLog[] = []
  const waiting = [claim]
  for (let frame = waiting.pop(); frame !== undefined; frame = waiting.pop()) {
    for (const log of frame.logs) logs.push(log)
    for (const call of frame.calls) waiting.push(call)
  }
  return logs.sort((a, b) => a.index - b.index)
}

/** What is known when the calls inside are too many to be kept. */
function fromOutcome(outcome: Awaited<ReturnType<Chain['engine']['call']>>): SimulatedDelivery {
  const known = { gasUsed: 0n, claimGasUsed: outcome.gasUsed, output: NOTHING }
  if (outcome.status === 'success') return { ...known, logs: outcome.logs }
  const failure =
    outcome.status === 'reverted'
      ? { error: 'execution reverted', output: outcome.output }
      : { error: outcome.error, output: NOTHING }
  return { ...known, logs: [], failure: { by: 'messenger', ...failure } }
}
