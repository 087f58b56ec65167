import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Submission } from '../../rpc/rollup/settling.ts'
import { bytesToHex } from '../../stateless/bytes.ts'
import { type Access, accessTo } from './chainAccess.ts'
import { startTestDevnet, type TestDevnet } from './devnet.ts'

type Status = { lag: { blocks: string }; settler: { active: boolean; lastTx?: string } }

let devnet: TestDevnet
let l1: Access
let l2: Access
beforeAll(async () => {
  devnet = await startTestDevnet({ sealModes: { l1: { kind: 'instant' }, l2: { kind: 'manual' } } })
  l1 = accessTo(devnet.l1Url)
  l2 = accessTo(devnet.l2Url)
  await l2.call('rollup_pauseSettlement')
})
afterAll(() => devnet.close())

const status = () => l2.call<Status>('rollup_status')
const submit = (...params: unknown[]) => l2.call<Submission>('rollup_submitBlock', params)
const headNumber = async () => BigInt(await l2.call<string>('eth_blockNumber'))
const hex = (number: bigint) => `0x${number.toString(16)}`

/** The input of a new block that nothing has settled yet. */
async function newInput(): Promise<{ number: bigint; input: Uint8Array }> {
  const { node } = devnet.rollup
  await l2.call('rollup_settle')
  await l2.call('evm_mine')
  const number = await headNumber()
  const blockHash = node.chain.getHashByNumber(number)
  if (blockHash === undefined) throw new Error('the head is not in the chain')
  return { number, input: (await node.inputs.require(blockHash)).input }
}

describe('settlement by hand', () => {
  test('waits while it is paused, goes as far as it is told, and goes on by itself', async () => {
    expect((await status()).settler.active).toBe(false)
    expect(await l2.call('rollup_pauseSettlement')).toBe(false)
    for (let block = 0; block < 3; block++) await l2.call('evm_mine')
    const head = await headNumber()
    const [first] = await l2.call<string[]>('rollup_settle', [{ upTo: hex(head - 2n) }])
    expect((await status()).lag.blocks).toBe('0x2')
    expect(await l2.call('rollup_settle', [{ upTo: hex(head - 2n) }])).toEqual([])
    const receipt = await l1.call<{ status: string }>('eth_getTransactionReceipt', [first])
    expect(receipt.status).toBe('0x1')
    expect(await l2.call('rollup_resumeSettlement')).toBe(true)
    expect(await l2.call('rollup_resumeSettlement')).toBe(false)
    await expect.poll(async () => (await status()).lag.blocks).toBe('0x0')
    expect(await l2.call('rollup_pauseSettlement')).toBe(true)
  })
})

describe('a posted input', () => {
  test('is accepted when it is right, and settlement goes on behind it', async () => {
    const { number, input } = await newInput()
    const accepted = await submit(`0x${bytesToHex(input)}`)
    expect(accepted).toMatchObject({ accepted: true, l2Block: hex(number) })
    await devnet.rollup.node.watcher.step()
    expect((await status()).lag.blocks).toBe('0x0')
    await l2.call('evm_mine')
    expect(await l2.call<string[]>('rollup_settle')).toHaveLength(1)
  })

  test('has the name of the rule of the contract that refuses it', async () => {
    const { number, input } = await newInput()
    const anchor = devnet.rollup.node.watcher.head().number
    const cases: [string, unknown[]][] = [
      ['StatelessInput_BadLayout', ['0x']],
      ['StatelessInput_BadLayout', [`0x1501${'00'.repeat(1_000)}`]],
      ['NativeRollup_WrongSchema', [`0x1502${bytesToHex(input.subarray(2))}`]],
      ['NativeRollup_WrongParent', [hex(number - 1n)]],
      ['NativeRollup_AnchorMismatch', [hex(number), { anchorBlock: hex(anchor + 5n) }]],
    ]
    for (const [contractError, params] of cases) {
      const refused = await submit(...params)
      expect(refused).toMatchObject({ accepted: false, contractError, reason: contractError })
      expect(refused.failure).toBeUndefined()
    }
  })

  test('has the words of EXECUTE where that refuses it', async () => {
    const { input } = await newInput()
    const broken = input.slice()
    broken.fill(0xff, broken.length - 4)
    const refused = await submit(`0x${bytesToHex(broken)}`)
    expect(refused).toMatchObject({ accepted: false, contractError: 'NativeRollup_ExecuteFailed' })
    expect(refused.failure?.code).toMatch(/^[A-Z_]+$/)
    expect(refused.reason).toContain(refused.failure?.message)
    expect(await submit('latest')).toMatchObject({ accepted: true })
  })

  test('is told to be of a wrong form, or of a block that nobody has', async () => {
    await expect(submit('0x123456')).rejects.toThrow('-32001')
    await expect(submit('0x0')).rejects.toThrow('-32000')
    await expect(submit('soon')).rejects.toThrow('-32602')
    await expect(submit('latest', { anchor: '0x1' })).rejects.toThrow('no such property: "anchor"')
  })
})
