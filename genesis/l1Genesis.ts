import { concatHex, encodeDeployData, encodeFunctionData, type Hex, zeroHash } from 'viem'
import { decodeFunctionResult, getCreate2Address } from 'viem/utils'
import { genesisBlock } from '../execution/genesisBlock.ts'
import type { GenesisAccount, GenesisJson } from '../execution/genesisJson.ts'
import type { BlockOutcome, Engine } from '../execution/types.ts'
import { bytesToHex, EMPTY_BYTES, hexToBytes } from '../stateless/bytes.ts'
import { createStateView } from '../stateless/stateView.ts'
import type { StateView } from '../stateless/types.ts'
import { DEV_ADDRESSES, deployerAccount, SETTLER_ADDRESSES } from './accounts.ts'
import { l1Messenger } from './generated/L1Messenger.ts'
import { nativeRollup } from './generated/NativeRollup.ts'
import { rollupFactory } from './generated/RollupFactory.ts'
import { withdrawalVerifier } from './generated/WithdrawalVerifier.ts'
import { AMSTERDAM_FORKS, hex } from './l2Genesis.ts'
import { BLOCK_GAS_LIMIT, INITIAL_BASE_FEE, L1_CHAIN_ID, L1_DEV_BALANCE, OPERATOR_BALANCE } from './parameters.ts'
import * as system from './systemContracts.ts'

/** The L1 chain config: Amsterdam from the first block on, and the fork that adds EXECUTE with it. */
export const L1_CONFIG = { chainId: L1_CHAIN_ID, ...AMSTERDAM_FORKS, nativeRollupsTime: 0 } as const

const DEPLOYER_BALANCE = 10n ** 30n
/** Deployment gas is not limited by what a block may hold: contracts of genesis are not bought. */
const DEPLOYMENT_GAS = 200_000_000n

export type L1Contracts = { factory: Hex; withdrawalVerifier: Hex }
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

/** Arguments of `RollupFactory.create`; see contracts/l1/NativeRollup.sol RollupConfig for units. */
export type RollupCreation = {
  config: {
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
  maxMessageGas: bigint
  value: bigint
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
 * Executes the deployment of verifier and factory on top of a bare genesis, in the engine that will run the chain, so that
 * constructors, immutables and storage come out as a deployment by transactions would leave them.
 */
export async function startDeployment(engine: Engine, timestamp: number): Promise<DeploymentChain> {
  const bare = bareL1Genesis(timestamp)
  const deployer = deployerAccount()
  bare.alloc[deployer.address.toLowerCase()] = { balance: hex(DEPLOYER_BALANCE) }
  bare.gasLimit = hex(DEPLOYMENT_GAS)
  const genesis = genesisBlock(bare, engine)
  const nodes = new Map<string, Uint8Array>(genesis.commit.nodes)
  const codes = new Map<string, Uint8Array>(genesis.changes.codes)
  const outcomes: BlockOutcome[] = []
  let parent = genesis.block
  let nonce = 0

  const state = (): StateView =>
    createStateView({ getNode: (hash) => nodes.get(hash), getCode: (hash) => codes.get(hash) }, parent.header.stateRoot)

  const run = async (to: Hex, data: Hex, value: bigint): Promise<void> => {
    const at = { number: parent.header.number + 1n, timestamp: BigInt(timestamp) + parent.header.number + 1n }
    const raw = await deployer.signTransaction({
      type: 'eip1559',
      chainId: L1_CHAIN_ID,
      nonce: nonce++,
      to,
      data,
      value,
      gas: DEPLOYMENT_GAS - 1_000_000n,
      maxFeePerGas: 10n * INITIAL_BASE_FEE,
      maxPriorityFeePerGas: 0n,
    })
    const assembly = await engine.beginBlock({
      parent: parent.header,
      parentHash: parent.hash,
      env: {
        ...at,
        coinbase: new Uint8Array(20),
        gasLimit: DEPLOYMENT_GAS,
        prevRandao: new Uint8Array(32),
        parentBeaconBlockRoot: new Uint8Array(32),
        slotNumber: at.number,
      },
      state: state(),
      blockHash: (number) => (number === parent.header.number ? parent.hash : undefined),
    })
    const outcome = await assembly.addTransaction(engine.decodeTransaction(hexToBytes(raw), at))
    if (outcome === undefined || outcome.receipt.status !== 1) {
      throw new Error(`genesis deployment failed: ${outcome?.error} 0x${bytesToHex(outcome?.output ?? EMPTY_BYTES)}`)
    }
    const sealed = await assembly.seal()
    for (const [hash, node] of sealed.nodes) nodes.set(hash, node)
    for (const [hash, code] of sealed.changes.codes) codes.set(hash, code)
    outcomes.push(sealed)
    parent = sealed.block
  }

  const deploy = async (initCode: Hex): Promise<Hex> => {
    await run(system.CREATE2_FACTORY_ADDRESS, concatHex([zeroHash, initCode]), 0n)
    return getCreate2Address({ from: system.CREATE2_FACTORY_ADDRESS, salt: zeroHash, bytecode: initCode })
  }
  const verifierAddress = await deploy(withdrawalVerifier.creationCode)
  const factoryAddress = await deploy(
    encodeDeployData({ abi: rollupFactory.abi, bytecode: rollupFactory.creationCode, args: [verifierAddress] }),
  )

  return {
    contracts: { factory: factoryAddress, withdrawalVerifier: verifierAddress },
    async predict(chainId) {
      const data = encodeFunctionData({ abi: rollupFactory.abi, functionName: 'predict', args: [BigInt(chainId)] })
      const answer = await engine.call(
        { to: hexToBytes(factoryAddress), data: hexToBytes(data) },
        { header: parent.header, state: state(), blockHash: () => undefined },
      )
      if (answer.status !== 'success') throw new Error('genesis: RollupFactory.predict failed')
      const [rollup, messenger, tokenBridge] = decodeFunctionResult({
        abi: rollupFactory.abi,
        functionName: 'predict',
        data: `0x${bytesToHex(answer.output)}`,
      })
      return { rollup, messenger, tokenBridge }
    },
    create({ config, maxMessageGas, value }) {
      const creationCodes = [nativeRollup.creationCode, l1Messenger.creationCode]
      const data = encodeFunctionData({
        abi: rollupFactory.abi,
        functionName: 'create',
        args: [{ config, maxMessageGas, creationCodes }],
      })
      return run(factoryAddress, data, value)
    },
    alloc: () => deployedAccounts(outcomes, state(), codes, deployer.address.toLowerCase()),
  }
}

/** Accounts that the deployment created, with their whole storage; not the sender, the fee recipient or the ring buffers. */
function deployedAccounts(
  outcomes: readonly BlockOutcome[],
  state: StateView,
  codes: ReadonlyMap<string, Uint8Array>,
  deployer: string,
): Record<string, GenesisAccount> {
  const bare = new Set(Object.keys(bareL1Genesis(0).alloc).map((address) => address.slice(2)))
  const skipped = (address: string) => bare.has(address) || address === deployer.slice(2) || /^0{40}$/.test(address)
  const alloc: Record<string, GenesisAccount> = {}
  const touched = new Set(outcomes.flatMap((outcome) => [...outcome.changes.accounts.keys()]))
  for (const address of touched) {
    if (skipped(address)) continue
    const bytes = hexToBytes(address)
    const account = state.getAccount(bytes)
    if (account === undefined) continue
    const slots = new Set(outcomes.flatMap((outcome) => [...(outcome.changes.storage.get(address)?.keys() ?? [])]))
    const storage: Record<string, string> = {}
    for (const slot of [...slots].sort()) {
      const value = state.getStorage(bytes, hexToBytes(slot))
      if (value.length > 0) storage[`0x${slot}`] = `0x${bytesToHex(value).padStart(64, '0')}`
    }
    const code = codes.get(bytesToHex(account.codeHash))
    alloc[`0x${address}`] = {
      balance: hex(account.balance),
      nonce: hex(account.nonce),
      ...(code === undefined ? {} : { code: `0x${bytesToHex(code)}` }),
      ...(Object.keys(storage).length === 0 ? {} : { storage }),
    }
  }
  return alloc
}
