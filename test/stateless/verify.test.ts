import { beforeAll, describe, expect, test } from 'vitest'
import { devAccount } from '../../genesis/accounts.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { InvalidWitness } from '../../stateless/errors.ts'
import { runStatelessGuest } from '../../stateless/guest.ts'
import { NO_REQUESTS } from '../../stateless/payload.ts'
import { decodeRlpList, encodeRlp, type RlpValue, rlpItems } from '../../stateless/rlp.ts'
import { decodeResult, encodeStatelessInput } from '../../stateless/ssz.ts'
import { requestItemSize } from '../../stateless/sszSchema.ts'
import type { ExecutionWitness, StatelessInput } from '../../stateless/types.ts'
import { type Verification, verifyStatelessNewPayload } from '../../stateless/verify.ts'
import { type BuiltBlock, createTestL2, type TestL2, words } from './l2.ts'
import { buildMixedBlock, type Contracts, prepare } from './mixedBlock.ts'
import { type RequestChanges, reseal } from './reseal.ts'

const FULL = process.env.REENACT_FULL === '1'

let l2: TestL2
let contracts: Contracts
let mixed: BuiltBlock
beforeAll(async () => {
  l2 = await createTestL2()
  contracts = await prepare(l2)
  mixed = await buildMixedBlock(l2, contracts)
})

const verify = (input: StatelessInput): Promise<Verification> =>
  verifyStatelessNewPayload(input, { runBlock: l2.engine.runBlock })

async function codeOf(input: StatelessInput): Promise<string> {
  const verification = await verify(input)
  return verification.valid ? 'valid' : verification.reason.code
}

describe('a block of 97 mixed transactions', () => {
  test('is what it says: enough of each kind, some failing, BLOCKHASH back to genesis', () => {
    expect(mixed.block.transactions.length).toBe(97)
    expect(mixed.receipts.filter(({ status }) => status === 0).length).toBe(6)
    expect(new Set(mixed.receipts.map(({ type }) => type))).toEqual(new Set([0, 1, 2, 4]))
    expect(mixed.input.witness.headers.length).toBe(4)
  })

  test('verifies from its witness, with the regular gas that the builder counted', async () => {
    const verification = await verify(mixed.input)
    expect(verification).toMatchObject({ valid: true, outcome: { regularGas: mixed.regularGas } })
    const run = await runStatelessGuest(encodeStatelessInput(mixed.input), { runBlock: l2.engine.runBlock })
    expect(decodeResult(run.output)).toEqual(verification.result)
    expect(run.output[32]).toBe(1)
  })

  test('surplus, unsorted and repeated witness items are allowed', async () => {
    const { state, codes, headers } = mixed.input.witness
    const witness = {
      state: [...state.toReversed(), ...state, new Uint8Array(40).fill(3)],
      codes: [...codes, ...codes],
      headers,
    }
    expect(await codeOf({ ...mixed.input, witness })).toBe('valid')
  })

  test('every dropped witness item gives a typed refusal: the witness is minimal', async () => {
    const { state, codes, headers } = mixed.input.witness
    const step = FULL ? 1 : 9
    const without = (kind: 'state' | 'codes', index: number): ExecutionWitness => ({
      state,
      codes,
      headers,
      [kind]: mixed.input.witness[kind].toSpliced(index, 1),
    })
    for (const [kind, code] of [
      ['state', 'MISSING_NODE'],
      ['codes', 'MISSING_CODE'],
    ] as const) {
      for (let index = 0; index < mixed.input.witness[kind].length; index += step) {
        const verification = await verify({ ...mixed.input, witness: without(kind, index) })
        expect(verification.valid, `${kind}[${index}]`).toBe(false)
        if (!verification.valid) {
          expect(verification.reason).toBeInstanceOf(InvalidWitness)
          expect(verification.reason.code).toBe(code)
        }
      }
    }
  })

  test('dropped headers: the parent, the one that BLOCKHASH reached, one between', async () => {
    const dropped = (index: number) => ({
      ...mixed.input,
      witness: { ...mixed.input.witness, headers: mixed.input.witness.headers.toSpliced(index, 1) },
    })
    expect(await codeOf(dropped(3))).toBe('PARENT_HASH_MISMATCH')
    expect(await codeOf(dropped(1))).toBe('BROKEN_HEADER_CHAIN')
    expect(await codeOf(dropped(0))).toBe('MISSING_ANCESTOR')
  })
})

describe('one false claim each, under a true block hash', () => {
  const flip = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte))
  const claims: [string, (input: StatelessInput) => RequestChanges][] = [
    [
      'GAS_USED_MISMATCH',
      ({ newPayloadRequest: { executionPayload } }) => ({ payload: { gasUsed: executionPayload.gasUsed + 1n } }),
    ],
    ['BLOB_GAS_USED_MISMATCH', () => ({ payload: { blobGasUsed: 131_072n } })],
    [
      'RECEIPTS_ROOT_MISMATCH',
      ({ newPayloadRequest: { executionPayload } }) => ({
        payload: { receiptsRoot: flip(executionPayload.receiptsRoot) },
      }),
    ],
    [
      'LOGS_BLOOM_MISMATCH',
      ({ newPayloadRequest: { executionPayload } }) => ({ payload: { logsBloom: flip(executionPayload.logsBloom) } }),
    ],
    [
      'STATE_ROOT_MISMATCH',
      ({ newPayloadRequest: { executionPayload } }) => ({ payload: { stateRoot: flip(executionPayload.stateRoot) } }),
    ],
    [
      'REQUESTS_MISMATCH',
      () => ({
        request: {
          executionRequests: { ...NO_REQUESTS, withdrawals: [new Uint8Array(requestItemSize('withdrawals'))] },
        },
      }),
    ],
    [
      'BLOCK_ACCESS_LIST_MISMATCH',
      ({ newPayloadRequest: { executionPayload } }) => ({
        payload: { blockAccessList: withoutLastAccount(executionPayload.blockAccessList) },
      }),
    ],
    ['BLOCK_ACCESS_LIST_MISMATCH', () => ({ payload: { blockAccessList: encodeRlp([]) } })],
    [
      'BLOCK_ACCESS_LIST_MISMATCH',
      () => ({
        payload: { slotNumber: 10_000n, prevRandao: new Uint8Array(32), blockAccessList: Uint8Array.of(0x80) },
      }),
    ],
    [
      'BAD_TRANSACTION',
      ({ newPayloadRequest: { executionPayload } }) => ({
        payload: { transactions: executionPayload.transactions.toReversed() },
      }),
    ],
    [
      'BAD_TRANSACTION',
      ({ newPayloadRequest: { executionPayload } }) => ({
        payload: { transactions: [...executionPayload.transactions, ...executionPayload.transactions.slice(-1)] },
      }),
    ],
  ]
  test.each(claims)('%s', async (code, changes) => {
    expect(await codeOf(reseal(mixed.input, changes(mixed.input)))).toBe(code)
  })

  function withoutLastAccount(list: Uint8Array): Uint8Array {
    const accounts: RlpValue[] = decodeRlpList(list).map(({ raw }) => ({ rawRlp: raw }))
    return encodeRlp(accounts.slice(0, -1))
  }

  test('a changed value inside the list is found too', async () => {
    const { blockAccessList } = mixed.input.newPayloadRequest.executionPayload
    const accounts = decodeRlpList(blockAccessList)
    const changed: RlpValue[] = accounts.map((account) => {
      const fields = rlpItems(account)
      const balances = fields[3]
      if (balances === undefined || rlpItems(balances).length === 0) return { rawRlp: account.raw }
      return fields.map(
        (field, i): RlpValue => (i === 3 ? [[Uint8Array.of(1), Uint8Array.of(1)]] : { rawRlp: field.raw }),
      )
    })
    const forged = reseal(mixed.input, { payload: { blockAccessList: encodeRlp(changed) } })
    expect(await codeOf(forged)).toBe('BLOCK_ACCESS_LIST_MISMATCH')
  })

  test('a dropped last transaction changes what follows from it', async () => {
    const { transactions } = mixed.input.newPayloadRequest.executionPayload
    const forged = reseal(mixed.input, { payload: { transactions: transactions.slice(0, -1) } })
    expect(['GAS_USED_MISMATCH', 'BLOCK_ACCESS_LIST_MISMATCH']).toContain(await codeOf(forged))
  })

  test('the parent is what ties the state: another root under the same parent hash cannot be', async () => {
    const { headers } = mixed.input.witness
    const parent = headers.at(-1) ?? new Uint8Array(0)
    const witness = { ...mixed.input.witness, headers: [...headers.slice(0, -1), flipAt(parent, 100)] }
    expect(await codeOf({ ...mixed.input, witness })).toBe('PARENT_HASH_MISMATCH')
  })

  const flipAt = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
})

describe('keyed dialect', () => {
  test('right keys pass, any wrong one does not', async () => {
    const [a, b] = [
      await l2.sign(0, { to: contracts.store, data: words(1, 2) }),
      await l2.sign(1, { to: contracts.store }),
    ]
    const { input } = await l2.build([a, b])
    const keys = [0, 1].map((index) => hexToBytes(devAccount(index).publicKey))
    const keyed = (publicKeys: Uint8Array[]): StatelessInput => ({ ...input, dialect: 'keyed', publicKeys })
    expect(keys.map((key) => [key.length, key[0]])).toEqual([
      [65, 4],
      [65, 4],
    ])
    expect(await codeOf(keyed(keys))).toBe('valid')
    expect(await codeOf(keyed(keys.toReversed()))).toBe('PUBLIC_KEY_MISMATCH')
    expect(await codeOf(keyed(keys.map((key) => Uint8Array.from([2, ...key.subarray(1)]))))).toBe('PUBLIC_KEY_MISMATCH')
    expect(await codeOf(keyed(keys.slice(1)))).toBe('PUBLIC_KEY_MISMATCH')
  })
})

test('another chain id is refused, in the input and in the whole chain', async () => {
  expect(await codeOf({ ...mixed.input, chainId: 1n })).toBe('BAD_TRANSACTION')
  const other = await createTestL2(28_080)
  const { input } = await other.build([await other.sign(0, { to: `0x${'fe'.repeat(20)}`, value: 1n })])
  expect(await codeOf(input)).toBe('valid')
  expect(await codeOf({ ...input, chainId: BigInt(l2.chainId) })).toBe('BAD_TRANSACTION')
})

test('an empty block needs its witness too', async () => {
  const { input } = await l2.build([])
  expect(await codeOf(input)).toBe('valid')
  expect(await codeOf({ ...input, witness: { ...input.witness, state: [] } })).toBe('MISSING_NODE')
})
