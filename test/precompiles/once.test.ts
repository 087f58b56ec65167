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

/** An engine with EXECUTE whose verifications are counted. */
function countedL1(genesis: ReturnType<typeof bareL1Genesis>): { engine: Engine; runs: () => number } {
  let runs = 0
  const { runBlock } = createEngine({ spec: amsterdamSpec(1n, crypto), crypto, logger: silentLogger })
  const { precompile } = createExecute({
    runBlock(request) {
      runs += 1
      return runBlock(request)
    },
    schedule: 'metered',
    cache: createExecutionCache({ maxEntries: 8 }),
  })
  const spec = createChainSpec(genesis.config, { crypto })
  return { engine: createEngine({ spec, crypto, logger: silentLogger, execute: precompile }), runs: () => runs }
}

test('estimating, building, importing and running a settlement again verify it once', async () => {
  const l2 = await createTestL2()
  const built = await l2.build([await l2.sign(0, { to: `0x${'fe'.repeat(20)}`, value: 1n })])
  const input = encodeStatelessInput(built.input)
  const genesis = bareL1Genesis(TIMESTAMP)
  const { engine, runs } = countedL1(genesis)
  const open = async () =>
    openChain({ genesis: genesisBlock(genesis, engine) }, { store: await openStore(), engine, logger: silentLogger })
  const [chain, follower] = [await open(), await open()]
  const parent = chain.head()
  const state = () => chain.stateAt(parent.header.stateRoot)
  const blockHash = chain.ancestorHashes(parent)
  const account = devAccount(0)

  const call = { from: hexToBytes(account.address.slice(2)), to: hexToBytes(EXECUTE_ADDRESS.slice(2)), data: input }
  const estimate = await engine.estimateGas(call, { header: parent.header, state: state(), blockHash })
  expect(estimate).toMatchObject({ status: 'success' })
  expect(runs()).toBe(1)

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
    blockHash,
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
  const outcome = await assembly.addTransaction(engine.decodeTransaction(hexToBytes(signed.slice(2)), env))
  expect(outcome?.receipt.status).toBe(1)
  const sealed = await assembly.seal()
  await chain.append(sealed)
  await follower.importBlock(sealed.block)
  await recordExecution(follower, { block: sealed.block })
  expect(follower.head().hash).toEqual(sealed.block.hash)
  expect(runs()).toBe(1)

  const { witness } = built.input
  const longer = { ...built.input, witness: { ...witness, state: [...witness.state, new Uint8Array(32)] } }
  const other = { ...call, data: encodeStatelessInput(longer) }
  await engine.estimateGas(other, { header: parent.header, state: state(), blockHash })
  expect(runs()).toBe(2)
})
