import { describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'
import { createSealer, type SealTrigger } from '../../node/sealer.ts'
import type { Sealer, SealMode } from '../../node/types.ts'
import type { Block } from '../../stateless/types.ts'

/** A chain of counters: `work` transactions wait; each seal takes `perBlock` of them. */
function harness(mode: SealMode, { perBlock = Number.POSITIVE_INFINITY } = {}) {
  const clock: ManualClock = manualClock(0)
  const state = { work: 0, failures: 0, running: 0, sealed: [] as { trigger: SealTrigger; taken: number }[] }
  let gate: Promise<void> | undefined
  const seal = async (trigger: SealTrigger): Promise<Block | undefined> => {
    state.running += 1
    expect(state.running).toBe(1)
    const taken = Math.min(state.work, perBlock)
    state.work -= taken
    await gate
    state.running -= 1
    if (state.failures > 0) {
      state.failures -= 1
      state.work += taken
      throw new Error('the store is full')
    }
    if (taken === 0 && trigger === 'wake') return undefined
    state.sealed.push({ trigger, taken })
    return { header: { number: BigInt(state.sealed.length) } } as Block
  }
  const sealer = createSealer({ mode }, { seal, logger: silentLogger, timers: clock })
  return {
    clock,
    state,
    sealer,
    hold(): () => void {
      let release = () => {}
      gate = new Promise((resolve) => {
        release = resolve
      })
      return () => {
        gate = undefined
        release()
      }
    },
  }
}

/** Fires what is due now and lets all promises settle. */
async function settle(clock: ManualClock): Promise<void> {
  for (let i = 0; i < 20; i++) {
    clock.advance(0)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function addWork({ state, sealer }: { state: { work: number }; sealer: Sealer }, count: number): void {
  for (let i = 0; i < count; i++) {
    state.work += 1
    sealer.wake()
  }
}

describe('instant', () => {
  it('makes one block of everything that came in one turn of the event loop', async () => {
    const h = harness({ kind: 'instant' })
    h.sealer.start()
    addWork(h, 3)
    await settle(h.clock)
    expect(h.state.sealed).toEqual([{ trigger: 'wake', taken: 3 }])
  })

  it('seals again while work remains, and then rests', async () => {
    const h = harness({ kind: 'instant' }, { perBlock: 2 })
    h.sealer.start()
    addWork(h, 5)
    await settle(h.clock)
    expect(h.state.sealed.map(({ taken }) => taken)).toEqual([2, 2, 1])
    h.clock.advance(3_600_000)
    await settle(h.clock)
    expect(h.state.sealed).toHaveLength(3)
  })

  it('does not lose a wake-up that comes during a seal', async () => {
    const h = harness({ kind: 'instant' })
    h.sealer.start()
    addWork(h, 1)
    const release = h.hold()
    await settle(h.clock)
    addWork(h, 1)
    release()
    await settle(h.clock)
    expect(h.state.sealed.map(({ taken }) => taken)).toEqual([1, 1])
  })

  it('does not lose a wake-up that comes while a seal finds nothing', async () => {
    const h = harness({ kind: 'instant' })
    const release = h.hold()
    h.sealer.start()
    await settle(h.clock)
    addWork(h, 1)
    release()
    await settle(h.clock)
    expect(h.state.sealed).toEqual([{ trigger: 'wake', taken: 1 }])
  })

  it('finds work that came before the start', async () => {
    const h = harness({ kind: 'instant' })
    addWork(h, 2)
    await settle(h.clock)
    expect(h.state.sealed).toEqual([])
    h.sealer.start()
    await settle(h.clock)
    expect(h.state.sealed).toEqual([{ trigger: 'wake', taken: 2 }])
  })

  it('tries a failed seal again after a pause, not in a hot loop', async () => {
    const h = harness({ kind: 'instant' })
    h.state.failures = 2
    h.sealer.start()
    addWork(h, 1)
    await settle(h.clock)
    expect(h.state.failures).toBe(1)
    addWork(h, 1)
    await settle(h.clock)
    expect(h.state.failures).toBe(1)
    h.clock.advance(1_000)
    await settle(h.clock)
    expect(h.state.failures).toBe(0)
    h.clock.advance(1_000)
    await settle(h.clock)
    expect(h.state.sealed).toEqual([{ trigger: 'wake', taken: 2 }])
  })

  it('seals an empty block only on request', async () => {
    const h = harness({ kind: 'instant' })
    h.sealer.start()
    h.sealer.wake()
    await settle(h.clock)
    expect(h.state.sealed).toEqual([])
    await expect(h.sealer.sealNow()).resolves.toBeDefined()
    expect(h.state.sealed).toEqual([{ trigger: 'now', taken: 0 }])
  })
})

describe('interval', () => {
  it('seals every so many seconds, with or without work', async () => {
    const h = harness({ kind: 'interval', seconds: 12 })
    h.sealer.start()
    addWork(h, 1)
    h.clock.advance(11_999)
    await settle(h.clock)
    expect(h.state.sealed).toEqual([])
    h.clock.advance(1)
    await settle(h.clock)
    h.clock.advance(12_000)
    await settle(h.clock)
    expect(h.state.sealed).toEqual([
      { trigger: 'interval', taken: 1 },
      { trigger: 'interval', taken: 0 },
    ])
  })

  it('does not pile up seals behind a slow one', async () => {
    const h = harness({ kind: 'interval', seconds: 1 })
    h.sealer.start()
    const release = h.hold()
    h.clock.advance(5_000)
    await settle(h.clock)
    release()
    await settle(h.clock)
    expect(h.state.sealed).toHaveLength(1)
  })
})

describe('manual and changes of mode', () => {
  it('seals on request only, one at a time', async () => {
    const h = harness({ kind: 'manual' }, { perBlock: 1 })
    h.sealer.start()
    addWork(h, 2)
    h.clock.advance(60_000)
    await settle(h.clock)
    expect(h.state.sealed).toEqual([])
    await Promise.all([h.sealer.sealNow(), h.sealer.sealNow(), h.sealer.sealNow()])
    expect(h.state.sealed.map(({ taken }) => taken)).toEqual([1, 1, 0])
  })

  it('tells the caller of a failed request and seals the next one', async () => {
    const h = harness({ kind: 'manual' })
    h.state.failures = 1
    await expect(h.sealer.sealNow()).rejects.toThrow('the store is full')
    await expect(h.sealer.sealNow()).resolves.toBeDefined()
  })

  it('takes up waiting work when it becomes instant', async () => {
    const h = harness({ kind: 'manual' })
    h.sealer.start()
    addWork(h, 2)
    h.sealer.setMode({ kind: 'instant' })
    await settle(h.clock)
    expect(h.sealer.mode).toEqual({ kind: 'instant' })
    expect(h.state.sealed).toEqual([{ trigger: 'wake', taken: 2 }])
    h.sealer.setMode({ kind: 'interval', seconds: 1 })
    addWork(h, 1)
    await settle(h.clock)
    expect(h.state.sealed).toHaveLength(1)
    h.clock.advance(1_000)
    await settle(h.clock)
    expect(h.state.sealed).toHaveLength(2)
  })

  it('finishes the seal under way when it closes, and starts none after it', async () => {
    const h = harness({ kind: 'instant' }, { perBlock: 1 })
    h.sealer.start()
    addWork(h, 3)
    const release = h.hold()
    await settle(h.clock)
    const closed = h.sealer.close()
    release()
    await closed
    await settle(h.clock)
    expect(h.state.sealed).toHaveLength(1)
  })

  it('does not seal for a wake-up that waited while somebody went back to manual sealing', async () => {
    const under = harness({ kind: 'instant' })
    under.sealer.start()
    let release = () => {}
    const reverted = under.sealer.between(async () => {
      await new Promise<void>((resolve) => {
        release = resolve
      })
      under.sealer.setMode({ kind: 'manual' })
    })
    addWork(under, 1)
    await settle(under.clock)
    release()
    await reverted
    await settle(under.clock)
    expect(under.state.sealed).toEqual([])
    await under.sealer.sealNow()
    expect(under.state.sealed).toEqual([{ trigger: 'now', taken: 1 }])
    await under.sealer.close()
  })
})
