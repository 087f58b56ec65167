import { encodeFunctionData, numberToHex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { l2MessengerAbi } from '../../rollup/contracts.ts'
import type { ExecuteResult } from '../../rpc/rollup/execute.ts'
import type { ExecuteInput } from '../../rpc/rollup/executeInput.ts'
import { type Access, accessTo, type Hex } from '../e2e/chainAccess.ts'
import { startTestDevnet, type TestDevnet } from '../e2e/devnet.ts'
import { account } from '../node/support/devChain.ts'

const EXECUTE = '0x0000000000000000000000000000000000000101'

let devnet: TestDevnet
let l1: Access
let l2: Access
/** a block with a transfer and a message to L1: nodes of accounts and of a contract's storage, and code */
let block: Hex
let input: Hex
let json: ExecuteInput
beforeAll(async () => {
  const sealModes = { l1: { kind: 'instant' }, l2: { kind: 'manual' } } as const
  devnet = await startTestDevnet({ options: { settle: false }, sealModes })
  l1 = accessTo(devnet.l1Url)
  l2 = accessTo(devnet.l2Url)
  const message = encodeFunctionData({
    abi: l2MessengerAbi,
    functionName: 'sendMessage',
    args: [account(0).address, 0n, 300_000n, '0x'],
  })
  await send(0, account(1).address, '0x')
  await send(1, devnet.deployment.l2.messenger, message)
  block = numberToHex((await devnet.rollup.node.sealer.sealNow())?.header.number ?? 0n)
  input = await l2.call<Hex>('rollup_getExecuteInput', [block])
  json = await l2.call<ExecuteInput>('rollup_decodeExecuteInput', [input])
})
afterAll(() => devnet.close())

/** one wei from a dev account that has not sent yet */
const send = (from: number, to: Hex, data: Hex) =>
  l2.call('eth_sendTransaction', [{ from: account(from).address, to, data, value: '0x1', gas: '0x100000' }])

describe('the input of a block', () => {
  test('is the same from both nodes, by number, tag and hash', async () => {
    const { hash } = await l2.call<{ hash: Hex }>('eth_getBlockByNumber', [block, false])
    for (const [node, parameter] of [
      [l1, block],
      [l2, hash],
      [l2, { blockHash: hash }],
      [l2, 'latest'],
    ] as const) {
      expect(await node.call('rollup_getExecuteInput', [parameter])).toBe(input)
    }
  })

  test('is what EXECUTE on L1 takes', async () => {
    const output = await l1.call<Hex>('eth_call', [{ to: EXECUTE, data: input }, 'latest'])
    const result = await l2.call<ExecuteResult>('rollup_execute', [input])
    expect(result).toMatchObject({ success: true, output })
    expect(await l2.call('rollup_decodeExecuteOutput', [output])).toEqual(result.decodedOutput)
  })

  test('goes to JSON and back', async () => {
    expect(json.executionPayload.transactions).toHaveLength(2)
    expect(await l2.call('rollup_getExecuteInput', [block, { encoding: 'json' }])).toEqual(json)
    expect(await l2.call('rollup_encodeExecuteInput', [json])).toBe(input)
    const keyed = { ...json, publicKeys: [`0x04${'11'.repeat(64)}`] }
    const bytes = await l2.call<Hex>('rollup_encodeExecuteInput', [keyed])
    expect(await l2.call('rollup_decodeExecuteInput', [bytes])).toEqual(keyed)
  })

  test.each<[string, string, unknown]>([
    ['is not JSON of an input', 'input)', {}],
    ['lacks a field', 'input).witness.codes', { witness: { state: [], headers: [] } }],
    ['has one too many', 'input)', { extra: '0x' }],
    ['has a short hash', 'input).parentBeaconBlockRoot', { parentBeaconBlockRoot: '0x12' }],
    [
      'has a node of 1,025 bytes',
      'input).witness.state[0]',
      { witness: { state: [`0x${'00'.repeat(1_025)}`], codes: [], headers: [] } },
    ],
  ])('is refused when it %s', async (_, place, change) => {
    const broken = Object.keys(change as object).length === 0 ? {} : { ...json, ...(change as object) }
    await expect(l2.call('rollup_encodeExecuteInput', [broken])).rejects.toThrow(`-32602 invalid argument 0 (${place}`)
  })

  test('bytes that do not decode are refused with the place', async () => {
    await expect(l2.call('rollup_decodeExecuteInput', [input.slice(0, 1_000)])).rejects.toThrow(
      /^rollup_decodeExecuteInput: -32602 invalid argument 0 \(input\): .* at byte \d+/,
    )
    await expect(l2.call('rollup_decodeExecuteOutput', ['0x00'])).rejects.toThrow('-32602 invalid argument 0 (output)')
  })

  test('genesis and unknown blocks have none', async () => {
    await expect(l2.call('rollup_getExecuteInput', ['0x0'])).rejects.toThrow('-32000 the genesis block')
    await expect(l2.call('rollup_getExecuteInput', ['0x999'])).rejects.toThrow('-32001')
  })
})

describe('the gas of a replay', () => {
  test('is that of the metered schedule, to the unit', async () => {
    const { gasUsed, gasBreakdown } = await l2.call<ExecuteResult>('rollup_execute', [input])
    const bytes = (input.length - 2) / 2
    expect(gasBreakdown).toMatchObject({ base: numberToHex(100_000), input: numberToHex(16 * bytes), forfeited: '0x0' })
    const enough = await l2.call<ExecuteResult>('rollup_execute', [input, { gas: gasUsed }])
    expect(enough).toMatchObject({ success: true, gasUsed })
    const gas = numberToHex(BigInt(gasUsed) - 1n)
    const short = await l2.call<ExecuteResult>('rollup_execute', [input, { gas }])
    expect(short).toMatchObject({
      success: false,
      gasUsed: gas,
      failure: { stage: 'metering', code: 'OVER_BUDGET', field: 'gas' },
    })
    const parts = Object.values(short.gasBreakdown).map(BigInt)
    expect(numberToHex(parts.reduce((sum, part) => sum + part))).toBe(gas)
  })

  test('is bounded', async () => {
    await expect(l2.call('rollup_execute', [input, { gas: '0x10000000' }])).rejects.toThrow(
      '-32602 invalid argument 1 (options).gas',
    )
    const { failure } = await l2.call<ExecuteResult>('rollup_execute', [input, { gas: '0x1' }])
    expect(failure).toMatchObject({ stage: 'gas', code: 'OUT_OF_GAS', field: 'gas', actual: '0x1' })
  })
})
