import { recordExecution } from '../../node/executionWitness.ts'
import type { Chain } from '../../node/types.ts'
import { type BlockParameter, blockParameter, requireExecuted } from '../blockParameter.ts'
import { hash } from '../codec.ts'
import { createGate } from '../gate.ts'
import { toData } from '../hex.ts'
import { method, required } from '../params.ts'
import type { MethodTable } from '../types.ts'

/**
 * debug_executionWitness: what a stateless client needs to run a block, in the canonical form of execution-apis' draft and
 * EIP-8025: nodes and codes sorted by bytes without duplicates, headers ascending with the parent last. `keys` is left
 * out, as the draft allows: the block access list names them.
 */
export function witnessMethods({ chain }: { chain: Chain }): MethodTable {
  // A witness runs a whole block, so one is made after the other.
  const gate = createGate(1)
  const witnessOf = (parameter: BlockParameter, signal: AbortSignal) => {
    const stored = requireExecuted(chain, parameter)
    return gate.run(signal, async () => {
      const { witness } = await recordExecution(chain, stored, { stored: true, signal })
      return {
        state: witness.state.map(toData),
        codes: witness.codes.map(toData),
        headers: witness.headers.map(toData),
      }
    })
  }
  return {
    debug_executionWitness: method([required('block', blockParameter)], ([block], { signal }) =>
      witnessOf(block, signal),
    ),
    debug_executionWitnessByBlockHash: method([required('block hash', hash)], ([blockHash], { signal }) =>
      witnessOf({ kind: 'hash', hash: blockHash, requireCanonical: false }, signal),
    ),
  }
}
