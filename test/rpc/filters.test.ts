import { afterEach, describe, expect, test, vi } from 'vitest'
import { manualClock } from '../../node/clock.ts'
import type { HeadChange } from '../../node/types.ts'
import { filterMethods } from '../../rpc/eth/filters.ts'
import type { MethodTable } from '../../rpc/types.ts'
import { account, devGenesis, signed } from '../node/support/devChain.ts'
import { type DevNode, type DevNodeOptions, startDevNode } from './devNode.ts'
import { startDevToolsNode } from './devToolsNode.ts'
import { call, post, result } from './support.ts'

type Log = { blockHash: string; logIndex: string; removed: boolean }

/** Runtime code: as many empty logs without topics as calldata word 0 says. */
const SPEAKER = '0x0000000000000000000000000000000000005bea'
const SPEAKER_CODE = '0x5f355b5f5fa0600190038060025700'
const isFull = process.env.REENACT_FULL === '1'

let node: DevNode
afterEach(() => node?.close())

const open = async (options: DevNodeOptions = {}) => {
  node = await startDevNode({ sealMode: { kind: 'manual' }, ...options })
}
const rpc = <Result>(method: string, ...params: unknown[]) => result<Result>(node.server, method, params)
const changesOf = <Change = string>(filter: string | undefined) => rpc<Change[]>('eth_getFilterChanges', filter)
const refusal = async (filter: string) => (await call(node.server, 'eth_getFilterChanges', [filter])).error

async function manyFilters(count: number, method: string, ...params: unknown[]): Promise<string[]> {
  const requests = Array.from({ length: count }, (_, id) => ({ jsonrpc: '2.0', id, method, params }))
  const answers = (await post(node.server, requests)) as unknown as { result: string }[]
  return answers.map((answer) => answer.result)
}

/** Everything that a filter has to tell, over as many polls as that takes, and the length of each answer. */
async function drain<Change>(filter: string | undefined): Promise<{ all: Change[]; lengths: number[] }> {
  const all: Change[] = []
  const lengths: number[] = []
  for (;;) {
    const some = await changesOf<Change>(filter)
    if (some.length === 0) return { all, lengths }
    all.push(...some)
    lengths.push(some.length)
  }
}

describe('whole transactions', () => {
  const large = async (index: number) => {
    const nonce = Math.floor(index / 8)
    const data = `0x${'5a'.repeat(120_000)}` as const
    return signed(account(index % 8), { nonce, data, gas: 8_000_000n })
  }

  test('a thousand filters keep large ones once, and a poll is answered in parts', async () => {
    await open({ rpc: { limits: { filterAnswerBytes: 4_000_000 } } })
    const filters = await manyFilters(1_000, 'eth_newPendingTransactionFilter', true)
    const before = process.memoryUsage().heapUsed
    const hashes: string[] = []
    for (let index = 0; index < 16; index++) {
      const { hash } = await node.pool.add(await large(index))
      hashes.push(Buffer.from(hash).toString('hex'))
    }
    // Once is 4 MB, for each filter 4 GB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(300_000_000)
    for (const filter of filters.slice(0, 2)) {
      const { all, lengths } = await drain<{ hash: string; input: string }>(filter)
      expect(all.map(({ hash }) => hash.slice(2))).toEqual(hashes)
      expect(all[0]?.input).toHaveLength(240_002)
      expect(lengths.length).toBeGreaterThan(1)
    }
  }, 60_000)

  test('filters that nobody empties are forgotten when too much waits for them; the others go on', async () => {
    await open({ rpc: { limits: { filterBytes: 4_000_000 } } })
    const [idle, read] = await manyFilters(2, 'eth_newPendingTransactionFilter', true)
    const hashesOnly = await rpc<string>('eth_newPendingTransactionFilter')
    const seen: unknown[] = []
    for (let index = 0; index < 12; index++) {
      await node.pool.add(await large(index))
      if (index % 3 === 2) seen.push(...(await changesOf(read)))
    }
    expect(seen).toHaveLength(12)
    expect(await refusal(idle ?? '')).toMatchObject({ code: -32000, message: 'filter not found' })
    expect(await changesOf(hashesOnly)).toHaveLength(12)
  }, 60_000)
})

describe('logs', () => {
  const COUNT = isFull ? 39_000 : 10_000
  const speaking = () => {
    const { alloc, ...genesis } = devGenesis()
    return { ...genesis, alloc: { ...alloc, [SPEAKER]: { balance: '0x0', code: SPEAKER_CODE } } }
  }
  /** Blocks of this much gas pay for all logs in one transaction. */
  const speak = async (nonce: number, count: number) => {
    const data = `0x${count.toString(16).padStart(64, '0')}` as const
    await node.pool.add(await signed(account(0), { nonce, to: SPEAKER, value: 0n, data, gas: 16_000_000n }))
  }
  const speakAll = async () => {
    const each = Math.min(COUNT, 10_000)
    for (let nonce = 0; nonce * each < COUNT; nonce++) await speak(nonce, Math.min(each, COUNT - nonce * each))
    await node.sealer.sealNow()
  }
  const indices = (count: number) => Array.from({ length: count }, (_, index) => `0x${index.toString(16)}`)

  // What filters say without a server between, so that it is known what runs when.
  const contextOf = (signal: AbortSignal) => ({ requestId: '1', signal, restartTime: () => {} })
  const newFilter = (methods: MethodTable, filter: object) =>
    String(methods.eth_newFilter?.call([filter], contextOf(AbortSignal.any([]))))
  const poll = (methods: MethodTable, filter: string, signal = AbortSignal.any([])) =>
    methods.eth_getFilterChanges?.call([filter], contextOf(signal)) as Promise<Log[]>
  async function pollAll(methods: MethodTable, filter: string): Promise<Log[]> {
    const logs: Log[] = []
    for (let some = await poll(methods, filter); some.length > 0; some = await poll(methods, filter)) logs.push(...some)
    return logs
  }

  test('many filters and many logs do not hold up the others, and every filter gets all in order', async () => {
    await open({ genesis: speaking() })
    let begun = 0
    let tookMs = Number.POSITIVE_INFINITY
    node.chain.onHead(() => {
      begun = performance.now()
    })
    const methods = filterMethods(node)
    node.chain.onHead(() => {
      tookMs = performance.now() - begun
    })
    const filters = Array.from({ length: 990 }, () => newFilter(methods, { address: SPEAKER }))
    await speakAll()
    // Told in one turn the sample takes more than a second; a busy machine may interrupt even a short one.
    expect(tookMs).toBeLessThan(500)
    let turns = 0
    const others = setInterval(() => turns++, 1)
    const answers = await Promise.all(filters.slice(0, 3).map((filter) => pollAll(methods, filter)))
    clearInterval(others)
    expect(turns).toBeGreaterThan(3)
    for (const logs of answers) expect(logs).toHaveLength(COUNT)
    for (const logs of answers) expect(new Set(logs.map(({ removed }) => removed))).toEqual(new Set([false]))
    expect(answers[0]?.map(({ logIndex }) => logIndex)).toEqual(indices(COUNT))
    expect(answers[2]).toEqual(answers[0])
  }, 120_000)

  test('an answer stops at the limit, and the next goes on inside the block', async () => {
    await open({ genesis: speaking(), rpc: { limits: { maxLogs: 40 } } })
    const filter = await rpc<string>('eth_newFilter', {})
    await speak(0, 100)
    await node.sealer.sealNow()
    await speak(1, 30)
    await node.sealer.sealNow()
    const { all, lengths } = await drain<Log>(filter)
    expect(lengths).toEqual([40, 40, 40, 10])
    expect(all.map(({ logIndex }) => logIndex)).toEqual([...indices(100), ...indices(30)])
  })

  test('a reorg while polls are under way: what was added, then the same as removed, nothing twice', async () => {
    await open({ genesis: speaking() })
    const changes: HeadChange[] = []
    node.chain.onHead((change) => changes.push(change))
    let tell = (_change: HeadChange | undefined) => {}
    const onHead = vi.spyOn(node.chain, 'onHead').mockImplementationOnce((listener) => {
      tell = (change) => change && listener(change)
      return () => {}
    })
    const methods = filterMethods({ ...node, limits: { maxLogs: 6_000 } })
    onHead.mockRestore()
    const filter = newFilter(methods, {})
    const parent = node.chain.head()
    await speak(0, 10_000)
    await node.sealer.sealNow()
    await node.chain.rewindTo(parent.hash)
    const [added, removed] = changes
    tell(added)
    // Which of a poll and a reorg gets on faster is up to the machine, so the filters hear of it inside the first poll.
    const read = node.chain.getBlockByHash.bind(node.chain)
    vi.spyOn(node.chain, 'getBlockByHash').mockImplementationOnce((hash) => {
      tell(removed)
      return read(hash)
    })
    const polls = await Promise.all([poll(methods, filter), poll(methods, filter)])
    const logs = [...polls.flat(), ...(await pollAll(methods, filter))]
    expect(polls.map(({ length }) => length)).toEqual([6_000, 6_000])
    const told = logs.map(({ removed, logIndex }) => `${removed} ${logIndex}`)
    const expected = [false, true].flatMap((removed) => indices(10_000).map((index) => `${removed} ${index}`))
    expect(told).toEqual(expected)
    expect(logs[10_000]).toEqual({ ...logs[0], removed: true })
  }, 30_000)

  test('what a caller who has gone did not get is given to the next poll', async () => {
    await open({ genesis: speaking() })
    const methods = filterMethods(node)
    const filter = newFilter(methods, {})
    await speak(0, 10_000)
    await node.sealer.sealNow()
    const caller = new AbortController()
    const lost = poll(methods, filter, caller.signal)
    const next = poll(methods, filter)
    caller.abort()
    await lost
    expect((await next).map(({ logIndex }) => logIndex)).toEqual(indices(10_000))
  }, 30_000)
})

describe('idle filters', () => {
  test('are forgotten after five minutes of real time', async () => {
    const idleClock = manualClock()
    await open({ rpc: { idleClock } })
    const [idle, used] = await manyFilters(2, 'eth_newBlockFilter')
    idleClock.advance(200_000)
    expect(await changesOf(used)).toEqual([])
    idleClock.advance(100_001)
    expect(await refusal(idle ?? '')).toMatchObject({ code: -32000, message: 'filter not found' })
    expect(await changesOf(used)).toEqual([])
  })

  test('travelling in time does not make a filter idle', async () => {
    const travelling = await startDevToolsNode()
    try {
      const filter = await result(travelling.server, 'eth_newBlockFilter')
      await result(travelling.server, 'evm_increaseTime', [400])
      await result(travelling.server, 'evm_mine')
      expect(await result(travelling.server, 'eth_getFilterChanges', [filter])).toHaveLength(1)
    } finally {
      await travelling.close()
    }
  })
})
