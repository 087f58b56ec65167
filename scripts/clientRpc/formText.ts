import type { JsonSchema } from '../../rpc/schema.ts'
import {
  alternativesOf,
  type Components,
  isHex,
  isQuantity,
  nameOf,
  otherPropertiesOf,
  propertiesOf,
  resolve,
} from './schemas.ts'
import { typeName } from './typeText.ts'

export type FormTexts = {
  /** where quantities are in a value of this form; undefined: nowhere */
  of(schema: JsonSchema): string | undefined
  readonly declared: ReadonlyMap<string, string>
}

/** Forms (client/rollupRequest.ts) of JSON Schemas, as text. */
export function createFormTexts(components: Components): FormTexts {
  const declared = new Map<string, string>()
  const known = new Map<string, string | undefined>()

  function of(schema: JsonSchema): string | undefined {
    const title = nameOf(schema)
    if (title === undefined) return plain(schema)
    if (!known.has(title)) {
      const form = plain({ ...resolve(schema, components), title: undefined })
      const name = constantName(title)
      known.set(title, form === undefined ? undefined : name)
      if (form !== undefined) declared.set(name, `export const ${name} = ${form} as const\n`)
    }
    return known.get(title)
  }

  function plain(schema: JsonSchema): string | undefined {
    if (isQuantity(schema)) return 'QUANTITY'
    const alternatives = alternativesOf(schema)
    const [only = schema] = alternatives
    if (alternatives.length > 1) return ofAlternatives(alternatives)
    if (only !== schema) return of(only)
    if (schema.type === 'array') {
      const item = of(schema.items as JsonSchema)
      return item === undefined ? undefined : `[${item}]`
    }
    return schema.type === 'object' ? objectText(ofProperties(schema)) : undefined
  }

  function ofProperties(schema: JsonSchema): Map<string, string | undefined> {
    const forms = new Map<string, string | undefined>()
    for (const { name, schema: own } of propertiesOf(schema)) forms.set(name, of(own))
    const others = otherPropertiesOf(schema)
    if (others !== undefined) forms.set("'*'", of(others))
    return forms
  }

  /** Objects are read by one form that has the properties of all; anything else must not hold quantities. */
  function ofAlternatives(alternatives: readonly JsonSchema[]): string | undefined {
    const all = new Map<string, string | undefined>()
    for (const alternative of alternatives) {
      if (alternative.type !== 'object') {
        if (of(alternative) === undefined || alternatives.every((one) => isQuantity(one) || isHex(one))) continue
        throw new Error(`no form tells which of these it is: ${JSON.stringify(alternatives)}`)
      }
      for (const [name, form] of ofProperties(alternative)) {
        if (all.has(name) && all.get(name) !== form) throw new Error(`a property ${name} with two forms`)
        all.set(name, form)
      }
    }
    return objectText(all)
  }

  return { of, declared }
}

function objectText(forms: ReadonlyMap<string, string | undefined>): string | undefined {
  const lines = [...forms].flatMap(([name, form]) => (form === undefined ? [] : [`${name}: ${form}`]))
  return lines.length === 0 ? undefined : `{ ${lines.join(', ')} }`
}

/** RollupStatus: ROLLUP_STATUS */
function constantName(title: string): string {
  return typeName(title)
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_')
    .toUpperCase()
}
