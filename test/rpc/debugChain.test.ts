import type { Hex } from 'viem'
import { toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordExecution } from '../../node/executionWitness.ts'
import { decodeBlockAccessList } from '../../stateless/blockAccessList.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { decodeHeader, hashHeader } from '../../stateless/header.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { blockToPayloadRequest } from '../../stateless/payload.ts'
import { SCHEMA_ID_AMSTERDAM } from '../../stateless/sszSchema.ts'
import type { Block, ExecutionWitness } from '../../stateless/types.ts'
import { verifyStatelessNewPayload } from '../../stateless/verify.ts'
import { account, LOGGER_ADDRESS, logCall, signed } from '../node/support/devChain.ts'
import { type DevNode, startDevNode } from './devNode.ts'
import { hasSchemas, schemaFaults } from './schemas.ts'
import { call, result } from './support.ts'

type Json = Record<string, unknown>
type WitnessJson = { state: Hex[]; codes: Hex[]; headers: Hex[] }

/** Creates a contract that stores 7 in slot 1, reads slot 2 and deploys one byte of code. */
const CREATION: Hex = '0x60076001556002545060016000536001601ff3'

let node: DevNode
let blocks: Block[]
beforeAll(async () => {
  const started: DevNode = await startDevNode({
    sealMode: { kind: 'manual' },
    rpc: { rewind: (hash) => started.between(() => started.rewindTo(hash)) },
  })
  node = started
  blocks = [await sealed([]), await sealed([await emit(0, 0)]), await sealed([await create(1), await transfer(2)])]
})
afterAll(() => node.close())

const rpc = <Result = Json>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)
const failure = async (method: string, ...params: unknown[]) => (await call(node.server, method, params)).error
const hex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`
const emit = (from: number, nonce: number) =>
  signed(account(from), { nonce, to: LOGGER_ADDRESS, value: 0n, data: logCall(5n), gas: 200_000n })
const transfer = (from: number) => signed(account(from), { nonce: 0, value: 3n })
const create = (from: number) => creation(from, CREATION, 2_000_000n)
/** Uses up its gas in a loop. */
const loop = (from: number) => creation(from, '0x5b5f56', 16_000_000n)
const creation = (from: number, data: Hex, gas: bigint) =>
  account(from)
    .signTransaction({
      type: 'eip1559',
      chainId: 18079,
      nonce: 0,
      gas,
      maxFeePerGas: 10n ** 11n,
      data,
    })
    .then(hexToBytes)

async function sealed(raws: readonly Uint8Array[]): Promise<Block> {
  for (const raw of raws) await node.pool.add(raw)
  const block = await node.sealer.sealNow()
  if (!block) throw new Error('nothing was sealed')
  return block
}

describe('debug_executionWitness', () => {
  const decode = ({ state, codes, headers }: WitnessJson): ExecutionWitness => ({
    state: state.map((item) => hexToBytes(item)),
    codes: codes.map((item) => hexToBytes(item)),
    headers: headers.map((item) => hexToBytes(item)),
  })

  async function verify(block: Block, witness: ExecutionWitness) {
    const stored = node.chain.getBlockByHash(block.hash)
    const blockAccessList = stored?.blockAccessList ?? new Uint8Array(0)
    const newPayloadRequest = blockToPayloadRequest({ block, blockAccessList, requests: [] })
    return verifyStatelessNewPayload(
      { schemaId: SCHEMA_ID_AMSTERDAM, dialect: 'v21', newPayloadRequest, witness, chainId: node.chain.chainId },
      { runBlock: node.chain.engine.runBlock },
    )
  }

  test('is enough for the stateless verifier, and nothing of it can be missed', async () => {
    for (const block of blocks) {
      const witness = decode(await rpc<WitnessJson>('debug_executionWitness', toHex(block.header.number)))
      expect((await verify(block, witness)).valid).toBe(true)
      for (let i = 0; i < witness.state.length; i++) {
        expect((await verify(block, { ...witness, state: witness.state.toSpliced(i, 1) })).valid, `${i}`).toBe(false)
      }
      for (let i = 0; i < witness.codes.length; i++) {
        expect((await verify(block, { ...witness, codes: witness.codes.toSpliced(i, 1) })).valid, `${i}`).toBe(false)
      }
    }
  })

  test('canonical: sorted without duplicates, no short node, no empty code, the parent header last', async () => {
    const [, , block] = blocks
    if (!block) throw new Error('no block')
    const { state, codes, headers } = await rpc<WitnessJson>('debug_executionWitness', 'latest')
    for (const list of [state, codes]) expect(list).toEqual([...new Set(list)].sort())
    expect(state.every((node) => node.length >= 2 + 64)).toBe(true)
    expect(codes).not.toContain('0x')
    const parent = headers.at(-1) ?? '0x'
    expect(hex(keccak256(hexToBytes(parent)))).toBe(hex(block.header.parentHash))
    expect(decodeHeader(hexToBytes(parent)).number).toBe(block.header.number - 1n)
  })

  test('by hash, and errors where nothing was executed', async () => {
    const hash = hex(blocks[1]?.hash ?? new Uint8Array(32))
    expect(await rpc('debug_executionWitnessByBlockHash', hash)).toEqual(await rpc('debug_executionWitness', '0x2'))
    expect(await rpc('debug_executionWitness', { blockHash: hash })).toEqual(await rpc('debug_executionWitness', hash))
    expect(await failure('debug_executionWitness', '0x0')).toMatchObject({ code: -32000 })
    expect(await failure('debug_executionWitness', 'earliest')).toMatchObject({ code: -32000 })
    expect(await failure('debug_executionWitness', 'pending')).toMatchObject({ code: -32000 })
    expect(await failure('debug_executionWitness', '0x99')).toMatchObject({ code: -32001 })
    expect(await failure('debug_executionWitnessByBlockHash', `0x${'1'.repeat(64)}`)).toMatchObject({ code: -32001 })
  })
})

describe('block access lists', () => {
  test('eth_getBlockAccessList says what debug_getRawBlockAccessList encodes', async () => {
    const list = await rpc<Json[]>('eth_getBlockAccessList', '0x3')
    const raw = await rpc<Hex>('debug_getRawBlockAccessList', '0x3')
    const decoded = decodeBlockAccessList(hexToBytes(raw))
    expect(list.map(({ address }) => address)).toEqual(decoded.map(({ address }) => hex(address)))
    // The transfer pays a tip and runs first.
    const receiver = list.find(({ address }) => address === account(9).address.toLowerCase())
    expect(receiver).toEqual({
      address: account(9).address.toLowerCase(),
      storageChanges: [],
      storageReads: [],
      balanceChanges: [{ index: '0x1', value: toHex(10_000n * 10n ** 18n + 3n) }],
      nonceChanges: [],
      codeChanges: [],
    })
    const created = list.find(({ codeChanges }) => (codeChanges as Json[]).length > 0)
    expect(created).toMatchObject({
      storageChanges: [{ key: toHex(1, { size: 32 }), changes: [{ index: '0x2', value: toHex(7, { size: 32 }) }] }],
      storageReads: [toHex(2, { size: 32 })],
      nonceChanges: [{ index: '0x2', value: '0x1' }],
      codeChanges: [{ index: '0x2', code: '0x00' }],
    })
  })

  test('of genesis, of the pending block, of no block', async () => {
    expect(await rpc('eth_getBlockAccessList', 'earliest')).toEqual([])
    expect(await rpc('debug_getRawBlockAccessList', '0x0')).toBe('0xc0')
    expect(await rpc('eth_getBlockAccessList', '0x99')).toBeNull()
    expect(await failure('debug_getRawBlockAccessList', '0x99')).toMatchObject({ code: -32001 })
    const pending = await rpc<Json[]>('eth_getBlockAccessList', 'pending')
    expect(pending.length).toBeGreaterThan(0)
    const raw = decodeBlockAccessList(hexToBytes(await rpc<Hex>('debug_getRawBlockAccessList', 'pending')))
    expect(raw.map(({ address }) => hex(address))).toEqual(pending.map(({ address }) => address))
    if (hasSchemas) expect(schemaFaults('eth_getBlockAccessList', pending)).toEqual([])
  })
})

describe('debug_getBadBlocks', () => {
  test('remembers what failed to import, newest first', async () => {
    expect(await rpc('debug_getBadBlocks')).toEqual([])
    const [, block] = blocks
    if (!block) throw new Error('no block')
    const spoil = (changes: Partial<Block['header']>): Block => {
      const header = { ...block.header, ...changes }
      return { ...block, header, hash: hashHeader(header) }
    }
    const wrongRoot = spoil({ stateRoot: new Uint8Array(32).fill(9) })
    const wrongGas = spoil({ gasUsed: 1n })
    for (const bad of [wrongRoot, wrongGas, wrongRoot]) await expect(node.chain.importBlock(bad)).rejects.toThrow()
    const bad = await rpc<{ hash: Hex; block: Json; rlp: Hex }[]>('debug_getBadBlocks')
    expect(bad.map(({ hash }) => hash)).toEqual([hex(wrongRoot.hash), hex(wrongGas.hash)])
    expect(bad[0]?.block).toMatchObject({
      hash: hex(wrongRoot.hash),
      transactions: [{ from: account(0).address.toLowerCase() }],
    })
    if (hasSchemas) expect(schemaFaults('debug_getBadBlocks', bad)).toEqual([])
  })
})

describe('testing_buildBlockV1', () => {
  const attributes = (changes: Json = {}): Json => ({
    timestamp: toHex((blocks.at(-1)?.header.timestamp ?? 0n) + 7n),
    prevRandao: toHex(5, { size: 32 }),
    suggestedFeeRecipient: account(8).address,
    withdrawals: [],
    parentBeaconBlockRoot: toHex(6, { size: 32 }),
    ...changes,
  })
  const head = () => hex(node.chain.head().hash)
  type Built = { executionPayload: Json; blockValue: Hex; blobsBundle: Json }

  test('exactly the given transactions, in the form of engine_getPayload; nothing is kept', async () => {
    const before = head()
    const raw = hex(await emit(3, 0))
    const built = await rpc<Built>('testing_buildBlockV1', before, attributes(), [raw], '0x1234')
    expect(built.executionPayload).toMatchObject({
      parentHash: before,
      feeRecipient: account(8).address.toLowerCase(),
      blockNumber: '0x4',
      extraData: '0x1234',
      prevRandao: toHex(5, { size: 32 }),
      transactions: [raw],
      slotNumber: '0x4',
    })
    expect(built.executionPayload.blockAccessList).toMatch(/^0xf/)
    expect(BigInt(built.blockValue)).toBe(BigInt(built.executionPayload.gasUsed as Hex) * 10n ** 9n)
    expect(head()).toBe(before)
    expect(await rpc('eth_getBlockByHash', built.executionPayload.blockHash, false)).toBeNull()
    if (hasSchemas) expect(schemaFaults('testing_buildBlockV1', built)).toEqual([])
  })

  test('[] is an empty block, null is what the pool has', async () => {
    await node.pool.add(await emit(4, 0))
    const empty = await rpc<Built>('testing_buildBlockV1', head(), attributes(), [], '0x')
    expect(empty.executionPayload.transactions).toEqual([])
    const pooled = await rpc<Built>('testing_buildBlockV1', head(), attributes(), null)
    expect(pooled.executionPayload.transactions).toHaveLength(1)
    expect(node.pool.status().pending).toBe(1)
  })

  test('on any stored parent, and withdrawals and slots are taken as given', async () => {
    const parent = blocks[0]
    if (!parent) throw new Error('no block')
    const withdrawals = [
      { index: '0x1', validatorIndex: '0x2', address: account(7).address.toLowerCase(), amount: '0x3' },
    ]
    const given = { withdrawals, slotNumber: '0x77', timestamp: toHex(parent.header.timestamp + 1n) }
    const built = await rpc<Built>('testing_buildBlockV1', hex(parent.hash), attributes(given), [])
    expect(built.executionPayload).toMatchObject({ blockNumber: '0x2', withdrawals, slotNumber: '0x77' })
  })

  test('one bad transaction or attribute is an error', async () => {
    const gap = hex(await emit(5, 9))
    expect(await failure('testing_buildBlockV1', head(), attributes(), [gap])).toMatchObject({
      code: -32000,
      message: expect.stringContaining('nonce too high'),
    })
    expect(await failure('testing_buildBlockV1', head(), attributes(), ['0x02c0'])).toMatchObject({ code: -32000 })
    expect(await failure('testing_buildBlockV1', `0x${'1'.repeat(64)}`, attributes(), [])).toMatchObject({
      code: -32001,
    })
    for (const wrong of [
      { timestamp: toHex(blocks.at(-1)?.header.timestamp ?? 0n) },
      { withdrawals: undefined },
      { parentBeaconBlockRoot: undefined },
      { prevRandao: '0x01' },
    ]) {
      expect(await failure('testing_buildBlockV1', head(), attributes(wrong), [])).toMatchObject({ code: -32602 })
    }
    expect(await failure('testing_buildBlockV1', head(), attributes(), [], `0x${'11'.repeat(33)}`)).toMatchObject({
      code: -32602,
    })
  })
})

describe('debug_setHead', () => {
  test('goes back; transactions of the blocks above are gone', async () => {
    const before = node.pool.status()
    expect(await failure('debug_setHead', '0x99')).toMatchObject({ code: -32001 })
    expect(await rpc('debug_setHead', '0x1')).toBeNull()
    expect(await rpc('eth_blockNumber')).toBe('0x1')
    await node.pool.idle()
    expect(node.pool.status()).toEqual(before)
    const block = await node.sealer.sealNow()
    expect(block?.header.number).toBe(2n)
    expect(block?.transactions).toHaveLength(before.pending)
  })

  test("is no method where the chain is not the caller's", async () => {
    const other = await startDevNode({ sealMode: { kind: 'manual' } })
    const { error } = await call(other.server, 'debug_setHead', ['0x0'])
    expect(error).toMatchObject({ code: -32601 })
    await other.close()
  })
})

test('debug_executionWitness: a caller who has gone ends the run of the block', { timeout: 20_000 }, async () => {
  const block = await sealed([await loop(3)])
  const stored = node.chain.getBlockByHash(block.hash)
  if (!stored) throw new Error('the block is not stored')
  const gone = new AbortController()
  const recorded = recordExecution(node.chain, stored, { stored: true, signal: gone.signal })
  setTimeout(() => gone.abort(new Error('gone')), 1)
  await expect(recorded).rejects.toThrow('gone')
})
