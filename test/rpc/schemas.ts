import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { JsonObject } from '../../scripts/conformance/compare.ts'
import { schemaFaults as faultsOf, resultSchemas } from '../../scripts/conformance/schema.ts'

const FILE = fileURLToPath(new URL('../../../shared/conformance/execution-apis/openrpc.json', import.meta.url))

/** The result schemas of execution-apis are beside the project only where its conformance cases are. */
export const hasSchemas: boolean = existsSync(FILE)

let results: Map<string, JsonObject> | undefined

/** What the specification finds wrong with a result of this method; empty when it is right. */
export function schemaFaults(method: string, value: unknown): string[] {
  results ??= resultSchemas(readFileSync(FILE, 'utf8'))
  const schema = results.get(method)
  return schema === undefined ? [`${method} has no schema`] : faultsOf(schema, value, method)
}
