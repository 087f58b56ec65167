import { NO_CACHE } from '../../precompiles/cache.ts'
import { createExecute, type Execute } from '../../precompiles/execute.ts'
import { createFixtureChain, type FixtureChain, type SealedBlock } from '../../scripts/fixtures/fixtureChain.ts'
import { sealMixedBlock } from '../../scripts/fixtures/mixedBlock.ts'
import type { RunBlock } from '../../stateless/types.ts'

/** `npm run test:full` sets it: the counts that the tests name instead of fixed-seed samples. */
export const FULL = process.env.REENACT_FULL === '1'

/** The gas cap of one L1 transaction (EIP-7825): more than this no EXECUTE can be given. */
export const MAX_GAS = 16_777_216n

export function executeOf(runBlock: RunBlock): Execute {
  return createExecute({ runBlock, schedule: 'metered', cache: NO_CACHE })
}

export type MixedBlock = { chain: FixtureChain; sealed: SealedBlock; execute: Execute }

/** A block of `count` mixed transactions; the same in every run. */
export async function mixedBlock(count: number): Promise<MixedBlock> {
  const chain = await createFixtureChain()
  const sealed = await sealMixedBlock(chain, count)
  return { chain, sealed, execute: executeOf(chain.runBlock) }
}

/** Unhandled rejections since this call, so that a test can say that there were none. */
export function watchRejections(): { seen: unknown[]; stop(): Promise<void> } {
  const seen: unknown[] = []
  const listener = (reason: unknown) => seen.push(reason)
  process.on('unhandledRejection', listener)
  return {
    seen,
    async stop() {
      // Rejections are reported after the microtasks of the turn in which they happened.
      await new Promise((resolve) => setImmediate(resolve))
      process.off('unhandledRejection', listener)
    },
  }
}

/** Milliseconds that the work took, by the clock or by the processor, whichever is less: others may use the machine too. */
export async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const result = await work()
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(cpu)
  return { ms: Math.min(wall, (user + system) / 1_000), result }
}
