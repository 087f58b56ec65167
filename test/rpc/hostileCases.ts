/**
 * Requests that nobody should send, made from the node's own OpenRPC document: a valid-looking call of some method,
 * then damage of some kind. The same seed makes the same requests.
 */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Schema = { [keyword: string]: unknown }
export type OpenRpc = {
  methods: { name: string; params: { name: string; required?: boolean; schema: Schema }[] }[]
  components?: { schemas?: Record<string, Schema> }
}

/** Values that exist on the chain: with them a call gets further than its parameters. */
export type KnownValues = { hashes: readonly string[]; addresses: readonly string[]; quantities: readonly string[] }

export type Random = { next(): number; below(limit: number): number; pick<T>(items: readonly T[]): T }

/** Mulberry32: small, and the same everywhere. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    pick: (items) => {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('nothing to pick from')
      return item
    },
  }
}

const HEX = '0123456789abcdef'
const MAX_SCHEMA_DEPTH = 6

export type Generator = { request(): Uint8Array }

/** `skip`: methods that are not called, because they do by design what the test must not. */
export function createGenerator(random: Random, document: OpenRpc, known: KnownValues, skip: ReadonlySet<string>) {
  const methods = document.methods.filter(({ name }) => !skip.has(name))
  const hex = (digits: number) => `0x${Array.from({ length: digits }, () => HEX[random.below(16)]).join('')}`

  function fromSchema(schema: Schema, depth: number): Json {
    if (typeof schema.$ref === 'string') {
      const target = document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? '']
      return target && depth < MAX_SCHEMA_DEPTH ? fromSchema(target, depth + 1) : null
    }
    const choices = (schema.anyOf ?? schema.oneOf) as Schema[] | undefined
    if (choices) return fromSchema(random.pick(choices), depth + 1)
    if (Array.isArray(schema.enum)) return random.pick(schema.enum as Json[])
    if ('const' in schema) return schema.const as Json
    switch (schema.type) {
      case 'string':
        return fromPattern(String(schema.pattern ?? ''))
      case 'boolean':
        return random.next() < 0.5
      case 'integer':
      case 'number':
        return random.below(20)
      case 'array':
        return Array.from({ length: random.below(4) }, () => fromSchema((schema.items ?? {}) as Schema, depth + 1))
      case 'object':
        return objectFrom(schema, depth)
      default:
        return strange(depth)
    }
  }

  function objectFrom(schema: Schema, depth: number): Json {
    const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>)
    const kept = properties.filter(() => random.next() < 0.5)
    const object = Object.fromEntries(kept.map(([key, inner]) => [key, fromSchema(inner, depth + 1)]))
    const { additionalProperties } = schema
    if (typeof additionalProperties === 'object' && additionalProperties !== null) {
      object[random.pick(known.addresses)] = fromSchema(additionalProperties as Schema, depth + 1)
    }
    return object
  }

  function fromPattern(pattern: string): string {
    const exact = /\{(\d+)\}\$$/.exec(pattern)?.[1]
    if (exact === '64') return random.next() < 0.7 ? random.pick(known.hashes) : hex(64)
    if (exact === '40') return random.next() < 0.7 ? random.pick(known.addresses) : hex(40)
    if (exact !== undefined) return hex(Number(exact))
    if (pattern.startsWith('^0x(0|')) {
      return random.next() < 0.7 ? random.pick(known.quantities) : `0x1${hex(random.below(70)).slice(2)}`
    }
    if (pattern.startsWith('^0x')) return hex(2 * random.below(70))
    return random.pick(['latest', 'pending', 'earliest', 'safe', 'finalized', 'logs', 'newHeads', '', '0x1', 'x'])
  }

  /** Anything but what was asked for. */
  function strange(depth: number): Json {
    const makers: (() => Json)[] = [
      () => null,
      () => random.next() < 0.5,
      () => random.pick([0, -1, 1.5, 1e21, Number.MAX_SAFE_INTEGER, -0, 2 ** 31, 2 ** 53]),
      () => '',
      () => '0x',
      () => hex(random.pick([1, 2, 39, 40, 41, 63, 64, 65, 129, 5_000])),
      () => `0x${'f'.repeat(random.pick([16, 17, 64, 65, 1_000]))}`,
      () => `0x0${hex(8).slice(2)}`,
      () => hex(64).toUpperCase(),
      () => random.pick(['latest', 'LATEST', 'pending', '__proto__', 'constructor', 'toString', 'hasOwnProperty']),
      () => random.pick(['\u0000', '\ud800', '😀'.repeat(50), 'é', '\u2028', '"', '\\', 'ß'.repeat(3_000)]),
      () => 'A'.repeat(random.pick([100, 10_000, 100_000])),
      () => Array.from({ length: random.pick([0, 1, 5, 2_000]) }, () => random.pick([null, 0, '0x1', 'x', true])),
      () => (depth < 3 ? Array.from({ length: 3 }, () => strange(depth + 1)) : []),
      () => (depth < 3 ? Object.fromEntries([0, 1, 2].map((key) => [`k${key}`, strange(depth + 1)])) : {}),
      () => JSON.parse(`{"__proto__":{"to":"0x1"},"constructor":{"prototype":{"x":1}},"toString":null}`) as Json,
      () => JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`) as Json,
      () => Object.fromEntries(Array.from({ length: 300 }, (_, key) => [`key${key}`, key])),
    ]
    return random.pick(makers)()
  }

  function damage(value: Json): Json {
    if (Array.isArray(value) && value.length > 0) {
      const copy = [...value]
      const at = random.below(copy.length)
      copy[at] = random.next() < 0.5 ? damage(copy[at] ?? null) : strange(0)
      return copy
    }
    if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
      const key = random.pick(Object.keys(value))
      return { ...value, [key]: random.next() < 0.5 ? damage(value[key as never] ?? null) : strange(0) }
    }
    if (typeof value === 'string' && value.length > 0 && random.next() < 0.6) {
      const at = random.below(value.length)
      return (
        value.slice(0, at) + random.pick(['', 'g', '0', ' ', '\n', 'ff', '0x', 'é']) + value.slice(at + random.below(2))
      )
    }
    return strange(0)
  }

  function call(id: Json): { [key: string]: Json } {
    const { name, params } = random.pick(methods)
    const values: Json[] = []
    for (const { schema, required } of params) {
      if (!required && random.next() < 0.3) break
      values.push(fromSchema(schema, 0))
    }
    const request = { jsonrpc: '2.0', id, method: name, params: values as Json }
    const chance = random.next()
    if (chance < 0.35) return request
    if (chance < 0.75) return { ...request, params: damage(values) }
    if (chance < 0.85)
      return { ...request, params: [...values, ...Array.from({ length: 1 + random.below(8) }, () => strange(0))] }
    if (chance < 0.92) return { ...request, params: strange(0) }
    return { ...request, [random.pick(['jsonrpc', 'id', 'method'])]: strange(0) }
  }

  function text(): string {
    const chance = random.next()
    if (chance < 0.85) return JSON.stringify(call(random.below(1_000)))
    if (chance < 0.93) {
      return JSON.stringify(
        Array.from({ length: random.pick([0, 1, 2, 10, 40]) }, (_, id) => call(random.next() < 0.2 ? null : id)),
      )
    }
    return JSON.stringify(strange(0))
  }

  function damageBytes(bytes: Buffer): Buffer {
    const at = random.below(bytes.length + 1)
    const pieces = [
      () => bytes.subarray(0, at),
      () =>
        Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from([random.pick([0, 0xff, 0xc0, 0x80, 0xed])]),
          bytes.subarray(at),
        ]),
      () => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
      () => Buffer.concat([bytes, bytes]),
      () => Buffer.from(bytes.toString().replace('"id"', '"id":1e400,"id"')),
      () => Buffer.from(bytes.toString().replace('"params":', '"params":[],"params":')),
      () => Buffer.from(bytes.toString().replace('"method"', '"__proto__":{"method":"x"},"method"')),
      () => Buffer.from(`${'['.repeat(random.pick([31, 32, 33, 40_000]))}${bytes.toString()}`),
      () => Buffer.from(bytes.toString().replace(/:(\d)/, ':0$1')),
      () => Buffer.from(bytes.toString(), 'utf16le'),
    ]
    return random.pick(pieces)()
  }

  return {
    /** the bytes of one request body */
    request(): Uint8Array {
      const bytes = Buffer.from(text())
      return random.next() < 0.1 ? damageBytes(bytes) : bytes
    },
  }
}
