import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: process.env.REENACT_FULL === '1' ? 900_000 : 60_000,
    hookTimeout: 60_000,
  },
})
