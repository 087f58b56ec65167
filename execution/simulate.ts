import { createStateView, overlayNodes } from '../stateless/stateView.ts'
import type { Hash32, NodeSource, StateChanges, StateCommit, StateView } from '../stateless/types.ts'
import type { BlockDeps } from './executeBlock.ts'
import { overriddenState } from './overriddenState.ts'
import { simulateBlock } from './simulatedBlock.ts'
import { planSimulation } from './simulationPlan.ts'
import type { SimulatedBlock, SimulationRequest } from './types.ts'

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
    const before = layer.state(parent.header.stateRoot)
    const state = await overriddenState(before, planned.stateOverrides ?? new Map(), layer.write)
    const { outcome, transactions, calls } = await simulateBlock(
      { ...request, parent, planned, state, blockHash, budget },
      deps,
    )
    layer.write({ root: outcome.block.header.stateRoot, nodes: outcome.nodes }, outcome.changes)
    parent = outcome.block
    hashes.set(parent.header.number, parent.hash)
    simulated.push({ block: parent, transactions, calls })
  }
  return simulated
}

/** What the simulated blocks and their overrides add to the state of the base. */
function createLayer(below: NodeSource): {
  state(root: Hash32): StateView
  /** the state after it */
  write(commit: StateCommit, changes: StateChanges): StateView
} {
  const nodes = new Map<string, Uint8Array>()
  const codes = new Map<string, Uint8Array>()
  const source = overlayNodes(below, nodes, codes)
  const state = (root: Hash32) => createStateView(source, root)
  return {
    state,
    write(commit, changes) {
      for (const [hash, node] of commit.nodes) nodes.set(hash, node)
      for (const [hash, code] of changes.codes) codes.set(hash, code)
      return state(commit.root)
    },
  }
}
