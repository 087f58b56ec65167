import { type Hex, parseEther } from 'viem'
import { afterEach, describe, expect, it } from 'vitest'
import { openRollup, type RollupNode } from '../../bin/rollupNode.ts'
import { devAccount, relayerAccount, settlerAccount } from '../../genesis/accounts.ts'
import { systemTimers } from '../../node/clock.ts'
import { createL1Client } from '../../rollup/l1/l1Client.ts'
import { createReconciler } from '../../rollup/rebuild.ts'
import { createReplayQueue } from '../../rollup/replay.ts'
import { createInputStore } from '../../rollup/settling/inputs.ts'
import { createSettledBlockReader } from '../../rollup/settling/settledBlocks.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { balanceOf, type Pair, seal, settleAll, startPair } from './support.ts'

const FRESH = '0x00000000000000000000000000000000000f4e54'

let pair: Pair | undefined
const others: RollupNode[] = []
afterEach(async () => {
  for (const other of others.splice(0)) await other.close()
  await pair?.close()
  pair = undefined
})

async function start(): Promise<Pair> {
  pair = await startPair()
  await pair.l2.start()
  return pair
}

/** Another node of the same rollup with its own store, which may settle with the same key. */
async function another(of: Pair): Promise<RollupNode> {
  const [first] = of.genesis.rollups
  if (first === undefined) throw new Error('no rollup')
  const other = await openRollup(
    { genesis: first.l2, deployment: of.deployment, sealMode: { kind: 'manual' }, settle: false, l1BlockTime: 0 },
    {
      engines: of.engines,
      l1: of.transport,
      accounts: { settler: settlerAccount(), relayer: relayerAccount() },
      clock: of.clock,
      timers: systemTimers,
      logger: of.logger,
    },
  )
  others.push(other)
  return other
}

async function nextL1(of: Pair): Promise<void> {
  await seal(of.l1)
  await of.l2.watcher.step()
}

const isIncluded = ({ l2 }: Pair, hash: Hex) => l2.chain.getTransactionLocation(hexToBytes(hash)) !== undefined

describe('an L1 reorg under unsettled blocks', () => {
  it('44 builds them again on a new anchor: same transactions, claims made anew, and they settle', async () => {
    const of = await start()
    const { l1, l2 } = of
    const fork = l1.chain.head().hash
    await of.deposit(FRESH, parseEther('1'))
    await nextL1(of)
    const first = await of.sendL2(devAccount(1), { to: FRESH, value: 5n })
    await seal(l2)
    const second = await of.sendL2(devAccount(1), { to: FRESH, value: 6n })
    const old = await seal(l2)
    // the deposit returns to L1's pool and is mined in another block, at another time
    await l1.chain.rewindTo(fork)
    of.clock.shift(30_000)
    await seal(l1)
    await nextL1(of)
    await l2.sequencer.reconcile()
    expect(l2.chain.isCanonical(old.hash)).toBe(false)
    expect(isIncluded(of, first) && isIncluded(of, second)).toBe(true)
    expect(of.l2Balance(FRESH)).toBe(parseEther('1') + 11n)
    const { header } = l2.chain.head()
    const anchor = l2.inputs.anchorBlock(l2.chain.head().hash)
    expect(header.parentBeaconBlockRoot).toEqual(l1.chain.getHashByNumber(anchor ?? -1n))
    await settleAll(of)
    expect(l2.settlement().settled).toBe(header.number)
  })

  it('reports what no longer fits and loses nothing that still does', async () => {
    const of = await start()
    const { l1, l2 } = of
    const poor = '0x000000000000000000000000000000000000dead'
    const fork = l1.chain.head().hash
    await nextL1(of)
    // the richest way to depend on a deposit: a dev account that spends more than genesis gave it
    const spender = devAccount(4)
    await of.deposit(spender.address, parseEther('500'))
    await nextL1(of)
    await seal(l2)
    const spends = await of.sendL2(spender, { to: poor, value: parseEther('1400') })
    const other = await of.sendL2(devAccount(5), { to: FRESH, value: 3n })
    await seal(l2)
    expect(isIncluded(of, spends)).toBe(true)
    await l1.chain.rewindTo(fork)
    await l1.pool.idle()
    for (const tx of l1.pool.content().pending) l1.pool.drop(tx.hash, 'the deposit never happened')
    of.clock.shift(20_000)
    await nextL1(of)
    await l2.sequencer.reconcile()
    expect(isIncluded(of, other)).toBe(true)
    expect(isIncluded(of, spends)).toBe(false)
    const report = of.logger.lines.filter(({ event }) => event.startsWith('a transaction of the old chain'))
    expect(report).toHaveLength(1)
    expect(report[0]?.fields.reason).toMatch(/insufficient funds/)
    await settleAll(of)
  })

  it('takes settled blocks as unsettled again when L1 dropped their settlement, and settles them once more', async () => {
    const of = await start()
    const { l1, l2 } = of
    await nextL1(of)
    const anchor = l1.chain.head().hash
    const tx = await of.sendL2(devAccount(1), { to: FRESH, value: 5n })
    const block = await seal(l2)
    await settleAll(of)
    expect(l2.settlement().settled).toBe(1n)
    await l1.chain.rewindTo(anchor)
    await l1.pool.idle()
    for (const pending of l1.pool.content().pending) l1.pool.drop(pending.hash, 'gone')
    of.clock.shift(5_000)
    await l1.sealer.sealNow()
    await nextL1(of)
    expect(l2.settlement().settled).toBe(0n)
    await l2.sequencer.reconcile()
    // its anchor is still there, so the block is good as it is
    expect(l2.chain.isCanonical(block.hash)).toBe(true)
    await settleAll(of)
    expect(l2.settlement().settled).toBe(1n)
    expect(isIncluded(of, tx)).toBe(true)
  })
})

describe('blocks that waited too long', () => {
  it('are built again after 8 days and settle', async () => {
    const of = await start()
    const { l2 } = of
    await of.deposit(FRESH, 77n)
    await nextL1(of)
    const tx = await of.sendL2(devAccount(1), { to: FRESH, value: 5n })
    const old = await seal(l2)
    of.clock.shift(8 * 24 * 3600 * 1000)
    await l2.sequencer.reconcile()
    // without settling nothing is wrong with the block
    expect(l2.chain.isCanonical(old.hash)).toBe(true)
    await Promise.all([l2.settleNow(), pump(of)])
    expect(l2.chain.isCanonical(old.hash)).toBe(false)
    expect(isIncluded(of, tx)).toBe(true)
    expect(of.l2Balance(FRESH)).toBe(82n)
    expect(l2.settlement().settled).toBe(l2.chain.head().header.number)
  })

  it('are built again when their anchor is too old or older than the settled one', async () => {
    const of = await start()
    const { l1, l2, transport, clock, logger } = of
    const { chain, watcher } = l2
    await of.sendL2(devAccount(1), { to: FRESH, value: 5n })
    await seal(l2)
    for (let index = 0; index < 6; index++) await seal(l1)
    await watcher.step()
    const reconcilerWith = (maxAnchorAge: number) => {
      const { deployment } = of
      const parameters = { ...deployment.parameters, maxAnchorAge }
      const client = createL1Client(transport)
      return createReconciler({
        chain,
        view: { ...watcher, deployment: { ...deployment, parameters } },
        l1: client,
        inputs: createInputStore(chain),
        replay: createReplayQueue(chain, logger),
        settledBlocks: createSettledBlockReader(client, deployment),
        isOwn: () => false,
        sharesClock: false,
        isFollower: false,
        clock,
        logger,
      })
    }
    // the anchor is block 0, the next L1 block is number 7
    expect(await reconcilerWith(7).reconcile({ windows: true })).toBe('unchanged')
    expect(await reconcilerWith(6).reconcile({ windows: false })).toBe('unchanged')
    expect(await reconcilerWith(6).reconcile({ windows: true })).toBe('rewound')
    expect(chain.head().header.number).toBe(0n)
    expect(createReplayQueue(chain, logger).pending()).toHaveLength(1)
  })
})

describe('L1 read again from the start', () => {
  it('does not make settled blocks look old and unsettled meanwhile', async () => {
    const of = await start()
    const { l2, tamper, clock } = of
    for (let index = 0; index < 3; index++) {
      await of.sendL2(devAccount(1), { to: FRESH, value: 1n })
      clock.shift(1_000)
      await seal(l2)
    }
    await settleAll(of)
    const head = l2.chain.head().hash
    clock.shift(30 * 24 * 3600 * 1000)
    let answers = 4
    tamper.current = async (_method, _params, answer) => {
      answers -= 1
      if (answers < 0) throw new Error('L1 went away')
      return answer()
    }
    l2.watcher.distrust()
    await expect(l2.watcher.step()).rejects.toMatchObject({ code: 'L1_UNREACHABLE' })
    expect(l2.watcher.settledHead()).toBeUndefined()
    expect(l2.watcher.inSync()).toBe(false)
    await l2.sequencer.reconcile()
    expect(l2.chain.head().hash).toEqual(head)
    expect(l2.settlement().settled).toBe(3n)
    tamper.current = undefined
    await l2.watcher.step()
    await l2.sequencer.reconcile()
    expect(l2.chain.head().hash).toEqual(head)
    expect(l2.settlement().settled).toBe(3n)
  })
})

describe('another proposer', () => {
  it('wins: its blocks are imported from L1 calldata, own transactions run on top of them', async () => {
    const of = await start()
    const { l2 } = of
    await nextL1(of)
    const rival = await another(of)
    await rival.node.start()
    const theirs = await of.sendL2(devAccount(1), { to: FRESH, value: 100n })
    const raw = of.l2.pool.get(hexToBytes(theirs))?.raw
    if (raw === undefined) throw new Error('not in the pool')
    await rival.node.pool.add(raw)
    await seal(rival.node)
    const emptyBlock = await seal(rival.node)
    const ours = await of.sendL2(devAccount(2), { to: FRESH, value: 1n })
    const lost = await seal(l2)
    await settleAll({ ...of, l2: rival.node })
    await l2.watcher.step()
    await l2.sequencer.reconcile()
    expect(l2.chain.isCanonical(lost.hash)).toBe(false)
    expect(l2.chain.isCanonical(emptyBlock.hash)).toBe(true)
    expect(isIncluded(of, theirs) && isIncluded(of, ours)).toBe(true)
    expect(of.l2Balance(FRESH)).toBe(101n)
    expect(l2.settlement().settled).toBe(2n)
    expect(l2.chain.head().header.number).toBe(3n)
    await settleAll(of)
    expect(l2.settlement().settled).toBe(3n)
  })

  it('can be followed by a node that has nothing but L1', async () => {
    const of = await start()
    const { l2 } = of
    await of.deposit(FRESH, parseEther('2'))
    await nextL1(of)
    for (let index = 0; index < 3; index++) {
      await of.sendL2(devAccount(index), { to: FRESH, value: BigInt(index) })
      of.clock.shift(1_000)
      await seal(l2)
    }
    await of.withdraw(devAccount(6), devAccount(6).address, 11n)
    await seal(l2)
    await settleAll(of)
    const { node } = await another(of)
    await node.start()
    expect(node.chain.head().hash).toEqual(l2.chain.head().hash)
    expect(balanceOf(node, FRESH)).toBe(of.l2Balance(FRESH))
    expect(await node.reader.getWithdrawals({})).toEqual(await l2.reader.getWithdrawals({}))
    const [proof] = await node.reader.getWithdrawalProof({ index: 0n }, {})
    expect(proof?.calldata).toBe((await l2.reader.getWithdrawalProof({ index: 0n }, {}))[0]?.calldata)
    // and go on from there
    expect((await seal(node)).header.number).toBe(5n)
  })

  it('is not believed when its calldata does not hold the settled block', async () => {
    const of = await start()
    await seal(of.l2)
    await settleAll(of)
    const { node } = await another(of)
    of.tamper.current = async (method, _params, answer) => {
      const result = await answer()
      return method === 'eth_getTransactionByHash' ? spoiled(result) : result
    }
    const { l1TxHash } = of.l2.watcher.settledAt(1n) ?? {}
    const names = expect.stringMatching(
      new RegExp(`^L2 block 1, settled by L1 transaction ${l1TxHash} .* is refused: `),
    )
    await expect(node.start()).rejects.toMatchObject({ code: 'REFUSED_BLOCK', message: names })
    expect(node.chain.head().header.number).toBe(0n)
    const { derivation } = await node.reader.status()
    expect(derivation).toEqual({ inSync: false, lastError: names, l2Block: 1n, l1TxHash })
    // asked again, and L1 tells the truth
    of.tamper.current = undefined
    await node.start()
    expect((await node.reader.status()).derivation).toEqual({ inSync: true })
    expect(node.chain.head().hash).toEqual(of.l2.chain.head().hash)
  })

  it('is asked for a refused block again after growing pauses, and at once when L1 has reorganised', async () => {
    const of = await start()
    await seal(of.l2)
    const fork = of.l1.chain.head().hash
    await settleAll(of)
    const { node } = await another(of)
    let asked = 0
    of.tamper.current = async (method, _params, answer) => {
      if (method === 'eth_getTransactionByHash') asked += 1
      return method === 'eth_getTransactionByHash' ? spoiled(await answer()) : answer()
    }
    const refused = { code: 'REFUSED_BLOCK' }
    await expect(node.start()).rejects.toMatchObject(refused)
    // a first refusal may be a slip of L1: the next look is not put off
    await expect(node.sequencer.reconcile()).rejects.toMatchObject(refused)
    expect(asked).toBe(2)
    const askedWithin = async (seconds: number): Promise<number> => {
      const before = asked
      for (let second = 0; second < seconds; second++) {
        of.clock.shift(1_000)
        await expect(node.sequencer.reconcile()).rejects.toMatchObject(refused)
      }
      return asked - before
    }
    expect(await askedWithin(60)).toBeLessThan(8)
    expect(await askedWithin(60)).toBeLessThan(3)
    expect((await node.reader.status()).derivation).toMatchObject({ inSync: false, l2Block: 1n })

    of.tamper.current = undefined
    await of.l1.chain.rewindTo(fork)
    await of.l1.pool.idle()
    await seal(of.l1)
    await node.watcher.step()
    await node.sequencer.reconcile()
    expect((await node.reader.status()).derivation).toEqual({ inSync: true })
    expect(node.chain.head().hash).toEqual(of.l2.chain.head().hash)
  })
})

describe('a crash while blocks are taken back', () => {
  it('leaves the transactions in the queue, in order, and none of them twice', async () => {
    const of = await start()
    const { l2 } = of
    const hashes: Hex[] = []
    for (let index = 0; index < 3; index++) {
      hashes.push(await of.sendL2(devAccount(1), { to: FRESH, value: 1n }))
      await seal(l2)
    }
    const { chain } = l2
    const transactions = [1n, 2n, 3n].flatMap((number) => {
      const block = chain.getBlockByNumber(number)?.block
      return block === undefined ? [] : chain.getTransactions(block)
    })
    await createReplayQueue(chain, of.logger).prepend(transactions)
    // died here, before the rewind: what is in the chain is not waiting
    const reopened = createReplayQueue(chain, of.logger)
    expect(reopened.isEmpty()).toBe(true)
    // died after it
    await chain.rewindTo(chain.genesis.hash)
    expect(reopened.pending().map(({ hash }) => `0x${Buffer.from(hash).toString('hex')}`)).toEqual(hashes)
    await reopened.prepend(transactions.slice(0, 1))
    expect(reopened.pending()).toHaveLength(3)
    await reopened.remove(transactions.slice(1))
    expect(createReplayQueue(chain, of.logger).pending()).toHaveLength(1)
  })
})

/** With another byte of the payload; the tail of the witness would not matter for the block. */
function spoiled(result: unknown): unknown {
  const transaction = result as { input?: string }
  return { ...transaction, input: transaction.input?.replace(/^(0x.{600})../, '$1ff') }
}

/** Seals L1 blocks while transactions wait, until the L2 is settled. */
async function pump({ l1, l2 }: Pair): Promise<void> {
  while (l2.settlement().settled < l2.chain.head().header.number || l2.settlement().settled === 0n) {
    if (l1.pool.status().pending > 0) await l1.sealer.sealNow()
    await l2.watcher.step()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
