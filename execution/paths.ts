import type { EnginePaths } from './types.ts'

/**
 * What runs where nobody chose: `REENACT_ENGINE`, so that a whole test suite runs on either, else ours. The command line
 * checks the variable itself; here any other value counts as absent.
 */
export function defaultPaths(): EnginePaths {
  return process.env.REENACT_ENGINE === 'reference' ? 'reference' : 'fast'
}
