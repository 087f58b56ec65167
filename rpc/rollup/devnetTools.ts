import * as z from 'zod'
import {
  DEFAULT_MESSAGE_GAS,
  encodeSendMessage,
  isDelivered,
  messengerErrorName,
  sentMessages,
} from '../../rollup/control/deposit.ts'
import type { L2Node } from '../../rollup/l2Node.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { RpcError } from '../errors.ts'
import { waitUntil } from '../eth/send.ts'
import { toQuantity } from '../hex.ts'
import { optional, required } from '../params.ts'
import type { MethodTable, RpcContext } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { type DevnetControl, requireDevnet } from './devnet.ts'
import { rollupMethod } from './method.ts'
import { addressIn, data, from, hash, named, quantity, quantity64In, quantityIn } from './wire.ts'

type Hex = `0x${string}`

/** A million ETH: what L2 can pay out at all has 27 digits. */
const MAX_GIFT = 10n ** 24n
/** In whose name L1 sends what the faucet gives to L2; it holds nothing but what is made for it. */
const FAUCET: Hex = '0xfa0ce70000000000000000000000000000000000'
/** wei, for the gas of one transaction */
const FAUCET_GAS = 10n ** 18n
/** Longest that the faucet waits for L2 to have taken its message. */
const DELIVERY_WAIT_MS = 10_000

const Gift = z.strictObject({
  chain: z.enum(['l1', 'l2']),
  address: addressIn,
  value: quantityIn.refine((value) => value <= MAX_GIFT, 'expected at most a million ETH'),
})

const DepositRequest = z.strictObject({
  to: addressIn,
  value: quantityIn.optional(),
  data: data.optional(),
  gasLimit: quantity64In.optional(),
  fee: quantityIn.optional(),
  from: addressIn.optional(),
})

const ClaimOptions = z.strictObject({ from: addressIn.optional() })

/** A message from L1 that was sent just now. `id` is absent while no L1 block has it. */
export const SentDeposit = named('SentDeposit', { l1TxHash: hash, id: quantity.optional() })
export type SentDeposit = z.infer<typeof SentDeposit>

/** `balance` on that chain now; `deposit`: what carries it to L2, and whether it has arrived. */
export const FaucetGift = named('FaucetGift', {
  balance: quantity,
  deposit: z.object({ ...SentDeposit.shape, delivered: z.boolean() }).optional(),
})
export type FaucetGift = z.infer<typeof FaucetGift>

/** `pending`: no L1 block has it yet. */
export const SentClaim = named('SentClaim', { l1TxHash: hash, status: z.enum(['claimed', 'failed', 'pending']) })
export type SentClaim = z.infer<typeof SentClaim>

/** Money and messages on a devnet, without a wallet. */
export function rollupDevnetMethods(deps: RollupDeps): MethodTable {
  return {
    rollup_faucet: rollupMethod(
      {
        summary: 'Gives ETH to an account: on L1 by hand, on L2 by a deposit that L1 backs, which it waits for.',
        params: [required('gift', from(Gift))],
        result: FaucetGift,
        isControl: true,
      },
      ([gift], context) => {
        const acting = actingOn(deps, 'rollup_faucet')
        return gift.chain === 'l1' ? giveOnL1(acting, gift) : giveOnL2(acting, gift, context)
      },
    ),
    rollup_deposit: rollupMethod(
      {
        summary: 'Sends a message with ETH from L1 to L2, by default from the first test account; answers with its id.',
        params: [required('deposit', from(DepositRequest))],
        result: SentDeposit,
        isControl: true,
      },
      async ([{ from, to, value = 0n, data = '0x', gasLimit = DEFAULT_MESSAGE_GAS, fee = 0n }], context) => {
        const acting = actingOn(deps, 'rollup_deposit')
        const input = encodeSendMessage({ to, fee, gasLimit, data })
        const l1TxHash = await callMessenger(acting, { from, value: toQuantity(value + fee), data: input }, context)
        return sent(acting.node, l1TxHash)
      },
    ),
    rollup_claim: rollupMethod(
      {
        summary: 'Claims a withdrawal on L1 for whoever it is for, by default from the first test account.',
        params: [required('id', from(quantity64In)), optional('options', from(ClaimOptions))],
        result: SentClaim,
        isControl: true,
      },
      ([id, options], context) => claim(actingOn(deps, 'rollup_claim'), { id, from: options?.from }, context),
    ),
  }
}

type Acting = { devnet: DevnetControl; node: L2Node }
type GiftTo = { address: Hex; value: bigint }

function actingOn(deps: RollupDeps, method: string): Acting {
  return { devnet: requireDevnet(deps, method), node: deps.rollup().node }
}

async function giveOnL1({ devnet, node }: Acting, { address, value }: GiftTo): Promise<FaucetGift> {
  await devnet.addBalance(hexToBytes(address), value)
  return { balance: toQuantity(await node.l1.getBalance(address)) }
}

async function giveOnL2(
  { devnet, node }: Acting,
  { address, value }: GiftTo,
  context: RpcContext,
): Promise<FaucetGift> {
  await devnet.addBalance(hexToBytes(FAUCET), value + FAUCET_GAS)
  const message = { to: address, fee: 0n, gasLimit: DEFAULT_MESSAGE_GAS, data: '0x' } as const
  const transaction = {
    from: FAUCET,
    to: node.watcher.deployment.l1.messenger,
    value: toQuantity(value),
    data: encodeSendMessage(message),
  }
  const deposit = await sent(node, await devnet.sendUnsignedOnL1(transaction, context))
  const delivered = await untilDelivered(node, deposit, context.signal)
  const balance = stateOf(node).getAccount(hexToBytes(address))?.balance ?? 0n
  return { balance: toQuantity(balance), deposit: { ...deposit, delivered } }
}

async function claim(
  acting: Acting,
  { id, from }: { id: bigint; from: Hex | undefined },
  context: RpcContext,
): Promise<SentClaim> {
  const { node } = acting
  const claimTx = node.watcher.claimed(id)
  if (claimTx !== undefined) {
    throw new RpcError('ALREADY_CLAIMED', `withdrawal ${id} was claimed in transaction ${claimTx}`)
  }
  const [proof] = await node.reader.getWithdrawalProof({ index: id }, {})
  if (proof === undefined) throw new Error('the reader answered without a proof')
  const l1TxHash = await callMessenger(acting, { from, data: proof.calldata }, context)
  const receipt = await node.l1.getReceipt(l1TxHash)
  if (receipt === undefined) return { l1TxHash, status: 'pending' }
  return { l1TxHash, status: receipt.succeeded ? 'claimed' : 'failed' }
}

/** A call of L1Messenger, which says by name what it refuses. */
async function callMessenger(
  { devnet, node }: Acting,
  call: { from: Hex | undefined; value?: Hex; data: Hex },
  context: RpcContext,
): Promise<Hex> {
  const { from, ...request } = call
  const transaction = { ...(from === undefined ? {} : { from }), to: node.watcher.deployment.l1.messenger, ...request }
  try {
    return await devnet.sendOnL1(transaction, context)
  } catch (error) {
    if (!(error instanceof RpcError) || error.code !== 'EXECUTION_REVERTED') throw error
    const name = messengerErrorName(error.data.output as Hex)
    throw name === undefined ? error : new RpcError(error.code, `execution reverted: ${name}`, error.data)
  }
}

async function sent({ l1, watcher }: L2Node, l1TxHash: Hex): Promise<SentDeposit> {
  const receipt = await l1.getReceipt(l1TxHash)
  const [message] = receipt === undefined ? [] : sentMessages(receipt, watcher.deployment.l1.messenger)
  return message === undefined ? { l1TxHash } : { l1TxHash, id: toQuantity(message.index) }
}

async function untilDelivered(node: L2Node, { id }: SentDeposit, signal: AbortSignal): Promise<boolean> {
  if (id === undefined) return false
  const messenger = hexToBytes(node.watcher.deployment.l2.messenger)
  const done = () => isDelivered(stateOf(node), messenger, BigInt(id))
  await waitUntil(done, (wake) => node.chain.onHead(wake), DELIVERY_WAIT_MS, signal)
  return done()
}

const stateOf = ({ chain }: L2Node) => chain.stateAt(chain.head().header.stateRoot)
