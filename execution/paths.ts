import { UnknownEngine } from './errors.ts'
import type { EnginePaths } from './types.ts'

export const ENGINE_PATHS: readonly EnginePaths[] = ['fast', 'reference']

/**
 * What runs where nobody chose: `REENACT_ENGINE`, so that a whole test suite runs on either; ours where it is absent or empty.
 *
 * @throws UnknownEngine UNKNOWN_ENGINE
 */
export function defaultPaths(): EnginePaths {
  const named = process.env.REENACT_ENGINE || 'fast'
  const paths = ENGINE_PATHS.find((known) => known === named)
  if (paths !== undefined) return paths
  const known = ENGINE_PATHS.map((name) => `"${name}"`).join(', ')
  const message = `REENACT_ENGINE ${JSON.stringify(named)}: expected one of ${known}`
  throw new UnknownEngine('UNKNOWN_ENGINE', message, { named, known: ENGINE_PATHS })
}
