import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { runCallRequest } from '../../execution/call.ts'
import { estimateGas } from '../../execution/estimate.ts'
import type { AccountOverride, CallContext, CallRequest, EstimateOutcome } from '../../execution/types.ts'
import type { Authorization } from '../../stateless/transactionFields.ts'
import { address, bytes, createFixture, ETHER, type Fixture, key } from './callSupport.ts'

const rich = address(1)
const fresh = address(2)
const target = address(3)
const inner = address(4)
const poor = address(5)

const alloc = {
  [key(rich)]: { balance: `0x${(10n * ETHER).toString(16)}` },
  [key(poor)]: { balance: '0x64' },
  [key(target)]: { code: '0x00', storage: { '0x01': '0x2a' } },
  [key(inner)]: { code: '0x00' },
}
const FORKS = ['berlinBlock', 'shanghaiTime', 'pragueTime', 'osakaTime', 'amsterdamTime'] as const
const fixtures = new Map<string, Fixture>()
for (const fork of FORKS) fixtures.set(fork, await createFixture(fork, alloc))
const at = (fork: string): Fixture => {
  const fixture = fixtures.get(fork)
  if (fixture === undefined) throw new Error(`no fixture for ${fork}`)
  return fixture
}
const amsterdam = at('amsterdamTime')

type Overrides = [Uint8Array, AccountOverride][]
const contextOf = (on: Fixture, codes: Overrides): CallContext => ({
  ...on.context,
  stateOverrides: new Map(codes.map(([where, override]) => [key(where).slice(2), override])),
})

function estimate(call: CallRequest, on: Fixture = amsterdam, codes: Overrides = []): Promise<EstimateOutcome> {
  return estimateGas(call, contextOf(on, codes), on)
}

/** The estimate, checked from both sides: it succeeds, one less does not. */
async function exact(call: CallRequest, on: Fixture = amsterdam, codes: Overrides = []) {
  const result = await estimate(call, on, codes)
  if (result.status !== 'success') throw new Error(`estimate ${JSON.stringify(result)}`)
  const succeeds = async (gas: bigint) => {
    const again = await estimate({ ...call, gas }, on, codes)
    // An allowance that no transaction can do with is ignored.
    return again.status === 'success' && again.gas <= gas
  }
  expect(await succeeds(result.gas)).toBe(true)
  expect(await succeeds(result.gas - 1n)).toBe(false)
  return result
}

describe('authorizations', () => {
  const signer = privateKeyToAccount('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
  const authority = bytes(signer.address)
  const signedBy = async (nonce: number): Promise<Authorization> => {
    const { r, s, yParity = 0 } = await signer.signAuthorization({ chainId: 18079, nonce, address: AUTHORIZED })
    return { chainId: 18079n, address: target, nonce: BigInt(nonce), yParity, r: BigInt(r), s: BigInt(s) }
  }
  const AUTHORIZED = key(target) as `0x${string}`
  const set = async (nonce = 0) => ({ from: rich, to: target, authorizationList: [await signedBy(nonce)] })

  test('Prague: an authority that exists gives half of its price back, after it was paid', async () => {
    expect((await exact(await set(), at('pragueTime'))).gas).toBe(21_000n + 25_000n)
    const existing: Overrides = [[authority, { balance: 1n }]]
    expect((await exact(await set(), at('pragueTime'), existing)).gas).toBe(21_000n + 25_000n)
  })

  test('Amsterdam: a new authority costs its account and its indicator', async () => {
    const written = 15_000n + 7_816n + 9_000n
    expect(await exact(await set())).toEqual({
      status: 'success',
      gas: written + 183_600n + 35_190n,
      regularGas: written,
    })
    const existing: Overrides = [[authority, { balance: 1n }]]
    expect((await exact(await set(), amsterdam, existing)).gas).toBe(written + 35_190n)
  })

  test('Amsterdam: what only begins like a delegation is a contract, whose authorization is void', async () => {
    const longer: Overrides = [[authority, { code: bytes(`0xef0100${'00'.repeat(21)}`) }]]
    expect((await exact(await set(), amsterdam, longer)).gas).toBe(15_000n + 7_816n)
    expect((await exact(await set(1), amsterdam)).gas).toBe(15_000n + 7_816n)
  })
})

describe('transfers', () => {
  test.each(FORKS.slice(0, -1))('%s: 21000, to a new account too', async (fork) => {
    expect((await exact({ from: rich, to: fresh, value: 1n }, at(fork))).gas).toBe(21_000n)
    expect((await exact({ from: rich, to: poor, value: 1n }, at(fork))).gas).toBe(21_000n)
  })

  test('Amsterdam: creating the account costs state gas, a call without value is cheaper', async () => {
    expect(await exact({ from: rich, to: fresh, value: 1n })).toEqual({
      status: 'success',
      gas: 204_600n,
      regularGas: 21_000n,
    })
    expect((await exact({ from: rich, to: poor, value: 1n })).gas).toBe(21_000n)
    expect((await exact({ from: rich, to: rich, value: 1n })).gas).toBe(12_000n)
    expect((await exact({ from: rich, to: target })).gas).toBe(15_000n)
  })

  test('calldata floor', async () => {
    const data = new Uint8Array(1000).fill(1)
    expect((await exact({ from: rich, to: target, data })).gas).toBe(15_000n + 64_000n)
    expect((await exact({ from: rich, to: target, data }, at('pragueTime'))).gas).toBe(21_000n + 40_000n)
    expect((await exact({ from: rich, to: target, data }, at('shanghaiTime'))).gas).toBe(21_000n + 16_000n)
  })

  test('an access list counts', async () => {
    const accessList = [{ address: target, storageKeys: [new Uint8Array(32)] }]
    expect((await exact({ from: rich, to: target, accessList }, at('berlinBlock'))).gas).toBe(21_000n + 2400n + 1900n)
  })
})

describe('contracts', () => {
  test('refunds: the limit must cover what is refunded later', async () => {
    // SSTORE(1, 0) over a set slot.
    const codes: Overrides = [[target, { code: bytes('0x5f600155') }]]
    const { gas } = await exact({ from: rich, to: target }, at('shanghaiTime'), codes)
    const spent = await runCallRequest(
      { from: rich, to: target },
      contextOf(at('shanghaiTime'), codes),
      at('shanghaiTime'),
    )
    expect(gas).toBe(21_000n + 2n + 3n + 5000n)
    expect(spent.gasUsed).toBe(gas - 4800n)
  })

  test('a value call: the callee needs its stipend, the caller 1/64', async () => {
    // The inner contract burns about 104,000 gas in a loop; the outer reverts when it fails.
    const outer = `0x5f5f5f5f600173${key(inner).slice(2)}5af115602257005b5f5ffd`
    const codes: Overrides = [
      [inner, { code: bytes('0x610fa05b600190038060035700') }],
      [target, { code: bytes(outer), balance: 1n }],
    ]
    for (const fork of ['shanghaiTime', 'amsterdamTime'] as const) {
      const on = at(fork)
      const { gas } = await exact({ from: rich, to: target }, on, codes)
      const spent = await runCallRequest({ from: rich, to: target }, contextOf(on, codes), on)
      expect(spent.status).toBe('success')
      // A 64th of the gas at the call must stay behind; the stipend that the callee does not use comes back.
      expect(gas).toBeGreaterThan(spent.gasUsed + 1_000n)
    }
  })

  test('a contract that wants gas left over', async () => {
    // Reverts unless 500,000 LT GAS; GAS itself costs 2.
    const codes: Overrides = [[target, { code: bytes('0x5a6207a12010600c575f5ffd5b00') }]]
    expect((await exact({ from: rich, to: target }, amsterdam, codes)).gas).toBe(15_000n + 2n + 500_001n)
  })

  test('deployment in Amsterdam: state gas lies above 2^24, and the regular share is told', async () => {
    // Returns 24,000 bytes of memory as code.
    const data = new Uint8Array(24_000 + 6)
    data.set(bytes('0x615dc05ff300'))
    data.fill(1, 6)
    const { gas, regularGas } = await exact({ from: rich, data })
    expect(gas).toBeGreaterThan(16_777_216n)
    expect(gas).toBeLessThan(60_000_000n)
    expect(regularGas).toBeLessThan(16_777_216n)
  })

  test('a loop that needs more than 2^24 regular gas cannot be sent', async () => {
    // 2,000,000 rounds of 28 gas.
    const codes: Overrides = [[target, { code: bytes('0x621e84805b6001900380600457') }]]
    expect(await estimate({ from: rich, to: target }, amsterdam, codes)).toEqual({
      status: 'failed',
      message: 'gas required exceeds allowance (60000000)',
    })
    expect(await estimate({ from: rich, to: target }, at('osakaTime'), codes)).toEqual({
      status: 'failed',
      message: 'gas required exceeds allowance (16777216)',
    })
  })
})

describe('fewer runs come to what bisection comes to', () => {
  const INNER = key(inner).slice(2)
  /** Each leaves the stack as it was. */
  const PARTS = [
    (n: number) => `60${hex(n)}60${hex(n % 3)}55`, // SSTORE; slot 1 holds something
    (n: number) => `600060${hex(n % 3)}55`, // a slot cleared
    (n: number) => `60${hex(n)}5450`, // SLOAD
    (n: number) => `60${hex(n)}60${hex(n)}52`, // MSTORE
    () => '604060002050', // KECCAK256
    () => '60206000a0', // LOG0
    () => '5a50', // GAS
    () => '333150', // BALANCE of the caller
    () => '4750', // SELFBALANCE
    () => `6000600060006000600073${INNER}5af150`, // CALL
    () => `600060006000600073${INNER}61fffffa50`, // STATICCALL
  ] as const
  const hex = (value: number) => (value % 256).toString(16).padStart(2, '0')

  test.each(FORKS)('%s: random programs', async (fork) => {
    const on = at(fork)
    let seed = 7
    const next = (bound: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % bound
    }
    for (let i = 0; i < 24; i++) {
      // Those at the end of the list make a run depend on its gas: half of the programs have none of them.
      const kinds = i % 2 === 0 ? 6 : PARTS.length
      const code = Array.from({ length: next(6) }, () => PARTS[next(kinds)]?.(next(256)) ?? '').join('')
      const codes: Overrides = [
        [target, { code: bytes(`0x${code}00`) }],
        [inner, { code: bytes('0x60016000555a50') }],
      ]
      const call = {
        from: rich,
        to: target,
        value: BigInt(next(2)),
        ...(i % 3 === 0 ? { gasPrice: (2n * ETHER) / 10n ** 9n } : {}),
      }
      // A call whose failure nobody minds makes success depend on the limit in ways that no search is exact for.
      const found = await (i % 2 === 0 ? exact : estimate)(call, on, codes)
      const bisected = await estimateGas(call, contextOf(on, codes), { ...on, paths: 'reference' })
      expect(found, code).toEqual(bisected)
    }
  })

  test('a balance tells how much gas was paid for', async () => {
    // Reverts unless CALLER BALANCE < 9 ether: the limit decides, at one gwei a unit and more.
    const codes: Overrides = [[target, { code: bytes('0x677ce66c50e2840000333110601357600080fd5b00') }]]
    const gasPrice = ETHER / 1_000_000n
    const found = await exact({ from: rich, to: target, gasPrice, gas: 9_000_000n }, at('shanghaiTime'), codes)
    expect(found.gas).toBeGreaterThan(900_000n)
  })
})

describe('failures', () => {
  test('a revert gives its data', async () => {
    const codes: Overrides = [[target, { code: bytes('0x602a5f5260205ffd') }]]
    const output = new Uint8Array(32)
    output[31] = 42
    expect(await estimate({ to: target }, amsterdam, codes)).toEqual({ status: 'reverted', output })
  })

  test('out of gas names the allowance, another halt itself', async () => {
    const loop: Overrides = [[target, { code: bytes('0x5b5f56') }]]
    expect(await estimate({ to: target, gas: 50_000n }, amsterdam, loop)).toEqual({
      status: 'failed',
      message: 'gas required exceeds allowance (50000)',
    })
    const invalid: Overrides = [[target, { code: bytes('0xfe') }]]
    expect(await estimate({ to: target }, amsterdam, invalid)).toEqual({
      status: 'failed',
      message: 'invalid opcode: INVALID',
    })
  })

  test('an allowance below the minimum; one with which no transaction can do is none', async () => {
    expect(await estimate({ to: target, gas: 14_999n })).toEqual({
      status: 'failed',
      message: 'gas required exceeds allowance (14999)',
    })
    for (const gas of [0n, 1n, 11_999n]) {
      expect(await estimate({ to: target, gas })).toMatchObject({ status: 'success', gas: 15_000n })
      expect(await estimate({ to: target, gas }, at('osakaTime'))).toMatchObject({ status: 'success', gas: 21_000n })
    }
    expect(await estimate({ to: target, gas: 20_999n }, at('osakaTime'))).toMatchObject({
      status: 'success',
      gas: 21_000n,
    })
  })

  test('what the sender can pay for limits the search', async () => {
    const gasPrice = 2_000_000_000n
    const codes: Overrides = [[poor, { balance: gasPrice * 30_000n }]]
    expect((await exact({ from: poor, to: target, gasPrice }, amsterdam, codes)).gas).toBe(15_000n)
    const less: Overrides = [[poor, { balance: gasPrice * 14_000n }]]
    expect(await estimate({ from: poor, to: target, gasPrice }, amsterdam, less)).toEqual({
      status: 'failed',
      message: 'gas required exceeds allowance (14000)',
    })
  })

  test.each([
    [{ from: poor, to: target, value: 101n }, 'insufficient funds for gas * price + value: '],
    [{ from: poor, to: target, value: 101n, gasPrice: 2_000_000_000n }, 'insufficient funds for gas * price + value: '],
    [{ from: poor, to: target, gasPrice: 1n }, 'max fee per gas less than block base fee: '],
    [{ to: target, authorizationList: [] }, 'EIP-7702 transaction with empty auth list'],
  ])('%o', async (call, message) => {
    const result = await estimate(call)
    expect(result.status).toBe('failed')
    if (result.status === 'failed') expect(result.message).toContain(message)
  })

  test('a request above the block gas limit is searched below it', async () => {
    expect((await exact({ from: rich, to: fresh, value: 1n, gas: 10n ** 18n })).gas).toBe(204_600n)
  })

  test('an abort ends the search', async () => {
    const loop: Overrides = [[target, { code: bytes('0x621000005b6001900380600457') }]]
    const controller = new AbortController()
    const context = { ...contextOf(amsterdam, loop), signal: controller.signal }
    const running = estimateGas({ from: rich, to: target }, context, { ...amsterdam, yieldEveryMs: 0 })
    setImmediate(() => controller.abort(new Error('client went away')))
    await expect(running).rejects.toThrow('client went away')
  })
})
