import { encodeAbiParameters, type Hex, hexToBytes, keccak256, numberToHex, toHex, zeroAddress } from 'viem'
import { bridgedERC20 } from '../../genesis/generated/BridgedERC20.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l1TokenBridge } from '../../genesis/generated/L1TokenBridge.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { rollupFactory } from '../../genesis/generated/RollupFactory.ts'
import { withdrawalVerifier } from '../../genesis/generated/WithdrawalVerifier.ts'
import { buildL2Genesis, type L1Peers } from '../../genesis/l2Genesis.ts'
import { L2_CONTRACT_ADDRESSES } from '../../genesis/parameters.ts'
import {
  BEACON_ROOTS_ADDRESS,
  BEACON_ROOTS_CODE,
  HISTORY_ADDRESS,
  HISTORY_CODE,
} from '../../genesis/systemContracts.ts'
import { NO_REQUESTS } from '../../stateless/payload.ts'
import { encodeStatelessInput } from '../../stateless/ssz.ts'
import type { ExecutionPayload, ExecutionRequests, ExecutionWitness } from '../../stateless/types.ts'
import { ALICE, answer, type Chain, createChain, EXECUTE, EXECUTE_STUB } from './vm.ts'

export const L1_CHAIN_ID = 18079
export const L2_CHAIN_ID = 28079n
export const L2_MESSENGER: Hex = '0x8079000000000000000000000000000000000001'
export const L2_TOKEN_BRIDGE: Hex = '0x8079000000000000000000000000000000000002'
export const SEQUENCER: Hex = '0x5e90000000000000000000000000000000000003'
export const GENESIS_HASH = keccak256(toHex('genesis hash'))
export const GENESIS_STATE_ROOT = keccak256(toHex('genesis state root'))
export const GENESIS_TIMESTAMP = 1_799_999_000n
/** L1 block whose hash the default input carries; the test chain's current block is 1,000. */
export const ANCHOR_BLOCK = 990n
export const ANCHOR_HASH = keccak256(toHex('anchor 990'))

export type RollupConfig = {
  chainId: bigint
  gasLimit: bigint
  feeRecipient: Hex
  sequencer: Hex
  genesisHash: Hex
  genesisStateRoot: Hex
  genesisTimestamp: bigint
  maxAnchorAge: bigint
  maxTimestampLag: bigint
  finalityDelay: bigint
  sequencerTimeout: bigint
  forcedDeadline: bigint
  forcedExpiry: bigint
  forcedBond: bigint
}

export const defaultConfig: RollupConfig = {
  chainId: L2_CHAIN_ID,
  gasLimit: 60_000_000n,
  feeRecipient: zeroAddress,
  sequencer: SEQUENCER,
  genesisHash: GENESIS_HASH,
  genesisStateRoot: GENESIS_STATE_ROOT,
  genesisTimestamp: GENESIS_TIMESTAMP,
  maxAnchorAge: 7_200n,
  maxTimestampLag: 604_800n,
  finalityDelay: 0n,
  sequencerTimeout: 7_200n,
  forcedDeadline: 3_600n,
  forcedExpiry: 86_400n,
  forcedBond: 10n ** 16n,
}

export const creationCodes = [nativeRollup.creationCode, l1Messenger.creationCode, l1TokenBridge.creationCode] as const

export type L1 = {
  chain: Chain
  factory: Hex
  verifier: Hex
  tokenImplementation: Hex
  rollup: Hex
  messenger: Hex
  bridge: Hex
}

/** An L1 with a programmable EXECUTE and one rollup, made by the factory. */
export async function createL1(
  config: Partial<RollupConfig> = {},
  { backing = 0n, amsterdam = false, chain: given }: { backing?: bigint; amsterdam?: boolean; chain?: Chain } = {},
): Promise<L1> {
  const chain = given ?? (await createChain({ chainId: L1_CHAIN_ID, amsterdam }))
  chain.hashes.set(Number(ANCHOR_BLOCK), ANCHOR_HASH)
  await chain.setCode(EXECUTE, EXECUTE_STUB)
  await chain.setCode(HISTORY_ADDRESS, HISTORY_CODE)
  await chain.setBalance(ALICE, 10n ** 30n)
  await answer(chain, {})
  const verifier = (await chain.deploy(withdrawalVerifier)).address
  const tokenImplementation = (await chain.deploy(bridgedERC20)).address
  const factory = (await chain.deploy(rollupFactory, [verifier, tokenImplementation])).address
  return { chain, factory, verifier, tokenImplementation, ...(await createRollup(chain, factory, config, backing)) }
}

export async function createRollup(
  chain: Chain,
  factory: Hex,
  config: Partial<RollupConfig>,
  backing = 0n,
  maxMessageGas = 8_000_000n,
) {
  const params = { config: { ...defaultConfig, ...config }, maxMessageGas, creationCodes }
  const { abi } = rollupFactory
  const outcome = await chain.send(factory, abi, 'create', [params], { value: backing })
  if (!outcome.ok) throw new Error(`create failed: ${outcome.error}`)
  const [rollup, messenger, bridge] = await chain.read<[Hex, Hex, Hex]>(factory, abi, 'predict', [
    params.config.chainId,
  ])
  return { rollup, messenger, bridge }
}

/** The L2 side as genesis writes it: our contracts with their storage and the pre-minted supply. */
export async function createL2({
  peers,
  chainId = L2_CHAIN_ID,
  amsterdam = false,
  chain: given,
}: {
  peers: L1Peers
  chainId?: bigint
  amsterdam?: boolean
  chain?: Chain
}) {
  const chain = given ?? (await createChain({ chainId: Number(chainId), amsterdam }))
  const { alloc } = buildL2Genesis({ chainId: Number(chainId), timestamp: 0, l1: peers })
  for (const address of L2_CONTRACT_ADDRESSES) {
    const account = alloc[address]
    if (account?.code === undefined) continue
    await chain.setCode(address, account.code as Hex)
    await chain.setBalance(address, BigInt(account.balance))
    for (const [slot, value] of Object.entries(account.storage ?? {})) {
      await chain.setStorage(address, BigInt(slot), value as Hex)
    }
  }
  await chain.setBalance(ALICE, 10n ** 24n)
  await chain.setCode(BEACON_ROOTS_ADDRESS as Hex, BEACON_ROOTS_CODE)
  return chain
}

/** What the EIP-4788 system call does at the start of an L2 block. */
export async function setAnchor(chain: Chain, timestamp: bigint, hash: Hex) {
  const slot = timestamp % 8191n
  await chain.setStorage(BEACON_ROOTS_ADDRESS as Hex, slot, numberToHex(timestamp, { size: 32 }))
  await chain.setStorage(BEACON_ROOTS_ADDRESS as Hex, slot + 8191n, hash)
}

export type InputFields = {
  payload: ExecutionPayload
  versionedHashes: Uint8Array[]
  parentBeaconBlockRoot: Uint8Array
  requests: ExecutionRequests
  witness: ExecutionWitness
  chainId: bigint
  schemaId: number
  dialect: 'v21' | 'keyed'
}

export const bytes = (hex: Hex) => hexToBytes(hex)
export const randao = (anchor: Hex, number: bigint): Hex =>
  keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint64' }], [anchor, number]))

/** A block on top of genesis that every rule of `advance` accepts. */
export function validFields(number = 1n, parent: Hex = GENESIS_HASH, anchor: Hex = ANCHOR_HASH): InputFields {
  const fill = (label: string) => bytes(keccak256(toHex(`${label} ${number}`)))
  return {
    payload: {
      parentHash: bytes(parent),
      feeRecipient: bytes(SEQUENCER),
      stateRoot: fill('state root'),
      receiptsRoot: fill('receipts root'),
      logsBloom: new Uint8Array(256).fill(7),
      prevRandao: bytes(randao(anchor, number)),
      blockNumber: number,
      gasLimit: defaultConfig.gasLimit,
      gasUsed: 21_000n,
      timestamp: 1_799_999_990n + number,
      extraData: new Uint8Array(),
      baseFeePerGas: 1_000_000_000n,
      blockHash: fill('block hash'),
      transactions: [new Uint8Array(110).fill(2)],
      withdrawals: [],
      blobGasUsed: 0n,
      excessBlobGas: 0n,
      blockAccessList: new Uint8Array([0xc1, 0x80]),
      slotNumber: number,
    },
    versionedHashes: [],
    parentBeaconBlockRoot: bytes(anchor),
    requests: NO_REQUESTS,
    witness: { state: [new Uint8Array(40).fill(9)], codes: [], headers: [new Uint8Array(50).fill(3)] },
    chainId: L2_CHAIN_ID,
    schemaId: 0x1501,
    dialect: 'v21',
  }
}

export function encodeInput(fields: InputFields): Uint8Array {
  return encodeStatelessInput({
    schemaId: fields.schemaId,
    dialect: fields.dialect,
    chainId: fields.chainId,
    newPayloadRequest: {
      executionPayload: fields.payload,
      versionedHashes: fields.versionedHashes,
      parentBeaconBlockRoot: fields.parentBeaconBlockRoot,
      executionRequests: fields.requests,
    },
    witness: fields.witness,
    ...(fields.dialect === 'keyed' ? { publicKeys: [] } : {}),
  })
}
