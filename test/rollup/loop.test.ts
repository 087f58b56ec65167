import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { silentLogger } from '../../node/logger.ts'
import { createLoop } from '../../rollup/loop.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** The pauses after the failures of a loop whose steps end like this: '!' fails, '?' is undecided, '.' is good. */
async function pausesOf(script: string): Promise<number[]> {
  const pauses: number[] = []
  const steps = [...script]
  const loop = createLoop(
    { name: 'test', idleMs: 10, minBackoffMs: 100, maxBackoffMs: 400, onBackoff: (ms) => pauses.push(ms) },
    async () => {
      const step = steps.shift()
      if (step === '!') throw new Error('refused')
      return step === '?' ? 'undecided' : undefined
    },
    silentLogger,
  )
  loop.start()
  while (steps.length > 0) await vi.advanceTimersByTimeAsync(10)
  await loop.close()
  return pauses
}

describe('loop', () => {
  it('waits longer after each failure in a row, up to a bound, and starts over after a good step', async () => {
    expect(await pausesOf('!!!!.!')).toEqual([100, 200, 400, 400, 100])
  })

  it('goes on with growing pauses when a step in between decided nothing', async () => {
    expect(await pausesOf('?!?!??!.?!')).toEqual([100, 200, 400, 100])
  })

  it('forgets its failures and goes on at once when it is restarted', async () => {
    const pauses: number[] = []
    let steps = 0
    const loop = createLoop(
      { name: 'test', idleMs: 10, minBackoffMs: 1_000, onBackoff: (ms) => pauses.push(ms) },
      async () => {
        steps += 1
        throw new Error('refused')
      },
      silentLogger,
    )
    loop.start()
    await vi.advanceTimersByTimeAsync(1_000)
    expect({ steps, pauses }).toEqual({ steps: 2, pauses: [1_000, 2_000] })
    loop.restart()
    await vi.advanceTimersByTimeAsync(0)
    expect({ steps, pauses }).toEqual({ steps: 3, pauses: [1_000, 2_000, 1_000] })
    await loop.close()
  })
})
