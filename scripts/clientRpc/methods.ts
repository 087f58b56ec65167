import { openRpcDocument } from '../../rpc/openrpc/document.ts'
import { rollupMethods } from '../../rpc/rollup/methods.ts'
import { EVENTS } from '../../rpc/rollup/subscriptions.ts'
import { toJsonSchema } from '../../rpc/rollup/wire.ts'
import type { JsonSchema } from '../../rpc/schema.ts'
import type { Components } from './schemas.ts'

export type Method = {
  readonly name: string
  readonly summary: string
  readonly params: readonly { readonly name: string; readonly isRequired: boolean; readonly schema: JsonSchema }[]
  readonly result: JsonSchema
  /** it changes what the node does */
  readonly isControl: boolean
}

/** rollup_ and optimism_ methods as a node describes them to rpc.discover, in the order of their names. */
export function readMethods(): { methods: readonly Method[]; components: Components } {
  const table = rollupMethods({
    rollup: () => {
      throw new Error('no method is called to describe it')
    },
  })
  const { methods, components } = openRpcDocument(table, { title: 'rollup_', version: '' })
  const described = methods
    .filter(({ name }) => /^(rollup|optimism)_/.test(name))
    .map(({ name, summary, params, result, ...more }) => ({
      name,
      summary,
      params: params.map((param) => ({ name: param.name, isRequired: param.required, schema: param.schema })),
      result: result.schema,
      isControl: 'x-control' in more,
    }))
  return { methods: described, components: components.schemas }
}

/** What each subscription of rollup_subscribe pushes. */
export function readEvents(): ReadonlyMap<string, JsonSchema> {
  return new Map(Object.entries(EVENTS).map(([name, schema]) => [name, toJsonSchema(schema, 'output')]))
}
