import { type AbiParameter, type Hex, slice, toFunctionSelector } from 'viem'
import { expect } from 'vitest'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import { ANCHOR_BLOCK, createL1, encodeInput, type InputFields, type RollupConfig, SEQUENCER } from '../setup.ts'
import { type CallOptions, type Chain, errors, type Outcome } from '../vm.ts'

/**
 * Runs an attack and requires that nothing on these chains is different afterwards: the state root covers every account,
 * with its nonce, balance and code, and every storage slot.
 */
export async function unchanged<T>(chains: Chain | readonly Chain[], attack: () => Promise<T>): Promise<T> {
  const list = 'stateRoot' in chains ? [chains] : chains
  const roots = () => Promise.all(list.map((chain) => chain.stateRoot()))
  const before = await roots()
  const result = await attack()
  expect(await roots()).toEqual(before)
  return result
}

/**
 * An attack that must fail with this error of a contract, found by the selector in the revert data, and change nothing.
 * `args` are the error's arguments, all of them, when they matter.
 */
export async function refused(
  chain: Chain,
  error: string,
  attack: () => Promise<Outcome>,
  args?: readonly unknown[],
): Promise<Outcome> {
  const outcome = await unchanged(chain, attack)
  expect(outcome.ok).toBe(false)
  expect([outcome.error, slice(outcome.data, 0, 4)]).toEqual([error, selectorOf(error)])
  if (args !== undefined) expect(outcome.errorArgs).toEqual(args)
  return outcome
}

/** An attack that runs into an end without data: a halt, an exhausted gas limit, or a revert with nothing to say. */
export async function stopped(
  chain: Chain,
  error: 'out of gas' | 'revert',
  attack: () => Promise<Outcome>,
): Promise<Outcome> {
  const outcome = await unchanged(chain, attack)
  expect([outcome.ok, outcome.error, outcome.data]).toEqual([false, error, '0x'])
  return outcome
}

/** What ought to work, before or after an attack. */
export async function accepted(attempt: Promise<Outcome>): Promise<Outcome> {
  const outcome = await attempt
  expect(outcome.error).toBeUndefined()
  expect(outcome.ok).toBe(true)
  return outcome
}

/** The first four bytes of a custom error's revert data. */
export function selectorOf(error: string): Hex {
  const item = errors.find(({ name }) => name === error)
  if (item === undefined) throw new Error(`no contract has an error ${error}`)
  const types = item.inputs.map((input: AbiParameter) => input.type)
  return toFunctionSelector(`${error}(${types.join(',')})`)
}

/** A rollup whose EXECUTE is programmable, and its functions. */
export async function createRollup(config: Partial<RollupConfig> = {}) {
  const l1 = await createL1(config)
  const { abi } = nativeRollup
  const { chain, rollup } = l1
  const encode = (block: InputFields | Uint8Array): Hex => {
    const bytes = block instanceof Uint8Array ? block : encodeInput(block)
    return `0x${Buffer.from(bytes).toString('hex')}`
  }
  const send = (name: string, args: unknown[], options: CallOptions = {}) =>
    chain.send(rollup, abi, name, args, { from: SEQUENCER, ...options })
  return {
    ...l1,
    send,
    advance: (block: InputFields | Uint8Array, anchor = ANCHOR_BLOCK, options?: CallOptions) =>
      send('advance', [encode(block), anchor], options),
    advanceBatch: (blocks: readonly InputFields[], options?: CallOptions) =>
      send('advanceBatch', [blocks.map(encode), blocks.map(() => ANCHOR_BLOCK)], options),
    view: <T>(name: string, args: unknown[] = []) => chain.read<T>(rollup, abi, name, args),
    /** `advance` of this block must be refused */
    refuses: (error: string, block: InputFields | Uint8Array, anchor = ANCHOR_BLOCK, options: CallOptions = {}) =>
      refused(chain, error, () => send('advance', [encode(block), anchor], options)),
  }
}

export type Rollup = Awaited<ReturnType<typeof createRollup>>
