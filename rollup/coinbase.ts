import type { LocalAccount } from 'viem'
import type { RollupDeployment } from '../genesis/types.ts'
import { hexToBytes } from '../stateless/bytes.ts'
import { RollupError } from './errors.ts'

/** The rollup contract may demand its fee recipient; else tips go to the relayer, who pays for claims. */
export function coinbaseOf(deployment: RollupDeployment, relayer: LocalAccount): Uint8Array {
  const { feeRecipient } = deployment.parameters
  return hexToBytes(BigInt(feeRecipient) === 0n ? relayer.address : feeRecipient)
}

/** Throws RollupError FIXED_COINBASE where the rollup contract names one. */
export function requireFreeCoinbase({ parameters: { feeRecipient } }: RollupDeployment): void {
  if (BigInt(feeRecipient) === 0n) return
  throw new RollupError('FIXED_COINBASE', `the rollup contract wants its fee recipient ${feeRecipient} as coinbase`)
}
