import { invalidParams, RpcError } from './errors.ts'
import { ANY, arrayOf, BOOLEAN, type JsonSchema, TEXT } from './schema.ts'
import type { RpcContext, RpcMethod, RpcParam } from './types.ts'

/**
 * Turns one JSON value into a typed one; `path` names the place in the message. Throws RpcError INVALID_PARAMS. `schema`
 * tells callers of rpc.discover what it takes.
 */
export type Parse<Value> = { (value: unknown, path: string): Value; readonly schema?: JsonSchema }

/** A parser that knows the JSON Schema of what it takes. */
export function described<Value>(schema: JsonSchema, parse: (value: unknown, path: string) => Value): Parse<Value> {
  return Object.assign(parse, { schema })
}

/** What the parsers of a list of parameters give. */
export type Values<Params extends readonly RpcParam<unknown>[]> = {
  [Index in keyof Params]: Params[Index] extends RpcParam<infer Value> ? Value : never
}

/** A method whose positional parameters are parsed before `run` sees them. */
export function method<const Params extends readonly RpcParam<unknown>[]>(
  params: Params,
  run: (values: Values<Params>, context: RpcContext) => unknown,
): RpcMethod {
  return {
    params,
    call: (values, context) => run(parseAll(params, values), context),
  }
}

export function required<Value>(name: string, parse: Parse<Value>): RpcParam<Value> {
  return param(name, true, parse, parse)
}

/** Left out or null: undefined. */
export function optional<Value>(name: string, parse: Parse<Value>): RpcParam<Value | undefined> {
  return param(name, false, parse, (value, path) => (value === undefined ? undefined : parse(value, path)))
}

/** Left out or null: `fallback`. */
export function withDefault<Value>(name: string, parse: Parse<Value>, fallback: Value): RpcParam<Value> {
  return param(name, false, parse, (value, path) => (value === undefined ? fallback : parse(value, path)))
}

/** The schema of a parser is read when somebody asks for it: some are made only then. */
function param<Value>(
  name: string,
  isRequired: boolean,
  known: { readonly schema?: JsonSchema },
  parse: (value: unknown, path: string) => Value,
): RpcParam<Value> {
  return {
    name,
    required: isRequired,
    parse,
    get schema() {
      return known.schema ?? ANY
    },
  }
}

function parseAll<Params extends readonly RpcParam<unknown>[]>(
  params: Params,
  values: readonly unknown[],
): Values<Params> {
  if (values.length > params.length) {
    throw new RpcError('INVALID_PARAMS', `too many arguments, want at most ${params.length}, got ${values.length}`)
  }
  return params.map((param, index) => {
    const value = values[index] ?? undefined
    if (value === undefined && param.required) {
      throw new RpcError('INVALID_PARAMS', `missing value for required argument ${index} (${param.name})`)
    }
    return param.parse(value, `argument ${index} (${param.name})`)
  }) as Values<Params>
}

export const bool = described(BOOLEAN, (value, path) => {
  if (typeof value !== 'boolean') throw invalidParams(path, `expected true or false, got ${describe(value)}`)
  return value
})

export const text = described(TEXT, (value, path) => {
  if (typeof value !== 'string') throw invalidParams(path, `expected a string, got ${describe(value)}`)
  return value
})

/** An array whose elements all parse, at most `limit` of them. */
export function list<Value>(parse: Parse<Value>, limit: number): Parse<readonly Value[]> {
  return described(arrayOf(parse.schema ?? ANY, limit), (value, path) => {
    if (!Array.isArray(value)) throw invalidParams(path, `expected an array, got ${describe(value)}`)
    if (value.length > limit) throw invalidParams(path, `at most ${limit} items are allowed, got ${value.length}`)
    return value.map((item, index) => parse(item, `${path}[${index}]`))
  })
}

/** The properties of a JSON object; null ones are treated as absent. */
export function readObject(value: unknown, path: string): (key: string) => unknown {
  const object = requireObject(value, path)
  return (key) => (Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined)
}

export function requireObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw invalidParams(path, `expected an object, got ${describe(value)}`)
}

/** Puts a parsed property into the result only when it is there (exactOptionalPropertyTypes). */
export function property<Key extends string, Value>(
  read: (key: string) => unknown,
  path: string,
  from: string,
  to: Key,
  parse: Parse<Value>,
): { [K in Key]?: Value } {
  const value = read(from)
  return (value === undefined ? {} : { [to]: parse(value, `${path}.${from}`) }) as { [K in Key]?: Value }
}

/** A value for a message: its kind, or a short excerpt; never the whole of something long. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  const shown = JSON.stringify(value) ?? 'nothing'
  return shown.length > 80 ? `${shown.slice(0, 77)}...` : shown
}
