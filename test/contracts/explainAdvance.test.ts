import { type Hex, keccak256, toHex, zeroAddress } from 'viem'
import { beforeAll, describe, expect, it } from 'vitest'
import { INPUT_LAYOUT as AT } from '../../stateless/inputLayout.ts'
import { createRandom } from '../execution/programs.ts'
import { errorOf, explained, failing } from './advanceRows.ts'
import { createForced, DEADLINE, EXPIRY, type Forced, transaction } from './forced.ts'
import {
  ANCHOR_BLOCK,
  createL1,
  encodeInput,
  GENESIS_HASH,
  type InputFields,
  type L1,
  SEQUENCER,
  validFields,
} from './setup.ts'
import { answer, BOB, type CallOptions, type StubAnswer } from './vm.ts'

/** Compares, and gives the row that fails. */
async function agreed(...call: Parameters<typeof explained>) {
  const { rows, outcome } = await explained(...call)
  expect(failing(rows)?.error).toBe(errorOf(outcome))
  return { rows, row: failing(rows), outcome }
}

type Case = {
  /** field of the row that fails */
  field: string
  change?(fields: InputFields): void
  words?: Record<number, number>
  anchor?: bigint
  call?: CallOptions & { codeLength?: bigint }
  stub?: StubAnswer
}

const CONTRACT: Hex = '0xc0de00000000000000000000000000000000c0de'
/** every error of `advance`, at least once for each condition of the contract that raises it */
const CASES: [error: string, what: string, Case][] = [
  ['NativeRollup_NotTopLevel', 'a contract calls', { field: 'msg.sender', call: { origin: BOB } }],
  [
    'NativeRollup_NotTopLevel',
    'a delegated account calls',
    { field: 'msg.sender.code.length', call: { from: CONTRACT, codeLength: 23n } },
  ],
  ['NativeRollup_NotSequencer', 'a stranger calls', { field: 'msg.sender', call: { from: BOB } }],
  ['NativeRollup_WrongSchema', 'another schema', { field: 'schemaId', words: { 0: 0x0116 } }],
  ...(
    [
      ['newPayloadRequest', AT.offsetNewPayloadRequest],
      ['executionPayload', AT.offsetExecutionPayload],
      ['executionPayload.extraData', AT.offsetExtraData],
      ['executionPayload.transactions', AT.offsetTransactions],
      ['executionPayload.blockAccessList', AT.offsetBlockAccessList],
      ['versionedHashes', AT.offsetVersionedHashes],
      ['witness', AT.offsetWitness],
    ] as const
  ).map(([name, position]): [string, string, Case] => [
    `StatelessInput_BadLayout(${position})`,
    `another offset of ${name}`,
    { field: `offset of ${name}`, words: { [position]: 7 } },
  ]),
  [
    `StatelessInput_BadLayout(${AT.blobGasUsed})`,
    'blob gas',
    {
      field: 'executionPayload.blobGasUsed',
      change: ({ payload }) => {
        payload.blobGasUsed = 2n ** 63n
      },
    },
  ],
  [
    `StatelessInput_BadLayout(${AT.excessBlobGas})`,
    'excess blob gas',
    {
      field: 'executionPayload.excessBlobGas',
      change: ({ payload }) => {
        payload.excessBlobGas = 1n
      },
    },
  ],
  ['NativeRollup_WrongParent', 'another parent', changed('parentHash', new Uint8Array(32).fill(1))],
  [
    'NativeRollup_WrongChain',
    'another chain',
    {
      field: 'chainId',
      change: (fields) => {
        fields.chainId = 1n
      },
    },
  ],
  ['NativeRollup_WrongNumber', 'another number', changed('blockNumber', 2n ** 64n - 1n)],
  ['NativeRollup_WrongGasLimit', 'another gas limit', changed('gasLimit', 1n)],
  ['NativeRollup_WrongSlot', 'another slot', changed('slotNumber', 2n)],
  ['NativeRollup_FutureTimestamp', 'later than L1', changed('timestamp', 1_800_000_001n)],
  ['NativeRollup_StaleTimestamp', 'too early', changed('timestamp', 1_800_000_000n - 604_801n)],
  ['NativeRollup_AnchorMismatch', 'an anchor that is no past block', { field: 'anchorBlock', anchor: 1_000n }],
  ['NativeRollup_AnchorMismatch', 'an anchor without a hash', { field: 'parentBeaconBlockRoot', anchor: 991n }],
  [
    'NativeRollup_AnchorMismatch',
    'the hash of another block',
    {
      field: 'parentBeaconBlockRoot',
      change: (fields) => {
        fields.parentBeaconBlockRoot = new Uint8Array(32)
      },
    },
  ],
  ['NativeRollup_WrongRandao', 'another randao', changed('prevRandao', new Uint8Array(32))],
  ['NativeRollup_ExecuteFailed', 'EXECUTE halts', { field: 'result', stub: { halt: true } }],
  ['NativeRollup_ExecuteFailed', 'an answer of 44 bytes', { field: 'result', stub: { size: 44 } }],
  ['NativeRollup_ExecuteFailed', 'no success', { field: 'result.successfulValidation', stub: { success: 0 } }],
  ['NativeRollup_ExecuteFailed', 'an answer for another chain', { field: 'result.chainId', stub: { chainId: 1n } }],
  [
    'NativeRollup_WrongSchema',
    'an answer with another schema',
    { field: 'result.schemaId', stub: { schemaId: '0x1501' } },
  ],
]

function changed<Key extends keyof InputFields['payload']>(name: Key, value: InputFields['payload'][Key]): Case {
  return { field: `executionPayload.${name}`, change: ({ payload }) => void Object.assign(payload, { [name]: value }) }
}

function withWords(input: Uint8Array, words: Record<number, number> = {}): Uint8Array {
  const copy = input.slice()
  const view = new DataView(copy.buffer)
  for (const [position, value] of Object.entries(words)) view.setUint32(Number(position), value >>> 0, true)
  return copy
}

/** what the contract reads, and what it only hands on */
const UNREAD = ['stateRoot', 'receiptsRoot', 'logsBloom', 'gasUsed', 'baseFeePerGas', 'blockHash', 'fixedEnd']
const READ = Object.entries(AT).flatMap(([name, position]) => (UNREAD.includes(name) ? [] : [position]))

describe('advance', () => {
  let l1: L1
  beforeAll(async () => {
    l1 = await createL1()
    await l1.chain.setCode(CONTRACT, '0x00')
  })

  it.each(CASES)('%s: %s', async (error, _, { field, change, words, anchor = ANCHOR_BLOCK, call, stub }) => {
    const fields = validFields()
    change?.(fields)
    await answer(l1.chain, stub ?? {})
    const input = toHex(withWords(encodeInput(fields), words))
    const { row } = await agreed(l1, 'advance', [input, anchor], call)
    expect(row).toMatchObject({ error, field })
    await answer(l1.chain, {})
  })

  it.each([0, 1, 2, 601])('an input of %i bytes', async (length) => {
    const input = encodeInput(validFields()).subarray(0, length)
    const { row } = await agreed(l1, 'advance', [toHex(input), ANCHOR_BLOCK])
    expect(row).toMatchObject({ error: `StatelessInput_BadLayout(${length})`, field: 'input' })
  })

  it('requests that end behind the input, and requests that are there', async () => {
    const valid = encodeInput(validFields())
    const view = new DataView(valid.buffer)
    const requests = AT.newPayloadRequest + view.getUint32(AT.offsetExecutionRequests, true)
    const short = valid.subarray(0, requests + 19)
    expect((await agreed(l1, 'advance', [toHex(short), ANCHOR_BLOCK])).row?.field).toBe('end of executionRequests')
    for (const [index, kind] of [
      'deposits',
      'withdrawals',
      'consolidations',
      'builderDeposits',
      'builderExits',
    ].entries()) {
      const input = withWords(valid, { [requests + 4 * index]: 21 })
      expect((await agreed(l1, 'advance', [toHex(input), ANCHOR_BLOCK])).row?.field).toBe(
        `offset of executionRequests.${kind}`,
      )
    }
  })

  it('words and bytes put anywhere into an input: the row that fails says what the contract says', async () => {
    const { below, pick } = createRandom(8079)
    const rounds = process.env.REENACT_FULL === '1' ? 2_000 : 60
    const valid = encodeInput(validFields())
    const errors = new Set<string | undefined>()
    for (let round = 0; round < rounds; round++) {
      const position = Math.max(0, pick(READ) + below(9) - 2)
      const value = below(2) === 0 ? below(700) : below(2 ** 31)
      const input = toHex(withWords(valid, { [position]: value }))
      const { row, outcome } = await agreed(l1, 'advance', [input, ANCHOR_BLOCK], {
        from: below(20) === 0 ? BOB : SEQUENCER,
      })
      errors.add(row?.error)
      // what is accepted moved the head: begin anew
      if (outcome.ok) l1 = await createL1()
    }
    expect(errors.size).toBeGreaterThan(15)
  })

  it('everything that is wrong with the fields is told at once', async () => {
    const fields = validFields()
    Object.assign(fields.payload, { gasLimit: 1n, slotNumber: 9n, prevRandao: new Uint8Array(32) })
    const { rows } = await agreed(l1, 'advance', [toHex(encodeInput(fields)), ANCHOR_BLOCK])
    expect(rows.filter(({ ok }) => !ok).map(({ error }) => error)).toEqual([
      'NativeRollup_WrongGasLimit',
      'NativeRollup_WrongSlot',
      'NativeRollup_WrongRandao',
    ])
    expect(rows.at(-1)?.field).toBe('executionPayload.prevRandao')
  })
})

describe('an accepted block', () => {
  it('has every check of the contract once, in its order', async () => {
    const { rows } = await agreed(await createL1(), 'advance', [toHex(encodeInput(validFields())), ANCHOR_BLOCK])
    const errors = rows.map(({ error }) => error?.replace(/^NativeRollup_|^StatelessInput_/, ''))
    expect(errors).toEqual([
      ...['NotTopLevel', 'NotTopLevel', 'NotSequencer'],
      ...[expect.stringMatching(/^BadLayout/), 'WrongSchema', ...Array(16).fill(expect.stringMatching(/^BadLayout/))],
      ...['WrongParent', 'WrongChain', 'WrongNumber', 'WrongGasLimit', 'WrongSlot', 'WrongFeeRecipient'],
      ...['FutureTimestamp', 'StaleTimestamp'],
      ...['AnchorMovedBack', 'AnchorMismatch', 'AnchorTooOld', 'AnchorMismatch', 'WrongRandao'],
      ...['ExecuteFailed', 'ExecuteFailed', 'ExecuteFailed', 'WrongSchema'],
    ])
    expect(rows.find(({ field }) => field === 'executionPayload.feeRecipient')?.note).toContain('any')
    expect(new Set(rows.slice(3).map(({ l2Block }) => l2Block))).toEqual(new Set([1n]))
  })

  it('a fee recipient that the contract names', async () => {
    const named = await createL1({ feeRecipient: BOB })
    const { row } = await agreed(named, 'advance', [toHex(encodeInput(validFields())), ANCHOR_BLOCK])
    expect(row).toMatchObject({ error: 'NativeRollup_WrongFeeRecipient', expected: BOB.toLowerCase() })
  })

  it('anchors that move back or are too old', async () => {
    const l1 = await createL1({ maxAnchorAge: 10n })
    expect((await agreed(l1, 'advance', [toHex(encodeInput(validFields())), 989n])).row?.error).toBe(
      'NativeRollup_AnchorTooOld',
    )
    await agreed(l1, 'advance', [toHex(encodeInput(validFields())), ANCHOR_BLOCK])
    const next = validFields(2n, toHex(validFields().payload.blockHash))
    const { row } = await agreed(l1, 'advance', [toHex(encodeInput(next)), 989n])
    expect(row?.error).toBe('NativeRollup_AnchorMovedBack')
  })

  it('says why a stranger may', async () => {
    const noteFor = async (l1: L1) => {
      const { rows } = await agreed(l1, 'advance', [toHex(encodeInput(validFields())), ANCHOR_BLOCK], { from: BOB })
      return rows[2]?.note
    }
    expect(await noteFor(await createL1({ sequencer: zeroAddress }))).toBe('open: there is no sequencer')
    const silent = await createL1()
    silent.chain.block.timestamp += 7_200n
    expect(await noteFor(silent)).toContain('open: silent')
  })
})

describe('advanceBatch', () => {
  const inputsOf = (count: number) => {
    let parent = GENESIS_HASH
    return Array.from({ length: count }, (_, i) => {
      const fields = validFields(BigInt(i + 1), parent)
      parent = toHex(fields.payload.blockHash)
      return fields
    })
  }
  it('the rows of each block, on the head that the one before leaves', async () => {
    const l1 = await createL1()
    const inputs = inputsOf(3).map((fields) => toHex(encodeInput(fields)))
    const { rows } = await agreed(l1, 'advanceBatch', [inputs, inputs.map(() => ANCHOR_BLOCK)])
    const parents = rows.filter(({ field }) => field === 'executionPayload.parentHash')
    expect(parents.map(({ l2Block, ok }) => [l2Block, ok])).toEqual([
      [1n, true],
      [2n, true],
      [3n, true],
    ])
  })

  it('a later block that is wrong', async () => {
    const fields = inputsOf(3)
    const second = fields[1]
    if (second !== undefined) second.payload.gasLimit = 1n
    const inputs = fields.map((each) => toHex(encodeInput(each)))
    const { row } = await agreed(await createL1(), 'advanceBatch', [inputs, inputs.map(() => ANCHOR_BLOCK)])
    expect(row).toMatchObject({ l2Block: 2n, error: 'NativeRollup_WrongGasLimit' })
  })

  it('nothing, and anchors that are not as many', async () => {
    const l1 = await createL1()
    expect((await agreed(l1, 'advanceBatch', [[], []])).row).toMatchObject({ field: 'inputs.length' })
    const [input] = inputsOf(1).map((fields) => toHex(encodeInput(fields)))
    const { row } = await agreed(l1, 'advanceBatch', [[input, input], [ANCHOR_BLOCK]])
    expect(row).toMatchObject({ error: 'NativeRollup_BadBatch', field: 'anchorBlocks.length' })
  })
})

describe('forced transactions', () => {
  const [first, second, third] = [transaction(1), transaction(2, 90), transaction(3)]
  const forcedRows = (rows: readonly { field: string; note?: string }[]) =>
    rows.filter(({ field }) => field.startsWith('forced[')).map(({ field, note }) => `${field} ${note ?? ''}`.trim())
  const args = (queue: Forced, transactions: Uint8Array[], ids: bigint[]) => [
    toHex(queue.next(transactions)),
    ANCHOR_BLOCK,
    ids,
  ]

  it('the oldest ones: resolved, passed by, left', async () => {
    const queue = await createForced()
    for (const tx of [first, second, third]) await queue.force(tx)
    const { rows, outcome } = await agreed(queue, 'advanceWithForced', args(queue, [second, first], [1n]))
    expect(forcedRows(rows)).toEqual([
      'forced[1]',
      'forced[1]',
      'forced[0] in the block: resolved',
      'forced[1] resolved or dropped before: passed by',
      'forced[2] not in the block: stays',
    ])
    expect(outcome.events.map(({ name }) => name)).toEqual(['BlockAdvanced', 'ForcedIncluded', 'ForcedIncluded'])
  })

  it('expired ones are dropped, four with a block', async () => {
    const queue = await createForced()
    for (let i = 0; i < 6; i++) await queue.force(transaction(i))
    queue.wait(EXPIRY)
    const { rows } = await agreed(queue, 'advanceWithForced', args(queue, [], []))
    expect(forcedRows(rows)).toEqual([
      ...[0, 1, 2, 3].map((id) => `forced[${id}] expired: dropped`),
      'forced[4] expired; dropped with a later block',
    ])
  })

  it('one that is named and not there, and one that nobody forced', async () => {
    const queue = await createForced()
    await queue.force(first)
    const missing = await agreed(queue, 'advanceWithForced', args(queue, [second], [0n]))
    expect(missing.row).toMatchObject({ error: 'NativeRollup_ForcedTxMissing(0)', expected: keccak256(first) })
    const unknown = await agreed(queue, 'advanceWithForced', args(queue, [first], [0n, 1n]))
    expect(unknown.row).toMatchObject({ error: 'NativeRollup_ForcedTxMissing(1)', relation: 'below' })
  })

  it('an overdue one opens the rollup', async () => {
    const queue = await createForced()
    await queue.force(first)
    queue.wait(DEADLINE)
    const { rows } = await agreed(queue, 'advanceWithForced', args(queue, [], []), { from: BOB })
    expect(rows[2]?.note).toBe('open: forced transaction 0 is overdue')
  })

  it('a list whose offsets lead out of it', async () => {
    const queue = await createForced()
    await queue.force(first)
    const input = withWords(queue.next([second, first]), { [AT.fixedEnd + 4]: 1_000_000 })
    const { row } = await agreed(queue, 'advance', [toHex(input), ANCHOR_BLOCK])
    expect(row?.error).toBe(`StatelessInput_BadLayout(${AT.fixedEnd})`)
    expect((await agreed(queue, 'advanceWithForced', [toHex(input), ANCHOR_BLOCK, [0n]])).row?.error).toBe(row?.error)
  })
})
