import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { webSocket } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { openRollup, type RollupNode } from '../../bin/rollupNode.ts'
import { devAccount, relayerAccount, settlerAccount } from '../../genesis/accounts.ts'
import type { RollupDeployment } from '../../genesis/types.ts'
import { systemTimers } from '../../node/clock.ts'
import { checkDeployment, fetchDeployment } from '../../rollup/deployment.ts'
import { createL1Client } from '../../rollup/l1/l1Client.ts'
import { createL1Watcher } from '../../rollup/l1/l1Watcher.ts'
import { chainMethods } from '../../rpc/chainMethods.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { startServer } from '../rpc/support.ts'
import { memoryMeta } from './fakeL1.ts'
import { balanceOf, type Pair, seal, settleAll, startPair } from './support.ts'

const FRESH = '0x00000000000000000000000000000000000f4e54'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function start(options: Parameters<typeof startPair>[0] = {}): Promise<Pair> {
  const of = await startPair(options)
  cleanups.push(() => of.close())
  return of
}

describe('the check of the deployment', () => {
  it('reads from the contracts what genesis says', async () => {
    const { deployment, transport } = await start()
    const { rollup, messenger } = deployment.l1
    const fetched = await fetchDeployment(createL1Client(transport), { rollup, messenger })
    const lower = (value: unknown) => JSON.parse(JSON.stringify(value).toLowerCase())
    expect(lower(fetched)).toEqual(lower(deployment))
  })

  it.each<[string, (deployment: RollupDeployment) => RollupDeployment, RegExp]>([
    ['another L1', (d) => ({ ...d, l1ChainId: 1 }), /chain id of L1 is 18079/],
    ['another genesis', (d) => ({ ...d, l2GenesisHash: `0x${'12'.repeat(32)}` }), /genesis hash/],
    ['another L2 chain id', (d) => ({ ...d, l2ChainId: 5 }), /chain id of L2/],
    ['another delay', (d) => ({ ...d, parameters: { ...d.parameters, finalityDelay: 9 } }), /finalityDelay is 0 on L1/],
    ['no contract', (d) => ({ ...d, l1: { ...d.l1, rollup: FRESH } }), /no rollup contract at/],
    ['a contract that is none', (d) => ({ ...d, l1: { ...d.l1, rollup: d.l1.withdrawalVerifier } }), /rollup/],
    [
      'another token bridge',
      (d) => ({ ...d, l1: { ...d.l1, tokenBridge: FRESH } }),
      /token bridge of the messenger is/,
    ],
    ['a messenger of another rollup', (d) => ({ ...d, l1: { ...d.l1, messenger: d.l1.rollup } }), /has no ROLLUP/],
  ])('refuses %s', async (_name, change, message) => {
    const { deployment, transport, l2 } = await start()
    const check = checkDeployment(createL1Client(transport), change(deployment), l2.chain.genesis)
    await expect(check).rejects.toThrow(message)
    await expect(check).rejects.toMatchObject({ code: 'WRONG_ROLLUP' })
  })

  it('says that L1 cannot be reached', async () => {
    const of = await start()
    of.tamper.current = async () => {
      throw new Error('connect ECONNREFUSED')
    }
    await expect(of.l2.start()).rejects.toMatchObject({ code: 'L1_UNREACHABLE' })
  })
})

describe('a restart on the same store', () => {
  it('keeps blocks, messages and inputs, and settles what was left', async () => {
    const chainDir = await mkdtemp(join(tmpdir(), 'rollup-'))
    cleanups.push(() => rm(chainDir, { recursive: true, force: true }))
    const of = await start({ chainDir })
    await of.l2.start()
    await of.deposit(FRESH, 5n)
    await seal(of.l1)
    await of.l2.watcher.step()
    await of.sendL2(devAccount(1), { to: FRESH, value: 6n })
    await seal(of.l2)
    await settleAll(of)
    await of.sendL2(devAccount(1), { to: FRESH, value: 7n })
    of.clock.shift(2_000)
    const unsettled = await seal(of.l2)
    await of.rollup.close()

    const again = await reopen(of, chainDir)
    const { node } = again
    expect(node.chain.head().hash).toEqual(unsettled.hash)
    expect(node.watcher.messages()).toHaveLength(1)
    await node.start()
    expect(node.settlement().settled).toBe(1n)
    await settleAll({ ...of, l2: node })
    expect(node.settlement().settled).toBe(2n)
    expect(balanceOf(node, FRESH)).toBe(18n)
    expect(node.chain.isCanonical(unsettled.hash)).toBe(true)
    await again.close()
  })
})

describe('L1 over WebSocket', () => {
  it('pushes its heads: a deposit shows without any poll', async () => {
    const of = await start({ l1: { kind: 'instant' } })
    const { chain, pool, pending } = of.l1
    const methods = chainMethods({ chain, pool, pending, clock: of.clock, clientVersion: 'reenact/test' })
    const server = await startServer({ methods })
    cleanups.push(() => server.close())
    const l1 = createL1Client(webSocket(`ws://127.0.0.1:${server.port}`, { retryCount: 0 }))
    cleanups.push(() => l1.close())
    const { deployment, clock, logger } = of
    const watcher = createL1Watcher({ pollMs: 3_600_000 }, { l1, deployment, meta: memoryMeta(), clock, logger })
    const heads = l1.subscribeHeads(() => undefined)
    cleanups.push(() => watcher.close())
    watcher.start()
    const stop = await heads
    const message = new Promise<void>((resolve) => {
      watcher.onChange(() => {
        if (watcher.messages().length > 0) resolve()
      })
    })
    await of.deposit(FRESH, 5n)
    await message
    expect(watcher.messages()[0]?.message.value).toBe(5n)
    stop?.()
  })

  it('is polled when its transport cannot push', async () => {
    const of = await start()
    expect(await createL1Client(of.transport).subscribeHeads(() => undefined)).toBeUndefined()
  })
})

describe('heartbeat', () => {
  it('seals an empty block when half of the timeout passed in silence', async () => {
    const of = await start({ l1: { kind: 'instant' }, l2: { kind: 'instant' }, settle: true })
    of.clock.shift(3600 * 1000 + 1_000)
    const head = new Promise<void>((resolve) => of.l2.chain.onHead(() => resolve()))
    await of.l2.start()
    await head
    expect(of.l2.chain.head().transactions).toHaveLength(0)
    expect(of.l2.chain.head().header.number).toBe(1n)
  })
})

describe('status', () => {
  it('tells heads, lag, queue and escrow, also while L1 is away', async () => {
    const of = await start()
    await of.l2.start()
    await of.deposit(FRESH, 5n)
    await seal(of.l1)
    await of.l2.watcher.step()
    const status = await of.l2.reader.status()
    expect(status.queue).toEqual({ deposits: 1n, blocksToSettle: 0n, forced: 0n })
    expect(status.l1Head.number).toBe(1n)
    const { chain } = of.l1
    const messenger = hexToBytes(of.deployment.l1.messenger)
    expect(status.escrow).toBe(chain.stateAt(chain.head().header.stateRoot).getAccount(messenger)?.balance)
    await seal(of.l2)
    of.tamper.current = async () => {
      throw new Error('gone')
    }
    const away = await of.l2.reader.status()
    expect(away).toMatchObject({
      escrow: status.escrow,
      lag: { blocks: 1n },
      queue: { deposits: 0n, blocksToSettle: 1n, forced: 0n },
    })
    expect(away.settler).toEqual({ active: false })
    expect(of.l2.reader.config()).toMatchObject({
      fork: 'amsterdam',
      gasSchedule: 'metered',
      blockTimes: { l1: 0, l2: 0 },
    })
  })
})

async function reopen(of: Pair, chainDir: string): Promise<RollupNode> {
  const [first] = of.genesis.rollups
  if (first === undefined) throw new Error('no rollup')
  return openRollup(
    {
      genesis: first.l2,
      deployment: of.deployment,
      sealMode: { kind: 'manual' },
      settle: false,
      l1BlockTime: 0,
      chainDir,
    },
    {
      engines: of.engines,
      l1: of.transport,
      accounts: { settler: settlerAccount(), relayer: relayerAccount() },
      clock: of.clock,
      timers: systemTimers,
      logger: of.logger,
    },
  )
}
