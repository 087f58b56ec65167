import { type Common, ConsensusType } from '@ethereumjs/common'
import { Account, Address } from '@ethereumjs/util'
import { InvalidBlock } from '../stateless/errors.ts'
import type { BlockHeader, Withdrawal } from '../stateless/types.ts'
import type { BlockContext } from './blockContext.ts'
import { DAO_ACCOUNTS, DAO_REFUND_CONTRACT } from './daoFork.ts'

const GWEI = 1_000_000_000n
const MAX_UINT256 = (1n << 256n) - 1n

/** EIP-4895. A withdrawal of nothing still touches its account. */
export async function payWithdrawals(context: BlockContext, withdrawals: readonly Withdrawal[]): Promise<void> {
  for (const { address, amount } of withdrawals) await credit(context, address, amount * GWEI)
  await context.evm.journal.cleanup()
}

/** What a block creates for its miner, uncles aside: nothing since the merge. In wei. */
export function minerReward(common: Pick<Common, 'consensusType' | 'param'>): bigint {
  return common.consensusType() === ConsensusType.ProofOfWork ? common.param('minerReward') : 0n
}

/** Proof-of-work rewards (yellow paper 11.3): 1/32 per ommer to the miner, (8 - depth)/8 to each ommer's miner. */
export async function payRewards(context: BlockContext, ommers: readonly BlockHeader[]): Promise<void> {
  const { header } = context
  const reward = minerReward(context.common)
  if (reward === 0n) return
  for (const ommer of ommers) {
    const depth = header.number - ommer.number
    await credit(context, ommer.coinbase, depth < 8n ? ((8n - depth) * reward) / 8n : 0n)
  }
  await credit(context, header.coinbase, reward + (reward / 32n) * BigInt(ommers.length))
}

/** EIP-779: at the fork block the balances of the DAO accounts move to the refund contract. */
export async function applyDaoFork(context: BlockContext): Promise<void> {
  const { common, header, state, evm } = context
  const forkBlock = common.hardforkBlock('dao')
  if (forkBlock === null || forkBlock !== header.number) return
  const refund = new Address(DAO_REFUND_CONTRACT)
  const refundAccount = (await state.getAccount(refund)) ?? new Account()
  for (const bytes of DAO_ACCOUNTS) {
    const address = new Address(bytes)
    const account = (await state.getAccount(address)) ?? new Account()
    refundAccount.balance += account.balance
    account.balance = 0n
    await evm.journal.putAccount(address, account)
  }
  await evm.journal.putAccount(refund, refundAccount)
  evm.journal.cleanJournal()
}

async function credit({ state, evm }: BlockContext, bytes: Uint8Array, wei: bigint): Promise<void> {
  const address = new Address(bytes)
  const account = (await state.getAccount(address)) ?? new Account()
  account.balance += wei
  if (account.balance > MAX_UINT256) {
    throw new InvalidBlock('EXECUTION_FAILED', `balance of ${address} above 2^256`, { address: address.toString() })
  }
  await evm.journal.putAccount(address, account)
}
