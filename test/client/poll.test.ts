import { WaitTimeoutError } from 'reenact/viem'
import { expect, test } from 'vitest'
import { poll } from '../../client/actions/poll.ts'

const client = { pollingInterval: 1 }
const awaited = { what: 'rain', advice: 'Is there a cloud?' }

test('looks at once, and until something is found', async () => {
  let looks = 0
  const found = await poll(client, {}, awaited, async () =>
    ++looks === 3 ? { found: 'it rains' } : { reached: 'dry' },
  )
  expect([found, looks]).toEqual(['it rains', 3])
  // what is there already needs no time at all
  expect(await poll(client, { timeout: 0 }, awaited, async () => ({ found: 1 }))).toBe(1)
})

test('a timeout tells what was waited for, how far it got and what to look at', async () => {
  const waiting = poll(client, { timeout: 5 }, awaited, async () => ({ reached: 'it is dry' }))
  const error = await waiting.catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(WaitTimeoutError)
  expect(error).toMatchObject({ code: 'WAIT_TIMEOUT', timeout: 5, name: 'WaitTimeoutError' })
  expect(String(error)).toBe('WaitTimeoutError: Waited 5 ms for rain; it is dry. Is there a cloud?')
})

test('a signal ends a wait with its reason, before it, in the middle of a pause, and leaves no listener', async () => {
  const reason = new Error('enough')
  const never = async () => ({ reached: 'dry' })
  await expect(poll(client, { signal: AbortSignal.abort(reason) }, awaited, never)).rejects.toBe(reason)
  const controller = new AbortController()
  const { signal } = controller
  const waiting = poll({ pollingInterval: 3_600_000 }, { signal }, awaited, async () => {
    setTimeout(() => controller.abort(reason))
    return { reached: 'dry' }
  })
  await expect(waiting).rejects.toBe(reason)
})

test('what a look throws ends the wait', async () => {
  const broken = poll(client, {}, awaited, () => Promise.reject(new Error('no sky')))
  await expect(broken).rejects.toThrow('no sky')
})
