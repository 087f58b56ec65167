import { encodeFunctionData, type Hex, hexToBytes, toHex } from 'viem'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { advanceChecks } from '../../rollup/explain/advanceChecks.ts'
import { decodeAdvance } from '../../rollup/explain/advanceFacts.ts'
import type { AdvanceCheck, RollupRules } from '../../rollup/explain/advanceTypes.ts'
import { RULE_GETTERS, readRollupStorage } from '../../rollup/explain/rollupStorage.ts'
import { type L1, SEQUENCER } from './setup.ts'
import { type CallOptions, EXECUTE, type Outcome } from './vm.ts'

const { abi } = nativeRollup
type Name = 'advance' | 'advanceWithForced' | 'advanceBatch'

/** The rows for a call on this chain as it is, and then what the contract itself says to it. */
export async function explained(
  l1: Pick<L1, 'chain' | 'rollup'>,
  name: Name,
  args: unknown[],
  options: CallOptions & { codeLength?: bigint } = {},
): Promise<{ rows: AdvanceCheck[]; outcome: Outcome }> {
  const { chain, rollup } = l1
  const call = decodeAdvance(encodeFunctionData({ abi, functionName: name, args } as never))
  if (call === undefined) throw new Error(`no call of ${name}`)
  const sender = (options.from ?? SEQUENCER).toLowerCase() as Hex
  const rows = await advanceChecks({
    call,
    rules: await (known.get(chain) ?? remember(l1)),
    storage: await readRollupStorage(
      (slots) => Promise.all(slots.map(async (slot) => BigInt(await chain.getStorage(rollup, slot)))),
      call.ids,
    ),
    caller: { sender, origin: options.origin ?? sender, codeLength: options.codeLength ?? 0n },
    l1: { ...chain.block },
    anchorHash: async (number) => chain.hashes.get(Number(number)),
    async execute(index) {
      const { ok, data } = await chain.sendRaw(EXECUTE, toHex(call.inputs[index] ?? new Uint8Array()))
      return ok ? { output: hexToBytes(data) } : {}
    },
  })
  return { rows, outcome: await chain.send(rollup, abi, name, args, { from: SEQUENCER, ...options }) }
}

/** immutable, and a third of the time */
const known = new WeakMap<object, Promise<RollupRules>>()

function remember(l1: Pick<L1, 'chain' | 'rollup'>): Promise<RollupRules> {
  const rules = rulesOf(l1)
  known.set(l1.chain, rules)
  return rules
}

async function rulesOf({ chain, rollup }: Pick<L1, 'chain' | 'rollup'>): Promise<RollupRules> {
  const read = (getter: string) => chain.read<bigint>(rollup, abi, getter)
  const rules: Record<string, bigint | Hex> = {}
  for (const [rule, getter] of Object.entries(RULE_GETTERS)) rules[rule] = await read(getter)
  return rules as RollupRules
}

/** What the contract reverts with, in the words of a row. */
export function errorOf({ error, errorArgs }: Outcome): string | undefined {
  return error !== undefined && errorArgs.length > 0 ? `${error}(${errorArgs.join(', ')})` : error
}

export const failing = (rows: readonly AdvanceCheck[]): AdvanceCheck | undefined => rows.find(({ ok }) => !ok)
