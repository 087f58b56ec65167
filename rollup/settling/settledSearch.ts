import type { L1View, SettledBlock } from '../types.ts'

/**
 * The newest settled block for which something holds that holds for every block before it too, such as having been settled
 * by some time: blocks are settled in their order. undefined: it holds for none.
 */
export function newestSettledWhere(
  view: Pick<L1View, 'settledHead' | 'settledAt'>,
  holds: (settled: SettledBlock) => boolean,
): SettledBlock | undefined {
  const head = view.settledHead()
  if (head === undefined || holds(head)) return head
  let low = 0n
  let high = head.number
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    const settled = view.settledAt(middle)
    if (settled !== undefined && holds(settled)) low = middle
    else high = middle
  }
  return view.settledAt(low)
}
