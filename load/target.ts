import { ask } from './ask.ts'
import { LoadError } from './errors.ts'
import type { Hex, Target } from './types.ts'

type Config = { l1ChainId: Hex; l2ChainId: Hex; contracts: Target['contracts'] }

/**
 * The two chains of a running devnet, as the rollup's node tells. Throws LoadError UNREACHABLE; NO_ROLLUP when the second is
 * not a rollup on the first.
 */
export async function connect(l1Url: string, l2Url: string): Promise<Target> {
  const config = await configOf(l2Url)
  const l1ChainId = Number(await ask<Hex>(l1Url, 'eth_chainId', []))
  const l2ChainId = Number(await ask<Hex>(l2Url, 'eth_chainId', []))
  if (l1ChainId !== Number(config.l1ChainId)) {
    const message = `the rollup at ${l2Url} is on L1 ${Number(config.l1ChainId)}, ${l1Url} has chain id ${l1ChainId}`
    throw new LoadError('NO_ROLLUP', message)
  }
  if (l2ChainId !== Number(config.l2ChainId)) {
    const message = `${l2Url} has chain id ${l2ChainId}, its rollup ${Number(config.l2ChainId)}; use the rollup's own URL`
    throw new LoadError('NO_ROLLUP', message)
  }
  const { rollup } = config.contracts.l1
  if ((await ask<Hex>(l1Url, 'eth_getCode', [rollup, 'latest'])) === '0x') {
    throw new LoadError('NO_ROLLUP', `there is no rollup contract at ${rollup} on ${l1Url}`)
  }
  return {
    l1: { layer: 'l1', url: l1Url, chainId: l1ChainId },
    l2: { layer: 'l2', url: l2Url, chainId: l2ChainId },
    contracts: config.contracts,
  }
}

async function configOf(l2Url: string): Promise<Config> {
  try {
    return await ask<Config>(l2Url, 'rollup_config', [])
  } catch (error) {
    if (!(error instanceof LoadError) || error.code !== 'REFUSED') throw error
    throw new LoadError('NO_ROLLUP', `${l2Url} is not the node of a rollup: ${error.message}`, {}, error)
  }
}
