import { DEBUG_DOCS, OTS_DOCS } from './debugDocs.ts'
import { DEV_DOCS } from './devDocs.ts'
import type { MethodDoc } from './document.ts'
import { ETH_DOCS, NODE_DOCS } from './ethDocs.ts'

/** Every method that any node of ours serves. */
export const METHOD_DOCS: Readonly<Record<string, MethodDoc>> = {
  ...ETH_DOCS,
  ...NODE_DOCS,
  ...DEBUG_DOCS,
  ...OTS_DOCS,
  ...DEV_DOCS,
}
