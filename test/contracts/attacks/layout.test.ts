import { beforeAll, describe, expect, it } from 'vitest'
import { INPUT_LAYOUT } from '../../../stateless/inputLayout.ts'
import { NO_REQUESTS } from '../../../stateless/payload.ts'
import { REQUEST_KINDS, requestItemSize } from '../../../stateless/sszSchema.ts'
import { ANCHOR_BLOCK, encodeInput, type InputFields, validFields } from '../setup.ts'
import { answer } from '../vm.ts'
import { createRollup, type Rollup, refused } from './support.ts'

let rollup: Rollup
beforeAll(async () => {
  rollup = await createRollup()
  // What gets as far as EXECUTE ends with another error.
  await answer(rollup.chain, { halt: true })
})

const badLayout = (input: Uint8Array, position?: number) =>
  refused(
    rollup.chain,
    'StatelessInput_BadLayout',
    () => rollup.advance(input),
    position === undefined ? undefined : [BigInt(position)],
  )

const at = INPUT_LAYOUT
const withdrawal = { index: 0n, validatorIndex: 0n, address: new Uint8Array(20), amount: 1n }
const payload = (change: Partial<InputFields['payload']>): InputFields => {
  const fields = validFields()
  return { ...fields, payload: { ...fields.payload, ...change } }
}

/** What the layout has no place for, and where the contract sees it. */
const CONTENTS: [string, InputFields, number][] = [
  ['16 extra_data of 1 byte', payload({ extraData: new Uint8Array(1) }), at.offsetTransactions],
  ['16 extra_data of 32 bytes', payload({ extraData: new Uint8Array(32) }), at.offsetTransactions],
  ['19 a withdrawal that mints', payload({ withdrawals: [withdrawal] }), at.offsetBlockAccessList],
  ['20 blob gas used', payload({ blobGasUsed: 131_072n }), at.blobGasUsed],
  ['20 excess blob gas', payload({ excessBlobGas: 1n }), at.excessBlobGas],
  ['20 excess blob gas 2^64 - 1', payload({ excessBlobGas: 2n ** 64n - 1n }), at.excessBlobGas],
  ['21 one versioned hash', { ...validFields(), versionedHashes: [new Uint8Array(32)] }, at.offsetVersionedHashes],
  [
    '21 six versioned hashes',
    { ...validFields(), versionedHashes: Array(6).fill(new Uint8Array(32)) },
    at.offsetVersionedHashes,
  ],
  ...REQUEST_KINDS.map((kind): [string, InputFields, number] => [
    `22 a request: ${kind}`,
    { ...validFields(), requests: { ...NO_REQUESTS, [kind]: [new Uint8Array(requestItemSize(kind))] } },
    at.offsetWitness,
  ]),
  ['32 public keys beside the witness', { ...validFields(), dialect: 'keyed' }, at.offsetNewPayloadRequest],
]

describe('contents that a block of this rollup cannot have', () => {
  it.each(CONTENTS)('%s', async (_name, fields, position) => {
    const outcome = await badLayout(encodeInput(fields), position)
    expect(outcome.gasUsed).toBeLessThan(40_000n)
  })

  it('16 extra_data of 33 bytes, more than SSZ allows', async () => {
    const input = encodeInput(validFields())
    await badLayout(
      inserted(input, at.fixedEnd, new Uint8Array(33), [
        'offsetTransactions',
        'offsetWithdrawals',
        'offsetBlockAccessList',
        'offsetVersionedHashes',
        'offsetExecutionRequests',
        'offsetWitness',
      ]),
      at.offsetTransactions,
    )
  })
})

type OffsetName = Extract<keyof typeof INPUT_LAYOUT, `offset${string}`>
const OFFSETS = (Object.keys(INPUT_LAYOUT) as (keyof typeof INPUT_LAYOUT)[]).filter((name): name is OffsetName =>
  name.startsWith('offset'),
)
const view = (input: Uint8Array) => new DataView(input.buffer, input.byteOffset, input.length)
const offset = (input: Uint8Array, name: OffsetName) => view(input).getUint32(at[name], true)

/** A copy with some offsets replaced. */
function moved(input: Uint8Array, values: Partial<Record<OffsetName, number>>): Uint8Array {
  const copy = Uint8Array.from(input)
  for (const [name, value] of Object.entries(values)) view(copy).setUint32(at[name as OffsetName], value >>> 0, true)
  return copy
}

/** A copy with bytes put in, and the named offsets moved by as much. */
function inserted(input: Uint8Array, position: number, added: Uint8Array, names: readonly OffsetName[]): Uint8Array {
  const copy = new Uint8Array(input.length + added.length)
  copy.set(input.subarray(0, position))
  copy.set(added, position)
  copy.set(input.subarray(position), position + added.length)
  return moved(copy, Object.fromEntries(names.map((name) => [name, offset(input, name) + added.length])))
}

describe('SSZ offsets', () => {
  const input = encodeInput(validFields())

  it.each(OFFSETS)('23 %s: shifted, overlapping, decreasing, at the end, beyond it, 2^32 - 1', async (name) => {
    const value = offset(input, name)
    const others = [
      value + 1,
      value - 1,
      0,
      4,
      16,
      44,
      540,
      541,
      input.length - 2,
      input.length,
      0x7fffffff,
      0xfffffffe,
      0xffffffff,
    ]
    for (const other of others.filter((other) => other !== value)) await badLayout(moved(input, { [name]: other }))
  })

  it('23 the two list offsets of the request moved together', async () => {
    for (const value of [0, 44, 704, input.length, 0xfffffff0, 0xffffffff]) {
      await badLayout(moved(input, { offsetVersionedHashes: value, offsetExecutionRequests: value }))
    }
  })

  it('23 a region of requests that ends behind the input, modulo 2^32 where the witness begins', async () => {
    const far = 0xfffffff0
    const values = { offsetVersionedHashes: far, offsetExecutionRequests: far, offsetWitness: far + 36 - 2 ** 32 }
    await badLayout(moved(input, values), at.offsetWitness)
    const cut = input.slice(0, at.newPayloadRequest + offset(input, 'offsetExecutionRequests') + 19)
    await badLayout(cut, at.offsetWitness)
  })

  it('23 what lies behind the input in calldata is never read', async () => {
    // 600 bytes, and a second list element of the ABI where the other fields would be
    const cut = input.slice(0, 600)
    const rest = input.slice(600)
    const padded = new Uint8Array(608)
    padded.set(cut)
    padded.set(rest.subarray(0, 8), 600)
    const data = await refused(rollup.chain, 'StatelessInput_BadLayout', () => rollup.advance(cut), [600n])
    expect(data.gasUsed).toBeLessThan(40_000n)
    await badLayout(padded, at.offsetWitness)
  })

  const request = input.slice(at.newPayloadRequest, 2 + offset(input, 'offsetWitness'))
  const DECOYS: [string, Uint8Array, number][] = [
    [
      'a request in the gap before the request',
      inserted(input, at.newPayloadRequest, request, ['offsetNewPayloadRequest', 'offsetWitness']),
      at.offsetNewPayloadRequest,
    ],
    [
      'a payload in the gap before the payload',
      inserted(input, at.executionPayload, request.subarray(44), [
        'offsetExecutionPayload',
        'offsetVersionedHashes',
        'offsetExecutionRequests',
        'offsetWitness',
      ]),
      at.offsetExecutionPayload,
    ],
    [
      'bytes in the gap before extra_data',
      inserted(input, at.fixedEnd, new Uint8Array(64), [
        'offsetExtraData',
        'offsetTransactions',
        'offsetWithdrawals',
        'offsetBlockAccessList',
        'offsetVersionedHashes',
        'offsetExecutionRequests',
        'offsetWitness',
      ]),
      at.offsetExtraData,
    ],
    [
      'bytes between the requests and the witness',
      inserted(input, 2 + offset(input, 'offsetWitness'), new Uint8Array(64), ['offsetWitness']),
      at.offsetWitness,
    ],
  ]
  it.each(DECOYS)('24 %s', async (_name, decoyed, position) => {
    await badLayout(decoyed, position)
  })

  it.each([0, 1, 2, 18, 62, 601])('27 input of %i bytes', async (length) => {
    await badLayout(input.slice(0, length), length)
  })

  it('27 an input of 602 bytes has no place for the requests', async () => {
    await badLayout(input.slice(0, 602), at.offsetWitness)
  })

  it('27 the untouched input gets as far as EXECUTE', async () => {
    await rollup.refuses('NativeRollup_ExecuteFailed', input, ANCHOR_BLOCK)
  })
})
