import { decodeErrorResult } from 'viem'
import { nativeRollupAbi } from '../contracts.ts'
import type { L1Client } from '../l1/l1Client.ts'
import type { L1Receipt } from '../l1/l1Types.ts'

type Hex = `0x${string}`

/** Who sent a refused transaction to which rollup contract, and the gas that it had. */
export type RefusedCall = { from: Hex; rollup: Hex; gas: bigint }

/** The name of the contract's error, found by running the refused call again in the block that refused it. */
export async function settlementRefusal(l1: L1Client, call: RefusedCall, receipt: L1Receipt): Promise<string> {
  const transaction = await l1.getTransactionInput(receipt.transactionHash)
  if (transaction === undefined) return 'unknown'
  const { from, rollup: to, gas } = call
  const data = await l1.revertData({ from, to, data: transaction.input, gas }, receipt.blockNumber)
  if (data === undefined || data === '0x') return 'out of gas or no reason given'
  try {
    return decodeErrorResult({ abi: nativeRollupAbi, data }).errorName
  } catch {
    return `unknown error ${data.slice(0, 10)}`
  }
}
