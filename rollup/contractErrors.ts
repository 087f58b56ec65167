import { type Abi, decodeErrorResult, type Hex } from 'viem'
import { l1Router } from '../genesis/generated/L1Router.ts'
import { l1State } from '../genesis/generated/L1State.ts'
import { l2TokenBridge } from '../genesis/generated/L2TokenBridge.ts'
import { rollupFactory } from '../genesis/generated/RollupFactory.ts'
import { weth9 } from '../genesis/generated/WETH9.ts'
import { withdrawalVerifier } from '../genesis/generated/WithdrawalVerifier.ts'
import { crossMessengerAbi, l1MessengerAbi, l1TokenBridgeAbi, l2MessengerAbi, nativeRollupAbi } from './contracts.ts'

const ABIS: readonly Abi[] = [
  nativeRollupAbi,
  l1MessengerAbi,
  l2MessengerAbi,
  l1TokenBridgeAbi,
  l2TokenBridge.abi,
  crossMessengerAbi,
  l1Router.abi,
  l1State.abi,
  rollupFactory.abi,
  withdrawalVerifier.abi,
  weth9.abi,
]
const ERRORS = ABIS.flatMap((abi) => abi.filter(({ type }) => type === 'error'))

/** An error of the rollup's contracts as Solidity writes it: "Messages_AlreadyDelivered(3)"; undefined: it is none. */
export function contractError(revertData: Hex): string | undefined {
  try {
    const { abiItem, errorName, args = [] } = decodeErrorResult({ abi: ERRORS, data: revertData })
    return ERRORS.includes(abiItem) ? `${errorName}(${args.join(', ')})` : undefined
  } catch {
    // nobody's that this code knows
    return undefined
  }
}
