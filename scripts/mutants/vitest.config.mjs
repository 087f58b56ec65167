import { defineConfig, mergeConfig } from 'vitest/config'
import base from '../../vitest.config.ts'

/** @type {{ file: string, from: string, to: string }} */
const { file, from, to } = JSON.parse(process.env.REENACT_MUTANT ?? '')

/** The tests on a source with one fault, for scripts/mutants.mjs. */
export default mergeConfig(
  base,
  defineConfig({
    plugins: [
      {
        name: 'mutant',
        enforce: 'pre',
        transform: (code, id) => (id.endsWith(`/${file}`) ? code.replace(from, () => to) : undefined),
      },
    ],
    test: { maxWorkers: 1 },
  }),
)
