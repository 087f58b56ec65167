import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { helpText, parseCommandLine, UsageError } from '../../bin/options.ts'

function refusal(argv: string[], env: Record<string, string> = {}): UsageError {
  try {
    parseCommandLine(argv, env)
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
  throw new Error(`accepted: ${argv.join(' ')}`)
}

const settingsFile = (settings: unknown): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'reenact-options-')), 'settings.json')
  writeFileSync(path, typeof settings === 'string' ? settings : JSON.stringify(settings))
  return path
}

const L2 = ['l2', '--l1', 'http://127.0.0.1:8545', '--rollup', `0x${'11'.repeat(20)}`, '--genesis', 'g']

describe('command line', () => {
  it('starts the devnet with defaults when nothing is said', () => {
    const { command, options } = parseCommandLine([], {})
    expect(command).toBe('devnet')
    expect(options).toMatchObject({ 'l1-port': 8545, 'l2-port': 9545, host: '127.0.0.1', settle: true, json: false })
  })

  it('prefers a flag to the environment, and that to the file, and that to the default', () => {
    const file = settingsFile({ 'l1-port': 1, 'l2-port': 2, host: 'a', 'finality-delay': 7 })
    const env = { REENACT_L1_PORT: '3', REENACT_L2_PORT: '4', REENACT_CONFIG: file }
    const { options } = parseCommandLine(['--l1-port', '5'], env)
    expect(options).toMatchObject({ 'l1-port': 5, 'l2-port': 4, host: 'a', 'finality-delay': 7, 'l1-block-time': 0 })
  })

  it('puts Permit2 into the genesis of a devnet when it is asked to', () => {
    expect(parseCommandLine([], {}).options).toMatchObject({ permit2: false })
    for (const command of [[], ['devnet'], ['genesis', 'l2']]) {
      expect(parseCommandLine([...command, '--permit2'], {}).options).toMatchObject({ permit2: true })
    }
    expect(refusal(['l1', '--permit2']).code).toBe('UNKNOWN_FLAG')
  })

  it('takes a control token that fits a header, and never shows one', () => {
    const token = 'Zm9vYmFyYmF6cXV4Zm9v=='
    for (const argv of [[], L2]) {
      expect(parseCommandLine(argv, { REENACT_CONTROL_TOKEN: token }).options['control-token']).toBe(token)
    }
    expect(parseCommandLine(['--control-token', token], {}).options['control-token']).toBe(token)
    for (const wrong of ['short', 'has a blank in its middle', 'x'.repeat(2_000)]) {
      const { message } = refusal(['--control-token', wrong])
      expect(message).toBe('--control-token: must be 16 to 1024 letters, digits or ._~+/-')
    }
    expect(refusal([`--control-tokem=${token}`]).message).not.toContain(token)
    expect(refusal(['l1', `--control-token=${token}`]).message).not.toContain(token)
  })

  it('reads --flag=value, --no-flag and booleans in the environment', () => {
    expect(parseCommandLine(['--l1-port=7', '--no-settle'], {}).options).toMatchObject({ 'l1-port': 7, settle: false })
    expect(parseCommandLine([], { REENACT_SETTLE: 'false' }).options).toMatchObject({ settle: false })
  })

  it('takes the fixture of verify as a positional argument, - included', () => {
    expect(parseCommandLine(['verify', '-', '--execute'], {})).toMatchObject({
      command: 'verify',
      positionals: ['-'],
      options: { execute: true, gas: 16_777_216n },
    })
  })

  it('collects transactions from repeated flags, or from a list with commas in the environment', () => {
    const argv = ['advance', ...L2.slice(1)]
    expect(parseCommandLine([...argv, '--tx', '0x01', '--tx=0x02', '--tx', '0x03'], {}).options).toMatchObject({
      tx: ['0x01', '0x02', '0x03'],
    })
    expect(parseCommandLine(argv, { REENACT_TX: '0x01,0x02' }).options).toMatchObject({ tx: ['0x01', '0x02'] })
    expect(parseCommandLine(argv, {}).options).toMatchObject({ tx: [] })
    const file = settingsFile({ tx: ['0x0a', '0x0b'] })
    expect(parseCommandLine([...argv, '--config', file], {}).options).toMatchObject({ tx: ['0x0a', '0x0b'] })
    // every other flag has one value, the last
    expect(parseCommandLine(['--l1-port', '1', '--l1-port', '2'], {}).options).toMatchObject({ 'l1-port': 2 })
  })

  it('follows with a flag that stands alone', () => {
    const { options } = parseCommandLine([...L2, '--follow', '--sequencer', 'http://127.0.0.1:9545'], {})
    expect(options).toMatchObject({ follow: true, sequencer: 'http://127.0.0.1:9545' })
    expect(parseCommandLine(L2, {}).options).toMatchObject({ follow: false })
  })

  it.each([
    ['UNKNOWN_COMMAND', ['devent'], 'devent'],
    ['UNKNOWN_COMMAND', ['constructor'], 'constructor'],
    ['UNKNOWN_FLAG', ['--constructor', '1'], '--constructor'],
    ['UNKNOWN_FLAG', ['--l1-prot', '1'], 'did you mean --l1-port?'],
    ['UNKNOWN_FLAG', ['-x'], '-x'],
    ['UNKNOWN_FLAG', ['--no-port'], '--no-port'],
    ['MISSING_VALUE', ['--l1-port'], '--l1-port needs a value'],
    ['BAD_VALUE', ['--l1-port', '70000'], '--l1-port'],
    ['BAD_VALUE', ['--l1-port', 'x'], '--l1-port'],
    ['BAD_VALUE', ['--l1-block-time', '-1'], '--l1-block-time'],
    ['BAD_VALUE', ['--log-level', 'loud'], '--log-level'],
    ['BAD_VALUE', ['--settle=maybe'], '--settle'],
    ['BAD_VALUE', ['--rollups', '0'], '--rollups'],
    ['UNKNOWN_FLAG', ['--follow'], '--follow'],
    ['BAD_VALUE', ['rollup', 'create'], '--l1 is required'],
    ['BAD_VALUE', ['advance', ...L2.slice(1), '--tx', '0x1'], '--tx'],
    ['BAD_VALUE', ['advance', ...L2.slice(1), '--tx', '0x01', '--tx', 'x'], '--tx'],
    ['MISSING_VALUE', ['advance', ...L2.slice(1), '--tx'], '--tx needs a value'],
    ['BAD_VALUE', ['rollup', 'create', '--l1', 'http://127.0.0.1:1', '--chain-id', '0'], '--chain-id'],
    ['BAD_VALUE', ['rollup', 'create', '--l1', 'http://127.0.0.1:1', '--balance', '-1'], '--balance'],
    ['BAD_VALUE', [...L2, '--sequencer', 'nowhere'], '--sequencer'],
    ['BAD_VALUE', ['--rollups', '17'], '--rollups'],
    ['BAD_VALUE', ['--rollups', '1.5'], '--rollups'],
    ['BAD_VALUE', ['verify', 'a', 'b'], 'unexpected argument: b'],
    ['BAD_VALUE', ['l2', '--l1', 'http://127.0.0.1:8545'], '--rollup is required'],
    ['BAD_VALUE', ['l2', '--l1', 'nowhere', '--rollup', '0x12', '--genesis', 'g'], '--rollup'],
    ['BAD_FILE', ['--config', '/no/such/file'], 'ENOENT'],
  ])('refuses with %s: %j', (code, argv, said) => {
    const error = refusal(argv)
    expect(error.code).toBe(code)
    expect(error.message).toContain(said)
    expect(error.message).not.toContain('\n')
  })

  it('refuses a settings file that is not JSON, not an object, or has an unknown key', () => {
    expect(refusal(['--config', settingsFile('{')]).code).toBe('BAD_FILE')
    expect(refusal(['--config', settingsFile([])]).code).toBe('BAD_FILE')
    const unknown = refusal(['--config', settingsFile({ 'l1-prot': 1 })])
    expect(unknown.code).toBe('UNKNOWN_FLAG')
    expect(unknown.message).toContain('did you mean --l1-port?')
  })

  it('has help for every command, with every flag', () => {
    expect(helpText()).toContain('reenact verify')
    for (const command of ['devnet', 'l1', 'l2', 'rollup', 'advance', 'verify', 'genesis'])
      expect(helpText(command)).toContain('--')
    expect(helpText('verify')).toContain('--fixtures')
  })

  it('says what a command takes before it judges the flags', () => {
    expect(refusal(['rollup', 'destroy']).message).toBe('reenact rollup takes create, not destroy')
    expect(refusal(['rollup']).message).toBe('reenact rollup takes create')
    expect(refusal(['rollup', 'create']).message).toBe('--l1 is required')
    expect(refusal(['genesis', 'l3']).message).toBe('reenact genesis takes l1 or l2, not l3')
  })
})
