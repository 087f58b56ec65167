import { type Hex, keccak256, toHex } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { HISTORY_ADDRESS } from '../../../genesis/systemContracts.ts'
import { ANCHOR_BLOCK, ANCHOR_HASH, GENESIS_HASH, validFields } from '../setup.ts'
import { answer } from '../vm.ts'
import { accepted, createRollup, type Rollup } from './support.ts'

/** The chain's current block is 1,000. */
const CURRENT = 1_000n
let rollup: Rollup
beforeEach(async () => {
  rollup = await createRollup()
})
const anchoredTo = (hash: Hex, number = 1n, parent: Hex = GENESIS_HASH) => validFields(number, parent, hash)
const first = validFields()

describe('the anchor of a block', () => {
  it('41 is not the hash of the named L1 block', async () => {
    await answer(rollup.chain, { halt: true })
    rollup.chain.hashes.set(991, keccak256('0x0991'))
    const zero: Hex = `0x${'00'.repeat(32)}`
    for (const hash of [keccak256('0x05'), zero, GENESIS_HASH, keccak256('0x0991')]) {
      await rollup.refuses('NativeRollup_AnchorMismatch', anchoredTo(hash))
    }
    // the right hash under the number of a neighbour
    await rollup.refuses('NativeRollup_AnchorMismatch', first, 991n)
    await rollup.refuses('NativeRollup_AnchorMismatch', first, 992n)
  })

  it('42 is older than that of the head', async () => {
    const older = keccak256('0x0989')
    rollup.chain.hashes.set(989, older)
    await accepted(rollup.advance(first))
    const parent = toHex(first.payload.blockHash)
    await rollup.refuses('NativeRollup_AnchorMovedBack', anchoredTo(older, 2n, parent), 989n)
    await rollup.refuses('NativeRollup_AnchorMovedBack', anchoredTo(older, 2n, parent), 0n)
    // the same again is allowed
    await accepted(rollup.advance(validFields(2n, parent)))
  })

  it('43 is the current block or a later one', async () => {
    for (const number of [CURRENT, CURRENT + 1n, 2n ** 64n - 1n]) {
      rollup.chain.hashes.set(Number(number), ANCHOR_HASH)
      await rollup.refuses('NativeRollup_AnchorMismatch', first, number)
    }
  })

  it('43 is older than MAX_ANCHOR_AGE, or than what L1 still knows', async () => {
    rollup.chain.block.number = ANCHOR_BLOCK + 7_200n
    // beyond BLOCKHASH, and EIP-2935 has nothing there
    await rollup.refuses('NativeRollup_AnchorMismatch', first)
    await rollup.chain.setStorage(HISTORY_ADDRESS, ANCHOR_BLOCK % 8191n, ANCHOR_HASH)
    rollup.chain.block.number += 1n
    await rollup.refuses('NativeRollup_AnchorTooOld', first)
    rollup.chain.block.number -= 1n
    await accepted(rollup.advance(first))
  })

  it('44 was on a branch that L1 has left since', async () => {
    rollup.chain.hashes.set(Number(ANCHOR_BLOCK), keccak256('0xbeef'))
    await rollup.refuses('NativeRollup_AnchorMismatch', first)
    // the same block built again on what is there now
    await accepted(rollup.advance(anchoredTo(keccak256('0xbeef'))))
    expect(await rollup.view('headNumber')).toBe(1n)
  })
})
