import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signedBlobs } from '../../bench/support/blobTransaction.ts'
import { precompileCases } from '../../bench/support/precompileInputs.ts'
import { createEngines, type Engines } from '../../bin/engines.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import { defaultPaths } from '../../execution/paths.ts'
import { openChain } from '../../node/chain.ts'
import { systemClock, systemTimers } from '../../node/clock.ts'
import { createL1Node, type L1Node } from '../../node/l1Node.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import { EXECUTE_ADDRESS } from '../../precompiles/address.ts'
import { chainMethods } from '../../rpc/chainMethods.ts'
import { assemble, deployCode } from '../../scripts/fixtures/assembler.ts'
import { createFixtureChain, type FixtureChain, fixtureGenesis, signerAt } from '../../scripts/fixtures/fixtureChain.ts'
import { mixedTransactions, program } from '../../scripts/fixtures/mixedBlock.ts'
import { addressOf } from '../../scripts/fixtures/signing.ts'
import { bytesToHex, concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { accounts } from '../node/support/devChain.ts'
import { result, startServer, type TestServer } from '../rpc/support.ts'
import { calledFunctions } from './calledFunctions.ts'

/** Hashes and curves of the plain JavaScript libraries, in whatever copy; their helpers for hex and bytes may be used. */
const SLOW = /@noble\/(?:hashes|curves)\/(?!utils\.js|_u64\.js|esm\/utils\.js).*\.js$/
const COUNT = 40
const DEPOSIT_CONTRACT = `0x${'de'.repeat(20)}`

/** Logs its calldata as the deposit contract does. */
const DEPOSIT_CODE = assemble(`
  CALLDATASIZE 0 0 CALLDATACOPY
  0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5 CALLDATASIZE 0 LOG1 STOP`)

function depositData(): Uint8Array {
  const data = new Uint8Array(576)
  const view = new DataView(data.buffer)
  const fields = [
    [160, 48],
    [256, 32],
    [320, 8],
    [384, 96],
    [512, 8],
  ] as const
  for (const [index, [offset, size]] of fields.entries()) {
    view.setUint32(32 * index + 28, offset)
    view.setUint32(offset + 28, size)
  }
  return data
}

function l1Genesis(): GenesisJson {
  const [account] = accounts
  if (account === undefined) throw new Error('no account')
  const genesis = fixtureGenesis({
    [account.address]: { balance: '0x3635c9adc5dea00000' },
    [DEPOSIT_CONTRACT]: { balance: '0x0', code: `0x${bytesToHex(DEPOSIT_CODE)}` },
  })
  return {
    ...genesis,
    config: { ...genesis.config, depositContractAddress: DEPOSIT_CONTRACT, nativeRollupsTime: 0 },
  }
}

const hex = (bytes: Uint8Array): `0x${string}` => `0x${bytesToHex(bytes)}`

let engines: Engines
let node: L1Node
let follower: Awaited<ReturnType<typeof openChain>>
let server: TestServer
let signing: FixtureChain
let rollup: FixtureChain

// With the other engine all of this is meant to be plain JavaScript.
describe.skipIf(defaultPaths() === 'reference')('once a chain has started', () => {
  beforeAll(async () => {
    engines = await createEngines(silentLogger, { paths: 'fast' })
    const json = l1Genesis()
    const engine = engines.l1(json)
    const genesis = genesisBlock(json, engine)
    const options = { genesis, sealMode: { kind: 'manual' }, coinbase: addressOf('c0') } as const
    const deps = { engine, clock: systemClock, timers: systemTimers, logger: silentLogger }
    node = await createL1Node(options, { ...deps, store: await openStore() })
    follower = await openChain({ genesis }, { store: await openStore(), engine, logger: silentLogger })
    const { chain, pool, pending } = node
    const rpc = { chain, pool, pending, clock: systemClock, clientVersion: 'reenact/test', sealsInstantly: () => false }
    server = await startServer({ methods: chainMethods(rpc) })
    node.start()
    signing = await createFixtureChain(json)
    rollup = await createFixtureChain()
  })

  afterAll(async () => {
    await server.close()
    await node.close()
    await follower.close()
    await engines.close()
  })

  /** What noble does while `work` runs, which must be nothing. */
  async function expectNone(work: () => Promise<void>): Promise<void> {
    expect(await calledFunctions(SLOW, work)).toEqual([])
  }

  test('the counter sees a hash that somebody else imports', async () => {
    const called = await calledFunctions(SLOW, async () => {
      const { generateAddress } = await import('@ethereumjs/util')
      generateAddress(new Uint8Array(20), new Uint8Array(0))
    })
    expect(called.some((name) => name.includes('sha3.js'))).toBe(true)
  })

  test('pool, sealing, import and what is asked about a mixed block', async () => {
    const signer = signerAt(0)
    const [account] = accounts
    if (account === undefined) throw new Error('no account')
    const deposit = { to: hexToBytes(DEPOSIT_CONTRACT), data: depositData(), gasLimit: 1_000_000n }
    const raws = [
      ...mixedTransactions(signing, COUNT, 5).map(hex),
      hex(signing.sign(signer, deposit)),
      await signedBlobs({ account } as Parameters<typeof signedBlobs>[0], Number(node.chain.chainId), 0, 1),
    ]
    await expectNone(async () => {
      for (const raw of raws) await result(server, 'eth_sendRawTransaction', [raw])
      const block = await node.sealer.sealNow()
      if (block === undefined) throw new Error('nothing was sealed')
      expect(block.transactions).toHaveLength(raws.length)
      expect(block.header.requestsHash).not.toEqual(node.genesis.block.header.requestsHash)
      const stored = node.chain.getBlockByHash(block.hash)
      await follower.importBlock(block, stored?.blockAccessList)
      await askAbout(`0x${block.header.number.toString(16)}`, hex(block.hash))
    })
  })

  async function askAbout(number: string, hash: string): Promise<void> {
    await result(server, 'eth_getBlockByNumber', [number, true])
    await result(server, 'eth_getBlockReceipts', [number])
    await result(server, 'eth_getLogs', [{ fromBlock: '0x0', toBlock: 'latest', topics: [hex(new Uint8Array(32))] }])
    await result(server, 'eth_getProof', [hex(program('store')), ['0x1', '0x9'], number])
    await result(server, 'debug_executionWitness', [number])
    await result(server, 'debug_getRawBlock', [number])
    await result(server, 'debug_getRawReceipts', [number])
    for (const tracer of ['callTracer', 'prestateTracer', '4byteTracer']) {
      await result(server, 'debug_traceBlockByHash', [hash, { tracer }])
    }
    await result(server, 'debug_traceBlockByHash', [
      hash,
      { tracer: 'prestateTracer', tracerConfig: { diffMode: true } },
    ])
    await result(server, 'debug_traceBlockByHash', [hash, {}])
  }

  test('calls, estimates, access lists, simulations, each precompile', async () => {
    const from = hex(signerAt(1).address)
    const create = { from, data: hex(deployCode(assemble('STOP'))) }
    const salted = {
      from,
      to: hex(program('factory')),
      data: hex(concatBytes([new Uint8Array(32), deployCode(assemble('STOP'))])),
    }
    const log = { from, to: hex(program('log')), data: hex(new Uint8Array(32)) }
    const runnable = precompileCases().filter(({ address, gas }) => address < 0xeeee && gas !== 0)
    const precompiles = new Map(runnable.map((one) => [one.address, one] as const).reverse())
    expect(precompiles.size).toBe(18)
    await expectNone(async () => {
      for (const call of [create, salted, log]) {
        await result(server, 'eth_call', [call, 'latest'])
        await result(server, 'eth_estimateGas', [call])
        await result(server, 'eth_createAccessList', [call])
        await result(server, 'debug_traceCall', [call, 'latest', { tracer: 'prestateTracer' }])
      }
      await result(server, 'eth_simulateV1', [{ blockStateCalls: [{ calls: [create, salted, log] }] }, 'latest'])
      for (const { address, input } of precompiles.values()) {
        const call = { from, to: hex(addressOf(address.toString(16))), data: hex(input), gas: '0xf42400' }
        await result(server, 'eth_call', [call, 'latest']).catch(failsAsItMay)
      }
    })
  })

  /** Some inputs are only there to be refused. */
  function failsAsItMay(error: Error): void {
    if (!/execution reverted|out of gas|precompile|invalid/i.test(error.message)) throw error
  }

  test('a rollup block with withdrawals, its input, and EXECUTE of it in a block', async () => {
    const raws = mixedTransactions(rollup, COUNT, 9)
    const withdrawal = { index: 0n, validatorIndex: 0n, address: new Uint8Array(20).fill(9), amount: 1n }
    let input = new Uint8Array()
    await expectNone(async () => {
      await rollup.seal([], { withdrawals: [withdrawal] })
      input = Uint8Array.from((await rollup.seal(raws)).input)
    })
    const signer = signerAt(2)
    const settle = signing.sign(signer, { to: hexToBytes(EXECUTE_ADDRESS), data: input, gasLimit: 16_000_000n })
    await expectNone(async () => {
      await result(server, 'eth_sendRawTransaction', [hex(settle)])
      const block = await node.sealer.sealNow()
      const [receipt] = block === undefined ? [] : (node.chain.getBlockByHash(block.hash)?.receipts ?? [])
      expect(block?.transactions).toHaveLength(1)
      expect(receipt?.status).toBe(1)
    })
  })
})
