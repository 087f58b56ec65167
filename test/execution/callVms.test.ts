import { describe, expect, test } from 'vitest'
import { createAccessList } from '../../execution/accessListSearch.ts'
import { runCallRequest } from '../../execution/call.ts'
import type { CallDeps } from '../../execution/callRun.ts'
import { createKeptVms } from '../../execution/callVms.ts'
import { createChainSpec } from '../../execution/chainSpec.ts'
import { estimateGas } from '../../execution/estimate.ts'
import { traceCall } from '../../execution/traceCall.ts'
import type { AccountOverride, CallContext, CallRequest, ExecutePrecompile } from '../../execution/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { createFixture } from './callSupport.ts'
import { addressOf } from './devChain.ts'
import { createRandom, deployer, op, push, type Random, randomProgram } from './programs.ts'
import { buildRandomBlock, createRandomChain, WIDE_WORLD } from './randomBlocks.ts'
import { cryptoOnce } from './support.ts'
import { CALLS, STRUCT } from './traceSupport.ts'

const FULL = process.env.REENACT_FULL === '1'
const SEEDS = FULL ? Array.from({ length: 60 }, (_, i) => 9100 + i) : [9100, 9103]
const REQUESTS = 40

/** Two forks, one for each frame machinery; the later one has EXECUTE. */
const CONFIGS: [string, Record<string, number>][] = [
  ['prague', { osakaTime: 10 ** 12, amsterdamTime: 10 ** 12 }],
  ['amsterdam', { nativeRollupsTime: 0 }],
]

const EXECUTE_HEX = '0000000000000000000000000000000000000101'
const WORLD = { ...WIDE_WORLD, others: [...WIDE_WORLD.others, EXECUTE_HEX] }

/** Succeeds, fails and throws by its gas. */
const execute: ExecutePrecompile = async (input, gasLimit) => {
  if (gasLimit % 3n === 0n) return { ok: false, gasUsed: gasLimit / 2n }
  return { ok: true, output: input.slice().reverse(), gasUsed: gasLimit < 500n ? gasLimit : 500n }
}

type Ask = (deps: CallDeps) => Promise<unknown>

/** What a call came to, errors too. */
async function settled(ask: Ask, deps: CallDeps): Promise<unknown> {
  try {
    return { value: await ask(deps) }
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string }
    return { name, message, code }
  }
}

function randomCall(random: Random): CallRequest {
  const from = random.chance(70) ? addressOf(random.below(3)) : hexToBytes(random.pick(WORLD.contracts))
  const to = hexToBytes(random.chance(80) ? random.pick(WORLD.contracts) : random.pick(WORLD.others))
  const init = hexToBytes(random.chance(50) ? deployer('5f5f55') : randomProgram(random, WORLD, 6))
  const price = random.pick([0n, 0n, 1n, 20_000_000_000n])
  return {
    from,
    ...(random.chance(80) ? { to, data: hexToBytes('00ff'.repeat(random.below(40))) } : { data: init }),
    gas: BigInt(random.pick([20_000, 60_000, 300_000, 1_000_000, 2_000_000])),
    ...(random.chance(30) ? { value: BigInt(random.pick([1, 1000])) } : {}),
    ...(random.chance(40) ? { maxFeePerGas: price, maxPriorityFeePerGas: random.pick([0n, 1n]) } : {}),
    ...(random.chance(20) ? { accessList: [{ address: to, storageKeys: [new Uint8Array(32)] }] } : {}),
  }
}

/** TSTORE(0, TLOAD(0) + 1), SSTORE(9, SLOAD(9) + TLOAD(0)), and both as the answer: anything left over would show. */
const COUNTER = `5f5c6001015f5d${push(9)}545f5c01${push(9)}555f5c5f52${push(9)}5460205260405ff3`

function randomOverrides(random: Random): ReadonlyMap<string, AccountOverride> {
  const slot = '0'.repeat(64)
  const choices: AccountOverride[] = [
    { code: hexToBytes(COUNTER) },
    { code: hexToBytes(randomProgram(random, WORLD, 8)) },
    { balance: 77n, nonce: 5n },
    { state: new Map([[slot, hexToBytes('2a'.padStart(64, '0'))]]) },
    { stateDiff: new Map([[slot, hexToBytes('01'.padStart(64, '0'))]]) },
  ]
  const overrides = new Map([[random.pick(WORLD.contracts), random.pick(choices)]])
  if (random.chance(30)) overrides.set('04'.padStart(40, '0'), { movePrecompileTo: hexToBytes('ab'.repeat(20)) })
  return overrides
}

/** What a call can be asked in, beside its block. */
function randomSurroundings(random: Random, context: CallContext): CallContext {
  const storage = { ...context.state, getStorage: () => broken() }
  const number = context.header.number + 5n
  return {
    ...context,
    ...(random.chance(35) ? { stateOverrides: randomOverrides(random) } : {}),
    ...(random.chance(20) ? { blockOverride: { number, coinbase: addressOf(1), baseFeePerGas: 3n } } : {}),
    ...(random.chance(8) ? { state: storage } : {}),
  }
}

function broken(): never {
  throw new Error('store is gone')
}

function randomAsk(random: Random, blocks: readonly CallContext[]): Ask {
  const call = randomCall(random)
  const block = random.pick(blocks)
  const context = randomSurroundings(random, block)
  const kind = random.below(10)
  if (kind < 5) return (deps) => runCallRequest(call, context, deps)
  if (kind < 7) return (deps) => estimateGas(call, context, deps)
  if (kind === 7) return (deps) => createAccessList(call, context, deps)
  if (kind === 8) {
    const options = random.pick([CALLS, { ...STRUCT, enableMemory: true }])
    return (deps) => traceCall(call, { ...context, options }, deps)
  }
  return (deps) => abortedCall(call, block, deps)
}

/** Is called off in the middle of what it has written. */
function abortedCall({ from }: CallRequest, context: CallContext, deps: CallDeps): Promise<unknown> {
  const controller = new AbortController()
  const [target = ''] = WORLD.contracts
  const writes = `${op.sstore(9, 2)}${push(3)}5f5d`
  const code = hexToBytes(`${writes}5b${push(writes.length / 2)}56`)
  const stateOverrides = new Map([[target, { code }]])
  setTimeout(() => controller.abort(new Error('called off')), 1)
  const endless = { ...(from === undefined ? {} : { from }), to: hexToBytes(target), gas: 1_000_000_000_000n }
  return runCallRequest(endless, { ...context, stateOverrides, signal: controller.signal }, deps)
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const left = [...items]
  return items.map(() => left.splice(random.below(left.length), 1)[0] as T)
}

/** Asks everything, so many at a time, in this order. */
async function askAll(order: readonly number[], asks: readonly Ask[], deps: CallDeps, lanes: number) {
  const results: unknown[] = []
  const waiting = [...order]
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results[next] = await settled(asks[next] as Ask, deps)
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return results
}

describe.each(CONFIGS)('calls on kept VMs come to the same as on new ones: %s', (_fork, config) => {
  test.each(SEEDS)('seed %i', async (seed) => {
    const chain = await createRandomChain(seed, WORLD, config)
    const contextOf = (): CallContext => ({
      header: chain.head.header,
      state: chain.state(),
      blockHash: chain.memory.blockHash,
    })
    const before = contextOf()
    chain.append((await buildRandomBlock(chain, seed, 8)).outcome)
    const random = createRandom(seed * 31)
    const asks = Array.from({ length: REQUESTS }, () => randomAsk(random, [before, contextOf()]))
    const calledOff = randomCall(random)
    asks.push((deps) => abortedCall(calledOff, before, deps))
    const spec = createChainSpec(chain.genesis.config, { crypto: await cryptoOnce })
    const order = asks.map((_, i) => i)
    const fresh = await askAll(order, asks, { spec, execute }, 1)
    const kept: CallDeps = { spec, vms: createKeptVms({ execute, yieldEveryMs: 1 }) }
    expect(fresh).toContainEqual({ name: 'Error', message: 'called off', code: undefined })
    for (const lanes of [1, 1, 5]) {
      const answers = await askAll(shuffled(random, order), asks, kept, lanes)
      expect(answers).toEqual(fresh)
    }
  })
})

test('a moved precompile is back where it was for the next call', async () => {
  const { spec, context } = await createFixture('amsterdamTime', {})
  const kept: CallDeps = { spec, vms: createKeptVms({}) }
  const identity = hexToBytes('04'.padStart(40, '0'))
  const call = { to: identity, data: Uint8Array.of(1, 2, 3), gas: 100_000n }
  const move = { movePrecompileTo: hexToBytes('ab'.repeat(20)) }
  const moved = { ...context, stateOverrides: new Map([['04'.padStart(40, '0'), move]]) }
  for (let round = 0; round < 2; round++) {
    expect(await runCallRequest(call, moved, kept)).toMatchObject({ output: new Uint8Array(0) })
    expect(await runCallRequest(call, context, kept)).toMatchObject({ output: call.data })
  }
})
