import { describe, expect, it } from 'vitest'
import { systemClock } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'
import { createL1Client } from '../../rollup/l1/l1Client.ts'
import { createL1Watcher, type L1Watcher } from '../../rollup/l1/l1Watcher.ts'
import {
  blockAdvanced,
  createFakeL1,
  type FakeL1,
  fakeDeployment,
  memoryMeta,
  messageDelivered,
  messageSent,
} from './fakeL1.ts'

const deployment = fakeDeployment()

function open(l1: FakeL1, meta = memoryMeta(), options: { maxRange?: number; timeoutMs?: number } = {}): L1Watcher {
  const { timeoutMs, ...watcherOptions } = options
  const client = createL1Client(l1.transport, timeoutMs === undefined ? {} : { timeoutMs })
  return createL1Watcher(watcherOptions, { l1: client, deployment, meta, clock: systemClock, logger: silentLogger })
}

const facts = (watcher: L1Watcher) => ({
  head: watcher.head().number,
  messages: watcher.messages().map(({ message, l1Block }) => [message.index, l1Block]),
  settled: watcher.settledHead()?.number,
})

describe('L1 watcher', () => {
  it('records messages, settled blocks and claims in their order', async () => {
    const l1 = createFakeL1()
    l1.append(messageSent(deployment, 0))
    l1.append(blockAdvanced(deployment, 1), messageSent(deployment, 1), blockAdvanced(deployment, 2))
    const { hash, timestamp } = l1.append(messageDelivered(deployment, 5))
    const watcher = open(l1)
    expect(watcher.head().hash).toBe('0x')
    expect(await watcher.step()).toBe(true)
    expect(await watcher.step()).toBe(false)
    expect(watcher.head()).toMatchObject({ number: 3n, hash, timestamp })
    expect(facts(watcher)).toEqual({
      head: 3n,
      messages: [
        [0n, 1n],
        [1n, 2n],
      ],
      settled: 2n,
    })
    expect(watcher.messages()[0]?.message).toMatchObject({ value: 1000n, gasLimit: 21_000n, data: '0x' })
    expect(watcher.settledAt(1n)).toMatchObject({ anchorBlock: 1n, l1Block: 2n, l1Timestamp: 1024n })
    expect(watcher.settledAt(3n)).toBeUndefined()
    expect(watcher.claimed(5n)).toMatch(/^0x/)
    expect(watcher.claimed(4n)).toBeUndefined()
  })

  it('continues where it stopped, without reading a block twice', async () => {
    const l1 = createFakeL1()
    const meta = memoryMeta()
    l1.append(messageSent(deployment, 0), blockAdvanced(deployment, 1))
    await open(l1, meta).step()
    const logsBefore = l1.calls.eth_getLogs
    l1.append(messageSent(deployment, 1))
    const again = open(l1, meta)
    expect(facts(again)).toEqual({ head: 1n, messages: [[0n, 1n]], settled: 1n })
    await again.step()
    expect(facts(again)).toEqual({
      head: 2n,
      messages: [
        [0n, 1n],
        [1n, 2n],
      ],
      settled: 1n,
    })
    expect(l1.calls.eth_getLogs).toBe((logsBefore ?? 0) + 1)
  })

  it('loses nothing and doubles nothing wherever a crash falls', async () => {
    for (let writes = 0; writes < 12; writes++) {
      const l1 = createFakeL1()
      const meta = memoryMeta()
      for (let index = 0; index < 3; index++) {
        l1.append(
          messageSent(deployment, index),
          blockAdvanced(deployment, index + 1),
          messageDelivered(deployment, index),
        )
      }
      meta.failAfter = writes
      await expect(open(l1, meta).step()).rejects.toThrow('the process died')
      meta.failAfter = Number.POSITIVE_INFINITY
      const watcher = open(l1, meta)
      await watcher.step()
      expect(facts(watcher)).toEqual({
        head: 3n,
        messages: [
          [0n, 1n],
          [1n, 2n],
          [2n, 3n],
        ],
        settled: 3n,
      })
      expect(watcher.claimed(2n)).toBeDefined()
    }
  })

  it.each([1, 2, 3, 7, 20])('drops what a reorg of depth %i removed', async (depth) => {
    const l1 = createFakeL1()
    const meta = memoryMeta()
    const watcher = open(l1, meta)
    for (let index = 0; index < 24; index++) {
      l1.append(
        messageSent(deployment, index),
        blockAdvanced(deployment, index + 1),
        messageDelivered(deployment, index),
      )
      await watcher.step()
    }
    l1.reorg(depth)
    const kept = 24 - depth
    l1.append(messageSent(deployment, kept))
    await watcher.step()
    expect(watcher.reorgs()).toBe(1)
    expect(watcher.head().hash).toBe(l1.blocks.at(-1)?.hash)
    expect(watcher.messages()).toHaveLength(kept + 1)
    expect(watcher.settledHead()?.number).toBe(BigInt(kept))
    expect(watcher.claimed(BigInt(kept - 1))).toBeDefined()
    expect(watcher.claimed(BigInt(kept))).toBeUndefined()
    const reopened = open(l1, meta)
    expect(facts(reopened)).toEqual(facts(watcher))
  })

  it('notices a reorg that happened while it was away, even to a shorter chain', async () => {
    const l1 = createFakeL1()
    const meta = memoryMeta()
    for (let index = 0; index < 10; index++) l1.append(messageSent(deployment, index))
    await open(l1, meta).step()
    l1.reorg(6)
    const watcher = open(l1, meta)
    await watcher.step()
    expect(facts(watcher).head).toBe(4n)
    expect(watcher.messages()).toHaveLength(4)
  })

  it('starts over when L1 is another chain altogether', async () => {
    const l1 = createFakeL1()
    const meta = memoryMeta()
    l1.append(messageSent(deployment, 0))
    l1.append(messageSent(deployment, 1))
    await open(l1, meta).step()
    const other = createFakeL1()
    other.reorg(1)
    for (let index = 0; index < 5; index++) other.append(...(index === 4 ? [messageSent(deployment, 0)] : []))
    const watcher = open(other, meta)
    await watcher.step()
    expect(facts(watcher)).toEqual({ head: 4n, messages: [[0n, 4n]], settled: undefined })
  })

  it('does not mix two chains when L1 reorganises between its questions', async () => {
    const l1 = createFakeL1()
    const watcher = open(l1)
    l1.append(messageSent(deployment, 0))
    await watcher.step()
    l1.append(messageSent(deployment, 1))
    l1.append()
    let done = false
    l1.answer.current = (method, _params, honest) => {
      if (method === 'eth_getLogs' && !done) {
        done = true
        l1.reorg(2)
        l1.append()
        l1.append(messageSent(deployment, 1))
        l1.append()
      }
      return honest()
    }
    // the block asked for is gone: its logs come back empty, and the next block does not fit on it
    await expect(watcher.step()).rejects.toMatchObject({ code: 'L1_CHANGED' })
    await watcher.step()
    expect(facts(watcher)).toMatchObject({
      head: 4n,
      messages: [
        [0n, 1n],
        [1n, 3n],
      ],
    })
  })

  it('catches up in ranges and asks for less when a range is refused', async () => {
    const l1 = createFakeL1()
    for (let index = 0; index < 100; index++)
      l1.append(messageSent(deployment, index), blockAdvanced(deployment, index + 1))
    l1.answer.current = (method, params, honest) => {
      const query = params[0] as { fromBlock?: string; toBlock?: string }
      const span = Number(BigInt(query.toBlock ?? 0) - BigInt(query.fromBlock ?? 0))
      if (method === 'eth_getLogs' && span > 20) throw { code: -32005, message: 'query returned too many results' }
      return honest()
    }
    const watcher = open(l1)
    await watcher.step()
    expect(facts(watcher)).toMatchObject({ head: 100n, settled: 100n })
    expect(watcher.settledAt(50n)?.l1Timestamp).toBe(1000n + 50n * 12n)
    expect(l1.calls.eth_getLogs).toBeLessThan(40)
  })

  it('refuses a range whose end was reorganised while it was read', async () => {
    const l1 = createFakeL1()
    for (let index = 0; index < 40; index++) l1.append(messageSent(deployment, index))
    l1.answer.current = (method, _params, honest) => {
      const logs = honest()
      if (method === 'eth_getLogs' && l1.answer.current !== undefined) {
        l1.answer.current = undefined
        l1.reorg(1)
        l1.append()
      }
      return logs
    }
    const watcher = open(l1)
    await expect(watcher.step()).rejects.toMatchObject({ code: 'L1_CHANGED' })
    await watcher.step()
    expect(watcher.messages()).toHaveLength(39)
  })
})

describe('L1 watcher and a failing or lying L1', () => {
  const firstLog = (logs: unknown) => (logs as Record<string, unknown>[])[0] ?? {}

  it.each<[string, (log: Record<string, unknown>) => void]>([
    ['a log of another contract', (log) => Object.assign(log, { address: `0x${'99'.repeat(20)}` })],
    ['a log of another block', (log) => Object.assign(log, { blockHash: `0x${'99'.repeat(32)}` })],
    ['data that does not decode', (log) => Object.assign(log, { data: '0x1234' })],
    ['data that is not hex', (log) => Object.assign(log, { data: 'zz' })],
    ['topics that are missing', (log) => Object.assign(log, { topics: [(log.topics as string[])[0]] })],
    ['an address of 19 bytes', (log) => Object.assign(log, { address: `0x${'00'.repeat(19)}` })],
    ['a number that is none', (log) => Object.assign(log, { blockNumber: 7 })],
    ['no transaction', (log) => Object.assign(log, { transactionHash: null })],
    ['an index that is not due', (log) => Object.assign(log, { topics: messageSent(deployment, 3).topics })],
  ])('records nothing of %s', async (_name, spoil) => {
    const l1 = createFakeL1()
    l1.append(messageSent(deployment, 0))
    const watcher = open(l1)
    l1.answer.current = (method, _params, honest) => {
      const answer = structuredClone(honest())
      if (method === 'eth_getLogs' && (answer as unknown[]).length > 0) spoil(firstLog(answer))
      return answer
    }
    await expect(watcher.step()).rejects.toMatchObject({ code: 'BAD_L1_DATA' })
    expect(watcher.messages()).toHaveLength(0)
    l1.answer.current = undefined
    await watcher.step()
    expect(watcher.messages()).toHaveLength(1)
  })

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a list', []],
    ['a block without hash', { number: '0x1', parentHash: `0x${'00'.repeat(32)}`, timestamp: '0x1' }],
    ['a huge number', { number: `0x${'f'.repeat(80)}` }],
    ['text', 'hello'],
  ])('survives %s as the latest block', async (_name, block) => {
    const l1 = createFakeL1()
    l1.append()
    const watcher = open(l1)
    l1.answer.current = (method, _params, honest) => (method === 'eth_getBlockByNumber' ? block : honest())
    await expect(watcher.step()).rejects.toMatchObject({ code: 'BAD_L1_DATA' })
    l1.answer.current = undefined
    expect(await watcher.step()).toBe(true)
  })

  it('refuses messages that are delivered twice', async () => {
    const l1 = createFakeL1()
    l1.append(messageDelivered(deployment, 1))
    const watcher = open(l1)
    await watcher.step()
    l1.append(messageDelivered(deployment, 1))
    await expect(watcher.step()).rejects.toMatchObject({ code: 'BAD_L1_DATA' })
  })

  it('reads everything again after contradictions, so that an earlier lie does not stay', async () => {
    const l1 = createFakeL1()
    l1.append(messageSent(deployment, 0))
    l1.answer.current = (method, _params, honest) => (method === 'eth_getLogs' ? [] : honest())
    const watcher = open(l1)
    await watcher.step()
    expect(watcher.messages()).toHaveLength(0)
    l1.answer.current = undefined
    l1.append(messageSent(deployment, 1))
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(watcher.step()).rejects.toMatchObject({ code: 'BAD_L1_DATA' })
    }
    await watcher.step()
    expect(watcher.messages()).toHaveLength(2)
  })

  it('calls a request that is never answered unreachable', async () => {
    const l1 = createFakeL1()
    l1.answer.current = () => new Promise(() => undefined)
    await expect(open(l1, memoryMeta(), { timeoutMs: 20 }).step()).rejects.toMatchObject({ code: 'L1_UNREACHABLE' })
  })

  it('calls transport failures unreachable and JSON-RPC errors refused', async () => {
    const l1 = createFakeL1()
    const watcher = open(l1)
    l1.answer.current = () => {
      throw new Error('connect ECONNREFUSED')
    }
    await expect(watcher.step()).rejects.toMatchObject({ code: 'L1_UNREACHABLE' })
    l1.answer.current = () => {
      throw { code: -32000, message: 'header not found' }
    }
    await expect(watcher.step()).rejects.toMatchObject({ code: 'L1_REFUSED', data: { code: -32000 } })
  })

  it('keeps running through an outage and reads on when L1 is back', async () => {
    const l1 = createFakeL1()
    l1.append(messageSent(deployment, 0))
    let failures = 0
    l1.answer.current = (_method, _params, honest) => {
      if (failures++ < 3) throw new Error('connection reset')
      return honest()
    }
    const watcher = open(l1)
    const changed = new Promise<void>((resolve) => watcher.onChange(resolve))
    watcher.start()
    await changed
    expect(watcher.messages()).toHaveLength(1)
    await watcher.close()
  })

  it('shows a new block at once when poked', async () => {
    const l1 = createFakeL1()
    const client = createL1Client(l1.transport)
    const watcher = createL1Watcher(
      { pollMs: 3_600_000 },
      { l1: client, deployment, meta: memoryMeta(), clock: systemClock, logger: silentLogger },
    )
    const next = () => new Promise<void>((resolve) => watcher.onChange(resolve))
    const first = next()
    watcher.start()
    await first
    const second = next()
    l1.append(messageSent(deployment, 0))
    watcher.poke()
    await second
    expect(watcher.messages()).toHaveLength(1)
    await watcher.close()
  })
})

describe('L1 watcher and nonsense at the JSON-RPC edge', () => {
  const JUNK: unknown[] = [null, 0, -1, '', '0x', 'zz', [], {}, `0x${'f'.repeat(300)}`, '0xg', true, '0x1']

  /** Replaces one value somewhere in a JSON answer. */
  function spoil(value: unknown, random: () => number): unknown {
    if (typeof value !== 'object' || value === null || random() < 0.1) return JUNK[Math.floor(random() * JUNK.length)]
    const copy = structuredClone(value) as Record<string, unknown>
    const keys = Object.keys(copy)
    const key = keys[Math.floor(random() * keys.length)]
    if (key === undefined) return copy
    if (random() < 0.2 && !Array.isArray(copy)) delete copy[key]
    else copy[key] = spoil(copy[key], random)
    return copy
  }

  it('fails by name or not at all, and reads the truth afterwards', async () => {
    let seed = 12_345
    const random = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
      return seed / 0x80000000
    }
    let failures = 0
    for (let run = 0; run < 300; run++) {
      const l1 = createFakeL1()
      const meta = memoryMeta()
      const watcher = open(l1, meta)
      l1.append(messageSent(deployment, 0), blockAdvanced(deployment, 1))
      l1.append(messageSent(deployment, 1), messageDelivered(deployment, 0))
      let left = 1 + Math.floor(random() * 6)
      l1.answer.current = (_method, _params, honest) => {
        const answer = honest()
        left -= 1
        return left === 0 ? spoil(answer, random) : answer
      }
      try {
        await watcher.step()
      } catch (error) {
        failures += 1
        failures += 1
        expect((error as { code?: string }).code).toMatch(/^(BAD_L1_DATA|L1_CHANGED|L1_UNREACHABLE|L1_REFUSED)$/)
      }
      l1.answer.current = undefined
      l1.append(messageSent(deployment, 2))
      // a lie that looked true (other amounts, missing logs) goes by distrust, everything else by itself
      watcher.distrust()
      await watcher.step()
      expect(facts(watcher)).toEqual({
        head: 3n,
        messages: [
          [0n, 1n],
          [1n, 2n],
          [2n, 3n],
        ],
        settled: 1n,
      })
      expect(facts(open(l1, meta))).toEqual(facts(watcher))
    }
    expect(failures).toBeGreaterThan(100)
  })
})
