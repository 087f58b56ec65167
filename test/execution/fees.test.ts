import { createBlockHeader } from '@ethereumjs/block'
import { beforeAll, describe, expect, test } from 'vitest'
import { type ChainSpec, createChainSpec } from '../../execution/chainSpec.ts'
import { createCrypto } from '../../execution/crypto.ts'
import {
  blobBaseFee,
  effectiveGasPrice,
  isPayableExcessBlobGas,
  nextBaseFee,
  nextExcessBlobGas,
} from '../../execution/fees.ts'
import type { BlockHeader } from '../../stateless/types.ts'

let spec: ChainSpec
const forkTimes = { shanghaiTime: 100, cancunTime: 200, pragueTime: 300, osakaTime: 400, amsterdamTime: 500 }
beforeAll(async () => {
  const crypto = await createCrypto({ logger: { info() {}, warn() {} } })
  const blocks = ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'istanbul', 'berlin']
  spec = createChainSpec(
    {
      chainId: 1,
      ...Object.fromEntries(blocks.map((name) => [`${name}Block`, 0])),
      londonBlock: 10,
      mergeNetsplitBlock: 20,
      terminalTotalDifficulty: 1,
      ...forkTimes,
    },
    { crypto },
  )
})

const commonOf = (timestamp: number, number = 30) =>
  spec.sharedCommonAt({ number: BigInt(number), timestamp: BigInt(timestamp) })

function header(fields: Partial<BlockHeader>): BlockHeader {
  const zero = new Uint8Array(32)
  return {
    parentHash: zero,
    ommersHash: zero,
    coinbase: new Uint8Array(20),
    stateRoot: zero,
    transactionsRoot: zero,
    receiptsRoot: zero,
    logsBloom: new Uint8Array(256),
    difficulty: 0n,
    number: 29n,
    gasLimit: 60_000_000n,
    gasUsed: 0n,
    timestamp: 0n,
    extraData: new Uint8Array(0),
    prevRandao: zero,
    nonce: new Uint8Array(8),
    ...fields,
  }
}

describe('base fee', () => {
  test('absent before London, 1 gwei in its first block', () => {
    expect(nextBaseFee(header({}), commonOf(0, 9))).toBeUndefined()
    expect(nextBaseFee(header({}), commonOf(0, 10))).toBe(1_000_000_000n)
  })

  test.each([
    [30_000_000n, 1000n, 1000n],
    [60_000_000n, 1000n, 1125n],
    [0n, 1000n, 875n],
    [30_000_001n, 1000n, 1001n],
    [60_000_000n, 0n, 1n],
    [0n, 7n, 7n],
    [0n, 8n, 7n],
    [0n, 0n, 0n],
  ])('gas used %s at base fee %s gives %s', (gasUsed, baseFeePerGas, expected) => {
    expect(nextBaseFee(header({ gasUsed, baseFeePerGas }), commonOf(0))).toBe(expected)
  })

  test('agrees with the library on arbitrary headers', () => {
    const common = commonOf(0)
    for (let i = 1n; i < 60n; i++) {
      const fields = { gasLimit: 5000n + i * 1_234_567n, gasUsed: (i * i * 777_777n) % (5000n + i * 1_234_567n) }
      const baseFeePerGas = 7n + i ** 7n
      const library = createBlockHeader({ number: 30n, ...fields, baseFeePerGas }, { common })
      expect(nextBaseFee(header({ ...fields, baseFeePerGas }), common)).toBe(library.calcNextBaseFee())
    }
  })
})

describe('blob gas', () => {
  const GAS = 131_072n

  test('absent before Cancun, 0 in its first block', () => {
    expect(nextExcessBlobGas(header({}), commonOf(199))).toBeUndefined()
    expect(nextExcessBlobGas(header({}), commonOf(200))).toBe(0n)
    expect(blobBaseFee(header({}), commonOf(199))).toBeUndefined()
    expect(blobBaseFee(header({ excessBlobGas: 0n }), commonOf(200))).toBe(1n)
  })

  test("the target is the new block's", () => {
    const parent = header({ excessBlobGas: 10n * GAS, blobGasUsed: 6n * GAS, baseFeePerGas: 0n })
    expect(nextExcessBlobGas(parent, commonOf(200))).toBe(13n * GAS)
    expect(nextExcessBlobGas(parent, commonOf(300))).toBe(10n * GAS)
  })

  test('EIP-7918: blobs below their reserve price do not become cheaper', () => {
    const parent = header({ excessBlobGas: 10n * GAS, blobGasUsed: 6n * GAS, baseFeePerGas: 1_000_000_000n })
    expect(nextExcessBlobGas(parent, commonOf(300))).toBe(10n * GAS)
    expect(nextExcessBlobGas(parent, commonOf(400))).toBe(10n * GAS + (6n * GAS * 3n) / 9n)
    expect(nextExcessBlobGas(header({ ...parent, baseFeePerGas: 1n }), commonOf(400))).toBe(10n * GAS)
    // Exactly the target is not below it.
    expect(nextExcessBlobGas(header({ excessBlobGas: 0n, blobGasUsed: 6n * GAS }), commonOf(400))).toBe(0n)
  })

  test('agrees with the library', () => {
    for (const timestamp of [200, 300, 400, 500]) {
      const common = commonOf(timestamp)
      for (let i = 0n; i < 40n; i++) {
        const fields = { excessBlobGas: i * i * GAS * 2n, blobGasUsed: (i % 7n) * GAS, baseFeePerGas: 7n + i ** 6n }
        const library = createBlockHeader({ number: 30n, ...fields }, { common })
        expect(nextExcessBlobGas(header(fields), common)).toBe(library.calcNextExcessBlobGas(common))
        expect(blobBaseFee(header(fields), common)).toBe(library.getBlobGasPrice())
      }
    }
  })

  test('a hostile excess ends at once, above what 256 bits hold', () => {
    const common = commonOf(500)
    const hostile = header({ excessBlobGas: 2n ** 64n - 1n, blobGasUsed: 0n, baseFeePerGas: 2n ** 256n - 1n })
    expect(isPayableExcessBlobGas(2n ** 64n - 1n, common)).toBe(false)
    expect(blobBaseFee(hostile, common)).toBe(2n ** 256n)
    expect(nextExcessBlobGas(hostile, common)).toBe(2n ** 64n - 1n - common.param('targetBlobGasPerBlock'))
    const fraction = common.param('blobGasPriceUpdateFraction')
    const last = blobBaseFee(header({ excessBlobGas: fraction * 178n - 1n }), common) ?? 0n
    expect(last > 2n ** 256n).toBe(true)
    expect((blobBaseFee(header({ excessBlobGas: fraction * 177n }), common) ?? 0n) < 2n ** 256n).toBe(true)
  })
})

test('effective gas price', () => {
  expect(effectiveGasPrice({ gasPrice: 9n }, 5n)).toBe(9n)
  expect(effectiveGasPrice({ maxFeePerGas: 10n, maxPriorityFeePerGas: 2n }, 5n)).toBe(7n)
  expect(effectiveGasPrice({ maxFeePerGas: 6n, maxPriorityFeePerGas: 2n }, 5n)).toBe(6n)
})
