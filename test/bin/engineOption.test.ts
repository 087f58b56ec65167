import { createDevnet } from 'reenact/devnet'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { COMMANDS } from '../../bin/commands.ts'
import { devnetOptionsOf } from '../../bin/devnetInputs.ts'
import { createEngines } from '../../bin/engines.ts'
import { helpText, parseCommandLine } from '../../bin/options.ts'
import { amsterdamSpec } from '../../execution/chainSpec.ts'
import { createCrypto } from '../../execution/crypto.ts'
import { createEngine } from '../../execution/engine.ts'
import { defaultPaths } from '../../execution/paths.ts'
import { cryptoOnce, silentLogger } from '../execution/support.ts'

const L2 = ['--l1', 'http://127.0.0.1:1', '--rollup', `0x${'11'.repeat(20)}`]

describe('--engine', () => {
  test.each([
    ['devnet', []],
    ['l1', []],
    ['l2', L2],
    ['advance', L2],
    ['load', []],
    ['verify', ['-']],
  ] as const)('%s takes it as a flag and from the environment', (command, rest) => {
    expect(parseCommandLine([command, ...rest, '--engine', 'reference'], {}).options.engine).toBe('reference')
    expect(parseCommandLine([command, ...rest], { REENACT_ENGINE: 'reference' }).options.engine).toBe('reference')
    expect(helpText(command)).toContain('--engine')
    expect(Object.hasOwn(COMMANDS[command].schema.shape, 'engine')).toBe(true)
  })

  test('a flag beats the environment', () => {
    const { options } = parseCommandLine(['l1', '--engine', 'fast'], { REENACT_ENGINE: 'reference' })
    expect(options.engine).toBe('fast')
  })

  test.each([
    ['a flag', ['l1', '--engine', 'geth'], {}, '--engine "geth"'],
    ['the environment', ['l1'], { REENACT_ENGINE: 'geth' }, 'REENACT_ENGINE "geth"'],
  ] as const)('another value is refused: %s', (_, argv, env, said) => {
    expect(() => parseCommandLine(argv, env)).toThrow(
      expect.objectContaining({ code: 'BAD_VALUE', message: expect.stringContaining(said) }),
    )
  })

  describe('what runs where nobody chose', () => {
    afterEach(() => {
      vi.unstubAllEnvs()
    })

    test.each([
      [undefined, 'fast'],
      ['', 'fast'],
      ['fast', 'fast'],
      ['reference', 'reference'],
    ] as const)('REENACT_ENGINE %j: %s', (value, paths) => {
      vi.stubEnv('REENACT_ENGINE', value)
      expect(defaultPaths()).toBe(paths)
    })

    test('another value is refused by whoever asks', async () => {
      vi.stubEnv('REENACT_ENGINE', 'geth')
      const message = 'REENACT_ENGINE "geth": expected one of "fast", "reference"'
      const refusal = expect.objectContaining({ code: 'UNKNOWN_ENGINE', message })
      await expect(createEngines(silentLogger)).rejects.toEqual(refusal)
      await expect(createCrypto({ logger: silentLogger })).rejects.toEqual(refusal)
      const crypto = await cryptoOnce
      expect(() => createEngine({ spec: amsterdamSpec(1n, crypto), crypto, logger: silentLogger })).toThrow(refusal)
      await expect(createDevnet()).rejects.toEqual(
        expect.objectContaining({ code: 'BAD_OPTION', message: `createDevnet: ${message}` }),
      )
    })
  })

  test('createDevnet takes it and refuses others', () => {
    expect(devnetOptionsOf({ engine: 'reference' }).engine).toBe('reference')
    expect(() => devnetOptionsOf({ engine: 'geth' as never })).toThrow(
      expect.objectContaining({ code: 'BAD_OPTION', message: expect.stringContaining('engine "geth"') }),
    )
  })

  test('the engines say which they are, and noble is all that the reference hashes and recovers with', async () => {
    const reference = await createEngines(silentLogger, { paths: 'reference' })
    expect([reference.paths, reference.crypto.recoveryBackend]).toEqual(['reference', 'noble'])
    const fast = await createEngines(silentLogger, { paths: 'fast' })
    expect(fast.paths).toBe('fast')
    expect(fast.crypto.keccak256(Uint8Array.of(1))).toEqual(reference.crypto.keccak256(Uint8Array.of(1)))
    expect(fast.crypto.sha256(Uint8Array.of(1))).toEqual(reference.crypto.sha256(Uint8Array.of(1)))
  })
})
