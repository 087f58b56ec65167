import type { ReplayRequest } from '../../execution/types.ts'
import type { Chain } from '../../node/types.ts'
import type { NodeSource } from '../../stateless/types.ts'

/** The state before a transaction of a block, with what `changesBefore` found changed until then. */
export async function stateBefore(chain: Chain, request: ReplayRequest, txIndex: number) {
  const changes = await chain.engine.changesBefore(request, txIndex)
  const { root, nodes: made } = request.state.commit(changes)
  const nodes: NodeSource = {
    getNode: (hash) => made.get(hash) ?? chain.nodes.getNode(hash),
    getCode: (hash) => changes.codes.get(hash) ?? chain.nodes.getCode(hash),
  }
  return { root, nodes, changes }
}
