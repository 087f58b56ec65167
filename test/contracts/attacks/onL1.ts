import { decodeErrorResult, encodeFunctionData, type Hex, toHex } from 'viem'
import { expect } from 'vitest'
import { createEngines } from '../../../bin/engines.ts'
import type { RollupNode } from '../../../bin/rollupNode.ts'
import { settlerAccount } from '../../../genesis/accounts.ts'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import { silentLogger } from '../../../node/logger.ts'
import { NO_CACHE } from '../../../precompiles/cache.ts'
import { createExecute } from '../../../precompiles/execute.ts'
import type { ExecuteVerdict } from '../../../precompiles/types.ts'
import { decodeStatelessInput, encodeStatelessInput } from '../../../stateless/ssz.ts'
import type { StatelessInput } from '../../../stateless/types.ts'
import { clientFor, rpc } from '../../e2e/clients.ts'
import { startTestDevnet } from '../../e2e/devnet.ts'

/** Enough for any block of these tests, and below the cap of a transaction. */
export const GAS = 12_000_000n

type Frame = { to?: Hex; gas: Hex; gasUsed: Hex; output?: Hex; calls?: Frame[] }

/** A refused transaction: what it was refused with, what it cost, and its call of EXECUTE, if it got that far. */
export type Refusal = { error: string | undefined; gasUsed: bigint; execute: Frame | undefined }

/** A devnet that does not settle by itself and seals L2 when told; what it is sent is run for real, by EXECUTE. */
export async function startL1(rollups = 1) {
  const devnet = await startTestDevnet({
    options: { settle: false, rollups },
    sealModes: { l1: { kind: 'instant' }, l2: { kind: 'manual' } },
  })
  const { deployment, rollup } = devnet
  const l1 = clientFor(devnet.l1Url, deployment.l1ChainId, 0)
  const l2 = clientFor(devnet.l2Url, deployment.l2ChainId, 0)
  const engines = await createEngines(silentLogger)
  const { runBlock } = engines.l2({ config: { chainId: 1 }, timestamp: '0x0', gasLimit: '0x1', alloc: {} })
  const { execute } = createExecute({ runBlock, schedule: 'metered', cache: NO_CACHE })
  const settler = settlerAccount()
  let anchorBlock = 0n
  /** the contracts before the attacks; forgotten when a block is accepted */
  let before: unknown[] | undefined

  /** Every slot, the balance, the nonce and the code of the rollup's contracts. */
  async function contracts(): Promise<unknown[]> {
    const proofs = Object.values(deployment.l1).map((address) =>
      rpc<Record<string, Hex>>(l1, 'eth_getProof', [address, [], 'latest']),
    )
    return (await Promise.all(proofs)).map(({ storageHash, codeHash, balance, nonce }) => [
      storageHash,
      codeHash,
      balance,
      nonce,
    ])
  }

  const calldata = (input: Uint8Array): Hex =>
    encodeFunctionData({ abi: nativeRollup.abi, functionName: 'advance', args: [toHex(input), anchorBlock] })

  /** The settler's transaction with this input, for real. */
  async function advance(input: Uint8Array, gas = GAS) {
    const call = { account: settler, to: deployment.l1.rollup, data: calldata(input), gas, chain: l1.chain } as const
    const hash = await l1.wallet.sendTransaction(call)
    return l1.reader.waitForTransactionReceipt({ hash })
  }

  return {
    /** all rollups on this L1; everything else here is about the first */
    rollups: devnet.rollups,
    rollupAt: (index: number) => devnet.summary.rollups[index]?.deployment.l1.rollup,
    l1,
    l2,
    deployment,
    /** EXECUTE as such, which tells why it halts */
    execute: (input: Uint8Array | StatelessInput, gas = GAS): Promise<ExecuteVerdict> =>
      execute(input instanceof Uint8Array ? input : encodeStatelessInput(input), gas),
    /** Seals a block of what is in the L2 pool; gives its input, whose L1 time has come. */
    async seal({ node }: Pick<RollupNode, 'node'> = rollup) {
      const sealed = await node.sealer.sealNow()
      if (sealed === undefined) throw new Error('nothing was sealed')
      const { input, anchorBlock: anchor } = await node.inputs.require(node.chain.head().hash)
      if (node === rollup.node) anchorBlock = anchor
      const due = node.chain.head().header.timestamp
      while (devnet.l1.chain.head().header.timestamp < due) await devnet.l1.sealer.sealNow()
      return { bytes: input, input: decodeStatelessInput(input), block: node.chain.head() }
    },
    advance(input: Uint8Array) {
      before = undefined
      return advance(input)
    },
    /** `advance` by a real transaction, which must fail and leave the contracts as they were. */
    async refused(input: Uint8Array, gas = GAS): Promise<Refusal> {
      before ??= await contracts()
      const receipt = await advance(input, gas)
      expect(receipt.status).toBe('reverted')
      expect(await contracts()).toEqual(before)
      const trace = await rpc<Frame>(l1, 'debug_traceTransaction', [receipt.transactionHash, { tracer: 'callTracer' }])
      const data = trace.output ?? '0x'
      const error = data === '0x' ? undefined : decodeErrorResult({ abi: nativeRollup.abi, data }).errorName
      const executed = trace.calls?.find(({ to }) => BigInt(to ?? 0) === 0x0101n)
      return { error, gasUsed: receipt.gasUsed, execute: executed }
    },
    headHash: (address: Hex = deployment.l1.rollup) =>
      l1.reader.readContract({ address, abi: nativeRollup.abi, functionName: 'headHash' }),
    close: () => devnet.close(),
  }
}

export type OnL1 = Awaited<ReturnType<typeof startL1>>
export type Sealed = Awaited<ReturnType<OnL1['seal']>>
