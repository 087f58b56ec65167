import { RLP } from '@ethereumjs/rlp'
import { describe, expect, test } from 'vitest'
import { InvalidWitness, NodeError } from '../../stateless/errors.ts'
import { decodeBlock, encodeHeader } from '../../stateless/header.ts'
import { nextBaseFee, nextExcessBlobGas } from '../../stateless/headerRules.ts'
import { keccak256 } from '../../stateless/keccak.ts'
import { itemsToRequests, NO_REQUESTS, payloadToBlock, requestsHash, requestsToItems } from '../../stateless/payload.ts'
import { encodeRlp } from '../../stateless/rlp.ts'
import { newPayloadRequestRoot } from '../../stateless/sszRoots.ts'
import { requestItemSize, SCHEMA_ID_AMSTERDAM } from '../../stateless/sszSchema.ts'
import type { ExecutionPayload, NewPayloadRequest, StatelessInput } from '../../stateless/types.ts'
import { verifyStatelessNewPayload } from '../../stateless/verify.ts'
import { resealRequest } from './reseal.ts'
import { sampleHeader } from './samples.ts'

const CHAIN_ID = 1n
const parent = sampleHeader()
const parentRlp = encodeHeader(parent)
const address = new Uint8Array(20).fill(9)

/** A type 2 envelope; its signature is never looked at before execution. */
const transaction = (chainId = 1, tail: Uint8Array = new Uint8Array(0)) =>
  Uint8Array.from([2, ...RLP.encode([chainId, 0, 1, 2, 21_000, address, 0, new Uint8Array(0), [], 0, 5, 6]), ...tail])

const blobTransaction = (hash: Uint8Array) =>
  Uint8Array.from([3, ...RLP.encode([1, 0, 1, 2, 21_000, address, 0, new Uint8Array(0), [], 1, [hash], 0, 5, 6])])

/** The request whose block hash is the true one after `changes`. */
function sealed(
  changes: Partial<ExecutionPayload> = {},
  rest: Partial<Omit<NewPayloadRequest, 'executionPayload'>> = {},
): NewPayloadRequest {
  const executionPayload: ExecutionPayload = {
    parentHash: keccak256(parentRlp),
    feeRecipient: address,
    stateRoot: new Uint8Array(32).fill(1),
    receiptsRoot: new Uint8Array(32).fill(2),
    logsBloom: new Uint8Array(256),
    prevRandao: new Uint8Array(32),
    blockNumber: parent.number + 1n,
    gasLimit: parent.gasLimit,
    gasUsed: 0n,
    timestamp: parent.timestamp + 1n,
    extraData: new Uint8Array(0),
    baseFeePerGas: nextBaseFee(parent),
    blockHash: new Uint8Array(32),
    transactions: [transaction()],
    withdrawals: [],
    blobGasUsed: 0n,
    excessBlobGas: nextExcessBlobGas(parent),
    blockAccessList: encodeRlp([]),
    slotNumber: 129n,
    ...changes,
  }
  const request: NewPayloadRequest = {
    executionPayload,
    versionedHashes: [],
    parentBeaconBlockRoot: new Uint8Array(32),
    executionRequests: NO_REQUESTS,
    ...rest,
  }
  return changes.blockHash === undefined ? resealRequest(request, {}) : request
}

const input = (newPayloadRequest: NewPayloadRequest, changes: Partial<StatelessInput> = {}): StatelessInput => ({
  schemaId: SCHEMA_ID_AMSTERDAM,
  dialect: 'v21',
  newPayloadRequest,
  witness: { state: [], codes: [], headers: [parentRlp] },
  chainId: CHAIN_ID,
  ...changes,
})

class Reached extends Error {}

/** The code of the refusal, or 'EXECUTED' when every check before execution passed. */
async function codeOf(candidate: StatelessInput): Promise<string> {
  const runBlock = () => Promise.reject(new Reached())
  try {
    const verification = await verifyStatelessNewPayload(candidate, { runBlock })
    expect(verification.valid).toBe(false)
    expect(verification.result).toEqual({
      newPayloadRequestRoot: newPayloadRequestRoot(candidate.newPayloadRequest),
      successfulValidation: false,
      chainId: candidate.chainId,
      schemaId: SCHEMA_ID_AMSTERDAM,
    })
    return verification.valid ? 'valid' : verification.reason.code
  } catch (error) {
    // What is not a NodeError propagates: also the test of that rule.
    if (error instanceof Reached) return 'EXECUTED'
    throw error
  }
}

test('the unbroken request reaches execution, whose own errors propagate', async () => {
  expect(await codeOf(input(sealed()))).toBe('EXECUTED')
})

test('a NodeError of the runner makes the flag 0 and is the reason', async () => {
  const reason = new InvalidWitness('MISSING_NODE', 'gone')
  const verification = await verifyStatelessNewPayload(input(sealed()), { runBlock: () => Promise.reject(reason) })
  expect(verification).toMatchObject({ valid: false, reason })
})

const hash1 = new Uint8Array(32).fill(0x11)
const hash2 = new Uint8Array(32).fill(0x22)
const withdrawalRequest = new Uint8Array(requestItemSize('withdrawals')).fill(3)
const bigAccessList = encodeRlp(Array.from({ length: 30_001 }, () => [address, [], [], [], [], []]))

test.each<[string, string, StatelessInput]>([
  ['NO_PARENT', 'no headers', input(sealed(), { witness: { state: [], codes: [], headers: [] } })],
  ['BAD_HEADER', 'header of nonsense', input(sealed(), { witness: { state: [], codes: [], headers: [hash1] } })],
  [
    'BROKEN_HEADER_CHAIN',
    'two headers that do not follow',
    input(sealed(), { witness: { state: [], codes: [], headers: [parentRlp, parentRlp] } }),
  ],
  ['EMPTY_TRANSACTION', 'empty transaction', input(sealed({ transactions: [new Uint8Array(0)] }))],
  ['BLOCK_HASH_MISMATCH', 'wrong block hash', input(sealed({ blockHash: hash1 }))],
  ['BAD_TRANSACTION', 'trailing byte', input(sealed({ transactions: [transaction(1, Uint8Array.of(0))] }))],
  ['BAD_TRANSACTION', 'unknown type', input(sealed({ transactions: [Uint8Array.of(6, 0xc0)] }))],
  ['BAD_TRANSACTION', 'transaction of another chain', input(sealed({ transactions: [transaction(2)] }))],
  ['BAD_TRANSACTION', 'input of another chain', input(sealed(), { chainId: 2n })],
  ['VERSIONED_HASHES_MISMATCH', 'hash without blob', input(sealed({}, { versionedHashes: [hash1] }))],
  ['VERSIONED_HASHES_MISMATCH', 'blob without hash', input(sealed({ transactions: [blobTransaction(hash1)] }))],
  [
    'VERSIONED_HASHES_MISMATCH',
    'another order',
    input(
      sealed({ transactions: [blobTransaction(hash1), blobTransaction(hash2)] }, { versionedHashes: [hash2, hash1] }),
    ),
  ],
  ['PUBLIC_KEY_MISMATCH', 'no key', input(sealed(), { dialect: 'keyed', publicKeys: [] })],
  [
    'PUBLIC_KEY_MISMATCH',
    'one key too many',
    input(sealed(), { dialect: 'keyed', publicKeys: [new Uint8Array(65), new Uint8Array(65)] }),
  ],
  ['PARENT_HASH_MISMATCH', 'foreign parent', input(sealed({ parentHash: hash1 }))],
  ['BAD_NUMBER', 'number + 2', input(sealed({ blockNumber: parent.number + 2n }))],
  ['BAD_TIMESTAMP', "parent's timestamp", input(sealed({ timestamp: parent.timestamp }))],
  ['GAS_USED_EXCEEDS_LIMIT', 'gas used', input(sealed({ gasUsed: parent.gasLimit + 1n }))],
  ['BAD_GAS_LIMIT', 'gas limit step', input(sealed({ gasLimit: parent.gasLimit * 2n }))],
  ['BAD_BASE_FEE', 'base fee', input(sealed({ baseFeePerGas: 1n }))],
  ['BAD_EXCESS_BLOB_GAS', 'excess blob gas', input(sealed({ excessBlobGas: 1n }))],
  ['BLOCK_ACCESS_LIST_MISMATCH', 'list of nonsense', input(sealed({ blockAccessList: Uint8Array.of(1, 2) }))],
  ['BLOCK_ACCESS_LIST_TOO_LARGE', '30,001 accounts', input(sealed({ blockAccessList: bigAccessList }))],
])('%s: %s', async (code, _name, candidate) => {
  expect(await codeOf(candidate)).toBe(code)
})

test('blob hashes in the order of the transactions pass', async () => {
  const transactions = [blobTransaction(hash1), transaction(), blobTransaction(hash2)]
  expect(await codeOf(input(sealed({ transactions }, { versionedHashes: [hash1, hash2] })))).toBe('EXECUTED')
})

test('BLOCK_TOO_LARGE: 8,388,608 bytes of block RLP pass, one more does not', async () => {
  // Structure is judged before size, so the padding sits in the data of a well-formed transaction.
  const big = (length: number) => {
    const raw = RLP.encode([1, 0, 1, 2, 21_000, address, 0, new Uint8Array(length), [], 0, 5, 6])
    const out = new Uint8Array(raw.length + 1)
    out[0] = 2
    out.set(raw, 1)
    return out
  }
  const blockOf = (length: number) => sealed({ transactions: [big(length)] })
  // from 65,536 to 16,777,215 bytes lengths take three bytes
  const fit = 8_388_608 - (sizeOfBlock(blockOf(100_000)) - 100_000)
  const largest = blockOf(fit)
  expect(sizeOfBlock(largest)).toBe(8_388_608)
  expect(await codeOf(input(largest))).toBe('EXECUTED')
  expect(await codeOf(input(blockOf(fit + 1)))).toBe('BLOCK_TOO_LARGE')
})

function sizeOfBlock(request: NewPayloadRequest): number {
  const block = payloadToBlock(request)
  const header = encodeHeader(block.header)
  const transactions = encodeRlp(block.transactions.slice())
  const empty = encodeRlp([])
  return encodeRlp([{ rawRlp: header }, { rawRlp: transactions }, { rawRlp: empty }, { rawRlp: empty }]).length
}

describe('execution requests', () => {
  const requests = {
    ...NO_REQUESTS,
    withdrawals: [withdrawalRequest, withdrawalRequest],
    builderExits: [new Uint8Array(68)],
  }

  test('items carry type bytes, ascending, empty kinds left out', () => {
    const items = requestsToItems(requests)
    expect(items.map((item) => [item[0], item.length])).toEqual([
      [1, 153],
      [4, 69],
    ])
    expect(itemsToRequests(items)).toEqual(requests)
    expect(requestsToItems(NO_REQUESTS)).toEqual([])
  })

  test('the hash of none is sha256 of nothing', () => {
    expect(Buffer.from(requestsHash([])).toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
  })

  test.each([
    ['unknown type', [Uint8Array.of(5, 1)]],
    ['no data', [Uint8Array.of(1)]],
    ['empty item', [new Uint8Array(0)]],
    ['part of an item', [new Uint8Array(76).fill(1)]],
    ['descending types', [...requestsToItems(requests)].toReversed()],
    ['a type twice', [...requestsToItems(requests), ...requestsToItems(requests)]],
  ])('%s has no SSZ form', (_name, items) => {
    expect(() => itemsToRequests(items)).toThrow(NodeError)
  })
})

test('decodeBlock and payloadToBlock agree on the hash', () => {
  const block = payloadToBlock(sealed())
  const rlp = encodeRlp([{ rawRlp: encodeHeader(block.header) }, [...block.transactions], [], []])
  expect(decodeBlock(rlp).hash).toEqual(block.hash)
})
