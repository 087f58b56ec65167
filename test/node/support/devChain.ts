import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { createChainSpec } from '../../../execution/chainSpec.ts'
import { createCrypto } from '../../../execution/crypto.ts'
import { createEngine } from '../../../execution/engine.ts'
import { genesisBlock } from '../../../execution/genesisBlock.ts'
import type { GenesisJson } from '../../../execution/genesisJson.ts'
import type { Engine } from '../../../execution/types.ts'
import { DEV_PRIVATE_KEYS } from '../../../genesis/accounts.ts'
import * as system from '../../../genesis/systemContracts.ts'
import type { GenesisState } from '../../../node/chain.ts'
import { silentLogger } from '../../../node/logger.ts'
import { hexToBytes } from '../../../stateless/bytes.ts'

export const CHAIN_ID = 18079
export const GENESIS_TIME = 1_700_000_000
export const GWEI = 1_000_000_000n

export const accounts: readonly PrivateKeyAccount[] = DEV_PRIVATE_KEYS.map((key) => privateKeyToAccount(key))

export function account(index: number): PrivateKeyAccount {
  const found = accounts[index]
  if (found === undefined) throw new RangeError(`no account ${index}`)
  return found
}

export const addressBytes = (address: string): Uint8Array => hexToBytes(address)

/** Runtime code: emits LOG1 with topic = calldata word 0 and data = calldata word 1. */
export const LOGGER_ADDRESS = '0x00000000000000000000000000000000000010c5'
const LOGGER_CODE = '0x60203560005260003560206000a100'

const FORKS = ['shanghai', 'cancun', 'prague', 'osaka', 'bpo1', 'bpo2', 'amsterdam']

/** An Amsterdam chain whose ten accounts have 10,000 ETH each. */
export function devGenesis(changes: Partial<GenesisJson> = {}): GenesisJson {
  const times = Object.fromEntries(FORKS.map((fork) => [`${fork}Time`, 0]))
  const blocks = Object.fromEntries(
    [
      'homestead',
      'eip150',
      'eip155',
      'eip158',
      'byzantium',
      'constantinople',
      'petersburg',
      'istanbul',
      'muirGlacier',
      'berlin',
      'london',
      'arrowGlacier',
      'grayGlacier',
      'mergeNetsplit',
    ].map((fork) => [`${fork}Block`, 0]),
  )
  const funded = accounts.map(({ address }) => [
    address.toLowerCase(),
    { balance: `0x${(10_000n * GWEI * GWEI).toString(16)}` },
  ])
  const code = (address: string, value: string) => [address, { balance: '0x0', nonce: '0x1', code: value }]
  return {
    config: { chainId: CHAIN_ID, ...blocks, terminalTotalDifficulty: 0, ...times },
    timestamp: `0x${GENESIS_TIME.toString(16)}`,
    gasLimit: '0x3938700',
    baseFeePerGas: '0x3b9aca00',
    alloc: Object.fromEntries([
      ...funded,
      code(LOGGER_ADDRESS, LOGGER_CODE),
      code(system.BEACON_ROOTS_ADDRESS, system.BEACON_ROOTS_CODE),
      code(system.HISTORY_ADDRESS, system.HISTORY_CODE),
      code(system.WITHDRAWAL_REQUEST_ADDRESS, system.WITHDRAWAL_REQUEST_CODE),
      code(system.CONSOLIDATION_REQUEST_ADDRESS, system.CONSOLIDATION_REQUEST_CODE),
      code(system.BUILDER_DEPOSIT_ADDRESS, system.BUILDER_DEPOSIT_CODE),
      code(system.BUILDER_EXIT_ADDRESS, system.BUILDER_EXIT_CODE),
    ]),
    ...changes,
  }
}

export async function devEngine(
  genesis: GenesisJson = devGenesis(),
): Promise<{ engine: Engine; genesis: GenesisState }> {
  const crypto = await createCrypto({ logger: silentLogger })
  const spec = createChainSpec(genesis.config, { crypto }, { difficulty: BigInt(genesis.difficulty ?? 0) })
  const engine = createEngine({ spec, crypto, logger: silentLogger })
  return { engine, genesis: genesisBlock(genesis, engine) }
}

export type TransferFields = {
  nonce: number
  to?: `0x${string}`
  value?: bigint
  data?: `0x${string}`
  gas?: bigint
  maxFeePerGas?: bigint
  maxPriorityFeePerGas?: bigint
  chainId?: number
}

/** A signed EIP-1559 transaction; by default 1 wei to another dev account. */
export async function signed(from: PrivateKeyAccount, fields: TransferFields): Promise<Uint8Array> {
  const serialized = await from.signTransaction({
    type: 'eip1559',
    chainId: CHAIN_ID,
    to: account(9).address,
    value: 1n,
    gas: 30_000n,
    maxFeePerGas: 100n * GWEI,
    maxPriorityFeePerGas: GWEI,
    ...fields,
  })
  return hexToBytes(serialized)
}

/** Calldata for the logger contract. */
export function logCall(topic: bigint, data = 0n): `0x${string}` {
  return `0x${topic.toString(16).padStart(64, '0')}${data.toString(16).padStart(64, '0')}`
}
