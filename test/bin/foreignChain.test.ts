import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingRequestContracts, readChainFile, readGenesisFile, withMergeBlock } from '../../bin/foreignChain.ts'
import type { GenesisJson } from '../../execution/genesisJson.ts'
import { REQUEST_ADDRESSES } from '../../genesis/systemContracts.ts'
import { importChain } from '../../node/importChain.ts'
import { devGenesis } from '../node/support/devChain.ts'
import { chainFile, createMinedChain } from '../node/support/minedChain.ts'
import { startDevNode } from '../rpc/devNode.ts'

const FORKS = ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul']
const genesis: GenesisJson = {
  config: {
    chainId: 77,
    ...Object.fromEntries([...FORKS, 'berlin', 'london'].map((fork) => [`${fork}Block`, 0])),
    terminalTotalDifficulty: '0x80000',
    shanghaiTime: 1_000,
  },
  timestamp: '0x3e8',
  gasLimit: '0x1c9c380',
  difficulty: '0x20000',
  alloc: {},
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reenact-foreign-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

describe('a chain file tells where proof of stake begins', () => {
  it('when the genesis names only the total difficulty', async () => {
    const mined = await createMinedChain({ ...genesis, config: { ...genesis.config, mergeNetsplitBlock: 4 } })
    const blocks = await mined.mineMany(mined.genesis.block, 6)
    const bytes = readChainFile(file('chain.rlp.gz', gzipSync(chainFile(blocks))))
    const found = withMergeBlock(genesis, bytes)
    expect(found.config.mergeNetsplitBlock).toBe(4)
    const chain = await (await createMinedChain(found)).open()
    await importChain(chain, bytes)
    expect(chain.head().header.number).toBe(6n)
    expect([3n, 4n].map((number) => chain.engine.forkAt({ number, timestamp: 2_000n }))).toEqual(['london', 'shanghai'])
  })

  it('not when it ends before, and not for a genesis that knows', () => {
    const before = withMergeBlock(genesis, new Uint8Array(0))
    expect(before.config.mergeNetsplitBlock).toBe(Number.MAX_SAFE_INTEGER)
    expect(withMergeBlock(genesis, undefined)).toBe(genesis)
    const known = { ...genesis, config: { ...genesis.config, mergeNetsplitBlock: 9 } }
    expect(withMergeBlock(known, new Uint8Array(0))).toBe(known)
    const atOnce = { ...genesis, config: { ...genesis.config, terminalTotalDifficulty: 0 } }
    expect(withMergeBlock(atOnce, new Uint8Array(0))).toBe(atOnce)
  })
})

describe('files that cannot be read', () => {
  it.each<[string, string, RegExp]>([
    ['a list', '[]', /is not a genesis file: not a JSON object$/],
    ['no config', '{"alloc":{},"gasLimit":"0x1"}', /no config$/],
    ['no alloc', '{"config":{},"alloc":[],"gasLimit":"0x1"}', /no alloc$/],
    ['no gas limit', '{"config":{},"alloc":{},"gasLimit":null}', /no gasLimit$/],
    ['no JSON', '{', /is not JSON: /],
  ])('a genesis file with %s', (_, content, message) => {
    expect(() => readGenesisFile(file('genesis.json', content))).toThrow(message)
  })

  it('a chain file that is absent, or compressed and cut short', () => {
    expect(() => readChainFile(join(folder, 'none'))).toThrow(/^cannot read .*: ENOENT$/)
    const cut = gzipSync(new Uint8Array(1_000)).subarray(0, -12)
    expect(() => readChainFile(file('cut.gz', cut))).toThrow(/^cannot read .*: Z_BUF_ERROR$/)
  })
})

describe('contracts that every block calls', () => {
  const missingIn = async (changed: GenesisJson) => {
    const node = await startDevNode({ genesis: changed, sealMode: { kind: 'manual' } })
    try {
      return {
        missing: missingRequestContracts(node.chain),
        sealed: await node.sealer.sealNow().catch(() => undefined),
      }
    } finally {
      await node.close()
    }
  }

  it('are all there, or none is called yet', async () => {
    const whole = await missingIn(devGenesis())
    expect(whole.missing).toEqual([])
    expect(whole.sealed).toBeDefined()
    const { config } = devGenesis()
    const isLate = (key: string) => /^(prague|osaka|bpo\d|amsterdam)Time$/.test(key)
    const early = Object.fromEntries(Object.entries(config).filter(([key]) => !isLate(key)))
    expect(await missingIn({ ...devGenesis(), config: early as GenesisJson['config'], alloc: {} })).toMatchObject({
      missing: [],
      sealed: { header: { number: 1n } },
    })
  })

  it('are named when they have no code, and then nothing can be sealed', async () => {
    const [first, , third] = REQUEST_ADDRESSES
    const alloc = Object.fromEntries(
      Object.entries(devGenesis().alloc).filter(([address]) => ![first, third].some((gone) => isSame(address, gone))),
    )
    const { missing, sealed } = await missingIn({ ...devGenesis(), alloc })
    expect(missing).toEqual([first.toLowerCase(), third.toLowerCase()])
    expect(sealed).toBeUndefined()
  })
})

const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
