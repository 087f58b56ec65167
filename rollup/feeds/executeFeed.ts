import { decodeFunctionData } from 'viem'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { NodeError } from '../../stateless/errors.ts'
import { decodeStatelessInput } from '../../stateless/ssz.ts'
import { nativeRollupAbi } from '../contracts.ts'
import type { L1Call } from '../l1/l1Types.ts'
import type { L2Node } from '../l2Node.ts'
import { coalesce } from './coalesce.ts'
import type { Source } from './feeds.ts'

type Hex = `0x${string}`

/** One input of a settlement; its block is known where it decodes. */
export type ExecutedInput = { bytes: number; l2Block?: bigint; l2BlockHash?: Hex }

/** A transaction on L1 that gave inputs to EXECUTE through the rollup contract. `isRemoved`: L1 reorganised. */
export type ExecuteNews = {
  l1Block: bigint
  l1BlockHash: Hex
  l1TxHash: Hex
  from: Hex
  succeeded: boolean
  gasUsed: bigint
  inputs: readonly ExecutedInput[]
  isRemoved: boolean
}

type SeenBlock = { number: bigint; hash: Hex; executes: readonly ExecuteNews[] }

/** L1 blocks that are read back at once, and remembered for when L1 reorganises; of a longer run only the newest are told. */
const MAX_BLOCKS = 256

export function createExecutesSource({ watcher, l1 }: L2Node, onError: (error: unknown) => void): Source<ExecuteNews> {
  const { rollup } = watcher.deployment.l1

  async function readBlock(number: bigint): Promise<{ seen: SeenBlock; parentHash: Hex } | undefined> {
    const found = await l1.getCallsTo(rollup, number)
    if (found === undefined) return undefined
    const { hash, parentHash } = found.block
    const executes: ExecuteNews[] = []
    for (const call of found.calls) {
      const inputs = inputsOf(call)
      const receipt = inputs.length === 0 ? undefined : await l1.getReceipt(call.hash)
      if (receipt?.blockHash !== hash) continue
      const { succeeded, gasUsed } = receipt
      const facts = { l1Block: number, l1BlockHash: hash, l1TxHash: call.hash, from: call.from }
      executes.push({ ...facts, succeeded, gasUsed, inputs, isRemoved: false })
    }
    return { seen: { number, hash, executes }, parentHash }
  }

  return (tell) => {
    let known: SeenBlock[] = [{ ...watcher.head(), executes: [] }]
    let isEnded = false
    const isKnown = (number: bigint, hash: Hex): boolean =>
      known.some((block) => block.number === number && block.hash === hash)

    /** the blocks above the newest one that is known and still there, oldest first */
    async function readNew(): Promise<SeenBlock[] | undefined> {
      const fresh: SeenBlock[] = []
      let { number, hash } = watcher.head()
      while (!isKnown(number, hash) && number > 0n && fresh.length < MAX_BLOCKS && !isEnded) {
        const read = await readBlock(number)
        // L1 changes while it is read: the next look sees what came out of it
        if (read?.seen.hash !== hash) return undefined
        fresh.unshift(read.seen)
        hash = read.parentHash
        number -= 1n
      }
      return fresh
    }

    async function look(): Promise<void> {
      const fresh = await readNew()
      if (fresh === undefined || isEnded) return
      const last = fresh[0] === undefined ? watcher.head().number : fresh[0].number - 1n
      const removed = known.filter(({ number }) => number > last).reverse()
      for (const { executes } of removed) for (const news of executes) tell({ ...news, isRemoved: true })
      for (const { executes } of fresh) for (const news of executes) tell(news)
      known = [...known.filter(({ number }) => number <= last), ...fresh].slice(-MAX_BLOCKS)
    }

    const stop = watcher.onChange(coalesce(look, onError))
    return () => {
      isEnded = true
      stop()
    }
  }
}

/** What a call of the rollup contract gives to EXECUTE; nothing for any other call. */
function inputsOf({ input }: L1Call): ExecutedInput[] {
  try {
    const call = decodeFunctionData({ abi: nativeRollupAbi, data: input })
    if (call.functionName === 'advance' || call.functionName === 'advanceWithForced') return [facts(call.args[0])]
    return call.functionName === 'advanceBatch' ? call.args[0].map(facts) : []
  } catch {
    // anybody may send the contract what is no call of it
    return []
  }
}

function facts(calldata: Hex): ExecutedInput {
  const input = hexToBytes(calldata)
  try {
    const { blockNumber, blockHash } = decodeStatelessInput(input).newPayloadRequest.executionPayload
    return { bytes: input.length, l2Block: blockNumber, l2BlockHash: `0x${bytesToHex(blockHash)}` }
  } catch (error) {
    if (!(error instanceof NodeError)) throw error
    return { bytes: input.length }
  }
}
