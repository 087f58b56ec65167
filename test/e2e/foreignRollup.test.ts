import { decodeErrorResult, encodeFunctionData, type Hex, keccak256, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngines, type Engines } from '../../bin/engines.ts'
import { devnetGenesis } from '../../bin/genesisCommand.ts'
import { l1Methods, openL1, serve } from '../../bin/l1.ts'
import { createMetrics } from '../../bin/metrics.ts'
import { createMonitor } from '../../bin/monitor.ts'
import { openRollup, type RollupNode } from '../../bin/rollupNode.ts'
import { relayerAccount, settlerAccount } from '../../genesis/accounts.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import type { DevnetGenesis } from '../../genesis/types.ts'
import { systemClock, systemTimers } from '../../node/clock.ts'
import type { L1Node } from '../../node/l1Node.ts'
import { silentLogger } from '../../node/logger.ts'
import type { RpcServer } from '../../rpc/server.ts'

const GAS = 12_000_000n
const manual = { kind: 'manual' } as const

/** Two rollups with contracts on one L1; the valid block of one is sent to the other. */
describe('a rollup of another chain id and genesis', () => {
  let engines: Engines
  let genesis: DevnetGenesis
  let l1: L1Node
  let server: RpcServer
  const nodes: RollupNode[] = []

  beforeAll(async () => {
    engines = await createEngines(silentLogger)
    const timestamp = Math.floor(Date.now() / 1000) - 60
    genesis = await devnetGenesis(engines, { timestamp, finalityDelay: 0, rollups: 2 })
    const deps = { engines, clock: systemClock, timers: systemTimers, logger: silentLogger }
    const setup = { genesis: genesis.l1, sealMode: { kind: 'instant' } as const, imported: false }
    l1 = await openL1(setup, deps)
    const monitor = createMonitor({ name: 'l1', ...l1 }, createMetrics())
    const methods = l1Methods(l1, { clock: systemClock, logger: silentLogger, devnet: true })
    server = await serve({ host: '127.0.0.1', port: 0 }, methods, { monitor, logger: silentLogger })
    l1.start()
    await l1.sealer.sealNow()
    for (const { l2, deployment } of genesis.rollups) {
      const rollup = await openRollup(
        { genesis: l2, deployment, sealMode: manual, settle: false, l1BlockTime: 0 },
        { ...deps, l1: server.url, accounts: { settler: settlerAccount(), relayer: relayerAccount() } },
      )
      await rollup.node.start()
      nodes.push(rollup)
    }
  })
  afterAll(async () => {
    for (const node of nodes) await node.close()
    await server?.close()
    await l1?.close()
  })

  function rollup(index: number): { node: RollupNode['node']; address: Hex } {
    const node = nodes[index]?.node
    const address = genesis.rollups[index]?.deployment.l1.rollup
    if (node === undefined || address === undefined) throw new Error(`no rollup ${index}`)
    return { node, address }
  }

  async function rpc<T>(
    method: string,
    params: unknown[],
  ): Promise<{ result?: T; error?: { code: number; data: Hex } }> {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    return (await response.json()) as { result?: T; error?: { code: number; data: Hex } }
  }

  const storageHash = async (address: Hex) =>
    (await rpc<{ storageHash: Hex }>('eth_getProof', [address, [], 'latest'])).result?.storageHash

  it('has its valid block refused here and accepted there', async () => {
    const own = rollup(0)
    const foreign = rollup(1)
    await foreign.node.sealer.sealNow()
    const { input, anchorBlock } = await foreign.node.inputs.require(foreign.node.chain.head().hash)
    const data = encodeFunctionData({
      abi: nativeRollup.abi,
      functionName: 'advance',
      args: [toHex(input), anchorBlock],
    })
    const account = settlerAccount()
    const before = await storageHash(own.address)

    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId: 18_079,
      nonce: 0,
      to: own.address,
      data,
      gas: GAS,
      maxFeePerGas: 10_000_000_000n,
      maxPriorityFeePerGas: 0n,
    })
    const sent = await rpc<Hex>('eth_sendRawTransactionSync', [raw])
    expect(sent.result).toMatchObject({ status: '0x0', transactionHash: keccak256(raw) })
    expect(await storageHash(own.address)).toBe(before)

    const call = { from: account.address, to: own.address, data, gas: toHex(GAS) }
    const refused = await rpc<Hex>('eth_call', [call, 'latest'])
    expect(decodeErrorResult({ abi: nativeRollup.abi, data: refused.error?.data ?? '0x' }).errorName).toBe(
      'NativeRollup_WrongParent',
    )

    await foreign.node.settleNow()
    const head = await rpc<Hex>('eth_call', [
      { to: foreign.address, data: encodeFunctionData({ abi: nativeRollup.abi, functionName: 'headHash' }) },
      'latest',
    ])
    expect(head.result).toBe(toHex(foreign.node.chain.head().hash))
  })
})
