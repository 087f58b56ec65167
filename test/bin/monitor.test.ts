import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

let devnet: TestDevnet
beforeAll(async () => {
  devnet = await startTestDevnet({ sealModes: { l1: { kind: 'manual' }, l2: { kind: 'manual' } } })
})
afterAll(() => devnet.close())

const get = (url: string, path: string) => fetch(`${url}${path}`)
const call = async (url: string, method: string) => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] })
  return (await fetch(url, { method: 'POST', body })).json()
}

/** Samples by name and labels, as Prometheus reads them. */
async function samples(url: string): Promise<Map<string, number>> {
  const response = await get(url, '/metrics')
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}

describe('health and readiness', () => {
  test.each(['l1', 'l2'] as const)('%s tells its facts', async (name) => {
    const url = name === 'l1' ? devnet.l1Url : devnet.l2Url
    const { chain } = name === 'l1' ? devnet.l1 : devnet.rollup.node
    const facts = {
      ok: true,
      chain: name,
      chainId: `${chain.chainId}`,
      head: { number: Number(chain.head().header.number) },
      pool: { pending: 0, queued: 0 },
      sealing: { mode: 'manual', failures: 0 },
    }
    for (const path of ['/health', '/ready']) {
      const response = await get(url, path)
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject(facts)
    }
  })

  test('not ready while every seal fails, ready after one that does not', async () => {
    const { chain, sealer } = devnet.l1
    const { beginBlock } = chain.engine
    Object.assign(chain.engine, { beginBlock: () => Promise.reject(new Error('no block today')) })
    for (let seal = 0; seal < 3; seal++) await expect(sealer.sealNow()).rejects.toThrow('no block today')
    Object.assign(chain.engine, { beginBlock })
    const ill = await get(devnet.l1Url, '/ready')
    expect(ill.status).toBe(503)
    expect(await ill.json()).toMatchObject({ ok: false, reason: 'sealing fails', sealing: { failures: 3 } })
    expect((await get(devnet.l1Url, '/health')).status).toBe(200)
    await sealer.sealNow()
    expect((await get(devnet.l1Url, '/ready')).status).toBe(200)
  })
})

describe('metrics', () => {
  test('calls by method, errors by number, and the chain as it is', async () => {
    const url = devnet.l1Url
    const before = await samples(url)
    for (let count = 0; count < 3; count++) await call(url, 'eth_gasPrice')
    await call(url, 'eth_getBalance')
    await call(url, 'made_up')
    await devnet.l1.sealer.sealNow()
    const after = await samples(url)
    const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0)
    expect(grown('reenact_rpc_call_seconds_count{chain="l1",method="eth_gasPrice"}')).toBe(3)
    expect(grown('reenact_rpc_errors_total{chain="l1",method="eth_getBalance",code="-32602"}')).toBe(1)
    expect(grown('reenact_rpc_errors_total{chain="l1",method="unknown",code="-32601"}')).toBe(1)
    expect(grown('reenact_rpc_answer_bytes_total{chain="l1"}')).toBeGreaterThan(100)
    expect(grown('reenact_head_number{chain="l1"}')).toBe(1)
    expect(after.get('reenact_rpc_calls_in_flight{chain="l1"}')).toBe(0)
    expect(after.get('reenact_rpc_connections{chain="l1"}')).toBeGreaterThan(0)
    expect(after.get('reenact_process_cpu_seconds_total')).toBeGreaterThan(0)
  })

  test('both chains of a process are on each port; L2 tells how far settlement is', async () => {
    const all = await samples(devnet.l2Url)
    const head = Number(devnet.rollup.node.chain.head().header.number)
    expect(all.get('reenact_head_number{chain="l2"}')).toBe(head)
    expect(all.get('reenact_head_number{chain="l1"}')).toBe(Number(devnet.l1.chain.head().header.number))
    for (const name of [
      'lag_blocks',
      'lag_seconds',
      'deposits_waiting',
      'settling',
      'sequencing',
      'settlement_failing',
    ]) {
      expect(all.get(`reenact_rollup_${name}{chain="l2"}`)).toBeGreaterThanOrEqual(0)
      expect(all.has(`reenact_rollup_${name}{chain="l1"}`)).toBe(false)
    }
  })
})
