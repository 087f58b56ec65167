import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DevnetGenesis } from '../genesis/types.ts'
import { makeFolder } from '../node/folder.ts'
import { createLogger, type LogLevel } from '../node/logger.ts'
import type { Logger, SealMode } from '../node/types.ts'
import type { ControlPolicy } from '../rpc/control.ts'
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

/** Where control is not for everybody by itself. */
export const OPERATOR_ONLY: ControlPolicy = {
  off: 'control methods are off on this node; start it with --control-token or REENACT_CONTROL_TOKEN and send that as "Authorization: Bearer TOKEN"',
}

/** A follower has nothing that control could change; a token would not help. */
export const FOLLOWER: ControlPolicy = {
  off: 'this node follows the rollup: it makes no blocks and has no keys; ask its sequencer',
}

/** Who may call control methods: with a token who has it, else as `otherwise` says. */
export const controlPolicy = (token: string | undefined, otherwise: ControlPolicy): ControlPolicy =>
  token === undefined ? otherwise : { token }

/** The senders of --censor. */
export const censoredSenders = (list: string | undefined): `0x${string}`[] =>
  list === undefined ? [] : (list.toLowerCase().split(',') as `0x${string}`[])

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

/**
 * Keeps a genesis in a data directory and gives the one that counts: of several processes that start on a new directory
 * at once, the first to be done decides. Written beside its final name, so that a crash leaves the whole file or none.
 */
export function storeGenesis(dataDir: string, genesis: DevnetGenesis): DevnetGenesis {
  const path = join(dataDir, GENESIS_FILE)
  const draft = `${path}.${process.pid}`
  try {
    makeFolder(dataDir)
    writeFileSync(draft, JSON.stringify(genesis), { flush: true })
    return moveUnlessThere(draft, path) ? genesis : (storedGenesis(dataDir) ?? genesis)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError('BAD_FILE', `data directory ${dataDir} cannot be used: ${(error as Error).message}`)
  } finally {
    rmSync(draft, { force: true })
  }
}

/** A link fails when the name is taken, which a rename does not. False: it was taken. */
function moveUnlessThere(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    // a file system without links
    renameSync(from, to)
    return true
  }
}
