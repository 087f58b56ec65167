import { createChainSpec } from '../../execution/chainSpec.ts'
import type { Crypto } from '../../execution/crypto.ts'
import { createCrypto } from '../../execution/crypto.ts'
import { createEngine } from '../../execution/engine.ts'
import { silentLogger } from '../../node/logger.ts'
import { fixtureGenesis } from '../../scripts/fixtures/fixtureChain.ts'
import type { RunBlock } from '../../stateless/types.ts'

export type CountingRunner = { runBlock: RunBlock; recoveries(): number; reset(): void }

/** A block runner whose signature recoveries are counted, whichever way the libraries ask for them. */
export async function createCountingRunner(): Promise<CountingRunner> {
  const crypto = await createCrypto({ logger: silentLogger })
  let recoveries = 0
  const count =
    <A extends unknown[], R>(recover: (...args: A) => R) =>
    (...args: A): R => {
      recoveries++
      return recover(...args)
    }
  const { ecrecover } = crypto.customCrypto
  if (ecrecover === undefined) throw new Error('the library would recover with its own code')
  const counting: Crypto = {
    ...crypto,
    recoverPublicKey: count(crypto.recoverPublicKey),
    recoverSender: count(crypto.recoverSender),
    customCrypto: { ...crypto.customCrypto, ecrecover: count(ecrecover) },
  }
  const spec = createChainSpec(fixtureGenesis().config, { crypto: counting })
  const { runBlock } = createEngine({ spec, crypto: counting, logger: silentLogger })
  return {
    runBlock,
    recoveries: () => recoveries,
    reset: () => {
      recoveries = 0
    },
  }
}
