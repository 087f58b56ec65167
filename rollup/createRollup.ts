import { decodeErrorResult, decodeFunctionResult, encodeFunctionData, formatEther, type LocalAccount } from 'viem'
import { creationOf, encodeCreation } from '../genesis/creation.ts'
import { rollupFactory } from '../genesis/generated/RollupFactory.ts'
import { buildL2Genesis } from '../genesis/l2Genesis.ts'
import { FIRST_L2_CHAIN_ID } from '../genesis/parameters.ts'
import type { GenesisJson, RollupDeployment } from '../genesis/types.ts'
import type { Block } from '../stateless/types.ts'
import { checkDeployment, fetchDeployment, ownFactory } from './deployment.ts'
import { RollupError } from './errors.ts'
import type { L1Client } from './l1/l1Client.ts'
import { highestFee, requireLatest, sendAndWait } from './l1/l1Transaction.ts'

type Hex = `0x${string}`

export type NewRollup = {
  /** pays for everything on L1 */
  account: LocalAccount
  /** default: the first free one from the devnet's on */
  chainId: number | undefined
  /** zero address: anyone may advance */
  sequencer(l2ChainId: number): Hex
  /** funded accounts of the L2 genesis, wei; their sum is sent along as backing */
  balances(sequencer: Hex): Readonly<Record<string, bigint>>
  /** seconds */
  finalityDelay: number
}

/** A rollup that can be created: nothing was sent yet. */
export type RollupPlan = {
  l2ChainId: number
  factory: Hex
  sequencer: Hex
  genesis: GenesisJson
  genesisBlock: Block
  /** wei */
  backing: bigint
  data: Hex
  gas: bigint
}

/** Ids looked at in search of a free one. */
const MAX_SEARCH = 1_000
/** Percent of the estimate; gas that is not used is not paid. */
const GAS_MARGIN = 110n

/**
 * Asks L1 for a free chain id and its addresses, makes the L2 genesis for them and the transaction that creates the
 * rollup. Throws RollupError: CANNOT_CREATE with the reason and what helps, or what asking L1 may throw.
 */
export async function planRollup(
  l1: L1Client,
  wanted: NewRollup,
  genesisBlockOf: (genesis: GenesisJson) => Block,
): Promise<RollupPlan> {
  const factory = ownFactory()
  const l1ChainId = Number(await l1.chainId())
  if ((await l1.getCode(factory)) === '0x') {
    throw cannot(`there is no RollupFactory of this version at ${factory} on L1 (chain id ${l1ChainId}); check --l1`)
  }
  const l2ChainId = await chooseChainId(l1, factory, l1ChainId, wanted.chainId)
  const latest = await requireLatest(l1)
  const sequencer = wanted.sequencer(l2ChainId)
  const genesis = buildL2Genesis({
    chainId: l2ChainId,
    timestamp: Number(latest.timestamp),
    l1: { factory, ...(await predict(l1, factory, l2ChainId)) },
    l1ChainId,
    balances: wanted.balances(sequencer),
  })
  const genesisBlock = genesisBlockOf(genesis)
  const creation = creationOf(genesis, genesisBlock, { sequencer, finalityDelay: wanted.finalityDelay })
  const data = encodeCreation(creation)
  const backing = creation.value
  await requireFunds(l1, wanted.account.address, backing)
  const estimate = await estimateCreation(l1, { from: wanted.account.address, to: factory, data, value: backing })
  const gas = smaller((estimate * GAS_MARGIN) / 100n, latest.gasLimit)
  await requireFunds(l1, wanted.account.address, backing + (await highestFee(l1, gas)))
  return { l2ChainId, factory, sequencer, genesis, genesisBlock, backing, data, gas }
}

/** Sends the creation and checks what came out of it. Throws RollupError. */
export async function createRollup(
  l1: L1Client,
  account: LocalAccount,
  plan: RollupPlan,
): Promise<{ deployment: RollupDeployment; txHash: Hex; gasUsed: bigint }> {
  const { factory, data, backing, gas, l2ChainId } = plan
  const receipt = await sendAndWait(l1, account, { to: factory, data, value: backing, gas })
  if (!receipt.succeeded) {
    const call = { from: account.address, to: factory, data, gas, value: backing }
    const reason = reasonOf(await l1.revertData(call, receipt.blockNumber))
    throw cannot(`L1 refused the creation in transaction ${receipt.transactionHash}: ${reason}`)
  }
  const { rollup, messenger } = await predict(l1, factory, l2ChainId)
  const deployment = await fetchDeployment(l1, { rollup, messenger, factory }, Number(receipt.blockNumber))
  await checkDeployment(l1, deployment, plan.genesisBlock)
  return { deployment, txHash: receipt.transactionHash, gasUsed: receipt.gasUsed }
}

async function chooseChainId(
  l1: L1Client,
  factory: Hex,
  l1ChainId: number,
  wanted: number | undefined,
): Promise<number> {
  if (wanted !== undefined) {
    if (wanted === l1ChainId) throw cannot(`chain id ${wanted} is that of L1; choose another --chain-id`)
    const holder = await rollupOf(l1, factory, wanted)
    if (holder !== 0n) throw cannot(`chain id ${wanted} is taken on this L1; leave --chain-id out to get a free one`)
    return wanted
  }
  for (let id = FIRST_L2_CHAIN_ID; id < FIRST_L2_CHAIN_ID + MAX_SEARCH; id++) {
    if (id !== l1ChainId && (await rollupOf(l1, factory, id)) === 0n) return id
  }
  throw cannot(`the first ${MAX_SEARCH} chain ids from ${FIRST_L2_CHAIN_ID} on are taken; choose one with --chain-id`)
}

async function rollupOf(l1: L1Client, factory: Hex, chainId: number): Promise<bigint> {
  const args = [BigInt(chainId)] as const
  const data = await l1.call(factory, encodeFunctionData({ abi: rollupFactory.abi, functionName: 'rollupOf', args }))
  return decoded(() => BigInt(decodeFunctionResult({ abi: rollupFactory.abi, functionName: 'rollupOf', data })))
}

async function predict(l1: L1Client, factory: Hex, chainId: number) {
  const args = [BigInt(chainId)] as const
  const data = await l1.call(factory, encodeFunctionData({ abi: rollupFactory.abi, functionName: 'predict', args }))
  const [rollup, messenger, tokenBridge] = decoded(() =>
    decodeFunctionResult({ abi: rollupFactory.abi, functionName: 'predict', data }),
  )
  return { rollup, messenger, tokenBridge }
}

function decoded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new RollupError('BAD_L1_DATA', 'L1 answered for the factory with something that does not decode', {}, error)
  }
}

async function estimateCreation(l1: L1Client, call: { from: Hex; to: Hex; data: Hex; value: bigint }): Promise<bigint> {
  const estimate = await l1.estimateGas(call)
  if (typeof estimate === 'bigint') return estimate
  throw cannot(`L1 would refuse the creation: ${reasonOf(estimate.revertData)}`)
}

async function requireFunds(l1: L1Client, address: Hex, needed: bigint): Promise<void> {
  const balance = await l1.getBalance(address)
  if (balance >= needed) return
  const figures = `${address} has ${formatEther(balance)} ETH on L1, creating the rollup takes ${formatEther(needed)}`
  throw cannot(`${figures}: the backing of the L2 balances and gas; use another REENACT_KEY or a lower --balance`)
}

function reasonOf(data: Hex | undefined): string {
  if (data === undefined || data === '0x') return 'out of gas or no reason given'
  try {
    return decodeErrorResult({ abi: rollupFactory.abi, data }).errorName
  } catch {
    // an error of a contract that this code does not know
    return `unknown error ${data.slice(0, 10)}`
  }
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function cannot(message: string): RollupError {
  return new RollupError('CANNOT_CREATE', message)
}
