import type { Abi } from 'viem'
import { bridgedERC20 } from '../genesis/generated/BridgedERC20.ts'
import { crossMessenger } from '../genesis/generated/CrossMessenger.ts'
import { l1Messenger } from '../genesis/generated/L1Messenger.ts'
import { l1Router } from '../genesis/generated/L1Router.ts'
import { l1State } from '../genesis/generated/L1State.ts'
import { l1TokenBridge } from '../genesis/generated/L1TokenBridge.ts'
import { l2Messenger } from '../genesis/generated/L2Messenger.ts'
import { l2TokenBridge } from '../genesis/generated/L2TokenBridge.ts'
import { nativeRollup } from '../genesis/generated/NativeRollup.ts'
import { rollupFactory } from '../genesis/generated/RollupFactory.ts'
import { withdrawalVerifier } from '../genesis/generated/WithdrawalVerifier.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import { hexToBytes } from '../stateless/bytes.ts'
import { keccak256 } from '../stateless/keccak.ts'
import type { StateView } from '../stateless/types.ts'
import { slotValueToHash } from './contracts.ts'
import { RollupError } from './errors.ts'
import type { L1Client } from './l1/l1Client.ts'

type Hex = `0x${string}`

/** By the name of the contract in contracts/. */
export const ABIS = {
  NativeRollup: nativeRollup.abi,
  L1Messenger: l1Messenger.abi,
  L1TokenBridge: l1TokenBridge.abi,
  BridgedERC20: bridgedERC20.abi,
  WithdrawalVerifier: withdrawalVerifier.abi,
  RollupFactory: rollupFactory.abi,
  L1Router: l1Router.abi,
  L2Messenger: l2Messenger.abi,
  L2TokenBridge: l2TokenBridge.abi,
  L1State: l1State.abi,
  CrossMessenger: crossMessenger.abi,
} satisfies Record<string, Abi>

export type ContractName = keyof typeof ABIS

/** `codeHash` and `createdBlock` are left out where there is no code, and where L1 does not keep the states that tell. */
export type KnownContract = { chain: 'l1' | 'l2'; address: Hex; codeHash?: Hex; createdBlock?: bigint }

/** The contracts of one rollup on both chains, as they are there now. Throws RollupError. */
export async function readKnownContracts(
  deployment: RollupDeployment,
  l1: L1Client,
  l2: StateView,
): Promise<Record<ContractName, KnownContract>> {
  const onL1 = async (address: Hex): Promise<KnownContract> => {
    const code = await l1.getCode(address)
    if (code === '0x') return { chain: 'l1', address }
    const createdBlock = await firstBlockWithCode(l1, address)
    return { chain: 'l1', address, codeHash: hashOf(code), ...(createdBlock === undefined ? {} : { createdBlock }) }
  }
  const onL2 = (address: Hex): KnownContract => {
    const account = l2.getAccount(hexToBytes(address))
    if (account === undefined) return { chain: 'l2', address }
    // predeployed: in the genesis
    return { chain: 'l2', address, codeHash: slotValueToHash(account.codeHash), createdBlock: 0n }
  }
  return {
    NativeRollup: await onL1(deployment.l1.rollup),
    L1Messenger: await onL1(deployment.l1.messenger),
    L1TokenBridge: await onL1(deployment.l1.tokenBridge),
    BridgedERC20: await onL1(deployment.l1.tokenImplementation),
    WithdrawalVerifier: await onL1(deployment.l1.withdrawalVerifier),
    RollupFactory: await onL1(deployment.l1.factory),
    L1Router: await onL1(deployment.l1.router),
    L2Messenger: onL2(deployment.l2.messenger),
    L2TokenBridge: onL2(deployment.l2.tokenBridge),
    L1State: onL2(deployment.l2.l1State),
    CrossMessenger: onL2(deployment.l2.crossMessenger),
  }
}

/** By bisection over old states; undefined when L1 does not keep them. */
async function firstBlockWithCode(l1: L1Client, address: Hex): Promise<bigint | undefined> {
  const hasCode = async (at: bigint) => (await l1.getCode(address, at)) !== '0x'
  try {
    if (await hasCode(0n)) return 0n
    const latest = await l1.getBlock('latest')
    let without = 0n
    let withCode = latest?.number ?? 0n
    while (withCode - without > 1n) {
      const middle = (without + withCode) / 2n
      if (await hasCode(middle)) withCode = middle
      else without = middle
    }
    return withCode
  } catch (error) {
    if (error instanceof RollupError && error.code === 'L1_REFUSED') return undefined
    throw error
  }
}

function hashOf(code: Hex): Hex {
  return slotValueToHash(keccak256(hexToBytes(code)))
}
