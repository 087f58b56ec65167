import { createStateView } from '../stateless/stateView.ts'
import type { Hash32, NodeSource, StateView } from '../stateless/types.ts'
import type { BlockDeps } from './executeBlock.ts'
import { simulateBlock } from './simulatedBlock.ts'
import { planSimulation } from './simulationPlan.ts'
import type { BlockOutcome, SimulatedBlock, SimulationRequest } from './types.ts'

/**
 * eth_simulateV1 (execution-apis src/eth/execute.yaml; geth internal/ethapi/simulate.go): blocks of calls on top of a
 * block, each on the state that the one before it left. They are complete blocks, with system calls, roots and hashes,
 * and code in later ones finds the earlier by BLOCKHASH.
 *
 * @throws SimulationRejected; OverrideRejected; InvalidBlock when a system contract fails
 */
export async function simulate(request: SimulationRequest, deps: BlockDeps): Promise<SimulatedBlock[]> {
  const { base, signal } = request
  const plan = planSimulation(base.header, request.blocks)
  const layer = createLayer(request.nodes)
  const hashes = new Map<bigint, Hash32>([[base.header.number, base.hash]])
  const blockHash = (number: bigint) => hashes.get(number) ?? request.blockHash(number)
  const budget = { gas: request.gasCap }
  const simulated: SimulatedBlock[] = []
  let parent = base
  for (const planned of plan) {
    signal?.throwIfAborted()
    const state = layer.state(parent.header.stateRoot)
    const { outcome, transactions, calls } = await simulateBlock(
      { ...request, parent, planned, state, blockHash, budget },
      deps,
    )
    layer.add(outcome)
    parent = outcome.block
    hashes.set(parent.header.number, parent.hash)
    simulated.push({ block: parent, transactions, calls })
  }
  return simulated
}

/** What the simulated blocks add to the state of their base. */
function createLayer(below: NodeSource): {
  state(root: Hash32): StateView
  add(outcome: Pick<BlockOutcome, 'nodes' | 'changes'>): void
} {
  const nodes = new Map<string, Uint8Array>()
  const codes = new Map<string, Uint8Array>()
  const source: NodeSource = {
    getNode: (hash) => nodes.get(hash) ?? below.getNode(hash),
    getCode: (hash) => codes.get(hash) ?? below.getCode(hash),
  }
  return {
    state: (root) => createStateView(source, root),
    add(outcome) {
      for (const [hash, node] of outcome.nodes) nodes.set(hash, node)
      for (const [hash, code] of outcome.changes.codes) codes.set(hash, code)
    },
  }
}
