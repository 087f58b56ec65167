type Schema = { readonly [keyword: string]: unknown }

/**
 * Where a value that the client answers with does not have the form of its JSON Schema, in which quantities have become
 * bigints. `path`: how the value is called.
 */
export function complaints(value: unknown, schema: Schema, path: string): string[] {
  const forms = (schema.anyOf ?? schema.oneOf) as readonly Schema[] | undefined
  if (forms !== undefined) return complaintsOfAny(value, forms, path)
  if (schema.title === 'quantity')
    return typeof value === 'bigint' ? [] : [`${path}: a quantity that is ${typeof value}`]
  if (typeof value === 'bigint') return [`${path}: a bigint that is no quantity`]
  if (schema.type === 'string') return typeof value === 'string' ? [] : [`${path}: no text`]
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return [`${path}: no list`]
    return value.flatMap((item, index) => complaints(item, schema.items as Schema, `${path}[${index}]`))
  }
  return schema.type === 'object' ? complaintsOfObject(value, schema, path) : []
}

/** What may be a number or bytes stays as it was written. */
function complaintsOfAny(value: unknown, forms: readonly Schema[], path: string): string[] {
  const isEither = forms.some(({ title }) => title === 'data') && forms.some(({ title }) => title === 'quantity')
  if (isEither) return typeof value === 'string' ? [] : [`${path}: not as it was written`]
  const found = forms.map((form) => complaints(value, form, path))
  return found.find((own) => own.length === 0) ?? found.flat()
}

function complaintsOfObject(value: unknown, schema: Schema, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: no object`]
  const properties = (schema.properties ?? {}) as { readonly [name: string]: Schema }
  const missing = ((schema.required ?? []) as readonly string[]).filter((name) => !(name in value))
  const others = typeof schema.additionalProperties === 'object' ? (schema.additionalProperties as Schema) : undefined
  return [
    ...missing.map((name) => `${path}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, own]) => {
      const form = properties[name] ?? others
      return form === undefined ? [`${path}.${name} is not in the schema`] : complaints(own, form, `${path}.${name}`)
    }),
  ]
}
