import { concatHex, encodeFunctionData, type Hex, keccak256, size, toHex } from 'viem'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import {
  ANCHOR_BLOCK,
  ANCHOR_HASH,
  bytes,
  encodeInput,
  type InputFields,
  randao,
  SEQUENCER,
  validFields,
} from '../setup.ts'
import { answer, BOB } from '../vm.ts'
import { accepted, createRollup, type Rollup } from './support.ts'

const NOW = 1_800_000_000n
const GAS_LIMIT = 60_000_000n
const hashOf = (fields: InputFields): Hex => toHex(fields.payload.blockHash)
const payload = (change: Partial<InputFields['payload']>): Partial<InputFields> => ({
  payload: { ...validFields().payload, ...change },
})

/** One field of an otherwise acceptable block. */
const FIELDS: [string, Partial<InputFields>, string][] = [
  ['1 wrong parent hash: any other', payload({ parentHash: bytes(keccak256('0x01')) }), 'NativeRollup_WrongParent'],
  ['1 wrong parent hash: zero', payload({ parentHash: new Uint8Array(32) }), 'NativeRollup_WrongParent'],
  [
    '1 wrong parent hash: its own',
    payload({ parentHash: validFields().payload.blockHash }),
    'NativeRollup_WrongParent',
  ],
  ['5 skipped number', payload({ blockNumber: 2n, slotNumber: 2n }), 'NativeRollup_WrongNumber'],
  ['5 repeated number', payload({ blockNumber: 0n, slotNumber: 0n }), 'NativeRollup_WrongNumber'],
  ['5 number 2^64 - 1', payload({ blockNumber: 2n ** 64n - 1n }), 'NativeRollup_WrongNumber'],
  ['8 wrong chain id', { chainId: 28080n }, 'NativeRollup_WrongChain'],
  ['8 chain id of L1', { chainId: 18079n }, 'NativeRollup_WrongChain'],
  ['8 chain id in the other byte order', { chainId: 0xaf6d000000000000n }, 'NativeRollup_WrongChain'],
  ['9 schema id of another version', { schemaId: 0x1502 }, 'NativeRollup_WrongSchema'],
  ['9 schema id in the other byte order', { schemaId: 0x0115 }, 'NativeRollup_WrongSchema'],
  ['12 gas limit one up', payload({ gasLimit: GAS_LIMIT + 1n }), 'NativeRollup_WrongGasLimit'],
  ['12 gas limit one down', payload({ gasLimit: GAS_LIMIT - 1n }), 'NativeRollup_WrongGasLimit'],
  ['12 gas limit drifts up', payload({ gasLimit: GAS_LIMIT + GAS_LIMIT / 1024n - 1n }), 'NativeRollup_WrongGasLimit'],
  ['12 gas limit drifts down', payload({ gasLimit: GAS_LIMIT - GAS_LIMIT / 1024n + 1n }), 'NativeRollup_WrongGasLimit'],
  ['13 timestamp a second in the future', payload({ timestamp: NOW + 1n }), 'NativeRollup_FutureTimestamp'],
  ['13 timestamp 2^64 - 1', payload({ timestamp: 2n ** 64n - 1n }), 'NativeRollup_FutureTimestamp'],
  ['14 timestamp a month old', payload({ timestamp: NOW - 30n * 86_400n }), 'NativeRollup_StaleTimestamp'],
  ['14 timestamp a second over the lag', payload({ timestamp: NOW - 604_801n }), 'NativeRollup_StaleTimestamp'],
  ['14 timestamp 0', payload({ timestamp: 0n }), 'NativeRollup_StaleTimestamp'],
  ['18 prev_randao zero', payload({ prevRandao: new Uint8Array(32) }), 'NativeRollup_WrongRandao'],
  ['18 prev_randao is the anchor', payload({ prevRandao: bytes(ANCHOR_HASH) }), 'NativeRollup_WrongRandao'],
  [
    '18 prev_randao of the next number',
    payload({ prevRandao: bytes(randao(ANCHOR_HASH, 2n)) }),
    'NativeRollup_WrongRandao',
  ],
  ['18 slot number ahead', payload({ slotNumber: 2n }), 'NativeRollup_WrongSlot'],
  ['18 slot number zero', payload({ slotNumber: 0n }), 'NativeRollup_WrongSlot'],
]

describe('a field that the contract binds', () => {
  let rollup: Rollup
  beforeAll(async () => {
    rollup = await createRollup()
    // What gets as far as EXECUTE ends with another error.
    await answer(rollup.chain, { halt: true })
  })

  it.each(FIELDS)('%s', async (_name, change, error) => {
    const outcome = await rollup.refuses(error, { ...validFields(), ...change })
    expect(outcome.gasUsed).toBeLessThan(60_000n)
  })

  it('14 a timestamp of exactly the lag gets as far as EXECUTE', async () => {
    const block = { ...validFields(), ...payload({ timestamp: NOW - 604_800n }) }
    await rollup.refuses('NativeRollup_ExecuteFailed', block)
  })

  it('17 fee recipient is not the configured one', async () => {
    const strict = await createRollup({ feeRecipient: BOB })
    for (const recipient of [SEQUENCER, `0x${'00'.repeat(20)}`] as const) {
      const block = { ...validFields(), ...payload({ feeRecipient: bytes(recipient) }) }
      await strict.refuses('NativeRollup_WrongFeeRecipient', block)
    }
    await accepted(strict.advance({ ...validFields(), ...payload({ feeRecipient: bytes(BOB) }) }))
  })
})

describe('a block that was good elsewhere or before', () => {
  let rollup: Rollup
  beforeEach(async () => {
    rollup = await createRollup()
  })

  it('2 the same input again', async () => {
    await accepted(rollup.advance(validFields()))
    await rollup.refuses('NativeRollup_WrongParent', validFields())
  })

  it('3 an old block of the same chain', async () => {
    const first = validFields()
    const second = validFields(2n, hashOf(first))
    await accepted(rollup.advance(first))
    await accepted(rollup.advance(second))
    await rollup.refuses('NativeRollup_WrongParent', first)
    await rollup.refuses('NativeRollup_WrongParent', second)
  })

  it('4 a fork at the same height, and a block on top of it', async () => {
    const fork = {
      ...validFields(),
      ...payload({ blockHash: bytes(keccak256('0xf0')), stateRoot: bytes(keccak256('0xf1')) }),
    }
    await accepted(rollup.advance(validFields()))
    await rollup.refuses('NativeRollup_WrongParent', fork)
    await rollup.refuses('NativeRollup_WrongParent', validFields(2n, hashOf(fork)))
  })
})

describe('7 values beside the input', () => {
  const { abi } = nativeRollup
  const advancing = abi.filter((item) => item.type === 'function' && item.name.startsWith('advance'))

  it('7 no parameter of an advancing function is about the new head', () => {
    const extra = advancing.flatMap(({ inputs }) => inputs.map(({ name, type }) => `${type} ${name}`))
    const known = ['bytes _input', 'uint64 _anchorBlock', 'bytes[] _inputs', 'uint64[] _anchorBlocks', 'uint64[] _ids']
    expect(extra.filter((parameter) => !known.includes(parameter))).toEqual([])
    expect(advancing.length).toBeGreaterThanOrEqual(2)
  })

  it('7 decoys around the input in calldata: what was forwarded becomes the head', async () => {
    const rollup = await createRollup()
    const real = validFields()
    const decoy = {
      ...validFields(),
      ...payload({ stateRoot: bytes(keccak256('0xbad0')), blockHash: bytes(keccak256('0xbad1')) }),
    }
    const encoded = (fields: InputFields) =>
      encodeFunctionData({ abi, functionName: 'advance', args: [toHex(encodeInput(fields)), ANCHOR_BLOCK] })
    const data = encoded(real)
    // selector, offset, anchor, [a whole decoy], length and bytes of the input, another decoy
    const body = `0x${encoded(decoy).slice(2 + 2 * 68)}` as const
    const moved = toHex(64 + size(body), { size: 32 })
    const crafted = concatHex([
      `0x${data.slice(2, 10)}`,
      moved,
      toHex(ANCHOR_BLOCK, { size: 32 }),
      body,
      `0x${data.slice(2 + 2 * 68)}`,
      body,
    ])
    const outcome = await accepted(rollup.chain.sendRaw(rollup.rollup, crafted, { from: SEQUENCER }))
    expect(outcome.data).toBe('0x')
    expect(await rollup.view('headHash')).toBe(toHex(real.payload.blockHash))
    expect(await rollup.view('stateRootAt', [1n])).toBe(toHex(real.payload.stateRoot))
  })
})
