import type { NodeError } from './errors.ts'
import { createStateView } from './stateView.ts'
import type { NodeSource, StatelessInput } from './types.ts'
import { type VerifyDeps, verifyStatelessNewPayload } from './verify.ts'
import { createWitnessSource } from './witness.ts'

export type WitnessUse = {
  /** hashes (hex) of the nodes and codes that were asked for */
  nodes: ReadonlySet<string>
  codes: ReadonlySet<string>
  /** how many of the headers, counted from the last one, were needed */
  headers: number
  /** why the block is refused; what came after that has used nothing */
  reason?: NodeError
}

/** Verifies a block and tells what of its witness that took. */
export async function measureWitnessUse(
  input: StatelessInput,
  deps: Omit<VerifyDeps, 'stateView'>,
): Promise<WitnessUse> {
  const nodes = new Set<string>()
  const codes = new Set<string>()
  let headers = Math.min(1, input.witness.headers.length)
  const verification = await verifyStatelessNewPayload(input, {
    ...deps,
    stateView: (witness, root) => createStateView(noting(createWitnessSource(witness), nodes, codes), root),
    runBlock: (request) =>
      deps.runBlock({
        ...request,
        blockHash: (number) => {
          const hash = request.blockHash(number)
          const back = Number(request.block.header.number - number)
          if (back > headers && back <= input.witness.headers.length) headers = back
          return hash
        },
      }),
  })
  return { nodes, codes, headers, ...(verification.valid ? {} : { reason: verification.reason }) }
}

function noting(source: NodeSource, nodes: Set<string>, codes: Set<string>): NodeSource {
  return {
    getNode: (hash) => {
      nodes.add(hash)
      return source.getNode(hash)
    },
    getCode: (hash) => {
      codes.add(hash)
      return source.getCode(hash)
    },
  }
}
