// @ts-check
// A devnet in a test runner: one for the file, taken back to where it began after every test. Run: node --test testing.mjs
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { createDevnet } from 'reenact/devnet'
import { parseEther } from 'viem'

/** @type {Awaited<ReturnType<typeof createDevnet>>} */
let devnet
/** @type {bigint} */
let snapshot
before(async () => {
  // blocks come only by devnet.mine(): what a test sees does not depend on how fast the machine is
  devnet = await createDevnet({ sealing: 'manual' })
})
beforeEach(async () => {
  snapshot = await devnet.snapshot()
})
afterEach(() => devnet.revert(snapshot))
after(() => devnet.close())

const to = '0x000000000000000000000000000000000000b0b0'

test('a deposit arrives with the L2 block after its L1 block', async () => {
  const { l1, l2 } = devnet.clients
  await l1.deposit({ to, value: parseEther('1'), targetChain: devnet.l2.chain })
  await devnet.mine({ l1: 1 })
  assert.equal(await l2.getBalance({ address: to }), 0n)
  await devnet.mine({ l2: 1 })
  assert.equal(await l2.getBalance({ address: to }), parseEther('1'))
})

test('nothing is left of the test before', async () => {
  const { l1, l2 } = devnet.clients
  assert.equal(await l2.getBalance({ address: to }), 0n)
  assert.equal(await l1.getBlockNumber(), 0n)
  await devnet.mine({ l2: 2 })
  await devnet.settle()
  assert.equal((await l1.getL2Head({ targetChain: devnet.l2.chain })).blockNumber, 2n)
})
