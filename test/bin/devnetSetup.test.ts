import { describe, expect, it } from 'vitest'
import { devnetBanner } from '../../bin/banner.ts'
import { rollupPorts } from '../../bin/devnetSetup.ts'
import { createEngines } from '../../bin/engines.ts'
import { devnetGenesis } from '../../bin/genesisCommand.ts'
import { silentLogger } from '../../node/logger.ts'

describe('ports of several rollups', () => {
  it('are in a row, or any', () => {
    expect(rollupPorts({ 'l1-port': 8545, 'l2-port': 9545 }, 3)).toEqual([9545, 9546, 9547])
    expect(rollupPorts({ 'l1-port': 0, 'l2-port': 0 }, 2)).toEqual([0, 0])
    expect(rollupPorts({ 'l1-port': 9544, 'l2-port': 9545 }, 1)).toEqual([9545])
  })

  it.each([
    [{ 'l1-port': 9547, 'l2-port': 9545 }, 3, '--l1-port 9547: the 3 rollups take 9545 to 9547'],
    [{ 'l1-port': 9545, 'l2-port': 9545 }, 1, '--l1-port 9545: L2 has the same'],
    [{ 'l1-port': 8545, 'l2-port': 65535 }, 2, '--l2-port 65535: 2 rollups would need ports up to 65536'],
  ])('are refused: %j for %i', (options, count, message) => {
    expect(() => rollupPorts(options, count)).toThrow(expect.objectContaining({ code: 'BAD_VALUE', message }))
  })
})

describe('the banner', () => {
  it('has every rollup, the singletons of L1 once, and L2 without a number when there is one', async () => {
    const engines = await createEngines(silentLogger)
    const banner = async (rollups: number) => {
      const genesis = await devnetGenesis(engines, { timestamp: 1_700_000_000, finalityDelay: 0, rollups })
      return devnetBanner({
        l1Url: 'http://127.0.0.1:8545',
        rollups: genesis.rollups.map(({ deployment }, index) => ({
          url: `http://127.0.0.1:${9545 + index}`,
          deployment,
          head: 0n,
        })),
        l1Head: 0n,
        l1GenesisHash: '0x00',
        engine: 'reference',
        fork: 'amsterdam',
        executeAddress: '0x0101',
        sealing: { l1: 'instant', l2: 'instant' },
        settling: true,
      })
    }
    const three = await banner(3)
    for (const index of [0, 1, 2]) {
      expect(three).toContain(`L2, rollup ${index + 1} of 3\n  chain id ${28_079 + index}, `)
      expect(three).toContain(`http://127.0.0.1:${9545 + index}`)
    }
    expect(three.match(/RollupFactory/g)).toHaveLength(1)
    expect(await banner(1)).toContain('\nL2\n  chain id 28079, ')
  })
})
