import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { foundryBinary } from '../../../bench/support/foundryBinary.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const SOLC = here('solc.mjs')

export type Ended = { exit: number | null; output: string; errors: string }
/** Runs to the end with these arguments; what goes wrong is in the answer. */
export type Tool = (argv: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ended>
export type Foundry = { forge: Tool; cast: Tool; folder: string }

/** Foundry does not support every platform, and optional packages may be left out. */
const BINARIES = { forge: foundryBinary('forge'), cast: foundryBinary('cast') }
export const hasFoundry: boolean = BINARIES.forge !== undefined && BINARIES.cast !== undefined

/**
 * The project beside this file, or an empty one, in a folder of its own, and a home of its own: nothing of the user's is read
 * or written.
 */
export function openFoundry(project: 'sample' | 'empty' = 'sample'): Foundry {
  const folder = mkdtempSync(join(tmpdir(), 'reenact-foundry-'))
  if (project === 'sample') cpSync(here('project'), folder, { recursive: true })
  const home = mkdtempSync(join(tmpdir(), 'reenact-home-'))
  const tool =
    (name: keyof typeof BINARIES): Tool =>
    (argv, env = {}) =>
      new Promise((resolve, reject) => {
        const own = { HOME: home, XDG_CONFIG_HOME: home, FOUNDRY_DISABLE_NIGHTLY_WARNING: '1', FOUNDRY_SOLC: SOLC }
        const child = spawn(BINARIES[name] ?? name, argv, {
          cwd: folder,
          env: { PATH: process.env.PATH ?? '', ...own, ...env },
          stdio: ['ignore', 'pipe', 'pipe'],
        })
        let output = ''
        let errors = ''
        child.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString()
        })
        child.stderr.on('data', (chunk: Buffer) => {
          errors += chunk.toString()
        })
        child.on('error', reject)
        child.on('close', (exit) => resolve({ exit, output, errors }))
      })
  return { forge: tool('forge'), cast: tool('cast'), folder }
}
