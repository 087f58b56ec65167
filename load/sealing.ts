import { ask } from './ask.ts'
import type { ChainTarget } from './types.ts'

/** How a chain made its blocks before it was told otherwise. */
type Mode = { automine: boolean; seconds: number | null }

/**
 * Runs `work` while L2 makes blocks on request only and L1 for every transaction, and puts both back as they were. Throws
 * LoadError REFUSED where the nodes have no development methods.
 */
export async function withManualL2<T>(
  chains: { l1: ChainTarget; l2: ChainTarget },
  work: () => Promise<T>,
): Promise<T> {
  const l1 = await modeOf(chains.l1)
  const l2 = await modeOf(chains.l2)
  try {
    await setMode(chains.l1, { automine: true, seconds: null })
    await setMode(chains.l2, { automine: false, seconds: null })
    return await work()
  } finally {
    await setMode(chains.l1, l1)
    await setMode(chains.l2, l2)
  }
}

async function modeOf({ url }: ChainTarget): Promise<Mode> {
  const automine = await ask<boolean>(url, 'hardhat_getAutomine', [])
  return { automine, seconds: await ask<number | null>(url, 'anvil_getIntervalMining', []) }
}

async function setMode({ url }: ChainTarget, { automine, seconds }: Mode): Promise<void> {
  await ask(url, 'evm_setAutomine', [automine])
  // from 1,000 on it takes milliseconds, and a shorter interval cannot be said
  if (!automine) await ask(url, 'evm_setIntervalMining', [seconds ? Math.max(1_000, Math.round(seconds * 1_000)) : 0])
}
