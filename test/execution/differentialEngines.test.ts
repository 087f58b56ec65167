import { describe, expect, test } from 'vitest'
import { createChainSpec } from '../../execution/chainSpec.ts'
import { createCrypto } from '../../execution/crypto.ts'
import { createEngine } from '../../execution/engine.ts'
import type { BlockOutcome, Engine, EnginePaths, TracerOptions } from '../../execution/types.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { encodeHeader } from '../../stateless/header.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { createStateView } from '../../stateless/stateView.ts'
import type { Block } from '../../stateless/types.ts'
import { createRecorder } from '../../stateless/witness.ts'
import { CHAIN_ID, type DevChain } from './devChain.ts'
import { buildRandomBlock, createRandomChain, WIDE_WORLD } from './randomBlocks.ts'
import { silentLogger } from './support.ts'

const FULL = process.env.REENACT_FULL === '1'
const BLOCKS = 4
/** chains of each fork and direction; with the large count 2,000 blocks in all */
const SEEDS = FULL ? 125 : 2
const PATHS: readonly EnginePaths[] = ['fast', 'reference']

const TRACERS: readonly TracerOptions[] = [
  { tracer: 'callTracer', onlyTopCall: false, withLog: true },
  { tracer: 'prestateTracer', diffMode: false, disableCode: false, disableStorage: false, includeEmpty: false },
  { tracer: 'prestateTracer', diffMode: true, disableCode: false, disableStorage: false, includeEmpty: false },
  {
    tracer: 'structLogger',
    enableMemory: true,
    disableStack: false,
    disableStorage: false,
    enableReturnData: true,
    limit: 300,
  },
]

type Engines = Readonly<Record<EnginePaths, Engine>>

async function enginesOf(chain: DevChain): Promise<Engines> {
  const engine = async (paths: EnginePaths) => {
    const crypto = await createCrypto({ logger: silentLogger }, { paths })
    const spec = createChainSpec(chain.genesis.config, { crypto })
    return createEngine({ spec, crypto, logger: silentLogger, paths })
  }
  return { fast: await engine('fast'), reference: await engine('reference') }
}

/** Runs the block and writes down what was read. */
async function execute(engine: Engine, chain: DevChain, parent: Block, built: BlockOutcome) {
  const recorder = createRecorder(chain.memory.source)
  const outcome = await engine.executeBlock({
    parent: parent.header,
    block: built.block,
    state: createStateView(recorder, parent.header.stateRoot),
    blockHash: chain.memory.blockHash,
    ...(built.blockAccessList === undefined ? {} : { blockAccessList: built.blockAccessList }),
  })
  return { outcome, witness: recorder.witness([encodeHeader(parent.header)]) }
}

async function traces(engine: Engine, chain: DevChain, parent: Block, block: Block) {
  const results = []
  for (const options of TRACERS) {
    const request = { parent: parent.header, block, state: chain.memory.view(parent.header.stateRoot) }
    results.push(
      await engine.traceBlock({ ...request, blockHash: chain.memory.blockHash, options, maxBytes: 200_000_000 }),
    )
  }
  return results
}

/** The block over nothing but its witness, as EXECUTE runs it; Amsterdam only. */
async function runStateless(engine: Engine, chain: DevChain, parent: Block, built: BlockOutcome) {
  const { witness } = await execute(engine, chain, parent, built)
  const nodes = new Map(witness.state.map((node) => [bytesToHex(keccak256(node)), node]))
  const codes = new Map(witness.codes.map((code) => [bytesToHex(keccak256(code)), code]))
  const source = { getNode: (hash: string) => nodes.get(hash), getCode: (hash: string) => codes.get(hash) }
  return engine.runBlock({
    chainId: BigInt(CHAIN_ID),
    parent: parent.header,
    block: built.block,
    state: createStateView(source, parent.header.stateRoot),
    blockAccessList: built.blockAccessList ?? new Uint8Array(0),
    blockHash: (number) => chain.memory.blockHash(number) ?? new Uint8Array(32),
  })
}

const FORKS = [
  ['amsterdam', {}, 18_000_000],
  ['osaka', { amsterdamTime: undefined }, 16_000_000],
] as const

describe.each(FORKS)('random %s blocks: both engines do the same', (fork, config, mostGas) => {
  describe.each(PATHS)('built by the %s one', (builder) => {
    test.each(Array.from({ length: SEEDS }, (_, i) => 7000 + i))('seed %i', async (seed) => {
      const chain = await createRandomChain(seed, WIDE_WORLD, config)
      const engines = await enginesOf(chain)
      const building = { ...chain, engine: engines[builder] }
      let included = 0
      for (let number = 0; number < BLOCKS; number++) {
        const parent = chain.head
        building.head = parent
        const { outcome: built } = await buildRandomBlock(building, seed * 100 + number, 12, { mostGas })
        const fast = await execute(engines.fast, chain, parent, built)
        const reference = await execute(engines.reference, chain, parent, built)
        const { nodes: _fast, ...fastOutcome } = fast.outcome
        const { nodes: _reference, ...referenceOutcome } = reference.outcome
        expect(referenceOutcome).toEqual(fastOutcome)
        expect(referenceOutcome.receipts).toEqual(built.receipts)
        expect(reference.witness).toEqual(fast.witness)
        expect(await traces(engines.reference, chain, parent, built.block)).toEqual(
          await traces(engines.fast, chain, parent, built.block),
        )
        included += built.receipts.length
        // The nodes of the reference are those that the next block stands on, and the other way round.
        chain.append(builder === 'fast' ? reference.outcome : fast.outcome)
        if (fork !== 'amsterdam') continue
        const stateless = await runStateless(engines.reference, chain, parent, built)
        expect(stateless).toEqual(await runStateless(engines.fast, chain, parent, built))
        expect(stateless.stateRoot).toEqual(built.block.header.stateRoot)
      }
      expect(included).toBeGreaterThan(BLOCKS)
    })
  })
})
