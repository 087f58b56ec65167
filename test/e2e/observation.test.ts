import { parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEV_ADDRESSES } from '../../genesis/accounts.ts'
import type { Metric } from '../../rpc/rollup/observation.ts'
import { openSocket } from '../rpc/support.ts'
import { type Client, claimable, clientFor, deposit, rpc, succeeded, until, withdraw } from './clients.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

type Event = Record<string, unknown>
type Push = { method: string; params: { subscription: string; result: Event } }

let devnet: TestDevnet
let l1: Client
let l2: Client
beforeAll(async () => {
  devnet = await startTestDevnet()
  l1 = clientFor(devnet.l1Url, devnet.deployment.l1ChainId, 1)
  l2 = clientFor(devnet.l2Url, devnet.deployment.l2ChainId, 1)
})
afterAll(() => devnet?.close())

const KINDS = ['status', 'settlements', 'messages', 'withdrawals', 'executes'] as const

/** Everything that one connection hears, by kind. */
async function listen(url: string) {
  const socket = await openSocket({ port: Number(new URL(url).port) })
  const heard = Object.fromEntries(KINDS.map((kind) => [kind, [] as Event[]])) as Record<
    (typeof KINDS)[number],
    Event[]
  >
  const kindOf = new Map<string, (typeof KINDS)[number]>()
  for (const [id, kind] of KINDS.entries()) {
    socket.send({ jsonrpc: '2.0', id, method: 'rollup_subscribe', params: [kind] })
    let answer = await socket.next<Partial<Push> & { id?: number; result?: string }>()
    // what was subscribed to before may already be told
    while (answer.id === undefined) answer = await socket.next()
    kindOf.set(answer.result ?? '', kind)
  }
  const reading = (async () => {
    for (;;) {
      const { method, params } = await socket.next<Push>()
      expect(method).toBe('rollup_subscription')
      const kind = kindOf.get(params.subscription)
      if (kind !== undefined) heard[kind].push(params.result)
    }
  })()
  reading.catch(() => undefined)
  const find = (kind: (typeof KINDS)[number], wanted: Event) =>
    until(`${kind} ${JSON.stringify(wanted)}`, async () =>
      heard[kind].find((event) => Object.entries(wanted).every(([name, value]) => event[name] === value)),
    )
  return { heard, find, close: () => socket.close() }
}

describe('subscriptions', () => {
  it('tell of a deposit, a settlement and a withdrawal from the first step to the last, on both ports', async () => {
    const ears = [await listen(devnet.l1Url), await listen(devnet.l2Url)]
    const index = await deposit(l1, devnet.deployment, DEV_ADDRESSES[4], parseEther('1'))
    const withdrawal = await withdraw(l2, devnet.deployment, DEV_ADDRESSES[5], parseEther('0.1'))
    const { to, calldata } = await claimable(l2, withdrawal)
    const claim = await succeeded(l1, await l1.wallet.sendTransaction({ to, data: calldata }))
    for (const { heard, find, close } of ears) {
      const queued = await find('messages', { index: `0x${index.toString(16)}`, status: 'queued', removed: false })
      const claimed = await find('messages', { index: queued.index, status: 'claimed', removed: false })
      expect(claimed.hash).toBe(queued.hash)
      const receipt = await l2.reader.getTransactionReceipt({ hash: claimed.txHash as `0x${string}` })
      expect(receipt).toMatchObject({ status: 'success', blockNumber: BigInt(claimed.block as string) })

      await find('withdrawals', { l2TxHash: withdrawal, status: 'waiting-to-settle' })
      const ready = await find('withdrawals', { l2TxHash: withdrawal, status: 'ready-to-claim' })
      expect(await find('withdrawals', { id: ready.id, status: 'claimed' })).toMatchObject({
        claimTx: claim.transactionHash,
        hash: ready.hash,
      })

      const settlement = await find('settlements', { l2Block: ready.l2Block, removed: false })
      const block = await l2.reader.getBlock({ blockNumber: BigInt(ready.l2Block as string) })
      expect(settlement).toMatchObject({ hash: block.hash, stateRoot: block.stateRoot })
      const execute = await find('executes', { l1TxHash: settlement.l1TxHash, removed: false })
      expect(execute).toMatchObject({ succeeded: true, l1Block: settlement.l1Block })
      expect(execute.inputs).toContainEqual(
        expect.objectContaining({
          l2Block: ready.l2Block,
          l2BlockHash: block.hash,
          bytes: expect.stringMatching(/^0x/),
        }),
      )
      // each block once, in order
      const numbers = heard.settlements.map(({ l2Block }) => Number(l2Block))
      expect(numbers).toEqual(numbers.map((_, offset) => (numbers[0] ?? 0) + offset))
      await until('the status of now', async () => {
        const status = await rpc<Event>(l2, 'rollup_status', [])
        return JSON.stringify(heard.status.at(-1)) === JSON.stringify(status) ? true : undefined
      })
      close()
    }
  })

  it('tell what a reorganisation of L1 takes back', async () => {
    const snapshot = await rpc<string>(l1, 'evm_snapshot', [])
    const { heard, find, close } = await listen(devnet.l1Url)
    const index = await deposit(l1, devnet.deployment, DEV_ADDRESSES[4], 1n)
    const { block } = await find('messages', { status: 'claimed' })
    const { l1TxHash } = await find('executes', { removed: false })
    await find('settlements', { l2Block: block, removed: false })
    expect(await rpc<boolean>(l1, 'evm_revert', [snapshot])).toBe(true)
    await find('messages', { index: `0x${index.toString(16)}`, status: 'queued', removed: true })
    await find('settlements', { l2Block: block, removed: true })
    await find('executes', { l1TxHash, removed: true })
    await find('messages', { index: `0x${index.toString(16)}`, status: 'claimed', removed: true })
    expect(heard.withdrawals).toEqual([])
    close()
  })

  it('end, are refused over HTTP and for what nobody tells', async () => {
    const socket = await openSocket({ port: Number(new URL(devnet.l2Url).port) })
    const ask = async (method: string, ...params: unknown[]) => {
      socket.send({ jsonrpc: '2.0', id: 9, method, params })
      return socket.next<{ result?: unknown; error?: unknown }>()
    }
    const { result: id } = await ask('rollup_subscribe', 'withdrawals')
    expect(await ask('rollup_unsubscribe', id)).toMatchObject({ result: true })
    expect(await ask('rollup_unsubscribe', id)).toMatchObject({ error: { message: 'subscription not found' } })
    expect(await ask('rollup_subscribe', 'blocks')).toMatchObject({
      error: { code: -32602, message: expect.stringContaining('argument 0 (subscription)') },
    })
    socket.close()
    await expect(rpc(l2, 'rollup_subscribe', ['status'])).rejects.toThrow(/over HTTP/)
  })
})

describe('metrics', () => {
  it('are the samples of GET /metrics', async () => {
    const families = await rpc<Metric[]>(l2, 'rollup_metrics', [])
    const find = (name: string) => families.find((family) => family.name === name)
    const head = find('reenact_head_number')?.samples.find(({ labels }) => labels.chain === 'l2')
    expect(head?.value).toBe(Number(devnet.rollup.node.chain.head().header.number))
    const counted = find('reenact_rpc_call_seconds')?.samples.filter(({ name }) => name.endsWith('_count')) ?? []
    expect(counted.some(({ labels }) => labels.chain === 'l2' && labels.method === 'rollup_metrics')).toBe(false)
    expect(await rpc<Metric[]>(l1, 'rollup_metrics', [])).toHaveLength(families.length)
    const page = await (await fetch(`${devnet.l2Url}/metrics`)).text()
    expect(families.map(({ name }) => name).filter((name) => !page.includes(`# HELP ${name} `))).toEqual([])
  })
})

describe('health', () => {
  const check = async (name: string) => {
    const { ok, checks } = await rpc<{ ok: boolean; checks: { name: string; ok: boolean; detail: string }[] }>(
      l2,
      'rollup_health',
      [],
    )
    return { ok, ...checks.find((found) => found.name === name), all: checks }
  }

  it('is well on a devnet that runs', async () => {
    await until('both chains to agree', async () => ((await check('l1')).ok ? true : undefined))
    const { all } = await check('l1')
    expect(all.map(({ name, ok }) => [name, ok])).toEqual(
      ['l1', 'sealing', 'settlement', 'escrow', 'consistency'].map((name) => [name, true]),
    )
  })

  it('names an escrow that no longer covers what it owes', async () => {
    const { messenger } = devnet.deployment.l1
    const held = await l1.reader.getBalance({ address: messenger })
    await rpc(l1, 'anvil_setBalance', [messenger, '0x1'])
    await until('the shortage', async () => ((await check('escrow')).ok === false ? true : undefined))
    const { detail } = await check('escrow')
    expect(detail).toBe(`holds 1 wei, owes ${held} wei`)
    await rpc(l1, 'anvil_setBalance', [messenger, `0x${held.toString(16)}`])
    await until('the escrow', async () => ((await check('escrow')).ok ? true : undefined))
  })

  it('names a sealer that fails', async () => {
    const { chain, sealer } = devnet.rollup.node
    const { beginBlock } = chain.engine
    Object.assign(chain.engine, { beginBlock: () => Promise.reject(new Error('no block today')) })
    for (let seal = 0; seal < 3; seal++) await expect(sealer.sealNow()).rejects.toThrow('no block today')
    expect(await check('sealing')).toMatchObject({ ok: false, detail: expect.stringContaining('seals failed') })
    Object.assign(chain.engine, { beginBlock })
    await sealer.sealNow()
    expect(await check('sealing')).toMatchObject({ ok: true })
  })
})

describe('logs', () => {
  type Lines = { lines: { index: string; level: string; room: string; event: string; fields: object }[]; next: string }
  const logs = (...query: unknown[]) => rpc<Lines>(l2, 'rollup_logs', query)

  it('tell what happened, and go on from where the last answer ended', async () => {
    const { lines, next } = await logs({ limit: '0x3e8' })
    expect(lines).toContainEqual(expect.objectContaining({ level: 'info', event: 'sealed L2 block' }))
    await succeeded(l2, await l2.wallet.sendTransaction({ to: DEV_ADDRESSES[3], value: 1n }))
    const later = await until('a new line', async () => {
      const answer = await logs({ since: next })
      return answer.lines.some(({ event }) => event === 'sealed L2 block') ? answer : undefined
    })
    expect(BigInt(later.lines[0]?.index ?? '0x0')).toBe(BigInt(next))
    const [first] = (await logs({ since: next, limit: '0x1' })).lines
    expect(first).toEqual(later.lines[0])
    expect((await logs({ level: 'error', since: later.next })).lines).toEqual([])
  })

  it.each([
    [{ level: 'debug' }, '.level'],
    [{ limit: '0x0' }, '.limit'],
    [{ limit: '0x3e9' }, '.limit'],
    [{ since: -1 }, '.since'],
    [{ sinse: '0x0' }, 'no such property'],
  ])('refuse %j', async (query, place) => {
    await expect(logs(query)).rejects.toThrow(place)
  })
})
