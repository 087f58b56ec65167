import { describe, expect, test } from 'vitest'
import { devnetOptionsOf } from '../../bin/devnetInputs.ts'
import { helpText, parseCommandLine } from '../../bin/options.ts'

const L2 = ['--l1', 'http://127.0.0.1:1', '--rollup', `0x${'11'.repeat(20)}`]
const NAME = 'execute-worker'

describe('--execute-worker', () => {
  test.each([
    ['devnet', []],
    ['l1', []],
    ['l2', L2],
  ] as const)('%s: off, unless a flag or the environment says so', (command, rest) => {
    const option = (flags: string[], env = {}) => parseCommandLine([command, ...rest, ...flags], env).options[NAME]
    expect(option([])).toBe(false)
    expect(option(['--execute-worker'])).toBe(true)
    expect(option([], { REENACT_EXECUTE_WORKER: '1' })).toBe(true)
    expect(option(['--no-execute-worker'], { REENACT_EXECUTE_WORKER: '1' })).toBe(false)
    expect(helpText(command)).toContain('--execute-worker')
  })

  test.each(['advance', 'load', 'verify'] as const)('%s does not take it', (command) => {
    expect(() => parseCommandLine([command, '--execute-worker'], {})).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_FLAG' }),
    )
  })

  test('createDevnet takes it as executeWorker', () => {
    expect(devnetOptionsOf({})[NAME]).toBe(false)
    expect(devnetOptionsOf({ executeWorker: true })[NAME]).toBe(true)
  })
})
