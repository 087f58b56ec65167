import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { createEngines } from '../../bin/engines.ts'
import { storeGenesis } from '../../bin/settings.ts'
import type { Windows } from '../../genesis/creation.ts'
import { buildDevnetGenesis } from '../../genesis/devnet.ts'
import { bareL1Genesis } from '../../genesis/l1Genesis.ts'
import type { DevnetGenesis } from '../../genesis/types.ts'
import { silentLogger } from '../../node/logger.ts'
import type { Clock, Logger, SealMode } from '../../node/types.ts'
import { accessTo } from './chainAccess.ts'
import { type Client, clientFor } from './clients.ts'
import { type DevnetInput, startTestDevnet, type TestDevnet } from './devnet.ts'
import type { Chains } from './load.ts'
import { type NodeProcess, type ProcessSetup, startProcess } from './process.ts'

/** A devnet in this process, and whom to talk to. */
export type Running = { devnet: TestDevnet; l1: Client; l2: Client; chains: Chains }

export type LifeSetup = {
  options?: DevnetInput
  /** seal mode of L1; default instant */
  l1?: SealMode
  clock?: Clock
  logger?: Logger
}

/** Data directories that are lived in several times; all is closed and removed after each test, whatever comes of it. */
export function workshop() {
  const folders: string[] = []
  const open: TestDevnet[] = []
  const processes: NodeProcess[] = []
  afterEach(async () => {
    for (const devnet of open.splice(0)) await devnet.close()
    for (const node of processes.splice(0)) {
      node.child.kill('SIGKILL')
      await node.ended
    }
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
  })
  return {
    async newFolder(): Promise<string> {
      const folder = await mkdtemp(join(tmpdir(), 'reenact-lives-'))
      folders.push(folder)
      return folder
    },
    async run(dataDir: string, { options, l1 = { kind: 'instant' }, ...deps }: LifeSetup = {}): Promise<Running> {
      const devnet = await startTestDevnet({
        options: { ...options, 'data-dir': dataDir },
        sealModes: { l1, l2: { kind: 'instant' } },
        ...deps,
      })
      open.push(devnet)
      const { l1ChainId, l2ChainId } = devnet.deployment
      return {
        devnet,
        l1: clientFor(devnet.l1Url, l1ChainId, 1),
        l2: clientFor(devnet.l2Url, l2ChainId, 1),
        chains: { l1: accessTo(devnet.l1Url), l2: accessTo(devnet.l2Url) },
      }
    },
    spawn(argv: readonly string[], setup: ProcessSetup = {}): NodeProcess {
      const node = startProcess(argv, setup)
      processes.push(node)
      return node
    },
  }
}

/** Makes a data directory whose rollup is deployed with other windows than the default. */
export async function writeGenesis(dataDir: string, windows: Partial<Windows>): Promise<DevnetGenesis> {
  const engines = await createEngines(silentLogger)
  const timestamp = Math.floor(Date.now() / 1000)
  const genesis = await buildDevnetGenesis(
    { timestamp, rollups: 1, finalityDelay: 0, windows },
    { l1Engine: engines.l1(bareL1Genesis(timestamp)), l2Rules: (json) => engines.spec(json) },
  )
  return storeGenesis(dataDir, genesis)
}
