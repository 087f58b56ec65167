import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { devnetSchema } from '../../bin/commands.ts'
import { openDevnetGenesis } from '../../bin/devnetSetup.ts'
import { createEngines } from '../../bin/engines.ts'
import { PERMIT2_ADDRESS } from '../../genesis/parameters.ts'
import { systemClock } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'

it('a data directory keeps its genesis, with Permit2 or without, and says so', async () => {
  const engines = await createEngines(silentLogger)
  const warnings: string[] = []
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) }
  const open = (dataDir: string, permit2: boolean) =>
    openDevnetGenesis(devnetSchema.parse({ 'data-dir': dataDir, permit2 }), engines, {
      clock: systemClock,
      logger,
      folder: dataDir,
    })
  const folder = () => mkdtempSync(join(tmpdir(), 'reenact-kept-'))

  const [without, withIt] = [folder(), folder()]
  const plain = await open(without, false)
  expect(await open(without, true)).toEqual(plain)
  expect(plain.l1.alloc[PERMIT2_ADDRESS]).toBeUndefined()
  expect(warnings).toEqual(['what is kept has its own genesis: time, finality delay, preinstalls'])

  const full = await open(withIt, true)
  expect(full.rollups[0]?.l2.alloc[PERMIT2_ADDRESS]).toBeDefined()
  expect(await open(withIt, false)).toEqual(full)
  expect(warnings).toHaveLength(1)
})

it('the genesis of a version with fewer contracts is refused by name', async () => {
  const engines = await createEngines(silentLogger)
  const dataDir = mkdtempSync(join(tmpdir(), 'reenact-kept-'))
  const options = devnetSchema.parse({ 'data-dir': dataDir })
  const open = () => openDevnetGenesis(options, engines, { clock: systemClock, logger: silentLogger, folder: dataDir })
  await open()
  const file = join(dataDir, 'genesis.json')
  const genesis = JSON.parse(readFileSync(file, 'utf8'))
  for (const [side, contract] of [
    ['l1', 'router'],
    ['l2', 'crossMessenger'],
  ] as const) {
    const older = structuredClone(genesis)
    delete older.rollups[0].deployment[side][contract]
    writeFileSync(file, JSON.stringify(older))
    await expect(open()).rejects.toMatchObject({ code: 'BAD_FILE', message: expect.stringContaining(dataDir) })
  }
})
