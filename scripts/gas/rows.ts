import { decodeFunctionResult, encodeFunctionData, type Hex, keccak256, maxUint256 } from 'viem'
import { DEV_ADDRESSES } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { l1TokenBridge } from '../../genesis/generated/L1TokenBridge.ts'
import { l2TokenBridge } from '../../genesis/generated/L2TokenBridge.ts'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { rollupFactory } from '../../genesis/generated/RollupFactory.ts'
import { weth9 } from '../../genesis/generated/WETH9.ts'
import { BLOCK_GAS_LIMIT, L2_TOKEN_BRIDGE_ADDRESS, ROLLUP_DEFAULTS, WETH9_ADDRESS } from '../../genesis/parameters.ts'
import type { Message } from '../../rollup/types.ts'
import { at, claimOnL1, claimOnL2, proveInbox, type Rows } from './claiming.ts'
import type { Usage } from './usage.ts'
import { advance, createWorld, type World } from './world.ts'

const KIB = 1_024
/** Messages that fill the trees before claims are measured: paths of seven siblings. */
const MESSAGES = 100

/** Account proofs of four nodes, and of six. */
export const STATES = [
  { name: 'devnet', size: { accounts: 0, shared: 2 } },
  { name: '5,000 accounts', size: { accounts: 5_000, shared: 4 } },
] as const

/** Everything that is measured, each time in the same order on the same chains. */
export async function measureAll(): Promise<Rows> {
  const rows: Rows = new Map()
  const world = await createWorld(STATES[0].size)
  await advances(rows, world)
  await forced(rows, world)
  await deposits(rows, world)
  rows.set('RollupFactory.create', await creation(world))
  await tokens(rows, await createWorld(STATES[0].size))
  for (const { name, size } of STATES) await claims(rows, name, await createWorld(size))
  return rows
}

async function advances(rows: Rows, world: World): Promise<void> {
  for (const kib of [20, 50, 100, 120]) {
    await world.l2.empty()
    const { input, anchor } = world.input(kib * KIB)
    const name = `advance, ${kib} KiB`
    rows.set(name, await world.l1.send(name, advance(world, input, anchor)))
  }
  const delayed = await createWorld(STATES[0].size, 3_600)
  rows.set('advance, 120 KiB, finality delay, a checkpoint', delayed.firstAdvance)
  await delayed.l2.empty()
  const next = delayed.input(120 * KIB)
  rows.set(
    'advance, 120 KiB, finality delay',
    await delayed.l1.send('advance', advance(delayed, next.input, next.anchor)),
  )
  const inputs: Hex[] = []
  const anchors: bigint[] = []
  for (let block = 0; block < 5; block++) {
    await world.l2.empty()
    const { input, anchor } = world.input(20 * KIB)
    inputs.push(input)
    anchors.push(anchor)
  }
  const name = 'advanceBatch, 5 of 20 KiB'
  const data = encodeFunctionData({ abi: nativeRollup.abi, functionName: 'advanceBatch', args: [inputs, anchors] })
  rows.set(name, await world.l1.send(name, { from: world.settler, to: world.deployment.l1.rollup, data }))
}

async function forced(rows: Rows, world: World): Promise<void> {
  const to = world.deployment.l1.rollup
  const signedTx = (length: number): Hex => `0x02${'f8'.repeat(length - 1)}`
  for (const [name, length] of [
    ['forceTransaction, 110 bytes', 110],
    ['forceTransaction, 16 KiB', 16 * KIB],
  ] as const) {
    const data = encodeFunctionData({
      abi: nativeRollup.abi,
      functionName: 'forceTransaction',
      args: [signedTx(length)],
    })
    rows.set(name, await world.l1.send(name, { from: world.user, to, data, value: ROLLUP_DEFAULTS.forcedBond }))
  }
  // The list of a real block: fifty others before the one that was forced.
  const transactions = [...Array.from({ length: 50 }, () => new Uint8Array(120).fill(2)), bytesOf(signedTx(110))]
  await world.l2.empty()
  const { input, anchor } = world.input(120 * KIB, transactions)
  const name = 'advance, 120 KiB, a forced transaction in it'
  rows.set(name, await world.l1.send(name, advance(world, input, anchor)))
}

/** Another rollup on the same L1. Its genesis does not matter here. */
function creation(world: World): Promise<Usage> {
  const config = {
    chainId: 28_081n,
    gasLimit: BLOCK_GAS_LIMIT,
    feeRecipient: ROLLUP_DEFAULTS.feeRecipient,
    sequencer: world.settler.address,
    genesisHash: keccak256('0x01'),
    genesisStateRoot: keccak256('0x02'),
    genesisTimestamp: world.l1.head().timestamp,
    maxAnchorAge: BigInt(ROLLUP_DEFAULTS.maxAnchorAge),
    maxTimestampLag: BigInt(ROLLUP_DEFAULTS.maxTimestampLag),
    finalityDelay: BigInt(ROLLUP_DEFAULTS.finalityDelay),
    sequencerTimeout: BigInt(ROLLUP_DEFAULTS.sequencerTimeout),
    forcedDeadline: BigInt(ROLLUP_DEFAULTS.forcedDeadline),
    forcedExpiry: BigInt(ROLLUP_DEFAULTS.forcedExpiry),
    forcedBond: ROLLUP_DEFAULTS.forcedBond,
  }
  const creationCodes = [nativeRollup, l1Messenger, l1TokenBridge].map(({ creationCode }) => creationCode)
  const params = { config, maxMessageGas: BigInt(ROLLUP_DEFAULTS.maxMessageGas), creationCodes }
  const data = encodeFunctionData({ abi: rollupFactory.abi, functionName: 'create', args: [params] })
  const to = world.deployment.l1.factory
  return world.l1.send('create', { from: world.user, to, data, value: 10n ** 18n, gas: 59_000_000n })
}

async function deposits(rows: Rows, world: World): Promise<void> {
  const to = DEV_ADDRESSES[1]
  const deposit = (label: string, data: Hex = '0x') => world.send('l1', label, { to, value: 10n ** 18n, data })
  const first = await deposit('the first')
  rows.set('deposit of ETH, the first of a rollup', first.usage)
  for (let index = 1; index < 7; index++) await deposit(`number ${index}`)
  rows.set('deposit of ETH, opens a tree level', (await deposit('number 7')).usage)
  rows.set('deposit of ETH', (await deposit('number 8')).usage)
  rows.set('sendMessage on L1, 1 KiB of data', (await deposit('number 9', `0x${'11'.repeat(KIB)}`)).usage)
}

/** WETH there and back again, each step twice: the first time it is new on the other side. */
async function tokens(rows: Rows, world: World): Promise<void> {
  const { user, deployment } = world
  const bridge = deployment.l1.tokenBridge
  const holder = DEV_ADDRESSES[0]
  const wrap = encodeFunctionData({ abi: weth9.abi, functionName: 'deposit' })
  const approve = encodeFunctionData({ abi: weth9.abi, functionName: 'approve', args: [bridge, maxUint256] })
  await world.l1.send('wrap', { from: user, to: WETH9_ADDRESS, data: wrap, value: 10n ** 18n })
  await world.l1.send('approve', { from: user, to: WETH9_ADDRESS, data: approve })
  const deposit = encodeFunctionData({
    abi: l1TokenBridge.abi,
    functionName: 'deposit',
    args: [WETH9_ADDRESS, holder, 1_000n, 0n],
  })
  const arriving: Message[] = []
  for (const name of [
    'deposit of an ERC-20, the first',
    'deposit of an ERC-20, opens a tree level',
    'deposit of an ERC-20',
  ]) {
    rows.set(name, await world.l1.send(name, { from: user, to: bridge, data: deposit }))
    arriving.push(world.accepted('l1'))
  }
  await proveInbox(rows, 'proveInbox, the first', world)
  for (const [name, index] of [
    ['claim on L2 of an ERC-20, the first', 0],
    ['claim on L2 of an ERC-20', 1],
  ] as const) {
    rows.set(name, await claimOnL2(world, name, at(arriving, index)))
  }
  const token = await localToken(world)
  const withdraw = encodeFunctionData({
    abi: l2TokenBridge.abi,
    functionName: 'withdraw',
    args: [token, holder, 400n, 0n],
  })
  const leaving: Message[] = []
  for (const name of [
    'withdrawal of an ERC-20, the first',
    'withdrawal of an ERC-20, opens a tree level',
    'withdrawal of an ERC-20',
  ]) {
    rows.set(name, await world.l2.send(name, { from: user, to: L2_TOKEN_BRIDGE_ADDRESS, data: withdraw }))
    leaving.push(world.accepted('l2'))
  }
  const settled = await world.settle()
  for (const [name, index] of [
    ['claim on L1 of an ERC-20, the first', 0],
    ['claim on L1 of an ERC-20', 1],
  ] as const) {
    rows.set(name, await claimOnL1(world, name, at(leaving, index), settled))
  }
}

async function localToken({ l2 }: World): Promise<Hex> {
  const call = { abi: l2TokenBridge.abi, functionName: 'localToken' } as const
  const data = await l2.read(L2_TOKEN_BRIDGE_ADDRESS, encodeFunctionData({ ...call, args: [WETH9_ADDRESS] }))
  return decodeFunctionResult({ ...call, data })
}

/** Proofs, claims and withdrawals in a state of the given name. */
async function claims(rows: Rows, state: string, world: World): Promise<void> {
  const to = DEV_ADDRESSES[1]
  const sent: { l1: Message[]; l2: Message[] } = { l1: [], l2: [] }
  for (const side of ['l1', 'l2'] as const) {
    for (let index = 0; index < MESSAGES; index++) {
      const { usage, message } = await world.send(side, `message ${index}`, { to, value: 10n ** 15n })
      if (side === 'l2' && state === 'devnet' && index === 63) rows.set('withdrawal of ETH, opens a tree level', usage)
      if (side === 'l2' && state === 'devnet' && index === 66) rows.set('withdrawal of ETH', usage)
      sent[side].push(message)
    }
  }
  await proveInbox(rows, `proveInbox, ${state}`, world)
  for (const [name, index] of [
    ['claim on L2, the first', 70],
    ['claim on L2', 71],
  ] as const) {
    rows.set(`${name}, ${state}`, await claimOnL2(world, name, at(sent.l1, index)))
  }
  const settled = await world.settle()
  for (const [name, index] of [
    ['claim on L1, the first', 70],
    ['claim on L1', 71],
  ] as const) {
    rows.set(`${name}, ${state}`, await claimOnL1(world, name, at(sent.l2, index), settled))
  }
}

const bytesOf = (hex: Hex): Uint8Array => Uint8Array.from(Buffer.from(hex.slice(2), 'hex'))
