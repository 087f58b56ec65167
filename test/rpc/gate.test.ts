import { afterEach, expect, test, vi } from 'vitest'
import { giveWay } from '../../node/eventLoop.ts'
import { createRunCall, type RunTurns } from '../../rpc/eth/runCall.ts'
import { createGate } from '../../rpc/gate.ts'
import { method } from '../../rpc/params.ts'
import { call, startServer } from './support.ts'

const open = () => new AbortController().signal
afterEach(() => vi.useRealTimers())

test('a free place is taken without waiting, the others come in order', async () => {
  const gate = createGate(2)
  const begun: number[] = []
  expect([gate.enter(open()), gate.enter(open())]).toEqual([undefined, undefined])
  const waiting = [2, 3, 4].map(async (id) => {
    await gate.enter(open())
    begun.push(id)
  })
  for (let left = 0; left < 3; left++) {
    gate.leave()
    await waiting[left]
    expect(begun).toEqual([2, 3, 4].slice(0, left + 1))
  }
  gate.leave()
  gate.leave()
  expect([gate.enter(open()), gate.enter(open())]).toEqual([undefined, undefined])
})

test('who is called off leaves the line, and takes nobody else along', async () => {
  const gate = createGate(1)
  gate.enter(open())
  const gone = new AbortController()
  const first = gate.enter(gone.signal)
  const second = gate.enter(open())
  gone.abort(new Error('gone'))
  await expect(first).rejects.toThrow('gone')
  gate.leave()
  await second
  expect(() => gate.enter(gone.signal)).toThrow('gone')
})

test('work that fails gives its place back', async () => {
  const gate = createGate(1)
  await expect(gate.run(open(), () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(gate.enter(open())).toBeUndefined()
})

/** A run that lets others go on so often, as long runs do. */
async function pause({ onPause }: RunTurns, times: number): Promise<void> {
  for (let count = 0; count < times; count++) await onPause()
}

test('long calls over the limit wait, and their time counts from when they go on', async () => {
  const runCall = createRunCall()
  const work = new Set<() => void>()
  const server = await startServer({
    methods: {
      test_work: method([], (_, context) =>
        runCall(context, async (turns) => {
          await pause(turns, 8)
          await new Promise<void>((resolve) => work.add(resolve))
        }),
      ),
    },
    limits: { callTimeoutMs: 600 },
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const answers = Array.from({ length: 9 }, () => call(server, 'test_work'))
  while (server.stats().callsInFlight < 9) await giveWay()
  const finish = async (count: number) => {
    while (work.size < count) await giveWay()
    vi.advanceTimersByTime(400)
    expect(work.size).toBe(count)
    for (const resolve of work) resolve()
    work.clear()
  }
  await finish(8)
  await finish(1)
  expect((await Promise.all(answers)).filter(({ error }) => error !== undefined)).toEqual([])
  await server.close()
})

test('short calls never wait for long ones, and a run that ends gives its place back', async () => {
  const runCall = createRunCall()
  const context = { signal: open(), restartTime: () => {} }
  const ends: (() => void)[] = []
  const long = Array.from({ length: 10 }, () =>
    runCall(context, async (turns) => {
      await pause(turns, 8)
      await new Promise<void>((resolve) => ends.push(resolve))
    }),
  )
  expect(await runCall(context, (turns) => pause(turns, 7).then(() => 'done'))).toBe('done')
  while (ends.length < 8) await Promise.resolve()
  for (let ended = 0; ended < 10; ended++) {
    while (ends.length <= ended) await Promise.resolve()
    ends[ended]?.()
    await long[ended]
  }
  await Promise.all(long)
})
