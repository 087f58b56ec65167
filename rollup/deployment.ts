import { decodeFunctionResult, encodeDeployData, encodeFunctionData, getCreate2Address, zeroHash } from 'viem'
import { bridgedERC20 } from '../genesis/generated/BridgedERC20.ts'
import { l1Router } from '../genesis/generated/L1Router.ts'
import { rollupFactory } from '../genesis/generated/RollupFactory.ts'
import { withdrawalVerifier } from '../genesis/generated/WithdrawalVerifier.ts'
import {
  CROSS_MESSENGER_ADDRESS,
  L1_STATE_ADDRESS,
  L2_MESSENGER_ADDRESS,
  L2_TOKEN_BRIDGE_ADDRESS,
} from '../genesis/parameters.ts'
import { CREATE2_FACTORY_ADDRESS } from '../genesis/systemContracts.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import type { Block } from '../stateless/types.ts'
import { l1MessengerAbi, l1TokenBridgeAbi, nativeRollupAbi } from './contracts.ts'
import { RollupError } from './errors.ts'
import type { L1Client } from './l1/l1Client.ts'

type Hex = `0x${string}`

type RollupGetter =
  | 'CHAIN_ID'
  | 'GAS_LIMIT'
  | 'FEE_RECIPIENT'
  | 'GENESIS_HASH'
  | 'GENESIS_STATE_ROOT'
  | 'MAX_ANCHOR_AGE'
  | 'MAX_TIMESTAMP_LAG'
  | 'FINALITY_DELAY'
  | 'SEQUENCER_TIMEOUT'
  | 'FORCED_DEADLINE'
  | 'FORCED_EXPIRY'
  | 'FORCED_BOND'
  | 'sequencer'
type BridgeGetter = 'MESSENGER' | 'TOKEN_IMPLEMENTATION'
type MessengerGetter = 'ROLLUP' | 'VERIFIER' | 'TOKEN_BRIDGE' | 'L2_CHAIN_ID' | 'MAX_MESSAGE_GAS'

/**
 * Checks on start that the contracts on L1 are those of this L2: chain ids, genesis hash and state root, and every
 * parameter that the node relies on. Throws RollupError WRONG_ROLLUP, which says what to do, or L1_UNREACHABLE.
 */
export async function checkDeployment(l1: L1Client, deployment: RollupDeployment, genesis: Block): Promise<void> {
  const expect = (field: string, actual: unknown, expected: unknown): void => {
    if (normal(actual) !== normal(expected)) throw wrong(field, normal(actual), normal(expected))
  }
  expect('chain id of L1', await l1.chainId(), deployment.l1ChainId)
  expect('L2 genesis hash of the deployment', deployment.l2GenesisHash, `0x${bytesToHex(genesis.hash)}`)
  await requireCode(l1, deployment.l1.rollup, 'rollup')
  await requireCode(l1, deployment.l1.messenger, 'messenger')
  const actual = await fetchDeployment(l1, deployment.l1)
  expect('L2 genesis hash', actual.l2GenesisHash, `0x${bytesToHex(genesis.hash)}`)
  expect('L2 genesis state root', actual.l2GenesisStateRoot, `0x${bytesToHex(genesis.header.stateRoot)}`)
  expect('chain id of L2', actual.l2ChainId, deployment.l2ChainId)
  expect('L2 gas limit', actual.l2GasLimit, deployment.l2GasLimit)
  expect('token bridge of the messenger', actual.l1.tokenBridge, deployment.l1.tokenBridge)
  expect('verifier of the messenger', actual.l1.withdrawalVerifier, deployment.l1.withdrawalVerifier)
  for (const name of [
    'maxAnchorAge',
    'maxTimestampLag',
    'finalityDelay',
    'sequencerTimeout',
    'forcedDeadline',
    'forcedExpiry',
    'forcedBond',
    'feeRecipient',
  ] as const) {
    expect(name, actual.parameters[name], deployment.parameters[name])
  }
}

/**
 * Reads a deployment from its contracts. The messenger's address is in slot 35 of the L2 genesis (low 20 bytes).
 * Throws RollupError WRONG_ROLLUP when the contracts do not belong together.
 */
export async function fetchDeployment(
  l1: L1Client,
  addresses: { rollup: Hex; messenger: Hex; factory?: Hex },
  deployBlock = 0,
): Promise<RollupDeployment> {
  const { rollup, messenger } = addresses
  await requireCode(l1, rollup, 'rollup')
  await requireCode(l1, messenger, 'messenger')
  const number = async (name: RollupGetter) => Number(await readRollup(l1, rollup, name))
  const text = async (name: RollupGetter) => (await readRollup(l1, rollup, name)) as Hex
  const owner = await readMessenger(l1, messenger, 'ROLLUP')
  if (normal(owner) !== normal(rollup)) throw wrong('rollup of the messenger', normal(owner), normal(rollup))
  const tokenBridge = (await readMessenger(l1, messenger, 'TOKEN_BRIDGE')) as Hex
  await requireCode(l1, tokenBridge, 'token bridge')
  const bridgeOwner = await readBridge(l1, tokenBridge, 'MESSENGER')
  if (normal(bridgeOwner) !== normal(messenger)) {
    throw wrong('messenger of the token bridge', normal(bridgeOwner), normal(messenger))
  }
  const tokenImplementation = await readBridge(l1, tokenBridge, 'TOKEN_IMPLEMENTATION')
  const withdrawalVerifier = (await readMessenger(l1, messenger, 'VERIFIER')) as Hex
  const factory = addresses.factory ?? factoryAddress(withdrawalVerifier, tokenImplementation)
  return {
    l1ChainId: Number(await l1.chainId()),
    l2ChainId: await number('CHAIN_ID'),
    l1: {
      rollup,
      messenger,
      tokenBridge,
      tokenImplementation,
      withdrawalVerifier,
      factory,
      router: routerAddress(factory),
    },
    l2: {
      messenger: L2_MESSENGER_ADDRESS,
      tokenBridge: L2_TOKEN_BRIDGE_ADDRESS,
      l1State: L1_STATE_ADDRESS,
      crossMessenger: CROSS_MESSENGER_ADDRESS,
    },
    deployBlock,
    l2GenesisHash: await text('GENESIS_HASH'),
    l2GenesisStateRoot: await text('GENESIS_STATE_ROOT'),
    l2GasLimit: await number('GAS_LIMIT'),
    parameters: {
      maxAnchorAge: await number('MAX_ANCHOR_AGE'),
      maxTimestampLag: await number('MAX_TIMESTAMP_LAG'),
      finalityDelay: await number('FINALITY_DELAY'),
      sequencerTimeout: await number('SEQUENCER_TIMEOUT'),
      forcedDeadline: await number('FORCED_DEADLINE'),
      forcedExpiry: await number('FORCED_EXPIRY'),
      forcedBond: String(await readRollup(l1, rollup, 'FORCED_BOND')),
      maxMessageGas: Number(await readMessenger(l1, messenger, 'MAX_MESSAGE_GAS')),
      feeRecipient: await text('FEE_RECIPIENT'),
      sequencer: await text('sequencer'),
    },
  }
}

async function readRollup(l1: L1Client, address: Hex, functionName: RollupGetter): Promise<bigint | Hex> {
  return reading(functionName, async () => {
    const data = await l1.call(address, encodeFunctionData({ abi: nativeRollupAbi, functionName }))
    return decodeFunctionResult({ abi: nativeRollupAbi, functionName, data })
  })
}

async function readMessenger(l1: L1Client, address: Hex, functionName: MessengerGetter): Promise<bigint | Hex> {
  return reading(functionName, async () => {
    const data = await l1.call(address, encodeFunctionData({ abi: l1MessengerAbi, functionName }))
    return decodeFunctionResult({ abi: l1MessengerAbi, functionName, data })
  })
}

async function readBridge(l1: L1Client, address: Hex, functionName: BridgeGetter): Promise<Hex> {
  return reading(functionName, async () => {
    const data = await l1.call(address, encodeFunctionData({ abi: l1TokenBridgeAbi, functionName }))
    return decodeFunctionResult({ abi: l1TokenBridgeAbi, functionName, data })
  })
}

/** A call that reverts or whose answer does not decode means another contract; an L1 that is away stays what it is. */
async function reading<T>(field: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof RollupError && error.code !== 'L1_REFUSED') throw error
    const message = `the contract on L1 has no ${field}: it is not a rollup of this software; check --rollup and --l1`
    throw new RollupError('WRONG_ROLLUP', message, { field }, error)
  }
}

/** Where the genesis of our L1 puts the factory: CREATE2, salt zero, verifier and token implementation as its arguments. */
function factoryAddress(verifier: Hex, tokenImplementation: Hex): Hex {
  const { abi, creationCode } = rollupFactory
  const bytecode = encodeDeployData({ abi, bytecode: creationCode, args: [verifier, tokenImplementation] })
  return getCreate2Address({ from: CREATE2_FACTORY_ADDRESS, salt: zeroHash, bytecode })
}

/** Where the genesis of our L1 puts the router: CREATE2, salt zero, the factory as its argument. */
function routerAddress(factory: Hex): Hex {
  const bytecode = encodeDeployData({ abi: l1Router.abi, bytecode: l1Router.creationCode, args: [factory] })
  return getCreate2Address({ from: CREATE2_FACTORY_ADDRESS, salt: zeroHash, bytecode })
}

/** Where the genesis of our L1 puts the factory of this build: its creation codes are part of its address. */
export function ownFactory(): Hex {
  const place = (bytecode: Hex) => getCreate2Address({ from: CREATE2_FACTORY_ADDRESS, salt: zeroHash, bytecode })
  return factoryAddress(place(withdrawalVerifier.creationCode), place(bridgedERC20.creationCode))
}

async function requireCode(l1: L1Client, address: Hex, name: string): Promise<void> {
  if ((await l1.getCode(address)) !== '0x') return
  const message = `there is no ${name} contract at ${address} on L1; check --rollup, --l1 and that L1 has its genesis`
  throw new RollupError('WRONG_ROLLUP', message, { field: name, address })
}

function normal(value: unknown): string {
  return String(value).toLowerCase()
}

function wrong(field: string, actual: string, expected: string): RollupError {
  const advice = 'use the L2 genesis and data directory that belong to this rollup, or another --rollup'
  const message = `wrong rollup: ${field} is ${actual} on L1, this node has ${expected}; ${advice}`
  return new RollupError('WRONG_ROLLUP', message, { field, actual, expected })
}
