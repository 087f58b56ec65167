import { BaseError, ContractFunctionRevertedError } from 'viem'
import { readContract } from 'viem/actions'
import { nativeRollupAbi } from '../abis/nativeRollup.ts'
import { withdrawalVerifierAbi } from '../abis/withdrawalVerifier.ts'
import { getWithdrawalHash } from '../messageHash.ts'
import type { WithdrawalClaim } from './claimWithdrawal.ts'
import type { Reader } from './reader.ts'
import { rollupFromL1 } from './rollupOfClient.ts'

export type VerifyWithdrawalProofParameters = WithdrawalClaim
export type VerifyWithdrawalProofReturnType = boolean

/**
 * Asks L1's WithdrawalVerifier whether a proof leads from a settled L2 state to a withdrawal. It says nothing about finality,
 * and nothing about a claim before: see getWithdrawalStatus.
 *
 * @returns false also when L1 has no state root for the block, not settled or too old
 * @example const isValid = await verifyWithdrawalProof(l1, await buildClaimWithdrawal(l2, { withdrawal, settlement }))
 */
export async function verifyWithdrawalProof(
  client: Reader,
  { targetChain, withdrawal, l2BlockNumber, path, accountProof, storageProof }: VerifyWithdrawalProofParameters,
): Promise<VerifyWithdrawalProofReturnType> {
  const rollup = rollupFromL1(client, targetChain)
  try {
    const stateRoot = await readContract(client, {
      address: rollup.rollup,
      abi: nativeRollupAbi,
      functionName: 'stateRootAt',
      args: [l2BlockNumber],
    })
    await readContract(client, {
      address: rollup.withdrawalVerifier,
      abi: withdrawalVerifierAbi,
      functionName: 'verifyWithdrawal',
      args: [stateRoot, getWithdrawalHash(withdrawal, rollup), withdrawal.index, path, accountProof, storageProof],
    })
    return true
  } catch (error) {
    if (error instanceof BaseError && error.walk((each) => each instanceof ContractFunctionRevertedError)) return false
    throw error
  }
}
