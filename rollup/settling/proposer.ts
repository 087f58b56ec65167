import { decodeFunctionResult, encodeFunctionData } from 'viem'
import { nativeRollupAbi } from '../contracts.ts'
import { RollupError } from '../errors.ts'
import type { L1Client } from '../l1/l1Client.ts'
import type { L1View } from '../types.ts'

type Hex = `0x${string}`

/** What is known of the rollup on L1, as far as it matters here. */
type QueueView = Pick<L1View, 'deployment'> & { pendingForced(): readonly { since: bigint }[] }

/** May an account advance the rollup in an L1 block of this time? `opensAt`: when anyone may, seconds since the epoch. */
export type ProposerTurn = { mayAdvance: true } | { mayAdvance: false; sequencer: Hex; opensAt: bigint }

/**
 * What NativeRollup will say to a proposer in an L1 block at `l1Time`. Its own `isOpen` answers for the time of the newest
 * block only, and an L1 that makes blocks on demand would never get past it; so the same rule is applied to `l1Time`.
 * Throws RollupError.
 */
export async function proposerTurn(
  { l1, view }: { l1: L1Client; view: QueueView },
  account: Hex,
  l1Time: bigint,
): Promise<ProposerTurn> {
  const { rollup } = view.deployment.l1
  const { sequencerTimeout, forcedDeadline } = view.deployment.parameters
  const sequencer = await read(l1, rollup, 'sequencer')
  if (BigInt(sequencer) === 0n || BigInt(sequencer) === BigInt(account)) return { mayAdvance: true }
  if (BigInt(await read(l1, rollup, 'isOpen')) === 1n) return { mayAdvance: true }
  const silentAt = BigInt(await read(l1, rollup, 'lastAdvance')) + BigInt(sequencerTimeout)
  const [oldest] = view.pendingForced()
  const overdueAt = oldest === undefined ? silentAt : oldest.since + BigInt(forcedDeadline)
  const opensAt = overdueAt < silentAt ? overdueAt : silentAt
  return l1Time >= opensAt ? { mayAdvance: true } : { mayAdvance: false, sequencer, opensAt }
}

/** Who may advance now; zero: anyone. Throws RollupError. */
export const currentSequencer = (l1: L1Client, rollup: Hex): Promise<Hex> => read(l1, rollup, 'sequencer')

async function read(l1: L1Client, rollup: Hex, functionName: 'sequencer' | 'isOpen' | 'lastAdvance'): Promise<Hex> {
  const data = await l1.call(rollup, encodeFunctionData({ abi: nativeRollupAbi, functionName }))
  try {
    decodeFunctionResult({ abi: nativeRollupAbi, functionName, data })
    return `0x${BigInt(data).toString(16).padStart(40, '0')}`
  } catch (error) {
    throw new RollupError('BAD_L1_DATA', `the rollup's ${functionName} does not decode`, { rollup }, error)
  }
}
