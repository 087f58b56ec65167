import { refusing } from '../dev/refused.ts'
import type { MethodTable } from '../types.ts'
import { rollupMethods } from './methods.ts'

const WHERE =
  'this is an L1 node alone, which knows no rollup; ask the node of the rollup (`reenact l2`), or start both as a devnet with `reenact`'

/** Where no rollup runs, these methods say who has them, as methods that do not exist. */
export function offRollupMethods(): MethodTable {
  const names = Object.keys(rollupMethods({ rollup: neverAsked }))
  return Object.fromEntries(names.map((name) => [name, refusing(name, WHERE, 'METHOD_NOT_FOUND')]))
}

function neverAsked(): never {
  throw new Error('a method that is off was called')
}
