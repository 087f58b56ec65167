import { type ActionPlan, SPREAD } from './actions.ts'
import type { FormTexts } from './formText.ts'
import type { Method } from './methods.ts'
import { type Argument, type Part, partOf } from './parts.ts'
import { alternativesOf, nameOf } from './schemas.ts'
import { comment, type TypeTexts } from './typeText.ts'

export type Texts = { parameters: TypeTexts; answers: TypeTexts; forms: FormTexts }

/** An action as the files of the client have it. */
export type ActionText = {
  readonly name: string
  readonly summary: string
  readonly isControl: boolean
  readonly arguments: 'none' | 'optional' | 'required'
  readonly parametersType: string
  readonly returnType: string
  /** declarations of both types and of the function */
  readonly source: string
}

export function actionText(method: Method, plan: ActionPlan, texts: Texts): ActionText {
  const { action: name } = plan
  const base = `${name[0]?.toUpperCase()}${name.slice(1)}`
  const [parametersType, returnType] = [`${base}Parameters`, `${base}ReturnType`]
  const taken = takenBy(method, plan, texts.parameters)
  const summary = `${plan.summary ?? method.summary} Calls \`${method.name}\`.`
  const results = alternativesOf(method.result)
  const result = plan.resultForm === undefined ? method.result : results[plan.resultForm]
  if (result === undefined) throw new Error(`${method.name} has no result ${plan.resultForm}`)
  const form = texts.forms.of(result)
  const request = [
    `method: '${method.name}'`,
    ...(taken.values.length === 0 ? [] : [`params: [${taken.values.join(', ')}]`]),
    ...(form === undefined ? [] : [`form: ${form}`]),
  ]
  const source = [
    taken.arguments === 'none' ? '' : `export type ${parametersType} = ${taken.type}\n`,
    `export type ${returnType} = ${plan.resultType ?? texts.answers.of(result)}\n\n`,
    comment(summary),
    `export function ${name}(client: RollupClient${argumentText(taken, parametersType)}): Promise<${returnType}> {\n`,
    `return ${method.isControl ? 'controlRollup' : 'askRollup'}(client, { ${request.join(', ')} })\n}\n`,
  ]
  const { isControl } = method
  return { name, summary, isControl, arguments: taken.arguments, parametersType, returnType, source: source.join('') }
}

function argumentText({ arguments: taken, pattern }: Taken, type: string): string {
  if (taken === 'none') return ''
  if (taken === 'required') return `, ${pattern}: ${type}`
  return pattern === WHOLE ? `, ${pattern}?: ${type}` : `, ${pattern}: ${type} = {}`
}

const WHOLE = 'parameters'

/** `pattern`: how the function takes its arguments; `values`: of the positional parameters */
type Taken = Pick<ActionText, 'arguments'> & { type: string; pattern: string; values: readonly string[] }

function takenBy({ params }: Method, plan: ActionPlan, types: TypeTexts): Taken {
  const [only, ...others] = params
  if (only === undefined) return { arguments: 'none', type: '', pattern: '', values: [] }
  if (plan.params.length === 1 && plan.params[0] === SPREAD && others.length === 0) {
    return { ...takenWhole(only, plan, types), pattern: WHOLE, values: [WHOLE] }
  }
  const parts = plan.params.map((source, index): Part => {
    const param = params[index]
    if (param === undefined) throw new Error(`${plan.action} has too many parameters`)
    return partOf(param, source, plan, types)
  })
  const all = parts.flatMap(({ alternatives }) => alternatives.flat())
  const isRequired = parts.some(({ alternatives }) => alternatives.length > 1) || all.some((one) => one.isRequired)
  return { arguments: isRequired ? 'required' : 'optional', type: typeOf(parts), ...expressionsOf(parts) }
}

/** The only parameter, whose properties are the arguments. */
function takenWhole({ schema, isRequired }: Method['params'][number], plan: ActionPlan, types: TypeTexts) {
  const isNamed = nameOf(schema) !== undefined || alternativesOf(schema).length > 1
  const [own = []] = isNamed ? [] : partOf({ name: '', schema, isRequired }, SPREAD, plan, types).alternatives
  return {
    arguments: isRequired ? ('required' as const) : ('optional' as const),
    type: isNamed ? types.of(schema) : objectType(own),
  }
}

/**
 * The last parameter that is made of properties gets all arguments that no other has, so that the node hears of those
 * that it does not know; an earlier one is put together of its own.
 */
function expressionsOf(parts: readonly Part[]): Pick<Taken, 'pattern' | 'values'> {
  const last = parts.findLastIndex(({ spread }) => spread.length > 0)
  const rest = 'rest'
  const names = new Set<string>()
  const values = parts.map((part, index) => {
    for (const { name } of part.alternatives.flat()) {
      if (index !== last || !part.spread.includes(name)) names.add(name)
    }
    return part.expression(index === last ? rest : `{ ${part.spread.join(', ')} }`)
  })
  return { pattern: `{ ${[...names, ...(last === -1 ? [] : [`...${rest}`])].join(', ')} }`, values }
}

/** Exactly one alternative of each part can be given. */
function typeOf(parts: readonly Part[]): string {
  const common = parts.flatMap(({ alternatives }) => (alternatives.length === 1 ? alternatives.flat() : []))
  const choices = parts.filter(({ alternatives }) => alternatives.length > 1).map(choiceOf)
  if (choices.length === 0) return objectType(common)
  if (common.length === 0 && choices.length === 1) return choices.join('')
  return [...choices.map((choice) => `(${choice})`), ...(common.length === 0 ? [] : [objectType(common)])].join(' & ')
}

function choiceOf({ alternatives }: Part): string {
  const names = new Set(alternatives.flat().map(({ name }) => name))
  const exclusive = alternatives.map((own) => {
    const others = [...names].filter((name) => own.every((argument) => argument.name !== name))
    return objectType([...own, ...others.map((name) => ({ name, type: 'undefined', isRequired: false }))])
  })
  return exclusive.join(' | ')
}

function objectType(all: readonly Argument[]): string {
  const lines = all.map(({ name, type, isRequired }) => {
    if (isRequired) return `${name}: ${type}`
    return `${name}?: ${type === 'undefined' ? type : `${type} | undefined`}`
  })
  return `{\n${lines.join('\n')}\n}`
}
