import { DEV_DOCS } from '../openrpc/devDocs.ts'
import type { MethodTable } from '../types.ts'
import { refusing } from './refused.ts'

const HOW =
  'development methods are off on this node; they are on in a devnet: `reenact`, or `reenact l1` without --no-mining'

/** Where development methods are off, they say how to turn them on, as methods that do not exist. */
export function offDevMethods(): MethodTable {
  return Object.fromEntries(Object.keys(DEV_DOCS).map((name) => [name, refusing(name, HOW, 'METHOD_NOT_FOUND')]))
}
