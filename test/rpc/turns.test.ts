import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../node/clock.ts'
import { chainMethods } from '../../rpc/chainMethods.ts'
import type { RpcContext } from '../../rpc/types.ts'
import { account, GWEI, signed } from '../node/support/devChain.ts'
import { type DevNode, startDevNode } from './devNode.ts'

const TRANSACTIONS = 12
const [alice, bob] = [account(0), account(1)]

let node: DevNode | undefined
// Every look at the clock finds the time of the turn used up. It never goes back: the loop remembers when a turn began.
beforeAll(() => {
  let now = performance.now()
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 20))
})
afterAll(() => vi.restoreAllMocks())
afterEach(async () => {
  await node?.close()
  node = undefined
})

/** Turns of the event loop between begin and end of the work. */
async function turnsDuring(work: () => unknown): Promise<number> {
  let turns = 0
  let running = true
  const count = (): void => {
    turns += 1
    if (running) setImmediate(count)
  }
  setImmediate(count)
  try {
    await work()
  } finally {
    running = false
  }
  return turns
}

async function fullBlock(): Promise<DevNode> {
  const started = await startDevNode({ sealMode: { kind: 'manual' } })
  node = started
  for (let nonce = 0; nonce < TRANSACTIONS; nonce++) {
    await started.pool.add(await signed(alice, { nonce, to: bob.address, value: GWEI }))
  }
  await started.sealer.sealNow()
  expect(started.chain.head().transactions).toHaveLength(TRANSACTIONS)
  return started
}

const context: RpcContext = { requestId: '1', signal: new AbortController().signal, restartTime: () => {} }

/** Each transaction, key or block of these gives others a turn. */
const CASES: readonly [method: string, params: readonly unknown[], least: number][] = [
  ['eth_getBlockByNumber', ['latest', true], 2 * TRANSACTIONS],
  ['eth_getBlockReceipts', ['latest'], 2 * TRANSACTIONS],
  ['eth_getProof', [alice.address, Array.from({ length: 50 }, (_, n) => `0x${n.toString(16)}`), 'latest'], 50],
  ['debug_traceBlockByNumber', ['latest', { tracer: 'noopTracer' }], 2 * TRANSACTIONS],
  ['debug_executionWitness', ['latest'], 2 * TRANSACTIONS],
  ['eth_getTransactionBySenderAndNonce', [alice.address, '0xb'], 2 * TRANSACTIONS],
  ['ots_searchTransactionsBefore', [bob.address, 0, 25], 2 * TRANSACTIONS],
]

describe('a block of many transactions', () => {
  test.each(CASES)('%s lets others in between', async (name, params, least) => {
    const { chain, pool, pending } = await fullBlock()
    const methods = chainMethods({ chain, pool, pending, clock: systemClock, clientVersion: 'test' })
    expect(await turnsDuring(() => methods[name]?.call(params, context))).toBeGreaterThanOrEqual(least)
  })
})

describe('one transaction of a large block', () => {
  test('is read without the others', async () => {
    const { chain } = await fullBlock()
    const block = chain.head()
    const many = { ...block, hash: new Uint8Array(32), transactions: Array(100).fill(block.transactions[0]) }
    const decode = vi.spyOn(chain.engine, 'decodeStored')
    expect(chain.getTransaction(many, 99)?.sender).toEqual(chain.getTransaction(block, 0)?.sender)
    expect(chain.getTransaction(many, 100)).toBeUndefined()
    expect(decode.mock.calls.filter(([, header]) => header === many.header)).toHaveLength(1 + TRANSACTIONS)
  })

  test('is the one that the whole list has, once that was read', async () => {
    const { chain } = await fullBlock()
    const block = chain.head()
    const all = await chain.readTransactions(block)
    expect(all.map(({ nonce }) => nonce)).toEqual(Array.from({ length: TRANSACTIONS }, (_, n) => BigInt(n)))
    expect(chain.getTransaction(block, 3)).toBe(all[3])
    expect(await chain.readTransactions(block)).toBe(all)
  })
})
