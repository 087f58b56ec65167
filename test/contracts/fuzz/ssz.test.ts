import fc from 'fast-check'
import { type Hex, toHex } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Artifact } from '../../../scripts/lib/solidity.mjs'
import { bytesEqual } from '../../../stateless/bytes.ts'
import { UndecodableInput } from '../../../stateless/errors.ts'
import { INPUT_LAYOUT } from '../../../stateless/inputLayout.ts'
import { NO_REQUESTS } from '../../../stateless/payload.ts'
import { decodeStatelessInput, encodeStatelessInput } from '../../../stateless/ssz.ts'
import { REQUEST_KINDS } from '../../../stateless/sszSchema.ts'
import type { StatelessInput } from '../../../stateless/types.ts'
import { compile } from '../../compile.ts'
import { anyInput, mutation, SEED, v21Input } from '../../stateless/arbitraries.ts'
import { createFastChain, type FastChain } from './chain.ts'

const FULL = process.env.REENACT_FULL === '1'
const CASES = FULL ? 10_000 : 600
const BATCH = 100

type Fields = {
  ok: boolean
  schemaId: number
  chainId: bigint
  parentBeaconBlockRoot: Hex
  parentHash: Hex
  feeRecipient: Hex
  stateRoot: Hex
  prevRandao: Hex
  blockNumber: bigint
  gasLimit: bigint
  timestamp: bigint
  blockHash: Hex
  slotNumber: bigint
}

let harness: Artifact
let chain: FastChain
let address: Hex
beforeAll(async () => {
  harness = compile({ InputReader: 'test/contracts/fuzz/InputReader.sol' }).InputReader
  chain = await createFastChain({ chainId: 1 })
  address = (await chain.deploy(harness)).address
})

/** The kind of block that the contract wants: no extra data, blobs, withdrawals, requests. */
const plainInput = v21Input.map((input): StatelessInput => {
  const { executionPayload, parentBeaconBlockRoot } = input.newPayloadRequest
  const none = { extraData: new Uint8Array(), withdrawals: [], blobGasUsed: 0n, excessBlobGas: 0n }
  const payload = { ...executionPayload, ...none }
  const request = {
    executionPayload: payload,
    versionedHashes: [],
    parentBeaconBlockRoot,
    executionRequests: NO_REQUESTS,
  }
  return { ...input, newPayloadRequest: request }
})

/** Offsets of the fixed part and what lies at the beginning of each list. */
const OFFSETS = Object.entries(INPUT_LAYOUT).flatMap(([name, at]) => (name.startsWith('offset') ? [at] : []))

/** One offset moved a little, or made equal to another one. */
const offsetMutation: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc
  .record({
    at: fc.constantFrom(...OFFSETS),
    from: fc.constantFrom(...OFFSETS),
    by: fc.integer({ min: -40, max: 40 }),
    copy: fc.boolean(),
  })
  .map(({ at, from, by, copy }) => (input) => {
    const out = input.slice()
    if (out.length < INPUT_LAYOUT.fixedEnd) return out
    const view = new DataView(out.buffer)
    view.setUint32(at, (copy ? view.getUint32(from, true) : view.getUint32(at, true)) + by, true)
    return out
  })

/** The witness changed where its lists begin: nothing that the contract reads. */
const witnessMutation: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc
  .record({ at: fc.nat(40), mask: fc.integer({ min: 1, max: 255 }) })
  .map(({ at, mask }) => (input) => {
    const out = input.slice()
    if (out.length < INPUT_LAYOUT.fixedEnd) return out
    const start = 2 + new DataView(out.buffer).getUint32(INPUT_LAYOUT.offsetWitness, true)
    if (start + at < out.length) out[start + at] = (out[start + at] ?? 0) ^ mask
    return out
  })

/** A block that the contract refuses for one thing in it. */
const nearlyPlain = fc
  .tuple(
    plainInput,
    v21Input,
    fc.constantFrom('extraData', 'withdrawals', 'blobGasUsed', 'excessBlobGas', 'hashes', 'requests', 'dialect'),
  )
  .map(([plain, rich, field]): StatelessInput => {
    const request = plain.newPayloadRequest
    const { executionPayload: payload, versionedHashes, executionRequests } = rich.newPayloadRequest
    if (field === 'dialect') return { ...plain, dialect: 'keyed', publicKeys: [] }
    if (field === 'hashes') return { ...plain, newPayloadRequest: { ...request, versionedHashes } }
    if (field === 'requests') return { ...plain, newPayloadRequest: { ...request, executionRequests } }
    return {
      ...plain,
      newPayloadRequest: {
        ...request,
        executionPayload: { ...request.executionPayload, [field]: payload[field as 'extraData'] },
      },
    }
  })

const encoded = (input: fc.Arbitrary<StatelessInput>) => input.map(encodeStatelessInput)
const mutated = fc
  .tuple(
    encoded(fc.oneof({ weight: 3, arbitrary: plainInput }, anyInput)),
    fc.array(fc.oneof(mutation, offsetMutation, witnessMutation), { minLength: 1, maxLength: 3 }),
  )
  .map(([input, changes]) => changes.reduce((bytes, change) => change(bytes), input))

const anyBytes = fc.oneof(
  { weight: 3, arbitrary: encoded(plainInput) },
  { weight: 1, arbitrary: encoded(anyInput) },
  { weight: 2, arbitrary: encoded(nearlyPlain) },
  { weight: 5, arbitrary: mutated },
)

function decoded(bytes: Uint8Array): StatelessInput | undefined {
  try {
    return decodeStatelessInput(bytes)
  } catch (error) {
    if (!(error instanceof UndecodableInput)) throw error
    return undefined
  }
}

/** Does the decoded block have only what the contract lets through? */
function isPlain({ dialect, newPayloadRequest }: StatelessInput): boolean {
  const { executionPayload: payload, versionedHashes, executionRequests } = newPayloadRequest
  const requests = REQUEST_KINDS.every((kind) => executionRequests[kind].length === 0)
  const blobs = payload.blobGasUsed === 0n && payload.excessBlobGas === 0n && versionedHashes.length === 0
  return dialect === 'v21' && requests && blobs && payload.extraData.length === 0 && payload.withdrawals.length === 0
}

function fieldsOf({ schemaId, chainId, newPayloadRequest }: StatelessInput): Fields {
  const { executionPayload: payload, parentBeaconBlockRoot } = newPayloadRequest
  return {
    ok: true,
    schemaId,
    chainId,
    parentBeaconBlockRoot: toHex(parentBeaconBlockRoot),
    parentHash: toHex(payload.parentHash),
    feeRecipient: toHex(payload.feeRecipient),
    stateRoot: toHex(payload.stateRoot),
    prevRandao: toHex(payload.prevRandao),
    blockNumber: payload.blockNumber,
    gasLimit: payload.gasLimit,
    timestamp: payload.timestamp,
    blockHash: toHex(payload.blockHash),
    slotNumber: payload.slotNumber,
  }
}

describe('StatelessInput, the decoder and the encoder', () => {
  it(`agree on every field that the contract reads, over ${CASES} inputs`, async () => {
    const inputs = fc.sample(anyBytes, { numRuns: CASES, seed: SEED })
    const counts = { both: 0, neither: 0, decoderOnly: 0, readerOnly: 0 }
    for (let start = 0; start < CASES; start += BATCH) {
      const batch = inputs.slice(start, start + BATCH)
      const fields = await chain.read<Fields[]>(address, harness.abi, 'inputs', [batch.map((bytes) => toHex(bytes))], {
        gas: 10_000_000_000n,
      })
      for (const [i, bytes] of batch.entries()) {
        const read = fields[i]
        const input = decoded(bytes)
        if (input === undefined) {
          counts[read?.ok === true ? 'readerOnly' : 'neither']++
          continue
        }
        expect(bytesEqual(encodeStatelessInput(input), bytes), toHex(bytes)).toBe(true)
        expect(read?.ok, toHex(bytes)).toBe(isPlain(input))
        if (isPlain(input))
          expect({ ...read, feeRecipient: read?.feeRecipient.toLowerCase() }, toHex(bytes)).toEqual(fieldsOf(input))
        counts[read?.ok === true ? 'both' : 'decoderOnly']++
      }
    }
    for (const count of Object.values(counts)) expect(count).toBeGreaterThan(CASES / 100)
  })
})
