import { describe, expect, test } from 'vitest'
import { type BlockRun, createBlockRun } from '../../execution/blockRun.ts'
import { createChainSpec } from '../../execution/chainSpec.ts'
import { DAO_ACCOUNTS, DAO_REFUND_CONTRACT } from '../../execution/daoFork.ts'
import { genesisBlock } from '../../execution/genesisBlock.ts'
import type { GenesisAccount, GenesisJson } from '../../execution/genesisJson.ts'
import { bytesToHex, hexToBytes } from '../../stateless/bytes.ts'
import type { BlockHeader } from '../../stateless/types.ts'
import { createMemoryChain, cryptoOnce } from './support.ts'

const ETHER = 10n ** 18n
const MINER = hexToBytes('aa'.repeat(20))
const OMMER = hexToBytes('bb'.repeat(20))

/** Block `number` of a proof-of-work chain with these forks, on top of this genesis state. */
async function runAt(
  number: bigint,
  config: Record<string, unknown>,
  alloc: Record<string, GenesisAccount> = {},
): Promise<{ run: BlockRun; header: BlockHeader }> {
  const json: GenesisJson = {
    config: { chainId: 9, ...config },
    timestamp: '0x0',
    gasLimit: '0x1312d00',
    difficulty: '0x20000',
    alloc,
  }
  const spec = createChainSpec(json.config, { crypto: await cryptoOnce })
  const genesis = genesisBlock(json, spec)
  const memory = createMemoryChain()
  memory.write({ nodes: genesis.commit.nodes, codes: genesis.changes.codes })
  const { header } = genesis.block
  const extraData = config.daoForkSupport === true ? new TextEncoder().encode('dao-hard-fork') : new Uint8Array(0)
  const run = await createBlockRun({
    spec,
    header: { ...header, number, coinbase: MINER, extraData },
    state: memory.view(header.stateRoot),
    blockHash: () => undefined,
  })
  await run.begin()
  return { run, header }
}

describe('proof-of-work rewards', () => {
  test.each([
    ['frontier', {}, 5n],
    ['byzantium', { homesteadBlock: 0, eip150Block: 0, eip155Block: 0, eip158Block: 0, byzantiumBlock: 0 }, 3n],
    [
      'constantinople',
      { homesteadBlock: 0, eip150Block: 0, eip155Block: 0, eip158Block: 0, byzantiumBlock: 0, constantinopleBlock: 0 },
      2n,
    ],
  ])('%s: the miner gets 1/32 more per ommer, an ommer loses 1/8 per generation', async (_name, config, ether) => {
    const { run, header } = await runAt(10n, config)
    const ommers = [9n, 7n].map((number) => ({ ...header, number, coinbase: OMMER }))
    const { changes } = await run.finish({ withdrawals: [], ommers })
    const reward = ether * ETHER
    expect(changes.accounts.get(bytesToHex(MINER))?.balance).toBe(reward + (reward / 32n) * 2n)
    expect(changes.accounts.get(bytesToHex(OMMER))?.balance).toBe((reward * 7n) / 8n + (reward * 5n) / 8n)
  })
})

describe('the DAO fork', () => {
  const [victim = new Uint8Array(20)] = DAO_ACCOUNTS
  const alloc = { [`0x${bytesToHex(victim)}`]: { balance: '0x64' } }
  const config = { homesteadBlock: 0, daoForkBlock: 5, daoForkSupport: true }
  const refund = bytesToHex(DAO_REFUND_CONTRACT)

  test('116 accounts are emptied into the refund contract at its block', async () => {
    expect(new Set(DAO_ACCOUNTS.map(bytesToHex)).size).toBe(116)
    const { run } = await runAt(5n, config, alloc)
    const { changes } = await run.finish({ withdrawals: [], ommers: [] })
    expect(changes.accounts.get(refund)?.balance).toBe(100n)
    expect(changes.accounts.get(bytesToHex(victim))?.balance).toBe(0n)
  })

  test('not at any other block, and not on a chain that did not fork', async () => {
    const after = await (await runAt(6n, config, alloc)).run.finish({ withdrawals: [], ommers: [] })
    expect(after.changes.accounts.has(refund)).toBe(false)
    const classic = await (await runAt(5n, { homesteadBlock: 0, daoForkBlock: 5 }, alloc)).run.finish({
      withdrawals: [],
      ommers: [],
    })
    expect(classic.changes.accounts.has(refund)).toBe(false)
  })
})
