import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isOld = major < 22 || (major === 22 && minor < 10)

const run = () => spawnSync(process.execPath, ['scripts/hardhatSample.mjs'], { encoding: 'utf8' })

test.runIf(isOld)('with a Node that Hardhat 3 does not run on, the sample says that it was skipped', () => {
  expect(run()).toMatchObject({ status: 0, stdout: expect.stringMatching(/^skipped: Hardhat 3 needs Node >= 22/) })
})

// Installs packages from the registry, so not in every run.
test.runIf(!isOld && process.env.REENACT_FULL === '1')(
  'the Hardhat sample runs: Solidity tests, and a script on both chains',
  () => {
    const { status, stdout } = run()
    expect(stdout).toContain('the Hardhat sample ran: Solidity tests, and a script on both chains')
    expect(status).toBe(0)
  },
)
