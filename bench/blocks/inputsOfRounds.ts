import { createFixtureChain } from '../../scripts/fixtures/fixtureChain.ts'
import { benchGenesis } from './benchGenesis.ts'
import { signRounds, type Workload } from './workloads.ts'

/** What EXECUTE is given for the blocks of a workload, from a chain whose own cryptography has seen the signatures. */
export async function inputsOfRounds(
  workload: Workload,
  rounds: number,
): Promise<{ inputs: Uint8Array[]; regularGas: bigint; transactions: number }> {
  const chain = await createFixtureChain(benchGenesis('amsterdam'))
  const inputs: Uint8Array[] = []
  let regularGas = 0n
  let transactions = 0
  for (const signed of await signRounds(workload, rounds)) {
    const { input, outcome, failed } = await chain.seal(signed)
    if (failed > 0) throw new Error(`${failed} transactions fail`)
    inputs.push(input)
    regularGas = outcome.regularGas
    transactions = signed.length
  }
  return { inputs, regularGas, transactions }
}
