import * as z from 'zod'
import { COMPONENTS } from '../openrpc/components.ts'
import { METHOD_DOCS } from '../openrpc/methodDocs.ts'
import { ANY, type JsonSchema } from '../schema.ts'
import type { MethodTable, RpcMethod } from '../types.ts'
import { rollupMethod } from './method.ts'
import { named } from './wire.ts'

const Schema = z.record(z.string(), z.unknown())

/** Parameters and results as JSON Schemas without references. `control`: the method changes what the node does. */
export const RollupMethodInfo = named('RollupMethodInfo', {
  name: z.string(),
  summary: z.string(),
  params: z.array(z.object({ name: z.string(), required: z.boolean(), schema: Schema })),
  result: Schema,
  control: z.boolean(),
})
export type RollupMethodInfo = z.infer<typeof RollupMethodInfo>

/** rollup_methods: the table it is in, and itself. */
export function withMethodList(methods: MethodTable): MethodTable {
  const all: MethodTable = {
    ...methods,
    rollup_methods: rollupMethod(
      {
        summary: 'The methods of this namespace with JSON Schemas of what they take and answer.',
        params: [],
        result: z.array(RollupMethodInfo),
      },
      () => {
        list ??= Object.entries(all)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, method]) => describe(name, method))
        return list
      },
    ),
  }
  let list: RollupMethodInfo[] | undefined
  return all
}

function describe(name: string, { params, doc: own }: RpcMethod): RollupMethodInfo {
  const doc = own ?? METHOD_DOCS[name] ?? { summary: name, result: ANY }
  return {
    name,
    summary: doc.summary,
    params: params.map(({ name: param, required, schema }) => ({ name: param, required, schema: inlined(schema) })),
    result: inlined(doc.result),
    control: own?.isControl ?? false,
  }
}

/** The named schemas of the document refer to each other, never to themselves. */
function inlined(schema: JsonSchema): Record<string, unknown> {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk)
    if (typeof value !== 'object' || value === null) return value
    const [, name] = /^#\/components\/schemas\/(\w+)$/.exec(String((value as { $ref?: unknown }).$ref)) ?? []
    const target = name === undefined ? undefined : COMPONENTS[name]
    if (target !== undefined) return walk(target)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]))
  }
  return walk(schema) as Record<string, unknown>
}
