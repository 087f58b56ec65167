import { encodeFunctionData } from 'viem'
import type { Chain } from '../../node/types.ts'
import { courtesyOf } from '../claims.ts'
import { l1MessengerAbi } from '../contracts.ts'
import type { L1Client } from '../l1/l1Client.ts'
import type { L1View, Message, RollupReader } from '../types.ts'
import type { DeliveryFailure, DeliverySimulation, RunTurns } from './deliverySimulation.ts'

type Hex = `0x${string}`

/** What sending a message to L2 takes. Gas and wei; `etaSec`: until L2 has it, absent when nobody claims it by itself. */
export type DepositEstimate = {
  /** the least gas limit that delivers it now, and the same with a margin for what changes until then */
  minGasLimit: bigint
  l2GasLimit: bigint
  l1Gas: bigint
  l1GasPrice: bigint
  l1Cost: bigint
  /** a fee for which the sequencer delivers any message like this, also when the base fee rises a little */
  relayFee: bigint
  /** it delivers this one: the fee is enough, or it is one of those that are delivered for nothing */
  isRelayed: boolean
  etaSec?: bigint
}

/** `refused`: L1 does not take it, with this revert data; `failing`: no gas limit delivers it now. */
export type DepositOutcome = DepositEstimate | { refused: Hex } | { failing: DeliveryFailure }

export type DepositEstimateDeps = {
  chain: Chain
  view: L1View
  l1: L1Client
  config: RollupReader['config']
  simulation: DeliverySimulation
}

/** Eth for whoever only wants to know the gas. */
const PLENTY = 2n ** 128n
/** percent: the base fee may rise by an eighth with each block */
const RELAY_MARGIN = 125n
/** added to a fifth of what is needed */
const MARGIN_GAS = 10_000n

/** What a message would cost on both chains, and when it would arrive. `message.gasLimit` is not looked at. Throws RollupError. */
export async function estimateDeposit(
  deps: DepositEstimateDeps,
  message: Message,
  turns: RunTurns,
): Promise<DepositOutcome> {
  const { view, l1, simulation } = deps
  const { deployment } = view
  const most = BigInt(deployment.parameters.maxMessageGas)
  const tried = await simulation.deliver({ ...message, gasLimit: most }, turns)
  const { sender: from, to, value, fee, data } = message
  const l1GasFor = (gasLimit: bigint) => {
    const args = [to, fee, gasLimit, data] as const
    const calldata = encodeFunctionData({ abi: l1MessengerAbi, functionName: 'sendMessage', args })
    const call = { from, to: deployment.l1.messenger, data: calldata, value: value + fee }
    return l1.estimateGas({ ...call, balance: PLENTY })
  }
  const least = tried.failure === undefined ? await simulation.leastGas(message, tried, turns) : undefined
  const minGasLimit = least ?? most
  const l2GasLimit = smaller(most, withMargin(minGasLimit))
  const l1Gas = await l1GasFor(l2GasLimit)
  if (typeof l1Gas !== 'bigint') return { refused: l1Gas.revertData }
  if (tried.failure !== undefined) return { failing: tried.failure }
  const l1GasPrice = await l1.gasPrice()
  const baseFee = nextBaseFee(deps.chain)
  // paying the fee out takes gas as well
  const paid = { ...message, gasLimit: most, fee: fee > 0n ? fee : tried.claimGasUsed * baseFee }
  const relayCost = (await simulation.deliver(paid, turns)).claimGasUsed * baseFee
  const isRelayed = fee >= relayCost || courtesyOf(deployment, message) !== undefined
  return {
    minGasLimit,
    l2GasLimit,
    l1Gas,
    l1GasPrice,
    l1Cost: l1Gas * l1GasPrice,
    relayFee: (relayCost * RELAY_MARGIN) / 100n,
    isRelayed,
    ...(isRelayed ? { etaSec: blockTimes(deps) } : {}),
  }
}

const withMargin = (gas: bigint): bigint => gas + gas / 5n + MARGIN_GAS

function nextBaseFee(chain: Chain): bigint {
  const { header } = chain.head()
  return chain.engine.nextBaseFee(header, header.timestamp + 1n) ?? 0n
}

/** One block of each chain; those that are made on demand take no time worth counting. */
function blockTimes({ config }: DepositEstimateDeps): bigint {
  const { l1, l2 } = config().blockTimes
  return BigInt(Math.max(1, Math.ceil(l1 + l2)))
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
