import type { JsonSchema } from '../../rpc/schema.ts'

/** Of the document: what `$ref` points into. */
export type Components = { readonly [name: string]: JsonSchema }

const REFERENCE = '#/components/schemas/'

/** A schema with a name of its own: a component, or one with a title in CamelCase. */
export function nameOf({ $ref, title }: JsonSchema): string | undefined {
  if (typeof $ref === 'string') return $ref.slice(REFERENCE.length)
  return typeof title === 'string' && /^[A-Z][A-Za-z0-9]+$/.test(title) ? title : undefined
}

export function resolve(schema: JsonSchema, components: Components): JsonSchema {
  if (schema.$ref === undefined) return schema
  const target = components[nameOf(schema) ?? '']
  if (target === undefined) throw new Error(`no component ${schema.$ref}`)
  return target
}

/** The forms that a value may have, those of forms within a form too; references are forms of their own. */
export function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  const forms = (schema.anyOf ?? schema.oneOf) as readonly JsonSchema[] | undefined
  return forms === undefined || nameOf(schema) !== undefined ? [schema] : forms.flatMap(alternativesOf)
}

export type Property = { readonly name: string; readonly schema: JsonSchema; readonly isRequired: boolean }

/** The properties of an object, in their order. */
export function propertiesOf(schema: JsonSchema): readonly Property[] {
  const required = new Set((schema.required as readonly string[] | undefined) ?? [])
  const properties = (schema.properties as { [name: string]: JsonSchema } | undefined) ?? {}
  return Object.entries(properties).map(([name, own]) => ({ name, schema: own, isRequired: required.has(name) }))
}

/** The form of values whose keys are data; undefined when there are none. */
export function otherPropertiesOf({ additionalProperties }: JsonSchema): JsonSchema | undefined {
  return typeof additionalProperties === 'object' ? (additionalProperties as JsonSchema) : undefined
}

export const isQuantity = ({ title }: JsonSchema): boolean => title === 'quantity'
/** bytes of any kind, which are written as a quantity is */
export const isHex = ({ title }: JsonSchema): boolean => /^(hash|address|data|data of \d+ bytes)$/.test(String(title))
