import type { JsonSchema } from '../../rpc/schema.ts'
import type { Comments } from './comments.ts'
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

/** Names as the client has them, which has others of the same name that need no node. */
const RENAMED: { readonly [title: string]: string } = {
  CrossMessageProof: 'RollupCrossMessageProof',
  DevnetChains: 'DevnetHeads',
  ExecuteEvent: 'RollupExecuteEvent',
  MessageEvent: 'RollupMessageEvent',
  MessageProof: 'RollupMessageProof',
  Settlement: 'RollupSettlement',
  SettlementEvent: 'RollupSettlementEvent',
  UnsentMessage: 'RollupUnsentMessage',
  WithdrawalClaim: 'RollupWithdrawalClaim',
  WithdrawalEvent: 'RollupWithdrawalEvent',
  WithdrawalProof: 'RollupWithdrawalProof',
}
/** Those that client/types.ts has already; a test compares them. */
export const KNOWN_TYPES: readonly string[] = ['Message', 'MessageStatus', 'WithdrawalStatus']

const BYTES: { readonly [title: string]: string } = { hash: 'Hash', address: 'Address' }

export type TypeTexts = {
  /** the type of a value of this form; forms with a name are declared on the way */
  of(schema: JsonSchema): string
}

export type TypeTextsOptions = {
  components: Components
  comments: ReadonlyMap<string, Comments>
  /** what was declared, by name; shared by parameters and answers */
  declared: Map<string, string>
  isAnswer: boolean
}

/** TypeScript types of JSON Schemas: quantities are bigints, bytes are hex. */
export function createTypeTexts({ components, comments, declared, isAnswer }: TypeTextsOptions): TypeTexts {
  function of(schema: JsonSchema): string {
    const title = nameOf(schema)
    if (title === undefined) return plain(schema, undefined)
    const name = typeName(title)
    if (KNOWN_TYPES.includes(name)) return name
    const about = comments.get(title)
    const type = plain({ ...resolve(schema, components), title: undefined }, about)
    const text = `${comment(about?.form)}export type ${name} = ${type}\n`
    const known = declared.get(name) ?? text
    if (known !== text) throw new Error(`two forms have the name ${title}:\n${known}${text}`)
    declared.set(name, text)
    return name
  }

  function plain(schema: JsonSchema, about: Comments | undefined): string {
    if (isQuantity(schema)) return 'bigint'
    if (isHex(schema)) return BYTES[String(schema.title)] ?? 'Hex'
    if (schema.const !== undefined) return JSON.stringify(schema.const)
    if (Array.isArray(schema.enum)) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
    const alternatives = alternativesOf(schema)
    const [only = schema] = alternatives
    if (alternatives.length > 1) return union(alternatives)
    if (only !== schema) return of(only)
    if (schema.type === 'array') return listOf(schema)
    if (schema.type === 'object') return objectText(schema, about)
    if (schema.type === 'integer') return 'number'
    if (schema.title === 'trace') return 'object'
    return schema.type === undefined ? 'unknown' : String(schema.type)
  }

  /** An answer that is a number or bytes stays as it is written: nothing tells which it is. */
  function union(alternatives: readonly JsonSchema[]): string {
    const isEither = isAnswer && alternatives.some(isQuantity) && alternatives.some(isHex)
    const types = alternatives.map((one) => (isEither && isQuantity(one) ? 'Hex' : of(one)))
    return [...new Set(types)].join(' | ')
  }

  function listOf(schema: JsonSchema): string {
    const item = of(schema.items as JsonSchema)
    const list = `${/[|{&]/.test(item) ? `(${item})` : item}[]`
    return schema.readOnly === true || !isAnswer ? `readonly ${list}` : list
  }

  function objectText(schema: JsonSchema, about: Comments | undefined): string {
    const properties = propertiesOf(schema)
    const others = otherPropertiesOf(schema)
    if (properties.length === 0) {
      const keys = (schema.propertyNames as { enum?: readonly string[] } | undefined)?.enum
      const key = keys?.map((value) => JSON.stringify(value)).join(' | ') ?? 'string'
      return `Record<${key}, ${others === undefined ? 'unknown' : of(others)}>`
    }
    const lines = properties.map(
      ({ name, schema: own, isRequired }) =>
        `${comment(about?.properties[name] ?? (own.description as string | undefined))}${name}${isRequired ? '' : '?'}: ${of(own)}`,
    )
    if (others !== undefined) lines.push(`[further: string]: ${of(others)}`)
    return `{\n${lines.join('\n')}\n}`
  }

  return { of }
}

export const typeName = (title: string): string => RENAMED[title] ?? title

const LINE = 110

/** A comment of one line, or of several when it is longer. */
export function comment(text: string | undefined): string {
  if (text === undefined) return ''
  if (text.length <= LINE) return `/** ${text} */\n`
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line.length + word.length < LINE) lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
    else lines.push(word)
  }
  return `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`
}
