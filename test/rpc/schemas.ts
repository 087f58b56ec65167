import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Schema = { readonly [keyword: string]: unknown }

const FILE = fileURLToPath(new URL('../../../shared/conformance/execution-apis/openrpc.json', import.meta.url))

/** The result schemas of execution-apis are beside the project only where its conformance cases are. */
export const hasSchemas: boolean = existsSync(FILE)

let results: Map<string, Schema> | undefined

/** What the specification finds wrong with a result of this method; empty when it is right. */
export function schemaFaults(method: string, value: unknown): string[] {
  results ??= readResults()
  const schema = results.get(method)
  return schema === undefined ? [`${method} has no schema`] : faultsOf(schema, value, method)
}

function readResults(): Map<string, Schema> {
  const document = JSON.parse(readFileSync(FILE, 'utf8')) as { methods: { name: string; result: { schema: Schema } }[] }
  return new Map(document.methods.map(({ name, result }) => [name, result.schema]))
}

function faultsOf(schema: Schema, value: unknown, path: string): string[] {
  const alternatives = (schema.oneOf ?? schema.anyOf) as Schema[] | undefined
  if (alternatives !== undefined) {
    const tries = alternatives.map((alternative) => faultsOf(alternative, value, path))
    const fitting = tries.filter((faults) => faults.length === 0).length
    if (fitting === 0) return [`${path}: fits no alternative (${tries.map((faults) => faults[0]).join(' | ')})`]
    if (schema.oneOf !== undefined && fitting > 1) return [`${path}: fits ${fitting} alternatives`]
  }
  return [...typeFaults(schema, value, path), ...partFaults(schema, value, path)]
}

function typeFaults(schema: Schema, value: unknown, path: string): string[] {
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const wanted = schema.type === 'integer' ? 'number' : schema.type
  if (wanted !== undefined && wanted !== type) return [`${path}: ${type} instead of ${String(schema.type)}`]
  if (typeof schema.pattern === 'string' && typeof value === 'string' && !new RegExp(schema.pattern).test(value)) {
    return [`${path}: ${value.slice(0, 80)} does not match ${schema.pattern}`]
  }
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return [`${path}: ${String(value)} is not listed`]
  return []
}

function partFaults(schema: Schema, value: unknown, path: string): string[] {
  if (Array.isArray(value)) {
    const items = schema.items as Schema | undefined
    return items === undefined ? [] : value.flatMap((item, index) => faultsOf(items, item, `${path}[${index}]`))
  }
  if (typeof value !== 'object' || value === null) return []
  const properties = (schema.properties ?? {}) as Record<string, Schema>
  const missing = ((schema.required ?? []) as string[]).filter((key) => !(key in value))
  return [
    ...missing.map((key) => `${path}: ${key} is missing`),
    ...Object.entries(value).flatMap(([key, part]) => {
      const property = properties[key] ?? schema.additionalProperties
      if (property === false) return [`${path}: ${key} is not allowed`]
      return typeof property === 'object' ? faultsOf(property as Schema, part, `${path}.${key}`) : []
    }),
  ]
}
