import { hexToBytes, keccak256 } from 'viem'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'
import { createL1Client } from '../../rollup/l1/l1Client.ts'
import { createL1Watcher, type L1Watcher } from '../../rollup/l1/l1Watcher.ts'
import {
  blockAdvanced,
  createFakeL1,
  type FakeL1,
  fakeDeployment,
  forcedBytes,
  forcedExpired,
  forcedIncluded,
  memoryMeta,
  transactionForced,
} from './fakeL1.ts'

const deployment = fakeDeployment()

function open(l1: FakeL1, meta = memoryMeta()): L1Watcher {
  const client = createL1Client(l1.transport)
  return createL1Watcher({}, { l1: client, deployment, meta, clock: systemClock, logger: silentLogger })
}

const ids = (watcher: L1Watcher) => watcher.pendingForced().map(({ id }) => id)

describe('forced transactions as L1 tells them', () => {
  it('are pending with the time of their L1 block, until they are included or expire', async () => {
    const l1 = createFakeL1()
    const { timestamp } = l1.append(transactionForced(deployment, 0), transactionForced(deployment, 1))
    l1.append(transactionForced(deployment, 2), blockAdvanced(deployment, 1), forcedIncluded(deployment, 1))
    const watcher = open(l1)
    await watcher.step()
    expect(ids(watcher)).toEqual([0n, 2n])
    expect(watcher.pendingForced()[0]).toMatchObject({
      txHash: keccak256(forcedBytes(0)),
      since: timestamp,
      l1Block: 1n,
    })
    expect(watcher.forcedBytes(0n)).toEqual(hexToBytes(forcedBytes(0)))
    expect(watcher.forcedBytes(3n)).toBeUndefined()
    l1.append(forcedExpired(deployment, 0))
    await watcher.step()
    expect(ids(watcher)).toEqual([2n])
  })

  it('are there after a restart, without L1 being asked again', async () => {
    const l1 = createFakeL1()
    const meta = memoryMeta()
    l1.append(transactionForced(deployment, 0), transactionForced(deployment, 1), forcedIncluded(deployment, 0))
    await open(l1, meta).step()
    const again = open(l1, meta)
    expect(ids(again)).toEqual([1n])
    expect(again.forcedBytes(1n)).toEqual(hexToBytes(forcedBytes(1)))
  })

  it('follow a reorg: entries and what became of them are taken back', async () => {
    const l1 = createFakeL1()
    const meta = memoryMeta()
    l1.append(transactionForced(deployment, 0))
    l1.append(transactionForced(deployment, 1))
    l1.append(forcedIncluded(deployment, 0), transactionForced(deployment, 2))
    const watcher = open(l1, meta)
    await watcher.step()
    expect(ids(watcher)).toEqual([1n, 2n])
    l1.reorg(2)
    l1.append()
    l1.append(transactionForced(deployment, 1, 7))
    l1.append()
    await watcher.step()
    expect(ids(watcher)).toEqual([0n, 1n])
    expect(watcher.forcedBytes(1n)).toEqual(hexToBytes(forcedBytes(1, 7)))
    expect(ids(open(l1, meta))).toEqual([0n, 1n])
  })

  it('survive a crash at any write', async () => {
    for (let writes = 0; writes < 12; writes++) {
      const l1 = createFakeL1()
      const meta = memoryMeta()
      l1.append(transactionForced(deployment, 0), transactionForced(deployment, 1), forcedExpired(deployment, 0))
      meta.failAfter = writes
      await open(l1, meta)
        .step()
        .catch(() => undefined)
      meta.failAfter = Number.POSITIVE_INFINITY
      const watcher = open(l1, meta)
      await watcher.step()
      expect(ids(watcher)).toEqual([1n])
    }
  })

  it.each([
    ['a gap in the ids', [transactionForced(deployment, 1)]],
    ['an id twice', [transactionForced(deployment, 0), transactionForced(deployment, 0)]],
    ['an end without a beginning', [forcedIncluded(deployment, 0)]],
    ['two ends', [transactionForced(deployment, 0), forcedIncluded(deployment, 0), forcedExpired(deployment, 0)]],
    [
      'bytes with another hash',
      [{ ...transactionForced(deployment, 0), topics: transactionForced(deployment, 0, 1).topics }],
    ],
  ])('are refused with %s', async (_, events) => {
    const l1 = createFakeL1()
    l1.append(...events)
    const watcher = open(l1)
    await expect(watcher.step()).rejects.toMatchObject({ code: 'BAD_L1_DATA' })
    expect(ids(watcher)).toEqual([])
  })
})
