/**
 * A JSON Schema (draft 7 keywords), as OpenRPC documents carry it. `$ref` points into the document's components:
 * "#/components/schemas/Block".
 */
export type JsonSchema = { readonly [keyword: string]: unknown }

const NAMED_LENGTHS: Readonly<Record<number, string>> = { 20: 'address', 32: 'hash' }

/** 0x and the fewest digits of a number of at most `bits` bits. */
export function quantitySchema(bits: number): JsonSchema {
  return { title: 'quantity', type: 'string', pattern: `^0x(0|[1-9a-fA-F][0-9a-fA-F]{0,${Math.ceil(bits / 4) - 1}})$` }
}

/** 0x and `length` whole bytes; any number of them without a length. */
export function dataSchema(length?: number): JsonSchema {
  const pattern = length === undefined ? '^0x([0-9a-fA-F]{2})*$' : `^0x[0-9a-fA-F]{${length * 2}}$`
  return {
    title: length === undefined ? 'data' : (NAMED_LENGTHS[length] ?? `data of ${length} bytes`),
    type: 'string',
    pattern,
  }
}

export const QUANTITY: JsonSchema = quantitySchema(256)
export const QUANTITY64: JsonSchema = quantitySchema(64)
export const DATA: JsonSchema = dataSchema()
export const HASH: JsonSchema = dataSchema(32)
export const ADDRESS: JsonSchema = dataSchema(20)
export const BOOLEAN: JsonSchema = { type: 'boolean' }
export const TEXT: JsonSchema = { type: 'string' }
export const NULL: JsonSchema = { type: 'null' }
/** anything that JSON can say */
export const ANY: JsonSchema = {}

export function arrayOf(items: JsonSchema, maxItems?: number): JsonSchema {
  return { type: 'array', items, ...(maxItems === undefined ? {} : { maxItems }) }
}

export function orNull(schema: JsonSchema): JsonSchema {
  return { anyOf: [schema, NULL] }
}

/** An object by its properties; those in `required` are always there. Further properties may appear. */
export function objectOf(
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) }
}

/** An object that has all of these properties. */
export function requiredOf(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return objectOf(properties, Object.keys(properties))
}

/** An object whose keys are data: each value has this form. */
export function mapOf(values: JsonSchema): JsonSchema {
  return { type: 'object', additionalProperties: values }
}

/** A schema of the document's components. */
export function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` }
}
