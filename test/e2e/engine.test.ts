import { afterEach, describe, expect, test } from 'vitest'
import { defaultPaths } from '../../execution/paths.ts'
import { type NodeProcess, runToEnd, startProcess } from './process.ts'

describe('the engine of a process', () => {
  let running: NodeProcess | undefined
  afterEach(async () => {
    running?.child.kill('SIGKILL')
    await running?.ended
  })

  test.each([
    ['REENACT_ENGINE', [], { REENACT_ENGINE: 'reference' }, 'reference'],
    ['--engine, whatever the variable says', ['--engine', 'fast'], { REENACT_ENGINE: 'reference' }, 'fast'],
    ['the variable of these tests', [], {}, defaultPaths()],
  ] as const)('of a devnet is what it gets from %s', async (_, argv, env, engine) => {
    running = startProcess(['--l1-port', '0', '--l2-port', '0', '--json', ...argv], { env })
    await running.line('ready ')
    expect(JSON.parse(running.output().split('\n')[0] ?? '').engine).toBe(engine)
  })

  test('of an L1 alone is in its log', async () => {
    running = startProcess(['l1', '--port', '0'], { env: { REENACT_ENGINE: 'reference' } })
    await running.line('ready ')
    expect(running.output() + running.errors()).toMatch(/engine.*reference/)
  })

  test.each([
    ['devnet'],
    ['l1'],
    ['verify', '-'],
    ['genesis', 'l1'],
    ['rollup', 'create', '--l1', 'http://127.0.0.1:1'],
  ])('%s with another value ends with one line and 2', async (...argv) => {
    const { exit, output, errors } = await runToEnd(argv, '', { env: { REENACT_ENGINE: 'geth' } })
    expect([exit, output]).toEqual([2, ''])
    expect(errors).toBe('reenact: REENACT_ENGINE "geth": expected one of "fast", "reference"\n')
  })
})
