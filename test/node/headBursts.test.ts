import { expect, test } from 'vitest'
import { manualClock } from '../../node/clock.ts'
import { onHeadBursts } from '../../node/headBursts.ts'
import { createL1Node } from '../../node/l1Node.ts'
import { silentLogger } from '../../node/logger.ts'
import { openStore } from '../../node/store.ts'
import { account, devEngine, devGenesis } from './support/devChain.ts'

const RECEIVER = '0x00000000000000000000000000000000000abcde'

async function followed() {
  const clock = manualClock()
  const { engine, genesis } = await devEngine(devGenesis())
  const node = await createL1Node(
    { genesis, sealMode: { kind: 'manual' } },
    { store: await openStore(), engine, clock, timers: clock, logger: silentLogger },
  )
  const told: bigint[] = []
  const stop = onHeadBursts(node.chain, clock, () => told.push(node.chain.head().header.number))
  return { ...node, clock, told, stop }
}

test('of empty blocks in a row the first is told of at once, the others together', async () => {
  const node = await followed()
  for (let block = 0; block < 5; block++) await node.sealer.sealNow()
  expect(node.told).toEqual([1n])
  node.clock.advance(500)
  expect(node.told).toEqual([1n, 5n])
  // The burst is over: nothing is told twice, and the next block does not wait.
  node.clock.advance(5_000)
  expect(node.told).toEqual([1n, 5n])
  await node.sealer.sealNow()
  expect(node.told).toEqual([1n, 5n, 6n])
  await node.close()
})

test('a block with a transaction, and a block that is taken back, are told of at once', async () => {
  const node = await followed()
  await node.sealer.sealNow()
  await node.sealer.sealNow()
  expect(node.told).toEqual([1n])
  const raw = await account(0).signTransaction({
    type: 'eip1559',
    chainId: Number(node.chain.chainId),
    nonce: 0,
    to: RECEIVER,
    gas: 500_000n,
    maxFeePerGas: 10_000_000_000n,
  })
  await node.pool.add(Buffer.from(raw.slice(2), 'hex'))
  await node.sealer.sealNow()
  expect(node.told).toEqual([1n, 3n])
  await node.chain.rewindTo(node.chain.genesis.hash)
  expect(node.told).toEqual([1n, 3n, 0n])
  await node.close()
})

test('nothing is told after the end', async () => {
  const node = await followed()
  await node.sealer.sealNow()
  await node.sealer.sealNow()
  node.stop()
  node.clock.advance(5_000)
  await node.sealer.sealNow()
  expect(node.told).toEqual([1n])
  await node.close()
})
