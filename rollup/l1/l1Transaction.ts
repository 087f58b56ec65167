import type { LocalAccount } from 'viem'
import { RollupError } from '../errors.ts'
import { marketFees } from '../settling/settlement.ts'
import type { L1Client } from './l1Client.ts'
import type { L1Receipt } from './l1Types.ts'

type Hex = `0x${string}`

export type L1Transaction = { to: Hex; data?: Hex; value?: bigint; gas: bigint }

const GWEI = 1_000_000_000n
const POLL_MS = 200
/** An L1 that makes a block every 12 seconds includes what pays twice its base fee long before this. */
const PATIENCE_MS = 600_000

/** The most that a transaction of so much gas may cost on top of its value, wei. */
export async function highestFee(l1: L1Client, gas: bigint): Promise<bigint> {
  return gas * marketFees((await requireLatest(l1)).baseFeePerGas, GWEI).maxFeePerGas
}

/** The newest L1 block. Throws RollupError. */
export async function requireLatest(l1: L1Client) {
  const block = await l1.getBlock('latest')
  if (block === undefined) throw new RollupError('BAD_L1_DATA', 'L1 has no latest block')
  return block
}

/**
 * Signs and sends one transaction and waits for its block. Throws RollupError: L1_REFUSED when the node does not take it,
 * L1_UNREACHABLE when there is no receipt after ten minutes; one that failed is given back like one that succeeded.
 */
export async function sendAndWait(
  l1: L1Client,
  account: LocalAccount,
  { gas, ...transaction }: L1Transaction,
): Promise<L1Receipt> {
  const fees = marketFees((await requireLatest(l1)).baseFeePerGas, GWEI)
  const signed = await account.signTransaction({
    type: 'eip1559',
    chainId: Number(await l1.chainId()),
    nonce: Number(await l1.getTransactionCount(account.address)),
    gas,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.priorityFee,
    ...transaction,
  })
  const hash = await l1.sendRawTransaction(signed)
  const deadlineMs = performance.now() + PATIENCE_MS
  for (;;) {
    const receipt = await l1.getReceipt(hash)
    if (receipt !== undefined) return receipt
    if (performance.now() > deadlineMs) {
      const message = `L1 transaction ${hash} is in no block after ${PATIENCE_MS / 1_000} s; look for it before sending again`
      throw new RollupError('L1_UNREACHABLE', message, { hash })
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
