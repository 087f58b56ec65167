import { concatHex, type Hex, hexToBytes, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEV_PRIVATE_KEYS } from '../../../genesis/accounts.ts'
import { REQUEST_ADDRESSES } from '../../../genesis/systemContracts.ts'
import { executeGas } from '../../../precompiles/gas.ts'
import { withoutItem, withPayload } from '../../../scripts/fixtures/forgery.ts'
import { decodeHeader, encodeHeader } from '../../../stateless/header.ts'
import { encodeStatelessInput } from '../../../stateless/ssz.ts'
import type { StatelessInput } from '../../../stateless/types.ts'
import { BLOCKHASH_CODE, createTestL2, deployer, words } from '../../stateless/l2.ts'
import { GAS, type OnL1, type Sealed, startL1 } from './onL1.ts'

/** Blocks of other chains, and what is wrong with the work, the signatures or the witness of a block, against the real EXECUTE of an L1. */
const FAILED = 'NativeRollup_ExecuteFailed'
/** burns what it is given down to 50,000 gas: JUMPDEST GAS 50000 LT PUSH0 JUMPI STOP, the operands in their order */
const SPIN_CODE = '5b61c3505a115f5700'

let on: OnL1
/** calls the request addresses, with value and with data */
let requests: Sealed
/** the next block: a transfer, BLOCKHASH of the third ancestor, and 1.9M gas of work; never sent before the last test */
let valid: Sealed

beforeAll(async () => {
  on = await startL1(2)
  const { wallet, reader } = on.l2
  let nonce = 0
  const send = (request: { to?: Hex; data?: Hex; value?: bigint; gas?: bigint }) =>
    wallet.sendTransaction({ gas: 1_000_000n, ...request, nonce: nonce++ })
  const settle = async (sealed: Sealed) => expect((await on.advance(sealed.bytes)).status).toBe('success')
  const codes = [await send({ data: deployer(BLOCKHASH_CODE) }), await send({ data: deployer(SPIN_CODE) })]
  await settle(await on.seal())
  const [hasher, spinner] = await Promise.all(
    codes.map(async (hash) => (await reader.getTransactionReceipt({ hash })).contractAddress as Hex),
  )
  for (const to of REQUEST_ADDRESSES as readonly Hex[]) {
    await send({ to, value: 1n })
    await send({ to, data: concatHex([`0x${'11'.repeat(48)}`, `0x${'22'.repeat(8)}`]) })
  }
  requests = await on.seal()
  await settle(requests)
  await send({ to: '0x00000000000000000000000000000000000f0123', value: 1n })
  await settle(await on.seal())
  await send({ to: '0x00000000000000000000000000000000000f0123', value: 1n })
  await send({ to: hasher as Hex, data: words(1) })
  await send({ to: spinner as Hex, gas: 2_000_000n })
  valid = await on.seal()
  expect(valid.input.newPayloadRequest.executionPayload.transactions).toHaveLength(3)
  expect(valid.input.witness.headers.length).toBeGreaterThan(2)
})
afterAll(() => on?.close())

// The second rollup has the same code and the same gas limit.
it('10 a block that is valid for rollup A, sent to B', async () => {
  const [, other] = on.rollups
  if (other === undefined) throw new Error('no second rollup')
  const { bytes, block } = await on.seal(other)
  // to EXECUTE it is as good as any
  expect(await on.execute(bytes)).toMatchObject({ ok: true })
  const { error, execute } = await on.refused(bytes)
  expect([error, execute]).toEqual(['NativeRollup_WrongParent', undefined])
  await other.node.settleNow()
  expect(await on.headHash(on.rollupAt(1))).toBe(toHex(block.hash))
})

it('11 a private chain with the same chain id and a genesis of its own', async () => {
  const fork = await createTestL2(on.deployment.l2ChainId)
  for (let number = 1; number <= 2; number++) {
    const { input } = await fork.build([])
    expect(await on.execute(input)).toMatchObject({ ok: true })
    const { error, execute } = await on.refused(encodeStatelessInput(input))
    expect([error, execute]).toEqual(['NativeRollup_WrongParent', undefined])
  }
})

it('22 calls to the request addresses on L2 create no request, and their block settles', async () => {
  const { executionRequests, executionPayload } = requests.input.newPayloadRequest
  expect(executionPayload.transactions).toHaveLength(2 * REQUEST_ADDRESSES.length)
  expect(Object.values(executionRequests).flat()).toEqual([])
  for (const hash of await on.l2.reader
    .getBlock({ blockHash: toHex(requests.block.hash) })
    .then((b) => b.transactions)) {
    expect((await on.l2.reader.getTransactionReceipt({ hash })).status).toBe('reverted')
  }
})

it('30 too little gas: EXECUTE takes what it is given, the contract reverts with the rest', async () => {
  const verdict = await on.execute(valid.bytes)
  if (!verdict.ok) throw new Error(verdict.failure.message)
  const needed = verdict.gasUsed
  for (const given of [needed / 3n, (needed * 9n) / 10n, needed, needed + 100_000n]) {
    const { error, execute } = await on.refused(valid.bytes, given)
    expect(error).toBe(FAILED)
    expect(execute?.gasUsed).toBe(execute?.gas)
    expect(BigInt(execute?.gas ?? 0)).toBeLessThan(needed)
  }
})

it('31 a claim of gas used 0 for heavy transactions: charged in full before it is found out', async () => {
  const honest = await on.execute(valid.bytes)
  if (!honest.ok) throw new Error(honest.failure.message)
  expect(honest.regularGas).toBeGreaterThan(1_900_000n)
  const forged = encodeStatelessInput(withPayload(valid.input, { gasUsed: 0n }))
  const { error, gasUsed, execute } = await on.refused(forged)
  expect(error).toBe(FAILED)
  expect(execute?.gasUsed).toBe(execute?.gas)
  expect(gasUsed).toBeGreaterThan(honest.gasUsed)
  // and with no more than the claim would cost, nothing is run beyond it
  const short = await on.execute(forged, executeGas(forged.length, 21_000n))
  expect(short).toMatchObject({ ok: false, failure: { code: 'BOUND_OVER_BUDGET' }, executedGas: 0n })
})

describe('32 public keys', () => {
  const keyOf = (index: number) => hexToBytes(privateKeyToAccount(DEV_PRIVATE_KEYS[index] as Hex).publicKey)
  const keyed = (publicKeys: Uint8Array[]): StatelessInput => ({ ...valid.input, dialect: 'keyed', publicKeys })
  const own = () => keyOf(0)

  it('32 the true ones are accepted by EXECUTE, and nobody needs them', async () => {
    expect(await on.execute(keyed([own(), own(), own()]))).toMatchObject({ ok: true })
    expect(await on.execute(valid.bytes)).toMatchObject({ ok: true })
  })

  const FORGED: [string, () => Uint8Array[], string][] = [
    ["a victim's key for one transaction", () => [own(), keyOf(1), own()], 'PUBLIC_KEY_MISMATCH'],
    ["a victim's key for all", () => [keyOf(1), keyOf(1), keyOf(1)], 'PUBLIC_KEY_MISMATCH'],
    ['one key too few', () => [own(), own()], 'PUBLIC_KEY_MISMATCH'],
    ['one key too many', () => [own(), own(), own(), own()], 'PUBLIC_KEY_MISMATCH'],
    ['no keys', () => [], 'PUBLIC_KEY_MISMATCH'],
    ['a key of zeros', () => [own(), new Uint8Array(65), own()], 'PUBLIC_KEY_MISMATCH'],
    ['a key that is no point', () => [own(), new Uint8Array(65).fill(4), own()], 'PUBLIC_KEY_MISMATCH'],
    ['the mirrored point', () => [own(), mirrored(own()), own()], 'PUBLIC_KEY_MISMATCH'],
  ]
  /** the other point with the same x, which a careless recovery could take for it */
  function mirrored(key: Uint8Array): Uint8Array {
    const p = 2n ** 256n - 2n ** 32n - 977n
    return Uint8Array.from([
      ...key.subarray(0, 33),
      ...hexToBytes(toHex(p - BigInt(toHex(key.subarray(33))), { size: 32 })),
    ])
  }
  it.each(FORGED)('32 %s', async (_name, keys, code) => {
    expect(await on.execute(keyed(keys()))).toMatchObject({ ok: false, failure: { code } })
    // the contract does not take that dialect at all
    expect((await on.refused(encodeStatelessInput(keyed(keys())))).error).toBe('StatelessInput_BadLayout')
  })
})

describe('33 the witness', () => {
  type Change = (input: StatelessInput) => StatelessInput
  const withWitness =
    (change: (witness: StatelessInput['witness']) => Partial<StatelessInput['witness']>): Change =>
    (input) => ({ ...input, witness: { ...input.witness, ...change(input.witness) } })
  const WITNESS: [string, Change, string | RegExp][] = [
    ['without its first node', (input) => withoutItem(input, 'state', 0), 'MISSING_NODE'],
    ['without its last node', (input) => withoutItem(input, 'state', -1), 'MISSING_NODE'],
    ['without any node', withWitness(() => ({ state: [] })), 'MISSING_NODE'],
    ['with a node changed', withWitness(({ state }) => ({ state: state.with(0, changed(state[0])) })), 'MISSING_NODE'],
    ['without the code of one contract', (input) => withoutItem(input, 'codes', 0), 'MISSING_CODE'],
    ['without any code', withWitness(() => ({ codes: [] })), /^MISSING_CODE|SYSTEM_CONTRACT/],
    [
      'with other code in place of each',
      withWitness(({ codes }) => ({ codes: codes.map((code) => changed(code)) })),
      /^MISSING_CODE|SYSTEM_CONTRACT/,
    ],
    ['without headers', withWitness(() => ({ headers: [] })), 'NO_PARENT'],
    ['without the parent', (input) => withoutItem(input, 'headers', -1), 'PARENT_HASH_MISMATCH'],
    ['without the ancestor whose hash is read', (input) => withoutItem(input, 'headers', 0), 'MISSING_ANCESTOR'],
    ['without a header between', (input) => withoutItem(input, 'headers', 1), 'BROKEN_HEADER_CHAIN'],
    [
      'with headers in another order',
      withWitness(({ headers }) => ({ headers: headers.toReversed() })),
      /HEADER_CHAIN|PARENT_HASH/,
    ],
    [
      'with another ancestor',
      withWitness(({ headers }) => ({ headers: headers.with(0, otherHeader(headers[0])) })),
      'BROKEN_HEADER_CHAIN',
    ],
    [
      'with another parent',
      withWitness(({ headers }) => ({ headers: headers.with(-1, otherHeader(headers.at(-1))) })),
      'PARENT_HASH_MISMATCH',
    ],
    [
      'with junk for a header',
      withWitness(({ headers }) => ({ headers: [new Uint8Array(500), ...headers] })),
      'BAD_HEADER',
    ],
  ]
  const changed = (bytes: Uint8Array = new Uint8Array(1)): Uint8Array =>
    bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)
  const otherHeader = (bytes: Uint8Array = new Uint8Array()) =>
    encodeHeader({ ...decodeHeader(bytes), extraData: new Uint8Array([1]) })
  it.each(WITNESS)('33 %s', async (_name, change, code) => {
    const bytes = encodeStatelessInput(change(valid.input))
    expect((await on.refused(bytes)).error).toBe(FAILED)
    expect(await on.execute(bytes)).toMatchObject({ ok: false, failure: { code: expect.stringMatching(code) } })
  })
})

it('94 exactly enough gas for the call, and one less: 43 bytes, and a halt', async () => {
  const verdict = await on.execute(valid.bytes)
  if (!verdict.ok) throw new Error(verdict.failure.message)
  // forwards its calldata to EXECUTE with this much gas; gives success and the length of the answer
  const caller: Hex = '0x000000000000000000000000000000000000ca11'
  const forwarding = (gas: bigint) =>
    `0x365f5f375f5f365f61010163${toHex(gas, { size: 4 }).slice(2)}fa5f523d60205260405ff3` as const
  const call = async (gas: bigint) => {
    const stateOverride = [{ address: caller, code: forwarding(gas) }]
    return (await on.l1.reader.call({ to: caller, data: toHex(valid.bytes), gas: 2n * GAS, stateOverride })).data
  }
  expect(await call(verdict.gasUsed)).toBe(words(1, 43))
  expect(await call(verdict.gasUsed - 1n)).toBe(words(0, 0))
})

it('33 after all of this the untouched block is still what comes next', async () => {
  expect((await on.advance(valid.bytes)).status).toBe('success')
  expect(await on.headHash()).toBe(toHex(valid.block.hash))
})
