import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    // What package.json exports, from the sources: tests and examples import it as users do.
    alias: {
      'reenact/viem': source('client/viem.ts'),
      'reenact/ethers': source('client/ethers.ts'),
      'reenact/abi': source('client/abi.ts'),
      'reenact/devnet': source('bin/createDevnet.ts'),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // What takes ten seconds here takes a minute on a machine that has other things to do.
    testTimeout: process.env.REENACT_FULL === '1' ? 900_000 : 120_000,
    hookTimeout: 120_000,
  },
})
