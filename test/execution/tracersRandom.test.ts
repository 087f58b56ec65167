import { describe, expect, test } from 'vitest'
import { createChainSpec } from '../../execution/chainSpec.ts'
import { createSealedRun } from '../../execution/executeBlock.ts'
import { createTraceBudget } from '../../execution/tracers/budget.ts'
import { createTracer } from '../../execution/tracers/createTracer.ts'
import type { BlockOutcome, PrestateTrace, ReplayRequest, TracerOptions } from '../../execution/types.ts'
import { bytesToBigint, bytesToHex, EMPTY_BYTES, hexToBytes } from '../../stateless/bytes.ts'
import type { StateChanges, StateView } from '../../stateless/types.ts'
import type { DevChain } from './devChain.ts'
import { buildRandomBlock, createRandomChain, WIDE_WORLD } from './randomBlocks.ts'
import { cryptoOnce, silentLogger } from './support.ts'
import { CALLS, PRESTATE, STRUCT } from './traceSupport.ts'

const FULL = process.env.REENACT_FULL === '1'
const SEEDS = Array.from({ length: FULL ? 60 : 6 }, (_, i) => 7000 + i)

/** Two forks, one for each frame machinery. */
const CONFIGS = [
  ['prague', { osakaTime: 10 ** 12, amsterdamTime: 10 ** 12 }],
  ['amsterdam', {}],
] as const

const EVERYTHING: TracerOptions = {
  tracer: 'muxTracer',
  tracers: [
    { ...STRUCT, enableMemory: true, enableReturnData: true },
    { ...CALLS, withLog: true },
    { ...PRESTATE, diffMode: true },
    { tracer: '4byteTracer' },
  ],
}

async function randomBlock(seed: number, config: Record<string, number>) {
  const chain = await createRandomChain(seed, WIDE_WORLD, config)
  const { outcome } = await buildRandomBlock(chain, seed, 12)
  const request: ReplayRequest = {
    parent: chain.head.header,
    block: outcome.block,
    state: chain.state(),
    blockHash: chain.memory.blockHash,
  }
  return { chain, outcome, request }
}

/** Runs the block with every transaction watched, to its end. */
async function runWatched(chain: DevChain, request: ReplayRequest) {
  const crypto = await cryptoOnce
  const spec = createChainSpec(chain.genesis.config, { crypto })
  const { run, transactions } = await createSealedRun(request, { spec, crypto, logger: silentLogger })
  const { evm, header } = run.context
  await run.begin()
  for (const tx of transactions) {
    const { sender, gasLimit, to } = tx
    const tracer = createTracer(EVERYTHING, createTraceBudget())
    const target = to === undefined ? {} : { to }
    const parties = { sender, coinbase: header.coinbase, ...target }
    tracer.onStart?.({ ...parties, gasLimit, logsBefore: 0, authorities: [] }, evm.tracedState)
    evm.trace(tracer)
    const ran = await run.runTransaction(tx)
    evm.trace(undefined)
    tracer.onEnd?.({ gasUsed: ran?.receipt.gasUsed ?? 0n })
  }
  const withdrawals = request.block.withdrawals ?? []
  return run.finish({ withdrawals, ommers: request.block.ommers })
}

/** The state after some changes, account by account. */
function stateWith(view: StateView, changes: StateChanges) {
  return {
    account(key: string) {
      const changed = changes.accounts.get(key)
      const found = changed === undefined ? view.getAccount(hexToBytes(key)) : (changed ?? undefined)
      if (found === undefined) return undefined
      const code = changes.codes.get(bytesToHex(found.codeHash)) ?? view.getCode(found.codeHash)
      return { balance: found.balance, nonce: found.nonce, code: bytesToHex(code) }
    },
    slot(key: string, slot: bigint): bigint {
      const name = slot.toString(16).padStart(64, '0')
      const changed = changes.storage.get(key)?.get(name)
      if (changed !== undefined) return bytesToBigint(changed)
      if (changes.clearedStorage.has(key) || changes.accounts.get(key) === null) return 0n
      return bytesToBigint(view.getStorage(hexToBytes(key), hexToBytes(name)))
    },
  }
}

const NOTHING = { balance: 0n, nonce: 0n, code: '' }

/** What the diff makes of an account; EIP-161 knows no empty ones. */
function applied(diff: PrestateTrace, key: string, before: typeof NOTHING | undefined): typeof NOTHING | undefined {
  const post = diff.post?.get(key)
  if (post === undefined) return diff.pre.has(key) ? undefined : before
  const { balance, nonce, code } = before ?? NOTHING
  return {
    balance: post.balance ?? balance,
    nonce: post.nonce ?? nonce,
    code: post.code === undefined ? code : bytesToHex(post.code),
  }
}

function slotsIn(changes: StateChanges, key: string): bigint[] {
  return [...(changes.storage.get(key)?.keys() ?? [])].map((slot) => BigInt(`0x${slot}`))
}

function expectDiff(diff: PrestateTrace, view: StateView, before: StateChanges, after: StateChanges): void {
  const [old, now] = [stateWith(view, before), stateWith(view, after)]
  const keys = new Set([
    ...before.accounts.keys(),
    ...after.accounts.keys(),
    ...diff.pre.keys(),
    ...(diff.post ?? new Map()).keys(),
  ])
  for (const key of keys) {
    const was = old.account(key)
    const pre = diff.pre.get(key)
    if (pre !== undefined) {
      const shown = { balance: pre.balance, nonce: pre.nonce, code: bytesToHex(pre.code ?? EMPTY_BYTES) }
      expect(shown, key).toEqual(was)
    }
    expect(applied(diff, key, was), key).toEqual(now.account(key))
    for (const slot of new Set([...slotsIn(before, key), ...slotsIn(after, key)])) {
      const [preSlot, postSlot] = [pre?.storage?.get(slot), diff.post?.get(key)?.storage?.get(slot)]
      if (preSlot !== undefined) expect(preSlot).toBe(old.slot(key, slot))
      const gone = preSlot !== undefined || now.account(key) === undefined ? 0n : old.slot(key, slot)
      expect(postSlot ?? gone, `${key} ${slot}`).toBe(now.slot(key, slot))
    }
  }
}

function withoutNodes({ block, receipts, requests, blockAccessList }: BlockOutcome) {
  return { gasUsed: block.header.gasUsed, root: block.header.stateRoot, receipts, requests, blockAccessList }
}

describe.each(CONFIGS)('random blocks of %s', (_, config) => {
  test.each(SEEDS)('seed %i: watching changes nothing', async (seed) => {
    const { chain, outcome, request } = await randomBlock(seed, config)
    const { commit, gasUsed, receipts, requests, blockAccessList } = await runWatched(chain, request)
    expect({ gasUsed, root: commit.root, receipts, requests, blockAccessList }).toEqual(withoutNodes(outcome))
  })

  test.each(SEEDS)('seed %i: gas of the calls is that of the receipts', async (seed) => {
    const { chain, outcome, request } = await randomBlock(seed, config)
    const traces = await chain.engine.traceBlock({ ...request, options: CALLS })
    const used = traces.map((trace) => (trace.tracer === 'callTracer' ? trace.call.gasUsed : undefined))
    expect(used).toEqual(outcome.receipts.map(({ gasUsed }) => gasUsed))
    const failed = traces.map((trace) => trace.tracer === 'callTracer' && trace.call.error !== undefined)
    expect(failed).toEqual(outcome.receipts.map(({ status }) => status === 0))
  })

  test.each(SEEDS.slice(0, FULL ? 60 : 3))(
    'seed %i: a diff applied to the state before gives the state after',
    async (seed) => {
      const { chain, outcome, request } = await randomBlock(seed, config)
      let before = await chain.engine.changesBefore(request, 0)
      for (const index of outcome.receipts.keys()) {
        const after = await chain.engine.changesBefore(request, index + 1)
        const options = { ...PRESTATE, diffMode: true }
        const [trace] = await chain.engine.traceBlock({ ...request, options, only: index })
        if (trace?.tracer !== 'prestateTracer') throw new Error('no trace')
        expectDiff(trace, request.state, before, after)
        before = after
      }
      expect(outcome.receipts.length).toBeGreaterThan(2)
    },
  )
})
