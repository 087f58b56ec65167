import type { AccountOverride, InjectedChanges } from '../execution/types.ts'
import { bytesToHex, hexToBytes } from '../stateless/bytes.ts'
import {
  decodeRlpList,
  encodeRlp,
  type RlpItem,
  type RlpValue,
  rlpBytes,
  rlpFields,
  rlpInteger,
  rlpItems,
  rlpUint,
} from '../stateless/rlp.ts'

/**
 * Stored form of what was changed by hand in a block (ours): an RLP list with one list per account
 * [address, [nonce], [balance], [code], [all slots], [changed slots]]. What was not given is an empty list.
 */
export function encodeInjectedChanges(changes: InjectedChanges): Uint8Array {
  return encodeRlp([...changes].map(([address, override]) => [hexToBytes(address), ...overrideItems(override)]))
}

/** Inverse of `encodeInjectedChanges`. Anything else is a damaged store and throws a plain Error. */
export function decodeInjectedChanges(rlp: Uint8Array): InjectedChanges {
  return new Map(decodeRlpList(rlp).map(decodeAccount))
}

function overrideItems({ nonce, balance, code, state, stateDiff }: AccountOverride): RlpValue[] {
  return [
    nonce === undefined ? [] : [rlpInteger(nonce)],
    balance === undefined ? [] : [rlpInteger(balance)],
    code === undefined ? [] : [code],
    state === undefined ? [] : [slotItems(state)],
    stateDiff === undefined ? [] : [slotItems(stateDiff)],
  ]
}

function slotItems(slots: ReadonlyMap<string, Uint8Array>): RlpValue {
  return [...slots].map(([slot, value]): RlpValue => [hexToBytes(slot), value])
}

function decodeAccount(item: RlpItem): [string, AccountOverride] {
  const [address, nonce, balance, code, state, stateDiff] = rlpFields(item, 6)
  const override = {
    ...given(nonce, 'nonce', (value) => rlpUint(value)),
    ...given(balance, 'balance', (value) => rlpUint(value)),
    ...given(code, 'code', rlpBytes),
    ...given(state, 'state', decodeSlots),
    ...given(stateDiff, 'stateDiff', decodeSlots),
  }
  return [bytesToHex(rlpBytes(address)), override]
}

function given<Key extends string, Value>(
  item: RlpItem,
  key: Key,
  decode: (item: RlpItem) => Value,
): { [K in Key]?: Value } {
  const [value] = rlpItems(item)
  return (value === undefined ? {} : { [key]: decode(value) }) as { [K in Key]?: Value }
}

function decodeSlots(item: RlpItem): ReadonlyMap<string, Uint8Array> {
  return new Map(
    rlpItems(item).map((entry): [string, Uint8Array] => {
      const [slot, value] = rlpFields(entry, 2)
      return [bytesToHex(rlpBytes(slot)), rlpBytes(value)]
    }),
  )
}
