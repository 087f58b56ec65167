import { custom, encodeFunctionData, type Hex, type LocalAccount, type Transport } from 'viem'
import { createEngines, type Engines } from '../../bin/engines.ts'
import { devnetGenesis } from '../../bin/genesisCommand.ts'
import { openL1 } from '../../bin/l1.ts'
import { openRollup, type RollupNode } from '../../bin/rollupNode.ts'
import { devAccount, relayerAccount, settlerAccount } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l2Messenger } from '../../genesis/generated/L2Messenger.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import type { DevnetGenesis, RollupDeployment } from '../../genesis/types.ts'
import { adjustableClock, systemTimers } from '../../node/clock.ts'
import type { L1Node } from '../../node/l1Node.ts'
import type { Logger, SealMode } from '../../node/types.ts'
import type { L2Node } from '../../rollup/l2Node.ts'
import { answerBytes } from '../../rpc/answer.ts'
import { chainMethods } from '../../rpc/chainMethods.ts'
import { createControlGate } from '../../rpc/control.ts'
import { createDispatch } from '../../rpc/dispatch.ts'
import { createStop } from '../../rpc/stop.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import type { Block } from '../../stateless/types.ts'
import { type LogLine, recordingLogger } from '../rpc/support.ts'

export const MESSAGE_GAS = 300_000n

/** Sees and may replace what L1 answers; `answer` asks the real node. */
export type Tamper = (method: string, params: unknown[], answer: () => Promise<unknown>) => Promise<unknown>

export type Pair = {
  engines: Engines
  genesis: DevnetGenesis
  deployment: RollupDeployment
  clock: ReturnType<typeof adjustableClock>
  l1: L1Node
  l2: L2Node
  rollup: RollupNode
  transport: Transport
  logger: Logger & { lines: LogLine[] }
  /** replaced at will by a test */
  tamper: { current: Tamper | undefined }
  sendL1(from: LocalAccount, request: { to: Hex; data?: Hex; value?: bigint; gas?: bigint }): Promise<Hex>
  sendL2(from: LocalAccount, request: { to: Hex | undefined; data?: Hex; value?: bigint; gas?: bigint }): Promise<Hex>
  deposit(to: Hex, value: bigint, options?: { fee?: bigint; data?: Hex; gasLimit?: bigint }): Promise<Hex>
  withdraw(from: LocalAccount, to: Hex, value: bigint): Promise<Hex>
  l2Balance(address: Hex): bigint
  close(): Promise<void>
}

export type PairOptions = {
  l1?: SealMode
  l2?: SealMode
  settle?: boolean
  finalityDelay?: number
  /** senders that the L2 ignores */
  censor?: readonly Hex[]
  /** start the rollup's loops; default: only its first look at L1 */
  chainDir?: string
  genesis?: DevnetGenesis
}

/** A real L1 and a real L2 in one process; the L2 reaches L1 by JSON-RPC through a transport that tests can tamper with. */
export async function startPair(options: PairOptions = {}): Promise<Pair> {
  const logger = recordingLogger()
  const engines = await createEngines(logger)
  const clock = adjustableClock()
  const timestamp = Math.floor(clock.nowMs() / 1000)
  const genesis =
    options.genesis ?? (await devnetGenesis(engines, { timestamp, finalityDelay: options.finalityDelay ?? 0 }))
  const [first] = genesis.rollups
  if (first === undefined) throw new Error('no rollup in the genesis')
  const { l2: l2Genesis, deployment } = first
  const l1 = await openL1(
    { genesis: genesis.l1, sealMode: options.l1 ?? { kind: 'manual' }, imported: false },
    { engines, clock, timers: systemTimers, logger },
  )
  const tamper: { current: Tamper | undefined } = { current: undefined }
  const transport = transportTo(l1, clock, logger, tamper)
  const rollup = await openRollup(
    {
      genesis: l2Genesis,
      deployment,
      sealMode: options.l2 ?? { kind: 'manual' },
      settle: options.settle ?? false,
      l1BlockTime: 0,
      ...(options.censor === undefined ? {} : { censor: options.censor }),
      ...(options.chainDir === undefined ? {} : { chainDir: options.chainDir }),
    },
    {
      engines,
      l1: transport,
      accounts: { settler: settlerAccount(), relayer: relayerAccount() },
      clock,
      timers: systemTimers,
      logger,
    },
  )
  l1.start()
  const l2 = rollup.node
  const sendL1: Pair['sendL1'] = (from, request) => send(l1, deployment.l1ChainId, from, request)
  const sendL2: Pair['sendL2'] = (from, request) => send(l2, deployment.l2ChainId, from, request)
  return {
    engines,
    genesis,
    deployment,
    clock,
    l1,
    l2,
    rollup,
    transport,
    logger,
    tamper,
    sendL1,
    sendL2,
    deposit: (to, value, { fee = 0n, data = '0x', gasLimit = MESSAGE_GAS } = {}) =>
      sendL1(devAccount(0), {
        to: deployment.l1.messenger,
        data: encodeFunctionData({
          abi: l1Messenger.abi,
          functionName: 'sendMessage',
          args: [to, fee, gasLimit, data],
        }),
        value: value + fee,
      }),
    withdraw: (from, to, value) =>
      sendL2(from, {
        to: deployment.l2.messenger,
        data: encodeFunctionData({
          abi: l2Messenger.abi,
          functionName: 'sendMessage',
          args: [to, 0n, MESSAGE_GAS, '0x'],
        }),
        value,
      }),
    l2Balance: (address) => balanceOf(l2, address),
    async close() {
      await rollup.close()
      await l1.close()
    },
  }
}

export function balanceOf({ chain }: Pick<L2Node, 'chain'>, address: Hex): bigint {
  return chain.stateAt(chain.head().header.stateRoot).getAccount(hexToBytes(address))?.balance ?? 0n
}

/** The real JSON-RPC methods of L1 behind a viem transport, without sockets. */
export function transportTo(
  l1: L1Node,
  clock: { nowMs(): number },
  logger: Logger,
  tamper: { current: Tamper | undefined } = { current: undefined },
): Transport {
  const { chain, pool, pending } = l1
  const methods = chainMethods({ chain, pool, clock, pending, clientVersion: 'reenact/test' })
  const dispatch = createDispatch(
    { maxBatch: 100, callTimeoutMs: 60_000, maxResponseBytes: 2 ** 28 },
    { methods, logger, control: createControlGate({ open: true }) },
  )
  const ask = async (method: string, params: unknown): Promise<unknown> => {
    const text = await dispatch.answer({ jsonrpc: '2.0', id: 1, method, params }, { stop: createStop() })
    const answer = JSON.parse(answerBytes(text ?? '{}').toString()) as {
      result?: unknown
      error?: { code: number; message: string }
    }
    if (answer.error !== undefined) throw answer.error
    return answer.result
  }
  return custom(
    {
      request: ({ method, params }: { method: string; params?: unknown }) => {
        const real = () => ask(method, params ?? [])
        return tamper.current === undefined ? real() : tamper.current(method, (params ?? []) as unknown[], real)
      },
    },
    { retryCount: 0 },
  )
}

/** Signs and pools a transaction with generous gas. */
async function send(
  node: Pick<L2Node, 'chain' | 'pool'>,
  chainId: number,
  from: LocalAccount,
  request: { to: Hex | undefined; data?: Hex; value?: bigint; gas?: bigint },
): Promise<Hex> {
  const { to, ...fields } = request
  const raw = await from.signTransaction({
    type: 'eip1559',
    chainId,
    nonce: Number(node.pool.nextNonce(hexToBytes(from.address))),
    gas: request.gas ?? 2_000_000n,
    maxFeePerGas: 20_000_000_000n,
    maxPriorityFeePerGas: 1_000_000_000n,
    ...fields,
    ...(to === undefined ? {} : { to }),
  })
  const tx = await node.pool.add(hexToBytes(raw))
  return `0x${Buffer.from(tx.hash).toString('hex')}`
}

/** Forces a signed L2 transaction on L1, whatever it is; the L1 transaction waits for its block. */
export function force(pair: Pick<Pair, 'sendL1' | 'deployment'>, signedTx: Hex, from = devAccount(5)): Promise<Hex> {
  const { rollup } = pair.deployment.l1
  return pair.sendL1(from, {
    to: rollup,
    data: encodeFunctionData({ abi: nativeRollup.abi, functionName: 'forceTransaction', args: [signedTx] }),
    value: BigInt(pair.deployment.parameters.forcedBond),
    gas: 3_000_000n,
  })
}

/** Seals one block and requires that there is one. */
export async function seal(node: { sealer: { sealNow(): Promise<Block | undefined> } }): Promise<Block> {
  const block = await node.sealer.sealNow()
  if (block === undefined) throw new Error('nothing was sealed')
  return block
}

/** Settles what there is: L1 is sealed by hand until every L2 block is settled. */
export async function settleAll(pair: Pair, maxSteps = 20): Promise<void> {
  for (let step = 0; step < maxSteps; step++) {
    const result = await pair.l2.settler.step()
    if (result === 'sent') await seal(pair.l1)
    if (result === 'idle') {
      // the first may have been under way before, and miss the newest blocks
      await pair.l2.watcher.step()
      await pair.l2.watcher.step()
      return
    }
    if (result === 'blocked') throw new Error(`blocked: ${pair.l2.settler.status().lastError}`)
  }
  throw new Error('not settled')
}
