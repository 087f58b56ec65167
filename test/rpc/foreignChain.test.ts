import { existsSync, readFileSync } from 'node:fs'
import type { Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import { importChain } from '../../node/importChain.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { decodeHeader, hashHeader } from '../../stateless/header.ts'
import { createWitnessView } from '../../stateless/witness.ts'
import { type DevNode, startDevNode } from './devNode.ts'
import { schemaFaults } from './schemas.ts'
import { call, result } from './support.ts'

type Json = Record<string, unknown>
type WitnessJson = { state: Hex[]; codes: Hex[]; headers: Hex[] }

/** The chain of the execution-apis tests: 54 blocks through every fork from Frontier to BPO2, with uncles and blobs. */
const FOLDER = new URL('../../../shared/conformance/execution-apis/', import.meta.url)

describe.skipIf(!existsSync(FOLDER))('a chain from Frontier to BPO2', () => {
  let node: DevNode
  beforeAll(async () => {
    const genesis: GenesisJson = JSON.parse(readFileSync(new URL('genesis.json', FOLDER), 'utf8'))
    node = await startDevNode({ sealMode: { kind: 'manual' }, genesis })
  })
  afterAll(() => node.close())

  const rpc = <Result = Json>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)
  const failure = async (method: string, ...params: unknown[]) => (await call(node.server, method, params)).error

  test('under proof of work rules nothing is executed for pending, and nothing can be built', async () => {
    const pending = await rpc('eth_getBlockByNumber', 'pending', true)
    expect(pending).toMatchObject({ hash: null, number: '0x1', transactions: [] })
    expect(await rpc('eth_getBlockReceipts', 'pending')).toEqual([])
    expect(await rpc('eth_getBalance', `0x${'11'.repeat(20)}`, 'pending')).toBe('0x0')
    for (const name of ['Header', 'Block', 'Receipts', 'BlockAccessList']) {
      expect(await failure(`debug_getRaw${name}`, 'pending'), name).toMatchObject({
        code: -32001,
        message: 'no pending block under proof of work rules',
      })
    }
    expect((await rpc('eth_config')).current).toBeNull()
    const { hash, timestamp } = await rpc<{ hash: Hex; timestamp: Hex }>('eth_getBlockByNumber', 'latest', false)
    const zero = `0x${'0'.repeat(64)}`
    const attributes = {
      timestamp: `0x${(BigInt(timestamp) + 1n).toString(16)}`,
      prevRandao: zero,
      suggestedFeeRecipient: `0x${'0'.repeat(40)}`,
    }
    expect(await failure('testing_buildBlockV1', hash, attributes, [])).toMatchObject({ code: -32602 })
  })

  test('imports, and its uncles are found', async () => {
    await importChain(node.chain, readFileSync(new URL('chain.rlp', FOLDER)))
    const numbers = Array.from({ length: 35 }, (_, index) => BigInt(index + 1))
    const nephew = numbers.find((number) => (node.chain.getBlockByNumber(number)?.block.ommers.length ?? 0) > 0) ?? 0n
    const block = node.chain.getBlockByNumber(nephew)?.block
    const [ommer] = block?.ommers ?? []
    if (!block || !ommer) throw new Error('no uncle in the chain')
    const uncle = await rpc('eth_getUncleByBlockNumberAndIndex', `0x${nephew.toString(16)}`, '0x0')
    expect(uncle).toMatchObject({ hash: `0x${bytesToHex(hashHeader(ommer))}`, uncles: [] })
    expect(uncle).not.toHaveProperty('transactions')
    expect(await rpc('eth_getUncleByBlockHashAndIndex', `0x${bytesToHex(block.hash)}`, '0x0')).toEqual(uncle)
    expect(await rpc('eth_getUncleByBlockNumberAndIndex', `0x${nephew.toString(16)}`, '0x9')).toBeNull()
    expect(await rpc('eth_getUncleByBlockHashAndIndex', `0x${'1'.repeat(64)}`, '0x0')).toBeNull()
  })

  test('every block can be traced, those with uncles too', async () => {
    for (let number = 1; number <= 54; number++) {
      const tag = `0x${number.toString(16)}`
      const traces = await rpc<unknown[]>('debug_traceBlockByNumber', tag, { tracer: 'callTracer' })
      expect(traces.length, tag).toBe(node.chain.getBlockByNumber(BigInt(number))?.block.transactions.length)
    }
  })

  test('every stored encoding can be asked for, by number, tag and hash', async () => {
    for (const number of [0, 2, 36, 54]) {
      const tag = `0x${number.toString(16)}`
      const header = await rpc<Hex>('debug_getRawHeader', tag)
      expect(schemaFaults('debug_getRawHeader', header)).toEqual([])
      const hash = bytesToHex(hashHeader(decodeHeader(hexToBytes(header))))
      expect(await rpc('debug_getRawHeader', `0x${hash}`)).toBe(header)
      expect(await rpc('debug_getRawBlock', { blockHash: `0x${hash}` })).toBe(await rpc('debug_getRawBlock', tag))
      expect(await rpc('debug_getRawReceipts', { blockNumber: tag })).toEqual(await rpc('debug_getRawReceipts', tag))
      expect(await rpc('eth_getHeaderByHash', `0x${hash}`)).toEqual(await rpc('eth_getHeaderByNumber', tag))
      expect(await failure('eth_getBlockAccessList', tag)).toMatchObject({ code: -32001 })
      expect(await failure('debug_getRawBlockAccessList', tag)).toMatchObject({ code: -32001 })
    }
    for (const method of ['debug_getRawHeader', 'debug_getRawBlock', 'debug_getRawReceipts']) {
      expect(await failure(method, '0x999'), method).toMatchObject({ code: -32001 })
    }
    expect(await rpc('debug_getRawTransaction', `0x${'1'.repeat(64)}`)).toBe('0x')
  })

  test('transactions are found by sender and nonce', async () => {
    for (const number of [2n, 20n, 54n]) {
      const block = node.chain.getBlockByNumber(number)?.block
      const [tx] = block ? node.chain.getTransactions(block) : []
      if (!tx) throw new Error(`no transaction in block ${number}`)
      const from = `0x${bytesToHex(tx.sender)}`
      const found = await rpc('eth_getTransactionBySenderAndNonce', from, `0x${tx.nonce.toString(16)}`)
      expect(found).toMatchObject({ hash: `0x${bytesToHex(tx.hash)}`, blockNumber: `0x${number.toString(16)}`, from })
    }
    expect(await rpc('eth_getTransactionBySenderAndNonce', `0x${'11'.repeat(20)}`, '0x0')).toBeNull()
  })

  test('witnesses of blocks before Amsterdam are enough to run them again', async () => {
    for (const number of [2n, 20n, 38n, 45n, 54n]) {
      const stored = node.chain.getBlockByNumber(number)
      const parent = node.chain.getBlockByNumber(number - 1n)
      if (!stored || !parent) throw new Error(`no block ${number}`)
      const json = await rpc<WitnessJson>('debug_executionWitness', `0x${number.toString(16)}`)
      const headers = new Map(json.headers.map((rlp) => [decodeHeader(hexToBytes(rlp)).number, hexToBytes(rlp)]))
      const witness = { state: json.state.map(hexToBytes), codes: json.codes.map(hexToBytes) }
      const outcome = await node.chain.engine.executeBlock({
        parent: parent.block.header,
        block: stored.block,
        state: createWitnessView(witness, parent.block.header.stateRoot),
        blockHash: (asked) => {
          const rlp = headers.get(asked)
          return rlp && hashHeader(decodeHeader(rlp))
        },
      })
      expect(outcome.block.header.stateRoot).toEqual(stored.block.header.stateRoot)
      expect([...headers.keys()].at(-1)).toBe(number - 1n)
    }
  })
})
