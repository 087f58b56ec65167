import { genesisBlock } from '../execution/genesisBlock.ts'
import type { GenesisJson } from '../execution/genesisJson.ts'
import { L2_MESSENGER_ADDRESS } from '../genesis/parameters.ts'
import type { RollupDeployment } from '../genesis/types.ts'
import { fetchDeployment } from '../rollup/deployment.ts'
import { RollupError } from '../rollup/errors.ts'
import type { L1Client } from '../rollup/l1/l1Client.ts'
import { bytesToHex } from '../stateless/bytes.ts'
import type { Engines } from './engines.ts'
import { readGenesisFile, requireGenesis } from './foreignChain.ts'
import { UsageError } from './options.ts'

type Hex = `0x${string}`

/**
 * The genesis of a rollup and its contracts on L1. Without a file L1 is asked for the genesis, which our own L1 knows of
 * its rollups; either must have the hash that the rollup's contract was created with, before anything is kept of it.
 *
 * @throws UsageError BAD_FILE; RollupError WRONG_ROLLUP, UNKNOWN_GENESIS, and what asking L1 may throw
 */
export async function openRollupGenesis(
  l1: L1Client,
  engines: Engines,
  { genesis: file, rollup }: { genesis?: string | undefined; rollup: Hex },
): Promise<{ genesis: GenesisJson; deployment: RollupDeployment }> {
  const name = file ?? 'what L1 answers to rollup_genesis'
  const genesis = file === undefined ? requireGenesis(await askGenesis(l1, rollup), name) : readGenesisFile(file)
  const deployment = await fetchDeployment(l1, { rollup, messenger: l1MessengerOf(genesis, name) })
  const hash = `0x${bytesToHex(genesisBlock(genesis, engines.spec(genesis)).block.hash)}`
  if (hash !== deployment.l2GenesisHash) {
    const message = `wrong rollup: ${name} has hash ${hash}, the contract at ${rollup} wants ${deployment.l2GenesisHash}`
    throw new RollupError('WRONG_ROLLUP', message, { actual: hash, expected: deployment.l2GenesisHash })
  }
  return { genesis, deployment }
}

async function askGenesis(l1: L1Client, rollup: Hex): Promise<unknown> {
  try {
    return await l1.getRollupGenesis(rollup)
  } catch (error) {
    if (!(error instanceof RollupError) || error.code !== 'L1_REFUSED') throw error
    const message = `L1 does not know the genesis of the rollup at ${rollup}; give it with --genesis FILE (${error.message})`
    throw new RollupError('UNKNOWN_GENESIS', message, { rollup }, error)
  }
}

/** The L2 genesis names its L1 messenger: slot 35 of the L2 messenger, low 20 bytes. */
function l1MessengerOf(genesis: GenesisJson, name: string): Hex {
  const account = Object.entries(genesis.alloc).find(
    ([address]) => address.toLowerCase().replace(/^(0x)?/, '0x') === L2_MESSENGER_ADDRESS,
  )?.[1]
  const peer = Object.entries(account?.storage ?? {}).find(([slot]) => isHexNumber(slot) && BigInt(slot) === 35n)?.[1]
  if (!isHexNumber(peer)) {
    throw new UsageError('BAD_FILE', `${name} is not the genesis of a rollup: it has no L2 messenger with an L1 peer`)
  }
  return `0x${BigInt(peer).toString(16).padStart(64, '0').slice(24)}`
}

const isHexNumber = (value: unknown): value is string =>
  typeof value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(value)
