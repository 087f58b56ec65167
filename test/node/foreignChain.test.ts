import { describe, expect, it } from 'vitest'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import { recordExecution } from '../../node/executionWitness.ts'
import { findMergeBlock, importChain } from '../../node/importChain.ts'
import type { Chain } from '../../node/types.ts'
import type { Block, BlockHeader } from '../../stateless/types.ts'
import { chainFile, createMinedChain, type MinedChain } from './support/minedChain.ts'

const ETHER = 10n ** 18n
const MINER = new Uint8Array(20).fill(0xaa)
const OTHER = new Uint8Array(20).fill(0xbb)
const UP_TO_HOMESTEAD = { chainId: 77, homesteadBlock: 0 }
const EARLY_FORKS = {
  ...UP_TO_HOMESTEAD,
  eip150Block: 2,
  eip155Block: 3,
  eip158Block: 3,
  byzantiumBlock: 4,
  constantinopleBlock: 5,
  petersburgBlock: 5,
  istanbulBlock: 6,
  berlinBlock: 7,
  londonBlock: 8,
}

const genesisOf = (config: GenesisJson['config']): GenesisJson => ({
  config,
  timestamp: '0x3e8',
  gasLimit: '0x1c9c380',
  difficulty: '0x20000',
  alloc: { [`0x${'cc'.repeat(20)}`]: { balance: '0x1' } },
})

const balanceOf = (chain: Chain, address: Uint8Array) =>
  chain.stateAt(chain.head().header.stateRoot).getAccount(address)?.balance ?? 0n

/** Imports everything and gives the head's chain, or what went wrong. */
async function imported(mined: MinedChain, blocks: readonly Block[]): Promise<Chain> {
  const chain = await mined.open()
  await importChain(chain, chainFile(blocks))
  return chain
}

describe('proof of work', () => {
  it('from Homestead to London, each fork at its block, seals unchecked', async () => {
    const mined = await createMinedChain(genesisOf(EARLY_FORKS))
    const blocks = await mined.mineMany(mined.genesis.block, 12)
    const chain = await imported(mined, blocks)
    expect(chain.head().header.number).toBe(12n)
    expect(balanceOf(chain, MINER)).toBe((3n * 5n + 3n + 8n * 2n) * ETHER)
    expect(chain.head().header.difficulty).toBe(131_072n)
  })

  it.each<[string, Partial<BlockHeader>, string]>([
    ['difficulty', { difficulty: 131_073n }, 'BAD_HEADER_FIELD'],
    ['gas limit', { gasLimit: 40_000_000n }, 'BAD_GAS_LIMIT'],
    ['time', { timestamp: 1_000n }, 'BAD_TIMESTAMP'],
    ['extra data', { extraData: new Uint8Array(33) }, 'BAD_EXTRA_DATA'],
    ['base fee before London', { baseFeePerGas: 1n }, 'BAD_HEADER_FIELD'],
  ])('a block with another %s is named with the rule that it breaks', async (_, change, code) => {
    const mined = await createMinedChain(genesisOf(UP_TO_HOMESTEAD))
    const good = await mined.mineMany(mined.genesis.block, 2)
    const bad = await mined.mine(good[1] as Block, { change })
    const refused = imported(mined, [...good, bad])
    await expect(refused).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`^block 3 of the chain file is invalid: ${code}: \\S+`)),
      data: { number: 3n },
    })
  })
})

describe('ommers', () => {
  async function family() {
    const mined = await createMinedChain(genesisOf(EARLY_FORKS))
    const blocks = await mined.mineMany(mined.genesis.block, 9)
    /** A header that could have been block `number`. */
    const cousin = async (number: number, salt = 1) => {
      const parent = number === 1 ? mined.genesis.block : (blocks[number - 2] as Block)
      return (await mined.mine(parent, { coinbase: OTHER, extraData: Uint8Array.of(salt) })).header
    }
    const next = (ommers: readonly BlockHeader[], change?: Partial<BlockHeader>) =>
      mined.mine(blocks[8] as Block, { ommers, ...(change === undefined ? {} : { change }) })
    return { mined, blocks, cousin, next }
  }

  it('of one and of six generations are rewarded', async () => {
    const { mined, blocks, cousin, next } = await family()
    const block = await next([await cousin(9), await cousin(4)])
    const chain = await imported(mined, [...blocks, block])
    expect(chain.head().ommers).toHaveLength(2)
    // Running it once more needs no ancestors: the chain has checked its ommers.
    const { outcome } = await recordExecution(chain, { block: chain.head() }, { stored: true })
    expect(outcome.block.header.stateRoot).toEqual(block.header.stateRoot)
    await expect(recordExecution(chain, { block: chain.head() })).rejects.toMatchObject({ code: 'BAD_OMMER' })
    expect(balanceOf(chain, OTHER)).toBe((2n * ETHER * 7n) / 8n + (2n * ETHER * 2n) / 8n)
  })

  it('raise the difficulty of the next block from Byzantium on', async () => {
    const { mined, blocks, cousin, next } = await family()
    const block = await next([await cousin(9)])
    const after = await mined.mine(block, { seconds: 9n })
    const chain = await imported(mined, [...blocks, block, after])
    expect(chain.head().header.difficulty).toBe(131_072n + 64n)
  })

  type Family = Awaited<ReturnType<typeof family>>
  type Broken = (made: Family) => Promise<readonly BlockHeader[]>
  it.each<[string, string, Broken]>([
    ['are too many', 'BAD_OMMER', async ({ cousin }) => [await cousin(9), await cousin(8), await cousin(7)]],
    ['are too old', 'BAD_OMMER', async ({ cousin }) => [await cousin(3)]],
    ['are there twice', 'BAD_OMMER', async ({ cousin }) => [await cousin(9), await cousin(9)]],
    ['are ancestors', 'BAD_OMMER', async ({ blocks }) => [(blocks[7] as Block).header]],
    ['are siblings', 'BAD_OMMER', async ({ mined, blocks }) => [(await mined.mine(blocks[8] as Block)).header]],
    [
      'have an unknown parent',
      'BAD_OMMER',
      async ({ cousin }) => [{ ...(await cousin(9)), parentHash: new Uint8Array(32) }],
    ],
    ['have a wrong difficulty', 'BAD_HEADER_FIELD', async ({ cousin }) => [{ ...(await cousin(9)), difficulty: 1n }]],
    ['have a wrong number', 'BAD_NUMBER', async ({ cousin }) => [{ ...(await cousin(9)), number: 8n }]],
    ['have a wrong base fee', 'BAD_BASE_FEE', async ({ cousin }) => [{ ...(await cousin(9)), baseFeePerGas: 7n }]],
    [
      'used more gas than their limit',
      'GAS_USED_EXCEEDS_LIMIT',
      async ({ cousin }) => [{ ...(await cousin(9)), gasUsed: 1n << 40n }],
    ],
  ])('that %s make a block invalid', async (_, code, broken) => {
    const all = await family()
    const block = await all.next(await broken(all))
    await expect(imported(all.mined, [...all.blocks, block])).rejects.toMatchObject({ code, data: { number: 10n } })
  })

  it('were checked when their block was stored: it runs again without ancestors', async () => {
    const { mined, blocks, cousin, next } = await family()
    const block = await next([await cousin(9)])
    const chain = await imported(mined, [...blocks, block])
    const parent = blocks[8] as Block
    const request = {
      parent: parent.header,
      block,
      state: chain.stateAt(parent.header.stateRoot),
      blockHash: chain.ancestorHashes(parent),
    }
    await expect(chain.engine.executeBlock(request)).rejects.toMatchObject({ code: 'BAD_OMMER' })
    await expect(chain.engine.executeBlock({ ...request, stored: true })).resolves.toMatchObject({ block })
  })

  it('are in one block only', async () => {
    const { mined, blocks, cousin, next } = await family()
    const ommer = await cousin(9)
    const block = await next([ommer])
    const again = await mined.mine(block, { ommers: [ommer] })
    await expect(imported(mined, [...blocks, block, again])).rejects.toMatchObject({ code: 'BAD_OMMER' })
  })
})

describe('the DAO fork', () => {
  const config = { chainId: 77, homesteadBlock: 0, daoForkBlock: 2, daoForkSupport: true }
  const DAO = { extraData: new TextEncoder().encode('dao-hard-fork') }

  it('has its name in ten blocks', async () => {
    const mined = await createMinedChain(genesisOf(config))
    const first = await mined.mine(mined.genesis.block)
    const forked = await mined.mineMany(first, 10, DAO)
    const after = await mined.mine(forked[9] as Block)
    expect((await imported(mined, [first, ...forked, after])).head().header.number).toBe(12n)
    const unnamed = await mined.mine(forked[8] as Block, { ...DAO, change: { extraData: new Uint8Array(0) } })
    await expect(imported(mined, [first, ...forked.slice(0, 9), unnamed])).rejects.toMatchObject({
      code: 'BAD_EXTRA_DATA',
      data: { number: 11n },
    })
  })
})

describe('the merge', () => {
  const config = {
    ...EARLY_FORKS,
    terminalTotalDifficulty: 131_072 * 11,
    mergeNetsplitBlock: 11,
    shanghaiTime: 1_000 + 12 * 13,
  }

  it('comes where the total difficulty says, and withdrawals after it', async () => {
    const mined = await createMinedChain(genesisOf(config))
    const before = await mined.mineMany(mined.genesis.block, 11)
    const withdrawals = [{ index: 0n, validatorIndex: 1n, address: OTHER, amount: 5n }]
    const after = await mined.mineMany(before[10] as Block, 3, { withdrawals })
    const chain = await imported(mined, [...before, ...after])
    expect([before[9], before[10]].map((block) => block?.header.difficulty)).toEqual([131_072n, 0n])
    expect(balanceOf(chain, OTHER)).toBe(15n * 10n ** 9n)
    const file = chainFile([mined.genesis.block, ...before, ...after])
    expect(findMergeBlock(file, 131_072n, 131_072n * 11n)).toBe(11n)
    expect(findMergeBlock(file, 131_072n, 131_072n * 10n + 1n)).toBe(11n)
    expect(findMergeBlock(file, 131_072n, 131_072n * 10n)).toBe(10n)
    expect(findMergeBlock(chainFile(before.slice(0, 10)), 131_072n, 131_072n * 11n)).toBe(11n)
    expect(findMergeBlock(chainFile(before.slice(0, 9)), 131_072n, 131_072n * 11n)).toBeUndefined()
  })

  it('ends ommers, nonces and difficulty', async () => {
    const mined = await createMinedChain(genesisOf(config))
    const before = await mined.mineMany(mined.genesis.block, 10)
    for (const change of [{ difficulty: 1n }, { nonce: new Uint8Array(8).fill(1) }]) {
      const block = await mined.mine(before[9] as Block, { change })
      await expect(imported(mined, [...before, block])).rejects.toMatchObject({ code: 'BAD_HEADER_FIELD' })
    }
    const ommer = (await mined.mine(before[8] as Block, { coinbase: OTHER })).header
    const block = await mined.mine(before[9] as Block, { ommers: [ommer] })
    await expect(imported(mined, [...before, block])).rejects.toMatchObject({ code: 'BAD_HEADER_FIELD' })
  })
})

describe('a chain file', () => {
  it('imported again changes nothing', async () => {
    const mined = await createMinedChain(genesisOf(UP_TO_HOMESTEAD))
    const file = chainFile([mined.genesis.block, ...(await mined.mineMany(mined.genesis.block, 5))])
    const chain = await mined.open()
    expect(await importChain(chain, file)).toBe(6)
    let changes = 0
    chain.onHead(() => {
      changes += 1
    })
    expect(await importChain(chain, file)).toBe(6)
    expect(changes).toBe(0)
    expect(chain.head().header.number).toBe(5n)
  })

  it('can be stopped between two blocks, and goes on there the next time', async () => {
    const mined = await createMinedChain(genesisOf(UP_TO_HOMESTEAD))
    const file = chainFile(await mined.mineMany(mined.genesis.block, 5))
    const chain = await mined.open()
    const stop = new AbortController()
    const unsubscribe = chain.onHead(({ head }) => {
      if (head.header.number === 2n) stop.abort()
    })
    expect(await importChain(chain, file, { signal: stop.signal })).toBe(2)
    expect(chain.head().header.number).toBe(2n)
    unsubscribe()
    expect(await importChain(chain, file)).toBe(5)
    expect(chain.head().header.number).toBe(5n)
  })

  it('of another chain, cut short, or of something else is refused in one line', async () => {
    const mined = await createMinedChain(genesisOf(UP_TO_HOMESTEAD))
    const other = await createMinedChain({ ...genesisOf(UP_TO_HOMESTEAD), extraData: '0x01' })
    const blocks = await mined.mineMany(mined.genesis.block, 2)
    await expect(imported(mined, [other.genesis.block])).rejects.toMatchObject({ code: 'WRONG_GENESIS' })
    await expect(imported(mined, await other.mineMany(other.genesis.block, 1))).rejects.toMatchObject({
      code: 'UNKNOWN_PARENT',
      message: 'block 1 of the chain file does not follow: its parent is not in this chain (another genesis?)',
    })
    const file = chainFile(blocks)
    const chain = await mined.open()
    await expect(importChain(chain, file.subarray(0, -1))).rejects.toMatchObject({
      code: 'BAD_CHAIN_FILE',
      message: expect.stringMatching(/^no complete block at byte \d+ of the chain file$/),
    })
    await expect(importChain(chain, Uint8Array.of(0xc2, 0xc0, 0xc0))).rejects.toMatchObject({
      code: 'BAD_HEADER_FIELD',
      message: expect.stringMatching(/^the chain file has no valid block at byte 0: /),
    })
    expect(chain.head().header.number).toBe(1n)
  })

  const count = process.env.REENACT_FULL === '1' ? 10_000 : 400
  it(`of ${count} empty blocks lets others work`, async () => {
    const mined = await createMinedChain(genesisOf(UP_TO_HOMESTEAD))
    const blocks = await mined.mineMany(mined.genesis.block, count)
    const chain = await mined.open()
    let turns = 0
    let done = false
    const other = () => {
      turns += 1
      if (!done) setImmediate(other)
    }
    setImmediate(other)
    await importChain(chain, chainFile(blocks))
    done = true
    expect(chain.head().header.number).toBe(BigInt(count))
    expect(turns).toBeGreaterThan(5)
  }, 120_000)
})
