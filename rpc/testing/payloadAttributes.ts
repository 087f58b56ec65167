import type { BlockEnv, Engine } from '../../execution/types.ts'
import { L1_GAS_LIMIT, nextGasLimit } from '../../node/l1Env.ts'
import type { Block, Withdrawal } from '../../stateless/types.ts'
import { address, hash, quantity64 } from '../codec.ts'
import { invalidParams } from '../errors.ts'
import { described, list, type Parse, property, readObject } from '../params.ts'
import { ADDRESS, ANY, arrayOf, HASH, objectOf, QUANTITY64 } from '../schema.ts'
import { withdrawal } from '../withdrawal.ts'

/** PayloadAttributesV1 to V4 of the Engine API. */
export type PayloadAttributes = {
  timestamp: bigint
  prevRandao: Uint8Array
  suggestedFeeRecipient: Uint8Array
  withdrawals?: readonly Withdrawal[]
  parentBeaconBlockRoot?: Uint8Array
  slotNumber?: bigint
}

/** EIP-4895: 16 on mainnet; tests try more. */
const MAX_WITHDRAWALS = 1_024

export const payloadAttributes: Parse<PayloadAttributes> = described(
  objectOf(
    {
      timestamp: QUANTITY64,
      prevRandao: HASH,
      suggestedFeeRecipient: ADDRESS,
      withdrawals: arrayOf(withdrawal.schema ?? ANY, MAX_WITHDRAWALS),
      parentBeaconBlockRoot: HASH,
      slotNumber: QUANTITY64,
    },
    ['timestamp', 'prevRandao', 'suggestedFeeRecipient'],
  ),
  (value, path) => {
    const read = readObject(value, path)
    return {
      timestamp: quantity64(read('timestamp'), `${path}.timestamp`),
      prevRandao: hash(read('prevRandao'), `${path}.prevRandao`),
      suggestedFeeRecipient: address(read('suggestedFeeRecipient'), `${path}.suggestedFeeRecipient`),
      ...property(read, path, 'withdrawals', 'withdrawals', list(withdrawal, MAX_WITHDRAWALS)),
      ...property(read, path, 'parentBeaconBlockRoot', 'parentBeaconBlockRoot', hash),
      ...property(read, path, 'slotNumber', 'slotNumber', quantity64),
    }
  },
)

/**
 * What the attributes mean for a block on `parent`; each fork wants its own. Throws RpcError INVALID_PARAMS naming the
 * attribute.
 */
export function envOf(attributes: PayloadAttributes, parent: Block, engine: Engine, extraData: Uint8Array): BlockEnv {
  const path = 'argument 1 (payload attributes)'
  const { timestamp, prevRandao, suggestedFeeRecipient, withdrawals, parentBeaconBlockRoot } = attributes
  const { number, timestamp: parentTime, gasLimit, slotNumber: parentSlot } = parent.header
  if (timestamp <= parentTime) {
    throw invalidParams(`${path}.timestamp`, `must be after the parent's (${parentTime}), got ${timestamp}`)
  }
  const at = { number: number + 1n, timestamp }
  requireExactly(`${path}.withdrawals`, withdrawals, engine.hasEip(4895, at))
  requireExactly(`${path}.parentBeaconBlockRoot`, parentBeaconBlockRoot, engine.hasEip(4788, at))
  const hasSlot = engine.hasEip(7843, at)
  if (!hasSlot) requireExactly(`${path}.slotNumber`, attributes.slotNumber, false)
  return {
    ...at,
    coinbase: suggestedFeeRecipient,
    gasLimit: nextGasLimit(gasLimit, L1_GAS_LIMIT),
    prevRandao,
    extraData,
    ...(withdrawals === undefined ? {} : { withdrawals }),
    ...(parentBeaconBlockRoot === undefined ? {} : { parentBeaconBlockRoot }),
    ...(hasSlot ? { slotNumber: attributes.slotNumber ?? (parentSlot ?? number) + 1n } : {}),
  }
}

function requireExactly(path: string, value: unknown, wanted: boolean): void {
  if (wanted && value === undefined) throw invalidParams(path, 'is missing; the fork at this time wants it')
  if (!wanted && value !== undefined) throw invalidParams(path, 'is not known to the fork at this time')
}
