import { inspect, isDeepStrictEqual } from 'node:util'
import { createChainSpec } from '../../../execution/chainSpec.ts'
import { createCrypto } from '../../../execution/crypto.ts'
import { createEngine } from '../../../execution/engine.ts'
import type { GenesisConfig } from '../../../execution/genesisJson.ts'
import type { Engine, EnginePaths } from '../../../execution/types.ts'
import { NodeError } from '../../../stateless/errors.ts'
import { setKeccak256 } from '../../../stateless/keccak.ts'
import { silentLogger } from '../support.ts'

/** What came of an operation: its value, or the typed error that it ended in. Anything else is thrown. */
export type Result<T> = { value: T } | { error: { name: string; code: string; message: string; data: unknown } }

export const codeOf = (result: Result<unknown>): string => ('error' in result ? result.error.code : 'none')

export function requireValue<T>(result: Result<T>): T {
  if ('value' in result) return result.value
  throw new Error(`${result.error.code}: ${result.error.message}`)
}

/** An engine of either kind, each hashing with what its process would hash with. */
export type BothEngines = {
  /**
   * Runs the operation on one engine and then on the other, and fails where they do not come to the same.
   * Gives what both came to.
   */
  same<T>(what: string, run: (engine: Engine, paths: EnginePaths) => T | Promise<T>): Promise<Result<T>>
}

export async function createBothEngines(config: GenesisConfig): Promise<BothEngines> {
  const fast = await runnerOf('fast', config)
  const reference = await runnerOf('reference', config)
  return {
    async same(what, run) {
      const result = await fast((engine) => run(engine, 'fast'))
      requireEqual(what, await reference((engine) => run(engine, 'reference')), result)
      return result
    },
  }
}

async function runnerOf(paths: EnginePaths, config: GenesisConfig) {
  const crypto = await createCrypto({ logger: silentLogger }, { paths })
  const engine = createEngine({ spec: createChainSpec(config, { crypto }), crypto, logger: silentLogger, paths })
  return async <T>(run: (engine: Engine) => T | Promise<T>): Promise<Result<T>> => {
    setKeccak256(crypto.keccak256)
    try {
      return { value: await run(engine) }
    } catch (error) {
      if (!(error instanceof NodeError)) throw error
      const { name, code, message, data } = error
      return { error: { name, code, message, data } }
    }
  }
}

/** Traces are too long for an assertion that shows both sides: this one names the first place where they differ. */
export function requireEqual(what: string, reference: unknown, fast: unknown): void {
  if (isDeepStrictEqual(reference, fast)) return
  throw new Error(`${what}: ${difference(reference, fast, '') ?? 'the engines differ in what nobody can see'}`)
}

function difference(reference: unknown, fast: unknown, path: string): string | undefined {
  if (isDeepStrictEqual(reference, fast)) return undefined
  const [theirs, ours] = [partsOf(reference), partsOf(fast)]
  if (theirs === undefined || ours === undefined) {
    return `${path} is ${inspect(reference)} in the reference engine, ${inspect(fast)} in the fast one`
  }
  for (const key of new Set([...theirs.keys(), ...ours.keys()])) {
    const found = difference(theirs.get(key), ours.get(key), `${path}.${key}`)
    if (found !== undefined) return found
  }
  return `${path} has other prototypes`
}

function partsOf(value: unknown): Map<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  return new Map(entries.map(([key, part]) => [String(key), part]))
}
