import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { http } from 'viem'
import { describe, expect, it, vi } from 'vitest'
import { runAdvance } from '../../bin/advance.ts'
import { advanceSchema, rollupSchema } from '../../bin/commands.ts'
import { createEngines } from '../../bin/engines.ts'
import { readGenesisFile } from '../../bin/foreignChain.ts'
import { runRollup } from '../../bin/rollupCommand.ts'
import { openRollup } from '../../bin/rollupNode.ts'
import { storedGenesis } from '../../bin/settings.ts'
import { DEV_PRIVATE_KEYS, devAccount } from '../../genesis/accounts.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import type { RollupDeployment } from '../../genesis/types.ts'
import { systemClock, systemTimers } from '../../node/clock.ts'
import { silentLogger } from '../../node/logger.ts'
import { fetchDeployment } from '../../rollup/deployment.ts'
import { createL1Client } from '../../rollup/l1/l1Client.ts'
import { NodeError } from '../../stateless/errors.ts'
import { deposit, rpc, succeeded, until } from './clients.ts'
import { type Running, workshop } from './lives.ts'

type Rpc = { id: unknown; method: string; params: unknown[] }
/** gives what is answered instead; undefined: the truth */
type Lie = (request: Rpc, truth: unknown) => unknown

const someone = '0x00000000000000000000000000000000005e7be7'
const wrong = (method: string, change: (truth: never) => unknown): Lie => {
  return (request, truth) => (request.method === method ? { result: change(truth as never) } : undefined)
}

/** Commands of users against an L1 node that lies or talks nonsense: a typed error of one line, which is what they print. */
describe('an L1 node that is not honest', () => {
  const { newFolder, run } = workshop()
  let devnet: Running
  let proxy: Server
  let url: string
  let lie: Lie | undefined
  let genesisFile: string

  it('leads to one clear line from every command', async () => {
    const folder = await newFolder()
    devnet = await run(folder)
    genesisFile = join(await newFolder(), 'l2.json')
    writeFileSync(genesisFile, JSON.stringify(storedGenesis(folder)?.rollups[0]?.l2))
    const { l1Url, deployment } = devnet.devnet
    await deposit(devnet.l1, deployment, someone, 5n)
    // else it would be the user who claims it, with the nonces that the signed transactions have
    const arrived = async () => ((await devnet.l2.reader.getBalance({ address: someone })) === 5n ? true : undefined)
    await until('the deposit', arrived)
    await succeeded(devnet.l2, await devnet.l2.wallet.sendTransaction({ to: someone, value: 7n, gas: 300_000n }))
    await until('settlement', async () => {
      const rollup = { address: deployment.l1.rollup, abi: nativeRollup.abi } as const
      const head = await devnet.l1.reader.readContract({ ...rollup, functionName: 'headHash' })
      return head === (await devnet.l2.reader.getBlock()).hash ? true : undefined
    })
    await devnet.devnet.rollup.close()
    await rpc(devnet.l1, 'evm_increaseTime', [7_260])
    await rpc(devnet.l1, 'evm_mine', [])
    await listen(l1Url)

    const signed = (nonce: number) =>
      devAccount(3).signTransaction({
        type: 'eip1559',
        chainId: deployment.l2ChainId,
        nonce,
        gas: 300_000n,
        maxFeePerGas: 10_000_000_000n,
        to: someone,
        value: 1n,
      })
    const env = { REENACT_KEY: DEV_PRIVATE_KEYS[3] }
    const rollup = { l1: url, rollup: deployment.l1.rollup, genesis: genesisFile }
    const advance = async (nonce = 0) =>
      runAdvance(advanceSchema.parse({ ...rollup, tx: await signed(nonce), json: true }), env)
    const follow = () => start(genesisFile, deployment)
    const create = async () => {
      // each in a folder of its own: the genesis file of a rollup that may exist stays
      const out = join(await newFolder(), 'new.json')
      return runRollup(rollupSchema.parse({ l1: url, out, json: true }), env)
    }
    const cases: [string, Lie, (() => Promise<unknown>)[]][] = [
      ['no JSON', () => 'garbage', [advance, follow, create]],
      ['not JSON-RPC', () => ({ hello: 'world' }), [advance, follow, create]],
      ['null for everything', () => ({ result: null }), [advance, follow, create]],
      ['a chain id that is a list', wrong('eth_chainId', () => ['0x1']), [advance, create]],
      ['a chain id of 300 digits', wrong('eth_chainId', () => `0x${'1'.repeat(300)}`), [advance, create]],
      ['code that is nowhere', wrong('eth_getCode', () => '0x'), [advance, follow, create]],
      ['calls that answer with nothing', wrong('eth_call', () => '0x'), [advance, follow, create]],
      ['calls that answer with too little', wrong('eth_call', (word: string) => word.slice(0, 40)), [advance, follow]],
      ['blocks without numbers', wrong('eth_getBlockByNumber', () => ({ hash: '0x' })), [advance, follow, create]],
      [
        'logs of strangers',
        wrong('eth_getLogs', (logs: object[]) => logs.map((log) => ({ ...log, address: someone }))),
        [advance, follow],
      ],
      [
        'logs that do not decode',
        wrong('eth_getLogs', (logs: object[]) => logs.map((log) => ({ ...log, data: '0x00' }))),
        [advance, follow],
      ],
      ['no settlement where one was', wrong('eth_getTransactionByHash', () => null), [advance, follow]],
      [
        'calldata that is no settlement',
        wrong('eth_getTransactionByHash', (tx: object) => ({ ...tx, input: '0x1234' })),
        [advance, follow],
      ],
      [
        'calldata of another block',
        wrong('eth_getTransactionByHash', (tx: { input: string }) => ({ ...tx, input: flipped(tx.input) })),
        [advance, follow],
      ],
      [
        'a receipt of another transaction',
        wrong('eth_getTransactionReceipt', () => ({ transactionHash: `0x${'11'.repeat(32)}` })),
        [advance, create],
      ],
      ['a gas estimate that is none', wrong('eth_estimateGas', () => 'plenty'), [create]],
      [
        'a refusal to take the transaction',
        ({ method }) =>
          method === 'eth_sendRawTransaction'
            ? { error: { code: -32000, message: 'not today\nnor tomorrow' } }
            : undefined,
        [advance, create],
      ],
    ]
    for (const [what, next, commands] of cases) {
      lie = next
      for (const command of commands) {
        const error = await command().then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        expect(error, what).toBeInstanceOf(NodeError)
        expect((error as NodeError).message, what).toMatch(/^.{10,}$/)
      }
    }
    // and the truth still works, behind the block that L1 took while it lied about its receipt
    lie = undefined
    const printed = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    expect(await advance(1)).toBe(0)
    printed.mockRestore()
    proxy.close()
  }, 120_000)

  /** a follower's first look at L1, without the loops that would try again */
  async function start(path: string, { l1 }: RollupDeployment): Promise<void> {
    const engines = await createEngines(silentLogger)
    const deployment = await fetchDeployment(createL1Client(http(url, { retryCount: 0 })), l1)
    const node = await openRollup(
      {
        genesis: readGenesisFile(path),
        deployment,
        sealMode: { kind: 'manual' },
        settle: false,
        follow: {},
        l1BlockTime: 0,
      },
      { engines, l1: url, clock: systemClock, timers: systemTimers, logger: silentLogger },
    )
    await node.node.start().finally(() => node.close())
  }

  /** Changes a digit far inside the block, where the state root is. */
  const flipped = (input: string): string => {
    const at = 700
    return input.slice(0, at) + (input[at] === '0' ? '1' : '0') + input.slice(at + 1)
  }

  async function listen(l1Url: string): Promise<void> {
    proxy = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as Rpc
      const honest = await fetch(l1Url, { method: 'POST', body: JSON.stringify(asked) })
      const answer = (await honest.json()) as { result?: unknown }
      const lied = lie?.(asked, answer.result)
      const body =
        lied === undefined
          ? answer
          : typeof lied === 'string'
            ? lied
            : { jsonrpc: '2.0', id: asked.id, ...(lied as object) }
      response.setHeader('content-type', 'application/json')
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  }
})
