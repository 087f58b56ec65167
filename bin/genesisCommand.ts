import { buildDevnetGenesis } from '../genesis/devnet.ts'
import { bareL1Genesis } from '../genesis/l1Genesis.ts'
import type { DevnetGenesis } from '../genesis/types.ts'
import { silentLogger } from '../node/logger.ts'
import type { GenesisOptions } from './commands.ts'
import { createEngines, type Engines } from './engines.ts'

/** The devnet genesis of this build for a timestamp; two calls with the same arguments give the same bytes. */
export function devnetGenesis(
  engines: Engines,
  options: { timestamp: number; finalityDelay: number; rollups?: number; permit2?: boolean },
): Promise<DevnetGenesis> {
  const { timestamp, finalityDelay, rollups = 1, permit2 = false } = options
  return buildDevnetGenesis(
    { timestamp, finalityDelay, rollups, ...(permit2 ? { permit2: { l2Engine: engines.l1 } } : {}) },
    { l1Engine: engines.l1(bareL1Genesis(options.timestamp)), l2Rules: (genesis) => engines.spec(genesis) },
  )
}

/** `reenact genesis l1|l2`: prints the genesis as geth-format JSON. */
export async function runGenesis(chain: 'l1' | 'l2', options: GenesisOptions): Promise<number> {
  const timestamp = options['genesis-time'] ?? Math.floor(Date.now() / 1000)
  const genesis = await devnetGenesis(await createEngines(silentLogger), {
    timestamp,
    finalityDelay: options['finality-delay'],
    permit2: options.permit2,
  })
  const [rollup] = genesis.rollups
  if (rollup === undefined) throw new Error('a devnet genesis has a rollup')
  console.log(JSON.stringify(chain === 'l1' ? genesis.l1 : rollup.l2, null, 2))
  return 0
}
