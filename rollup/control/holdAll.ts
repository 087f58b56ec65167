import type { L2Node } from '../l2Node.ts'
import type { HeldL2Node } from './heldNode.ts'

/** Runs `work` while all these nodes are held (L2Node.hold), taken in their order. */
export function holdAll<Result>(
  nodes: readonly Pick<L2Node, 'hold'>[],
  work: (held: readonly HeldL2Node[]) => Promise<Result>,
  held: readonly HeldL2Node[] = [],
): Promise<Result> {
  const [next, ...others] = nodes
  if (next === undefined) return work(held)
  return next.hold((one) => holdAll(others, work, [...held, one]))
}
