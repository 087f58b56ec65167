import { getAddress, type Hex, keccak256, numberToHex, toHex, zeroAddress } from 'viem'
import { beforeEach, describe, expect, it } from 'vitest'
import { nativeRollup } from '../../genesis/generated/NativeRollup.ts'
import { ANCHOR_BLOCK, createL1, encodeInput, GENESIS_HASH, type L1, SEQUENCER, validFields } from './setup.ts'
import { BOB, type CallOptions, type Outcome } from './vm.ts'

const { abi } = nativeRollup
let l1: L1
beforeEach(async () => {
  l1 = await createL1()
})

async function advance(input: Uint8Array, anchor = ANCHOR_BLOCK, options: CallOptions = {}): Promise<Outcome> {
  return l1.chain.send(l1.rollup, abi, 'advance', [toHex(input), anchor], { from: SEQUENCER, ...options })
}

async function refused(error: string, attempt: () => Promise<Outcome>): Promise<Outcome> {
  const before = await l1.chain.stateRoot()
  const outcome = await attempt()
  expect(outcome.ok).toBe(false)
  expect(outcome.error).toBe(error)
  expect(await l1.chain.stateRoot()).toBe(before)
  return outcome
}

const view = <T>(name: string, args: unknown[] = []) => l1.chain.read<T>(l1.rollup, abi, name, args)

describe('a valid block', () => {
  it('becomes the head, with everything read from the forwarded bytes', async () => {
    const fields = validFields()
    const input = encodeInput(fields)
    const outcome = await advance(input)
    expect(outcome.error).toBeUndefined()
    expect(outcome.events).toEqual([
      {
        name: 'BlockAdvanced',
        args: {
          number: 1n,
          blockHash: toHex(fields.payload.blockHash),
          stateRoot: toHex(fields.payload.stateRoot),
          anchorBlock: ANCHOR_BLOCK,
          // the stub answers the hash of what it was given: exactly the input
          requestRoot: keccak256(input),
        },
      },
    ])
    expect(await view('headHash')).toBe(toHex(fields.payload.blockHash))
    expect(await view('headNumber')).toBe(1n)
    expect(await view('headTimestamp')).toBe(fields.payload.timestamp)
    expect(await view('anchorBlock')).toBe(ANCHOR_BLOCK)
    expect(await view('lastAdvance')).toBe(l1.chain.block.timestamp)
    expect(await view('stateRootAt', [1n])).toBe(toHex(fields.payload.stateRoot))
    expect(await view('finalizedStateRootAt', [1n])).toBe(toHex(fields.payload.stateRoot))
  })

  it('may have any witness, transactions, access list and gas used', async () => {
    const fields = validFields()
    fields.payload.transactions = []
    fields.payload.blockAccessList = new Uint8Array()
    fields.payload.gasUsed = 0n
    fields.witness = { state: [], codes: [], headers: [] }
    expect((await advance(encodeInput(fields))).error).toBeUndefined()
  })
})

describe('who may advance', () => {
  it('anyone when there is no sequencer', async () => {
    l1 = await createL1({ sequencer: zeroAddress })
    expect(await view('isOpen')).toBe(true)
    expect((await advance(encodeInput(validFields()), ANCHOR_BLOCK, { from: BOB })).error).toBeUndefined()
  })

  it('the successor of a sequencer, once it has accepted', async () => {
    const set = (next: Hex, from: Hex) => l1.chain.send(l1.rollup, abi, 'setSequencer', [next], { from })
    const nominated = await set(BOB, SEQUENCER)
    expect(nominated.events).toEqual([{ name: 'SequencerNominated', args: { next: BOB } }])
    expect(await view('pendingSequencer')).toBe(getAddress(BOB))
    const accepted = await l1.chain.send(l1.rollup, abi, 'acceptSequencer', [], { from: BOB })
    expect(accepted.events.map(({ name }) => name)).toEqual(['SequencerChanged'])
    expect([await view('sequencer'), await view('pendingSequencer')]).toEqual([getAddress(BOB), zeroAddress])
    expect((await advance(encodeInput(validFields()), ANCHOR_BLOCK, { from: BOB })).error).toBeUndefined()
  })
})

describe('advanceBatch', () => {
  const chainOf = (count: number) => {
    const inputs: Uint8Array[] = []
    let parent = GENESIS_HASH
    for (let number = 1n; number <= count; number++) {
      const fields = validFields(number, parent)
      inputs.push(encodeInput(fields))
      parent = toHex(fields.payload.blockHash)
    }
    return inputs
  }
  const batch = (inputs: Uint8Array[], anchors = inputs.map(() => ANCHOR_BLOCK), from: Hex = SEQUENCER) =>
    l1.chain.send(l1.rollup, abi, 'advanceBatch', [inputs.map((input) => toHex(input)), anchors], { from })

  it('appends all', async () => {
    const outcome = await batch(chainOf(4))
    expect(outcome.events.map(({ args }) => (args as { number: bigint }).number)).toEqual([1n, 2n, 3n, 4n])
    expect(await view('headNumber')).toBe(4n)
  })

  it('refuses an empty or lopsided batch and a stranger', async () => {
    await refused('NativeRollup_BadBatch', () => batch([]))
    await refused('NativeRollup_BadBatch', () => batch(chainOf(2), [ANCHOR_BLOCK]))
    await refused('NativeRollup_NotSequencer', () => batch(chainOf(1), [ANCHOR_BLOCK], BOB))
  })
})

describe('state roots', () => {
  it('unknown and pruned', async () => {
    await advance(encodeInput(validFields()))
    await expect(view('stateRootAt', [2n])).rejects.toThrow('NativeRollup_UnknownBlock')
    await expect(view('finalizedStateRootAt', [2n ** 64n - 1n])).rejects.toThrow('NativeRollup_UnknownBlock')
    // the head moved on by 8,191 and 8,192 blocks
    const slot1 = BigInt(await l1.chain.getStorage(l1.rollup, 1n))
    const moved = (head: bigint) => numberToHex(((slot1 >> 64n) << 64n) | head, { size: 32 })
    await l1.chain.setStorage(l1.rollup, 1n, moved(8_192n))
    expect(await view('stateRootAt', [1n])).toBe(toHex(validFields().payload.stateRoot))
    await l1.chain.setStorage(l1.rollup, 1n, moved(8_193n))
    await expect(view('stateRootAt', [1n])).rejects.toThrow('NativeRollup_UnknownBlock')
  })

  it('finality delay', async () => {
    l1 = await createL1({ finalityDelay: 600n })
    await advance(encodeInput(validFields()))
    const settled = l1.chain.block.timestamp
    expect(await view('recordedAt', [1n])).toBe(settled)
    l1.chain.block.timestamp = settled + 599n
    await expect(view('finalizedStateRootAt', [1n])).rejects.toThrow('NativeRollup_NotFinal')
    expect(await view('stateRootAt', [1n])).toBe(toHex(validFields().payload.stateRoot))
    l1.chain.block.timestamp = settled + 600n
    expect(await view('finalizedStateRootAt', [1n])).toBe(toHex(validFields().payload.stateRoot))
  })

  it('checkpoints stay when the ring has gone round, and only they', async () => {
    l1 = await createL1({ finalityDelay: 3_200n })
    expect(await view('CHECKPOINT_INTERVAL')).toBe(200n)
    const start = l1.chain.block.timestamp
    const outcomes: string[][] = []
    let parent = GENESIS_HASH
    for (const [number, seconds] of [
      [1n, 0n],
      [2n, 199n],
      [3n, 200n],
      [4n, 399n],
      [5n, 400n],
    ] as const) {
      l1.chain.block.timestamp = start + seconds
      const fields = validFields(number, parent)
      parent = toHex(fields.payload.blockHash)
      outcomes.push((await advance(encodeInput(fields))).events.map(({ name }) => name))
    }
    const both = ['StateCheckpointed', 'BlockAdvanced']
    expect(outcomes).toEqual([both, ['BlockAdvanced'], both, ['BlockAdvanced'], both])

    // the head moved on by more than the ring holds, and its entries with it
    const slot1 = BigInt(await l1.chain.getStorage(l1.rollup, 1n))
    await l1.chain.setStorage(l1.rollup, 1n, numberToHex(((slot1 >> 64n) << 64n) | 8_200n, { size: 32 }))
    for (const number of [1n, 3n, 5n]) {
      expect(await view('stateRootAt', [number])).toBe(toHex(validFields(number).payload.stateRoot))
    }
    for (const number of [0n, 2n, 4n]) {
      await expect(view('stateRootAt', [number])).rejects.toThrow('NativeRollup_UnknownBlock')
    }
    expect(await view('recordedAt', [3n])).toBe(start + 200n)
    l1.chain.block.timestamp = start + 200n + 3_199n
    await expect(view('finalizedStateRootAt', [3n])).rejects.toThrow('NativeRollup_NotFinal')
    l1.chain.block.timestamp = start + 200n + 3_200n
    expect(await view('finalizedStateRootAt', [3n])).toBe(toHex(validFields(3n).payload.stateRoot))
    await expect(view('finalizedStateRootAt', [5n])).rejects.toThrow('NativeRollup_NotFinal')
  })

  it('checkpoints are at least a minute apart, and there are none without a delay', async () => {
    const intervals: unknown[] = []
    for (const finalityDelay of [0n, 1n, 959n, 960n, 976n]) {
      l1 = await createL1({ finalityDelay })
      intervals.push(await view('CHECKPOINT_INTERVAL'))
    }
    expect(intervals).toEqual([0n, 60n, 60n, 60n, 61n])
  })
})
