import { afterEach, describe, expect, it } from 'vitest'
import { adjustableClock, manualClock } from '../../node/clock.ts'
import { createL1Node } from '../../node/l1Node.ts'
import { silentLogger } from '../../node/logger.ts'
import { createSnapshots } from '../../node/snapshots.ts'
import { createStateEdits } from '../../node/stateEdits.ts'
import { openStore } from '../../node/store.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { account, addressBytes, devEngine, GENESIS_TIME } from './support/devChain.ts'
import { nextHead, openL1 } from './support/openL1.ts'

/** EIP-7002: without its code no block is valid. */
const WITHDRAWAL_REQUESTS = hexToBytes('00000961ef480eb55e80d19ad83579a64c007002')
const [ALICE, BOB] = [addressBytes(account(0).address), addressBytes(account(1).address)]

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const node of opened.splice(0)) await node.close()
})

async function start() {
  const l1 = await openL1()
  opened.push(l1.node)
  return l1.node
}

describe('changes by hand', () => {
  it('that no block can hold do not spoil those that came with them', async () => {
    const node = await start()
    const edits = createStateEdits(node)
    const outcomes = await Promise.allSettled([
      edits.edit(ALICE, () => ({ balance: 5n })),
      edits.edit(WITHDRAWAL_REQUESTS, () => ({ code: new Uint8Array(0) })),
      edits.edit(BOB, () => ({ balance: 6n })),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    const state = node.chain.stateAt(node.chain.head().header.stateRoot)
    expect(state.getAccount(ALICE)?.balance).toBe(5n)
    expect(state.getAccount(BOB)?.balance).toBe(6n)
  })

  it('leave what was set for the next block to that block; a time that they need moves on', async () => {
    const { chain, producer, sealer, ...node } = await start()
    const { timestamp } = chain.head().header
    producer.setNext({ timestamp: timestamp + 1n, baseFeePerGas: 77n })
    await createStateEdits({ chain, producer, sealer, ...node }).edit(ALICE, () => ({ balance: 5n }))
    expect(chain.head().header).toMatchObject({ timestamp: timestamp + 1n })
    expect(chain.head().header.baseFeePerGas).not.toBe(77n)
    await sealer.sealNow()
    expect(chain.head().header).toMatchObject({ timestamp: timestamp + 2n, baseFeePerGas: 77n })
  })

  it('for the next block hold for one block, also when something else is set while it is made', async () => {
    const { chain, producer, sealer } = await start()
    producer.setNext({ baseFeePerGas: 77n })
    const sealed = sealer.sealNow()
    await Promise.resolve()
    producer.setNext({ prevRandao: new Uint8Array(32).fill(9) })
    expect((await sealed)?.header.baseFeePerGas).toBe(77n)
    const second = await sealer.sealNow()
    expect(second?.header.baseFeePerGas).not.toBe(77n)
    expect(second?.header.prevRandao).toEqual(new Uint8Array(32).fill(9))
    expect(chain.head().header.number).toBe(2n)
  })
})

describe('going back to a snapshot', () => {
  it('does not begin the interval between blocks anew', async () => {
    const { engine, genesis } = await devEngine()
    const timers = manualClock((GENESIS_TIME + 100) * 1000)
    const clock = adjustableClock(timers)
    const node = await createL1Node(
      { genesis, sealMode: { kind: 'interval', seconds: 1 } },
      { store: await openStore(), engine, clock, timers, logger: silentLogger },
    )
    opened.push(node)
    node.start()
    const snapshots = createSnapshots(node, clock)
    const id = await snapshots.take()
    timers.advance(600)
    expect(await snapshots.revert(id)).toBe(true)
    const head = nextHead(node)
    timers.advance(600)
    expect((await head).head.header.number).toBe(1n)
  })
})
