import { mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeFolder } from '../../node/folder.ts'

const base = () => mkdtempSync(join(tmpdir(), 'reenact-folder-'))

describe('makeFolder', () => {
  it('makes all that is missing, and is content with what is there', () => {
    const path = join(base(), 'a', 'b', 'c')
    makeFolder(path)
    makeFolder(path)
    expect(statSync(path).isDirectory()).toBe(true)
  })

  it('refuses a path through a file', () => {
    const file = join(base(), 'file')
    writeFileSync(file, '')
    expect(() => makeFolder(file)).toThrow('EEXIST')
    expect(() => makeFolder(join(file, 'below'))).toThrow('ENOTDIR')
  })

  it.runIf(process.platform === 'linux')('gives up at once where the system makes no folders', () => {
    expect(() => makeFolder('/proc/nope/l1')).toThrow('ENOENT')
  })
})
