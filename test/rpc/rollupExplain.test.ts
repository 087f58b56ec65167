import { createWalletClient, type Hex, http, keccak256, parseGwei, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SETTLER_PRIVATE_KEYS } from '../../genesis/accounts.ts'
import { encodeSettlement } from '../../rollup/settling/settlement.ts'
import { hexToBytes } from '../../stateless/bytes.ts'
import { type Access, accessTo } from '../e2e/chainAccess.ts'
import { clientFor } from '../e2e/clients.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'

type Row = {
  l2Block?: Hex
  check: string
  field: string
  expected: Hex
  actual: Hex
  ok: boolean
  error?: string
  note?: string
}
type Input = { input: Hex; anchorBlock: Hex }

let devnet: TestDevnet
let l1: Access
let l2: Access
const FEES = { maxFeePerGas: parseGwei('50'), maxPriorityFeePerGas: parseGwei('1') }

/** a creation that goes round until 65,536 gas are left */
const BURNER: Hex = '0x5b5a62010000105f57'

beforeAll(async () => {
  devnet = await startTestDevnet({ sealModes: { l1: { kind: 'instant' }, l2: { kind: 'manual' } } })
  l1 = accessTo(devnet.l1Url)
  l2 = accessTo(devnet.l2Url)
  await l2.call('rollup_pauseSettlement')
  const { wallet } = clientFor(devnet.l2Url, 28079)
  for (let nonce = 0; nonce < 4; nonce++) {
    if (nonce === 0) await wallet.sendTransaction({ data: BURNER, gas: 800_000n, nonce, ...FEES })
    else await wallet.sendTransaction({ to: wallet.account.address, value: 1n, gas: 50_000n, nonce, ...FEES })
    await devnet.rollup.node.sealer.sealNow()
  }
  // blocks that follow each other at once are ahead of L1's time
  await l1.call('evm_increaseTime', [10])
}, 60_000)
afterAll(() => devnet?.close())

const explain = (subject: unknown, chain = l2) => chain.call<Row[]>('rollup_explainAdvance', [subject])
const refused = (subject: unknown) => explain(subject).catch(({ message }: Error) => message)
const failing = (rows: readonly Row[]) => rows.filter(({ ok }) => !ok)
const rowOf = (rows: readonly Row[], field: string) => rows.find((row) => row.field === field)

async function inputOf(number: bigint): Promise<Input> {
  const { chain, inputs } = devnet.rollup.node
  const { input, anchorBlock } = await inputs.require(chain.getHashByNumber(number) ?? new Uint8Array())
  return { input: toHex(input), anchorBlock: toHex(anchorBlock) }
}

const calldata = (...inputs: Input[]): Hex =>
  encodeSettlement(
    inputs.map(({ input, anchorBlock }) => ({ input: hexToBytes(input), anchorBlock: BigInt(anchorBlock) })),
  )

/** From an account with this key to the rollup. */
async function post(key: Hex, data: Hex, gas: bigint, value = 0n): Promise<Hex> {
  const to = devnet.deployment.l1.rollup
  const wallet = createWalletClient({ account: privateKeyToAccount(key), transport: http(devnet.l1Url) })
  return wallet.sendTransaction({ chain: null, to, data, gas, value, ...FEES })
}

/** For who asks about its block: a transaction that still waits is explained on the present head. */
async function mined(hash: Hex): Promise<Hex> {
  await clientFor(devnet.l1Url, 18079).reader.waitForTransactionReceipt({ hash })
  return hash
}
const [SETTLER] = SETTLER_PRIVATE_KEYS
const STRANGER = keccak256('0x57')

test('an input on the present head: nothing is wrong with the next block, and the one after it is early', async () => {
  const next = await explain(await inputOf(1n))
  expect(failing(next)).toEqual([])
  expect(next.at(-1)).toMatchObject({ check: 'answers with this schema', l2Block: '0x1' })
  const json = await l2.call('rollup_decodeExecuteInput', [(await inputOf(1n)).input])
  expect(failing(await explain({ ...(await inputOf(1n)), input: json }))).toEqual([])
  const second = failing(await explain(await inputOf(2n), l1))
  expect(second.map(({ error }) => error)).toEqual(['NativeRollup_WrongParent', 'NativeRollup_WrongNumber'])
  const [mine] = failing(await explain({ ...(await inputOf(1n)), from: '0x00000000000000000000000000000000000000aa' }))
  expect(mine).toMatchObject({ error: 'NativeRollup_NotSequencer', note: expect.stringContaining('closed') })
  const [missing] = failing(await explain({ ...(await inputOf(1n)), forced: ['0x5'] }))
  expect(missing).toMatchObject({ error: 'NativeRollup_ForcedTxMissing(5)' })
})

test('an input that EXECUTE refuses: its own reason stands in the row', async () => {
  const { input, anchorBlock } = await inputOf(1n)
  const cut = `${input.slice(0, -8)}00000000` as Hex
  const [row] = failing(await explain({ input: cut, anchorBlock }))
  expect(row).toMatchObject({ error: 'NativeRollup_ExecuteFailed', note: expect.stringContaining('validation') })
  const { l1TxHash, contractError } = await l2.call<{ l1TxHash: Hex; contractError: string }>('rollup_submitBlock', [
    cut,
    { anchorBlock },
  ])
  const onChain = failing(await explain(l1TxHash))
  expect(onChain).toEqual([row])
  expect(contractError).toBe(row?.error)
})

test('a transaction whose gas ends, and one that ends for what no check asks', async () => {
  const input = await inputOf(1n)
  const short = await post(SETTLER, calldata(input), 700_000n)
  const [starved, ...others] = failing(await explain(await mined(short)))
  expect([starved?.error, others]).toEqual(['NativeRollup_ExecuteFailed', []])
  expect(starved?.note).toMatch(/OUT_OF_GAS|OVER_BUDGET/)
  const paying = await post(SETTLER, calldata(input), 9_000_000n, 1n)
  const [ended, ...more] = failing(await explain(await mined(paying)))
  expect([ended?.field, ended?.error, more]).toEqual(['status', 'execution reverted', []])
})

test('what happened in the same L1 block before it counts', async () => {
  const first = await inputOf(1n)
  const number = await l1.call<Hex>('eth_blockNumber')
  await l1.call('evm_setAutomine', [false])
  await l1.call('anvil_setBalance', [privateKeyToAccount(STRANGER).address, toHex(10n ** 18n)])
  const settling = await post(SETTLER, calldata(first, await inputOf(2n)), 9_000_000n)
  const late = await post(STRANGER, calldata(first), 1_000_000n)
  await l1.call('evm_mine')
  await l1.call('evm_setAutomine', [true])
  expect(BigInt(await l1.call<Hex>('eth_blockNumber'))).toBeGreaterThan(BigInt(number))

  const settled = await explain(settling)
  expect(failing(settled)).toEqual([])
  expect(new Set(settled.map(({ l2Block }) => l2Block))).toEqual(new Set([undefined, '0x1', '0x2']))
  const { hash } = await l2.call<{ hash: Hex }>('eth_getBlockByNumber', ['0x2', false])
  const rows = await explain(late)
  expect(rowOf(rows, 'executionPayload.parentHash')).toMatchObject({ expected: hash, ok: false })
  expect(failing(rows)[0]).toMatchObject({ error: 'NativeRollup_NotSequencer' })
})

test('a contract that calls the rollup', async () => {
  const { wallet, reader } = clientFor(devnet.l1Url, 18079, 3)
  const rollup = devnet.deployment.l1.rollup.slice(2)
  // hands its calldata on and does not mind how that ends
  const code = `365f5f375f5f365f5f73${rollup}5af100`
  const data: Hex = `0x60${(code.length / 2).toString(16)}600a5f3960${(code.length / 2).toString(16)}5ff3${code}`
  const deployed = await reader.waitForTransactionReceipt({
    hash: await wallet.sendTransaction({ data, gas: 500_000n }),
  })
  const to = deployed.contractAddress ?? '0x'
  const hash = await wallet.sendTransaction({ to, data: calldata(await inputOf(3n)), gas: 5_000_000n })
  await reader.waitForTransactionReceipt({ hash })
  const [row] = failing(await explain(hash))
  expect(row).toMatchObject({ error: 'NativeRollup_NotTopLevel', actual: to, field: 'msg.sender' })
})

test('a delegated account, whose code its own transaction sets', async () => {
  const { wallet, reader } = clientFor(devnet.l1Url, 18079, 4)
  const authorization = await wallet.signAuthorization({
    contractAddress: devnet.deployment.l1.factory,
    executor: 'self',
  })
  const data = calldata(await inputOf(3n))
  const to = devnet.deployment.l1.rollup
  const hash = await wallet.sendTransaction({ to, data, gas: 2_000_000n, authorizationList: [authorization] })
  await reader.waitForTransactionReceipt({ hash })
  const [row] = failing(await explain(hash))
  expect(row).toMatchObject({ error: 'NativeRollup_NotTopLevel', field: 'msg.sender.code.length', actual: '0x17' })
})

test('a transaction that waits is explained on the present head', async () => {
  await l1.call('evm_setAutomine', [false])
  const hash = await post(SETTLER, calldata(await inputOf(3n)), 9_000_000n)
  expect(failing(await explain(hash))).toEqual([])
  await l1.call('evm_mine')
  await l1.call('evm_setAutomine', [true])
  const rows = await explain(hash)
  expect(failing(rows)).toEqual([])
  expect(rowOf(rows, 'executionPayload.blockNumber')).toMatchObject({ expected: '0x3', actual: '0x3' })
})

test('what cannot be explained', async () => {
  expect(await refused(`0x${'ab'.repeat(32)}`)).toContain('-32001 L1 has no transaction')
  const { wallet, reader } = clientFor(devnet.l1Url, 18079, 3)
  const hash = await wallet.sendTransaction({ to: wallet.account.address, value: 1n })
  await reader.waitForTransactionReceipt({ hash })
  expect(await refused(hash)).toContain('neither advance nor advanceWithForced nor advanceBatch')
  expect(await refused('0x12')).toContain('-32602 invalid argument 0')
  expect(await refused({ input: '0x', anchorBlock: 5 })).toContain('(L1 transaction or input).anchorBlock')
  expect(await refused({ anchorBlock: '0x5' })).toContain('(L1 transaction or input).input')
  expect(await refused({ input: '0x1', anchorBlock: '0x5' })).toContain('(L1 transaction or input).input')
  expect(await refused({ input: '0x', anchorBlock: '0x5', more: 1 })).toContain('no such property: "more"')
  const [row] = await explain({ input: '0x', anchorBlock: '0x0' }).then(failing)
  expect(row).toMatchObject({ error: 'StatelessInput_BadLayout(0)' })
})
