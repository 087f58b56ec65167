import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import * as z from 'zod'
import { readAccessNames } from '../../stateless/accessNames.ts'
import { decodeStatelessInput } from '../../stateless/ssz.ts'
import { executionWitnessType } from '../../stateless/sszSchema.ts'
import type { ExecutionWitness, StatelessInput } from '../../stateless/types.ts'
import type { AccountName } from '../../stateless/witnessMap.ts'
import { measureWitness, type ReadNode, readWitness, type WitnessReading } from '../../stateless/witnessReading.ts'
import { type BlockParameter, blockParameter } from '../blockParameter.ts'
import { createGate } from '../gate.ts'
import { toData, toQuantity } from '../hex.ts'
import { optional, type Parse, required } from '../params.ts'
import type { MethodTable, RpcContext } from '../types.ts'
import type { RollupDeps } from './deps.ts'
import { MAX_EXECUTE_GAS } from './execute.ts'
import { decodeOr, executeInput, requireFewItems } from './executeInput.ts'
import { readInput } from './inputs.ts'
import { rollupMethod } from './method.ts'
import { address, data, describedLater, from, hash, named, quantity } from './wire.ts'

const compress = promisify(gzip)

const accountName = { hashedAddress: hash.optional(), address: address.optional() }

/** `keys` with format reth: the addresses and slots that the block access list and the transactions name */
export const Witness = named('ExecutionWitness', {
  state: z.array(data),
  codes: z.array(data),
  headers: z.array(data),
  keys: z.array(data).optional(),
})
export type Witness = z.infer<typeof Witness>

export const AnnotatedWitness = named('AnnotatedWitness', {
  /** of the parent's state */
  stateRoot: hash,
  nodes: z.array(
    named('AnnotatedNode', {
      hash,
      bytes: quantity,
      used: z.boolean(),
      /** absent, as `path`: not reachable from the state root */
      trie: z.enum(['account', 'storage']).optional(),
      /** nibbles from the root of its trie, hex digits without 0x */
      path: z.string().optional(),
      kind: z.enum(['branch', 'extension', 'leaf', 'malformed']).optional(),
      ...accountName,
      slots: z.array(hash).optional(),
    }),
  ),
  codes: z.array(named('AnnotatedCode', { hash, bytes: quantity, used: z.boolean(), accounts: z.array(address) })),
  headers: z.array(named('AnnotatedHeader', { hash, bytes: quantity, used: z.boolean() })),
  /** why the block is refused; `used` is what was asked for until there */
  refusal: z.string().optional(),
})
export type AnnotatedWitness = z.infer<typeof AnnotatedWitness>

export const WitnessStats = named('WitnessStats', {
  bytes: named('WitnessBytes', { state: quantity, codes: quantity, headers: quantity, total: quantity }),
  /** bytes of the whole witness after gzip */
  compressed: quantity,
  nodes: named('WitnessNodes', { total: quantity, account: quantity, storage: quantity, unreachable: quantity }),
  /** nodes above the leaves of the account trie */
  shared: named('WitnessShared', { nodes: quantity, bytes: quantity }),
  byAccount: z.array(
    named('WitnessShare', { ...accountName, nodes: quantity, bytes: quantity, slots: quantity, codeBytes: quantity }),
  ),
  /** nothing in it that the block does not need */
  minimal: z.boolean(),
  unusedNodes: quantity,
  unusedBytes: quantity,
  refusal: z.string().optional(),
})
export type WitnessStats = z.infer<typeof WitnessStats>

const witnessOptions = z.strictObject({ format: z.enum(['spec', 'reth', 'annotated']).optional() })

/** What a block needs to be verified without a state, item by item. */
export function rollupWitnessMethods({ rollup }: RollupDeps): MethodTable {
  // Each runs a block.
  const gate = createGate(1)
  const inputOf = async (wanted: BlockOrInput, context: RpcContext): Promise<StatelessInput> => {
    const isGiven = 'input' in wanted
    const input = isGiven ? wanted.input : decodeStatelessInput(await readInput(rollup(), wanted.block, gate, context))
    requireFewItems(input)
    return input
  }
  const reading = (input: StatelessInput, { signal, restartTime }: RpcContext): Promise<WitnessReading> => {
    const { runBlock } = rollup().node.chain.engine
    const deps = { runBlock, budget: MAX_EXECUTE_GAS, refuseForeignSystemCode: true }
    return gate.run(signal, () => readWitness(input, deps), restartTime)
  }
  return {
    rollup_getWitness: rollupMethod(
      {
        summary:
          'The witness of an L2 block or of an input, as it is or with what each node is and whether it is used.',
        params: [required('block or input', blockOrInput), optional('options', from(witnessOptions))],
        result: z.union([Witness, AnnotatedWitness]),
      },
      async ([wanted, options], context) => {
        const input = await inputOf(wanted, context)
        if (options?.format === 'annotated') return formatReading(await reading(input, context))
        const keys = options?.format === 'reth' ? { keys: keysOf(input) } : {}
        return { ...formatWitness(input.witness), ...keys }
      },
    ),
    rollup_witnessStats: rollupMethod(
      {
        summary: 'How large the witness of an L2 block or of an input is, by account, and whether all of it is needed.',
        params: [required('block or input', blockOrInput)],
        result: WitnessStats,
      },
      async ([wanted], context) => {
        const input = await inputOf(wanted, context)
        return formatStats(input, await reading(input, context))
      },
    ),
  }
}

type BlockOrInput = { block: BlockParameter } | { input: StatelessInput }

/** A number, tag or hash is short, the bytes of an input are not, and its JSON form has a payload. */
const blockOrInput: Parse<BlockOrInput> = describedLater(
  (value, path) => {
    const isInput = typeof value === 'string' ? value.length > 66 : Object.hasOwn(Object(value), 'executionPayload')
    if (!isInput) return { block: blockParameter(value, path) }
    return { input: decodeOr(decodeStatelessInput, executeInput(value, path), path) }
  },
  () => ({ anyOf: [blockParameter.schema ?? {}, executeInput.schema ?? {}] }),
)

const formatWitness = ({ state, codes, headers }: ExecutionWitness): Witness => ({
  state: state.map(toData),
  codes: codes.map(toData),
  headers: headers.map(toData),
})

/** As reth lists them: 20 bytes are an address, 32 a slot. */
function keysOf({ newPayloadRequest }: StatelessInput): Witness['keys'] {
  const accounts = [...readAccessNames(newPayloadRequest.executionPayload).values()]
  const keys = new Set(accounts.flatMap(({ address, slots }) => [address, ...slots.values()]))
  return [...keys].sort().map((key) => `0x${key}` as const)
}

function formatReading({ stateRoot, nodes, codes, headers, refusal }: WitnessReading): AnnotatedWitness {
  return {
    stateRoot: toData(stateRoot),
    nodes: nodes.map(formatNode),
    codes: codes.map(({ accounts, ...item }) => ({
      ...formatItem(item),
      accounts: accounts.flatMap(({ address }) => (address === undefined ? [] : [`0x${address}` as const])),
    })),
    headers: headers.map(formatItem),
    ...(refusal === undefined ? {} : { refusal }),
  }
}

function formatItem({ hash, bytes, used }: Pick<ReadNode, 'hash' | 'bytes' | 'used'>) {
  return { hash: toData(hash), bytes: toQuantity(bytes), used }
}

function formatNode({ place, ...item }: ReadNode): AnnotatedWitness['nodes'][number] {
  if (place === undefined) return formatItem(item)
  const { trie, path, kind, account, slots } = place
  return {
    ...formatItem(item),
    trie,
    path,
    kind,
    ...(account === undefined ? {} : formatAccount(account)),
    ...(slots.length === 0 ? {} : { slots: slots.map((slot) => `0x${slot}` as const) }),
  }
}

function formatAccount({ hash, address }: AccountName) {
  return { hashedAddress: `0x${hash}` as const, ...(address === undefined ? {} : { address: `0x${address}` as const }) }
}

async function formatStats(input: StatelessInput, reading: WitnessReading): Promise<WitnessStats> {
  const { bytes, nodes, shared, byAccount, unused } = measureWitness(input, reading)
  const encoded = new Uint8Array(bytes.total)
  executionWitnessType.encode(input.witness, encoded, 0)
  const { length } = await compress(encoded)
  return {
    bytes: quantities(bytes),
    compressed: toQuantity(length),
    nodes: quantities(nodes),
    shared: quantities(shared),
    byAccount: byAccount.map(({ account, ...share }) => ({ ...formatAccount(account), ...quantities(share) })),
    minimal: unused.bytes === 0,
    unusedNodes: toQuantity(unused.nodes),
    unusedBytes: toQuantity(unused.bytes),
    ...(reading.refusal === undefined ? {} : { refusal: reading.refusal }),
  }
}

function quantities<Name extends string>(counts: Readonly<Record<Name, number>>): Record<Name, `0x${string}`> {
  const entries = Object.entries<number>(counts).map(([name, count]) => [name, toQuantity(count)])
  return Object.fromEntries(entries) as Record<Name, `0x${string}`>
}
