import { beforeAll, describe, expect, test } from 'vitest'
import { amsterdamSpec, createChainSpec, type ForkPoint, InvalidChainConfig } from '../../execution/chainSpec.ts'
import { type Crypto, createCrypto } from '../../execution/crypto.ts'
import { createEngine } from '../../execution/engine.ts'

let crypto: Crypto
beforeAll(async () => {
  crypto = await createCrypto({ logger: { info() {}, warn() {} } })
})

/** Every fork once, as in the execution-apis test chain (ten seconds a block). */
const EVERY_FORK = {
  chainId: 3503995874084926,
  homesteadBlock: 0,
  eip150Block: 3,
  eip155Block: 6,
  eip158Block: 6,
  byzantiumBlock: 9,
  constantinopleBlock: 12,
  petersburgBlock: 15,
  istanbulBlock: 18,
  muirGlacierBlock: 21,
  berlinBlock: 24,
  londonBlock: 27,
  arrowGlacierBlock: 30,
  grayGlacierBlock: 33,
  mergeNetsplitBlock: 36,
  shanghaiTime: 390,
  cancunTime: 420,
  pragueTime: 450,
  osakaTime: 480,
  bpo1Time: 510,
  bpo2Time: 540,
  terminalTotalDifficulty: 4732352,
  ethash: {},
}

const block = (number: number): ForkPoint => ({ number: BigInt(number), timestamp: BigInt(number) * 10n })

function refusal(config: Record<string, unknown>, difficulty?: bigint): { code: string; path: unknown } {
  try {
    createChainSpec({ chainId: 1, ...config }, { crypto }, difficulty === undefined ? {} : { difficulty })
  } catch (error) {
    if (error instanceof InvalidChainConfig) return { code: error.code, path: error.data.path }
    throw error
  }
  throw new Error('accepted')
}

describe('a chain with every fork', () => {
  test.each([
    [0, 5n],
    [8, 5n],
    [9, 3n],
    [12, 2n],
    [35, 2n],
    [36, 0n],
    [1000, 0n],
  ])('block %i creates %i ether for its miner', (number, ether) => {
    const spec = createChainSpec(EVERY_FORK, { crypto })
    const engine = createEngine({ spec, crypto, logger: { error() {} } })
    expect(engine.blockReward(block(number))).toBe(ether * 10n ** 18n)
  })

  test.each([
    [0, 'homestead'],
    [2, 'homestead'],
    [3, 'tangerineWhistle'],
    [6, 'spuriousDragon'],
    [9, 'byzantium'],
    [12, 'constantinople'],
    [15, 'petersburg'],
    [18, 'istanbul'],
    [21, 'muirGlacier'],
    [24, 'berlin'],
    [27, 'london'],
    [30, 'arrowGlacier'],
    [33, 'grayGlacier'],
    [35, 'grayGlacier'],
    [36, 'paris'],
    [38, 'paris'],
    [39, 'shanghai'],
    [42, 'cancun'],
    [45, 'prague'],
    [48, 'osaka'],
    [51, 'bpo1'],
    [54, 'bpo2'],
    [1000, 'bpo2'],
  ])('block %i is %s', (number, fork) => {
    const spec = createChainSpec(EVERY_FORK, { crypto })
    expect(spec.forkAt(block(number))).toBe(fork)
    expect(spec.commonAt(block(number)).hardfork()).toBe(fork)
    expect(spec.sharedCommonAt(block(number)).hardfork()).toBe(fork)
    expect(spec.commonAt(block(number)).chainId()).toBe(3503995874084926n)
  })

  test('EIPs are active from their fork on, those before Berlin too', () => {
    const spec = createChainSpec(EVERY_FORK, { crypto })
    for (const [eip, number] of [
      [150, 3],
      [155, 6],
      [658, 9],
      [2718, 24],
      [1559, 27],
      [4399, 36],
      [4895, 39],
      [4844, 42],
      [7702, 45],
      [7594, 48],
    ] as const) {
      expect(spec.hasEip(eip, block(number - 1))).toBe(false)
      expect(spec.hasEip(eip, block(number))).toBe(true)
    }
  })

  test('consensus changes at the merge', () => {
    const spec = createChainSpec(EVERY_FORK, { crypto })
    expect(spec.commonAt(block(35)).consensusType()).toBe('pow')
    expect(spec.commonAt(block(36)).consensusType()).toBe('pos')
  })

  test.each([
    [42, 3, 6, 3338477],
    [45, 6, 9, 5007716],
    [48, 6, 9, 5007716],
    [51, 10, 15, 8346193],
    [54, 14, 21, 11684671],
  ])('blob parameters of block %i under both names that the library reads', (number, target, max, fraction) => {
    const blobGas = 131072n
    const spec = createChainSpec(EVERY_FORK, { crypto })
    for (const common of [spec.commonAt(block(number)), spec.sharedCommonAt(block(number))]) {
      expect(common.getBlobGasSchedule()).toEqual({
        targetBlobGasPerBlock: BigInt(target) * blobGas,
        maxBlobGasPerBlock: BigInt(max) * blobGas,
        blobGasPriceUpdateFraction: BigInt(fraction),
      })
      expect(common.param('maxBlobGasPerBlock')).toBe(BigInt(max) * blobGas)
      expect(common.param('targetBlobGasPerBlock')).toBe(BigInt(target) * blobGas)
    }
  })

  test('a genesis blobSchedule wins over mainnet, and a fork without an entry inherits it', () => {
    const blobSchedule = {
      prague: { target: 1, max: 2, baseFeeUpdateFraction: 100 },
      bpo1: { target: 3, max: 4, baseFeeUpdateFraction: 200 },
    }
    const spec = createChainSpec({ ...EVERY_FORK, amsterdamTime: 600, blobSchedule }, { crypto })
    const maxima = [42, 45, 48, 51, 54, 60].map((n) => Number(spec.commonAt(block(n)).param('maxBlobGasPerBlock')))
    expect(maxima.map((gas) => gas / 131072)).toEqual([6, 2, 2, 4, 21, 21])
  })
})

describe('Amsterdam and our own fork', () => {
  const genesis = {
    chainId: 18079,
    ...Object.fromEntries(
      ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'istanbul', 'berlin', 'london'].map(
        (name) => [`${name}Block`, 0],
      ),
    ),
    terminalTotalDifficulty: 0,
    ...Object.fromEntries(['shanghai', 'cancun', 'prague', 'osaka', 'amsterdam'].map((name) => [`${name}Time`, 0])),
  }

  test('EIP-8079 is active from nativeRollupsTime on, on top of all Amsterdam rules', () => {
    const spec = createChainSpec({ ...genesis, nativeRollupsTime: 50 }, { crypto })
    const before = { number: 1n, timestamp: 49n }
    const since = { number: 1n, timestamp: 50n }
    expect([spec.forkAt(before), spec.forkAt(since)]).toEqual(['amsterdam', 'nativeRollups'])
    expect([spec.hasEip(8079, before), spec.hasEip(8079, since)]).toEqual([false, true])
    expect(spec.hasEip(7928, since)).toBe(true)
    expect(spec.commonAt(since).param('txGas')).toBe(12_000n)
    expect(spec.commonAt(since).gteHardfork('amsterdam')).toBe(true)
    expect(spec.commonAt(since).consensusType()).toBe('pos')
  })

  test('the stateless chain is Amsterdam from block 0 and never has EXECUTE', () => {
    const spec = amsterdamSpec(2n ** 64n - 1n, crypto)
    expect(spec.forkAt({ number: 0n, timestamp: 0n })).toBe('amsterdam')
    expect(spec.hasEip(8079, { number: 10n ** 9n, timestamp: 10n ** 12n })).toBe(false)
    expect(spec.commonAt({ number: 0n, timestamp: 0n }).chainId()).toBe(2n ** 64n - 1n)
    expect(spec.commonAt({ number: 0n, timestamp: 0n }).getBlobGasSchedule().maxBlobGasPerBlock).toBe(21n * 131072n)
  })

  test('every number that a file may hold: strings, hex, null for "not scheduled"', () => {
    const spec = createChainSpec({ ...genesis, amsterdamTime: '0x10', osakaTime: '5', pragueTime: 5 }, { crypto })
    expect(spec.forkAt({ number: 0n, timestamp: 15n })).toBe('osaka')
    expect(spec.forkAt({ number: 0n, timestamp: 16n })).toBe('amsterdam')
    expect(
      createChainSpec({ ...genesis, amsterdamTime: null }, { crypto }).forkAt({ number: 0n, timestamp: 99n }),
    ).toBe('osaka')
  })
})

describe('the merge block', () => {
  const powForks = Object.fromEntries(
    ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'istanbul', 'berlin', 'london'].map(
      (name) => [`${name}Block`, 0],
    ),
  )
  const forkOf = (config: Record<string, unknown>, difficulty?: bigint) =>
    createChainSpec(
      { chainId: 1, ...powForks, ...config },
      { crypto },
      difficulty === undefined ? {} : { difficulty },
    ).forkAt({ number: 0n, timestamp: 0n })

  test('from the difficulty, the flag or the block number', () => {
    expect(forkOf({})).toBe('london')
    expect(forkOf({ terminalTotalDifficulty: 0 })).toBe('paris')
    expect(forkOf({ terminalTotalDifficulty: 100 }, 100n)).toBe('paris')
    expect(forkOf({ terminalTotalDifficulty: 101 }, 100n)).toBe('london')
    expect(forkOf({ terminalTotalDifficulty: '58750000000000000000000', terminalTotalDifficultyPassed: true })).toBe(
      'paris',
    )
    expect(forkOf({ terminalTotalDifficulty: 5, mergeNetsplitBlock: 0 })).toBe('paris')
    expect(forkOf({ shanghaiTime: 0 })).toBe('shanghai')
  })

  test('a difficulty alone does not say where proof of stake begins', () => {
    expect(refusal({ ...powForks, terminalTotalDifficulty: 5, shanghaiTime: 1 })).toEqual({
      code: 'MERGE_BLOCK_UNKNOWN',
      path: 'config.mergeNetsplitBlock',
    })
  })

  test('time forks wait for the merge block', () => {
    const spec = createChainSpec(
      { chainId: 1, ...powForks, terminalTotalDifficulty: 5, mergeNetsplitBlock: 3, shanghaiTime: 0 },
      { crypto },
    )
    expect(spec.forkAt({ number: 2n, timestamp: 100n })).toBe('london')
    expect(spec.forkAt({ number: 3n, timestamp: 100n })).toBe('shanghai')
  })

  test('Petersburg comes with Constantinople unless it is named, and the DAO fork only when supported', () => {
    expect(forkOf({ istanbulBlock: undefined, berlinBlock: undefined, londonBlock: undefined })).toBe('petersburg')
    const dao = { homesteadBlock: 0, daoForkBlock: 0 }
    expect(createChainSpec({ chainId: 1, ...dao }, { crypto }).forkAt(block(0))).toBe('homestead')
    expect(createChainSpec({ chainId: 1, ...dao, daoForkSupport: true }, { crypto }).forkAt(block(0))).toBe('dao')
  })
})

describe('configs that describe no chain', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['chain id 0', { chainId: 0 }, 'BAD_CHAIN_ID'],
    ['fractional chain id', { chainId: 1.5 }, 'BAD_CHAIN_ID'],
    ['chain id above 2^64', { chainId: '0x10000000000000000' }, 'BAD_CHAIN_ID'],
    ['a word as block', { homesteadBlock: 'soon' }, 'BAD_FORK_VALUE'],
    ['a negative block', { homesteadBlock: -1 }, 'BAD_FORK_VALUE'],
    ['a number beyond 2^53', { homesteadBlock: 2 ** 60 }, 'BAD_FORK_VALUE'],
    ['an unknown fork', { futureTime: 7 }, 'UNKNOWN_FORK'],
    ['a gap', { homesteadBlock: 0, byzantiumBlock: 0 }, 'FORK_ORDER'],
    ['blocks in the wrong order', { homesteadBlock: 5, eip150Block: 4 }, 'FORK_ORDER'],
    ['half of Spurious Dragon', { homesteadBlock: 0, eip150Block: 0, eip155Block: 1, eip158Block: 2 }, 'FORK_ORDER'],
    ['our fork without Amsterdam', { nativeRollupsTime: 0 }, 'FORK_ORDER'],
    ['an address that is none', { depositContractAddress: '0x12' }, 'BAD_ADDRESS'],
  ])('%s', (_, config, code) => {
    expect(refusal(config).code).toBe(code)
  })

  test('times in the wrong order', () => {
    expect(refusal({ ...EVERY_FORK, cancunTime: 389 }).code).toBe('FORK_ORDER')
    expect(refusal({ ...EVERY_FORK, bpo1Time: 541 }).code).toBe('FORK_ORDER')
  })

  test.each<[string, Record<string, unknown>]>([
    ['an unknown fork', { later: { target: 1, max: 1, baseFeeUpdateFraction: 1 } }],
    ['a fork without blobs', { london: { target: 1, max: 1, baseFeeUpdateFraction: 1 } }],
    ['a missing field', { cancun: { target: 1, max: 1 } }],
    ['a string', { cancun: { target: '1', max: 1, baseFeeUpdateFraction: 1 } }],
    ['target above max', { cancun: { target: 2, max: 1, baseFeeUpdateFraction: 1 } }],
    ['no blobs at all', { cancun: { target: 0, max: 0, baseFeeUpdateFraction: 1 } }],
    ['fraction 0', { cancun: { target: 1, max: 1, baseFeeUpdateFraction: 0 } }],
    ['null', { cancun: null }],
  ])('blobSchedule: %s', (_, blobSchedule) => {
    expect(refusal({ ...EVERY_FORK, blobSchedule }).code).toBe('BAD_BLOB_SCHEDULE')
  })

  test('BPO forks without mainnet values need an entry', () => {
    expect(refusal({ ...EVERY_FORK, bpo3Time: 600 })).toEqual({
      code: 'BAD_BLOB_SCHEDULE',
      path: 'config.blobSchedule.bpo3',
    })
  })
})

describe('the objects handed out', () => {
  const at = block(60)

  test('commonAt is private, sharedCommonAt is one object and cannot be turned', () => {
    const spec = createChainSpec(EVERY_FORK, { crypto })
    const mine = spec.commonAt(at)
    mine.setHardfork('london')
    expect(spec.commonAt(at).hardfork()).toBe('bpo2')
    expect(mine.param('txGas')).toBe(21_000n)
    expect(mine.isActivatedEIP(4844)).toBe(false)
    const shared = spec.sharedCommonAt(at)
    expect(spec.sharedCommonAt(block(99))).toBe(shared)
    expect(shared.copy()).toBe(shared)
    expect(() => shared.setHardfork('london')).toThrow('a shared Common of bpo2 was asked to become london')
    shared.setHardfork('bpo2')
    expect(() => shared.setEIPs()).toThrow()
  })

  test('a copy that changes fork leaves the parameters of the original alone', () => {
    const spec = createChainSpec({ ...EVERY_FORK, amsterdamTime: 600 }, { crypto })
    const original = spec.commonAt(at)
    expect(original.param('txGas')).toBe(12_000n)
    const copy = original.copy()
    copy.setHardfork('berlin')
    expect([copy.param('txGas'), original.param('txGas')]).toEqual([21_000n, 12_000n])
    expect([copy.isActivatedEIP(1559), original.isActivatedEIP(1559)]).toEqual([false, true])
  })

  test('the ring size of the block hash contract is the VM value, 8191', () => {
    expect(createChainSpec(EVERY_FORK, { crypto }).commonAt(at).param('historyServeWindow')).toBe(8191n)
  })

  test('London has its difficulty bomb delay', () => {
    const spec = createChainSpec(EVERY_FORK, { crypto })
    expect(spec.commonAt(block(26)).param('difficultyBombDelay')).toBe(9_000_000n)
    expect(spec.commonAt(block(27)).param('difficultyBombDelay')).toBe(9_500_000n)
    expect(spec.commonAt(block(30)).param('difficultyBombDelay')).toBe(10_700_000n)
  })
})
