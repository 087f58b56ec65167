import type { JsonSchema } from '../schema.ts'
import { CHAIN_DATA } from './chainSchemas.ts'
import { DEVELOPMENT, PARAMETERS } from './parameterSchemas.ts'
import { RUNS } from './runSchemas.ts'

/** The named schemas of the document. */
export const COMPONENTS: Readonly<Record<string, JsonSchema>> = {
  ...PARAMETERS,
  ...CHAIN_DATA,
  ...RUNS,
  ...DEVELOPMENT,
}
