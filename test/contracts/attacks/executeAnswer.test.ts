import { beforeAll, describe, expect, it } from 'vitest'
import { nativeRollup } from '../../../genesis/generated/NativeRollup.ts'
import { createBridge } from '../bridge.ts'
import { ANCHOR_BLOCK, encodeInput, SEQUENCER, validFields } from '../setup.ts'
import { answer, EXECUTE, type StubAnswer } from '../vm.ts'
import { accepted, createRollup, type Rollup, refused } from './support.ts'

let rollup: Rollup
beforeAll(async () => {
  rollup = await createRollup()
})

/** Answers that no EXECUTE for this rollup and schema gives to a valid block. */
const ANSWERS: [string, StubAnswer, string][] = [
  ['8 right chain id in, another out', { chainId: 28080n }, 'NativeRollup_ExecuteFailed'],
  ['8 right chain id in, zero out', { chainId: 0n }, 'NativeRollup_ExecuteFailed'],
  ['8 chain id out in the other byte order', { chainId: 0xaf6d000000000000n }, 'NativeRollup_ExecuteFailed'],
  ['9 another schema id out', { schemaId: '0x0215' }, 'NativeRollup_WrongSchema'],
  ['9 schema id out in the other byte order', { schemaId: '0x1501' }, 'NativeRollup_WrongSchema'],
  ['29 no bytes', { size: 0 }, 'NativeRollup_ExecuteFailed'],
  ['29 42 bytes', { size: 42 }, 'NativeRollup_ExecuteFailed'],
  ['29 44 bytes', { size: 44 }, 'NativeRollup_ExecuteFailed'],
  ['29 64 bytes', { size: 64 }, 'NativeRollup_ExecuteFailed'],
  ['29 success 0', { success: 0 }, 'NativeRollup_ExecuteFailed'],
  ['29 success 2', { success: 2 }, 'NativeRollup_ExecuteFailed'],
  ['29 success 255', { success: 255 }, 'NativeRollup_ExecuteFailed'],
]

describe('what EXECUTE answers', () => {
  it.each(ANSWERS)('%s', async (_name, programmed, error) => {
    await answer(rollup.chain, programmed)
    await rollup.refuses(error, validFields())
  })

  it('28 EXECUTE is absent: a call to an empty account succeeds, with no answer', async () => {
    const bare = await createRollup()
    await bare.chain.setCode(EXECUTE, '0x')
    await bare.refuses('NativeRollup_ExecuteFailed', validFields())
    await bare.chain.setBalance(EXECUTE, 1n)
    await bare.refuses('NativeRollup_ExecuteFailed', validFields())
  })

  it('30 EXECUTE takes all its gas: the 64th part that is left is enough to revert', async () => {
    await answer(rollup.chain, { halt: true })
    for (const gas of [1_000_000n, 4_000_000n, 16_000_000n]) {
      const outcome = await rollup.refuses('NativeRollup_ExecuteFailed', validFields(), ANCHOR_BLOCK, { gas })
      expect(outcome.gasUsed).toBeGreaterThan((gas * 63n) / 64n - 60_000n)
    }
  })
})

describe('a schema change by an L1 fork', () => {
  it('40 stops advance, for good, and leaves claims of what was settled', async () => {
    const bridge = await createBridge()
    const { l1 } = bridge
    await bridge.deposit({ value: 100n })
    const message = await bridge.withdraw({ value: 60n, fee: 1n })
    const at = await bridge.settle()
    await answer(l1.chain, { schemaId: '0x0116' })
    const fields = validFields(2n, `0x${Buffer.from(validFields().payload.blockHash).toString('hex')}`)
    const input = `0x${Buffer.from(encodeInput(fields)).toString('hex')}` as const
    const advance = () =>
      l1.chain.send(l1.rollup, nativeRollup.abi, 'advance', [input, ANCHOR_BLOCK], { from: SEQUENCER })
    await refused(l1.chain, 'NativeRollup_WrongSchema', advance)
    await answer(l1.chain, { halt: true })
    await refused(l1.chain, 'NativeRollup_ExecuteFailed', advance)
    await accepted(bridge.claimOnL1(message, at))
    expect(await l1.chain.balance(message.to)).toBe(60n)
  })
})
