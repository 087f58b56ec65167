import { setImmediate } from 'node:timers/promises'
import type { Hex } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { devAccount, settlerAccount } from '../../genesis/accounts.ts'
import { createFaults } from '../../rollup/control/faults.ts'
import { createL1Client } from '../../rollup/l1/l1Client.ts'
import { SETTLEMENT_LIMITS } from '../../rollup/limits.ts'
import { createAttemptJournal } from '../../rollup/settling/attempts.ts'
import { createInputStore } from '../../rollup/settling/inputs.ts'
import { createSettler, type Settler } from '../../rollup/settling/settler.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { memoryMeta } from './fakeL1.ts'
import { type Pair, type PairOptions, seal, settleAll, startPair } from './support.ts'

const FRESH = '0x00000000000000000000000000000000000f4e54'

let pair: Pair | undefined
afterEach(async () => {
  await pair?.close()
  pair = undefined
})

/** A pair with `blocks` unsettled L2 blocks. */
async function start(blocks: number, options: PairOptions = {}): Promise<Pair> {
  const of = await startPair(options)
  pair = of
  await of.l2.start()
  await seal(of.l1)
  await of.l2.watcher.step()
  for (let index = 0; index < blocks; index++) {
    await of.sendL2(devAccount(1), { to: FRESH, value: 1n })
    // L2 time must not run ahead of L1's
    of.clock.shift(1_000)
    await seal(of.l2)
  }
  return of
}

/** A second settler on the same store: what a restarted process would be. */
function restarted(of: Pair, overrides: Partial<Parameters<typeof createSettler>[1]> = {}): Settler {
  return createSettler(
    { limits: SETTLEMENT_LIMITS },
    {
      chain: of.l2.chain,
      view: of.l2.watcher,
      l1: createL1Client(of.transport),
      inputs: createInputStore(of.l2.chain),
      attempts: createAttemptJournal(of.l2.chain),
      faults: createFaults({
        chain: of.l2.chain,
        l1: createL1Client(of.transport),
        view: of.l2.watcher,
        logger: of.logger,
      }),
      account: settlerAccount(),
      verify: of.engines.execute.execute,
      onRefused: () => undefined,
      clock: of.clock,
      logger: of.logger,
      ...overrides,
    },
  )
}

/** An L1 whose head has another time. */
function clientWithHeadTime(of: Pair, timestamp: bigint) {
  const client = createL1Client(of.transport)
  return {
    ...client,
    async getBlock(at: Parameters<typeof client.getBlock>[0]) {
      const block = await client.getBlock(at)
      return block === undefined ? undefined : { ...block, timestamp }
    },
  }
}

const pendingOnL1 = ({ l1 }: Pair) => l1.pool.content().pending
const events = ({ logger }: Pair, event: string) => logger.lines.filter((line) => line.event === event)

describe('settler', () => {
  it('packs several blocks into one transaction and does nothing when all is settled', async () => {
    const of = await start(5)
    expect(await of.l2.settler.step()).toBe('sent')
    expect(await of.l2.settler.step()).toBe('waiting')
    expect(pendingOnL1(of)).toHaveLength(1)
    const block = await seal(of.l1)
    expect(block.transactions).toHaveLength(1)
    expect(await of.l2.settler.step()).toBe('settled')
    expect(await of.l2.settler.step()).toBe('idle')
    await of.l2.watcher.step()
    expect(of.l2.settlement()).toEqual({ settled: 5n, final: 5n })
    expect(of.l2.settler.status().lastTx).toBe(of.l2.watcher.settledHead()?.l1TxHash)
    expect((await of.l2.reader.status()).lag).toEqual({ blocks: 0n, seconds: 0n })
  })

  it('gives gas by the formula: enough, and not much more', async () => {
    const of = await start(3)
    await of.l2.settler.step()
    const [tx] = pendingOnL1(of)
    const { header } = await seal(of.l1)
    const location = of.l1.chain.getTransactionLocation(tx?.hash ?? new Uint8Array(32))
    const receipt = of.l1.chain.getBlockByNumber(header.number)?.receipts[location?.index ?? 0]
    expect(receipt?.status).toBe(1)
    const unused = (tx?.gasLimit ?? 0n) - (receipt?.gasUsed ?? 0n)
    expect(Number(unused)).toBeLessThan(Number(tx?.gasLimit) / 2)
    expect(of.l2.settler.status().lastError).toBeUndefined()
  })

  it('never sends a block that is ahead of the time of L1', async () => {
    const of = await start(1)
    while ((await of.l2.sealer.sealNow()) !== undefined);
    expect(await of.l2.settler.step()).toBe('sent')
    await seal(of.l1)
    expect(await of.l2.settler.step()).toBe('settled')
    await of.l2.watcher.step()
    // the first settlement took what its time allowed
    expect(of.l2.settlement().settled).toBeGreaterThan(0n)
    expect(of.l2.settlement().settled).toBeLessThan(of.l2.chain.head().header.number)
    const frozen = restarted(of, { clock: { nowMs: () => 0 }, l1: clientWithHeadTime(of, 0n) })
    expect(await frozen.step()).toBe('blocked')
    expect(frozen.status().lastError).toMatch(/ahead of the time of L1/)
    of.clock.shift(15_000)
    await settleAll(of)
    expect(of.l2.settlement().settled).toBe(of.l2.chain.head().header.number)
    expect(events(of, 'settler failed, retrying')).toHaveLength(0)
  })

  it('goes on with the transaction in flight after a restart', async () => {
    const of = await start(2)
    await of.l2.settler.step()
    const next = restarted(of)
    expect(await next.step()).toBe('waiting')
    expect(pendingOnL1(of)).toHaveLength(1)
    await seal(of.l1)
    expect(await next.step()).toBe('settled')
    expect(await next.step()).toBe('idle')
  })

  it('sends again when nobody has the transaction that it wrote down before a crash', async () => {
    const of = await start(2)
    of.tamper.current = async (method, _params, answer) => {
      if (method === 'eth_sendRawTransaction') throw new Error('the connection broke')
      return answer()
    }
    await expect(of.l2.settler.step()).rejects.toMatchObject({ code: 'L1_UNREACHABLE' })
    expect(of.l2.settler.status().lastError).toMatch(/connection broke/)
    of.tamper.current = undefined
    const next = restarted(of)
    expect(await next.step()).toBe('sent')
    await seal(of.l1)
    expect(await next.step()).toBe('settled')
  })

  it('replaces a stuck transaction at a higher price, with what is there to settle by then', async () => {
    const of = await start(1)
    await of.l2.settler.step()
    const [first] = pendingOnL1(of)
    if (first === undefined) throw new Error('nothing was sent')
    // L1 says that it knows the transaction, and leaves it out of its blocks
    of.l1.pool.drop(first.hash, 'censored')
    of.tamper.current = async (method, _params, answer) =>
      method === 'eth_getTransactionByHash' ? { to: of.deployment.l1.rollup, input: '0x' } : answer()
    await of.sendL2(devAccount(1), { to: FRESH, value: 1n })
    await seal(of.l2)
    of.clock.shift(31_000)
    expect(await of.l2.settler.step()).toBe('waiting')
    for (let index = 0; index < 3; index++) await seal(of.l1)
    await of.l2.watcher.step()
    expect(await of.l2.settler.step()).toBe('sent')
    const [second, ...rest] = pendingOnL1(of)
    expect(rest).toHaveLength(0)
    expect(second?.nonce).toBe(first?.nonce)
    expect(second?.maxFeePerGas).toBeGreaterThan(((first?.maxFeePerGas ?? 0n) * 110n) / 100n)
    await seal(of.l1)
    expect(await of.l2.settler.step()).toBe('settled')
    await of.l2.watcher.step()
    expect(of.l2.settlement().settled).toBe(2n)
  })

  it('takes the head and the nonce from L1 when another process used its key', async () => {
    const of = await start(2)
    await of.l2.settler.step()
    const [own] = pendingOnL1(of)
    of.l1.pool.drop(own?.hash ?? new Uint8Array(32), 'taken away')
    await of.sendL1(settlerAccount(), { to: FRESH, value: 1n })
    await seal(of.l1)
    expect(await of.l2.settler.step()).toBe('settled')
    expect(events(of, "the settler's nonce was used by another transaction")).toHaveLength(1)
    await settleAll(of)
    expect(of.l2.settlement().settled).toBe(2n)
  })

  it('says why L1 refused', async () => {
    const of = await start(1)
    const { chain } = of.l2
    const settleable = await of.l2.inputs.require(chain.head().hash)
    // a wrong anchor number passes the local EXECUTE; only the contract knows
    await of.l2.inputs.put(chain.head().hash, { ...settleable, anchorBlock: 0n })
    expect(await of.l2.settler.step()).toBe('sent')
    await seal(of.l1)
    await expect(of.l2.settler.step()).rejects.toMatchObject({
      code: 'SETTLEMENT_REVERTED',
      data: { reason: 'NativeRollup_AnchorMismatch' },
    })
    expect(of.l2.settler.status().lastError).toMatch(/NativeRollup_AnchorMismatch/)
    expect(of.l2.settlement().settled).toBe(0n)
    await of.l2.inputs.put(chain.head().hash, settleable)
    await settleAll(of)
    expect(of.l2.settlement().settled).toBe(1n)
  })

  it('never sends what its own EXECUTE refuses: a damaged input is made again', async () => {
    const of = await start(1)
    const { hash } = of.l2.chain.head()
    const good = await of.l2.inputs.require(hash)
    const input = good.input.slice()
    input[input.length - 40] = (input[input.length - 40] ?? 0) ^ 1
    await of.l2.inputs.put(hash, { ...good, input })
    await settleAll(of)
    expect(of.l2.settlement().settled).toBe(1n)
    // released after settling, and still to be had
    expect(of.l2.chain.getMeta(`input:${bytesToHex(hash)}`)).toHaveLength(0)
    expect((await of.l2.inputs.require(hash)).input).toEqual(good.input)
  })

  it('stops at a block that cannot be made right, and says so', async () => {
    const of = await start(1)
    const verify = async () => ({
      ok: false as const,
      failure: { stage: 'validation' as const, code: 'STATE_ROOT_MISMATCH', message: 'no', data: {} },
      executedGas: 0n,
    })
    await expect(restarted(of, { verify }).step()).rejects.toMatchObject({ code: 'NOT_SETTLEABLE' })
    expect(pendingOnL1(of)).toHaveLength(0)
    expect(events(of, 'an own block is not settleable')).toHaveLength(1)
  })

  it('does not send when the rollup has another sequencer', async () => {
    const of = await start(1)
    const stranger = restarted(of, { account: devAccount(3) })
    expect(await stranger.step()).toBe('blocked')
    expect(await stranger.step()).toBe('blocked')
    expect(stranger.status().lastError).toMatch(/^the sequencer on L1 is 0x[0-9a-f]{40}, not 0x[0-9a-f]{40}; .* at 20/)
    expect(events(of, 'not settling')).toHaveLength(1)
    expect(pendingOnL1(of)).toHaveLength(0)
    // silent for SEQUENCER_TIMEOUT: anyone may advance
    of.clock.shift(2 * 3600 * 1000 + 60_000)
    await seal(of.l1)
    await of.l2.watcher.step()
    expect(await stranger.step()).toBe('sent')
    await seal(of.l1)
    expect(await stranger.step()).toBe('settled')
  })

  it('waits while the head on L1 is not in its chain', async () => {
    const of = await start(1)
    await settleAll(of)
    await of.l2.chain.rewindTo(of.l2.chain.genesis.hash)
    expect(await of.l2.settler.step()).toBe('blocked')
    expect(of.l2.settler.status().lastError).toMatch(/is not in this chain yet/)
    await of.l2.sequencer.reconcile()
    expect(await of.l2.settler.step()).toBe('idle')
    expect(of.l2.settler.status().lastError).toBeUndefined()
  })

  it('settles by request when it does not by itself', async () => {
    const of = await start(3, { l1: { kind: 'instant' } })
    const [tx] = await of.l2.settleNow()
    expect(of.l2.settlement().settled).toBe(3n)
    expect(of.l1.chain.getTransactionLocation(hexToBytes(tx ?? ('0x' as Hex)))).toBeDefined()
    expect(await of.l2.settleNow()).toEqual([])
  })

  it('names the settlement that its loop had sent and L1 has included meanwhile', async () => {
    const of = await start(2)
    expect(await of.l2.settler.step()).toBe('sent')
    const { lastTx } = of.l2.settler.status()
    await seal(of.l1)
    expect(await of.l2.settleNow()).toEqual([lastTx])
    expect(await of.l2.settleNow()).toEqual([])
  })

  it('is paused only when the step under way has ended: what is sealed then is not sent', async () => {
    const of = await start(0, { settle: true })
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const step = of.l2.settler.exclusively(() => ended)
    const paused = of.l2.control().setSettling(false)
    const first = await Promise.race([paused, setImmediate('still waiting')])
    expect(first).toBe('still waiting')
    end()
    await step
    expect(await paused).toBe(true)
    expect(of.l2.settler.status().active).toBe(false)
    expect(await of.l2.control().setSettling(false)).toBe(false)
  })

  it('does not name the settlement that somebody else made', async () => {
    const of = await start(1)
    const stranger = restarted(of, { attempts: createAttemptJournal(memoryMeta()) })
    expect(await stranger.step()).toBe('sent')
    await seal(of.l1)
    expect(await stranger.step()).toBe('settled')
    expect(await of.l2.settleNow()).toEqual([])
    expect(of.l2.settlement().settled).toBe(1n)
  })
})

describe('what is posted beside the settlements', () => {
  const NONSENSE = { data: '0x12345678', gas: 100_000n } as const

  it('waits for the settlement on its way, and the next settlement waits for it', async () => {
    const of = await start(1)
    const { settler } = of.l2
    expect(await settler.step()).toBe('sent')
    expect(await settler.post(NONSENSE)).toBeUndefined()
    await seal(of.l1)
    expect(await settler.post(NONSENSE)).toMatch(/^0x/)
    expect(await settler.post(NONSENSE)).toBeUndefined()
    await of.sendL2(devAccount(1), { to: FRESH, value: 1n })
    of.clock.shift(1_000)
    await seal(of.l2)
    expect(await settler.step()).toBe('waiting')
    expect(pendingOnL1(of)).toHaveLength(1)
    await seal(of.l1)
    // L1 refused it, which is nobody's failure
    expect(await settler.step()).toBe('settled')
    expect(settler.status().lastError).toBeUndefined()
    await settleAll(of)
    expect(of.l2.settlement().settled).toBe(2n)
  })

  it('is followed after a restart, like a settlement', async () => {
    const of = await start(1)
    await of.l2.settler.post(NONSENSE)
    const next = restarted(of)
    expect(await next.step()).toBe('waiting')
    await seal(of.l1)
    expect(await next.step()).toBe('settled')
    expect(await next.step()).toBe('sent')
  })

  it('does not take the refusal of a settlement for its own', async () => {
    const of = await start(1)
    const refusals: string[] = []
    const settler = restarted(of, { onRefused: (reason) => refusals.push(reason) })
    const { hash } = of.l2.chain.head()
    await of.l2.inputs.put(hash, { ...(await of.l2.inputs.require(hash)), anchorBlock: 0n })
    await settler.step()
    await seal(of.l1)
    expect(await settler.post(NONSENSE)).toMatch(/^0x/)
    expect(refusals).toHaveLength(1)
    expect(settler.status().lastError).toMatch(/L1 refused the settlement/)
  })
})

describe('the whole node, running', () => {
  it('claims and settles by itself when poked', async () => {
    const of = await startPair({ l1: { kind: 'instant' }, l2: { kind: 'instant' }, settle: true })
    pair = of
    await of.l2.start()
    of.l1.chain.onHead(() => of.l2.poke())
    const settled = (number: bigint) =>
      new Promise<void>((resolve) => {
        const stop = of.l2.watcher.onChange(() => {
          if (of.l2.settlement().settled < number) return
          stop()
          resolve()
        })
      })
    const first = settled(1n)
    await of.deposit(FRESH, 42n)
    await first
    expect(of.l2Balance(FRESH)).toBe(42n)
    const second = settled(2n)
    await of.sendL2(devAccount(1), { to: FRESH, value: 1n })
    await second
    expect(of.l2Balance(FRESH)).toBe(43n)
    const problems = of.logger.lines.filter(({ level }) => level === 'warn' || level === 'error')
    expect(problems).toEqual([])
  })
})
