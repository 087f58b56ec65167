import { amsterdamSpec, type ChainSpec, createChainSpec } from '../execution/chainSpec.ts'
import { type Crypto, createCrypto } from '../execution/crypto.ts'
import { createEngine } from '../execution/engine.ts'
import { genesisDifficulty } from '../execution/genesisBlock.ts'
import type { GenesisJson } from '../execution/genesisJson.ts'
import { defaultPaths } from '../execution/paths.ts'
import type { Engine, EnginePaths } from '../execution/types.ts'
import type { Logger } from '../node/types.ts'
import { createExecutionCache } from '../precompiles/cache.ts'
import { createExecute, type Execute } from '../precompiles/execute.ts'
import { createJudge } from '../precompiles/judge.ts'
import { createPauses } from '../rpc/slices.ts'
import { setKeccak256 } from '../stateless/keccak.ts'
import { ExecuteWorker } from './executeWorker.ts'

/** What every chain of a process shares: cryptography, and the one EXECUTE with its cache of results. */
export type Engines = {
  readonly paths: EnginePaths
  readonly crypto: Crypto
  readonly execute: Execute
  spec(genesis: GenesisJson): ChainSpec
  /** an L1 engine knows EXECUTE, which is active from the fork `nativeRollups` on */
  l1(genesis: GenesisJson): Engine
  /** an L2 engine never does */
  l2(genesis: GenesisJson): Engine
  /** for blocks of a rollup of which only the chain id is known: Amsterdam from the first block on, without EXECUTE */
  ofChain(chainId: bigint): Engine
  /** ends the threads, those that recover signatures and the one of EXECUTE; the engines work on */
  close(): Promise<void>
}

/** `paths` default to what `REENACT_ENGINE` says, else `fast`. `executeWorker`: EXECUTE runs in a thread of its own. */
export async function createEngines(
  logger: Logger,
  options: { paths?: EnginePaths | undefined; executeWorker?: boolean | undefined } = {},
): Promise<Engines> {
  const { paths = defaultPaths(), executeWorker = false } = options
  const crypto = await createCrypto({ logger: logger.child('crypto') }, { paths })
  logger.info('engine', { paths })
  setKeccak256(crypto.keccak256)
  const spec = (genesis: GenesisJson) =>
    createChainSpec(genesis.config, { crypto }, { difficulty: genesisDifficulty(genesis) })
  const engine = (genesis: GenesisJson, execute?: Execute) =>
    createEngine({
      spec: spec(genesis),
      crypto,
      paths,
      logger: logger.child('execution'),
      // An L1 reads its own blocks of impersonated senders also when development methods are off.
      ...(execute === undefined ? {} : { execute: execute.precompile, impersonation: true }),
    })
  const bare = { config: { chainId: 1 }, timestamp: '0x0', gasLimit: '0x1', alloc: {} }
  // The runner inside EXECUTE takes the chain id from its input; the spec it is made with does not matter.
  const { runBlock } = engine(bare)
  const judge = createJudge({ runBlock, pause: createPauses() })
  const executeLogger = logger.child('execute')
  const worker = executeWorker ? new ExecuteWorker({ paths }, { judge, logger: executeLogger }) : undefined
  const execute = createExecute({
    runBlock,
    judge: worker?.judge ?? judge,
    schedule: 'metered',
    cache: createExecutionCache({ maxEntries: 1_024 }),
    logger: executeLogger,
  })
  return {
    paths,
    crypto,
    execute,
    spec,
    l1: (genesis) => engine(genesis, execute),
    l2: (genesis) => engine(genesis),
    ofChain: (chainId) =>
      createEngine({ spec: amsterdamSpec(chainId, crypto), crypto, paths, logger: logger.child('execution') }),
    async close() {
      await Promise.all([crypto.close(), worker?.close()])
    },
  }
}
