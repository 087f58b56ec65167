import { toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEV_ADDRESSES } from '../../genesis/accounts.ts'
import type { DevnetChains } from '../../rpc/rollup/devnet.ts'
import { accessTo, type Hex } from './chainAccess.ts'
import { until } from './clients.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'
import { act, brokenPromises, type Drill, type Point, quiet, startDrill } from './drills.ts'

const ROUNDS = process.env.REENACT_FULL === '1' ? 50 : 4
const SEED = Number(process.env.REENACT_SEED ?? 4)

/** Everything of both chains that a revert brings back, read while nothing moves. */
async function picture({ l1, l2, deployment, sent }: Drill) {
  const of = async ({ call }: Drill['l1']) => ({
    head: await call<Point>('eth_getBlockByNumber', ['latest', false]),
    safe: (await call<Point>('eth_getBlockByNumber', ['safe', false])).hash,
    pool: await call('txpool_content'),
    automine: await call('hardhat_getAutomine'),
    recipient: await call('eth_getBalance', [sent.recipient, 'latest']),
  })
  const { l1Head, l2: heads, queue, escrow } = await l2.call<Record<string, unknown>>('rollup_status')
  return {
    l1: await of(l1),
    l2: await of(l2),
    status: { l1Head, heads, queue, escrow },
    messenger: deployment.l1.messenger,
  }
}

describe('a devnet and its snapshots', () => {
  let devnet: TestDevnet
  let drill: Drill
  beforeAll(async () => {
    devnet = await startTestDevnet()
    drill = startDrill(devnet, SEED)
  })
  afterAll(() => devnet?.close())

  async function setAutomine(isOn: boolean): Promise<void> {
    await drill.l1.call('evm_setAutomine', [isOn])
    await drill.l2.call('evm_setAutomine', [isOn])
  }

  /** Ten blocks on both chains, with deposits in flight when the last one is made. */
  async function goAstray(): Promise<void> {
    const astray: Drill = {
      ...drill,
      sent: { ...drill.sent, deposits: new Map(), l2: new Set(), withdrawals: new Map() },
    }
    for (let block = 0; block < 10; block++) {
      await act(astray)
      await Promise.all([drill.l1, drill.l2].map((chain) => chain.call('evm_mine')))
    }
    for (let deposit = 0; deposit < 2; deposit++) {
      await drill.l1.call('rollup_deposit', [{ to: drill.sent.recipient, value: '0x3' }])
    }
  }

  /** At rest, with transactions waiting in both pools: everything is as it was, to the hash. */
  async function revertAtRest(): Promise<void> {
    await quiet(drill)
    await setAutomine(false)
    const [from, to] = [DEV_ADDRESSES[6], drill.sent.recipient]
    for (const chain of [drill.l1, drill.l2])
      await chain.call('eth_sendTransaction', [{ from, to: from, value: '0x1' }])
    await until('L2 to have read L1', async () => ((await isRead()) ? true : undefined))
    const before = await picture(drill)
    const id = await drill.l2.call<Hex>('rollup_snapshot')
    if (drill.random.chance(0.7)) await setAutomine(true)
    if (drill.random.chance(0.3))
      await drill.l1.call('rollup_setTime', [{ seconds: toHex(1 + drill.random.below(100_000)) }])
    await goAstray()
    await drill.l1.call('rollup_revert', [id])
    expect(await picture(drill), to).toEqual(before)
    await setAutomine(true)
  }

  const isRead = async () => {
    const { l1Head } = await drill.l2.call<{ l1Head: Point }>('rollup_status')
    return l1Head.hash === (await drill.l1.call<Point>('eth_getBlockByNumber', ['latest', false])).hash
  }

  /** In full motion: the heads are of the moment of the snapshot. */
  async function revertInMotion(): Promise<void> {
    await act(drill)
    const [first, id] = await Promise.all([
      act(drill).catch((error: Error) => error),
      drill.l1.call<Hex>('rollup_snapshot'),
    ])
    if (first instanceof Error) throw first
    // the step beside the snapshot may be on either side of it
    const known = new Set(await hashesOf(drill.l1))
    await goAstray()
    const heads = await drill.l2.call<DevnetChains>('rollup_revert', [id])
    expect(known.has(heads.l1.hash)).toBe(true)
    await forgetUnknown()
  }

  async function hashesOf(chain: Drill['l1']): Promise<Hex[]> {
    const number = Number(await chain.call<Hex>('eth_blockNumber'))
    const numbers = Array.from({ length: Math.min(number, 20) }, (_, back) => [toHex(number - back), false])
    return (await chain.batch<Point>('eth_getBlockByNumber', numbers)).map(({ hash }) => hash)
  }

  /** What was sent while the snapshot was taken, and is not in it. */
  async function forgetUnknown(): Promise<void> {
    const { deposits, l2, withdrawals } = drill.sent
    for (const [chain, hashes] of [
      [drill.l1, deposits],
      [drill.l2, l2],
      [drill.l2, withdrawals],
    ] as const) {
      const [last] = [...hashes.keys()].slice(-1)
      if (last === undefined) continue
      if ((await chain.call('eth_getTransactionByHash', [last])) === null) hashes.delete(last)
    }
  }

  /** Both chains take transactions and messages as before. */
  async function goesOn(): Promise<void> {
    for (let step = 0; step < 3; step++) await act(drill)
    const { deposit } = await drill.l2.call<{ deposit: { delivered: boolean } }>('rollup_faucet', [
      { chain: 'l2', address: DEV_ADDRESSES[9], value: '0x1' },
    ])
    expect(deposit.delivered).toBe(true)
    await quiet(drill)
  }

  it(`${ROUNDS} times: snapshot, ten blocks on both chains, revert; both go on`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      for (let step = drill.random.below(4); step >= 0; step--) await act(drill)
      await (round % 2 === 0 ? revertAtRest() : revertInMotion())
      await goesOn()
      expect(await brokenPromises(drill), `round ${round} of seed ${SEED}`).toEqual([])
    }
    console.log(
      `${ROUNDS} snapshots reverted (seed ${SEED}), ${drill.sent.deposits.size} deposits, ${drill.sent.l2.size} L2 transactions kept`,
    )
  }, 1_800_000)
})

it('an id of a snapshot is one of evm_revert on L1 too, and each is used once', async () => {
  const devnet = await startTestDevnet()
  try {
    const [l1, l2] = [accessTo(devnet.l1Url), accessTo(devnet.l2Url)]
    const first = await l1.call<Hex>('rollup_snapshot')
    const second = await l2.call<Hex>('rollup_snapshot')
    expect(await l1.call('evm_revert', [second])).toBe(true)
    await expect(l2.call('rollup_revert', [second])).rejects.toThrow(/-32001 no snapshot 0x1/)
    await l2.call('rollup_revert', [first])
    await expect(l2.call('rollup_revert', [first])).rejects.toThrow(/-32001 no snapshot 0x0/)
    expect(await l1.call('evm_revert', [first])).toBe(false)
  } finally {
    await devnet.close()
  }
})
