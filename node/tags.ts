import type { BlockTag } from './types.ts'

/** Resolves the two tags that differ between chains to a number at most `head`. */
export type TagResolver = (tag: 'safe' | 'finalized', head: bigint) => bigint

const L1_SAFE_DEPTH = 32n
const L1_FINALIZED_DEPTH = 64n

/** Our L1 has no consensus layer: safe is 32 blocks behind the head, finalized 64, genesis if lower (ours). */
export const l1Tags: TagResolver = (tag, head) => {
  const depth = tag === 'safe' ? L1_SAFE_DEPTH : L1_FINALIZED_DEPTH
  return head > depth ? head - depth : 0n
}

/** A chain imported from a file, as after a fork choice update that names its head for all three. */
export const importedTags: TagResolver = (_tag, head) => head

/** L2: safe is the last settled block, finalized the last one that is settled and final. Read at every use. */
export function settlementTags(view: () => { settled: bigint; final: bigint }): TagResolver {
  return (tag, head) => {
    const { settled, final } = view()
    const wanted = tag === 'safe' ? settled : final
    if (wanted > head) return head
    return wanted
  }
}

/** Any tag to a block number between genesis and head. */
export function resolveTag(tag: BlockTag, genesis: bigint, head: bigint, resolver: TagResolver): bigint {
  if (tag === 'latest') return head
  if (tag === 'earliest') return genesis
  const number = resolver(tag, head)
  if (number < genesis) return genesis
  return number
}
