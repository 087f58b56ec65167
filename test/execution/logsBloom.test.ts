import { keccak_256 } from '@noble/hashes/sha3.js'
import { expect, test } from 'vitest'
import { logsBloom } from '../../execution/logsBloom.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import { createRandom } from './programs.ts'

/** Yellow paper 4.3.1: bits numbered from the right end, three for each entry. */
function bitsOf(entry: Uint8Array): number[] {
  const hash = keccak_256(entry)
  return [0, 2, 4].map((i) => (((hash[i] ?? 0) << 8) | (hash[i + 1] ?? 0)) % 2048)
}

function setBits(bloom: Uint8Array): number[] {
  const number = BigInt(`0x${bytesToHex(bloom)}`)
  return Array.from({ length: 2048 }, (_, bit) => bit).filter((bit) => (number >> BigInt(bit)) & 1n)
}

test('no logs leave 256 zero bytes', () => {
  expect(logsBloom([])).toEqual(new Uint8Array(256))
})

test('a known entry: the address of the EIP-7708 logs, whose hash begins with fcbd49b3a106', () => {
  const system = hexToBytes(`${'ff'.repeat(19)}fe`)
  expect(setBits(logsBloom([[system, [], hexToBytes('01')]]))).toEqual([0x106, 0x1b3, 0x4bd])
})

test('address and every topic count, data does not; an entry that is known by now counts the same', () => {
  const random = createRandom(7)
  const entry = (size: number) => Uint8Array.from({ length: size }, () => random.below(256))
  for (let round = 0; round < 50; round++) {
    const [address, other, ...topics] = [entry(20), entry(20), entry(32), entry(32), entry(32), entry(32)]
    const expected = new Set([address, other, ...topics].flatMap(bitsOf))
    const logs = [
      [address, topics, entry(40)],
      [other, [], entry(3)],
    ] as const
    for (const _ of [1, 2]) expect(new Set(setBits(logsBloom(logs as never)))).toEqual(expected)
  }
})

test('more entries than are remembered', () => {
  const first = Uint8Array.of(1)
  const before = logsBloom([[first, [], first]])
  for (let i = 0; i < 9_000; i++) logsBloom([[Uint8Array.of(2, i >> 8, i & 255), [], first]])
  expect(logsBloom([[first, [], first]])).toEqual(before)
})
