import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DevnetGenesis } from '../genesis/types.ts'
import { createLogger, type LogLevel } from '../node/logger.ts'
import type { Logger, SealMode } from '../node/types.ts'
import { UsageError } from './options.ts'

/** Seconds between blocks to a seal mode; 0 is instant. */
export function sealMode(seconds: number): SealMode {
  return seconds === 0 ? { kind: 'instant' } : { kind: 'interval', seconds }
}

/** A seal mode in words, for the banner. */
export function sealWords(mode: SealMode): string {
  switch (mode.kind) {
    case 'instant':
      return 'instant'
    case 'interval':
      return `every ${mode.seconds} s`
    case 'manual':
      return 'manual'
  }
}

/** Logs go to standard error, so that standard output holds the banner and the ready line only. */
export function processLogger(options: { 'log-level': LogLevel; json: boolean }): Logger {
  return createLogger({ level: options['log-level'], json: options.json, stream: process.stderr })
}

export const allowedHosts = (list: string | undefined): string[] =>
  (list ?? '')
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '')

const GENESIS_FILE = 'genesis.json'

/**
 * The genesis that a data directory was started with. Blocks refer to it, so it is written once, before the first block,
 * and read from then on: its timestamp is the clock of the first start.
 */
export function storedGenesis(dataDir: string): DevnetGenesis | undefined {
  const path = join(dataDir, GENESIS_FILE)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new UsageError('BAD_FILE', `cannot read ${path}: ${(error as Error).message}`)
  }
  try {
    const genesis = JSON.parse(text)
    if (Array.isArray(genesis.rollups) && genesis.l1?.alloc !== undefined) return genesis
  } catch {
    // falls through to the same message as a file of another shape
  }
  throw new UsageError('BAD_FILE', `${path} is damaged; restore it, or start with an empty --data-dir`)
}

/** Written beside its final name and renamed, so that a crash leaves the whole file or none. */
export function storeGenesis(dataDir: string, genesis: DevnetGenesis): void {
  mkdirSync(dataDir, { recursive: true })
  const path = join(dataDir, GENESIS_FILE)
  writeFileSync(`${path}.new`, JSON.stringify(genesis))
  renameSync(`${path}.new`, path)
}
