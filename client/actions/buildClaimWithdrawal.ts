import { type Address, BlockNotFoundError } from 'viem'
import { getBlock } from 'viem/actions'
import { type NativeRollupChain, rollupOf } from '../chains.ts'
import type { Settlement, Withdrawal } from '../types.ts'
import { ProofMismatchError, WithdrawalNotSettledError } from '../withdrawalErrors.ts'
import type { WithdrawalClaim } from './claimWithdrawal.ts'
import { findAgain } from './findAgain.ts'
import { proveInOutbox } from './outboxProof.ts'
import type { Reader } from './reader.ts'
import { chainFromL2 } from './rollupOfClient.ts'

export type BuildClaimWithdrawalParameters = {
  withdrawal: Withdrawal
  /** of the L2 block that proves it, as waitToClaim gives it; default: of the block that the L2 node calls finalized */
  settlement?: Pick<Settlement, 'l2BlockNumber' | 'l2BlockHash'> | undefined
  /** who gets the fee of the withdrawal; default: who sends the claim */
  feeRecipient?: Address | undefined
  /** for a client without a chain */
  chain?: NativeRollupChain | undefined
}
export type BuildClaimWithdrawalReturnType = WithdrawalClaim

/**
 * What claimWithdrawal needs, from L2: only by eth_getProof, eth_getLogs, a block and a receipt, so any node will do.
 *
 * @throws WithdrawalNotSettledError, WithdrawalMovedError, ProofMismatchError
 * @example await claimWithdrawal(l1, await buildClaimWithdrawal(l2, { withdrawal, settlement }))
 */
export async function buildClaimWithdrawal(
  client: Reader,
  { withdrawal, settlement, feeRecipient, chain }: BuildClaimWithdrawalParameters,
): Promise<BuildClaimWithdrawalReturnType> {
  const targetChain = chainFromL2(client, chain)
  const rollup = rollupOf(targetChain)
  const blockNumber = await provingBlock(client, settlement)
  const current = await findAgain(client, withdrawal, rollup)
  const { index, l2BlockNumber } = current
  if (l2BlockNumber > blockNumber) throw new WithdrawalNotSettledError({ l2BlockNumber, settled: blockNumber })
  const proof = await proveInOutbox(client, rollup, { index, blockNumber })
  return { targetChain, withdrawal: current, l2BlockNumber: blockNumber, feeRecipient, ...proof }
}

async function provingBlock(client: Reader, settlement: BuildClaimWithdrawalParameters['settlement']): Promise<bigint> {
  if (settlement === undefined) return (await getBlock(client, { blockTag: 'finalized' })).number
  const { l2BlockNumber, l2BlockHash } = settlement
  const hash = await getBlock(client, { blockNumber: l2BlockNumber }).then(
    (block) => block.hash,
    (error: unknown) => {
      if (error instanceof BlockNotFoundError) return undefined
      throw error
    },
  )
  if (hash === l2BlockHash) return l2BlockNumber
  const has = hash === undefined ? 'has no block' : 'has another block'
  throw new ProofMismatchError(`The L2 node ${has} ${l2BlockNumber} than ${l2BlockHash}, which L1 has settled`)
}
