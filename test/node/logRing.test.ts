import { expect, it } from 'vitest'
import { silentLogger } from '../../node/logger.ts'
import { createLogRing } from '../../node/logRing.ts'

const recorded = () => {
  const ring = createLogRing()
  return { ring, logger: ring.recording(silentLogger) }
}

it('keeps what passes through, from a level and an index on', () => {
  const { ring, logger } = recorded()
  logger.debug('too fine')
  logger.info('first', { number: 5n, hash: Uint8Array.of(0xab), list: [1n, 'two'], nested: { gas: 3n } })
  logger.child('chain').error('second', { error: new Error('it broke') })
  logger.warn('third')
  expect(ring.read({ level: 'info', since: 0 })).toMatchObject([
    {
      index: 0,
      level: 'info',
      room: 'node',
      fields: { number: '5', hash: '0xab', list: '1, two', nested: '{"gas":"3"}' },
    },
    { index: 1, level: 'error', room: 'chain', event: 'second', fields: { error: 'it broke' } },
    { index: 2, level: 'warn', event: 'third' },
  ])
  expect(ring.read({ level: 'warn', since: 2 }).map(({ event }) => event)).toEqual(['third'])
  expect(ring.next()).toBe(3)
})

it('forgets the oldest of a level, and no error for many infos', () => {
  const { ring, logger } = recorded()
  logger.error('the one that matters')
  for (let line = 0; line < 5_000; line++) logger.info('noise', { line })
  const lines = ring.read({ level: 'info', since: 0 })
  expect(lines).toHaveLength(1_001)
  expect(lines[0]?.event).toBe('the one that matters')
  expect(lines.at(-1)?.fields.line).toBe('4999')
})

it.each([
  ['fetch https://user:secret@l1.example:8545/v3/key?token=1 failed', 'fetch https://l1.example:8545 failed'],
  ['wss://l1.example/key', 'wss://l1.example'],
  ['broke\n    at file:///home/somebody/node.ts', 'broke'],
])('tells no secrets: %j', (text, told) => {
  const { ring, logger } = recorded()
  logger.warn('failed', { text, nested: { text: text.split('\n')[0] } })
  expect(ring.read({ level: 'warn', since: 0 })[0]?.fields).toEqual({
    text: told,
    nested: JSON.stringify({ text: told }),
  })
})

it('keeps texts short', () => {
  const { ring, logger } = recorded()
  logger.info('x'.repeat(10_000), { data: new Uint8Array(10_000), text: 'y'.repeat(10_000) })
  const [line] = ring.read({ level: 'info', since: 0 })
  expect(JSON.stringify(line).length).toBeLessThan(2_000)
})
