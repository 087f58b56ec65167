import { isObject, type JsonObject, shown } from './compare.ts'

/** The result schemas of an OpenRPC document without references, by method. */
export function resultSchemas(document: string): Map<string, JsonObject> {
  const { methods } = JSON.parse(document) as { methods: { name: string; result?: { schema?: JsonObject } }[] }
  return new Map(methods.flatMap(({ name, result }) => (result?.schema === undefined ? [] : [[name, result.schema]])))
}

/** Keywords that say nothing about a value. */
const ANNOTATIONS = new Set(['title', 'description', 'examples', 'default', 'deprecated', 'format', '$schema'])

type Check = (keyword: unknown, value: unknown, path: string, schema: JsonObject) => string[]

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)
const faultIf = (bad: boolean, path: string, reason: string): string[] => (bad ? [`${path}: ${reason}`] : [])
const lengthOf = (value: unknown): number =>
  typeof value === 'string' || Array.isArray(value) ? value.length : Number.NaN

/** The keywords that the result schemas of execution-apis use. A value of another type than a keyword is about passes it. */
const CHECKS: Readonly<Record<string, Check>> = {
  type: (wanted, value, path) => {
    const type = typeOf(value)
    const fits = [wanted].flat().some((name) => name === type || (name === 'integer' && Number.isInteger(value)))
    return faultIf(!fits, path, `${type} instead of ${[wanted].flat().join(' or ')}`)
  },
  const: (wanted, value, path) => faultIf(wanted !== value, path, `${shown(value)} is not ${shown(wanted)}`),
  enum: (listed, value, path) => faultIf(!(listed as unknown[]).includes(value), path, `${shown(value)} is not listed`),
  pattern: (pattern, value, path) =>
    faultIf(
      typeof value === 'string' && !new RegExp(String(pattern), 'u').test(value),
      path,
      `${shown(value)} does not match ${String(pattern)}`,
    ),
  minimum: (least, value, path) => faultIf(Number(value) < Number(least), path, `${shown(value)} is below ${least}`),
  maximum: (most, value, path) => faultIf(Number(value) > Number(most), path, `${shown(value)} is above ${most}`),
  minLength: (least, value, path) => faultIf(lengthOf(value) < Number(least), path, `shorter than ${least}`),
  maxLength: (most, value, path) => faultIf(lengthOf(value) > Number(most), path, `longer than ${most}`),
  minItems: (least, value, path) => faultIf(lengthOf(value) < Number(least), path, `fewer than ${least} items`),
  maxItems: (most, value, path) => faultIf(lengthOf(value) > Number(most), path, `more than ${most} items`),
  items: (schema, value, path) => {
    if (!Array.isArray(value)) return []
    return value.flatMap((item, index) => schemaFaults(schema as JsonObject, item, `${path}[${index}]`))
  },
  required: (keys, value, path) => {
    if (!isObject(value)) return []
    return (keys as string[]).filter((key) => !Object.hasOwn(value, key)).map((key) => `${path}.${key}: missing`)
  },
  properties: (schemas, value, path) => {
    if (!isObject(value)) return []
    return Object.entries(schemas as Record<string, JsonObject>).flatMap(([key, schema]) =>
      Object.hasOwn(value, key) ? schemaFaults(schema, value[key], `${path}.${key}`) : [],
    )
  },
  additionalProperties: (allowed, value, path, { properties = {} }) => {
    if (!isObject(value) || allowed === true) return []
    const others = Object.keys(value).filter((key) => !Object.hasOwn(properties as object, key))
    if (allowed === false) return others.map((key) => `${path}.${key}: should not be there`)
    return others.flatMap((key) => schemaFaults(allowed as JsonObject, value[key], `${path}.${key}`))
  },
  allOf: (schemas, value, path) => (schemas as JsonObject[]).flatMap((schema) => schemaFaults(schema, value, path)),
  not: (schema, value, path) =>
    faultIf(schemaFaults(schema as JsonObject, value, path).length === 0, path, 'fits what it must not fit'),
  anyOf: (schemas, value, path) => alternatives(schemas as JsonObject[], value, path).faults,
  oneOf: (schemas, value, path) => {
    const { fitting, faults } = alternatives(schemas as JsonObject[], value, path)
    return fitting > 1 ? [`${path}: fits ${fitting} alternatives of which it may fit one`] : faults
  },
}

/** The faults of the alternative that comes nearest, when none fits. */
function alternatives(schemas: readonly JsonObject[], value: unknown, path: string) {
  const tries = schemas.map((schema) => schemaFaults(schema, value, path))
  const fitting = tries.filter((faults) => faults.length === 0).length
  const nearest = tries.toSorted((a, b) => a.length - b.length)[0] ?? []
  return { fitting, faults: fitting === 0 ? nearest.map((fault) => `${fault} (nearest alternative)`) : [] }
}

/** What a JSON Schema finds wrong with a value; empty when it fits. Throws Error for a keyword that is not known here. */
export function schemaFaults(schema: JsonObject, value: unknown, path: string): string[] {
  return Object.entries(schema).flatMap(([keyword, argument]) => {
    if (ANNOTATIONS.has(keyword)) return []
    const check = Object.hasOwn(CHECKS, keyword) ? CHECKS[keyword] : undefined
    if (check === undefined) throw new Error(`${path}: the schema keyword ${keyword} is not supported`)
    return check(argument, value, path, schema)
  })
}
