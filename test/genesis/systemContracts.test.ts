import { keccak256 } from 'viem'
import { describe, expect, it } from 'vitest'
import * as system from '../../genesis/systemContracts.ts'

/** Pinned, so that a changed byte in our copy cannot pass unseen. */
const HASHES: [string, `0x${string}`, string][] = [
  ['HISTORY_CODE', system.HISTORY_CODE, '0x6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d'],
  ['BEACON_ROOTS_CODE', system.BEACON_ROOTS_CODE, '0xf57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c'],
  [
    'WITHDRAWAL_REQUEST_CODE',
    system.WITHDRAWAL_REQUEST_CODE,
    '0x0345a365d2f4c5975b9f1599abe0a2ee76b7a3a731bc68781bd04c84e4858f50',
  ],
  [
    'CONSOLIDATION_REQUEST_CODE',
    system.CONSOLIDATION_REQUEST_CODE,
    '0x78c6cb5202685228bbcbfb992b1c4e116c7ec5ef11e25b8e92716cfc628ddd60',
  ],
  ['BUILDER_EXIT_CODE', system.BUILDER_EXIT_CODE, '0x90a0b24eb190d6c50f00f6f751dc4c2778658abf3631aceb80586c43f8bd9f2f'],
  [
    'BUILDER_DEPOSIT_CODE',
    system.BUILDER_DEPOSIT_CODE,
    '0x1dd29c1e0dbc3ab670d229dbd3438003ec9015c1df9058beeb64ff301b60b98d',
  ],
  [
    'CREATE2_FACTORY_CODE',
    system.CREATE2_FACTORY_CODE,
    '0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989',
  ],
]

describe('system contracts', () => {
  it.each(HASHES)('%s is the canonical code', (_name, code, hash) => {
    expect(keccak256(code)).toBe(hash)
  })
})
