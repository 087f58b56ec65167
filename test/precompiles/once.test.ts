import { expect, test } from 'vitest'
import { amsterdamSpec, createChainSpec } from '../../execution/chainSpec.ts'
import { createEngine } from '../../execution/engine.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import type { Engine } from '../../execution/types.ts'
import { devAccount } from '../../genesis/accounts.ts'
import { bareL1Genesis } from '../../genesis/l1Genesis.ts'
import { openChain } from '../../node/chain.ts'
import { recordExecution } from '../../node/executionWitness.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import { EXECUTE_ADDRESS } from '../../precompiles/address.ts'
import { createExecutionCache } from '../../precompiles/cache.ts'
import { createExecute } from '../../precompiles/execute.ts'
import { executeGas } from '../../precompiles/gas.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { encodeStatelessInput } from '../../stateless/ssz.ts'
import { createTestL2, crypto } from '../stateless/l2.ts'

const TIMESTAMP = 1_750_000_000

/** An engine with EXECUTE whose verifications are counted; each begins with `before`. */
function countedL1(
  genesis: ReturnType<typeof bareL1Genesis>,
  before: () => void = () => {},
): { engine: Engine; runs: () => number } {
  let runs = 0
  const { runBlock } = createEngine({ spec: amsterdamSpec(1n, crypto), crypto, logger: silentLogger })
  const { precompile } = createExecute({
    async runBlock(request) {
      runs += 1
      // Whoever begins with it at the same time has asked by then.
      await new Promise((resolve) => setImmediate(resolve))
      before()
      return runBlock(request)
    },
    schedule: 'metered',
    cache: createExecutionCache({ maxEntries: 8 }),
  })
  const spec = createChainSpec(genesis.config, { crypto })
  return { engine: createEngine({ spec, crypto, logger: silentLogger, execute: precompile }), runs: () => runs }
}

/** A chain that settles nothing yet, and a call and a transaction with the same input for EXECUTE. */
async function settlement(before?: () => void) {
  const l2 = await createTestL2()
  const built = await l2.build([await l2.sign(0, { to: `0x${'fe'.repeat(20)}`, value: 1n })])
  const input = encodeStatelessInput(built.input)
  const genesis = bareL1Genesis(TIMESTAMP)
  const { engine, runs } = countedL1(genesis, before)
  const open = async () =>
    openChain({ genesis: genesisBlock(genesis, engine) }, { store: await openStore(), engine, logger: silentLogger })
  const [chain, follower] = [await open(), await open()]
  const parent = chain.head()
  const state = () => chain.stateAt(parent.header.stateRoot)
  const context = () => ({ header: parent.header, state: state(), blockHash: chain.ancestorHashes(parent) })
  const account = devAccount(0)
  const call = { from: hexToBytes(account.address.slice(2)), to: hexToBytes(EXECUTE_ADDRESS.slice(2)), data: input }
  const env = {
    number: 1n,
    timestamp: BigInt(TIMESTAMP + 12),
    coinbase: new Uint8Array(20),
    gasLimit: parent.header.gasLimit,
    prevRandao: new Uint8Array(32),
    parentBeaconBlockRoot: new Uint8Array(32),
    slotNumber: 1n,
  }
  const assembly = await engine.beginBlock({
    parent: parent.header,
    parentHash: parent.hash,
    env,
    state: state(),
    blockHash: chain.ancestorHashes(parent),
  })
  const gas = executeGas(input.length, built.regularGas) + 10_000_000n
  const signed = await account.signTransaction({
    type: 'eip1559',
    chainId: Number(engine.chainId),
    nonce: 0,
    to: EXECUTE_ADDRESS,
    data: `0x${bytesToHex(input)}`,
    gas,
    maxFeePerGas: 10n ** 11n,
  })
  const transaction = engine.decodeTransaction(hexToBytes(signed.slice(2)), env)
  return { engine, runs, built, chain, follower, context, call, assembly, transaction }
}

test('estimating, building, importing and running a settlement again verify it once', async () => {
  const { engine, runs, built, chain, follower, context, call, assembly, transaction } = await settlement()
  expect(await engine.estimateGas(call, context())).toMatchObject({ status: 'success' })
  expect(runs()).toBe(1)

  const outcome = await assembly.addTransaction(transaction)
  expect(outcome?.receipt.status).toBe(1)
  const sealed = await assembly.seal()
  await chain.append(sealed)
  await follower.importBlock(sealed.block)
  await recordExecution(follower, { block: sealed.block })
  expect(follower.head().hash).toEqual(sealed.block.hash)
  expect(runs()).toBe(1)

  const { witness } = built.input
  const longer = { ...built.input, witness: { ...witness, state: [...witness.state, new Uint8Array(32)] } }
  await engine.estimateGas({ ...call, data: encodeStatelessInput(longer) }, context())
  expect(runs()).toBe(2)
})

test('an estimate and a build at once verify it once', async () => {
  const { engine, runs, context, call, assembly, transaction } = await settlement()
  const [estimate, outcome] = await Promise.all([
    engine.estimateGas(call, context()),
    assembly.addTransaction(transaction),
  ])
  expect(estimate).toMatchObject({ status: 'success' })
  expect(outcome?.receipt.status).toBe(1)
  expect(runs()).toBe(1)
})

test('an estimate that is called off meanwhile takes nothing from the build that waits for it', async () => {
  const controller = new AbortController()
  const { engine, runs, context, call, assembly, transaction } = await settlement(() =>
    controller.abort(new Error('nobody listens')),
  )
  const [estimate, outcome] = await Promise.allSettled([
    engine.estimateGas(call, { ...context(), signal: controller.signal }),
    assembly.addTransaction(transaction),
  ])
  expect(estimate).toMatchObject({ status: 'rejected', reason: { message: 'nobody listens' } })
  expect(outcome).toMatchObject({ status: 'fulfilled', value: { receipt: { status: 1 } } })
  expect(runs()).toBe(1)
})
