import { decodeErrorResult, encodeFunctionData, type Hex, keccak256, toHex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngines, type Engines } from '../../bin/engines.ts'
import { settlerAccount } from '../../genesis/accounts.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { silentLogger } from '../../node/logger.ts'
import { NO_CACHE } from '../../precompiles/cache.ts'
import { createExecute } from '../../precompiles/execute.ts'
import { FORGERIES, type ForgeryKind, forge } from '../verify/forge.ts'
import { type Client, clientFor, rpc, succeeded } from './clients.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

/** What the contract answers to each (contracts.md 7), as the names of its errors. */
const EXPECTED: Readonly<Record<ForgeryKind, string>> = {
  'wrong-state-root': 'NativeRollup_ExecuteFailed',
  'dropped-witness-node': 'NativeRollup_ExecuteFailed',
  'foreign-parent': 'NativeRollup_WrongParent',
  'altered-access-list': 'NativeRollup_ExecuteFailed',
  'wrong-chain-id': 'NativeRollup_WrongChain',
  'blob-transaction': 'NativeRollup_ExecuteFailed',
  withdrawals: 'StatelessInput_BadLayout',
  replay: 'NativeRollup_WrongParent',
}

const GAS = 12_000_000n

describe('forgeries on the running chain', () => {
  let devnet: TestDevnet
  let l1: Client
  let engines: Engines
  /** a valid next block that was never sent, its anchor, and a settled one */
  let valid: Uint8Array
  let settled: Uint8Array
  let anchorBlock: bigint

  beforeAll(async () => {
    devnet = await startTestDevnet({ options: { settle: false } })
    engines = await createEngines(silentLogger)
    l1 = clientFor(devnet.l1Url, devnet.deployment.l1ChainId, 0)
    const l2 = clientFor(devnet.l2Url, devnet.deployment.l2ChainId, 0)
    const { node } = devnet.rollup
    const next = async (value: bigint) => {
      await succeeded(l2, await l2.wallet.sendTransaction({ to: '0x00000000000000000000000000000000000f0123', value }))
      return node.inputs.require(node.chain.head().hash)
    }
    settled = (await next(1n)).input
    await node.settleNow()
    const settleable = await next(2n)
    valid = settleable.input
    anchorBlock = settleable.anchorBlock
    // Blocks made in the same second run ahead of L1's clock; its time must have come, or that alone is refused.
    const due = node.chain.head().header.timestamp
    while (devnet.l1.chain.head().header.timestamp < due) await devnet.l1.sealer.sealNow()
  })
  afterAll(() => devnet?.close())

  /** Everything that `advance` could change, besides the caller's own nonce and balance. */
  async function contractState(): Promise<Hex> {
    const slots = [0n, 1n, 2n, 3n, 4n].map((slot) =>
      l1.reader.getStorageAt({ address: devnet.deployment.l1.rollup, slot: toHex(slot, { size: 32 }) }),
    )
    const proof = await rpc<{ storageHash: Hex; codeHash: Hex; balance: Hex }>(l1, 'eth_getProof', [
      devnet.deployment.l1.rollup,
      [],
      'latest',
    ])
    const escrow = await l1.reader.getBalance({ address: devnet.deployment.l1.messenger })
    return keccak256(
      toHex(JSON.stringify([await Promise.all(slots), proof.storageHash, proof.balance, String(escrow)])),
    )
  }

  /** Sends the settler's transaction for real; gives the error with which the contract refused it. */
  async function refusal(input: Uint8Array): Promise<string> {
    const data = encodeFunctionData({
      abi: nativeRollup.abi,
      functionName: 'advance',
      args: [toHex(input), anchorBlock],
    })
    const account = settlerAccount()
    const call = { account, to: devnet.deployment.l1.rollup, data, gas: GAS } as const
    const hash = await l1.wallet.sendTransaction({ ...call, chain: l1.chain })
    const receipt = await l1.reader.waitForTransactionReceipt({ hash })
    expect(receipt.status).toBe('reverted')
    const answer = await fetch(devnet.l1Url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'eth_call',
        params: [{ from: account.address, to: call.to, data, gas: toHex(GAS) }, toHex(receipt.blockNumber - 1n)],
      }),
    })
    const { error } = (await answer.json()) as { error?: { code: number; data: Hex } }
    expect(error?.code).toBe(3)
    return decodeErrorResult({ abi: nativeRollup.abi, data: error?.data ?? '0x' }).errorName
  }

  it.each(Object.keys(EXPECTED) as ForgeryKind[])('%s is refused, named, and leaves L1 as it was', async (kind) => {
    const forged = kind === 'replay' ? settled : forge(valid, kind)
    const before = await contractState()
    expect(await refusal(forged)).toBe(EXPECTED[kind])
    expect(await contractState()).toBe(before)
  })

  it.each(Object.keys(EXPECTED) as ForgeryKind[])(
    '%s: reenact verify --execute names it on the same bytes',
    async (kind) => {
      const { runBlock } = engines.l2({ config: { chainId: 1 }, timestamp: '0x0', gasLimit: '0x1', alloc: {} })
      const { execute } = createExecute({ runBlock, schedule: 'metered', cache: NO_CACHE })
      const verdict = await execute(kind === 'replay' ? settled : forge(valid, kind), GAS)
      // A replayed block is valid by itself: only the contract, which has moved on, can refuse it (`--parent` tells the
      // command where the contract stands; test/verify has that).
      if (kind === 'replay') expect(verdict.ok).toBe(true)
      else if (verdict.ok) expect.fail('the forgery was accepted')
      else expect(verdict.failure.code).toBe(FORGERIES[kind].code)
    },
  )

  it('accepts the untouched block afterwards', async () => {
    const { node } = devnet.rollup
    await node.settleNow()
    const head = await l1.reader.readContract({
      address: devnet.deployment.l1.rollup,
      abi: nativeRollup.abi,
      functionName: 'headHash',
    })
    expect(head).toBe(`0x${Buffer.from(node.chain.head().hash).toString('hex')}`)
  })
})
