import { describe, expect, it } from 'vitest'
import { adjustableClock, manualClock, systemTimers } from '../../node/clock.ts'
import { createLogger } from '../../node/logger.ts'
import { NodeError } from '../../stateless/errors.ts'

describe('clocks', () => {
  it('fire manual timers in order of their time, with the time they were set for', () => {
    const clock = manualClock(1_000)
    const fired: [string, number][] = []
    clock.after(30, () => fired.push(['late', clock.nowMs()]))
    const cancel = clock.after(10, () => fired.push(['cancelled', clock.nowMs()]))
    clock.after(20, () => {
      fired.push(['early', clock.nowMs()])
      clock.after(5, () => fired.push(['nested', clock.nowMs()]))
    })
    cancel()
    clock.advance(29)
    expect(fired).toEqual([
      ['early', 1_020],
      ['nested', 1_025],
    ])
    clock.advance(1)
    expect(fired.at(-1)).toEqual(['late', 1_030])
  })

  it('travel in time', () => {
    const base = manualClock(1_000)
    const clock = adjustableClock(base)
    clock.shift(3_600_000)
    base.advance(5)
    expect(clock.nowMs()).toBe(3_601_005)
    expect(clock.offsetMs()).toBe(3_600_000)
  })

  it('run and cancel real timers', async () => {
    const fired: string[] = []
    const cancel = systemTimers.after(0, () => fired.push('cancelled'))
    cancel()
    systemTimers.after(60_000, () => fired.push('much later'))()
    await new Promise<void>((resolve) => systemTimers.after(0, resolve))
    expect(fired).toEqual([])
  })
})

describe('logs', () => {
  const lines = (json: boolean) => {
    const written: string[] = []
    const logger = createLogger({ level: 'info', json, stream: { write: (line) => written.push(line) } })
    return { written, logger }
  }

  it('are JSON lines with numbers and bytes in plain form', () => {
    const { written, logger } = lines(true)
    logger.child('chain').info('sealed block', { number: 5n, hash: Uint8Array.of(0xab), nested: { gas: [1n] } })
    logger.debug('too fine')
    expect(written).toHaveLength(1)
    expect(JSON.parse(written[0] ?? '')).toMatchObject({
      room: 'chain',
      event: 'sealed block',
      number: '5',
      hash: '0xab',
      nested: { gas: ['1'] },
    })
  })

  it('keep code, message and cause of an error', () => {
    const { written, logger } = lines(true)
    logger.error('failed', { error: new NodeError('BROKEN', 'it broke', {}, new Error('because')) })
    expect(JSON.parse(written[0] ?? '').error).toMatchObject({
      code: 'BROKEN',
      message: 'it broke',
      cause: { message: 'because' },
    })
  })

  it('are readable without JSON, one event per line', () => {
    const { written, logger } = lines(false)
    logger.child('pool').warn('dropped', { reason: 'nonce too low', count: 2 })
    expect(written[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}pool dropped reason="nonce too low" count=2\n$/)
  })
})
