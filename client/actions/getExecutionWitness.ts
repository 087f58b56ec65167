import { type Hex, numberToHex } from 'viem'
import type { Reader } from './reader.ts'

export type GetExecutionWitnessParameters = { blockNumber: bigint }
/** The parts that a stateless client needs besides the block (EIP-8025). */
export type GetExecutionWitnessReturnType = {
  /** trie nodes of the parent's state, RLP */
  state: readonly Hex[]
  codes: readonly Hex[]
  /** RLP, ascending; the parent comes last */
  headers: readonly Hex[]
}

/**
 * What is needed to run a block without a state: `debug_executionWitness`, so of any node that offers it.
 *
 * @example const { state } = await getExecutionWitness(l2, { blockNumber: 5n })
 */
export async function getExecutionWitness(
  client: Reader,
  { blockNumber }: GetExecutionWitnessParameters,
): Promise<GetExecutionWitnessReturnType> {
  return client.request<{
    Method: 'debug_executionWitness'
    Parameters: [Hex]
    ReturnType: GetExecutionWitnessReturnType
  }>({ method: 'debug_executionWitness', params: [numberToHex(blockNumber)] })
}
