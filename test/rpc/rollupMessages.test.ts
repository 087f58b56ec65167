import { type Abi, encodeFunctionData, type Hex, parseAbi, parseEther } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEV_ADDRESSES } from '../../genesis/accounts.ts'
import { l1Messenger } from '../../genesis/generated/L1Messenger.ts'
import { type Client, clientFor, rpc, succeeded, until } from '../e2e/clients.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

type Item = { id: Hex; hash: Hex; status: string; failure?: { reason: string; revertData: Hex } } & Record<
  string,
  never
>
type Call = { to: Hex; calldata: Hex }

let devnet: TestDevnet
let l1: Client
let l2: Client
beforeAll(async () => {
  devnet = await startTestDevnet({ sealModes: { l1: { kind: 'instant' }, l2: { kind: 'manual' } } })
  l1 = clientFor(devnet.l1Url, devnet.deployment.l1ChainId, 1)
  l2 = clientFor(devnet.l2Url, devnet.deployment.l2ChainId, 1)
})
afterAll(() => devnet?.close())

const FRESH = '0x00000000000000000000000000000000000f4e54'
const WETH: Hex = '0x4200000000000000000000000000000000000006'
const weth = parseAbi(['function withdraw(uint256)', 'function approve(address, uint256) returns (bool)'])
const call = (functionName: 'withdraw' | 'approve', args: readonly unknown[]) =>
  encodeFunctionData({ abi: weth as Abi, functionName, args })

const ask = <T = Item>(method: string, ...params: unknown[]) => rpc<T>(l2, `rollup_${method}`, params)
const refusal = async (method: string, ...params: unknown[]): Promise<{ code: number; message: string }> => {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: `rollup_${method}`, params })
  const answer = await fetch(l2.url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  const { error } = (await answer.json()) as { error?: { code: number; message: string } }
  if (error === undefined) throw new Error(`${method} did not fail`)
  return error
}

const sealL2 = () => rpc(l2, 'evm_mine', [])

async function send(to: Hex, value: bigint, { fee = 0n, gasLimit = 100_000n, data = '0x' as Hex } = {}): Promise<Hex> {
  const hash = await l1.wallet.writeContract({
    address: devnet.deployment.l1.messenger,
    abi: l1Messenger.abi,
    functionName: 'sendMessage',
    args: [to, fee, gasLimit, data],
    value: value + fee,
  })
  await succeeded(l1, hash)
  const { blockNumber } = await l1.reader.getTransactionReceipt({ hash })
  await until('L1 read', async () => (devnet.rollup.node.watcher.head().number >= blockNumber ? true : undefined))
  return hash
}

describe('a message from L1', () => {
  test('is queued, then claimed by the builder, with what delivered it', async () => {
    const l1TxHash = await send(FRESH, 7n)
    const queued = await ask('getMessage', { l1TxHash })
    expect(queued).toMatchObject({
      id: '0x0',
      from: l1.account.address.toLowerCase(),
      to: FRESH,
      value: '0x7',
      fee: '0x0',
      gasLimit: '0x186a0',
      data: '0x',
      status: 'queued',
      l1: { tx: l1TxHash },
    })
    expect(await ask('pendingMessages')).toEqual([{ ...queued, position: '0x0' }])
    expect(await refusal('getMessageProof', '0x0')).toMatchObject({ code: -32000 })
    await sealL2()
    const claimed = await ask<Item & { l2: { tx: Hex; block: Hex; gasUsed: Hex } }>('getMessage', '0x0')
    const receipt = await l2.reader.getTransactionReceipt({ hash: claimed.l2.tx })
    expect(claimed.status).toBe('claimed')
    expect(claimed.l2).toEqual({
      tx: receipt.transactionHash,
      block: `0x${receipt.blockNumber.toString(16)}`,
      gasUsed: `0x${receipt.gasUsed.toString(16)}`,
    })
    expect(await ask('getMessage', queued.hash)).toMatchObject({ id: '0x0', status: 'claimed' })
    expect(await ask('pendingMessages')).toEqual([])
    const settled = await until('the settlement', async () => {
      const { settlement } = await ask<{ settlement: { status: string; l1TxHash?: Hex } }>('getMessage', '0x0')
      return settlement.status === 'built' ? undefined : settlement
    })
    expect(settled).toMatchObject({ status: 'finalized' })
    expect((await l1.reader.getTransactionReceipt({ hash: settled.l1TxHash ?? '0x' })).status).toBe('success')
  })

  test('whose receiver refuses is failing, with its reason, until it can be delivered', async () => {
    await send(WETH, 0n, { data: call('withdraw', [5n]) })
    expect(await ask('getMessage', '0x1')).toMatchObject({
      status: 'failing',
      failure: { revertReason: 'WETH9_InsufficientBalance()' },
    })
    await sealL2()
    expect(await ask('getMessage', '0x1')).toMatchObject({ status: 'failing' })
    await send(DEV_ADDRESSES[3], 1n, { gasLimit: 1n })
    await send(WETH, 0n, { data: call('approve', [FRESH, 1n]), gasLimit: 100n })
    expect(await ask('getMessage', '0x3')).toMatchObject({ status: 'failing', failure: { revertReason: 'out of gas' } })
  })

  test('without fee and with data is left to others, who claim it with what getMessageProof gives', async () => {
    await sealL2()
    const l1TxHash = await send(WETH, 0n, { data: call('approve', [FRESH, 1n]), gasLimit: 300_000n })
    const { id } = await ask('getMessage', { l1TxHash })
    expect(await ask('getMessage', id)).toMatchObject({ status: 'queued' })
    await sealL2()
    expect(await ask('getMessage', id)).toMatchObject({ status: 'claimable' })
    const proof = await ask<Call & { rootId?: Hex; inbox?: object }>('getMessageProof', id, { feeRecipient: FRESH })
    expect(proof).toMatchObject({ inbox: { l1Header: expect.any(String) } })
    expect(proof).not.toHaveProperty('rootId')
    const hash = await l2.wallet.sendTransaction({ to: proof.to, data: proof.calldata, gas: 3_000_000n })
    await sealL2()
    expect((await l2.reader.getTransactionReceipt({ hash })).status).toBe('success')
    expect(await ask('getMessage', id)).toMatchObject({ status: 'claimed', l2: { tx: hash } })
  })

  test('under a root that L2 knows is proven by its number', async () => {
    const before = await ask<{ rootId: Hex; root: Hex; siblings: Hex[] }>('getMessageProof', '0x1')
    const [, , latest] = await Promise.all([sealL2(), send(FRESH, 1n), rpc<Hex>(l2, 'eth_blockNumber', [])])
    await sealL2()
    const proof = await ask<Call & { rootId: Hex }>('getMessageProof', '0x1')
    expect(BigInt(proof.rootId)).toBeGreaterThan(BigInt(before.rootId))
    expect(await ask('getMessageProof', '0x1', { l2Block: latest })).toMatchObject({ rootId: before.rootId })
    expect(await ask('getMessageProof', '0x1', latest)).toMatchObject({ rootId: before.rootId })
    await expect(l2.reader.call({ to: proof.to, data: proof.calldata, account: FRESH })).rejects.toThrow('reverted')
    expect(await refusal('getMessageProof', '0x1', { l2Block: '0x0' })).toMatchObject({ code: -32000 })
    expect(await refusal('getMessageProof', '0x1', 'latest')).toMatchObject({ code: -32602 })
    expect(await refusal('getMessageProof', '0x1', { l2Block: '0xffff' })).toMatchObject({ code: -32001 })
  })

  test('is found in lists by address, transaction and status, page by page', async () => {
    const ids = async (filter: object) => {
      const { items, cursor } = await ask<{ items: Item[]; cursor?: Hex }>('getMessages', filter)
      return [items.map(({ id }) => id), cursor]
    }
    expect(await ids({ status: 'failing' })).toEqual([['0x1', '0x3'], undefined])
    expect(await ids({ status: 'claimed', limit: '0x2' })).toEqual([['0x0', '0x2'], '0x3'])
    expect(await ids({ status: 'claimed', limit: '0x2', from: '0x3' })).toEqual([['0x4', '0x5'], undefined])
    expect(await ids({ address: WETH })).toEqual([['0x1', '0x3', '0x4'], undefined])
    const [first] = (await ask<{ items: { l1: { tx: Hex } }[] }>('getMessages', {})).items
    expect(await ids({ l1TxHash: first?.l1.tx })).toEqual([['0x0'], undefined])
  })

  test('that does not exist, or is asked for wrongly, is refused by name', async () => {
    const nobody = `0x${'12'.repeat(32)}`
    expect(await refusal('getMessage', '0x63')).toEqual({ code: -32001, message: 'no such message: with id 99' })
    expect(await refusal('getMessage', nobody)).toMatchObject({ code: -32001 })
    expect(await refusal('getMessage', { l1TxHash: nobody })).toMatchObject({ code: -32001 })
    for (const wrong of [[], [7], ['0x'], [{ l1TxHash: '0x1' }], [{ txHash: nobody }], [{}]]) {
      expect(await refusal('getMessage', ...wrong)).toMatchObject({ code: -32602 })
    }
    expect(await refusal('getMessages', { limit: '0x3e9' })).toMatchObject({
      code: -32602,
      message: expect.stringContaining('(filter).limit: expected 1 to 1000'),
    })
    expect(await refusal('getMessages', { limit: '0x0' })).toMatchObject({ code: -32602 })
    expect(await refusal('getMessages', { status: 'lost' })).toMatchObject({ code: -32602 })
  })
})

describe('a message that is not sent yet', () => {
  test('is delivered as the messenger would', async () => {
    expect(await ask('simulateMessage', { to: FRESH, value: '0x1' })).toMatchObject({
      success: true,
      minGasLimit: '0x1',
    })
    const data = call('approve', [FRESH, 1n])
    type Simulation = { gasUsed: Hex; minGasLimit: Hex; logs: { address: Hex }[]; output: Hex }
    const trial = await ask<Simulation>('simulateMessage', { to: WETH, data })
    expect(BigInt(trial.output)).toBe(1n)
    expect(trial.logs.map(({ address }) => address)).toEqual([WETH, devnet.deployment.l2.messenger])
    const least = BigInt(trial.minGasLimit)
    const at = (gasLimit: bigint) => ask('simulateMessage', { to: WETH, data, gasLimit: `0x${gasLimit.toString(16)}` })
    expect(await at(least)).toMatchObject({ success: true, minGasLimit: trial.minGasLimit })
    expect(await at(least - 1n)).toMatchObject({ success: false, minGasLimit: trial.minGasLimit, logs: [] })
    const hopeless = await ask('simulateMessage', { to: WETH, data: call('withdraw', [5n]) })
    expect(hopeless).toMatchObject({ success: false, revertReason: 'WETH9_InsufficientBalance()' })
    expect(hopeless).not.toHaveProperty('minGasLimit')
  })

  test('costs what the estimate says, and arrives with the gas limit that it names', async () => {
    const data = call('approve', [DEV_ADDRESSES[4], 1n])
    type Estimate = { l2GasLimit: Hex; l1Gas: Hex; relayFee: Hex; relayed: boolean; eta?: Hex }
    const unsent = { from: l1.account.address, to: WETH, data }
    const estimate = await ask<Estimate>('estimateDeposit', unsent)
    expect(estimate.relayed).toBe(false)
    expect(estimate).not.toHaveProperty('eta')
    const fee = BigInt(estimate.relayFee)
    const paid = await ask<Estimate>('estimateDeposit', { ...unsent, fee: estimate.relayFee })
    expect(paid).toMatchObject({ relayed: true, eta: '0x1' })
    const l1TxHash = await send(WETH, 0n, { data, gasLimit: BigInt(estimate.l2GasLimit), fee })
    const receipt = await l1.reader.getTransactionReceipt({ hash: l1TxHash })
    expect(receipt.gasUsed).toBeLessThanOrEqual(BigInt(paid.l1Gas))
    await sealL2()
    expect(await ask('getMessage', { l1TxHash })).toMatchObject({ status: 'claimed' })
  })

  test('is refused when a chain would refuse it', async () => {
    expect(await refusal('estimateDeposit', { to: devnet.deployment.l2.messenger })).toMatchObject({
      code: 3,
      message: `L1 refuses the message: Messages_ForbiddenTarget(${devnet.deployment.l2.messenger})`,
    })
    expect(await refusal('estimateDeposit', { to: WETH, data: call('withdraw', [5n]) })).toMatchObject({
      code: 3,
      message: 'L2 cannot deliver the message: WETH9_InsufficientBalance()',
    })
    const most = { to: FRESH, gasLimit: '0x7a1201' }
    expect(await refusal('simulateMessage', most)).toMatchObject({ code: -32602 })
    expect(await refusal('simulateMessage', { to: FRESH, data: `0x${'00'.repeat(16_385)}` })).toMatchObject({
      code: -32602,
      message: expect.stringContaining('16384 bytes'),
    })
    expect(await refusal('simulateMessage', { to: FRESH, wei: '0x1' })).toMatchObject({ code: -32602 })
  })
})

describe('a proof of a withdrawal', () => {
  type Proof = Call & {
    message: Record<string, string>
    path: Hex[]
    accountProof: Hex[]
    storageProof: Hex[]
    l2Block: Hex
    stateRoot: Hex
    outboxRoot: Hex
  }
  type Verdict = { ok: boolean; reason?: string; steps: { part: string; ok: boolean; hash: Hex; nibbles: string }[] }
  let proofs: Proof[]
  beforeAll(async () => {
    const { messenger } = devnet.deployment.l2
    const hashes: Hex[] = []
    for (const [to, data] of [
      [DEV_ADDRESSES[5], '0x'],
      [devnet.deployment.l1.withdrawalVerifier, '0x1234'],
      [FRESH, '0x'],
    ] as const) {
      const value = data === '0x' ? parseEther('0.1') : 0n
      const args = [to, 0n, 300_000n, data] as const
      hashes.push(
        await l2.wallet.writeContract({
          address: messenger,
          abi: l1Messenger.abi,
          functionName: 'sendMessage',
          args,
          value,
          gas: 2_000_000n,
        }),
      )
      await sealL2()
    }
    await until('three claimable ones', async () => {
      const listed = await ask<Item[]>('getWithdrawals', { status: 'ready-to-claim' })
      return listed.length === 3 ? true : undefined
    })
    proofs = await Promise.all(hashes.map((hash) => ask<Proof>('getWithdrawalProof', hash, '0x0')))
  })
  const proofOf = (index: number): Proof => {
    const proof = proofs[index]
    if (proof === undefined) throw new Error(`no proof ${index}`)
    return proof
  }

  test('is listed page by page', async () => {
    const ids = async (filter: object) => (await ask<Item[]>('getWithdrawals', filter)).map(({ id }) => id)
    expect(await ids({ limit: '0x2' })).toEqual(['0x0', '0x1'])
    expect(await ids({ from: '0x1' })).toEqual(['0x1', '0x2'])
    expect(await refusal('getWithdrawals', { limit: '0x3e9' })).toMatchObject({ code: -32602 })
  })

  test('is shown step by step', async () => {
    for (const proof of proofs) {
      const { ok, steps } = await ask<Verdict>('verifyWithdrawalProof', proof)
      expect(ok).toBe(true)
      const { accountProof, storageProof, path } = proof
      expect(steps.map(({ part }) => part)).toEqual([
        'state-root',
        ...accountProof.map(() => 'account'),
        ...storageProof.map(() => 'storage'),
        'outbox-root',
        'message',
        ...path.map(() => 'outbox'),
        'outbox',
      ])
      expect(steps.at(-1)?.hash).toBe(proof.outboxRoot)
      const nibbles = steps.filter(({ part }) => part === 'account').map((step) => step.nibbles)
      expect(nibbles.join('')).toHaveLength(64)
    }
  })

  const flipped = (hex: Hex): Hex => `${hex.slice(0, -1)}${hex.endsWith('0') ? '1' : '0'}` as Hex
  const broken: [name: string, part: string, reason: string, breakIt: (proof: Proof) => Proof][] = [
    ['of an unsettled block', 'none', 'NativeRollup_UnknownBlock', (proof) => ({ ...proof, l2Block: '0xffff' })],
    ['of another block', 'state-root', 'another state root', (proof) => ({ ...proof, l2Block: '0x1' })],
    [
      'with a foreign state root',
      'state-root',
      'another state root',
      (proof) => ({ ...proof, stateRoot: flipped(proof.stateRoot) }),
    ],
    [
      'with a changed account node',
      'account',
      'Mpt_InvalidProof',
      (proof) => ({
        ...proof,
        accountProof: [...proof.accountProof.slice(0, -1), flipped(proof.accountProof.at(-1) ?? '0x')],
      }),
    ],
    [
      'that ends early',
      'account',
      'Mpt_InvalidProof',
      (proof) => ({ ...proof, accountProof: proof.accountProof.slice(0, -1) }),
    ],
    [
      'with a node too many',
      'storage',
      'Mpt_InvalidProof',
      (proof) => ({ ...proof, storageProof: [...proof.storageProof, '0xc0'] }),
    ],
    ['without storage nodes', 'account', 'Mpt_InvalidProof', (proof) => ({ ...proof, storageProof: [] })],
    [
      'with a foreign outbox root',
      'outbox-root',
      'another outbox root',
      (proof) => ({ ...proof, outboxRoot: flipped(proof.outboxRoot) }),
    ],
    [
      'with more value',
      'outbox',
      'WithdrawalVerifier_NotInOutbox',
      (proof) => ({ ...proof, message: { ...proof.message, value: '0x1' } }),
    ],
    [
      'with a changed sibling',
      'outbox',
      'WithdrawalVerifier_NotInOutbox',
      (proof) => ({ ...proof, path: proof.path.map(flipped) }),
    ],
  ]
  test.each(broken)('%s is wrong there, and L1 refuses it', async (_, part, reason, breakIt) => {
    const proof = breakIt(proofOf(0))
    const verdict = await ask<Verdict>('verifyWithdrawalProof', proof)
    expect(verdict.ok).toBe(false)
    expect(verdict.reason).toContain(reason)
    expect(verdict.steps.at(-1)?.part ?? 'none').toBe(part)
    const { success, revertReason } = await ask<{ success: boolean; revertReason?: string }>('simulateClaim', proof)
    // what the proof only says about itself is not in the claim
    const isUnsent = reason.startsWith('another')
    if (!isUnsent) expect([success, revertReason]).toEqual([false, `${reason}()`])
  })

  test('is claimed on L1 only in the simulation, which names the reason of the receiver', async () => {
    expect(await ask('simulateClaim', proofOf(0))).toMatchObject({
      success: true,
      gasLimit: expect.any(String),
      gasUsed: expect.any(String),
    })
    expect(await ask('simulateClaim', proofOf(1))).toMatchObject({ success: false, revertReason: 'execution reverted' })
    const { gasLimit } = await ask<{ gasLimit: Hex }>('simulateClaim', proofOf(0), { from: l1.account.address })
    const { to, calldata: data } = proofOf(0)
    await succeeded(l1, await l1.wallet.sendTransaction({ to, data, gas: BigInt(gasLimit) }))
    expect(await ask('simulateClaim', proofOf(0))).toMatchObject({
      success: false,
      revertReason: 'Messages_AlreadyDelivered(0)',
    })
  })

  test('that is none is refused by name', async () => {
    expect(await refusal('verifyWithdrawalProof', {})).toMatchObject({ code: -32602 })
    expect(
      await refusal('verifyWithdrawalProof', { ...proofOf(0), path: Array(33).fill(proofOf(0).outboxRoot) }),
    ).toMatchObject({ code: -32602 })
    expect(await refusal('simulateClaim', { ...proofOf(0), accountProof: ['0x0'] })).toMatchObject({
      code: -32602,
      message: expect.stringContaining('argument 0 (proof).accountProof[0]'),
    })
  })
})
