import { getAddress, type Hex, keccak256, numberToHex, toHex } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { HISTORY_ADDRESS } from '../../genesis/systemContracts.ts'
import { INPUT_LAYOUT } from '../../stateless/inputLayout.ts'
import {
  ANCHOR_BLOCK,
  ANCHOR_HASH,
  bytes,
  createL1,
  encodeInput,
  GENESIS_HASH,
  type InputFields,
  type L1,
  randao,
  SEQUENCER,
  validFields,
} from './setup.ts'
import { ALICE, answer, BOB, type CallOptions, EXECUTE, type Outcome, type StubAnswer } from './vm.ts'

const { abi } = nativeRollup
let l1: L1
beforeEach(async () => {
  l1 = await createL1()
})

async function advance(input: Uint8Array, anchor = ANCHOR_BLOCK, options: CallOptions = {}): Promise<Outcome> {
  return l1.chain.send(l1.rollup, abi, 'advance', [toHex(input), anchor], { from: SEQUENCER, ...options })
}

async function refused(error: string, attempt: () => Promise<Outcome>): Promise<Outcome> {
  const before = await l1.chain.stateRoot()
  const outcome = await attempt()
  expect(outcome.ok).toBe(false)
  expect(outcome.error).toBe(error)
  expect(await l1.chain.stateRoot()).toBe(before)
  return outcome
}

const view = <T>(name: string, args: unknown[] = []) => l1.chain.read<T>(l1.rollup, abi, name, args)

describe('a valid block', () => {
  it('becomes the head, with everything read from the forwarded bytes', async () => {
    const fields = validFields()
    const input = encodeInput(fields)
    const outcome = await advance(input)
    expect(outcome.error).toBeUndefined()
    expect(outcome.events).toEqual([
      {
        name: 'BlockAdvanced',
        args: {
          number: 1n,
          blockHash: toHex(fields.payload.blockHash),
          stateRoot: toHex(fields.payload.stateRoot),
          anchorBlock: ANCHOR_BLOCK,
          // the stub answers the hash of what it was given: exactly the input
          requestRoot: keccak256(input),
        },
      },
    ])
    expect(await view('headHash')).toBe(toHex(fields.payload.blockHash))
    expect(await view('headNumber')).toBe(1n)
    expect(await view('headTimestamp')).toBe(fields.payload.timestamp)
    expect(await view('anchorBlock')).toBe(ANCHOR_BLOCK)
    expect(await view('lastAdvance')).toBe(l1.chain.block.timestamp)
    expect(await view('stateRootAt', [1n])).toBe(toHex(fields.payload.stateRoot))
    expect(await view('finalizedStateRootAt', [1n])).toBe(toHex(fields.payload.stateRoot))
  })

  it('may have any witness, transactions, access list and gas used', async () => {
    const fields = validFields()
    fields.payload.transactions = []
    fields.payload.blockAccessList = new Uint8Array()
    fields.payload.gasUsed = 0n
    fields.witness = { state: [], codes: [], headers: [] }
    expect((await advance(encodeInput(fields))).error).toBeUndefined()
  })
})

/** One broken rule each: attack number of contracts.md 7, what is changed, the error. EXECUTE would halt if reached. */
const broken: [string, (fields: InputFields) => void, string][] = [
  [
    '1 wrong parent hash',
    ({ payload }) => {
      payload.parentHash = new Uint8Array(32).fill(1)
    },
    'NativeRollup_WrongParent',
  ],
  [
    '5 skipped number',
    ({ payload }) => {
      payload.blockNumber = 2n
    },
    'NativeRollup_WrongNumber',
  ],
  [
    '5 repeated number',
    ({ payload }) => {
      payload.blockNumber = 0n
    },
    'NativeRollup_WrongNumber',
  ],
  [
    '5 number 2^64-1',
    ({ payload }) => {
      payload.blockNumber = 2n ** 64n - 1n
    },
    'NativeRollup_WrongNumber',
  ],
  [
    '8 wrong chain id',
    (fields) => {
      fields.chainId = 28080n
    },
    'NativeRollup_WrongChain',
  ],
  [
    '8 byte-swapped chain id',
    (fields) => {
      fields.chainId = 0xaf6d000000000000n
    },
    'NativeRollup_WrongChain',
  ],
  [
    '9 wrong schema id',
    (fields) => {
      fields.schemaId = 0x1502
    },
    'NativeRollup_WrongSchema',
  ],
  [
    '9 little-endian schema id',
    (fields) => {
      fields.schemaId = 0x0115
    },
    'NativeRollup_WrongSchema',
  ],
  [
    '12 gas limit one up',
    ({ payload }) => {
      payload.gasLimit += 1n
    },
    'NativeRollup_WrongGasLimit',
  ],
  [
    '12 gas limit drift',
    ({ payload }) => {
      payload.gasLimit -= payload.gasLimit / 1024n - 1n
    },
    'NativeRollup_WrongGasLimit',
  ],
  [
    '13 timestamp in the future',
    ({ payload }) => {
      payload.timestamp = 1_800_000_001n
    },
    'NativeRollup_FutureTimestamp',
  ],
  [
    '13 timestamp 2^64-1',
    ({ payload }) => {
      payload.timestamp = 2n ** 64n - 1n
    },
    'NativeRollup_FutureTimestamp',
  ],
  [
    '14 a month old',
    ({ payload }) => {
      payload.timestamp = 1_800_000_000n - 30n * 86_400n
    },
    'NativeRollup_StaleTimestamp',
  ],
  [
    '14 a second over the lag',
    ({ payload }) => {
      payload.timestamp = 1_800_000_000n - 604_801n
    },
    'NativeRollup_StaleTimestamp',
  ],
  [
    '16 extra data of 1 byte',
    ({ payload }) => {
      payload.extraData = new Uint8Array(1)
    },
    'StatelessInput_BadLayout',
  ],
  [
    '16 extra data of 32 bytes',
    ({ payload }) => {
      payload.extraData = new Uint8Array(32)
    },
    'StatelessInput_BadLayout',
  ],
  [
    '18 chosen prev_randao',
    ({ payload }) => {
      payload.prevRandao = new Uint8Array(32)
    },
    'NativeRollup_WrongRandao',
  ],
  [
    '18 slot number',
    ({ payload }) => {
      payload.slotNumber = 2n
    },
    'NativeRollup_WrongSlot',
  ],
  [
    '19 withdrawals',
    ({ payload }) => {
      payload.withdrawals = [{ index: 0n, validatorIndex: 0n, address: new Uint8Array(20), amount: 1n }]
    },
    'StatelessInput_BadLayout',
  ],
  [
    '20 blob gas used',
    ({ payload }) => {
      payload.blobGasUsed = 131_072n
    },
    'StatelessInput_BadLayout',
  ],
  [
    '20 excess blob gas',
    ({ payload }) => {
      payload.excessBlobGas = 1n
    },
    'StatelessInput_BadLayout',
  ],
  [
    '21 versioned hash',
    (fields) => {
      fields.versionedHashes = [new Uint8Array(32)]
    },
    'StatelessInput_BadLayout',
  ],
  [
    '22 deposit request',
    (fields) => {
      fields.requests = { ...fields.requests, deposits: [new Uint8Array(192)] }
    },
    'StatelessInput_BadLayout',
  ],
  [
    '22 builder exit request',
    (fields) => {
      fields.requests = { ...fields.requests, builderExits: [new Uint8Array(68)] }
    },
    'StatelessInput_BadLayout',
  ],
  [
    '41 anchor is no L1 hash',
    (fields) => {
      fields.parentBeaconBlockRoot = new Uint8Array(32).fill(5)
    },
    'NativeRollup_AnchorMismatch',
  ],
  [
    '41 zero anchor',
    (fields) => {
      fields.parentBeaconBlockRoot = new Uint8Array(32)
    },
    'NativeRollup_AnchorMismatch',
  ],
  [
    'keyed dialect',
    (fields) => {
      fields.dialect = 'keyed'
    },
    'StatelessInput_BadLayout',
  ],
]

describe('one broken rule', () => {
  it.each(broken)('%s', async (_name, change, error) => {
    await answer(l1.chain, { halt: true })
    const fields = validFields()
    change(fields)
    const outcome = await refused(error, () => advance(encodeInput(fields)))
    expect(outcome.gasUsed).toBeLessThan(60_000n)
  })

  it.each(['old block', 'same input'])('2, 3 replay of the %s', async (which) => {
    const first = encodeInput(validFields())
    await advance(first)
    const parent = toHex(validFields().payload.blockHash)
    if (which === 'old block') await advance(encodeInput(validFields(2n, parent)))
    await refused('NativeRollup_WrongParent', () => advance(first))
  })

  it('4 fork at the same height', async () => {
    await advance(encodeInput(validFields()))
    const fork = validFields(2n, keccak256('0x01'))
    await refused('NativeRollup_WrongParent', () => advance(encodeInput(fork)))
  })

  it('10, 11 block of another rollup: genesis differs', async () => {
    const foreign = validFields(1n, keccak256('0x02'))
    foreign.chainId = 28080n
    await refused('NativeRollup_WrongParent', () => advance(encodeInput(foreign)))
    foreign.chainId = 28079n
    await refused('NativeRollup_WrongParent', () => advance(encodeInput(foreign)))
  })

  it('17 fee recipient not the configured one', async () => {
    l1 = await createL1({ feeRecipient: BOB })
    await refused('NativeRollup_WrongFeeRecipient', () => advance(encodeInput(validFields())))
    const fields = validFields()
    fields.payload.feeRecipient = bytes(BOB)
    expect((await advance(encodeInput(fields))).error).toBeUndefined()
  })

  it('14 exactly the lag is accepted', async () => {
    const fields = validFields()
    fields.payload.timestamp = l1.chain.block.timestamp - 604_800n
    expect((await advance(encodeInput(fields))).error).toBeUndefined()
  })
})

const u32 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
const offsets = [
  'offsetNewPayloadRequest',
  'offsetWitness',
  'offsetExecutionPayload',
  'offsetVersionedHashes',
  'offsetExecutionRequests',
  'offsetExtraData',
  'offsetTransactions',
  'offsetWithdrawals',
  'offsetBlockAccessList',
] as const

describe('23, 24 SSZ offsets', () => {
  it.each(offsets)('%s moved', async (name) => {
    await answer(l1.chain, { halt: true })
    const input = encodeInput(validFields())
    const position = INPUT_LAYOUT[name]
    const value = new DataView(input.buffer, input.byteOffset).getUint32(position, true)
    for (const other of [value + 1, value - 1, 0, 0xffffffff, input.length]) {
      const moved = Uint8Array.from(input)
      moved.set(u32(other), position)
      await refused('StatelessInput_BadLayout', () => advance(moved))
    }
  })

  it('moved pairs that stay equal are left to EXECUTE only when they keep the positions', async () => {
    await answer(l1.chain, { halt: true })
    const input = encodeInput(validFields())
    // withdrawals and access list moved together: legal for the contract, the strict decoder of EXECUTE decides
    for (const name of ['offsetWithdrawals', 'offsetBlockAccessList'] as const) {
      input.set(u32(541), INPUT_LAYOUT[name])
    }
    await refused('NativeRollup_ExecuteFailed', () => advance(input))
    // both list offsets of the request moved together: the requests are no longer where the witness begins
    const both = encodeInput(validFields())
    for (const name of ['offsetVersionedHashes', 'offsetExecutionRequests'] as const)
      both.set(u32(704), INPUT_LAYOUT[name])
    await refused('StatelessInput_BadLayout', () => advance(both))
  })

  it('requests region that ends behind the input', async () => {
    const input = encodeInput(validFields())
    for (const name of ['offsetVersionedHashes', 'offsetExecutionRequests'] as const) {
      input.set(u32(0xfffffff0), INPUT_LAYOUT[name])
    }
    input.set(u32(0xfffffff0 + 36 - 2 ** 32), INPUT_LAYOUT.offsetWitness)
    await refused('StatelessInput_BadLayout', () => advance(input))
  })

  it.each([0, 1, 2, 18, 601])('27 input of %i bytes', async (length) => {
    const outcome = await refused('StatelessInput_BadLayout', () =>
      advance(encodeInput(validFields()).slice(0, length)),
    )
    expect(outcome.errorArgs).toEqual([BigInt(length)])
  })
})

describe('what EXECUTE answers', () => {
  const answers: [string, StubAnswer, string][] = [
    ['8 another chain id', { chainId: 28080n }, 'NativeRollup_ExecuteFailed'],
    ['9 another schema id', { schemaId: '0x0215' }, 'NativeRollup_WrongSchema'],
    ['9 big-endian schema id', { schemaId: '0x1501' }, 'NativeRollup_WrongSchema'],
    ['29 42 bytes', { size: 42 }, 'NativeRollup_ExecuteFailed'],
    ['29 44 bytes', { size: 44 }, 'NativeRollup_ExecuteFailed'],
    ['29 no bytes', { size: 0 }, 'NativeRollup_ExecuteFailed'],
    ['29 success 0', { success: 0 }, 'NativeRollup_ExecuteFailed'],
    ['29 success 2', { success: 2 }, 'NativeRollup_ExecuteFailed'],
    ['6, 15, 25, 26, 30 halt', { halt: true }, 'NativeRollup_ExecuteFailed'],
  ]
  it.each(answers)('%s', async (_name, programmed, error) => {
    await answer(l1.chain, programmed)
    await refused(error, () => advance(encodeInput(validFields())))
  })

  it('28 EXECUTE is not there', async () => {
    await l1.chain.setCode(EXECUTE, '0x')
    await refused('NativeRollup_ExecuteFailed', () => advance(encodeInput(validFields())))
  })
})

describe('anchor', () => {
  const withAnchor = (hash: Hex, number = 1n, parent = GENESIS_HASH) => encodeInput(validFields(number, parent, hash))

  it('42 older than the last', async () => {
    const older = keccak256('0x0989')
    l1.chain.hashes.set(989, older)
    await advance(encodeInput(validFields()))
    const parent = toHex(validFields().payload.blockHash)
    await refused('NativeRollup_AnchorMovedBack', () => advance(withAnchor(older, 2n, parent), 989n))
    expect((await advance(encodeInput(validFields(2n, parent)))).error).toBeUndefined()
  })

  it('43 current and future block', async () => {
    for (const number of [1000n, 1001n, 2n ** 64n - 1n]) {
      await refused('NativeRollup_AnchorMismatch', () => advance(encodeInput(validFields()), number))
    }
  })

  it('43 beyond 256 blocks through EIP-2935, up to MAX_ANCHOR_AGE', async () => {
    l1.chain.block.number = ANCHOR_BLOCK + 7_200n
    const input = encodeInput(validFields())
    await refused('NativeRollup_AnchorMismatch', () => advance(input))
    await l1.chain.setStorage(HISTORY_ADDRESS, ANCHOR_BLOCK % 8191n, ANCHOR_HASH)
    l1.chain.block.number += 1n
    await refused('NativeRollup_AnchorTooOld', () => advance(input))
    l1.chain.block.number -= 1n
    expect((await advance(input)).error).toBeUndefined()
  })

  it('44 L1 reorg after the build', async () => {
    l1.chain.hashes.set(Number(ANCHOR_BLOCK), keccak256('0xbeef'))
    await refused('NativeRollup_AnchorMismatch', () => advance(encodeInput(validFields())))
  })

  it('prev_randao belongs to the number too', async () => {
    const fields = validFields()
    fields.payload.prevRandao = bytes(randao(ANCHOR_HASH, 2n))
    await refused('NativeRollup_WrongRandao', () => advance(encodeInput(fields)))
  })
})

describe('who may advance', () => {
  it('34 others only after the timeout', async () => {
    const input = encodeInput(validFields())
    await refused('NativeRollup_NotSequencer', () => advance(input, ANCHOR_BLOCK, { from: BOB }))
    const silent = (await view<bigint>('lastAdvance')) + 7_200n
    l1.chain.block.timestamp = silent - 1n
    expect(await view('isOpen')).toBe(false)
    await refused('NativeRollup_NotSequencer', () => advance(input, ANCHOR_BLOCK, { from: BOB }))
    l1.chain.block.timestamp = silent
    expect(await view('isOpen')).toBe(true)
    expect((await advance(input, ANCHOR_BLOCK, { from: BOB })).error).toBeUndefined()
    expect(await view('isOpen')).toBe(false)
  })

  it('anyone when there is no sequencer', async () => {
    l1 = await createL1({ sequencer: '0x0000000000000000000000000000000000000000' })
    expect(await view('isOpen')).toBe(true)
    expect((await advance(encodeInput(validFields()), ANCHOR_BLOCK, { from: BOB })).error).toBeUndefined()
  })

  it('36 a contract and a delegated account', async () => {
    const input = encodeInput(validFields())
    await refused('NativeRollup_NotTopLevel', () => advance(input, ANCHOR_BLOCK, { origin: ALICE }))
    await l1.chain.setCode(SEQUENCER, `0xef0100${BOB.slice(2)}`)
    await refused('NativeRollup_NotTopLevel', () => advance(input))
  })

  it('37 the second of two proposers loses little', async () => {
    l1.chain.block.timestamp += 7_200n
    await advance(encodeInput(validFields()), ANCHOR_BLOCK)
    l1.chain.block.timestamp += 7_200n
    const outcome = await refused('NativeRollup_WrongParent', () =>
      advance(encodeInput(validFields()), ANCHOR_BLOCK, { from: BOB }),
    )
    expect(outcome.gasUsed).toBeLessThan(40_000n)
  })

  it('39 rotation takes two steps; the old sequencer keeps control until then', async () => {
    const set = (next: Hex, from: Hex) => l1.chain.send(l1.rollup, abi, 'setSequencer', [next], { from })
    const accept = (from: Hex) => l1.chain.send(l1.rollup, abi, 'acceptSequencer', [], { from })
    await refused('NativeRollup_NotSequencer', () => set(BOB, BOB))
    expect((await set(BOB, SEQUENCER)).events).toEqual([{ name: 'SequencerNominated', args: { next: BOB } }])
    expect(await view('pendingSequencer')).toBe(getAddress(BOB))
    await refused('NativeRollup_NotSequencer', () => accept(ALICE))
    await refused('NativeRollup_NotSequencer', () => advance(encodeInput(validFields()), ANCHOR_BLOCK, { from: BOB }))
    expect((await advance(encodeInput(validFields()))).error).toBeUndefined()
    const accepted = await accept(BOB)
    expect(accepted.events.map(({ name }) => name)).toEqual(['SequencerChanged'])
    await refused('NativeRollup_NotSequencer', () => set(ALICE, SEQUENCER))
    await refused('NativeRollup_NotSequencer', () => accept(BOB))
    // zero withdraws a nomination, and zero itself can never accept
    await set(ALICE, BOB)
    await set('0x0000000000000000000000000000000000000000', BOB)
    await refused('NativeRollup_NotSequencer', () => accept(ALICE))
  })
})

describe('advanceBatch', () => {
  const chainOf = (count: number) => {
    const inputs: Uint8Array[] = []
    let parent = GENESIS_HASH
    for (let number = 1n; number <= count; number++) {
      const fields = validFields(number, parent)
      inputs.push(encodeInput(fields))
      parent = toHex(fields.payload.blockHash)
    }
    return inputs
  }
  const batch = (inputs: Uint8Array[], anchors = inputs.map(() => ANCHOR_BLOCK), from: Hex = SEQUENCER) =>
    l1.chain.send(l1.rollup, abi, 'advanceBatch', [inputs.map((input) => toHex(input)), anchors], { from })

  it('appends all', async () => {
    const outcome = await batch(chainOf(4))
    expect(outcome.events.map(({ args }) => (args as { number: bigint }).number)).toEqual([1n, 2n, 3n, 4n])
    expect(await view('headNumber')).toBe(4n)
  })

  it('38 or none', async () => {
    const inputs = chainOf(3)
    const third = inputs[2]
    third?.set([1], INPUT_LAYOUT.gasLimit)
    await refused('NativeRollup_WrongGasLimit', () => batch(inputs))
    expect(await view('headNumber')).toBe(0n)
  })

  it('refuses an empty or lopsided batch and a stranger', async () => {
    await refused('NativeRollup_BadBatch', () => batch([]))
    await refused('NativeRollup_BadBatch', () => batch(chainOf(2), [ANCHOR_BLOCK]))
    await refused('NativeRollup_NotSequencer', () => batch(chainOf(1), [ANCHOR_BLOCK], BOB))
  })
})

describe('state roots', () => {
  it('65 unknown, pruned and not final', async () => {
    await advance(encodeInput(validFields()))
    await expect(view('stateRootAt', [2n])).rejects.toThrow('NativeRollup_UnknownBlock')
    await expect(view('finalizedStateRootAt', [2n ** 64n - 1n])).rejects.toThrow('NativeRollup_UnknownBlock')
    // the head moved on by 8,191 and 8,192 blocks
    const slot1 = BigInt(await l1.chain.getStorage(l1.rollup, 1n))
    const moved = (head: bigint) => numberToHex(((slot1 >> 64n) << 64n) | head, { size: 32 })
    await l1.chain.setStorage(l1.rollup, 1n, moved(8_192n))
    expect(await view('stateRootAt', [1n])).toBe(toHex(validFields().payload.stateRoot))
    await l1.chain.setStorage(l1.rollup, 1n, moved(8_193n))
    await expect(view('stateRootAt', [1n])).rejects.toThrow('NativeRollup_UnknownBlock')
  })

  it('65 finality delay', async () => {
    l1 = await createL1({ finalityDelay: 600n })
    await advance(encodeInput(validFields()))
    const settled = l1.chain.block.timestamp
    expect(await view('recordedAt', [1n])).toBe(settled)
    l1.chain.block.timestamp = settled + 599n
    await expect(view('finalizedStateRootAt', [1n])).rejects.toThrow('NativeRollup_NotFinal')
    expect(await view('stateRootAt', [1n])).toBe(toHex(validFields().payload.stateRoot))
    l1.chain.block.timestamp = settled + 600n
    expect(await view('finalizedStateRootAt', [1n])).toBe(toHex(validFields().payload.stateRoot))
  })
})
