import { PERMIT2_ADDRESS } from '../genesis/parameters.ts'
import type { DevnetGenesis, RollupDeployment } from '../genesis/types.ts'
import type { Clock, Logger } from '../node/types.ts'
import type { DevnetOptions } from './commands.ts'
import type { Engines } from './engines.ts'
import { devnetGenesis } from './genesisCommand.ts'
import { UsageError } from './options.ts'
import { storedGenesis, storeGenesis } from './settings.ts'

/**
 * The genesis of a devnet: what the folder of its chains keeps, else a new one. Time, finality delay, preinstalls and
 * number of rollups are part of it for good.
 *
 * @throws UsageError BAD_VALUE when the data directory holds another number of rollups than asked for, BAD_FILE
 */
export async function openDevnetGenesis(
  options: DevnetOptions,
  engines: Engines,
  { clock, logger, folder }: { clock: Clock; logger: Logger; folder?: string },
): Promise<DevnetGenesis> {
  const source = `${options['data-dir']}`
  const stored = folder === undefined ? undefined : storedGenesis(folder)
  if (stored !== undefined) return asStored(stored, options, { source, logger })
  const timestamp = options['genesis-time'] ?? Math.floor(clock.nowMs() / 1000)
  const genesis = await devnetGenesis(engines, {
    timestamp,
    finalityDelay: options['finality-delay'],
    rollups: options.rollups ?? 1,
    permit2: options.permit2,
  })
  return folder === undefined ? genesis : asStored(storeGenesis(folder, genesis), options, { source, logger })
}

/** A genesis that `source` holds, a data directory or a dump. Throws UsageError when options ask for another one. */
export function asStored(
  stored: DevnetGenesis,
  options: DevnetOptions,
  { source, logger }: { source: string; logger: Logger },
): DevnetGenesis {
  const [first] = stored.rollups
  if (first === undefined) throw new UsageError('BAD_FILE', `the genesis in ${source} has no rollup`)
  requireToday(first.deployment, source)
  const count = stored.rollups.length
  if (options.rollups !== undefined && options.rollups !== count) {
    const held = `${source} holds ${count} rollup${count === 1 ? '' : 's'}`
    const advice = 'leave --rollups out, add one with `reenact rollup create`, or start without what is kept there'
    throw new UsageError('BAD_VALUE', `--rollups ${options.rollups}: ${held}; ${advice}`)
  }
  const time = options['genesis-time']
  const kept = {
    finalityDelay: first.deployment.parameters.finalityDelay,
    genesisTime: Number(stored.l1.timestamp),
    permit2: stored.l1.alloc[PERMIT2_ADDRESS] !== undefined,
  }
  const isOtherTime = time !== undefined && time !== kept.genesisTime
  const isOtherDelay = options['finality-delay'] !== kept.finalityDelay
  const lacksPermit2 = options.permit2 && !kept.permit2
  if (isOtherTime || isOtherDelay || lacksPermit2) {
    logger.warn('what is kept has its own genesis: time, finality delay, preinstalls', { source, ...kept })
  }
  return stored
}

function requireToday(deployment: RollupDeployment, folder: string): void {
  if (isOfToday({ deployment })) return
  const what = `the genesis in ${folder} is of a version with fewer contracts`
  throw new UsageError('BAD_FILE', `${what}; run it with that version, or start with an empty --data-dir`)
}

/** The node asks every contract of the deployment, so a genesis from before one of them existed does not run. */
export function isOfToday({ deployment }: { deployment: Partial<RollupDeployment> }): boolean {
  const { l1, l2 } = deployment
  return l1?.router !== undefined && l2?.l1State !== undefined && l2.crossMessenger !== undefined
}

/**
 * One port for each rollup, in a row from --l2-port on; 0 asks for any free port, for each anew.
 *
 * @throws UsageError BAD_VALUE when they do not fit, or when that of L1 is among them
 */
export function rollupPorts(options: Pick<DevnetOptions, 'l1-port' | 'l2-port'>, count: number): number[] {
  const { 'l1-port': l1Port, 'l2-port': first } = options
  if (first === 0) return Array.from({ length: count }, () => 0)
  const ports = Array.from({ length: count }, (_, index) => first + index)
  const last = first + count - 1
  if (last > 65_535)
    throw new UsageError('BAD_VALUE', `--l2-port ${first}: ${count} rollups would need ports up to ${last}`)
  if (ports.includes(l1Port)) {
    const range = count === 1 ? 'L2 has the same' : `the ${count} rollups take ${first} to ${last}`
    throw new UsageError('BAD_VALUE', `--l1-port ${l1Port}: ${range}`)
  }
  return ports
}
