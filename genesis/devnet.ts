import { type Hex, isAddressEqual } from 'viem'
import { genesisBlock } from '../execution/genesisBlock.ts'
import type { GenesisJson } from '../execution/genesisJson.ts'
import type { Engine } from '../execution/types.ts'
import { SETTLER_ADDRESSES } from './accounts.ts'
import { creationOf, type Windows } from './creation.ts'
import { bareL1Genesis, startDeployment } from './l1Genesis.ts'
import { buildL2Genesis, l2Backing } from './l2Genesis.ts'
import {
  BLOCK_GAS_LIMIT,
  CROSS_MESSENGER_ADDRESS,
  FIRST_L2_CHAIN_ID,
  L1_CHAIN_ID,
  L1_STATE_ADDRESS,
  L2_MESSENGER_ADDRESS,
  L2_TOKEN_BRIDGE_ADDRESS,
  MAX_DEVNET_ROLLUPS,
  MESSENGER_SUPPLY,
  PERMIT2_ADDRESS,
} from './parameters.ts'
import { permit2Account } from './preinstalls.ts'
import type { DevnetGenesis, RollupDeployment } from './types.ts'

export type DevnetGenesisOptions = {
  /** seconds; of L1 and of every L2 */
  timestamp: number
  /** 1 to MAX_DEVNET_ROLLUPS */
  rollups: number
  /** seconds */
  finalityDelay: number
  /** who may advance all of them; zero address: anyone; default: each its own settler */
  sequencer?: Hex
  /** L1 blocks and seconds; default: those of the design */
  windows?: Partial<Windows>
  /** Permit2 on every chain, deployed in engines that impersonate: of each L2's rules, and the L1's */
  permit2?: { l2Engine(genesis: GenesisJson): Engine }
}

/**
 * L1 and L2 genesis of a devnet.
 *
 * The L1 genesis needs the L2 genesis hash (it is the rollup's first head), the L2 genesis needs the address of its L1
 * messenger: CREATE3 addresses depend on neither, so they are asked for first.
 *
 * @throws Error when a solvency rule does not hold: that is a bug here, not input
 */
export async function buildDevnetGenesis(
  options: DevnetGenesisOptions,
  deps: { l1Engine: Engine; l2Rules(genesis: GenesisJson): Parameters<typeof genesisBlock>[1] },
): Promise<DevnetGenesis> {
  const deployment = await startDeployment(deps.l1Engine, options.timestamp)
  const rollups: { l2: GenesisJson; deployment: RollupDeployment }[] = []
  for (let index = 0; index < options.rollups; index++) {
    const chainId = FIRST_L2_CHAIN_ID + index
    const addresses = await deployment.predict(chainId)
    const l2 = buildL2Genesis({
      chainId,
      timestamp: options.timestamp,
      l1: { factory: deployment.contracts.factory, ...addresses },
    })
    if (options.permit2 !== undefined) {
      l2.alloc[PERMIT2_ADDRESS] = await permit2Account(options.permit2.l2Engine(l2), l2)
    }
    const { block } = genesisBlock(l2, deps.l2Rules(l2))
    const creation = creationOf(l2, block, {
      sequencer: options.sequencer ?? requireSettler(index),
      finalityDelay: options.finalityDelay,
      ...(options.windows === undefined ? {} : { windows: options.windows }),
    })
    await deployment.create(creation)
    const { config } = creation
    rollups.push({
      l2,
      deployment: {
        l1ChainId: L1_CHAIN_ID,
        l2ChainId: chainId,
        l1: { ...addresses, ...deployment.contracts },
        l2: {
          messenger: L2_MESSENGER_ADDRESS,
          tokenBridge: L2_TOKEN_BRIDGE_ADDRESS,
          l1State: L1_STATE_ADDRESS,
          crossMessenger: CROSS_MESSENGER_ADDRESS,
        },
        deployBlock: 0,
        l2GenesisHash: config.genesisHash,
        l2GenesisStateRoot: config.genesisStateRoot,
        l2GasLimit: Number(BLOCK_GAS_LIMIT),
        parameters: {
          maxAnchorAge: Number(config.maxAnchorAge),
          maxTimestampLag: Number(config.maxTimestampLag),
          finalityDelay: options.finalityDelay,
          sequencerTimeout: Number(config.sequencerTimeout),
          forcedDeadline: Number(config.forcedDeadline),
          forcedExpiry: Number(config.forcedExpiry),
          forcedBond: config.forcedBond.toString(),
          maxMessageGas: Number(creation.maxMessageGas),
          feeRecipient: config.feeRecipient,
          sequencer: config.sequencer,
        },
      },
    })
  }
  const l1 = bareL1Genesis(options.timestamp, options.rollups)
  if (options.permit2 !== undefined) l1.alloc[PERMIT2_ADDRESS] = await permit2Account(deps.l1Engine, l1)
  Object.assign(l1.alloc, deployment.alloc())
  const genesis: DevnetGenesis = { l1, rollups }
  requireSolvent(genesis)
  return genesis
}

function requireSettler(rollup: number): Hex {
  const settler = SETTLER_ADDRESSES[rollup]
  if (settler === undefined) throw new RangeError(`a devnet has at most ${MAX_DEVNET_ROLLUPS} rollups`)
  return settler
}

/**
 * Every wei on an L2 outside its messenger is in the escrow on L1, and the messenger can release all ETH that could
 * ever be deposited.
 */
function requireSolvent({ l1, rollups }: DevnetGenesis): void {
  const supply = Object.values(l1.alloc).reduce((sum, account) => sum + BigInt(account.balance), 0n)
  if (MESSENGER_SUPPLY < supply) throw new Error('genesis: the L2 messenger holds less than all ETH of L1')
  for (const { l2, deployment } of rollups) {
    const escrow = Object.entries(l1.alloc).find(([address]) => isAddressEqual(address as Hex, deployment.l1.messenger))
    if (escrow === undefined || BigInt(escrow[1].balance) !== l2Backing(l2)) {
      throw new Error(`genesis: the escrow of rollup ${deployment.l2ChainId} is not the sum of its L2 balances`)
    }
  }
}
