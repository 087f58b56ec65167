import { type Hex, hexToBytes, keccak256, numberToHex, toHex } from 'viem'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import {
  ANCHOR_BLOCK,
  createL1,
  defaultConfig,
  encodeInput,
  type L1,
  type RollupConfig,
  SEQUENCER,
  validFields,
} from './setup.ts'
import { ALICE, type CallOptions, type Outcome } from './vm.ts'

export const { abi } = nativeRollup
export const BOND = defaultConfig.forcedBond
export const DEADLINE = defaultConfig.forcedDeadline
export const EXPIRY = defaultConfig.forcedExpiry

export type Entry = { txHash: Hex; payer: Hex; since: bigint; length: number }

/** Bytes that look like a transaction to the contract: `first`, then `label` again and again. */
export function transaction(label: number | string, length = 110, first = 2): Uint8Array {
  const pattern = hexToBytes(keccak256(toHex(label)))
  const bytes = Uint8Array.from({ length }, (_, i) => pattern[i % 32] ?? 0)
  if (length > 0) bytes[0] = first
  return bytes
}

/** One rollup whose blocks a programmable EXECUTE accepts, and what can be done with its queue. */
export async function createForced(config: Partial<RollupConfig> = {}, options: Parameters<typeof createL1>[1] = {}) {
  const l1: L1 = await createL1(config, options)
  const { chain, rollup } = l1
  let parent: Hex | undefined
  let number = 0n

  /** The input of the next block with these transactions; the head moves only by `advance...`. */
  function next(transactions: readonly Uint8Array[]): Uint8Array {
    const fields = validFields(number + 1n, parent)
    fields.payload.timestamp = chain.block.timestamp
    fields.payload.transactions = [...transactions]
    return encodeInput(fields)
  }
  async function settle(name: string, args: unknown[], blocks: bigint, options: CallOptions): Promise<Outcome> {
    const outcome = await chain.send(rollup, abi, name, args, { from: SEQUENCER, ...options })
    if (outcome.ok) {
      number += blocks
      parent = toHex(validFields(number).payload.blockHash)
    }
    return outcome
  }

  return {
    ...l1,
    next,
    async force(signedTx: Uint8Array, options: CallOptions = {}): Promise<Outcome> {
      return chain.send(rollup, abi, 'forceTransaction', [toHex(signedTx)], { value: BOND, ...options })
    },
    advance: (transactions: readonly Uint8Array[], options: CallOptions = {}) =>
      settle('advance', [toHex(next(transactions)), ANCHOR_BLOCK], 1n, options),
    advanceNamed: (transactions: readonly Uint8Array[], ids: readonly bigint[], options: CallOptions = {}) =>
      settle('advanceWithForced', [toHex(next(transactions)), ANCHOR_BLOCK, ids], 1n, options),
    advanceRaw: (input: Uint8Array, ids?: readonly bigint[]) =>
      ids === undefined
        ? settle('advance', [toHex(input), ANCHOR_BLOCK], 1n, {})
        : settle('advanceWithForced', [toHex(input), ANCHOR_BLOCK, ids], 1n, {}),
    async advanceBatch(blocks: readonly (readonly Uint8Array[])[]): Promise<Outcome> {
      const inputs = blocks.map((transactions, i) => {
        const at = number + 1n + BigInt(i)
        const fields = validFields(at, i === 0 ? parent : toHex(validFields(at - 1n).payload.blockHash))
        fields.payload.transactions = [...transactions]
        fields.payload.timestamp = chain.block.timestamp
        return toHex(encodeInput(fields))
      })
      return settle('advanceBatch', [inputs, inputs.map(() => ANCHOR_BLOCK)], BigInt(blocks.length), {})
    },
    drop: (max: bigint) => chain.send(rollup, abi, 'dropExpired', [max]),
    reclaim: (id: bigint, options: CallOptions = {}) => chain.send(rollup, abi, 'reclaimBond', [id], options),
    async entry(id: bigint): Promise<Entry> {
      const [txHash, payer, since, length] = await chain.read<[Hex, Hex, bigint, number]>(
        rollup,
        abi,
        'forcedTransaction',
        [id],
      )
      return { txHash, payer: payer.toLowerCase() as Hex, since, length }
    },
    async bounds() {
      return {
        head: await chain.read<bigint>(rollup, abi, 'forcedHead'),
        tail: await chain.read<bigint>(rollup, abi, 'forcedTail'),
      }
    },
    isOpen: () => chain.read<boolean>(rollup, abi, 'isOpen'),
    wait(seconds: bigint) {
      chain.block.timestamp += seconds
    },
    /** a silent sequencer opens the rollup as well: keeps that out of the way */
    async keepAlive(transactions: readonly Uint8Array[] = []) {
      const outcome = await settle('advance', [toHex(next(transactions)), ANCHOR_BLOCK], 1n, {})
      if (!outcome.ok) throw new Error(`the chain stopped: ${outcome.error}`)
    },
  }
}

export type Forced = Awaited<ReturnType<typeof createForced>>

export const NO_ENTRY: Entry = {
  txHash: numberToHex(0, { size: 32 }),
  payer: numberToHex(0, { size: 20 }),
  since: 0n,
  length: 0,
}
export { ALICE }
