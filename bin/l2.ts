import { join } from 'node:path'
import { http } from 'viem'
import { relayerAccount, settlerOfChain } from '../genesis/accounts.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import { systemClock, systemTimers } from '../node/clock.ts'
import { createLogRing } from '../node/logRing.ts'
import { createL1Client } from '../rollup/l1/l1Client.ts'
import type { L2Options } from './commands.ts'
import { l2Descriptor } from './descriptor.ts'
import { createEngines } from './engines.ts'
import { accountFrom, type Environment } from './keys.ts'
import { serve } from './l1.ts'
import { createMetrics } from './metrics.ts'
import { createMonitor } from './monitor.ts'
import { UsageError } from './options.ts'
import { openRollupGenesis } from './rollupGenesis.ts'
import { openRollup } from './rollupNode.ts'
import {
  censoredSenders,
  controlPolicy,
  FOLLOWER,
  OPERATOR_ONLY,
  processLogger,
  sealMode,
  sealWords,
} from './settings.ts'
import { untilSignal } from './shutdown.ts'
import { VERSION } from './version.ts'

/**
 * `reenact l2`: an L2 node alone that sequences and settles through an L1 node. The contracts on L1 say what the rollup is;
 * the genesis, from a file or from L1 itself, must be the one they commit to. Keys come from REENACT_SETTLER_KEY and REENACT_RELAYER_KEY; on the devnet's
 * own L1 the public test keys are the default. With `--follow` it needs none: it rebuilds L2 from what is settled on L1.
 */
export async function runL2(options: L2Options, env: Environment): Promise<number> {
  const startedAt = performance.now()
  if (options.sequencer !== undefined && !options.follow) {
    throw new UsageError('BAD_VALUE', '--sequencer goes with --follow: it is where a follower hands transactions to')
  }
  const stop = untilSignal()
  const logs = createLogRing()
  const logger = logs.recording(processLogger(options))
  const metrics = createMetrics()
  const engines = await createEngines(logger, { paths: options.engine, executeWorker: options['execute-worker'] })
  const l1 = createL1Client(http(options.l1, { retryCount: 2, timeout: 10_000 }))
  const rollupAddress = options.rollup as `0x${string}`
  const { genesis, deployment } = await openRollupGenesis(l1, engines, { ...options, rollup: rollupAddress })
  const mode = sealMode(options['block-time'])
  const settle = options.settle && !options.follow
  let url = ''
  const rollup = await openRollup(
    {
      genesis,
      deployment,
      sealMode: mode,
      settle,
      ...(options.follow ? { follow: options.sequencer === undefined ? {} : { sequencer: options.sequencer } } : {}),
      censor: censoredSenders(options.censor),
      l1BlockTime: 0,
      ...(options['data-dir'] === undefined ? {} : { chainDir: join(options['data-dir'], 'l2') }),
    },
    {
      engines,
      l1: options.l1,
      ...(options.follow ? {} : { accounts: operators(env, deployment) }),
      clock: systemClock,
      timers: systemTimers,
      logger,
      process: {
        metrics: metrics.families,
        logs,
        descriptor: () => l2Descriptor(url, deployment, { sealing: sealWords(mode), settling: settle }),
      },
    },
  )
  try {
    const { chain, reader } = rollup.node
    await rollup.node.start()
    const monitor = createMonitor('l2', () => ({ rollup: reader, ...rollup.node }), metrics)
    const server = await serve(
      {
        host: options.host,
        port: options.port,
        allowHost: options['allow-host'],
        control: options.follow ? FOLLOWER : controlPolicy(options['control-token'], OPERATOR_ONLY),
      },
      rollup.methods,
      { monitor, logger: logger.child('rpc') },
    )
    monitor.started()
    url = server.url
    const head = `head #${chain.head().header.number}${options.follow ? ', following L1' : ''}`
    console.log(`reenact ${VERSION}: L2 chain id ${chain.chainId} of rollup ${rollupAddress}, ${head}`)
    console.log(`ready l2=${server.url} in ${Math.round(performance.now() - startedAt)} ms`)
    const signal = await stop
    logger.info('stopping', { signal })
    await server.close()
  } finally {
    await rollup.close()
    await engines.close()
  }
  return 0
}

/** On the devnet's L1 every rollup has a settler of its own, whose key follows from the chain id of its L2. */
function operators(env: Environment, { l1ChainId, l2ChainId }: RollupDeployment) {
  return {
    settler: accountFrom('REENACT_SETTLER_KEY', env, l1ChainId, () => settlerOfChain(l2ChainId)),
    relayer: accountFrom('REENACT_RELAYER_KEY', env, l1ChainId, relayerAccount),
  }
}
