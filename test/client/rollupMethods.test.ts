import { crossMessengerAbi } from 'reenact/abi'
import * as client from 'reenact/viem'
import { createPublicClient, createTestClient, http, publicActions, testActions, walletActions } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ACTIONS, NO_ACTIONS } from '../../scripts/clientRpc/actions.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { clientsOf, type Scene } from './clients.ts'
import { complaints } from './schemaForm.ts'

const STRANGER = '0x00000000000000000000000000000000000abcde'

let devnet: TestDevnet
let scene: Scene
beforeAll(async () => {
  devnet = await startTestDevnet()
  scene = await clientsOf(devnet)
})
afterAll(() => devnet?.close())

const openNode = () =>
  createPublicClient({ transport: http(devnet.l2Url, { timeout: 30_000 }), pollingInterval: 20 })
    .extend(client.rollupActions())
    .extend(client.devnetActions())
type Node = ReturnType<typeof openNode>
type ActionName = keyof client.RollupActions | keyof client.DevnetActions

/** What each action was heard to answer. */
const answers = new Map<string, unknown[]>()

/** The node, all of whose answers are remembered. */
function listeningNode(): Node {
  const node = openNode()
  const names = Object.values(ACTIONS).flatMap((plans) => plans.map(({ action }) => action)) as ActionName[]
  const heard = names.map((name) => {
    const act = node[name] as (parameters?: unknown) => Promise<unknown>
    return [
      name,
      async (parameters?: unknown) => {
        const answer = await act(parameters)
        answers.set(name, [...(answers.get(name) ?? []), answer])
        return answer
      },
    ]
  })
  return { ...node, ...Object.fromEntries(heard) }
}

const until = async <Value>(ask: () => Promise<Value>, isWanted: (value: Value) => boolean): Promise<Value> => {
  for (;;) {
    const value = await ask()
    if (isWanted(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('every rollup_ method that a node describes has an action', async () => {
  for (const url of [devnet.l1Url, devnet.l2Url]) {
    const methods = await client.getRollupMethods(createPublicClient({ transport: http(url) }))
    const names = methods.map(({ name }) => name).filter((name) => name.startsWith('rollup_'))
    expect([...Object.keys(ACTIONS), ...NO_ACTIONS].sort()).toEqual(names)
  }
})

test('no action has a name that viem or another decorator uses, and the package exports each', () => {
  const node = createTestClient({ mode: 'anvil', transport: http(devnet.l1Url) })
  const others = [
    publicActions(node),
    walletActions(node),
    testActions({ mode: 'anvil' })(node),
    client.publicActionsL1()(node),
    client.publicActionsL2()(node),
    client.walletActionsL1()(node),
    client.walletActionsL2()(node),
  ]
  const own = { ...client.rollupActions()(node), ...client.devnetActions()(node) }
  const taken = new Set(others.flatMap((actions) => Object.keys(actions)))
  expect(Object.keys(own).filter((name) => taken.has(name))).toEqual([])
  expect(Object.keys(own).filter((name) => !(name in client))).toEqual([])
})

describe('each action on a running devnet', () => {
  test('about the node', async () => {
    const node = listeningNode()
    await node.getRollupConfig()
    await node.getRollupContracts()
    await node.getRollupDescriptor()
    await until(node.getRollupHealth, ({ ok }) => ok)
    await node.getRollupMethods()
    await node.getRollupMetrics()
    await node.getRollupStatus()
    await node.getRollupSyncStatus()
    await node.getRollupVersion()
    const abi = await node.getRollupAbi({ contract: 'NativeRollup' })
    expect(abi.some((item) => item.type === 'function' && item.name === 'headNumber')).toBe(true)
    expect((await node.getRollupGenesis({ chain: 'l2' })).config.chainId).toBe(28_079)
    expect((await node.getRollupLogs({ level: 'info', limit: 5n })).lines.length).toBeLessThanOrEqual(5)
  })

  test('about messages from L1', async () => {
    const node = listeningNode()
    const gift = await node.faucet({ chain: 'l2', address: STRANGER, value: 7n })
    expect([gift.balance, gift.deposit?.delivered]).toEqual([7n, true])
    expect((await node.simulateMessage({ to: STRANGER, value: 1n })).success).toBe(true)
    expect((await node.estimateDeposit({ to: STRANGER, value: 1n })).relayed).toBe(true)
    await node.setSequencing({ mode: 'manual' })
    const { id, l1TxHash } = await node.devnetDeposit({ to: STRANGER, value: 5n })
    if (id === undefined) throw new Error('a deposit that is in no block')
    await until(node.getRollupPendingMessages, ({ length }) => length > 0)
    const message = await node.getRollupMessage({ id })
    expect(await node.getRollupMessage({ l1TxHash })).toEqual(message)
    expect(await node.getRollupMessage({ hash: message.hash })).toEqual(message)
    expect((await node.getRollupMessages({ from: id })).items).toEqual([message])
    expect(await node.getRollupPendingMessages()).toEqual([{ ...message, position: 0n }])
    await node.buildBlock({ messages: 0n })
    const proof = await node.getRollupMessageProof({ l1TxHash, feeRecipient: STRANGER })
    expect(proof.message.value).toBe(5n)
    expect(await node.setSequencing({ mode: 'interval', intervalMs: 20n })).toEqual({ mode: 'manual' })
    await until(
      () => node.getRollupMessage({ id }),
      ({ status }) => status === 'claimed',
    )
    await node.setSequencing({ mode: 'auto' })
  })

  test('about messages from L2', async () => {
    const node = listeningNode()
    const hash = await scene.l2.initiateWithdrawal({ to: STRANGER, value: 1n })
    const [sent] = await until(
      () => node.getRollupWithdrawals({ txHash: hash }),
      ([withdrawal]) => withdrawal?.status === 'ready-to-claim',
    )
    if (sent === undefined) throw new Error('no withdrawal')
    const proof = await node.getRollupWithdrawalProof({ id: sent.id, feeRecipient: STRANGER })
    expect(await node.getRollupWithdrawalProofs({ txHash: hash, feeRecipient: STRANGER })).toEqual([proof])
    expect((await node.explainWithdrawalProof({ proof })).ok).toBe(true)
    expect((await node.simulateClaim({ proof, from: STRANGER })).success).toBe(true)
    expect((await node.devnetClaim({ id: sent.id })).status).toBe('claimed')
  })

  test('about messages to other rollups', async () => {
    const node = listeningNode()
    const { contracts } = await node.getRollupConfig()
    const hash = await scene.l2.writeContract({
      address: contracts.l2.crossMessenger,
      abi: crossMessengerAbi,
      functionName: 'sendMessage',
      args: [4_242n, STRANGER, 100_000n, '0x'],
    })
    const { blockNumber } = await scene.l2.waitForTransactionReceipt({ hash })
    await until(node.getRollupStatus, ({ l2 }) => l2.safe.number >= blockNumber)
    const { timestamp, hash: parentBeaconBlockRoot } = await scene.l1.getBlock()
    const destinationBlock = { timestamp: timestamp + 1n, parentBeaconBlockRoot }
    const [proof] = await node.getRollupCrossMessageProofs({ txHash: hash, destinationBlock })
    if (proof === undefined) throw new Error('no proof')
    expect(await node.getRollupCrossMessageProof({ id: proof.index, destinationBlock })).toEqual(proof)
  })

  test('about blocks on L1', async () => {
    const node = listeningNode()
    await node.buildBlock()
    const { l2 } = await until(node.getRollupStatus, ({ lag }) => lag.blocks === 0n)
    const settlement = await node.getRollupSettlement({ block: l2.safe.hash })
    expect(settlement.l2Block).toBe(l2.safe.number)
    expect(await node.getRollupSettlements({ from: settlement.l2Block })).toEqual([settlement])
    const { l1TxHash, l1Block } = settlement
    if (l1TxHash === undefined || l1Block === undefined) throw new Error('not settled')
    expect((await node.getBlockByL1Tx({ l1TxHash })).at(-1)).toBe(settlement.l2Block)
    expect((await node.getRollupSafeHeadAtL1Block({ l1Block })).l2Block).toBe(settlement.l2Block)
    expect((await node.getRollupStateRootAt({ block: 'safe' })).onL1).toBe(true)
    expect((await node.verifyConsistency({ from: 1n })).ok).toBe(true)
    expect((await node.explainAdvance({ l1TxHash })).every(({ ok }) => ok)).toBe(true)
    const traced = await node.traceExecute({ l1TxHash, tracer: 'callTracer' })
    expect((await node.traceExecute({ block: l2.safe.hash })).l1TxHash).toBe(traced.l1TxHash)
  })

  test('about EXECUTE', async () => {
    const node = listeningNode()
    const { number: block, hash, anchorBlock } = await node.buildBlock()
    const input = await node.getExecuteInput({ block: hash })
    const fields = await node.getExecuteInputFields({ block })
    expect(await node.decodeExecuteInput({ input })).toEqual(fields)
    expect(await node.encodeExecuteInput(fields)).toBe(input)
    const { output, phases } = await node.execute({ input, l1Block: 'latest', trace: true })
    expect(phases?.length).toBeGreaterThan(0)
    if (output === undefined) throw new Error('no output')
    expect((await node.decodeExecuteOutput({ output })).chainId).toBe(fields.chainId)
    const changes = [{ path: 'executionPayload.gasUsed', value: fields.executionPayload.gasUsed + 1n }]
    const broken = await node.mutateInput({ input, changes, reseal: true })
    expect((await node.execute({ input: broken })).failure?.field).toBe('executionPayload.gasUsed')
    const checks = await node.explainAdvance({ input: broken, anchorBlock })
    expect(checks.some(({ ok }) => !ok)).toBe(true)
    expect((await node.getWitness({ block: hash })).state).toEqual(fields.witness.state)
    expect((await node.getWitness({ input, format: 'reth' })).keys).toBeDefined()
    expect((await node.getAnnotatedWitness({ input: fields })).nodes.length).toBe(fields.witness.state.length)
    expect((await node.getRollupWitnessStats({ block })).minimal).toBe(true)
    const prices = await node.compareGasSchedules({ block, schedules: ['flat', { name: 'mine', base: 3n }] })
    expect(prices.map(({ schedule, gas }) => [schedule, gas])[1]).toEqual(['mine', 3n])
    expect((await node.estimateSettlement({ block: hash })).fits).toBe(true)
    expect((await node.estimateSettlement({ txs: 1n, gas: 21_000n, bytes: 1_000n })).fits).toBe(true)
  })

  test('that makes and settles blocks by hand', async () => {
    const node = listeningNode()
    await until(node.getRollupStatus, ({ lag }) => lag.blocks === 0n)
    expect(await node.pauseSettlement()).toBe(true)
    const { number } = await node.buildBlock({ messages: 0n })
    const fault = { kind: 'bad-state-root' } as const
    expect(await node.injectFault(fault)).toEqual({ armed: fault })
    expect(await node.injectFault()).toEqual({ previous: fault })
    expect(await node.submitBlock({ block: number })).toMatchObject({ accepted: true })
    await until(node.getRollupStatus, ({ l2 }) => l2.safe.number === number)
    const head = await node.stopSequencer()
    expect(await node.startSequencer({ head })).toBeNull()
    const next = await node.buildBlock()
    expect((await node.rewindL2({ block: number, transactions: 'drop' })).removed[0]?.hash).toBe(next.hash)
    await node.buildBlock()
    expect(await node.settle({ upTo: number + 1n })).toHaveLength(1)
    expect(await node.resumeSettlement()).toBe(true)
  })

  test('that moves both chains', async () => {
    const node = listeningNode()
    const id = await node.snapshotBoth()
    const { l1 } = await node.setTime({ seconds: 60n })
    expect((await node.revertBoth({ id })).l1.number).toBeLessThan(l1.number)
    const { l1: changed } = await node.reorgL1({ depth: 1n, replaceTxs: [] })
    expect([changed.removed.length, changed.added.length]).toEqual([1, 1])
    const dump = await node.dumpBoth()
    expect((await node.loadBoth({ dump })).map(({ chainId }) => chainId)).toContain(28_079n)
  })
})

test('what was answered has bigints exactly where the schemas have quantities', async () => {
  const methods = await client.getRollupMethods(openNode())
  const plans = Object.entries(ACTIONS).flatMap(([method, own]) => own.map((plan) => ({ method, ...plan })))
  expect(plans.map(({ action }) => action).filter((name) => !answers.has(name))).toEqual([])
  const faults = plans.flatMap(({ method, action }) => {
    const schema = methods.find(({ name }) => name === method)?.result ?? {}
    return (answers.get(action) ?? []).flatMap((answer) => complaints(answer, schema, action))
  })
  expect(faults).toEqual([])
})
