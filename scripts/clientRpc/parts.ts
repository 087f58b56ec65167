import type { JsonSchema } from '../../rpc/schema.ts'
import { type ActionPlan, type ParameterSource, SPREAD } from './actions.ts'
import type { Method } from './methods.ts'
import { alternativesOf, nameOf, propertiesOf } from './schemas.ts'
import type { TypeTexts } from './typeText.ts'

export type Argument = { readonly name: string; readonly type: string; readonly isRequired: boolean }

/** One positional parameter: the arguments that it is made of, of which one alternative is given, and how. */
export type Part = {
  readonly alternatives: readonly (readonly Argument[])[]
  /** names of those that are the properties of an object, which the expression gets */
  readonly spread: readonly string[]
  expression(object: string): string
}

type Param = Method['params'][number]

export function partOf(param: Param, source: ParameterSource, plan: ActionPlan, types: TypeTexts): Part {
  if (source === null) return constant('undefined')
  if (typeof source === 'string') return partOfForms(param, [{ name: source, forms: [param.schema] }], plan, types)
  if (!isSelection(source)) return constant(JSON.stringify(source))
  const forms = alternativesOf(param.schema)
  if (forms.length !== source.length) throw new Error(`${plan.action}: ${param.name} has ${forms.length} forms`)
  const names = [...new Set(source)].filter((name) => name !== null)
  const named = names.map((name) => ({ name, forms: forms.filter((_, index) => source[index] === name) }))
  return partOfForms(param, named, plan, types)
}

const constant = (text: string): Part => ({ alternatives: [], spread: [], expression: () => text })

const isSelection = (source: ParameterSource): source is readonly (string | null)[] => Array.isArray(source)

/** `name`: of the argument that has these forms, or SPREAD */
type Named = { name: string; forms: readonly JsonSchema[] }

function partOfForms({ isRequired }: Param, named: readonly Named[], plan: ActionPlan, types: TypeTexts): Part {
  const alternatives = named.map(({ name, forms }) =>
    name === SPREAD
      ? forms.flatMap((form) => argumentsOf(form, plan, types))
      : [{ name, type: types.of({ anyOf: forms }), isRequired }],
  )
  const spread = named.flatMap(({ name }, index) => (name === SPREAD ? (alternatives[index] ?? []) : []))
  return {
    alternatives,
    spread: spread.map((argument) => argument.name),
    expression: (object) => named.map((one) => expressionOf(one, object)).join(' ?? '),
  }
}

/** A hash would be taken for something else by some methods, and may be written so for all. */
function expressionOf({ name, forms }: Named, object: string): string {
  if (name === SPREAD) return object
  return forms.some((form) => nameOf(form) === 'BlockParameter') ? `blockOf(${name})` : name
}

function argumentsOf(object: JsonSchema, { without = {} }: ActionPlan, types: TypeTexts): Argument[] {
  if (object.type !== 'object') throw new Error(`no object to spread: ${JSON.stringify(object)}`)
  return propertiesOf(object).map(({ name, schema, isRequired }) => {
    const values = (schema.enum as readonly string[] | undefined)?.filter((value) => value !== without[name])
    return { name, type: types.of(values === undefined ? schema : { ...schema, enum: values }), isRequired }
  })
}
