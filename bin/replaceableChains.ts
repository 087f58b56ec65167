import { readFileSync, statSync } from 'node:fs'
import { DUMP_LIMITS, type DumpLimits } from '../node/dumpFile.ts'
import { DumpError } from '../node/errors.ts'
import type { SealMode } from '../node/types.ts'
import type { DevnetArchive, LoadedHead } from '../rpc/rollup/deps.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import { type Chains, type ChainsDeps, openChains } from './chains.ts'
import type { DevnetOptions } from './commands.ts'
import { currentFolder, makeCurrent, nextFolder, removeFolder } from './dataFolder.ts'
import { type DevnetDump, dumpDevnet, readDevnetDump } from './devnetDump.ts'
import { asStored, openDevnetGenesis } from './devnetSetup.ts'
import { UsageError } from './options.ts'
import { storedGenesis, storeGenesis } from './settings.ts'

export type ReplaceableDeps = Omit<ChainsDeps, 'archive'> & { modes: { l1: SealMode; l2: SealMode } }

/** The chains of a devnet, in whose place others can be loaded. */
export type ReplaceableChains = {
  current(): Chains
  /** called when others have taken their place, which already run */
  onReplaced(listener: () => void): void
  /** once the first ones run: what no store of a dump holds goes into the pools, and others may be loaded */
  started(): Promise<void>
  close(): Promise<void>
}

/** What goes through JSON-RPC, whose answers hold 64 MiB of text. */
const RPC_LIMITS: DumpLimits = { maxBytes: 31 * 1024 * 1024, maxContentBytes: 256 * 1024 * 1024 }

/** Opens the chains that a devnet begins with. @throws NodeError, UsageError */
export async function openReplaceableChains(options: DevnetOptions, deps: ReplaceableDeps): Promise<ReplaceableChains> {
  const { logger } = deps
  const dataDir = options['data-dir']
  const listeners: (() => void)[] = []
  let isLoading = true
  let current: Chains

  const archive: DevnetArchive = {
    dump: (signal) => dumpDevnet(current, RPC_LIMITS, signal),
    async load(file, signal) {
      if (isLoading) throw new DumpError('DUMP_BUSY', 'the devnet starts or is being replaced, try again')
      isLoading = true
      try {
        return await replace(file, signal)
      } finally {
        isLoading = false
      }
    },
  }
  /** Makes chains of a dump. In a data directory they count from when they are `ready`; before, a failure leaves no trace. */
  async function take(dump: DevnetDump, ready: (next: Chains) => Promise<void>): Promise<Chains> {
    const folder = dataDir === undefined ? undefined : nextFolder(dataDir)
    let next: Chains | undefined
    try {
      next = await openDumped(options, { ...deps, archive }, dump, folder)
      await ready(next)
      if (dataDir !== undefined && folder !== undefined) makeCurrent(dataDir, folder)
      return next
    } catch (error) {
      await next?.close()
      if (dataDir !== undefined && folder !== undefined) removeFolder(dataDir, folder)
      throw error
    } finally {
      dump.contents.close()
    }
  }

  async function replace(file: Uint8Array, signal: AbortSignal): Promise<readonly LoadedHead[]> {
    const dump = await readDevnetDump(file, RPC_LIMITS)
    const old = current
    current = await take(dump, async (next) => {
      requireAsMany(next, old)
      signal.throwIfAborted()
      await next.start()
      signal.throwIfAborted()
    })
    for (const listener of listeners) listener()
    logger.info('other chains were loaded', { l1Head: current.l1.chain.head().header.number })
    await dump.restorePools(current, logger)
    await letGo(old)
    return headsOf(current)
  }

  /** The new ones run already: what fails here is told and changes nothing. */
  async function letGo(old: Chains): Promise<void> {
    try {
      const folder = dataDir === undefined ? undefined : old.folder
      await old.close()
      if (dataDir !== undefined && folder !== undefined) removeFolder(dataDir, folder)
    } catch (error) {
      logger.error('the chains that were replaced did not close', { error })
    }
  }

  const file = options['load-state']
  const dump = file === undefined ? undefined : await readDumpFile(file, dataDir)
  if (dump === undefined) {
    const folder = dataDir === undefined ? {} : { folder: currentFolder(dataDir) }
    const genesis = await openDevnetGenesis(options, deps.engines, { ...deps, ...folder })
    const modes = { l1: deps.modes.l1, rollups: genesis.rollups.map(() => deps.modes.l2) }
    current = await openChains({ options, genesis, modes, ...folder }, { ...deps, archive })
  } else {
    asStored(dump.genesis, options, { source: `${file}`, logger })
    current = await take(dump, async () => undefined)
  }
  return {
    current: () => current,
    onReplaced: (listener) => void listeners.push(listener),
    async started() {
      isLoading = false
      await dump?.restorePools(current, logger)
    },
    close: () => current.close(),
  }
}

async function openDumped(
  options: DevnetOptions,
  deps: ChainsDeps,
  dump: DevnetDump,
  folder: string | undefined,
): Promise<Chains> {
  const { genesis, modes, offsetMs, contents } = dump
  if (folder !== undefined) storeGenesis(folder, genesis)
  const place = folder === undefined ? {} : { folder }
  const chains = await openChains({ options, genesis, modes, offsetMs, fill: contents.fill, ...place }, deps)
  try {
    await contents.end()
    dump.restoreSettings(chains)
    return chains
  } catch (error) {
    await chains.close()
    throw error
  }
}

/** A file is loaded into nothing only: a restart with the same flags must not throw away what happened since. */
async function readDumpFile(path: string, dataDir: string | undefined): Promise<DevnetDump> {
  if (dataDir !== undefined && storedGenesis(currentFolder(dataDir)) !== undefined) {
    const advice = 'leave --load-state out, or start with an empty --data-dir'
    throw new UsageError('BAD_VALUE', `--load-state ${path}: ${dataDir} holds a devnet already; ${advice}`)
  }
  let file: Uint8Array
  try {
    const { size } = statSync(path)
    const { maxBytes } = DUMP_LIMITS
    if (size > maxBytes) throw new DumpError('DUMP_TOO_LARGE', `it is larger than ${maxBytes} bytes`)
    file = readFileSync(path)
    return await readDevnetDump(file)
  } catch (error) {
    throw new UsageError('BAD_FILE', `--load-state ${path}: ${(error as Error).message}`)
  }
}

/** Each has a port of its own. */
function requireAsMany({ rollups }: Chains, { rollups: { length } }: Chains): void {
  if (rollups.length === length) return
  const message = `the dump has ${rollups.length} rollups, this devnet has ${length}; start one with --load-state FILE`
  throw new DumpError('DUMP_UNFIT', message)
}

function headsOf({ l1, rollups }: Chains): LoadedHead[] {
  return [l1.chain, ...rollups.map(({ node }) => node.chain)].map((chain) => {
    const { hash, header } = chain.head()
    return { chainId: chain.chainId, number: header.number, hash: `0x${bytesToHex(hash)}` }
  })
}
