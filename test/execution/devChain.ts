import { keccak_256 } from '@noble/hashes/sha3.js'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { createChainSpec } from '../../execution/chainSpec.ts'
import { createEngine } from '../../execution/engine.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import type { GenesisAccount, GenesisJson } from '../../execution/genesisJson.ts'
import type { BlockEnv, BlockOutcome, Engine, ExecutePrecompile, Transaction } from '../../execution/types.ts'
import * as system from '../../genesis/systemContracts.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import type { Block, StateView } from '../../stateless/types.ts'
import { createMemoryChain, cryptoOnce, type MemoryChain, silentLogger } from './support.ts'

export const CHAIN_ID = 4321
export const GAS_LIMIT = 60_000_000n

export const accounts: readonly PrivateKeyAccount[] = Array.from({ length: 8 }, (_, i) =>
  privateKeyToAccount(`0x${(i + 1).toString(16).padStart(64, '0')}`),
)

export const addressOf = (index: number): Uint8Array => hexToBytes(account(index).address)

function account(index: number): PrivateKeyAccount {
  const found = accounts[index]
  if (found === undefined) throw new Error('no such account')
  return found
}

export const REQUEST_CODE: Readonly<Record<string, string>> = {
  [system.WITHDRAWAL_REQUEST_ADDRESS]: system.WITHDRAWAL_REQUEST_CODE,
  [system.CONSOLIDATION_REQUEST_ADDRESS]: system.CONSOLIDATION_REQUEST_CODE,
  [system.BUILDER_DEPOSIT_ADDRESS]: system.BUILDER_DEPOSIT_CODE,
  [system.BUILDER_EXIT_ADDRESS]: system.BUILDER_EXIT_CODE,
}

export type DevChainOptions = {
  alloc?: Record<string, GenesisAccount>
  nativeRollups?: boolean
  execute?: ExecutePrecompile
  config?: Partial<GenesisJson['config']>
}

export type DevChain = {
  readonly engine: Engine
  readonly genesis: GenesisJson
  readonly memory: MemoryChain
  head: Block
  state(): StateView
  env(over?: Partial<BlockEnv>): BlockEnv
  /** builds, executes and appends a block; returns what the builder sealed */
  seal(transactions: readonly Transaction[], over?: Partial<BlockEnv>): Promise<BlockOutcome>
  append(outcome: BlockOutcome): void
  decode(raw: string): Transaction
}

const ALL_FORKS = [
  'homesteadBlock',
  'eip150Block',
  'eip155Block',
  'eip158Block',
  'byzantiumBlock',
  'constantinopleBlock',
  'petersburgBlock',
  'istanbulBlock',
  'berlinBlock',
  'londonBlock',
  'shanghaiTime',
  'cancunTime',
  'pragueTime',
  'osakaTime',
  'amsterdamTime',
]

export function devGenesis(options: DevChainOptions = {}): GenesisJson {
  const alloc: Record<string, GenesisAccount> = {
    [system.BEACON_ROOTS_ADDRESS]: { balance: '0x0', nonce: '0x1', code: system.BEACON_ROOTS_CODE },
    [system.HISTORY_ADDRESS]: { balance: '0x0', nonce: '0x1', code: system.HISTORY_CODE },
  }
  for (const [address, code] of Object.entries(REQUEST_CODE)) alloc[address] = { balance: '0x0', nonce: '0x1', code }
  for (const { address } of accounts) alloc[address] = { balance: '0x21e19e0c9bab2400000' }
  return {
    config: {
      chainId: CHAIN_ID,
      ...Object.fromEntries(ALL_FORKS.map((fork) => [fork, 0])),
      terminalTotalDifficulty: 0,
      ...(options.nativeRollups ? { nativeRollupsTime: 0 } : {}),
      ...options.config,
    },
    timestamp: '0x3e8',
    gasLimit: `0x${GAS_LIMIT.toString(16)}`,
    alloc: { ...alloc, ...options.alloc },
  }
}

export async function createDevChain(options: DevChainOptions = {}): Promise<DevChain> {
  const crypto = await cryptoOnce
  const genesis = devGenesis(options)
  const spec = createChainSpec(genesis.config, { crypto })
  const execute = options.execute === undefined ? {} : { execute: options.execute }
  const engine = createEngine({ spec, crypto, logger: silentLogger, ...execute })
  const memory = createMemoryChain()
  const { block, commit, changes } = genesisBlock(genesis, spec)
  memory.write({ nodes: commit.nodes, codes: changes.codes })
  memory.append(block)
  const chain: DevChain = {
    engine,
    genesis,
    memory,
    head: block,
    state: () => memory.view(chain.head.header.stateRoot),
    env: (over = {}) => ({
      number: chain.head.header.number + 1n,
      timestamp: chain.head.header.timestamp + 12n,
      coinbase: hexToBytes('c0'.repeat(20)),
      gasLimit: GAS_LIMIT,
      prevRandao: new Uint8Array(32).fill(7),
      parentBeaconBlockRoot: new Uint8Array(32).fill(5),
      ...over,
    }),
    async seal(transactions, over) {
      const assembly = await engine.beginBlock({
        parent: chain.head.header,
        parentHash: chain.head.hash,
        env: chain.env(over),
        state: chain.state(),
        blockHash: memory.blockHash,
      })
      for (const tx of transactions) await assembly.addTransaction(tx)
      const outcome = await assembly.seal()
      await engine.executeBlock({
        parent: chain.head.header,
        block: outcome.block,
        state: chain.state(),
        blockHash: memory.blockHash,
        ...(outcome.blockAccessList === undefined ? {} : { blockAccessList: outcome.blockAccessList }),
      })
      chain.append(outcome)
      return outcome
    },
    append(outcome) {
      memory.write({ nodes: outcome.nodes, codes: outcome.changes.codes })
      memory.append(outcome.block)
      chain.head = outcome.block
    },
    decode: (raw) =>
      engine.decodeTransaction(hexToBytes(raw), {
        number: chain.head.header.number + 1n,
        timestamp: chain.head.header.timestamp + 12n,
      }),
  }
  return chain
}

export type TxFields = {
  nonce: number
  to?: Uint8Array | string
  value?: bigint
  data?: Uint8Array | string
  gas?: bigint
  maxFeePerGas?: bigint
  maxPriorityFeePerGas?: bigint
  chainId?: number
}

const toHex = (value: Uint8Array | string): `0x${string}` =>
  typeof value === 'string' ? (value as `0x${string}`) : `0x${bytesToHex(value)}`

/** A signed EIP-1559 transaction of a dev account, raw hex. */
export function sign(index: number, fields: TxFields): Promise<string> {
  return account(index).signTransaction({
    type: 'eip1559',
    chainId: fields.chainId ?? CHAIN_ID,
    nonce: fields.nonce,
    gas: fields.gas ?? 1_000_000n,
    value: fields.value ?? 0n,
    maxFeePerGas: fields.maxFeePerGas ?? 20_000_000_000n,
    maxPriorityFeePerGas: fields.maxPriorityFeePerGas ?? 1_000_000_000n,
    ...(fields.to === undefined ? {} : { to: toHex(fields.to) }),
    ...(fields.data === undefined ? {} : { data: toHex(fields.data) }),
  })
}

export function keccakHex(bytes: Uint8Array): string {
  return bytesToHex(keccak_256(bytes))
}
