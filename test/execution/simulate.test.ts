import { beforeAll, describe, expect, test } from 'vitest'
import type {
  AccountOverride,
  CallRequest,
  SimulatedBlock,
  SimulationBlock,
  SimulationRequest,
  Transaction,
} from '../../execution/types.ts'
import { bytesToBigint, bytesToHex, concatBytes, hexToBytes } from '../../stateless/bytes.ts'
import { hashHeader } from '../../stateless/header.ts'
import { addressOf, createDevChain, type DevChain } from './devChain.ts'
import { buildRandomBlock, createRandomChain } from './randomBlocks.ts'

const SEEDS = process.env.REENACT_FULL === '1' ? 40 : 4
const GAS_CAP = 50_000_000n
const MAX_NONCE = 2n ** 64n - 1n

const poor = hexToBytes('a0'.repeat(20))
const contract = hexToBytes('a1'.repeat(20))
const other = hexToBytes('a2'.repeat(20))
const rich = addressOf(0)
const hexOf = bytesToHex
const precompile = (last: number) => hexToBytes(last.toString(16).padStart(40, '0'))

/** Calls this address with these opcodes for its value, drops the answer. */
const callTo = (address: Uint8Array, value = '5f') => `5f5f5f5f${value}73${hexOf(address)}5af150`
const RETURN_WORD = '5f5260205ff3'
const LOG = '5f5fa0'
const COUNT = `5f546001018${'0'}5f55${RETURN_WORD}`

let amsterdam: DevChain
let osaka: DevChain
beforeAll(async () => {
  amsterdam = await createDevChain()
  osaka = await createDevChain({ config: { amsterdamTime: 10 ** 9 } })
})

type Options = Partial<Pick<SimulationRequest, 'traceTransfers' | 'validation' | 'gasCap' | 'signal'>>

function simulate(chain: DevChain, blocks: readonly SimulationBlock[], options: Options = {}) {
  return chain.engine.simulate({
    base: chain.head,
    nodes: chain.memory.source,
    blockHash: chain.memory.blockHash,
    blocks,
    traceTransfers: false,
    validation: false,
    gasCap: GAS_CAP,
    ...options,
  })
}

const overrides = (...entries: [Uint8Array, AccountOverride][]): ReadonlyMap<string, AccountOverride> =>
  new Map(entries.map(([address, override]) => [hexOf(address), override]))
const code = (hex: string): AccountOverride => ({ code: hexToBytes(hex) })

/** One block of these calls, with code at `contract`. */
async function run(chain: DevChain, contractCode: string, calls: readonly CallRequest[], options: Options = {}) {
  const [block] = await simulate(chain, [{ calls, stateOverrides: overrides([contract, code(contractCode)]) }], options)
  return required(block)
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('nothing there')
  return value
}

const call = ({ calls }: SimulatedBlock, index = 0) => required(calls[index])
const number = (output: Uint8Array) => bytesToBigint(output)
const refusal = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) })

describe('a simulated block is the sealed block', () => {
  test.each(Array.from({ length: SEEDS }, (_, i) => i + 1))('seed %i', async (seed) => {
    const chain = await createRandomChain(seed)
    for (let height = 0; height < 2; height++) {
      const { outcome } = await buildRandomBlock(chain, seed * 1000 + height, 12)
      const { header } = outcome.block
      const blockOverride = {
        number: header.number,
        timestamp: header.timestamp,
        coinbase: header.coinbase,
        gasLimit: header.gasLimit,
        prevRandao: header.prevRandao,
        ...(header.parentBeaconBlockRoot === undefined ? {} : { parentBeaconBlockRoot: header.parentBeaconBlockRoot }),
        withdrawals: outcome.block.withdrawals ?? [],
      }
      const calls = outcome.block.transactions.map((raw) => callOf(chain.engine.decodeTransaction(raw, header)))
      expect(calls.length).toBeGreaterThan(0)
      const [simulated] = await simulate(chain, [{ calls, blockOverride }], { validation: true, gasCap: 10n ** 9n })
      const { block, calls: results } = required(simulated)
      expect(results.map(({ gasUsed }) => gasUsed)).toEqual(outcome.receipts.map(({ gasUsed }) => gasUsed))
      expect(results.map(({ logs }) => logs.map(({ log }) => log))).toEqual(outcome.receipts.map(({ logs }) => logs))
      const numbered = results.flatMap(({ logs }) => logs.map(({ index }) => index))
      expect(numbered).toEqual(numbered.map((_, index) => index))
      // Only signatures differ, and with them the transactions and the extra data of the builder.
      const { transactionsRoot, extraData } = block.header
      expect(block.header).toEqual({ ...header, transactionsRoot, extraData })
      chain.append(outcome)
    }
  })
})

function callOf(tx: Transaction): CallRequest {
  const { sender, gasLimit, raw, hash, type, chainId, v, r, s, ...same } = tx
  return { ...same, from: sender, gas: gasLimit }
}

describe('headers', () => {
  test('hash, parent, and what nobody gives', async () => {
    const blocks = await simulate(amsterdam, [{ calls: [] }, { calls: [] }])
    const [first, second] = blocks.map(({ block }) => block)
    const base = amsterdam.head
    expect(first?.header).toMatchObject({
      parentHash: base.hash,
      number: base.header.number + 1n,
      timestamp: base.header.timestamp + 12n,
      coinbase: base.header.coinbase,
      gasLimit: base.header.gasLimit,
      baseFeePerGas: 0n,
      difficulty: 0n,
      prevRandao: new Uint8Array(32),
      extraData: new Uint8Array(0),
      parentBeaconBlockRoot: new Uint8Array(32),
      gasUsed: 0n,
    })
    expect(first?.hash).toEqual(hashHeader(required(first).header))
    expect(second?.header.parentHash).toEqual(first?.hash)
    expect(second?.header.slotNumber).toBe(required(first?.header.slotNumber) + 1n)
  })

  test('with validation the base fee follows from the parent', async () => {
    const [block] = await simulate(amsterdam, [{ calls: [] }], { validation: true })
    const { header } = amsterdam.head
    expect(block?.block.header.baseFeePerGas).toBe(amsterdam.engine.nextBaseFee(header, header.timestamp + 12n))
  })

  test('gas limit and coinbase stay as they were overridden, base fee and randomness do not', async () => {
    const blockOverride = {
      gasLimit: 1_000_000n,
      coinbase: other,
      baseFeePerGas: 10n,
      prevRandao: new Uint8Array(32).fill(1),
    }
    const [first, second] = await simulate(amsterdam, [{ calls: [], blockOverride }, { calls: [] }])
    expect(first?.block.header).toMatchObject(blockOverride)
    expect(second?.block.header).toMatchObject({
      gasLimit: 1_000_000n,
      coinbase: other,
      baseFeePerGas: 0n,
      prevRandao: new Uint8Array(32),
    })
  })

  test('withdrawals are paid, the beacon root is stored', async () => {
    const withdrawals = [{ index: 0n, validatorIndex: 0n, address: poor, amount: 3n }]
    const root = new Uint8Array(32).fill(9)
    const timestamp = amsterdam.head.header.timestamp + 1n
    const beaconRoots = hexToBytes('000f3df6d732807ef1319fb7b8bb8522d0beac02')
    const data = hexToBytes(timestamp.toString(16).padStart(64, '0'))
    const [first, second] = await simulate(amsterdam, [
      { calls: [{ to: beaconRoots, data }], blockOverride: { timestamp, parentBeaconBlockRoot: root, withdrawals } },
      { calls: [{ from: poor, to: other, value: 3_000_000_000n }] },
    ])
    expect(call(required(first)).output).toEqual(root)
    expect(first?.block.withdrawals).toEqual(withdrawals)
    expect(call(required(second)).status).toBe('success')
  })

  test('state overrides are not in the access list', async () => {
    const [plain] = await simulate(amsterdam, [{ calls: [] }])
    const [overridden] = await simulate(amsterdam, [
      { calls: [], stateOverrides: overrides([poor, { balance: 5n, code: hexToBytes('00') }]) },
    ])
    expect(overridden?.block.header.blockAccessListHash).toEqual(plain?.block.header.blockAccessListHash)
    expect(overridden?.block.header.stateRoot).not.toEqual(plain?.block.header.stateRoot)
  })
})

describe('calls', () => {
  test('see what earlier calls and blocks did', async () => {
    const count: CallRequest = { to: contract }
    const blocks = await simulate(amsterdam, [
      { calls: [count, count], stateOverrides: overrides([contract, code(COUNT)]) },
      { calls: [count] },
      { calls: [count], stateOverrides: overrides([contract, { stateDiff: new Map([['0'.repeat(64), word(40n)]]) }]) },
      { calls: [count], stateOverrides: overrides([contract, { state: new Map() }]) },
    ])
    const outputs = blocks.flatMap(({ calls }) => calls.map(({ output }) => number(output)))
    expect(outputs).toEqual([1n, 2n, 3n, 41n, 1n])
  })

  test('BLOCKHASH knows the base, simulated blocks and filled gaps', async () => {
    const ask = (height: bigint): CallRequest => ({ to: contract, data: word(height) })
    const top = amsterdam.head.header.number
    const blocks = await simulate(amsterdam, [
      { calls: [ask(top)], stateOverrides: overrides([contract, code(`5f3540${RETURN_WORD}`)]) },
      { calls: [ask(top + 1n), ask(top + 2n), ask(top + 3n)], blockOverride: { number: top + 3n } },
    ])
    const [first, gap, last] = blocks
    expect(call(required(first)).output).toEqual(amsterdam.head.hash)
    expect(last?.calls.map(({ output }) => output)).toEqual([first?.block.hash, gap?.block.hash, new Uint8Array(32)])
  })

  test('a revert gives its data, a halt its reason; neither has logs', async () => {
    const reverting = await run(amsterdam, `${LOG}61beef5f526002601efd`, [{ to: contract }])
    expect(call(reverting)).toMatchObject({ status: 'reverted', output: hexToBytes('beef'), logs: [] })
    const halting = await run(amsterdam, `${LOG}fe`, [{ to: contract, gas: 100_000n }])
    expect(call(halting)).toMatchObject({
      status: 'halted',
      error: 'invalid opcode: INVALID',
      logs: [],
      gasUsed: 100_000n,
    })
    const failed = await run(osaka, '5b5f56', [{ to: contract, gas: 100_000n }])
    expect(call(failed)).toMatchObject({ status: 'halted', error: 'out of gas' })
  })

  test('maxUsedGas is before refunds, and not below the calldata floor', async () => {
    const clearing = await simulate(osaka, [
      {
        calls: [{ to: contract }],
        stateOverrides: overrides([contract, { ...code('5f5f5500'), state: new Map([['0'.repeat(64), word(1n)]]) }]),
      },
    ])
    const { gasUsed, maxUsedGas } = call(required(clearing[0]))
    expect([maxUsedGas, gasUsed]).toEqual([21_000n + 2n + 2n + 5_000n, 26_004n - 4_800n])
    const floored = await run(osaka, '00', [{ to: contract, data: new Uint8Array(100).fill(1) }])
    expect(call(floored)).toMatchObject({ gasUsed: 25_000n, maxUsedGas: 25_000n })
  })

  test('a contract may be the sender, with validation too', async () => {
    const fees = { maxFeePerGas: 10n ** 10n }
    const stateOverrides = overrides([contract, { ...code('fe'), balance: 10n ** 18n }])
    const calls = [{ from: contract, to: rich, value: 1n, ...fees }]
    const [block] = await simulate(amsterdam, [{ calls, stateOverrides }], { validation: true })
    expect(call(required(block)).status).toBe('success')
  })

  test('transactions are what the calls say, unsigned', async () => {
    const accessList = [{ address: other, storageKeys: [word(1n)] }]
    const authorization = { chainId: 0n, address: other, nonce: 0n, yParity: 0, r: 1n, s: 1n }
    const [block] = await simulate(amsterdam, [
      {
        stateOverrides: overrides([rich, { nonce: 7n }]),
        calls: [
          { from: rich, to: other },
          { from: rich, to: other, gasPrice: 0n },
          { from: rich, to: other, gasPrice: 0n, accessList },
          { from: rich, to: other, authorizationList: [authorization] },
          {
            from: rich,
            to: other,
            nonce: 3n,
            blobVersionedHashes: [concatBytes([Uint8Array.of(1), new Uint8Array(31)])],
          },
        ],
      },
    ])
    const { transactions } = required(block)
    expect(transactions.map(({ type }) => type)).toEqual([2, 0, 1, 4, 3])
    expect(transactions.map(({ nonce }) => nonce)).toEqual([7n, 8n, 9n, 10n, 3n])
    expect(transactions.map(({ v, r, s }) => v + r + s)).toEqual([0n, 0n, 0n, 0n, 0n])
    expect(block?.block.transactions).toEqual(transactions.map(({ raw }) => raw))
    expect(transactions.map(({ raw }) => raw[0])).toEqual([2, expect.any(Number), 1, 4, 3])
  })

  test('many overrides are all there, and replaced storage is gone', async () => {
    const COUNT = 300
    const numbers = Array.from({ length: COUNT }, (_, i) => i)
    const slots = new Map(numbers.map((i) => [hexOf(word(BigInt(i))), word(BigInt(i + 1))]))
    const accounts = numbers.map((i): [Uint8Array, AccountOverride] => [precompile(0x1000 + i), { balance: BigInt(i) }])
    const slotReader = code(`5f3554${RETURN_WORD}`)
    const balanceReader = code(`5f3531${RETURN_WORD}`)
    const [, block] = await simulate(osaka, [
      { calls: [], stateOverrides: overrides([contract, { stateDiff: new Map([[hexOf(word(999n)), word(9n)]]) }]) },
      {
        calls: [
          ...[0n, 127n, 128n, 299n, 999n].map((slot) => ({ to: contract, data: word(slot) })),
          ...[1n, 128n, 299n].map((i) => ({ to: other, data: word(0x1000n + i) })),
        ],
        stateOverrides: overrides(...accounts, [contract, { ...slotReader, state: slots }], [other, balanceReader]),
      },
    ])
    const outputs = required(block).calls.map(({ output }) => number(output))
    expect(outputs).toEqual([1n, 128n, 129n, 300n, 0n, 1n, 128n, 299n])
  })

  test('an account that an override left empty exists', async () => {
    const root = async (override: AccountOverride) => {
      const [block] = await simulate(osaka, [{ calls: [], stateOverrides: overrides([poor, override]) }])
      return block?.block.header.stateRoot
    }
    const nothing = await root({})
    expect(await root({ stateDiff: new Map() })).toEqual(nothing)
    const empty = await root({ balance: 0n })
    expect(empty).not.toEqual(nothing)
    for (const override of [{ nonce: 0n }, { code: new Uint8Array(0) }, { state: new Map() }]) {
      expect(await root(override)).toEqual(empty)
    }
    expect(await root({ stateDiff: new Map([['0'.repeat(64), word(1n)]]) })).not.toEqual(empty)
  })
})

describe('fees', () => {
  const shown = `48${RETURN_WORD}`
  const blockOverride = { baseFeePerGas: 10n, coinbase: other }

  test('without a price nothing is paid, while code sees the base fee', async () => {
    const [block] = await simulate(amsterdam, [
      { calls: [{ from: poor, to: contract }], blockOverride, stateOverrides: overrides([contract, code(shown)]) },
    ])
    expect(call(required(block)).status).toBe('success')
    expect(number(call(required(block)).output)).toBe(10n)
  })

  test('with a price the sender pays it and the coinbase gets the tip', async () => {
    const balance = 10n ** 12n
    const [block] = await simulate(amsterdam, [
      {
        calls: [
          { from: poor, to: contract, gas: 100_000n, maxFeePerGas: 15n, maxPriorityFeePerGas: 3n },
          { to: contract, data: concatBytes([new Uint8Array(12), poor]) },
          { to: contract, data: concatBytes([new Uint8Array(12), other]) },
        ],
        blockOverride,
        stateOverrides: overrides([contract, code(`5f3531${RETURN_WORD}`)], [poor, { balance }], [other, { balance }]),
      },
    ])
    const { gasUsed } = call(required(block))
    expect(number(call(required(block), 1).output)).toBe(balance - 13n * gasUsed)
    expect(number(call(required(block), 2).output)).toBe(balance + 3n * gasUsed)
  })

  test('blobs are free without a price, and cost the overridden one otherwise', async () => {
    const blobVersionedHashes = [concatBytes([Uint8Array.of(1), new Uint8Array(31)])]
    const at = (blobBaseFee: bigint, maxFeePerBlobGas?: bigint) =>
      simulate(amsterdam, [
        {
          calls: [
            {
              from: poor,
              to: contract,
              blobVersionedHashes,
              ...(maxFeePerBlobGas === undefined ? {} : { maxFeePerBlobGas }),
            },
            { to: contract, data: concatBytes([new Uint8Array(12), poor]) },
          ],
          blockOverride: { blobBaseFee },
          stateOverrides: overrides([contract, code(`5f3531${RETURN_WORD}`)], [poor, { balance: 10n ** 9n }]),
        },
      ])
    expect(number(call(required((await at(7n))[0]), 1).output)).toBe(10n ** 9n)
    const [paid] = await at(7n, 8n)
    expect(number(call(required(paid), 1).output)).toBe(10n ** 9n - 7n * 131_072n)
    expect(paid?.block.header.blobGasUsed).toBe(131_072n)
    await expect(at(7n, 6n)).rejects.toEqual(refusal('SIMULATED_TRANSACTION_INVALID', 'max fee per blob gas'))
  })
})

describe('gas', () => {
  const burn = '5b5f56'
  test('by default a call gets what is left in the block, and all calls share the cap', async () => {
    const blocks = await simulate(
      osaka,
      [
        { calls: [{ to: other, gas: 30_000n }, { to: other }], blockOverride: { gasLimit: 100_000n } },
        { calls: [{ to: other }], blockOverride: { gasLimit: 10_000_000n } },
      ],
      { gasCap: 90_000n },
    )
    const limits = blocks.flatMap(({ transactions }) => transactions.map(({ gasLimit }) => gasLimit))
    expect(limits).toEqual([30_000n, 69_000n, 48_000n])
  })

  test('a call may ask for exactly what is left, and may burn it', async () => {
    const stateOverrides = overrides([contract, code(burn)])
    const blockOverride = { gasLimit: 100_000n }
    const [block] = await simulate(osaka, [
      { calls: [{ to: other }, { to: contract, gas: 79_000n }], stateOverrides, blockOverride },
    ])
    expect(call(required(block), 1)).toMatchObject({ status: 'halted', error: 'out of gas', gasUsed: 79_000n })
    expect(block?.block.header.gasUsed).toBe(100_000n)
  })

  test('Amsterdam: both dimensions fill the block', async () => {
    const fresh = hexToBytes('b1'.repeat(20))
    const value = { from: rich, value: 1n }
    const [block] = await simulate(amsterdam, [
      {
        calls: [
          { ...value, to: fresh },
          { ...value, to: contract },
        ],
        blockOverride: { gasLimit: 500_000n },
      },
    ])
    const [first, second] = required(block).transactions
    expect(first?.gasLimit).toBe(500_000n)
    expect(second?.gasLimit).toBe(500_000n - 183_600n)
    expect(block?.block.header.gasUsed).toBe(2n * 183_600n)
  })

  test('more than EIP-7825 allows is fine', async () => {
    for (const chain of [osaka, amsterdam]) {
      const block = await run(chain, burn, [{ to: contract, gas: 20_000_000n }])
      expect(call(block).gasUsed).toBe(20_000_000n)
    }
    const paid = { from: rich, to: contract, gas: 20_000_000n, maxFeePerGas: 10n ** 10n }
    const validated = await run(osaka, burn, [paid], { validation: true })
    expect(call(validated).gasUsed).toBe(20_000_000n)
  })
})

function word(value: bigint): Uint8Array {
  return hexToBytes(value.toString(16).padStart(64, '0'))
}

describe('logs', () => {
  test('numbers count over the block, also for what a revert took back', async () => {
    const inner = code(`${LOG}5f5ffd`)
    const outer = code(`${LOG}${callTo(other)}${LOG}00`)
    const [block] = await simulate(osaka, [
      { calls: [{ to: contract }, { to: contract }], stateOverrides: overrides([contract, outer], [other, inner]) },
    ])
    const indices = required(block).calls.map(({ logs }) => logs.map(({ index }) => index))
    expect(indices).toEqual([
      [0, 2],
      [3, 5],
    ])
  })

  test('a transfer that cannot be paid uses a number up as well', async () => {
    const outer = code(`${callTo(other, '6005')}${LOG}00`)
    const numbers = async (traceTransfers: boolean) => {
      const blocks = [{ calls: [{ to: contract }], stateOverrides: overrides([contract, outer]) }]
      const [block] = await simulate(osaka, blocks, { traceTransfers })
      return call(required(block)).logs.map(({ index }) => index)
    }
    expect(await numbers(false)).toEqual([0])
    expect(await numbers(true)).toEqual([1])
  })

  test('only real logs are in the header', async () => {
    const [silent] = await simulate(osaka, [{ calls: [{ from: rich, to: other, value: 1n }] }])
    const [told] = await simulate(osaka, [{ calls: [{ from: rich, to: other, value: 1n }] }], { traceTransfers: true })
    expect(call(required(silent)).logs).toEqual([])
    expect(call(required(told)).logs.length).toBe(1)
    expect(told?.block.hash).toEqual(silent?.block.hash)
  })

  const ETHER = hexToBytes('ee'.repeat(20))
  const SYSTEM = hexToBytes('fffffffffffffffffffffffffffffffffffffffe')
  const created = hexToBytes('b3'.repeat(20))
  const scenarios: [string, string, [Uint8Array, Uint8Array | 'created'][]][] = [
    ['the value of the transaction', '00', [[rich, contract]]],
    [
      'and what is sent on',
      callTo(other, '34'),
      [
        [rich, contract],
        [contract, other],
      ],
    ],
    [
      'and the endowment of a creation',
      '5f5f34f05000',
      [
        [rich, contract],
        [contract, 'created'],
      ],
    ],
    [
      'and what SELFDESTRUCT leaves',
      `73${hexOf(other)}ff`,
      [
        [rich, contract],
        [contract, other],
      ],
    ],
    ['but nothing for DELEGATECALL', `5f5f5f5f73${hexOf(other)}5af45000`, [[rich, contract]]],
    [
      'nor for a call that fails',
      `${callTo(created, '34')}5f5f5f5f600173${hexOf(precompile(9))}5af15000`,
      [
        [rich, contract],
        [contract, created],
      ],
    ],
  ]
  test.each(scenarios)('transfers: %s', async (_, contractCode, expected) => {
    for (const [chain, emitter] of [
      [osaka, ETHER],
      [amsterdam, SYSTEM],
    ] as const) {
      const calls = [{ from: rich, to: contract, value: 5n }]
      const block = await run(chain, contractCode, calls, { traceTransfers: true })
      const transfers = call(block).logs.map(({ log }) => log)
      expect(transfers.map(({ address }) => address)).toEqual(expected.map(() => emitter))
      expect(transfers.map(({ data }) => number(data))).toEqual(expected.map(() => 5n))
      const ends = transfers.map(({ topics }) => topics.slice(1).map((topic) => hexOf(topic.slice(12))))
      expect(ends).toEqual(
        expected.map(([from, to]) => [hexOf(from), to === 'created' ? expect.stringMatching(/^(?!0{40})/) : hexOf(to)]),
      )
      const unasked = await run(chain, contractCode, calls)
      expect(call(unasked).logs.length).toBe(chain === osaka ? 0 : expected.length)
    }
  })

  test('the value of a creating transaction goes to the new address', async () => {
    const [block] = await simulate(osaka, [{ calls: [{ from: rich, value: 5n, data: hexToBytes('00') }] }], {
      traceTransfers: true,
    })
    const [traced] = call(required(block)).logs
    expect(hexOf(required(traced?.log.topics[2]).slice(12))).not.toBe('0'.repeat(40))
  })
})

describe('precompiles', () => {
  const identity = precompile(4)
  const data = hexToBytes('1234')
  const ask = (to: Uint8Array): CallRequest => ({ to, data })
  const outputs = async (chain: DevChain, blocks: readonly SimulationBlock[]) => {
    const simulated = await simulate(chain, blocks)
    return simulated.map(({ calls }) => calls.map(({ output }) => hexOf(output)))
  }

  test('a moved one runs there, only there, and only in this block', async () => {
    for (const chain of [osaka, amsterdam]) {
      const stateOverrides = overrides([identity, { movePrecompileTo: other }])
      const calls = [ask(identity), ask(other)]
      expect(await outputs(chain, [{ calls, stateOverrides }, { calls }])).toEqual([
        ['', '1234'],
        ['1234', ''],
      ])
    }
  })

  test('its old address may get code', async () => {
    const stateOverrides = overrides([identity, { movePrecompileTo: other, ...code(`602a${RETURN_WORD}`) }])
    const [[old, moved] = []] = await outputs(amsterdam, [{ calls: [ask(identity), ask(other)], stateOverrides }])
    expect([BigInt(`0x${old}`), moved]).toEqual([42n, '1234'])
  })

  test('any override of a precompile makes an account of it', async () => {
    const stateOverrides = overrides([identity, { balance: 1n }])
    expect(await outputs(amsterdam, [{ calls: [ask(identity)], stateOverrides }])).toEqual([['']])
  })

  test('of two that move to one address the later one runs', async () => {
    const stateOverrides = overrides(
      [precompile(2), { movePrecompileTo: other }],
      [identity, { movePrecompileTo: other }],
    )
    expect(await outputs(amsterdam, [{ calls: [ask(other)], stateOverrides }])).toEqual([['1234']])
  })

  test.each([
    ['what is none', overrides([other, { movePrecompileTo: poor }]), 'NOT_A_PRECOMPILE', 'is not a precompile'],
    [
      'to itself',
      overrides([identity, { movePrecompileTo: identity }]),
      'MOVE_TO_OVERRIDDEN_ACCOUNT',
      'already overridden',
    ],
    [
      'to an overridden account',
      overrides([identity, { movePrecompileTo: other }], [other, {}]),
      'MOVE_TO_OVERRIDDEN_ACCOUNT',
      'already overridden',
    ],
  ])('cannot be moved: %s', async (_, stateOverrides, errorCode, message) => {
    await expect(simulate(amsterdam, [{ calls: [], stateOverrides }])).rejects.toEqual(refusal(errorCode, message))
  })
})

describe('nonces', () => {
  const to = other
  test('without validation they are not looked at, and go around at the end', async () => {
    const [block] = await simulate(osaka, [
      {
        calls: [
          { from: poor, to, nonce: 99n },
          { from: poor, to },
          { from: poor, to },
        ],
        stateOverrides: overrides([poor, { nonce: MAX_NONCE - 1n }]),
      },
    ])
    expect(required(block).transactions.map(({ nonce }) => nonce)).toEqual([99n, MAX_NONCE, 0n])
  })

  test.each([
    ['too low', { nonce: 4n }, 'SIMULATED_NONCE_TOO_LOW'],
    ['too high', { nonce: 6n }, 'SIMULATED_NONCE_TOO_HIGH'],
  ])('with validation one %s ends it', async (_, request, errorCode) => {
    const stateOverrides = overrides([rich, { nonce: 5n }])
    const calls = [{ from: rich, to, maxFeePerGas: 10n ** 10n, ...request }]
    await expect(simulate(amsterdam, [{ calls, stateOverrides }], { validation: true })).rejects.toEqual(
      refusal(errorCode, 'state: 5'),
    )
  })

  test('the last one cannot be used with validation, nor to create', async () => {
    const stateOverrides = overrides([rich, { nonce: MAX_NONCE }])
    const calls = [{ from: rich, to, maxFeePerGas: 10n ** 10n }]
    const refused = refusal('SIMULATED_TRANSACTION_INVALID', 'nonce has max value')
    await expect(simulate(amsterdam, [{ calls, stateOverrides }], { validation: true })).rejects.toEqual(refused)
    await expect(simulate(amsterdam, [{ calls: [{ from: rich }], stateOverrides }])).rejects.toEqual(refused)
  })
})

describe('a call that no transaction could make ends the simulation', () => {
  const blockOverride = { gasLimit: 1_000_000n, baseFeePerGas: 10n }
  const fine: CallRequest = { from: rich, to: other, gas: 100_000n, maxFeePerGas: 10n }
  const valid = { validation: true }
  test.each<[string, CallRequest, Options, string, string]>([
    ['fee cap below the base fee', { maxFeePerGas: 9n }, valid, 'SIMULATED_FEE_CAP_TOO_LOW', 'baseFee: 10'],
    ['a fee cap below the base fee, without validation', { maxFeePerGas: 9n }, {}, 'SIMULATED_FEE_CAP_TOO_LOW', '9'],
    ['a tip above the cap', { maxPriorityFeePerGas: 11n }, {}, 'SIMULATED_TIP_ABOVE_FEE_CAP', '11'],
    [
      'no money for the value',
      { from: poor, value: 1n, maxFeePerGas: 0n },
      {},
      'SIMULATED_FUNDS_TOO_LOW',
      'have 0 want 1',
    ],
    ['no money for the gas', { from: poor }, {}, 'SIMULATED_FUNDS_TOO_LOW', 'want 1000000'],
    ['too little gas', { gas: 10n }, {}, 'SIMULATED_GAS_TOO_LOW', '(supplied gas 10)'],
    ['gas below the floor', { gas: 80_000n, data: new Uint8Array(2000) }, {}, 'SIMULATED_GAS_TOO_LOW', 'floor'],
    ['more gas than the block has', { gas: 1_000_001n }, {}, 'SIMULATED_BLOCK_GAS_LIMIT', 'block gas limit reached'],
    ['nothing left of the cap', {}, { gasCap: 5n }, 'SIMULATED_GAS_TOO_LOW', '(supplied gas 5)'],
    ['blobs without hashes', { blobVersionedHashes: [] }, {}, 'SIMULATED_TRANSACTION_INVALID', 'missing blob hashes'],
    [
      'a wrong blob hash',
      { blobVersionedHashes: [new Uint8Array(32)] },
      {},
      'SIMULATED_TRANSACTION_INVALID',
      'version',
    ],
    ['no authorization', { authorizationList: [] }, {}, 'SIMULATED_TRANSACTION_INVALID', 'empty auth list'],
  ])('%s', async (_, change, options, errorCode, message) => {
    await expect(simulate(amsterdam, [{ calls: [fine], blockOverride }], valid)).resolves.toHaveLength(1)
    const calls = [{ ...fine, ...change }]
    await expect(simulate(amsterdam, [{ calls, blockOverride }], options)).rejects.toEqual(refusal(errorCode, message))
  })

  test('init code above the limit', async () => {
    const calls = [{ from: rich, data: new Uint8Array(131_073) }]
    await expect(simulate(amsterdam, [{ calls }])).rejects.toEqual(refusal('SIMULATED_INITCODE_TOO_LARGE', '131073'))
  })
})

test('a simulation that nobody waits for stops', async () => {
  const reason = new Error('gone')
  const controller = new AbortController()
  const endless = run(amsterdam, '5b5f56', [{ to: contract }], { gasCap: 10n ** 12n, signal: controller.signal })
  setImmediate(() => controller.abort(reason))
  await expect(endless).rejects.toBe(reason)
  await expect(simulate(amsterdam, [{ calls: [] }], { signal: controller.signal })).rejects.toBe(reason)
})
