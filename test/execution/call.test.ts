import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { runCallRequest } from '../../execution/call.ts'
import { createChainSpec } from '../../execution/chainSpec.ts'
import { TransactionRejected } from '../../execution/errors.ts'
import type { AccountOverride, CallContext, CallOutcome, CallRequest } from '../../execution/types.ts'
import {
  address,
  bytes,
  configUpTo,
  createFixture,
  ETHER,
  type Fixture,
  key,
  reportCode,
  words,
} from './callSupport.ts'
import { cryptoOnce } from './support.ts'

const OP = {
  address: 0x30,
  origin: 0x32,
  caller: 0x33,
  value: 0x34,
  gasPrice: 0x3a,
  coinbase: 0x41,
  timestamp: 0x42,
  number: 0x43,
  prevRandao: 0x44,
  gasLimit: 0x45,
  chainId: 0x46,
  selfBalance: 0x47,
  baseFee: 0x48,
  blobBaseFee: 0x4a,
  gas: 0x5a,
} as const

const rich = address(1)
const reporter = address(2)
const target = address(3)
const self = address(4)

const REPORT = [OP.caller, OP.origin, OP.value, OP.gasPrice, OP.baseFee, OP.blobBaseFee, OP.number, OP.timestamp]
/** SLOAD of calldata word 0. */
const LOADER = '0x5f355460005260205ff3'
const BASE_FEE = 1_000_000_000n

const alloc = {
  [key(rich)]: { balance: `0x${(10n * ETHER).toString(16)}`, nonce: '0x7' },
  [key(reporter)]: { code: reportCode(REPORT) },
  [key(target)]: { code: LOADER, balance: '0x5', storage: { '0x01': '0x2a', '0x02': '0x2b' } },
  // Returns the size of its caller's code: CALLER EXTCODESIZE.
  [key(self)]: { code: '0x333b5f5260205ff3' },
}
const fixture = await createFixture('amsterdamTime', alloc)

function call(request: CallRequest, context: Partial<CallContext> = {}, on: Fixture = fixture): Promise<CallOutcome> {
  return runCallRequest(request, { ...on.context, ...context }, on)
}

async function output(request: CallRequest, context: Partial<CallContext> = {}, on?: Fixture): Promise<bigint[]> {
  const outcome = await call(request, context, on)
  if (outcome.status !== 'success') throw new Error(`call ${outcome.status}: ${JSON.stringify(outcome, bigints)}`)
  return words(outcome.output)
}

const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)

async function rejection(request: CallRequest, context: Partial<CallContext> = {}): Promise<string> {
  const error = await call(request, context).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof TransactionRejected) return `${error.code} ${error.message}`
  throw error ?? new Error('not rejected')
}

const overrides = (entries: [Uint8Array, AccountOverride][]): ReadonlyMap<string, AccountOverride> =>
  new Map(entries.map(([at, override]) => [key(at).slice(2), override]))
const slot = (value: number): string => value.toString(16).padStart(64, '0')
const word = (value: number): Uint8Array => bytes(slot(value))

describe('fees and sender', () => {
  test('no price: base fee and gas price 0, sender is the zero address', async () => {
    const [caller, origin, value, gasPrice, baseFee] = await output({ to: reporter })
    expect([caller, origin, value, gasPrice, baseFee]).toEqual([0n, 0n, 0n, 0n, 0n])
  })

  test('a gas price brings the base fee back and must be paid for', async () => {
    const gas = 1_000_000n
    const [caller, , , gasPrice, baseFee] = await output({ from: rich, to: reporter, gas, gasPrice: 3n * BASE_FEE })
    expect([caller, gasPrice, baseFee]).toEqual([BigInt(key(rich)), 3n * BASE_FEE, BASE_FEE])
    expect(await rejection({ to: reporter, gas, gasPrice: 3n * BASE_FEE })).toMatch(
      /^INSUFFICIENT_FUNDS insufficient funds for gas \* price \+ value: address 0x0{40} have 0 want 3000000000000000$/,
    )
    expect(await rejection({ from: rich, to: reporter, gas, gasPrice: BASE_FEE - 1n })).toMatch(
      /^FEE_CAP_TOO_LOW max fee per gas less than block base fee: .* maxFeePerGas: 999999999, baseFee: 1000000000$/,
    )
  })

  test('fee cap and tip give the effective price', async () => {
    const fees = { maxFeePerGas: 5n * BASE_FEE, maxPriorityFeePerGas: BASE_FEE }
    const result = await output({ from: rich, to: reporter, gas: 1_000_000n, ...fees })
    expect(result.slice(3, 5)).toEqual([2n * BASE_FEE, BASE_FEE])
    expect(await rejection({ from: rich, to: reporter, maxPriorityFeePerGas: 1n })).toMatch(/^TIP_ABOVE_FEE_CAP /)
  })

  test('value is transferred and must be there', async () => {
    expect((await output({ from: rich, to: reporter, value: 5n }))[2]).toBe(5n)
    expect(await rejection({ from: rich, to: reporter, value: 11n * ETHER })).toMatch(
      /^INSUFFICIENT_FUNDS insufficient funds for gas \* price \+ value: /,
    )
  })

  test('the nonce does not matter', async () => {
    expect(await output({ from: rich, to: reporter, nonce: 99n })).toBeDefined()
  })

  test('a contract may be the sender and keeps its code meanwhile', async () => {
    expect(await output({ from: self, to: self })).toEqual([8n])
    expect(await output({ from: self, to: self }, {}, await createFixture('shanghaiTime', alloc))).toEqual([8n])
    const berlin = await createFixture('berlinBlock', { [key(self)]: { code: '0x333b60005260206000f3' } })
    expect(await output({ from: self, to: self }, {}, berlin)).toEqual([10n])
  })
})

describe('outcomes', () => {
  const run = (code: string, request: CallRequest = {}) =>
    call({ to: target, ...request }, { stateOverrides: overrides([[target, { code: bytes(code) }]]) })

  test('success carries logs and the gas that a transaction would pay', async () => {
    // LOG1 of an empty memory slice with topic 7.
    const outcome = await run('0x60075f5fa100')
    expect(outcome).toMatchObject({ status: 'success', gasUsed: 15_000n + 3n + 2n + 2n + 750n })
    if (outcome.status !== 'success') throw new Error('failed')
    expect(outcome.logs).toEqual([{ address: target, topics: [word(7)], data: new Uint8Array(0) }])
  })

  test('a revert carries its data', async () => {
    expect(await run('0x602a5f5260205ffd')).toMatchObject({ status: 'reverted', output: word(42) })
  })

  test.each([
    ['0xfe', 'invalid opcode: INVALID'],
    ['0x0c', 'invalid opcode: opcode 0xc not defined'],
    ['0x5b600056', 'out of gas'],
    ['0x600456', 'invalid jump destination'],
    ['0x50', 'stack underflow (0 <=> 1)'],
    ['0x600101', 'stack underflow (1 <=> 2)'],
    ['0x600152', 'stack underflow (1 <=> 2)'],
    ['0x600153', 'stack underflow (1 <=> 2)'],
    ['0x5f5f08', 'stack underflow (2 <=> 3)'],
    ['0x5f5f82', 'stack underflow (2 <=> 3)'],
    ['0x5f5f91', 'stack underflow (2 <=> 3)'],
    ['0x5f5f5f5f5f5ff1', 'stack underflow (6 <=> 7)'],
    ['0x5f5fa1', 'stack underflow'],
    ['0x5b5f5f5f5f5f5f5f5f600056', 'stack limit reached 1024 (1023)'],
  ])('%s halts: %s', async (code, error) => {
    expect(await run(code, { gas: 100_000n })).toEqual({ status: 'halted', error, gasUsed: 100_000n })
  })

  test('writing in a static context', async () => {
    // STATICCALL to itself; the inner call stores, the outer reverts with nothing.
    const code = '0x36600c575f5f60015f305afa5f5260205ff35b60015f5500'
    const [success] = words(((await run(code)) as { output: Uint8Array }).output)
    expect(success).toBe(0n)
  })

  test('creation returns the deployed code', async () => {
    const outcome = await call({ from: rich, data: bytes('0x61fefe5f526002601ef3') })
    expect(outcome).toMatchObject({ status: 'success', output: bytes('0xfefe') })
    const bad = await call({ from: rich, data: bytes('0x60ef5f526001601ff3') })
    expect(bad).toMatchObject({ status: 'halted', error: 'invalid code: must not begin with 0xef' })
  })

  test('gas below the minimum is refused before anything runs', async () => {
    expect(await rejection({ to: target, gas: 14_999n })).toBe(
      'INTRINSIC_GAS_TOO_LOW intrinsic gas too low: have 14999, want 15000',
    )
    expect(await rejection({ to: target, gas: 20_000n, data: new Uint8Array(100).fill(1) })).toBe(
      'FLOOR_DATA_GAS_TOO_LOW insufficient gas for floor data gas cost: have 20000, want 21400',
    )
  })

  test('calls may use more regular gas than a transaction', async () => {
    const on = await createFixture('osakaTime', { [key(reporter)]: { code: reportCode([OP.gas]) } })
    for (const where of [fixture, on]) {
      const stateOverrides = overrides([[reporter, { code: bytes(reportCode([OP.gas])) }]])
      const [gas] = await output({ to: reporter, gas: 50_000_000n }, { stateOverrides }, where)
      expect(gas).toBeGreaterThan(49_900_000n)
    }
  })

  test('without gas the block gas limit holds', async () => {
    const [gas] = await output(
      { to: reporter },
      { stateOverrides: overrides([[reporter, { code: bytes(reportCode([OP.gas])) }]]) },
    )
    expect(gas).toBe(60_000_000n - 15_000n - 2n)
  })
})

describe('kinds of transactions', () => {
  test('an access list warms a slot', async () => {
    const data = word(1)
    const cold = await call({ to: target, data })
    const accessList = [{ address: target, storageKeys: [word(1)] }]
    const warm = await call({ to: target, data, accessList })
    const listCost = 2900n + 2000n + 64n * 52n
    expect(warm.gasUsed - cold.gasUsed).toBe(listCost - 2000n)
  })

  test('an authorization list is applied when its signature is good', async () => {
    const account = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
    const signed = await account.signAuthorization({
      chainId: 18079,
      nonce: 0,
      address: key(reporter) as `0x${string}`,
    })
    const authorization = {
      chainId: 18079n,
      address: reporter,
      nonce: 0n,
      yParity: signed.yParity ?? 0,
      r: BigInt(signed.r),
      s: BigInt(signed.s),
    }
    const to = bytes(account.address)
    expect(await call({ to })).toMatchObject({ status: 'success', output: new Uint8Array(0) })
    expect((await output({ from: rich, to, authorizationList: [authorization] }))[0]).toBe(BigInt(key(rich)))
    expect(await rejection({ from: rich, to, authorizationList: [] })).toMatch(/^EMPTY_AUTHORIZATION_LIST /)
    expect(await rejection({ from: rich, authorizationList: [authorization] })).toMatch(/^INVALID /)
  })

  test('blob hashes are visible; without a price blobs are free', async () => {
    const hash = word(9)
    hash[0] = 1
    // BLOBHASH(0), BLOBBASEFEE
    const code = bytes('0x5f495f524a60205260405ff3')
    const stateOverrides = overrides([[target, { code }]])
    const blockOverride = { blobBaseFee: 77n }
    const call = { from: rich, to: target, blobVersionedHashes: [hash] }
    expect(await output(call, { stateOverrides, blockOverride })).toEqual([BigInt(key(hash)), 0n])
    const paid = { ...call, maxFeePerBlobGas: 80n }
    expect(await output(paid, { stateOverrides, blockOverride })).toEqual([BigInt(key(hash)), 77n])
    expect(await rejection({ ...call, maxFeePerBlobGas: 76n }, { stateOverrides, blockOverride })).toMatch(
      /^BLOB_FEE_CAP_TOO_LOW /,
    )
    expect(await rejection({ ...call, blobVersionedHashes: [] })).toMatch(
      /^INVALID blob transaction missing blob hashes/,
    )
  })

  test('types of later forks are refused, a fee cap alone is not', async () => {
    const berlin = await createFixture('berlinBlock', {
      [key(rich)]: { balance: '0xffffffffffff' },
      [key(reporter)]: { code: '0x3a60005260206000f3' },
    })
    const request = { from: rich, to: reporter, gas: 100_000n }
    expect(await output({ ...request, maxFeePerGas: 5n }, {}, berlin)).toEqual([5n])
    await expect(call({ ...request, authorizationList: [] }, {}, berlin)).rejects.toThrow(
      'transaction type not supported',
    )
  })

  test('init code beyond the limit', async () => {
    expect(await rejection({ data: new Uint8Array(131_073) })).toMatch(/^INITCODE_TOO_LARGE /)
  })
})

describe('overrides', () => {
  test('balance, nonce, code', async () => {
    const poor = address(0x50)
    const created = [[poor, { balance: 3n, nonce: 5n, code: bytes(reportCode([OP.selfBalance])) }]] as [
      Uint8Array,
      AccountOverride,
    ][]
    expect(await output({ to: poor }, { stateOverrides: overrides(created) })).toEqual([3n])
    expect(await output({ from: poor, to: reporter, value: 3n }, { stateOverrides: overrides(created) })).toBeDefined()
  })

  test('state replaces all storage, stateDiff some of it', async () => {
    const read = (at: number, override: AccountOverride) =>
      output({ to: target, data: word(at) }, { stateOverrides: overrides([[target, override]]) })
    expect(await read(1, {})).toEqual([0x2an])
    const values = new Map([[slot(1), word(9)]])
    expect(await read(1, { stateDiff: values })).toEqual([9n])
    expect(await read(2, { stateDiff: values })).toEqual([0x2bn])
    expect(await read(1, { state: values })).toEqual([9n])
    expect(await read(2, { state: values })).toEqual([0n])
    expect(await read(1, { stateDiff: new Map([[slot(1), word(0)]]) })).toEqual([0n])
  })

  test('a precompile runs where it was moved to, and what is overridden runs no more', async () => {
    const sha256 = bytes(`0x${'2'.padStart(40, '0')}`)
    const data = word(1)
    const [hash] = await output({ to: sha256, data })
    const moved = { stateOverrides: overrides([[sha256, { movePrecompileTo: target }]]) }
    expect(await output({ to: target, data }, moved)).toEqual([hash])
    expect(await output({ to: sha256, data }, moved)).toEqual([])
    const code = bytes(reportCode([OP.number]))
    const replaced = { stateOverrides: overrides([[sha256, { code }]]) }
    expect(await output({ to: sha256, data }, replaced)).toEqual([fixture.context.header.number])
    const itself = { stateOverrides: overrides([[target, { movePrecompileTo: target }]]) }
    await expect(call({ to: target }, itself)).rejects.toMatchObject({ code: 'NOT_A_PRECOMPILE' })
  })

  test('storage of an account that is not there', async () => {
    const fresh = address(0x51)
    const values = new Map([[slot(1), word(9)]])
    const code = bytes('0x6001545f5260205ff3')
    expect(await output({ to: fresh }, { stateOverrides: overrides([[fresh, { code, stateDiff: values }]]) })).toEqual([
      9n,
    ])
  })

  test('every field of the block', async () => {
    const opcodes = [OP.number, OP.timestamp, OP.gasLimit, OP.coinbase, OP.prevRandao, OP.baseFee, OP.blobBaseFee]
    const stateOverrides = overrides([[target, { code: bytes(reportCode(opcodes)) }]])
    const blockOverride = {
      number: 1000n,
      timestamp: 2000n,
      gasLimit: 80_000_000n,
      coinbase: address(9),
      prevRandao: word(10),
      baseFeePerGas: 11n,
      blobBaseFee: 12n,
    }
    const free = await output({ to: target }, { stateOverrides, blockOverride })
    expect(free).toEqual([1000n, 2000n, 80_000_000n, BigInt(key(address(9))), 10n, 0n, 12n])
    const paid = await output(
      { from: rich, to: target, gas: 100_000n, gasPrice: 11n },
      { stateOverrides, blockOverride },
    )
    expect(paid[5]).toBe(11n)
  })

  test('a timestamp can reach another fork', async () => {
    const { spec, context } = await createFixture('osakaTime', alloc)
    const later = { spec: { ...spec, ...fixture.spec, forkAt: spec.forkAt }, context }
    // Amsterdam rules over an Osaka header: the missing header fields are neutral.
    const outcome = await runCallRequest({ to: target, data: word(1) }, context, later)
    expect(outcome).toMatchObject({ status: 'success', output: word(0x2a) })
  })
})

describe('isolation', () => {
  test('nothing stays from one call to the next', async () => {
    // Counts in slot 1 and returns the new value.
    const stateOverrides = overrides([[target, { code: bytes('0x600154600101805f5260015560205ff3') }]])
    expect(await output({ to: target }, { stateOverrides })).toEqual([0x2bn])
    expect(await output({ to: target }, { stateOverrides })).toEqual([0x2bn])
  })

  test('calls at the same time do not meet', async () => {
    const values = Array.from({ length: 8 }, (_, i) => BigInt(i))
    const results = await Promise.all(values.map((value) => output({ from: rich, to: reporter, value })))
    expect(results.map((result) => result[2])).toEqual(values)
  })

  test('an abort stops a long call', async () => {
    const stateOverrides = overrides([[target, { code: bytes('0x5b5f56') }]])
    const controller = new AbortController()
    const running = call({ to: target, gas: 2_000_000_000n }, { stateOverrides, signal: controller.signal })
    setImmediate(() => controller.abort(new Error('too long')))
    await expect(running).rejects.toThrow('too long')
    await expect(call({ to: target }, { signal: controller.signal })).rejects.toThrow('too long')
  })

  test('a failing read of the state is not taken for a failed call', async () => {
    const broken = {
      ...fixture.context.state,
      getStorage() {
        throw new Error('store is gone')
      },
    }
    await expect(call({ to: target, data: word(1) }, { state: broken })).rejects.toThrow('store is gone')
  })
})

describe('EXECUTE', () => {
  test('is there when the fork has it, and given the forwarded gas', async () => {
    const { spec, context } = fixture
    const at = address(0)
    at.fill(0)
    at[18] = 1
    at[19] = 1
    const asked: bigint[] = []
    const execute = async (input: Uint8Array, gasLimit: bigint) => {
      asked.push(gasLimit)
      return { ok: true as const, output: input.slice().reverse(), gasUsed: 100n }
    }
    const outcome = await runCallRequest({ to: at, data: bytes('0x0102'), gas: 100_000n }, context, { spec, execute })
    expect(outcome).toMatchObject({ status: 'success', output: new Uint8Array(0) })
    expect(asked).toEqual([])
    const config = { chainId: 18079, ...configUpTo('amsterdamTime'), nativeRollupsTime: 0 }
    const rollups = createChainSpec(config, { crypto: await cryptoOnce })
    const active = await runCallRequest({ to: at, data: bytes('0x0102'), gas: 100_000n }, context, {
      spec: rollups,
      execute,
    })
    expect(active).toMatchObject({ status: 'success', output: bytes('0x0201') })
    expect(asked).toEqual([100_000n - 15_000n - 32n])
  })
})
