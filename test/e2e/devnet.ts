import type { z } from 'zod'
import { devnetSchema } from '../../bin/commands.ts'
import { type Devnet, startDevnet } from '../../bin/devnet.ts'
import type { RollupNode } from '../../bin/rollupNode.ts'
import type { RollupDeployment } from '../../genesis/types.ts'
import { systemClock, systemTimers, type Timers } from '../../node/clock.ts'
import { createLogger, silentLogger } from '../../node/logger.ts'
import type { Clock, Logger, SealMode } from '../../node/types.ts'

export type TestDevnet = Devnet & {
  l1Url: string
  l2Url: string
  deployment: RollupDeployment
  rollup: RollupNode
}

/** Settings as a user gives them. */
export type DevnetInput = z.input<typeof devnetSchema>

export type TestDevnetOptions = {
  options?: DevnetInput
  clock?: Clock
  timers?: Timers
  /** default: silent, or what REENACT_TEST_LOG says */
  logger?: Logger
  sealModes?: { l1: SealMode; l2: SealMode }
}

/** A devnet in this process on free ports; REENACT_TEST_LOG shows what it logs. */
export async function startTestDevnet(setup: TestDevnetOptions = {}): Promise<TestDevnet> {
  const level = process.env.REENACT_TEST_LOG
  const logger =
    level === undefined ? silentLogger : createLogger({ level: 'debug', json: false, stream: process.stderr })
  const options = devnetSchema.parse({ 'l1-port': 0, 'l2-port': 0, ...setup.options })
  const devnet = await startDevnet(options, {
    clock: setup.clock ?? systemClock,
    timers: setup.timers ?? systemTimers,
    logger: setup.logger ?? logger,
    ...(setup.sealModes === undefined ? {} : { sealModes: setup.sealModes }),
  })
  const [summary] = devnet.summary.rollups
  const [rollup] = devnet.rollups
  if (summary === undefined || rollup === undefined) throw new Error('a devnet has a rollup')
  return { ...devnet, l1Url: devnet.summary.l1Url, l2Url: summary.url, deployment: summary.deployment, rollup }
}
