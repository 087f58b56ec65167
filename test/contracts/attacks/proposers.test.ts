import { getAddress, type Hex, toHex, zeroAddress } from 'viem'
import { beforeEach, expect, it } from 'vitest'
import { INPUT_LAYOUT } from '../../../stateless/inputLayout.ts'
import { ANCHOR_BLOCK, encodeInput, GENESIS_HASH, type InputFields, SEQUENCER, validFields } from '../setup.ts'
import { ALICE, answer, BOB } from '../vm.ts'
import { accepted, createRollup, type Rollup, refused } from './support.ts'

let rollup: Rollup
beforeEach(async () => {
  rollup = await createRollup()
})

function blocks(count: number): InputFields[] {
  const chain: InputFields[] = []
  let parent = GENESIS_HASH
  for (let number = 1n; number <= count; number++) {
    const fields = validFields(number, parent)
    chain.push(fields)
    parent = toHex(fields.payload.blockHash)
  }
  return chain
}

it('34 another proposer than the sequencer: not before the timeout, and from then on', async () => {
  const { chain } = rollup
  const asBob = { from: BOB }
  const silent = (await rollup.view<bigint>('lastAdvance')) + 7_200n
  for (const time of [chain.block.timestamp, silent - 1n]) {
    chain.block.timestamp = time
    expect(await rollup.view('isOpen')).toBe(false)
    await rollup.refuses('NativeRollup_NotSequencer', validFields(), ANCHOR_BLOCK, asBob)
    await refused(chain, 'NativeRollup_NotSequencer', () => rollup.advanceBatch(blocks(2), asBob))
  }
  chain.block.timestamp = silent
  expect(await rollup.view('isOpen')).toBe(true)
  await accepted(rollup.advance(validFields(), ANCHOR_BLOCK, asBob))
  // only the sequencer ends its silence: else one empty block of somebody would shut everybody else out again
  const [, second, third, fourth] = blocks(4) as [InputFields, InputFields, InputFields, InputFields]
  expect(await rollup.view('isOpen')).toBe(true)
  await accepted(rollup.advance(second, ANCHOR_BLOCK, { from: ALICE }))
  await accepted(rollup.advance(third))
  expect(await rollup.view('isOpen')).toBe(false)
  await rollup.refuses('NativeRollup_NotSequencer', fourth, ANCHOR_BLOCK, asBob)
})

it('36 a call from a contract or from a delegated account', async () => {
  const { chain } = rollup
  const viaContract = { from: SEQUENCER, origin: ALICE }
  await rollup.refuses('NativeRollup_NotTopLevel', validFields(), ANCHOR_BLOCK, viaContract)
  await refused(chain, 'NativeRollup_NotTopLevel', () => rollup.advanceBatch(blocks(2), viaContract))
  await chain.setCode(SEQUENCER, `0xef0100${BOB.slice(2)}`)
  await rollup.refuses('NativeRollup_NotTopLevel', validFields())
  await refused(chain, 'NativeRollup_NotTopLevel', () => rollup.advanceBatch(blocks(2)))
})

it('36 also when the rollup is open to anyone', async () => {
  const open = await createRollup({ sequencer: zeroAddress })
  await open.refuses('NativeRollup_NotTopLevel', validFields(), ANCHOR_BLOCK, { from: BOB, origin: ALICE })
  await accepted(open.advance(validFields(), ANCHOR_BLOCK, { from: BOB }))
})

it('37 two proposers race: the second reverts before EXECUTE', async () => {
  rollup.chain.block.timestamp += 7_200n
  await accepted(rollup.advance(validFields(), ANCHOR_BLOCK, { from: ALICE }))
  rollup.chain.block.timestamp += 7_200n
  await answer(rollup.chain, { halt: true })
  const lost = await rollup.refuses('NativeRollup_WrongParent', validFields(), ANCHOR_BLOCK, { from: BOB })
  expect(lost.gasUsed).toBeLessThan(40_000n)
})

it('38 a batch whose third block is bad: none of it is settled', async () => {
  const bad = blocks(3)
  ;(bad[2] as InputFields).payload.gasLimit += 1n
  await refused(rollup.chain, 'NativeRollup_WrongGasLimit', () => rollup.advanceBatch(bad))
  const twice = [...blocks(2), ...blocks(2).slice(1)]
  await refused(rollup.chain, 'NativeRollup_WrongParent', () => rollup.advanceBatch(twice))
  const short = encodeInput(blocks(3)[2] as InputFields).slice(0, INPUT_LAYOUT.fixedEnd)
  const inputs = [...blocks(2).map((block) => toHex(encodeInput(block))), toHex(short)]
  await refused(rollup.chain, 'StatelessInput_BadLayout', () =>
    rollup.send('advanceBatch', [inputs, inputs.map(() => ANCHOR_BLOCK)]),
  )
  expect(await rollup.view('headNumber')).toBe(0n)
  await accepted(rollup.advanceBatch(blocks(3)))
  expect(await rollup.view('headNumber')).toBe(3n)
})

it('39 rotation to an address that cannot accept: the old sequencer keeps control', async () => {
  const { chain } = rollup
  const set = (next: Hex, from: Hex = SEQUENCER) => rollup.send('setSequencer', [next], { from })
  const accept = (from: Hex) => rollup.send('acceptSequencer', [], { from })
  await refused(chain, 'NativeRollup_NotSequencer', () => set(BOB, BOB))
  await refused(chain, 'NativeRollup_NotSequencer', () => accept(BOB))
  // a contract without a call to acceptSequencer, an address without a key
  for (const lost of [rollup.verifier, rollup.rollup, '0x000000000000000000000000000000000000dead'] as const) {
    await accepted(set(lost))
    expect(await rollup.view('pendingSequencer')).toBe(getAddress(lost))
    expect(await rollup.view('sequencer')).toBe(getAddress(SEQUENCER))
  }
  await accepted(rollup.advance(validFields()))
  // nominated is not appointed
  await accepted(set(BOB))
  await rollup.refuses('NativeRollup_NotSequencer', blocks(2)[1] as InputFields, ANCHOR_BLOCK, { from: BOB })
  await refused(chain, 'NativeRollup_NotSequencer', () => set(BOB, BOB))
  // a nomination that is withdrawn or replaced is worth nothing
  await accepted(set(zeroAddress))
  await refused(chain, 'NativeRollup_NotSequencer', () => accept(BOB))
  await accepted(set(ALICE))
  await refused(chain, 'NativeRollup_NotSequencer', () => accept(BOB))
  await accepted(accept(ALICE))
  await refused(chain, 'NativeRollup_NotSequencer', () => accept(ALICE))
  await refused(chain, 'NativeRollup_NotSequencer', () => set(BOB, SEQUENCER))
})
