import { hexToBytes } from 'viem'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RollupStatus } from '../../rpc/rollup/status.ts'
import { type Client, clientFor, deposit, rpc, succeeded, until } from './clients.ts'
import { type L1Proxy, startL1Proxy, type Tampering } from './l1Proxy.ts'
import { type Running, workshop } from './lives.ts'
import type { NodeProcess } from './process.ts'

const someone = '0x00000000000000000000000000000000005e7be4'
const BLOCKS = process.env.REENACT_FULL === '1' ? 500 : 60
const PATIENCE_MS = 5 * 60_000

type Settlement = { l2Block: string; l1TxHash: string }
type Health = { ok: boolean; checks: { name: string; ok: boolean; detail: string }[] }

/** `reenact l2 --follow` with nothing but the URL of L1 and the address of the rollup: no genesis file, an empty disk. */
describe('a follower that has L1 alone', () => {
  const { newFolder, run, spawn } = workshop()
  let devnet: Running
  let proxy: L1Proxy
  beforeEach(async () => {
    devnet = await run(await newFolder())
    proxy = await startL1Proxy(devnet.devnet.l1Url)
  })
  afterEach(() => proxy.close())

  function start(dataDir: string): NodeProcess {
    const { rollup } = devnet.devnet.deployment.l1
    const argv = ['l2', '--follow', '--l1', proxy.url, '--rollup', rollup, '--data-dir', dataDir, '--port', '0']
    return spawn([...argv, '--log-level', 'warn'])
  }

  async function follow(dataDir: string): Promise<{ node: NodeProcess; client: Client }> {
    const node = start(dataDir)
    const [, url = ''] = /^ready l2=(\S+)/.exec(await node.line('ready ')) ?? []
    return { node, client: clientFor(url, devnet.devnet.deployment.l2ChainId, 1) }
  }

  const headOf = async ({ reader }: Client) => (await reader.getBlock()).hash
  const status = (client: Client) => rpc<RollupStatus>(client, 'rollup_status', [])
  const transfer = async (value: bigint) => {
    const { l2 } = devnet
    await rpc(devnet.l1, 'evm_increaseTime', [1])
    await succeeded(l2, await l2.wallet.sendTransaction({ to: someone, value, gas: 300_000n }))
  }
  /** a transfer in each, settled when all are there */
  async function build(count: number): Promise<void> {
    const { l2, devnet: running } = devnet
    const { sealer, pool } = running.rollup.node
    await rpc(l2, 'rollup_pauseSettlement', [])
    sealer.setMode({ kind: 'manual' })
    const request = await l2.wallet.prepareTransactionRequest({ to: someone, value: 1n, gas: 300_000n })
    for (let index = 0; index < count; index++) {
      await rpc(devnet.l1, 'evm_increaseTime', [1])
      await pool.add(hexToBytes(await l2.wallet.signTransaction({ ...request, nonce: request.nonce + index })))
      expect((await sealer.sealNow())?.transactions.length).toBeGreaterThan(0)
    }
    sealer.setMode({ kind: 'instant' })
    await rpc(l2, 'rollup_resumeSettlement', [])
  }
  const settled = () =>
    until('everything settled', async () => ((await status(devnet.l2)).lag.blocks === '0x0' ? true : undefined))
  const caughtUp = (client: Client) =>
    until(
      'the same head',
      async () => {
        const head = await headOf(devnet.l2)
        return (await headOf(client)) === head ? head : undefined
      },
      PATIENCE_MS,
    )

  it(`has the head of ${BLOCKS} blocks, and goes on from its disk`, { timeout: PATIENCE_MS }, async () => {
    await deposit(devnet.l1, devnet.devnet.deployment, someone, 5n)
    await build(BLOCKS)
    await settled()
    expect(Number((await devnet.l2.reader.getBlock()).number)).toBeGreaterThanOrEqual(BLOCKS)
    const dataDir = await newFolder()
    const first = await follow(dataDir)
    await caughtUp(first.client)
    expect(await first.client.reader.getBalance({ address: someone })).toBe(5n + BigInt(BLOCKS))
    expect(await rpc(first.client, 'rollup_verifyConsistency', [{ from: '0x1' }])).toMatchObject({ ok: true })
    const last = await rpc<Settlement>(first.client, 'rollup_getSettlement', ['latest'])
    const theirs = await rpc<Settlement>(devnet.l2, 'rollup_getSettlement', ['latest'])
    // what only the settler knows aside
    expect({ ...last, attempts: [] }).toEqual({ ...theirs, attempts: [] })
    first.node.child.kill('SIGTERM')
    expect(await first.node.ended).toBe(0)

    await transfer(1n)
    await settled()
    const second = await follow(dataDir)
    await caughtUp(second.client)
    expect(await second.client.reader.getBalance({ address: someone })).toBe(6n + BigInt(BLOCKS))
    expect(second.node.errors()).toBe('')
  })

  /** one byte of the payload of every settlement */
  const spoiled: Tampering = ({ method }, result) => {
    const { input = '' } = result as { input?: string }
    if (method !== 'eth_getTransactionByHash' || input.length < 2_000) return result
    return { ...(result as object), input: input.replace(/^(0x.{600})../, '$1ff') }
  }

  it('refuses a record that is not what was settled, says which, and recovers', async () => {
    await transfer(1n)
    await settled()
    const { node, client } = await follow(await newFolder())
    const head = await caughtUp(client)
    proxy.tamper.current = spoiled
    await transfer(2n)
    await settled()
    const { derivation } = await until('the refusal', async () => {
      const answer = await status(client)
      return answer.derivation.lastError === undefined ? undefined : answer
    })
    const { l1TxHash, l2Block } = await rpc<Settlement>(devnet.l2, 'rollup_getSettlement', [derivation.l2Block])
    expect(derivation).toMatchObject({ inSync: false, l1TxHash, l2Block })
    const words = `L2 block ${Number(l2Block)}, settled by L1 transaction ${l1TxHash} in L1 block`
    expect(derivation.lastError).toContain(words)
    expect(await headOf(client)).toBe(head)
    const health = await rpc<Health>(client, 'rollup_health', [])
    expect(health.checks.find(({ name }) => name === 'consistency')).toMatchObject({ ok: false })
    expect(health.checks.find(({ name }) => name === 'consistency')?.detail).toContain(words)
    expect(node.errors()).toContain(words)

    proxy.tamper.current = undefined
    await caughtUp(client)
    await until('no complaint', async () => ((await status(client)).derivation.inSync ? true : undefined))
    expect((await status(client)).derivation).toEqual({ inSync: true })
  })

  it('does not start on such a record, nor on another genesis', async () => {
    await transfer(1n)
    await settled()
    const { l1TxHash } = await rpc<Settlement>(devnet.l2, 'rollup_getSettlement', ['0x1'])
    proxy.tamper.current = spoiled
    const refusing = start(await newFolder())
    expect(await refusing.ended).toBe(1)
    expect(refusing.errors()).toContain(`L2 block 1, settled by L1 transaction ${l1TxHash} in L1 block`)

    const dataDir = await newFolder()
    proxy.tamper.current = ({ method }, result) =>
      method === 'rollup_genesis' ? { ...(result as object), extraData: '0x00' } : result
    const wrong = start(dataDir)
    expect(await wrong.ended).toBe(1)
    expect(wrong.errors()).toMatch(/wrong rollup: what L1 answers to rollup_genesis has hash 0x\w+, the contract/)
    // nothing of it was kept
    proxy.tamper.current = undefined
    const { client } = await follow(dataDir)
    await caughtUp(client)
  })
})
