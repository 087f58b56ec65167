import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { LoadCommandOptions } from '../../bin/commands.ts'
import { runLoadCommand } from '../../bin/loadCommand.ts'
import { progressOn } from '../../bin/loadOutput.ts'
import { parseCommandLine, UsageError } from '../../bin/options.ts'
import { LoadError } from '../../load/errors.ts'

const URLS = ['--l1', 'http://127.0.0.1:1', '--l2', 'http://127.0.0.1:1']

async function refusal(argv: string[]): Promise<UsageError | LoadError> {
  try {
    const { options } = parseCommandLine(['load', ...argv], {})
    await runLoadCommand(options as LoadCommandOptions, {})
  } catch (error) {
    if (error instanceof UsageError || error instanceof LoadError) return error
    throw error
  }
  throw new Error(`accepted: ${argv.join(' ')}`)
}

describe('reenact load', () => {
  it('has a minute of traffic at 40 transactions per second as its default, and the search', () => {
    expect(parseCommandLine(['load'], {}).options).toMatchObject({ duration: 60, rate: 40, seed: 1, search: true })
    expect(parseCommandLine(['load', '--no-search'], {}).options).toMatchObject({ search: false })
  })

  it.each([
    [['--duration', '0'], /^--duration "0": expected number to be >=1$/],
    [['--duration', '3601'], /--duration/],
    [['--rate', '-1'], /--rate/],
    [['--seed', '1.5'], /--seed/],
    [['--l1', 'nowhere'], /--l1/],
  ])('refuses %j', async (argv, message) => {
    expect((await refusal(argv)).message).toMatch(message)
  })

  it('wants both URLs or none', async () => {
    expect(await refusal(URLS.slice(0, 2))).toMatchObject({
      code: 'MISSING_VALUE',
      message: expect.stringMatching(/^--l2/),
    })
    expect(await refusal(URLS.slice(2))).toMatchObject({
      code: 'MISSING_VALUE',
      message: expect.stringMatching(/^--l1/),
    })
  })

  it('leaves no empty report when there was no load, and an old one as it was', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reenact-load-'))
    await refusal([...URLS, '--report', join(folder, 'new.json')])
    writeFileSync(join(folder, 'old.json'), '{}')
    await refusal([...URLS, '--report', join(folder, 'old.json')])
    expect(readdirSync(folder)).toEqual(['old.json'])
    expect(readFileSync(join(folder, 'old.json'), 'utf8')).toBe('{}')
  })

  it('says that nobody answers, and before the load that the report cannot be written', async () => {
    expect(await refusal(URLS)).toMatchObject({ code: 'UNREACHABLE' })
    const report = join(mkdtempSync(join(tmpdir(), 'reenact-load-')), 'missing', 'report.json')
    expect(await refusal([...URLS, '--report', report])).toMatchObject({ code: 'BAD_FILE' })
  })
})

describe('progress', () => {
  const shown = (isTTY: boolean, show: (progress: ReturnType<typeof progressOn>) => void): string => {
    let text = ''
    const progress = progressOn({ isTTY, write: (more: string) => (text += more) })
    show(progress)
    progress.end()
    return text
  }

  it('is a bar on a terminal', () => {
    const text = shown(true, ({ show }) => {
      show({ phase: 'load', done: 0.5, text: 'half' })
      show({ phase: 'load', done: 1, text: 'all' })
    })
    const [, half, all] = text.split('\r')
    expect(half).toContain(`[${'#'.repeat(15)}${'.'.repeat(15)}] half`)
    expect(all).toContain(`[${'#'.repeat(30)}] all`)
    expect(text.endsWith('\n')).toBe(true)
  })

  it('is a line for each phase elsewhere, not one for each report', () => {
    const text = shown(false, ({ show }) => {
      show({ phase: 'preparing', done: 0, text: 'accounts' })
      for (let i = 0; i < 50; i++) show({ phase: 'load', done: i / 50, text: `${i} tx/s` })
      show({ phase: 'searching', done: 0, text: 'transfer' })
      show({ phase: 'searching', done: 0.5, text: 'erc20' })
    })
    expect(text.split('\n')).toEqual([
      'preparing: accounts',
      'load: 0 tx/s',
      'searching: transfer',
      'searching: erc20',
      '',
    ])
  })
})
