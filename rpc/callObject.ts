import type { AccountOverride, BlockOverride, CallRequest, SimulationBlock } from '../execution/types.ts'
import { bytesEqual, bytesToHex } from '../stateless/bytes.ts'
import type { Authorization } from '../stateless/transactionFields.ts'
import { address, data, hash, quantity, quantity64, quantityOf, storageKey } from './codec.ts'
import { invalidParams, RpcError } from './errors.ts'
import { describe, described, list, type Parse, property, readObject, requireObject } from './params.ts'
import { reference } from './schema.ts'
import { withdrawal } from './withdrawal.ts'

const MAX_LIST = 10_000
/** so that reading them takes no longer than others may wait */
const MAX_OVERRIDDEN_ACCOUNTS = 4_096
const MAX_OVERRIDDEN_SLOTS = 16_384
/** of a block (EIP-4895, mainnet preset) */
const MAX_WITHDRAWALS = 16

type SimulatedOverride = NonNullable<SimulationBlock['blockOverride']>

/** A transaction object as eth_call takes it, with the chain it is meant for when it says so. */
export type CallObject = { request: CallRequest; chainId?: bigint }

/** The transaction object of eth_call and eth_estimateGas. Properties that no node reads are ignored, as wallets add their own. */
export const callObject: Parse<CallObject> = described(reference('CallObject'), (value, path) => {
  const read = readObject(value, path)
  const input = callInput(read, path)
  const request: CallRequest = {
    ...property(read, path, 'from', 'from', address),
    ...property(read, path, 'to', 'to', address),
    ...property(read, path, 'gas', 'gas', quantity64),
    ...property(read, path, 'gasPrice', 'gasPrice', quantity),
    ...property(read, path, 'maxFeePerGas', 'maxFeePerGas', quantity),
    ...property(read, path, 'maxPriorityFeePerGas', 'maxPriorityFeePerGas', quantity),
    ...property(read, path, 'value', 'value', quantity),
    ...(input === undefined ? {} : { data: input }),
    ...property(read, path, 'nonce', 'nonce', quantity64),
    ...property(read, path, 'accessList', 'accessList', list(accessListEntry, MAX_LIST)),
    ...property(read, path, 'authorizationList', 'authorizationList', list(authorization, MAX_LIST)),
    ...property(read, path, 'blobVersionedHashes', 'blobVersionedHashes', list(hash, MAX_LIST)),
    ...property(read, path, 'maxFeePerBlobGas', 'maxFeePerBlobGas', quantity),
  }
  checkFees(request, path)
  return { request, ...property(read, path, 'chainId', 'chainId', quantity) }
})

/** `input` is the specified name, `data` the old one that most libraries still send. */
function callInput(read: (key: string) => unknown, path: string): Uint8Array | undefined {
  const { input } = property(read, path, 'input', 'input', data)
  const old = property(read, path, 'data', 'data', data).data
  if (input && old && !bytesEqual(input, old)) {
    throw invalidParams(path, 'both "data" and "input" are set and not equal; use "input" to pass call data')
  }
  return input ?? old
}

function checkFees({ gasPrice, maxFeePerGas, maxPriorityFeePerGas }: CallRequest, path: string): void {
  if (gasPrice !== undefined && (maxFeePerGas !== undefined || maxPriorityFeePerGas !== undefined)) {
    throw invalidParams(path, 'both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified')
  }
  if (maxFeePerGas !== undefined && maxPriorityFeePerGas !== undefined && maxPriorityFeePerGas > maxFeePerGas) {
    throw invalidParams(path, `maxPriorityFeePerGas (${maxPriorityFeePerGas}) > maxFeePerGas (${maxFeePerGas})`)
  }
}

const accessListEntry: Parse<{ address: Uint8Array; storageKeys: readonly Uint8Array[] }> = (value, path) => {
  const read = readObject(value, path)
  const keys = read('storageKeys')
  return {
    address: address(read('address'), `${path}.address`),
    storageKeys: keys === undefined ? [] : list(hash, MAX_LIST)(keys, `${path}.storageKeys`),
  }
}

const authorization: Parse<Authorization> = (value, path) => {
  const read = readObject(value, path)
  return {
    chainId: quantity(read('chainId'), `${path}.chainId`),
    address: address(read('address'), `${path}.address`),
    nonce: quantity64(read('nonce'), `${path}.nonce`),
    yParity: Number(quantityOf(8)(read('yParity') ?? read('v'), `${path}.yParity`)),
    r: signaturePart(read('r'), `${path}.r`),
    s: signaturePart(read('s'), `${path}.s`),
  }
}

/** Libraries send r and s with or without leading zeros. */
const signaturePart: Parse<bigint> = (value, path) => BigInt(`0x${bytesToHex(storageKey(value, path).key)}`)

/** Thousands of accounts and slots may come at once: the usual form of a key needs no path and no bytes. */
const ADDRESS = /^0x[0-9a-fA-F]{40}$/
const SLOT = /^0x[0-9a-fA-F]{64}$/

type StateOverrides = ReadonlyMap<string, AccountOverride>

/** State overrides by address: balance, nonce, code, and `state` (all storage) or `stateDiff` (some slots). */
export const stateOverrides: Parse<StateOverrides> = described(reference('StateOverrides'), (value, path) => {
  const overrides = new Map<string, AccountOverride>()
  for (const [key, account] of boundedEntries(value, path, MAX_OVERRIDDEN_ACCOUNTS)) {
    const digits = ADDRESS.test(key)
      ? key.slice(2).toLowerCase()
      : bytesToHex(address(key, `${path} address ${describe(key)}`))
    overrides.set(digits, accountOverride(account, `${path}.${key}`))
  }
  return overrides
})

const accountOverride: Parse<AccountOverride> = (value, path) => {
  const read = readObject(value, path)
  if (read('state') !== undefined && read('stateDiff') !== undefined) {
    // -32000, as geth says it.
    throw new RpcError('OVERRIDE_CONFLICT', `${path} has both "state" and "stateDiff"`)
  }
  return {
    ...property(read, path, 'nonce', 'nonce', quantity64),
    ...property(read, path, 'balance', 'balance', quantity),
    ...property(read, path, 'code', 'code', data),
    ...property(read, path, 'state', 'state', slots),
    ...property(read, path, 'stateDiff', 'stateDiff', slots),
    ...property(read, path, 'movePrecompileToAddress', 'movePrecompileTo', address),
  }
}

/** Slot (64 hex digits) to value. */
const slots: Parse<ReadonlyMap<string, Uint8Array>> = (value, path) => {
  return new Map(
    boundedEntries(value, path, MAX_OVERRIDDEN_SLOTS).map(([slot, word]) => [
      SLOT.test(slot)
        ? slot.slice(2).toLowerCase()
        : bytesToHex(storageKey(slot, `${path} slot ${describe(slot)}`).key),
      storageKey(word, `${path}.${slot}`).key,
    ]),
  )
}

function boundedEntries(value: unknown, path: string, limit: number): [string, unknown][] {
  const entries = Object.entries(requireObject(value, path))
  if (entries.length <= limit) return entries
  throw invalidParams(path, `at most ${limit} entries are allowed, got ${entries.length}`)
}

/** Block fields that a call may see instead of the real ones; those of a whole block make no sense for one call. */
export const blockOverrides: Parse<BlockOverride> = described(reference('BlockOverrides'), (value, path) => {
  const read = readObject(value, path)
  for (const name of ['beaconRoot', 'withdrawals']) {
    if (read(name) !== undefined) throw invalidParams(`${path}.${name}`, 'only eth_simulateV1 can override this')
  }
  return headerOverrides(read, path)
})

/** The same with what only a whole block has (eth_simulateV1). */
export const simulatedBlockOverrides: Parse<SimulatedOverride> = described(
  reference('BlockOverrides'),
  (value, path) => {
    const read = readObject(value, path)
    return {
      ...headerOverrides(read, path),
      ...property(read, path, 'beaconRoot', 'parentBeaconBlockRoot', hash),
      ...property(read, path, 'withdrawals', 'withdrawals', list(withdrawal, MAX_WITHDRAWALS)),
    }
  },
)

/** `coinbase` and `random` are older names. */
function headerOverrides(read: (key: string) => unknown, path: string): BlockOverride {
  return {
    ...property(read, path, 'number', 'number', quantity64),
    ...property(read, path, 'time', 'timestamp', quantity64),
    ...property(read, path, 'gasLimit', 'gasLimit', quantity64),
    ...property(read, path, 'coinbase', 'coinbase', address),
    ...property(read, path, 'feeRecipient', 'coinbase', address),
    ...property(read, path, 'random', 'prevRandao', randao),
    ...property(read, path, 'prevRandao', 'prevRandao', randao),
    ...property(read, path, 'difficulty', 'difficulty', quantity),
    ...property(read, path, 'baseFeePerGas', 'baseFeePerGas', quantity),
    ...property(read, path, 'blobBaseFee', 'blobBaseFee', quantity),
  }
}

/** The specification has it as a quantity, clients send a hash. */
const randao: Parse<Uint8Array> = (value, path) => storageKey(value, path).key
