import * as z from 'zod'
import { type DepositOutcome, estimateDeposit } from '../../rollup/messages/depositEstimate.ts'
import type { L1View, Message } from '../../rollup/types.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { invalidParams, RpcError } from '../errors.ts'
import { createRunCall } from '../eth/runCall.ts'
import { toData, toQuantity } from '../hex.ts'
import { required } from '../params.ts'
import type { MethodTable } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { rollupMethod } from './method.ts'
import { failureReason, reasonOf } from './reasons.ts'
import { address, addressIn, data, from, hash, named, quantity, quantity64, quantity64In, quantityIn } from './wire.ts'

const log = z.object({ address, topics: z.array(hash), data })

/**
 * `gasUsed`: of the receiver's call, against which the gas limit counts; `claimGasUsed`: of the whole claim. `minGasLimit`:
 * absent when no gas limit helps. `logs`: of the whole claim.
 */
export const messageSimulation = named('MessageSimulation', {
  success: z.boolean(),
  gasUsed: quantity64,
  claimGasUsed: quantity64,
  output: data,
  revertReason: z.string().optional(),
  logs: z.array(log),
  minGasLimit: quantity64.optional(),
})
export type MessageSimulation = z.infer<typeof messageSimulation>

/**
 * `l2GasLimit`: `minGasLimit` with a margin. `l1Cost`: wei, without value and fee. `relayFee`: wei for which the sequencer
 * delivers such a message; `relayed`: it delivers this one by itself, in about `eta` seconds.
 */
export const depositEstimate = named('DepositEstimate', {
  l2GasLimit: quantity64,
  minGasLimit: quantity64,
  l1Gas: quantity64,
  l1GasPrice: quantity,
  l1Cost: quantity,
  relayFee: quantity,
  relayed: z.boolean(),
  eta: quantity64.optional(),
})
export type DepositEstimateForm = z.infer<typeof depositEstimate>

/** contracts/lib/Messages.sol::MAX_DATA_LENGTH */
const MAX_DATA_BYTES = 16_384
const ZERO_ADDRESS = `0x${'00'.repeat(20)}` as const

/** What a message is before it is sent; `sender` is who sends it on L1. */
export const unsentMessage = z
  .strictObject({
    from: addressIn.default(ZERO_ADDRESS),
    to: addressIn,
    value: quantityIn.default(0n),
    fee: quantityIn.default(0n),
    gasLimit: quantity64In.exactOptional(),
    data: data
      .refine((hex) => hex.length <= 2 + 2 * MAX_DATA_BYTES, { error: `expected at most ${MAX_DATA_BYTES} bytes` })
      .default('0x'),
  })
  .meta({ title: 'UnsentMessage' })

/** What a message to L2 would do there, before it is sent. */
export function rollupSimulateMessageMethods({ rollup }: RollupDeps): MethodTable {
  const runCall = createRunCall()
  return {
    rollup_simulateMessage: rollupMethod(
      {
        summary:
          'Delivers a message that L1 has not sent in the next L2 block, as the messenger would, and forgets it.',
        params: [required('message', from(unsentMessage))],
        result: messageSimulation,
      },
      ([unsent], context) =>
        runCall(context, async (turns) => {
          const { node } = rollup()
          const message = nextMessage(node.watcher, unsent)
          const tried = await node.deliverySimulation.deliver(message, turns)
          const least = await node.deliverySimulation.leastGas(message, tried, turns)
          const { failure } = tried
          return {
            success: failure === undefined,
            gasUsed: toQuantity(tried.gasUsed),
            claimGasUsed: toQuantity(tried.claimGasUsed),
            output: toData(failure === undefined ? tried.output : failure.output),
            ...(failure === undefined ? {} : { revertReason: failureReason(failure) }),
            logs: tried.logs.map(formatLog),
            ...(least === undefined ? {} : { minGasLimit: toQuantity(least) }),
          }
        }),
    ),
    rollup_estimateDeposit: rollupMethod(
      {
        summary: 'The gas limit that a message to L2 needs, what sending it costs on L1, and when it arrives.',
        params: [required('message', from(unsentMessage.omit({ gasLimit: true })))],
        result: depositEstimate,
      },
      ([unsent], context) =>
        runCall(context, async (turns) => {
          const { chain, watcher: view, l1, reader, deliverySimulation: simulation } = rollup().node
          const deps = { chain, view, l1, config: reader.config, simulation }
          return formatEstimate(await estimateDeposit(deps, nextMessage(view, unsent), turns))
        }),
    ),
  }
}

/** Throws RpcError EXECUTION_REVERTED when one of the chains would refuse the message. */
function formatEstimate(outcome: DepositOutcome): DepositEstimateForm {
  if ('refused' in outcome) throw refusal('L1 refuses the message', hexToBytes(outcome.refused))
  if ('failing' in outcome)
    throw refusal('L2 cannot deliver the message', outcome.failing.output, outcome.failing.error)
  const { isRelayed, etaSec, ...numbers } = outcome
  return {
    l2GasLimit: toQuantity(numbers.l2GasLimit),
    minGasLimit: toQuantity(numbers.minGasLimit),
    l1Gas: toQuantity(numbers.l1Gas),
    l1GasPrice: toQuantity(numbers.l1GasPrice),
    l1Cost: toQuantity(numbers.l1Cost),
    relayFee: toQuantity(numbers.relayFee),
    relayed: isRelayed,
    ...(etaSec === undefined ? {} : { eta: toQuantity(etaSec) }),
  }
}

function refusal(what: string, output: Uint8Array, error = 'execution reverted'): RpcError {
  const reason = reasonOf(output) ?? error
  return new RpcError('EXECUTION_REVERTED', `${what}: ${reason}`, { output: toData(output) })
}

/** As L1 would number it if it came next. Throws RpcError INVALID_PARAMS for a gas limit that L1 refuses. */
export function nextMessage(
  view: L1View,
  { from: sender, gasLimit, ...rest }: z.output<typeof unsentMessage>,
): Message {
  const most = BigInt(view.deployment.parameters.maxMessageGas)
  if (gasLimit !== undefined && (gasLimit < 1n || gasLimit > most)) {
    throw invalidParams('argument 0 (message).gasLimit', `L1 takes 1 to ${most}, got ${gasLimit}`)
  }
  return { ...rest, sender, gasLimit: gasLimit ?? most, index: BigInt(view.messages().length) }
}

function formatLog({
  address,
  topics,
  data,
}: {
  address: Uint8Array
  topics: readonly Uint8Array[]
  data: Uint8Array
}) {
  return { address: toData(address), topics: topics.map(toData), data: toData(data) }
}
