import { decodeFunctionData, encodeFunctionData, toFunctionSelector } from 'viem'
import { hexToBytes } from '../../stateless/bytes.ts'
import { nativeRollupAbi } from '../contracts.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import type { L1Place, L1SentTransaction } from '../l1/l1Types.ts'
import {
  type ExecuteFrame,
  eachCall,
  executeFrames,
  readCallTrace,
  type TracedCall,
} from '../settling/executeFrames.ts'
import type { AdvanceCall, AdvanceFacts, ExecuteAnswer, RollupRules } from './advanceTypes.ts'
import { type ReadSlots, RULE_GETTERS, readRollupStorage } from './rollupStorage.ts'

type Hex = `0x${string}`

/** A call of a rollup contract, whether it happened or not. */
export type AdvanceAttempt = {
  rollup: Hex
  call: AdvanceCall
  sender: Hex
  origin: Hex
  /** where it ran, and the type of its transaction; absent: it would run on the present head */
  ran?: { at: NonNullable<L1SentTransaction['at']>; type: bigint }
  /** its calls of EXECUTE; absent: it has not run */
  executes?: readonly ExecuteFrame[]
  /** in what it ended, when it ran and failed */
  failure?: string
}

const SELECTORS: ReadonlySet<string> = new Set(
  nativeRollupAbi.flatMap((item) =>
    item.type === 'function' && item.name.startsWith('advance') ? [toFunctionSelector(item)] : [],
  ),
)

/** Forced transactions that one call may name here; each costs two words of storage. */
const MAX_NAMED = 512

/** The call in a transaction, also when a contract makes it. Throws RollupError UNKNOWN_L1_TRANSACTION, NOT_A_SETTLEMENT. */
export async function findAttempt(l1: L1Client, l1TxHash: Hex): Promise<AdvanceAttempt> {
  const transaction = await l1.getTransaction(l1TxHash)
  if (transaction === undefined) {
    throw new RollupError('UNKNOWN_L1_TRANSACTION', `L1 has no transaction ${l1TxHash}`, { l1TxHash })
  }
  const { from: origin, to, input, at, type } = transaction
  if (at === undefined) {
    const call = decodeAdvance(input)
    if (call === undefined || to === undefined) throw notASettlement(l1TxHash)
    return { rollup: to, call, sender: origin, origin }
  }
  const root = readCallTrace(await l1.traceTransaction(l1TxHash, { tracer: 'callTracer' }))
  const found = advanceFrame(root)
  if (found === undefined) throw notASettlement(l1TxHash)
  const { frame, rollup, call } = found
  const failure = frame.error === undefined ? {} : { failure: frame.error }
  return { rollup, call, sender: frame.from, origin, ran: { at, type }, executes: executeFrames(frame), ...failure }
}

type AdvanceFrame = { frame: TracedCall; rollup: Hex; call: AdvanceCall }

/** The first call of a rollup contract in a transaction: the innermost one, since a contract may hand on what it was given. */
function advanceFrame(root: TracedCall): AdvanceFrame | undefined {
  let innermost: AdvanceFrame | undefined
  for (let within: readonly TracedCall[] = [root]; within.length > 0; ) {
    const found = firstAdvance(within)
    if (found === undefined) break
    innermost = found
    within = found.frame.calls
  }
  return innermost
}

function firstAdvance(roots: readonly TracedCall[]): AdvanceFrame | undefined {
  for (const root of roots) {
    for (const frame of eachCall(root)) {
      const call = decodeAdvance(frame.input)
      if (call !== undefined && frame.to !== undefined) return { frame, rollup: frame.to, call }
    }
  }
  return undefined
}

/** Undefined for any other call, and for one that the contract could not decode either. Throws RollupError. */
export function decodeAdvance(calldata: Hex): AdvanceCall | undefined {
  // a trace may have a hundred thousand calls of something else
  if (!SELECTORS.has(calldata.slice(0, 10))) return undefined
  const call = decoded(calldata)
  if (call === undefined) return undefined
  if ([...call.anchorBlocks, ...call.ids].some((value) => value >= 2n ** 64n)) return undefined
  if (call.ids.length > MAX_NAMED) {
    throw new RollupError('NOT_A_SETTLEMENT', `more than ${MAX_NAMED} forced transactions are named`)
  }
  return call
}

function decoded(calldata: Hex): AdvanceCall | undefined {
  try {
    const { functionName: name, args } = decodeFunctionData({ abi: nativeRollupAbi, data: calldata })
    switch (name) {
      case 'advance':
        return { name, inputs: [hexToBytes(args[0])], anchorBlocks: [args[1]], ids: [] }
      case 'advanceWithForced':
        return { name, inputs: [hexToBytes(args[0])], anchorBlocks: [args[1]], ids: args[2] }
      case 'advanceBatch':
        return { name, inputs: args[0].map(hexToBytes), anchorBlocks: args[1], ids: [] }
    }
  } catch {
    // viem's errors for calldata that is something else have no common form
  }
  return undefined
}

/** Asks L1 for all that the contract looks at, as it was before the call. `answer` runs EXECUTE where L1 did not say. */
export async function readFacts(
  l1: L1Client,
  attempt: AdvanceAttempt,
  answer: (input: Uint8Array, gas: bigint | undefined) => Promise<ExecuteAnswer>,
): Promise<AdvanceFacts> {
  const { call, rollup, sender, origin, ran, executes } = attempt
  const place: L1Place = ran === undefined ? { block: 'latest' } : { block: ran.at.hash, txIndex: ran.at.index }
  const context = await readContext(l1, rollup, sender, ran === undefined ? { block: 'pending' } : place)
  const read: ReadSlots = async (slots) => wordsOf(await l1.runCode(rollup, slotReader(slots), place))
  // An authorization of the transaction itself is in force before the call: it shows behind the block.
  const isSetCode = ran?.type === 4n
  const code = isSetCode ? await readContext(l1, rollup, sender, { block: ran.at.hash }) : context
  return {
    call,
    rules: await readRules(l1, rollup),
    storage: await readRollupStorage(read, call.ids),
    caller: { sender, origin, codeLength: code.codeLength },
    l1: context,
    anchorHash: async (l1Block) => (await l1.getBlock(l1Block))?.hash,
    async execute(index) {
      const input = call.inputs[index] ?? new Uint8Array()
      const frame = executes?.[index]
      return frame?.output === undefined ? answer(input, frame?.gas) : { output: frame.output }
    },
  }
}

async function readRules(l1: L1Client, rollup: Hex): Promise<RollupRules> {
  const read = async (functionName: (typeof RULE_GETTERS)[keyof RollupRules]) => {
    const [word] = wordsOf(await l1.call(rollup, encodeFunctionData({ abi: nativeRollupAbi, functionName })))
    if (word === undefined)
      throw new RollupError('BAD_L1_DATA', `the rollup's ${functionName} does not decode`, { rollup })
    return word
  }
  return {
    chainId: await read(RULE_GETTERS.chainId),
    gasLimit: await read(RULE_GETTERS.gasLimit),
    feeRecipient: toAddress(await read(RULE_GETTERS.feeRecipient)),
    maxAnchorAge: await read(RULE_GETTERS.maxAnchorAge),
    maxTimestampLag: await read(RULE_GETTERS.maxTimestampLag),
    sequencerTimeout: await read(RULE_GETTERS.sequencerTimeout),
    forcedDeadline: await read(RULE_GETTERS.forcedDeadline),
    forcedExpiry: await read(RULE_GETTERS.forcedExpiry),
  }
}

/** Number and time of the L1 block, and the size of the caller's code. */
async function readContext(l1: L1Client, rollup: Hex, sender: Hex, place: L1Place) {
  const NUMBER = '43'
  const TIMESTAMP = '42'
  const extCodeSize = `73${sender.slice(2)}3b`
  const output = await l1.runCode(rollup, wordProgram([NUMBER, TIMESTAMP, extCodeSize]), place)
  const [number = 0n, timestamp = 0n, codeLength = 0n] = wordsOf(output)
  return { number, timestamp, codeLength }
}

const slotReader = (slots: readonly bigint[]): Hex =>
  wordProgram(slots.map((slot) => `7f${slot.toString(16).padStart(64, '0')}54`))

/** Code that answers one word for each piece of code that leaves one on the stack. */
function wordProgram(pieces: readonly string[]): Hex {
  const at = (index: number) => (32 * index).toString(16).padStart(4, '0')
  const stores = pieces.map((piece, index) => `${piece}61${at(index)}52`)
  return `0x${stores.join('')}61${at(pieces.length)}5ff3`
}

function wordsOf(output: Hex): bigint[] {
  return (output.slice(2).match(/.{64}/g) ?? []).map((word) => BigInt(`0x${word}`))
}

const toAddress = (word: bigint): Hex => `0x${word.toString(16).padStart(40, '0')}`

function notASettlement(l1TxHash: Hex): RollupError {
  const message = 'the transaction calls neither advance nor advanceWithForced nor advanceBatch of a rollup'
  return new RollupError('NOT_A_SETTLEMENT', message, { l1TxHash })
}
