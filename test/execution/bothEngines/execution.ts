import { expect } from 'vitest'
import type { ExecuteBlockRequest, TracerOptions } from '../../../execution/types.ts'
import { encodeHeader, hashHeader } from '../../../stateless/header.ts'
import { orderedTrieRoot } from '../../../stateless/orderedTrie.ts'
import { createStateView } from '../../../stateless/stateView.ts'
import type { Block, BlockHeader, ExecutionWitness } from '../../../stateless/types.ts'
import { ancestorHeaders, createAncestorRecorder, createRecorder } from '../../../stateless/witness.ts'
import type { Random } from '../programs.ts'
import { type Building, type Built, inOrder } from './building.ts'
import { codeOf, requireEqual, requireValue } from './engines.ts'

const prestate = { tracer: 'prestateTracer', disableCode: false, disableStorage: false, includeEmpty: true } as const

/** All in one run. */
const TRACERS: TracerOptions = {
  tracer: 'muxTracer',
  tracers: [
    { tracer: 'callTracer', onlyTopCall: false, withLog: true },
    { ...prestate, diffMode: false },
    { ...prestate, diffMode: true, includeEmpty: false },
    { tracer: '4byteTracer' },
    {
      tracer: 'structLogger',
      enableMemory: true,
      disableStack: false,
      disableStorage: false,
      enableReturnData: true,
      limit: 300,
    },
  ],
}

/** The blocks of a chain from the first on, for witnesses. */
export type Ancestors = readonly Block[]

/** Both engines execute a built block: to what was built, with one witness, which is the result, and with one trace. */
export async function executeTwice(building: Building, built: Built, ancestors: Ancestors): Promise<ExecutionWitness> {
  const { both, chain } = building
  const { blockAccessList } = built.outcome
  const result = await both.same('execution', async (engine) => {
    const recorder = createRecorder(chain.memory.source)
    const hashes = createAncestorRecorder(chain.memory.blockHash)
    const state = createStateView(recorder, chain.head.header.stateRoot)
    const request = { ...requestOf(building, built.outcome.block), state, blockHash: hashes.blockHash }
    const outcome = await engine.executeBlock({ ...request, ...(blockAccessList ? { blockAccessList } : {}) })
    const witness = recorder.witness(headersFor(chain.head, ancestors, hashes.oldestNumberRead()))
    return { outcome: inOrder(outcome), witness }
  })
  const { outcome, witness } = requireValue(result)
  requireEqual('what was executed and what was built', outcome, inOrder(built.outcome))
  await traceTwice(building, built)
  return witness
}

function requestOf({ chain }: Building, block: Block): ExecuteBlockRequest {
  return { parent: chain.head.header, block, state: chain.state(), blockHash: chain.memory.blockHash }
}

function headersFor(parent: Block, ancestors: Ancestors, oldest: bigint | undefined): Uint8Array[] {
  return ancestorHeaders({
    parent: { number: parent.header.number, rlp: encodeHeader(parent.header) },
    ...(oldest === undefined ? {} : { oldestNumberRead: oldest }),
    headerByNumber: (number) => {
      const block = ancestors[Number(number)]
      return block === undefined ? undefined : encodeHeader(block.header)
    },
  })
}

async function traceTwice(building: Building, { outcome }: Built): Promise<void> {
  const result = await building.both.same('tracing', (engine) =>
    engine.traceBlock({ ...requestOf(building, outcome.block), options: TRACERS, maxBytes: 200_000_000 }),
  )
  expect(requireValue(result)).toHaveLength(outcome.receipts.length)
}

const wrong = new Uint8Array(32).fill(9)

/** One wrong field each. */
const FORGERIES: readonly ((header: BlockHeader) => Partial<BlockHeader>)[] = [
  () => ({ stateRoot: wrong }),
  () => ({ receiptsRoot: wrong }),
  () => ({ transactionsRoot: wrong }),
  () => ({ logsBloom: new Uint8Array(256).fill(1) }),
  ({ gasUsed }) => ({ gasUsed: gasUsed + 1n }),
  ({ gasLimit }) => ({ gasUsed: gasLimit + 1n }),
  ({ gasLimit }) => ({ gasLimit: gasLimit * 2n }),
  ({ baseFeePerGas = 0n }) => ({ baseFeePerGas: baseFeePerGas + 1n }),
  () => ({ coinbase: new Uint8Array(20).fill(0xc1) }),
  ({ number }) => ({ number: number + 1n }),
  () => ({ timestamp: 0n }),
  () => ({ parentHash: wrong }),
  () => ({ extraData: new Uint8Array(33) }),
  () => ({ difficulty: 1n }),
  () => ({ nonce: new Uint8Array(8).fill(1) }),
  () => ({ ommersHash: wrong }),
  () => ({ withdrawalsRoot: wrong }),
  ({ blobGasUsed = 0n }) => ({ blobGasUsed: blobGasUsed + 131_072n }),
  ({ excessBlobGas = 0n }) => ({ excessBlobGas: excessBlobGas + 131_072n }),
  () => ({ requestsHash: wrong }),
  () => ({ blockAccessListHash: wrong }),
]

/** Those of fields that the block has: others could not even be written down. */
const forgeriesOf = (header: BlockHeader) =>
  FORGERIES.filter((change) => Object.keys(change(header)).every((key) => key in header))

/** Both engines refuse the block with one header field changed, by the same rule. */
export async function refuseHeader(building: Building, { outcome: { block } }: Built): Promise<void> {
  const change = building.tally.turn(`forgeries of ${building.fork.title} headers`, forgeriesOf(block.header))
  const header = { ...block.header, ...change(block.header) }
  await refuse(building, 'a forged header', { ...block, header, hash: hashHeader(header) })
}

/** Both engines refuse the block with a transaction in it that a builder has rejected. */
export async function refuseTransaction(building: Building, built: Built, random: Random): Promise<void> {
  const { block } = built.outcome
  if (built.rejected.length === 0) return
  const transactions = [...block.transactions, random.pick(built.rejected)]
  const header = { ...block.header, transactionsRoot: orderedTrieRoot(transactions) }
  await refuse(building, 'a rejected transaction', { ...block, transactions, header, hash: hashHeader(header) })
}

async function refuse(building: Building, what: string, block: Block): Promise<void> {
  const result = await building.both.same(what, async (engine) =>
    inOrder(await engine.executeBlock(requestOf(building, block))),
  )
  expect(result, what).toHaveProperty('error')
  building.tally.add(`${what}: ${codeOf(result)}`)
}
