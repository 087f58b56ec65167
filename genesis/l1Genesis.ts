import { concatHex, encodeDeployData, encodeFunctionData, type Hex, zeroHash } from 'viem'
import { decodeFunctionResult, getCreate2Address } from 'viem/utils'
import type { GenesisAccount, GenesisJson } from '../execution/genesisJson.ts'
import type { Engine } from '../execution/types.ts'
import { DEV_ADDRESSES, SETTLER_ADDRESSES } from './accounts.ts'
import { encodeCreation, type RollupCreation } from './creation.ts'
import { bridgedERC20 } from './generated/BridgedERC20.ts'
import { l1Router } from './generated/L1Router.ts'
import { rollupFactory } from './generated/RollupFactory.ts'
import { withdrawalVerifier } from './generated/WithdrawalVerifier.ts'
import { AMSTERDAM_FORKS, hex } from './l2Genesis.ts'
import { BLOCK_GAS_LIMIT, INITIAL_BASE_FEE, L1_CHAIN_ID, L1_DEV_BALANCE, OPERATOR_BALANCE } from './parameters.ts'
import { preinstalls } from './preinstalls.ts'
import { startScratchChain } from './scratchChain.ts'
import * as system from './systemContracts.ts'

/** The L1 chain config: Amsterdam from the first block on, and the fork that adds EXECUTE with it. */
export const L1_CONFIG = { chainId: L1_CHAIN_ID, ...AMSTERDAM_FORKS, nativeRollupsTime: 0 } as const

export type L1Contracts = { factory: Hex; withdrawalVerifier: Hex; tokenImplementation: Hex; router: Hex }
export type RollupAddresses = { rollup: Hex; messenger: Hex; tokenBridge: Hex }

/** A chain that only exists while genesis is made: blocks of deployment transactions on top of a bare alloc. */
export type DeploymentChain = {
  readonly contracts: L1Contracts
  predict(chainId: number): Promise<RollupAddresses>
  /** executes `RollupFactory.create`; `value` in wei is the backing */
  create(config: RollupCreation): Promise<void>
  /** alloc of everything the deployment left behind, without the deployer and the block's own traces */
  alloc(): Record<string, GenesisAccount>
}

/** System contracts and funded accounts of L1, a settler for each rollup among them, without the rollup contracts. */
export function bareL1Genesis(timestamp: number, rollups = 1): GenesisJson {
  const alloc: Record<string, GenesisAccount> = {
    [system.BEACON_ROOTS_ADDRESS]: { balance: '0x0', nonce: '0x1', code: system.BEACON_ROOTS_CODE },
    [system.HISTORY_ADDRESS]: { balance: '0x0', nonce: '0x1', code: system.HISTORY_CODE },
    [system.WITHDRAWAL_REQUEST_ADDRESS]: { balance: '0x0', nonce: '0x1', code: system.WITHDRAWAL_REQUEST_CODE },
    [system.CONSOLIDATION_REQUEST_ADDRESS]: { balance: '0x0', nonce: '0x1', code: system.CONSOLIDATION_REQUEST_CODE },
    [system.BUILDER_DEPOSIT_ADDRESS]: { balance: '0x0', nonce: '0x1', code: system.BUILDER_DEPOSIT_CODE },
    [system.BUILDER_EXIT_ADDRESS]: { balance: '0x0', nonce: '0x1', code: system.BUILDER_EXIT_CODE },
    [system.CREATE2_FACTORY_ADDRESS]: { balance: '0x0', nonce: '0x1', code: system.CREATE2_FACTORY_CODE },
    ...preinstalls(),
  }
  for (const address of DEV_ADDRESSES) alloc[address.toLowerCase()] = { balance: hex(L1_DEV_BALANCE) }
  for (const settler of SETTLER_ADDRESSES.slice(0, rollups)) {
    alloc[settler.toLowerCase()] = { balance: hex(OPERATOR_BALANCE) }
  }
  return {
    config: { ...L1_CONFIG },
    timestamp: hex(BigInt(timestamp)),
    gasLimit: hex(BLOCK_GAS_LIMIT),
    baseFeePerGas: hex(INITIAL_BASE_FEE),
    difficulty: '0x0',
    alloc,
  }
}

/**
 * Executes the deployment of verifier, token implementation, factory and router on top of a bare genesis, in the engine that
 * will run the chain, so that
 * constructors, immutables and storage come out as a deployment by transactions would leave them.
 */
export async function startDeployment(engine: Engine, timestamp: number): Promise<DeploymentChain> {
  const { run, call, alloc } = startScratchChain(engine, bareL1Genesis(timestamp))
  const deploy = async (initCode: Hex): Promise<Hex> => {
    await run(system.CREATE2_FACTORY_ADDRESS, concatHex([zeroHash, initCode]), 0n)
    return getCreate2Address({ from: system.CREATE2_FACTORY_ADDRESS, salt: zeroHash, bytecode: initCode })
  }
  const verifierAddress = await deploy(withdrawalVerifier.creationCode)
  const tokenImplementation = await deploy(bridgedERC20.creationCode)
  const factoryArgs = [verifierAddress, tokenImplementation] as const
  const factoryAddress = await deploy(
    encodeDeployData({ abi: rollupFactory.abi, bytecode: rollupFactory.creationCode, args: factoryArgs }),
  )

  const routerAddress = await deploy(
    encodeDeployData({ abi: l1Router.abi, bytecode: l1Router.creationCode, args: [factoryAddress] }),
  )

  return {
    contracts: {
      factory: factoryAddress,
      withdrawalVerifier: verifierAddress,
      tokenImplementation,
      router: routerAddress,
    },
    async predict(chainId) {
      const data = encodeFunctionData({ abi: rollupFactory.abi, functionName: 'predict', args: [BigInt(chainId)] })
      const [rollup, messenger, tokenBridge] = decodeFunctionResult({
        abi: rollupFactory.abi,
        functionName: 'predict',
        data: await call(factoryAddress, data),
      })
      return { rollup, messenger, tokenBridge }
    },
    create: (creation) => run(factoryAddress, encodeCreation(creation), creation.value),
    alloc,
  }
}
